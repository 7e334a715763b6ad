//! The models of a run, and how they ran, as flags.

use std::path::Path;

use askance::error::{Error, Result};
use askance::model::{NamedModel, Precision};
use askance::record::{ModelInfo, ProviderInfo};

use super::words::Words;

/// Where users keep bundles by convention.
const MODELS_FOLDER: &str = "models";
/// Options of a provider that tell flags of the run.
const PRECISION: &str = "precision.requested";
const STRICT: &str = "session.disable_cpu_ep_fallback";
const TF32: &str = ".use_tf32";

/// Adds models, defences, provider and precision. Threads belong to a machine, and what was done to the other options follows from
/// these.
pub fn add(words: &mut Words<'_>, models: &[ModelInfo], provider: &ProviderInfo) -> Result<()> {
    let (named, defences) = product(models);
    let Some(named) = named else {
        let problem = "has models and defences that are no product of two lists";
        return Err(Error::usage("run.toml", problem, "give `model` and `defence`"));
    };
    if !words.is_given("model") {
        for model in named {
            words.add_to("model", found(model)?);
        }
    }
    if !words.is_given("defence") && defences != [NONE] {
        defences.iter().for_each(|defence| words.add_to("defence", defence.replace('+', ",")));
    }
    let ProviderInfo { requested, active: _, options } = provider;
    let option = |name: &str| options.get(name).and_then(toml::Value::as_str);
    if let Some(precision) = option(PRECISION).and_then(|name| name.parse::<Precision>().ok()) {
        words.add("precision", precision);
    }
    // What another provider is told is its own.
    if !words.is_given("provider") {
        if !requested.is_empty() {
            words.add("provider", requested);
        }
        if option(STRICT) == Some("1") {
            words.flag("strict_ep");
        }
        let tf32 = options.iter().any(|(name, value)| name.ends_with(TF32) && value.as_str() == Some("1"));
        if tf32 {
            words.flag("tf32");
        }
    }
    if let Some(batch) = models.first().and_then(|model| model.batch.as_ref()) {
        words.add("batch", &batch.requested);
    }
    Ok(())
}

/// The name of no defence.
const NONE: &str = "none";

fn defence(model: &ModelInfo) -> &str {
    model.defence.as_ref().map_or(NONE, |defence| &defence.name)
}

/// The model without the defence in its name.
fn name(model: &ModelInfo) -> &str {
    let suffix = model.defence.as_ref().map_or_else(String::new, |defence| format!("+{}", defence.name));
    model.name.strip_suffix(&suffix).unwrap_or(&model.name)
}

/// One entry for each model, and the defences that were put around each of them; no models where some had others.
fn product(models: &[ModelInfo]) -> (Option<Vec<&ModelInfo>>, Vec<&str>) {
    let mut defences: Vec<&str> = Vec::new();
    for model in models {
        if !defences.contains(&defence(model)) {
            defences.push(defence(model));
        }
    }
    let groups: Vec<&[ModelInfo]> = models.chunks(defences.len().max(1)).collect();
    let is_product = groups.iter().all(|group| {
        group.iter().map(defence).eq(defences.iter().copied())
            && group.iter().all(|model| name(model) == name(&group[0]))
    });
    (is_product.then(|| groups.iter().map(|group| &group[0]).collect()), defences)
}

/// The name or folder by which the very model of the run is found: its name, or the folder of that name in `models/`.
fn found(model: &ModelInfo) -> Result<String> {
    let name = name(model);
    let folder = Path::new(MODELS_FOLDER).join(name).display().to_string();
    let mut other = None;
    for spec in [name.to_owned(), folder] {
        let Ok(named) = NamedModel::find(&spec) else { continue };
        match named.bundle() {
            Some(bundle) if bundle.name() == name && bundle.hash() == model.bundle_sha256 => return Ok(spec),
            Some(_) => other = other.or(Some(spec)),
            None => {}
        }
    }
    let (problem, fix) = match other {
        Some(spec) => (
            format!("is of the model {name}, and {spec} has other files than it had"),
            "give the model with `model`: the one of the run, or another on purpose",
        ),
        None => (
            format!(
                "is of the model {name}, and does not say where it lies; it is neither embedded nor in {MODELS_FOLDER}/"
            ),
            "give its folder or graph with `model`",
        ),
    };
    Err(Error::usage("run.toml", problem, fix))
}
