//! What `run.toml` calls a setting, and what the library does: a user knows neither `settings.fit.fit` nor `settings.bounds.hue_rad.low`.

use askance::types::Axis;

/// Keys that have another name than the setting that gives them. One that ends in a dot stands for all below it.
const KEYS: [(&str, &str); 30] = [
    ("batches", "batch"),
    ("dataset.categories", "categories"),
    ("dataset.layout", "layout"),
    ("dataset.limit", "limit"),
    ("dataset.name", "name"),
    ("fit.", ""),
    ("metric.", ""),
    ("models", "model"),
    ("perturb.glare.size", "glare_size"),
    ("perturb.glare.x", "glare_at"),
    ("perturb.glare.y", "glare_at"),
    ("perturb.", ""),
    ("points.group_by", "group_by"),
    ("points.reference", "reference_condition"),
    ("points.threshold", "threshold"),
    ("precisions", "precision"),
    ("prompts.", "prompts"),
    ("provider.active", "provider"),
    ("provider.options.session.disable_cpu_ep_fallback", "strict"),
    ("provider.options.winclip.", ""),
    ("random.draws", "random"),
    ("random.", ""),
    ("replay.found_under", "found_under"),
    ("start_from_sha256", "start_from"),
    ("sweep.", ""),
    ("tolerance.axes", "tolerance"),
    ("tolerance.decision", "decision"),
    ("tolerance.steps", "tolerance_steps"),
    ("uniform.budget", "uniform_budget"),
    ("uniform.scopes", "uniform"),
];

/// Where the settings of a run stand in its record.
const SETTINGS: &str = "settings.";
/// Where the models of a run stand, each by its name.
const MODEL: &str = "models.";
/// Where bounds stand, each by the column of its axis.
const BOUNDS: &str = "bounds.";
/// The end of the name of an option, whoever's it is.
const TF32: &str = ".use_tf32";

/// The setting by which a key of a record is given, and what is said behind it; `None` where the library calls it so too, or nothing
/// gives it.
pub fn setting(key: &str) -> Option<(String, Option<&str>)> {
    if let Some(model) = key.strip_prefix(MODEL) {
        return Some(("model".to_owned(), Some(model)));
    }
    if key.starts_with("provider.options.") && key.ends_with(TF32) {
        return Some(("tf32".to_owned(), None));
    }
    let inner = key.strip_prefix(SETTINGS);
    let name = inner.unwrap_or(key);
    if let Some(bounds) = inner.and_then(|name| name.strip_prefix(BOUNDS)) {
        let column = bounds.split('.').next()?;
        let axis = Axis::ALL.into_iter().find(|axis| axis.column() == column)?;
        return Some((format!("{BOUNDS}{axis}"), None));
    }
    let given = KEYS.iter().find_map(|(known, setting)| match name.strip_prefix(known) {
        Some("") => Some((*setting).to_owned()),
        Some(last) if known.ends_with('.') && setting.is_empty() => Some(last.to_owned()),
        Some(_) if known.ends_with('.') => Some((*setting).to_owned()),
        _ => None,
    });
    Some((given.or_else(|| inner.map(str::to_owned))?, None))
}
