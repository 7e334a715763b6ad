//! The rows of `uniform.csv`.

use serde::{Deserialize, Serialize};

use super::faults::{self, Fault, count, finite};
use super::intervals::{Drops, Intervals};
use super::parameters::Parameters;
use super::rows::{Row, SummaryRow, mean_by_name};
use crate::stats;
use crate::types::{Attack, Axis, Metrics, Over, Perturbation, PooledMetric};

/// The worst perturbation found for all samples of a category together, or of all categories, or a mean over categories
/// (`uniform.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UniformRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Scope of the row: a category; all categories, whose one perturbation is chosen by the mean over them;
    /// or the mean over categories.
    pub over: Over,
    /// Attack whose axes were searched.
    pub attack: Attack,
    /// Values of the perturbation found; none in a mean.
    pub parameters: Parameters,
    /// Search strategy, `none` for the clean row.
    pub search: String,
    /// Number of perturbations allowed, the identity included.
    pub budget: usize,
    /// Number of samples pooled.
    pub samples: usize,
    /// Number of full evaluations that the row stands on: perturbations tried times samples.
    pub evaluations: usize,
    /// Metrics pooled over the samples, or the mean of the categories' metrics.
    pub metrics: Metrics,
    /// Mean of the loss over samples.
    pub mean_loss: Option<f64>,
    /// Values of the perturbation that is worst by AUPRO, whose AUPRO stands in the row; all empty where one stands for both metrics.
    /// All other cells are about the one that is worst by pixel AUROC.
    pub aupro: Parameters,
}

impl Row for UniformRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "dataset"],
        Over::COLUMNS,
        &["attack"],
        Parameters::COLUMNS,
        &["search", "budget", "samples", "evaluations"],
        Metrics::COLUMNS,
        &["mean_loss"],
        Parameters::AUPRO_COLUMNS,
    ];
    const NEWER: &'static [&'static [&'static str]] =
        &[&["over"], Parameters::NEWEST_COLUMNS, Parameters::AUPRO_COLUMNS];
    const KEY: &'static [&'static str] = &["model", "dataset", "over", "category", "attack"];

    fn upgraded(self, missing: &[&str]) -> Self {
        let all = missing.contains(&"over") && self.over.category() == Some("all");
        Self { over: if all { Over::All } else { mean_by_name(self.over, missing) }, ..self }
    }

    fn fault(&self) -> Option<Fault> {
        let parameters = self.parameters.fault();
        let uneven = self.samples == 0 || self.evaluations < self.samples;
        let evaluations = || format!("{} of {} samples are too few", self.evaluations, self.samples);
        let counts = uneven.then(|| ("evaluations", evaluations()));
        let unsaid = || self.parameters.unsaid(self.attack).filter(|_| self.over != Over::Mean);
        parameters
            .or_else(unsaid)
            .or(counts)
            .or_else(|| count("samples", self.samples))
            .or_else(|| count("evaluations", self.evaluations))
            .or_else(|| count("budget", self.budget))
            .or_else(|| faults::metrics(&self.metrics))
            .or_else(|| finite("mean_loss", self.mean_loss))
            .or_else(|| self.aupro.fault_in(&Axis::AUPRO_COLUMNS))
    }
}

impl UniformRow {
    /// The perturbation that is worst by a metric.
    pub fn chosen_by(&self, metric: PooledMetric) -> Perturbation {
        self.parameters.chosen_by(&self.aupro, metric)
    }

    /// The part of the row that `summary.csv` has of a per-sample attack.
    pub fn summary(&self) -> SummaryRow {
        SummaryRow {
            model: self.model.clone(),
            dataset: self.dataset.clone(),
            over: self.over.clone(),
            attack: self.attack,
            samples: self.samples,
            metrics: self.metrics,
            mean_loss: self.mean_loss,
            evaluations: self.evaluations,
            intervals: Intervals::default(),
            drops: Drops::default(),
        }
    }
}

/// The mean over categories per (model, dataset, attack), as [`mean_rows`](super::mean_rows) takes it.
pub fn uniform_means(rows: &[UniformRow]) -> Vec<UniformRow> {
    let each = rows.iter().filter(|row| row.over.category().is_some());
    let mean_of = |group: &Vec<&UniformRow>| UniformRow {
        over: Over::Mean,
        parameters: Parameters::default(),
        aupro: Parameters::default(),
        samples: group.iter().map(|row| row.samples).sum(),
        evaluations: group.iter().map(|row| row.evaluations).sum(),
        metrics: Metrics::mean(group.iter().map(|row| row.metrics)),
        mean_loss: stats::mean(&group.iter().filter_map(|row| row.mean_loss).collect::<Vec<_>>()),
        ..group[0].clone()
    };
    stats::grouped(each, |row| (&row.model, &row.dataset, row.attack)).iter().map(mean_of).collect()
}
