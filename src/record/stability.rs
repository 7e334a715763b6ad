//! The rows of `stability.csv`: how stable the answer to each sample is.

use serde::{Deserialize, Serialize};

use super::faults::{Fault, amount, count, finite, on_axis};
use super::rows::Row;
use crate::types::{Attack, Label, SampleKey, named};

/// The rule that a decision threshold was chosen by: a picture is called anomalous where its image score is
/// above the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecisionRule {
    /// A threshold that the user gave.
    Given,
    /// The threshold of the largest F1 of the unchanged pictures of the category, against their labels.
    BestF1,
    /// The threshold above which the highest 5 % of the unchanged pictures of the category lie, at least one.
    TopFivePercent,
}

named!(DecisionRule, "a rule of decision", {
    Given = "given",
    BestF1 = "best-f1",
    TopFivePercent = "top-5-percent",
});

/// The stability of one sample under one attack: how far the answer moved at the worst case, and, for an
/// attack on one axis, from which value of that axis on the decision flips.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StabilityRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Category of the sample.
    pub category: String,
    /// Name of the sample, `defect/stem`.
    pub sample: String,
    /// Ground truth of the whole sample.
    pub label: Label,
    /// Attack; for an axis that was scanned the attack on that axis.
    pub attack: Attack,
    /// Decision threshold: the sample is called anomalous where its image score is above.
    pub threshold: f64,
    /// Rule that the threshold was chosen by.
    pub rule: DecisionRule,
    /// Image score of the unchanged picture.
    pub clean_score: f64,
    /// Image score at the attack's worst case; none where the attack was not made.
    pub worst_score: Option<f64>,
    /// Drift: how far map and image score moved at the attack's worst case, at least 0; none where the attack
    /// was not made.
    pub drift: Option<f64>,
    /// Whether the decision at the attack's worst case differs from that on the unchanged picture; none where
    /// the attack was not made.
    pub flips: Option<bool>,
    /// Negative value of the axis nearest to 0 at which the decision was seen flipped, in the unit of the
    /// axis.
    pub below: Option<f64>,
    /// Positive value of the axis nearest to 0 at which the decision was seen flipped, in the unit of the
    /// axis.
    pub above: Option<f64>,
    /// Distance of the nearest flip from 0, on either side; none where the decision held within the bounds or
    /// the axis was not scanned.
    pub tolerance: Option<f64>,
    /// Step of the scan; none where the axis was not scanned. A flip over less than a step may have been
    /// missed.
    pub step: Option<f64>,
    /// Precision with which a flip is located; none where the axis was not scanned.
    pub resolution: Option<f64>,
    /// Number of model evaluations of the scan, the unchanged picture included; none where the axis was not
    /// scanned.
    pub evaluations: Option<usize>,
    /// Last value on the negative side at which the decision was seen to hold, before any flip; none where that side was not
    /// scanned, or not known.
    pub held_below: Option<f64>,
    /// The same on the positive side.
    pub held_above: Option<f64>,
}

impl StabilityRow {
    /// Whether the axis was scanned.
    pub fn is_scanned(&self) -> bool {
        self.step.is_some()
    }

    /// Whether the unchanged picture is called what it is; nothing is known to be wrong about a picture without a label.
    pub fn is_right(&self) -> bool {
        self.label == Label::Unknown
            || (self.clean_score > self.threshold) == (self.label == Label::Anomalous)
    }

    /// Distance from 0 up to which the decision was seen to hold: on the side of the nearest flip, or the farther one where there
    /// is no flip.
    pub fn held(&self) -> Option<f64> {
        let [below, above] = [(self.below, self.held_below), (self.above, self.held_above)];
        let of_flips = [below, above].into_iter().filter_map(|(flip, held)| flip.and(held));
        let nearest = of_flips.map(f64::abs).min_by(f64::total_cmp);
        let sides = || [self.held_below, self.held_above].into_iter().flatten();
        nearest.or_else(|| sides().map(f64::abs).max_by(f64::total_cmp))
    }

    /// Whether the decision flips within the first step of the scan: nothing nearer to 0 was seen before the flip was met.
    pub fn flips_at_once(&self) -> bool {
        self.step.zip(self.tolerance).is_some_and(|(step, tolerance)| tolerance <= step * (1.0 + 1e-9))
    }

    /// The first cell about the scan that no scan leaves, or that stands where nothing was scanned.
    fn impossible_scan(&self) -> Option<Fault> {
        let said = |column, problem: &str| Some((column, problem.to_owned()));
        if self.attack == Attack::Clean {
            return said("attack", "nothing is scanned or moved in the unchanged picture");
        }
        let Some(step) = self.step else {
            let cells = [
                ("resolution", self.resolution.is_some()),
                ("evaluations", self.evaluations.is_some()),
                ("below", self.below.is_some()),
                ("above", self.above.is_some()),
                ("held_below", self.held_below.is_some()),
                ("held_above", self.held_above.is_some()),
            ];
            let (column, _) = cells.into_iter().find(|(_, is_there)| *is_there)?;
            return said(column, "has a value, and there is no step of a scan");
        };
        if matches!(self.attack, Attack::Pair(_) | Attack::Joint) {
            return said("step", "has a value, and only single axes are scanned");
        }
        if step <= 0.0 {
            return said("step", "is no step of a scan");
        }
        if !self.resolution.is_some_and(|resolution| resolution > 0.0 && resolution <= step) {
            return said("resolution", "is not above 0 and at most the step of the scan");
        }
        match self.evaluations {
            None | Some(0) => said("evaluations", "is less than the unchanged picture takes"),
            Some(_) => None,
        }
    }

    /// The first cell that other cells of the row contradict.
    fn contradiction(&self) -> Option<Fault> {
        let beyond = |column, value: Option<f64>, sign: f64| {
            let value = value.filter(|value| value * sign < 0.0)?;
            Some((column, format!("{value} lies on the other side of 0")))
        };
        let anomalous = |score: f64| score > self.threshold;
        let flips = self.worst_score.map(|worst| anomalous(worst) != anomalous(self.clean_score));
        let nearest = [self.below, self.above].into_iter().flatten().map(f64::abs).min_by(f64::total_cmp);
        let unlike = |column| Some((column, "does not agree with the other cells of its row".to_owned()));
        beyond("below", self.below, -1.0)
            .or_else(|| beyond("above", self.above, 1.0))
            .or_else(|| beyond("held_below", self.held_below, -1.0))
            .or_else(|| beyond("held_above", self.held_above, 1.0))
            .or_else(|| unlike("flips").filter(|_| self.flips != flips))
            .or_else(|| unlike("drift").filter(|_| self.drift.is_some() != self.worst_score.is_some()))
            .or_else(|| unlike("tolerance").filter(|_| self.tolerance != nearest))
    }

    /// Key of the sample that the row is about.
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
        "held_below",
        "held_above",
    ]];
    const NEWER: &'static [&'static [&'static str]] = &[&["held_below", "held_above"]];

    /// Older files say how closely a flip was located, and give an axis that nothing was asked of a step of 0.
    fn upgraded(self, _missing: &[&str]) -> Self {
        if self.step.is_some_and(|step| step <= 0.0) {
            return Self { step: None, resolution: None, evaluations: None, ..self };
        }
        let before = |flip: f64| flip - flip.signum() * self.resolution.unwrap_or(0.0).min(flip.abs());
        Self { held_below: self.below.map(before), held_above: self.above.map(before), ..self }
    }

    const KEY: &'static [&'static str] = &["model", "dataset", "category", "sample", "attack"];

    fn fault(&self) -> Option<Fault> {
        let along = |column, value| match self.attack {
            Attack::Single(axis) => on_axis(column, axis, value),
            Attack::Clean | Attack::Pair(_) | Attack::Joint => finite(column, value),
        };
        finite("threshold", self.threshold)
            .or_else(|| finite("clean_score", self.clean_score))
            .or_else(|| finite("worst_score", self.worst_score))
            .or_else(|| amount("drift", self.drift))
            .or_else(|| along("below", self.below))
            .or_else(|| along("above", self.above))
            .or_else(|| along("held_below", self.held_below))
            .or_else(|| along("held_above", self.held_above))
            .or_else(|| amount("tolerance", self.tolerance))
            .or_else(|| amount("step", self.step))
            .or_else(|| amount("resolution", self.resolution))
            .or_else(|| count("evaluations", self.evaluations))
            .or_else(|| self.impossible_scan())
            .or_else(|| self.contradiction())
    }
}
