//! The rows of `differences.csv`.

use serde::{Deserialize, Serialize};

use super::faults::{Fault, finite};
use super::rows::Row;
use crate::types::{Attack, Interval, Over, PooledMetric};

/// How far a model lies above another one of the same run in one metric (`differences.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DifferenceRow {
    /// Name of the model.
    pub model: String,
    /// Name of the model that it is held against: the same without its defence, else the first of the run.
    pub against: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Scope of the row: a category, or the mean over categories.
    pub over: Over,
    /// Attack whose maps are pooled.
    pub attack: Attack,
    /// The metric.
    pub metric: PooledMetric,
    /// Value of the model minus that of the other, in [-1, 1].
    pub difference: f64,
    /// Lower end of its 95 % interval over samples, both models in the same redraws; none where there are too few samples.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
}

impl DifferenceRow {
    /// The interval of the difference.
    pub fn interval(&self) -> Option<Interval> {
        Some(Interval { low: self.low?, high: self.high? })
    }
}

impl Row for DifferenceRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "against", "dataset"],
        Over::COLUMNS,
        &["attack", "metric", "difference", "low", "high"],
    ];
    const KEY: &'static [&'static str] = &["model", "dataset", "over", "category", "attack", "metric"];

    fn fault(&self) -> Option<Fault> {
        finite("difference", self.difference)
            .or_else(|| finite("low", self.low))
            .or_else(|| finite("high", self.high))
    }
}
