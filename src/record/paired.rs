//! The rows of a comparison of two runs.

use serde::{Deserialize, Serialize};

use super::faults::{Fault, finite, share};
use super::rows::Row;
use crate::types::{Attack, Interval, Over, PooledMetric};

/// How far a model of one run (B) lies above one of another (A) in one metric, on the same samples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairedRow {
    /// Name of A: of its model, with that of its run where both models have the same name.
    pub a: String,
    /// Name of B.
    pub b: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Scope of the row: a category, or the mean over categories.
    pub over: Over,
    /// Number of samples that both runs have.
    pub samples: usize,
    /// Attack whose maps are pooled.
    pub attack: Attack,
    /// The metric.
    pub metric: PooledMetric,
    /// Its value in A, in [0, 1].
    pub value_a: f64,
    /// Its value in B, in [0, 1].
    pub value_b: f64,
    /// B minus A, in [-1, 1].
    pub difference: f64,
    /// Lower end of its 95 % interval over samples, both in the same redraws; none where there are too few samples.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Probability that a difference as large comes from the choice of samples alone.
    pub chance: Option<f64>,
    /// Whether the difference is beyond chance at 5 %, after the correction of Holm for all rows over as much: those over categories, or
    /// those over the mean.
    pub beyond_chance: Option<bool>,
    /// How much more B falls from its unchanged pictures than A does, in [-2, 2]; none of the clean row.
    pub fall: Option<f64>,
    /// Lower end of the 95 % interval of that.
    pub fall_low: Option<f64>,
    /// Upper end of it.
    pub fall_high: Option<f64>,
}

impl PairedRow {
    /// The interval of the difference.
    pub fn interval(&self) -> Option<Interval> {
        Some(Interval { low: self.low?, high: self.high? })
    }

    /// The interval of the fall.
    pub fn fall_interval(&self) -> Option<Interval> {
        Some(Interval { low: self.fall_low?, high: self.fall_high? })
    }
}

impl Row for PairedRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["a", "b", "dataset"],
        Over::COLUMNS,
        &["samples", "attack", "metric", "value_a", "value_b", "difference", "low", "high"],
        &["chance", "beyond_chance", "fall", "fall_low", "fall_high"],
    ];
    const KEY: &'static [&'static str] = &["a", "b", "dataset", "over", "category", "attack", "metric"];

    fn fault(&self) -> Option<Fault> {
        let ends = [("low", self.low), ("high", self.high), ("fall", self.fall)];
        let ends = ends.into_iter().chain([("fall_low", self.fall_low), ("fall_high", self.fall_high)]);
        share("value_a", Some(self.value_a))
            .or_else(|| share("value_b", Some(self.value_b)))
            .or_else(|| finite("difference", self.difference))
            .or_else(|| share("chance", self.chance))
            .or_else(|| ends.into_iter().find_map(|(column, end)| finite(column, end)))
    }
}
