//! Runs told apart by the settings in which they differ.

use std::collections::{BTreeMap, BTreeSet};

use super::axes::short;
use crate::error::Result;
use crate::record::{RunDir, RunInfo, decisive};

/// Largest number of settings in a name.
const NAMED: usize = 3;
/// Largest number of letters of a value in a name.
const LETTERS: usize = 32;

/// Settings that say what a command does with the samples, which runs of other commands have for their own ends.
const OF_COMMANDS: [&str; 6] = ["attacks", "axes", "budget", "loss", "search", "select"];

/// A run and what tells it from the others.
pub(super) struct Told<'r> {
    pub(super) run: &'r RunDir,
    pub(super) info: RunInfo,
    /// The settings in which it differs from others, with their values: `budget 50`; empty where all runs agree.
    label: String,
    /// Number of seeds that runs of its settings, models and data have.
    seeds: usize,
}

impl Told<'_> {
    /// The name of a model of this run in a figure that shows all seeds of a setting together.
    pub(super) fn name(&self, model: &str) -> String {
        let seeds = (self.seeds > 1).then(|| format!("{} seeds", self.seeds));
        self.joined(model, seeds)
    }

    /// The name of a model of this run in a figure of this run alone.
    pub(super) fn own_name(&self, model: &str) -> String {
        self.joined(model, (self.seeds > 1).then(|| format!("seed {}", self.info.seed)))
    }

    fn joined(&self, model: &str, seeds: Option<String>) -> String {
        let label = (!self.label.is_empty()).then(|| self.label.clone());
        [Some(model.to_owned()), label, seeds].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn folder(&self) -> String {
        let path = self.run.path();
        path.file_name()
            .map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
    }
}

/// Runs that are told apart, and those left out, each with the reason.
type Telling<'r> = (Vec<Told<'r>>, Vec<(String, String)>);

/// Reads what the runs are and tells them apart. A run that repeats another one, seed included, is left out and returned beside them
/// with the reason.
pub(super) fn tell<'r>(runs: &'r [RunDir], ignored: &[&str]) -> Result<Telling<'r>> {
    let mut told: Vec<Told<'r>> = Vec::new();
    let (mut whole, mut settings): (Vec<Settings>, Vec<Settings>) = (Vec::new(), Vec::new());
    let mut repeated = Vec::new();
    for run in runs {
        let info = RunInfo::read(run.info_path())?;
        let all = Settings::of(&info, &[]);
        let same = |(other, before): &(&Told<'_>, &Settings)| {
            other.info.seed == info.seed && **before == all && other.info.dataset == info.dataset
        };
        if let Some((other, _)) = told.iter().zip(&whole).find(same) {
            let reason = format!("repeats {}: same settings, data and seed", other.run.path().display());
            repeated.push((run.path().display().to_string(), reason));
            continue;
        }
        settings.push(Settings::of(&info, ignored));
        whole.push(all);
        told.push(Told { run, info, label: String::new(), seeds: 1 });
    }
    let mut keys: BTreeSet<String> = BTreeSet::new();
    for (at, one) in settings.iter().enumerate() {
        keys.extend(settings[..at].iter().flat_map(|other| one.differences(other)));
    }
    let keys = telling(keys);
    for (run, own) in told.iter_mut().zip(&settings) {
        run.label = own.label(&keys, &run.folder());
    }
    let clash = |one: usize, other: usize| {
        told[one].label == told[other].label && !settings[one].differences(&settings[other]).is_empty()
    };
    let clashing: Vec<usize> = (0..told.len())
        .filter(|&one| (0..told.len()).any(|other| one != other && clash(one, other)))
        .collect();
    for at in clashing {
        let folder = told[at].folder();
        let label = &mut told[at].label;
        *label = if label.is_empty() { folder } else { format!("{label}, {folder}") };
    }
    for at in 0..told.len() {
        let alike = (0..told.len()).filter(|&other| {
            told[other].label == told[at].label
                && settings[other].command() == settings[at].command()
                && settings[other].shares(&settings[at])
        });
        told[at].seeds = alike.map(|other| told[other].info.seed).collect::<BTreeSet<_>>().len();
    }
    Ok((told, repeated))
}

/// The names of settings that say what differs: none that follow from another one.
fn telling(keys: BTreeSet<String>) -> Vec<String> {
    let follows = |key: &str| {
        (keys.contains("provider") && (key.starts_with("provider.") || key.starts_with("runtime.")))
            || (keys.contains("prompts.name") && key.starts_with("prompts.") && key != "prompts.name")
    };
    keys.iter().filter(|key| !follows(key)).cloned().collect()
}

/// What decides the results of a run, by name, without its seed.
#[derive(Clone, Debug, PartialEq)]
struct Settings {
    values: BTreeMap<String, String>,
    /// Names of its models with their hashes.
    models: BTreeMap<String, String>,
    data: String,
    categories: BTreeSet<String>,
    fingerprint: String,
}

impl Settings {
    fn of(info: &RunInfo, ignored: &[&str]) -> Self {
        let mut values = BTreeMap::new();
        flatten("", &decisive(info), &mut values);
        values.retain(|key, _| {
            !(key == "seed"
                || key.starts_with("models.")
                || key.starts_with("dataset.")
                || ignored.contains(&key.as_str()))
        });
        let hash = |hash: &str| hash.chars().take(8).collect::<String>();
        Self {
            values,
            models: info
                .models
                .iter()
                .map(|model| (model.name.clone(), hash(&model.bundle_sha256)))
                .collect(),
            data: info.dataset.name.clone(),
            categories: info.dataset.categories.iter().cloned().collect(),
            fingerprint: format!("{} samples, {}", info.dataset.samples, hash(&info.dataset.fingerprint)),
        }
    }

    fn command(&self) -> Option<&String> {
        self.values.get("command")
    }

    /// Whether both have rows of one model on one data set.
    fn shares(&self, other: &Self) -> bool {
        self.data == other.data && self.models.keys().any(|name| other.models.contains_key(name))
    }

    /// The names of what differs. Runs of different commands are compared by what both have, provider options and data only where
    /// both are of one model and one data set; parts of a data set without a common category are no different data.
    fn differences(&self, other: &Self) -> Vec<String> {
        let shared = self.shares(other);
        let alike = self.command() == other.command();
        let keys: BTreeSet<&String> = self.values.keys().chain(other.values.keys()).collect();
        let differs = |key: &&String| {
            let detail = key.starts_with("provider.") || key.starts_with("runtime.");
            let values = (self.values.get(*key), other.values.get(*key));
            let comparable =
                alike || (values.0.is_some() && values.1.is_some() && !OF_COMMANDS.contains(&key.as_str()));
            *key != "command" && comparable && values.0 != values.1 && (shared || !detail)
        };
        let mut names: Vec<String> = keys.into_iter().filter(differs).cloned().collect();
        if alike
            && shared
            && self.fingerprint != other.fingerprint
            && !self.categories.is_disjoint(&other.categories)
        {
            names.push("data".to_owned());
        }
        if shared
            && self.models.iter().any(|(name, hash)| other.models.get(name).is_some_and(|one| one != hash))
        {
            names.push("bundle".to_owned());
        }
        names
    }

    fn label(&self, keys: &[String], folder: &str) -> String {
        let mut parts: Vec<String> = Vec::new();
        for key in keys {
            let value = match key.as_str() {
                "data" => Some(self.fingerprint.clone()),
                "bundle" => Some(self.models.values().cloned().collect::<Vec<_>>().join("+")),
                key => self.values.get(key).cloned(),
            };
            // A setting without a value is not named; those who have one are.
            let Some(value) = value else { continue };
            parts.push(match value.chars().count() {
                0..=LETTERS => format!("{key} {value}"),
                _ => format!("{key} of {folder}"),
            });
        }
        if parts.len() > NAMED {
            parts.truncate(NAMED);
            parts.push(format!("and more in {folder}"));
        }
        parts.join(", ")
    }
}

/// The values of a table by their dotted names, bounds as one value, the settings without their first word.
fn flatten(prefix: &str, table: &toml::Table, values: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let name = match prefix {
            "" | "settings" => key.clone(),
            _ => format!("{prefix}.{key}"),
        };
        match value {
            toml::Value::Table(inner) => match (inner.get("low"), inner.get("high")) {
                (Some(low), Some(high)) => {
                    values.insert(name, format!("{} to {}", shown(low), shown(high)));
                }
                _ => flatten(&name, inner, values),
            },
            value => {
                let name = if name == "provider.active" { "provider".to_owned() } else { name };
                values.insert(name, shown(value));
            }
        }
    }
}

fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Float(number) if number.abs() >= 0.005 => short(*number),
        toml::Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join("+"),
        other => other.to_string(),
    }
}
