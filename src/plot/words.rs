//! Words for the settings in which runs differ.

use super::axes::short;
use super::style;
use crate::types::{Axis, Interval};

/// Largest number of letters of a setting in a name.
const LETTERS: usize = 32;

/// Settings in the order in which readers ask for them, with their words. Bounds stand where `bounds` does.
const ORDER: [(&str, &str); 39] = [
    ("budget", "budget"),
    ("loss", "loss"),
    ("search", "search"),
    ("select", "selection by"),
    ("axes", "axes"),
    ("attacks", "attacks"),
    ("bounds", ""),
    ("frame", "frame"),
    ("loss_frame", "frame of the loss"),
    ("border", "border"),
    ("perturb.rotation", "rotation"),
    ("perturb.fill", "fill"),
    ("perturb.glare.x", "glare across at"),
    ("perturb.glare.y", "glare down at"),
    ("perturb.glare.size", "glare size"),
    ("map_rotation", "rotation of maps"),
    ("fit.tile_overlap", "overlap of tiles"),
    ("fit.tile_blend", "blend of tiles"),
    ("fit.tile_score", "score of tiles"),
    ("prompts.name", "prompts"),
    ("provider.active", "provider"),
    (PRECISION, ""),
    (SAMPLES, ""),
    ("uniform.budget", "uniform budget"),
    ("uniform.scopes", "uniform over"),
    ("tolerance.decision", "threshold"),
    ("tolerance.steps", "tolerance steps"),
    ("tolerance.axes", "tolerance of"),
    ("sweep.steps", "sweep steps"),
    ("sweep.axes", "sweep of"),
    ("stride", "window stride"),
    ("temperature", "softmax temperature"),
    ("underscores_to_spaces", "underscores to spaces"),
    ("metric.aupro", "AUPRO"),
    ("metric.fpr_limit", "AUPRO up to FPR"),
    ("shard", "part"),
    (BUNDLE, "bundle"),
    ("version", "askance"),
    ("runtime.version", "ONNX Runtime"),
];

/// What differs between runs beside their settings.
pub(super) const PRECISION: &str = "precision of the models";
pub(super) const SAMPLES: &str = "samples of the data";
pub(super) const BUNDLE: &str = "files of the models";

/// The place of a setting among the others; those that have no words come last.
pub(super) fn rank(key: &str) -> usize {
    let key = if key.starts_with("bounds.") { "bounds" } else { key };
    ORDER.iter().position(|(name, _)| *name == key).unwrap_or(ORDER.len())
}

/// A setting in words: `budget 50`; none where it has no words, or too many.
pub(super) fn words(key: &str, value: &toml::Value) -> Option<String> {
    let bounded = Axis::ALL.into_iter().find(|axis| key.strip_prefix("bounds.") == Some(axis.column()));
    let text = match bounded {
        Some(axis) if value.is_array() => {
            let values: Vec<f64> = value.clone().try_into().ok()?;
            let others = values.into_iter().filter(|&value| value != 0.0);
            others.map(|value| style::axis_value(axis, value)).collect::<Vec<_>>().join("+")
        }
        Some(axis) => {
            let Interval { low, high } = value.clone().try_into().ok()?;
            format!("{axis} {} to {}", style::axis_value(axis, low), style::axis_value(axis, high))
        }
        None => {
            let (_, word) = ORDER.get(rank(key))?;
            format!("{word} {}", shown(value)).trim().to_owned()
        }
    };
    (text.chars().count() <= LETTERS).then_some(text)
}

fn shown(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Float(number) if number.abs() >= 0.005 => short(*number),
        toml::Value::Array(values) => {
            // The unchanged picture is in every attack.
            let others = values.iter().filter(|value| values.len() == 1 || value.as_str() != Some("clean"));
            others.map(shown).collect::<Vec<_>>().join("+")
        }
        other => other.to_string(),
    }
}

/// The names of settings that have words, as they stand in `run.toml`.
#[cfg(test)]
pub(crate) fn named_settings() -> impl Iterator<Item = &'static str> {
    ORDER.into_iter().map(|(name, _)| name).filter(|name| !name.contains(" of the "))
}
