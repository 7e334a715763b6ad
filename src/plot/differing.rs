//! The settings in which runs differ, as far as a figure shows them.

use std::collections::{BTreeMap, BTreeSet};

use super::words::{BUNDLE, PRECISION, SAMPLES, words};
use crate::record::{RunInfo, decisive};
use crate::types::{Attack, Axis};

/// Largest number of settings in a name.
const NAMED: usize = 3;

/// Settings that decide which worst case a search finds.
const OF_SEARCH: [&str; 7] = ["attacks", "axes", "budget", "loss", "loss_frame", "search", "select"];

/// Settings beside those of the search that change no unperturbed picture.
const OF_PERTURBATIONS: [&str; 5] = ["bounds", "border", "frame", "map_rotation", "perturb"];

/// What a figure shows: it decides which settings tell runs apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// Worst cases of each sample, and the clean pictures.
    WorstCases,
    /// Worst cases that samples share, beside those of each sample.
    Uniform,
    /// A sweep of one axis.
    Sweep(Axis),
    /// Flips of the decision.
    Tolerance,
    /// Searches of one loss, compared with each other.
    Searches,
}

impl Shows {
    fn depends_on(self, key: &str) -> bool {
        let (first, rest) = key.split_once('.').unwrap_or((key, ""));
        match first {
            "seed" | "command" | "models" | "dataset" => false,
            "sweep" => matches!(self, Self::Sweep(_)) && rest != "axes",
            "tolerance" => self == Self::Tolerance && rest != "axes",
            "uniform" => self == Self::Uniform,
            "bounds" => !matches!(self, Self::Sweep(axis) if rest != axis.column()),
            "attacks" | "axes" | "loss" | "loss_frame" | "search" | "budget" | "select" => match self {
                Self::WorstCases | Self::Uniform => true,
                Self::Searches => ["axes", "loss", "loss_frame"].contains(&first),
                Self::Sweep(_) | Self::Tolerance => false,
            },
            // The sliding windows are settings of the run too.
            "provider" => !rest.starts_with("options.winclip."),
            _ => true,
        }
    }

    pub(super) fn depends_on_seed(self) -> bool {
        !matches!(self, Self::Sweep(_) | Self::Tolerance)
    }
}

/// What decides the results of a run that a figure shows, by name, without its seed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Settings {
    values: BTreeMap<String, toml::Value>,
    /// Names of its models with their hashes.
    models: BTreeMap<String, String>,
    data: String,
    categories: BTreeSet<String>,
    /// Number of samples, and what tells them from others.
    pub(super) fingerprint: (usize, String),
    /// Whether it has clean pictures alone.
    pub(super) clean_only: bool,
}

impl Settings {
    pub(super) fn of(info: &RunInfo, shows: Shows) -> Self {
        let mut values = BTreeMap::new();
        flatten("", &decisive(info), &mut values);
        let attacks: Option<Vec<Attack>> = read(&values, "attacks");
        let axes: Vec<Axis> = read(&values, "axes").unwrap_or_else(|| Axis::PAPER.to_vec());
        let clean_only = attacks.as_ref().is_some_and(|attacks| attacks[..] == [Attack::Clean])
            && matches!(shows, Shows::WorstCases | Shows::Uniform);
        let set = |attacks: Vec<Attack>| attacks.into_iter().collect::<BTreeSet<_>>();
        if attacks.is_some_and(|attacks| set(attacks) == set(Attack::over(&axes))) {
            // The axes say it.
            values.remove("attacks");
        }
        values.retain(|key, _| {
            let part = key.split('.').next().unwrap_or_default();
            let unseen = OF_SEARCH.contains(&part) || OF_PERTURBATIONS.contains(&part);
            shows.depends_on(key) && !(clean_only && unseen)
        });
        let precisions: BTreeSet<&str> = info
            .models
            .iter()
            .map(|model| model.precision.as_str())
            .filter(|name| !name.is_empty())
            .collect();
        if !precisions.is_empty() {
            let precisions = precisions.into_iter().collect::<Vec<_>>().join("+");
            values.insert(PRECISION.to_owned(), precisions.into());
        }
        Self {
            values,
            models: info
                .models
                .iter()
                .map(|model| (model.name.clone(), model.bundle_sha256.clone()))
                .collect(),
            data: info.dataset.name.clone(),
            categories: info.dataset.categories.iter().cloned().collect(),
            fingerprint: (info.dataset.samples, info.dataset.fingerprint.clone()),
            clean_only,
        }
    }

    /// Whether both have rows of one model on one data set.
    pub(super) fn shares(&self, other: &Self) -> bool {
        self.data == other.data && self.models.keys().any(|name| other.models.contains_key(name))
    }

    pub(super) fn equals(&self, other: &Self) -> bool {
        self.differences(other).is_empty()
    }

    /// The names of what differs. Provider options and data are compared only where both are of one model and one data set; parts of
    /// a data set without a common category are no different data. Runs with clean pictures alone are compared by what both have.
    pub(super) fn differences(&self, other: &Self) -> Vec<String> {
        let shared = self.shares(other);
        let alike = self.clean_only == other.clean_only;
        let keys: BTreeSet<&String> = self.values.keys().chain(other.values.keys()).collect();
        let differs = |key: &&String| {
            let detail =
                key.starts_with("provider.options.") || key.starts_with("runtime.") || **key == PRECISION;
            let (one, other) = (self.values.get(*key), other.values.get(*key));
            let comparable = (alike && **key != PRECISION) || (one.is_some() && other.is_some());
            comparable && one != other && (shared || !detail)
        };
        let mut names: Vec<String> = keys.into_iter().filter(differs).cloned().collect();
        if shared && self.fingerprint != other.fingerprint && !self.categories.is_disjoint(&other.categories)
        {
            names.push(SAMPLES.to_owned());
        }
        let other_files =
            |(name, hash): (&String, &String)| other.models.get(name).is_some_and(|one| one != hash);
        if shared && self.models.iter().any(other_files) {
            names.push(BUNDLE.to_owned());
        }
        names
    }

    /// The settings of these names in words; none where they are too many or one has no words.
    pub(super) fn label(&self, keys: &[String]) -> Option<String> {
        if keys.len() > NAMED {
            return None;
        }
        let mut parts: Vec<String> = Vec::new();
        for key in keys {
            let value = match key.as_str() {
                SAMPLES => Some(format!("{} samples", self.fingerprint.0).into()),
                BUNDLE => {
                    let hashes = self.models.values().map(|hash| hash.chars().take(8).collect::<String>());
                    Some(hashes.collect::<Vec<_>>().join("+").into())
                }
                key => self.values.get(key).cloned(),
            };
            // A setting without a value is not named; those who have one are.
            let none = |value: &toml::Value| {
                value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty)
            };
            if let Some(value) = value.filter(|value| !none(value)) {
                parts.push(words(key, &value)?);
            }
        }
        Some(parts.join(", "))
    }
}

fn read<T: serde::de::DeserializeOwned>(values: &BTreeMap<String, toml::Value>, key: &str) -> Option<T> {
    values.get(key)?.clone().try_into().ok()
}

/// The values of a table by their dotted names, bounds as one value, the settings without their first word.
fn flatten(prefix: &str, table: &toml::Table, values: &mut BTreeMap<String, toml::Value>) {
    for (key, value) in table {
        let name = match prefix {
            "" | "settings" => key.clone(),
            _ => format!("{prefix}.{key}"),
        };
        match value {
            toml::Value::Table(inner) if !inner.contains_key("low") => flatten(&name, inner, values),
            value => {
                values.insert(name, value.clone());
            }
        }
    }
}
