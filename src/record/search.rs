//! Rows of a comparison of search strategies (`search.csv`, `search_time.csv`).

use serde::{Deserialize, Serialize};

use super::rows::Row;
use crate::types::SampleKey;

/// What one strategy found on one sample with one budget (`search.csv`). Losses are those of the joint attack.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchRow {
    /// Name of the model bundle.
    pub model: String,
    /// The strategy, or the name given to an external attack.
    pub strategy: String,
    /// Evaluations allowed.
    pub budget: usize,
    /// Category.
    pub category: String,
    /// `defect/stem`.
    pub sample: String,
    /// Loss of the unchanged picture.
    pub clean: f64,
    /// Lowest loss found.
    pub loss: f64,
    /// The loss that counts as the worst case.
    pub reference: f64,
    /// (clean - loss) / (clean - reference); above 1 where the search went below the reference, 1 where clean is no higher
    /// than the reference.
    pub share: f64,
    /// The same, at most 1.
    pub share_capped: f64,
    /// Full evaluations spent, the unchanged picture included.
    pub evaluations: usize,
    /// Coarse ones.
    pub coarse: usize,
}

impl SearchRow {
    /// The sample that the row is about.
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
}

/// What the run of one strategy with one budget took, all models together (`search_time.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SearchTimeRow {
    /// The strategy.
    pub strategy: String,
    /// Evaluations allowed.
    pub budget: usize,
    /// Inside the strategy.
    pub search_seconds: f64,
    /// From the first decoded sample to the last row.
    pub wall_seconds: f64,
}

impl Row for SearchTimeRow {
    const COLUMNS: &'static [&'static [&'static str]] =
        &[&["strategy", "budget", "search_seconds", "wall_seconds"]];
}
