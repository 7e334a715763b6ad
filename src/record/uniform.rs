//! The rows of `uniform.csv`.

use serde::{Deserialize, Serialize};

use super::parameters::Parameters;
use super::rows::{MEAN_CATEGORY, Row, SummaryRow, mean_rows};
use crate::types::{Attack, Metrics, Perturbation};

/// Category of a row whose one perturbation is the same for all categories, chosen by the mean over them.
pub const ALL_CATEGORIES: &str = "all";

/// The worst perturbation found for all samples of a category together, or of all categories, or a mean over categories
/// (`uniform.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UniformRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Category, [`ALL_CATEGORIES`] or [`MEAN_CATEGORY`].
    pub category: String,
    /// The attack whose axes were searched.
    pub attack: Attack,
    /// The values found; none in a mean.
    pub parameters: Parameters,
    /// Search strategy, `none` for the clean row.
    pub search: String,
    /// Perturbations allowed, the identity included.
    pub budget: usize,
    /// Samples pooled.
    pub samples: usize,
    /// Full model evaluations that the row stands on: perturbations tried times samples.
    pub evaluations: usize,
    /// Pooled over the samples, or the mean of the categories' metrics.
    pub metrics: Metrics,
    /// Mean of the loss over samples.
    pub mean_loss: Option<f64>,
}

impl Row for UniformRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "dataset", "category", "attack"],
        Parameters::COLUMNS,
        &["search", "budget", "samples", "evaluations"],
        Metrics::COLUMNS,
        &["mean_loss"],
    ];
}

impl UniformRow {
    /// The perturbation found.
    pub fn perturbation(&self) -> Perturbation {
        self.parameters.perturbation()
    }

    /// The part that `summary.csv` has of a per-sample attack.
    pub fn summary(&self) -> SummaryRow {
        SummaryRow {
            model: self.model.clone(),
            dataset: self.dataset.clone(),
            category: self.category.clone(),
            attack: self.attack,
            samples: self.samples,
            metrics: self.metrics,
            mean_loss: self.mean_loss,
            evaluations: self.evaluations,
        }
    }
}

/// The mean over categories per (model, dataset, attack), as [`mean_rows`] takes it; rows of [`ALL_CATEGORIES`] and means are left
/// out.
pub fn uniform_means(rows: &[UniformRow]) -> Vec<UniformRow> {
    let each: Vec<&UniformRow> =
        rows.iter().filter(|row| row.category != ALL_CATEGORIES && row.category != MEAN_CATEGORY).collect();
    let summary: Vec<SummaryRow> = each.iter().map(|row| row.summary()).collect();
    mean_rows(&summary)
        .into_iter()
        .filter_map(|mean| {
            let same = |row: &&&UniformRow| {
                (&row.model, &row.dataset, row.attack) == (&mean.model, &mean.dataset, mean.attack)
            };
            let first = each.iter().find(same)?;
            Some(UniformRow {
                model: mean.model,
                dataset: mean.dataset,
                category: mean.category,
                attack: mean.attack,
                parameters: Parameters::default(),
                search: first.search.clone(),
                budget: first.budget,
                samples: mean.samples,
                evaluations: mean.evaluations,
                metrics: mean.metrics,
                mean_loss: mean.mean_loss,
            })
        })
        .collect()
}
