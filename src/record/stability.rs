//! How stable the answers to each sample are (`stability.csv`).

use serde::{Deserialize, Serialize};

use super::rows::Row;
use crate::types::{Attack, Label, SampleKey, named};

/// How a decision threshold was chosen: a picture is called anomalous where its image score is above.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecisionRule {
    /// The user gave it.
    Given,
    /// Largest F1 of the unchanged pictures of the category, against their labels.
    BestF1,
    /// The highest 5 % of the unchanged pictures of the category, at least one, are called anomalous.
    TopFivePercent,
}

named!(DecisionRule, "a rule of decision", {
    Given = "given",
    BestF1 = "best-f1",
    TopFivePercent = "top-5-percent",
});

/// One sample under one attack: how far the answer moved at the worst case, and, for an attack on one axis, from which value of
/// that axis on the decision flips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StabilityRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Category.
    pub category: String,
    /// `defect/stem`.
    pub sample: String,
    /// Ground truth of the whole sample.
    pub label: Label,
    /// The attack, or the axis that was scanned by the name of its attack.
    pub attack: Attack,
    /// The sample is called anomalous where its image score is above.
    pub threshold: f64,
    /// How the threshold was chosen.
    pub rule: DecisionRule,
    /// Image score of the unchanged picture.
    pub clean_score: f64,
    /// Image score at the attack's worst case; none where the attack was not made.
    pub worst_score: Option<f64>,
    /// How far map and image score moved there, at least 0; none where the attack was not made.
    pub drift: Option<f64>,
    /// Whether the decision there is another than on the unchanged picture; none where the attack was not made.
    pub flips: Option<bool>,
    /// The negative value nearest to 0 at which the decision was seen flipped: degrees, radians or saturation shift.
    pub below: Option<f64>,
    /// The positive one.
    pub above: Option<f64>,
    /// The nearer of both, without its sign; none where the decision held within the bounds or the axis was not scanned.
    pub tolerance: Option<f64>,
    /// Step of the scan; none where the axis was not scanned. A flip over less than that may have been missed.
    pub step: Option<f64>,
    /// How closely a flip is located; none where the axis was not scanned.
    pub resolution: Option<f64>,
    /// Model evaluations of the scan, the unchanged picture included; none where the axis was not scanned.
    pub evaluations: Option<usize>,
}

impl StabilityRow {
    /// The sample that the row is about.
    pub fn key(&self) -> SampleKey {
        SampleKey { model: self.model.clone(), category: self.category.clone(), sample: self.sample.clone() }
    }
}

impl Row for StabilityRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[&[
        "model",
        "dataset",
        "category",
        "sample",
        "label",
        "attack",
        "threshold",
        "rule",
        "clean_score",
        "worst_score",
        "drift",
        "flips",
        "below",
        "above",
        "tolerance",
        "step",
        "resolution",
        "evaluations",
    ]];
}
