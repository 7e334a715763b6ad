//! Rows of a comparison of search strategies (`search.csv`, `search_metrics.csv`, `search_time.csv`).

use serde::{Deserialize, Serialize};

use super::faults::{Fault, amount, count, finite};
use super::rows::Row;
use crate::types::{PooledMetric, SampleKey};

/// The result of one strategy on one sample with one budget (`search.csv`). Losses are those of the joint
/// attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the strategy, or of an external attack.
    pub strategy: String,
    /// Number of evaluations allowed.
    pub budget: usize,
    /// Category of the sample.
    pub category: String,
    /// Name of the sample, `defect/stem`.
    pub sample: String,
    /// Loss of the unchanged picture.
    pub clean: f64,
    /// Lowest loss found.
    pub loss: f64,
    /// Loss that counts as the worst case.
    pub reference: f64,
    /// Share of the loss gap closed: (clean - loss) / (clean - reference); above 1 where the search went
    /// below the reference, 1 where clean is no higher than the reference.
    pub share: f64,
    /// Share of the loss gap closed, at most 1.
    pub share_capped: f64,
    /// Number of full evaluations spent, the unchanged picture included.
    pub evaluations: usize,
    /// Number of coarse evaluations spent.
    pub coarse: usize,
}

impl SearchRow {
    /// Key of the sample that the row is about.
    pub fn key(&self) -> SampleKey {
        SampleKey { model: self.model.clone(), category: self.category.clone(), sample: self.sample.clone() }
    }
}

impl Row for SearchRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[&[
        "model",
        "strategy",
        "budget",
        "category",
        "sample",
        "clean",
        "loss",
        "reference",
        "share",
        "share_capped",
        "evaluations",
        "coarse",
    ]];
    const KEY: &'static [&'static str] = &["model", "strategy", "budget", "category", "sample"];

    fn fault(&self) -> Option<Fault> {
        finite("clean", self.clean)
            .or_else(|| finite("loss", self.loss))
            .or_else(|| finite("reference", self.reference))
            .or_else(|| finite("share", self.share))
            .or_else(|| finite("share_capped", self.share_capped))
            .or_else(|| count("budget", self.budget))
            .or_else(|| count("evaluations", self.evaluations))
            .or_else(|| count("coarse", self.coarse))
    }
}

/// The pooled metric at the worst cases of one strategy with one budget, the mean over categories (`search_metrics.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchMetricRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the strategy.
    pub strategy: String,
    /// Number of evaluations allowed.
    pub budget: usize,
    /// The metric.
    pub metric: PooledMetric,
    /// Value for the unchanged pictures, in [0, 1].
    pub clean: f64,
    /// Value for the worst cases, in [0, 1].
    pub worst: f64,
    /// Value that counts as the worst there is, in [0, 1].
    pub reference: f64,
    /// Share of the gap closed: (clean - worst) / (clean - reference); above 1 where the worst cases went below the reference, 1
    /// where clean is no higher than the reference.
    pub share: f64,
}

impl Row for SearchMetricRow {
    const COLUMNS: &'static [&'static [&'static str]] =
        &[&["model", "strategy", "budget", "metric", "clean", "worst", "reference", "share"]];
    const KEY: &'static [&'static str] = &["model", "strategy", "budget", "metric"];

    fn fault(&self) -> Option<Fault> {
        finite("clean", self.clean)
            .or_else(|| finite("worst", self.worst))
            .or_else(|| finite("reference", self.reference))
            .or_else(|| finite("share", self.share))
            .or_else(|| count("budget", self.budget))
    }
}

/// The time that one strategy took with one budget, all models together (`search_time.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchTimeRow {
    /// Name of the strategy.
    pub strategy: String,
    /// Number of evaluations allowed.
    pub budget: usize,
    /// Seconds inside the strategy.
    pub search_seconds: f64,
    /// Seconds from the first decoded sample to the last row.
    pub wall_seconds: f64,
}

impl Row for SearchTimeRow {
    const COLUMNS: &'static [&'static [&'static str]] =
        &[&["strategy", "budget", "search_seconds", "wall_seconds"]];
    const KEY: &'static [&'static str] = &["strategy", "budget"];

    fn fault(&self) -> Option<Fault> {
        amount("search_seconds", self.search_seconds).or_else(|| amount("wall_seconds", self.wall_seconds))
    }
}
