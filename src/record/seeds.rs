//! The rows of `seeds.csv`.

use serde::{Deserialize, Serialize};

use super::faults::{Fault, amount, count, share};
use super::rows::{Row, SummaryRow};
use crate::stats;
use crate::types::{Attack, Over};

/// How far runs that differ in their seed alone lie apart in one row of `summary.csv` (`seeds.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SeedRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Scope of the row: a category, or the mean over categories.
    pub over: Over,
    /// Attack whose maps are pooled.
    pub attack: Attack,
    /// Number of seeds.
    pub seeds: usize,
    /// Mean of the pixel AUROC over the seeds.
    pub pixel_auroc_mean: Option<f64>,
    /// Lowest of the seeds.
    pub pixel_auroc_lowest: Option<f64>,
    /// Highest of the seeds.
    pub pixel_auroc_highest: Option<f64>,
    /// Standard deviation over the seeds (n - 1); none of one seed.
    pub pixel_auroc_deviation: Option<f64>,
    /// Mean of the AUPRO over the seeds.
    pub aupro_mean: Option<f64>,
    /// Lowest of the seeds.
    pub aupro_lowest: Option<f64>,
    /// Highest of the seeds.
    pub aupro_highest: Option<f64>,
    /// Standard deviation over the seeds (n - 1); none of one seed.
    pub aupro_deviation: Option<f64>,
}

impl Row for SeedRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "dataset"],
        Over::COLUMNS,
        &["attack", "seeds"],
        &["pixel_auroc_mean", "pixel_auroc_lowest", "pixel_auroc_highest", "pixel_auroc_deviation"],
        &["aupro_mean", "aupro_lowest", "aupro_highest", "aupro_deviation"],
    ];
    const KEY: &'static [&'static str] = &["model", "dataset", "over", "category", "attack"];

    fn fault(&self) -> Option<Fault> {
        count("seeds", self.seeds)
            .or_else(|| share("pixel_auroc_mean", self.pixel_auroc_mean))
            .or_else(|| share("pixel_auroc_lowest", self.pixel_auroc_lowest))
            .or_else(|| share("pixel_auroc_highest", self.pixel_auroc_highest))
            .or_else(|| amount("pixel_auroc_deviation", self.pixel_auroc_deviation))
            .or_else(|| share("aupro_mean", self.aupro_mean))
            .or_else(|| share("aupro_lowest", self.aupro_lowest))
            .or_else(|| share("aupro_highest", self.aupro_highest))
            .or_else(|| amount("aupro_deviation", self.aupro_deviation))
    }
}

/// The spread over the seeds of each row of `summary.csv`; `summaries` has the rows of each seed.
pub fn seed_rows(summaries: &[Vec<SummaryRow>]) -> Vec<SeedRow> {
    let key = |row: &&SummaryRow| (row.model.clone(), row.dataset.clone(), row.over.clone(), row.attack);
    stats::grouped(summaries.iter().flatten(), key).iter().map(|group| spread(group)).collect()
}

fn spread(group: &[&SummaryRow]) -> SeedRow {
    let of = |metric: fn(&SummaryRow) -> Option<f64>| {
        let values: Vec<f64> = group.iter().filter_map(|row| metric(row)).collect();
        let lowest = values.iter().copied().min_by(f64::total_cmp);
        let highest = values.iter().copied().max_by(f64::total_cmp);
        (stats::mean(&values), lowest, highest, stats::standard_deviation(&values))
    };
    let (first, seeds) = (group[0].clone(), group.len());
    let (pixel_auroc_mean, pixel_auroc_lowest, pixel_auroc_highest, pixel_auroc_deviation) =
        of(|row| row.metrics.pixel_auroc);
    let (aupro_mean, aupro_lowest, aupro_highest, aupro_deviation) = of(|row| row.metrics.aupro);
    SeedRow {
        model: first.model,
        dataset: first.dataset,
        over: first.over,
        attack: first.attack,
        seeds,
        pixel_auroc_mean,
        pixel_auroc_lowest,
        pixel_auroc_highest,
        pixel_auroc_deviation,
        aupro_mean,
        aupro_lowest,
        aupro_highest,
        aupro_deviation,
    }
}
