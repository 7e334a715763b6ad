//! The rows of `uniform.csv`.

use serde::{Deserialize, Serialize};

use super::parameters::Parameters;
use super::rows::{MEAN_CATEGORY, Row, SummaryRow, mean_rows};
use crate::types::{Attack, Perturbation};

/// Category of a row whose one perturbation is the same for all categories, chosen by the mean over them.
pub const ALL_CATEGORIES: &str = "all";

/// The worst perturbation found for all samples of a category together, or of all categories, or a mean over categories
/// (`uniform.csv`). All metrics lie in [0, 1].
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
    /// Pixel AUROC.
    pub pixel_auroc: Option<f64>,
    /// Area under the per-region-overlap curve.
    pub aupro: Option<f64>,
    /// Pixel average precision.
    pub pixel_ap: Option<f64>,
    /// Largest pixel F1 over thresholds.
    pub pixel_f1_max: Option<f64>,
    /// AUROC of the image scores.
    pub image_auroc: Option<f64>,
    /// Average precision of the image scores.
    pub image_ap: Option<f64>,
    /// Mean of the loss over samples.
    pub mean_loss: Option<f64>,
}

impl Row for UniformRow {
    const HEADER: &'static [&'static str] = &[
        "model",
        "dataset",
        "category",
        "attack",
        "angle_deg",
        "hue_rad",
        "saturation",
        "scale_log2",
        "translate_x",
        "translate_y",
        "temperature_mired",
        "blur_px",
        "brightness",
        "contrast_log2",
        "gamma_log2",
        "jpeg_loss",
        "search",
        "budget",
        "samples",
        "evaluations",
        "pixel_auroc",
        "aupro",
        "pixel_ap",
        "pixel_f1_max",
        "image_auroc",
        "image_ap",
        "mean_loss",
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
            pixel_auroc: self.pixel_auroc,
            aupro: self.aupro,
            pixel_ap: self.pixel_ap,
            pixel_f1_max: self.pixel_f1_max,
            image_auroc: self.image_auroc,
            image_ap: self.image_ap,
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
                pixel_auroc: mean.pixel_auroc,
                aupro: mean.aupro,
                pixel_ap: mean.pixel_ap,
                pixel_f1_max: mean.pixel_f1_max,
                image_auroc: mean.image_auroc,
                image_ap: mean.image_ap,
                mean_loss: mean.mean_loss,
            })
        })
        .collect()
}
