use ndarray::ArrayView2;
use rayon::prelude::*;

use super::objective::{Objective, Scored};
use crate::error::Result;
use crate::metric::{self, Estimates, MetricOptions, Redraws, ScoredSet, Weighted};
use crate::types::{Label, Map, Mask, Metrics, Perturbation};

/// One sample's contribution to a pooled metric.
#[derive(Clone, Debug)]
pub struct PooledSample<'a> {
    /// Patch-level map of the perturbed picture.
    pub patch_map: Map,
    /// The perturbation of the picture.
    pub perturbation: Perturbation,
    /// Image score of the perturbed picture.
    pub image_score: f32,
    /// Ground truth at evaluation size, in the frame of the unperturbed picture.
    pub mask: &'a Mask,
    /// Ground truth of the whole sample.
    pub label: Label,
}

/// Metrics of one category, pooled over all its pixels.
///
/// # Errors
/// Samples that [`metric::evaluate`] refuses.
pub fn category_metrics(
    objective: &Objective,
    samples: &[PooledSample<'_>],
    options: &MetricOptions,
) -> Result<Metrics> {
    scored(objective, samples, |set| metric::evaluate(set, options))
}

/// The metrics that [`category_metrics`] gives, with their values in the redraws of the samples; those of AUPRO, which take most of
/// the time, only with `aupro`.
///
/// # Errors
/// Those of [`category_metrics`].
///
/// # Panics
/// If the redraws are of another number of samples.
pub fn category_estimates(
    objective: &Objective,
    samples: &[PooledSample<'_>],
    options: &MetricOptions,
    (redraws, aupro): (&Redraws, bool),
) -> Result<(Metrics, Estimates)> {
    scored(objective, samples, |set| {
        let weighted = Weighted::new(set, options)?;
        let weighted = if aupro { weighted } else { weighted.without_aupro() };
        Ok((metric::evaluate(set, options)?, redraws.estimates(&weighted)))
    })
}

/// What `measure` says of the maps and masks of the samples at evaluation size.
///
/// # Errors
/// Those of `measure`.
pub fn scored<T>(
    objective: &Objective,
    samples: &[PooledSample<'_>],
    measure: impl FnOnce(&ScoredSet<'_>) -> Result<T>,
) -> Result<T> {
    let scored: Vec<Scored> = samples
        .par_iter()
        .map(|sample| objective.scored(sample.patch_map.view(), sample.mask, &sample.perturbation))
        .collect();
    let maps: Vec<ArrayView2<'_, f32>> = scored.iter().map(|item| item.map.view()).collect();
    let masks: Vec<ArrayView2<'_, bool>> = scored.iter().map(|item| item.mask.view()).collect();
    let valid: Option<Vec<ArrayView2<'_, bool>>> =
        scored.iter().map(|item| item.valid.as_ref().map(|valid| valid.view())).collect();
    let (image_scores, image_labels) = images(samples);
    measure(&ScoredSet {
        maps: &maps,
        masks: &masks,
        valid: valid.as_deref(),
        image_scores: &image_scores,
        image_labels: &image_labels,
    })
}

/// Metrics of one category that need no masks: those of the image scores. None is defined where there are no labels.
///
/// # Errors
/// An image score that is not a finite number.
pub fn image_metrics(samples: &[PooledSample<'_>]) -> Result<Metrics> {
    let (scores, labels) = images(samples);
    metric::evaluate_images(&scores, &labels)
}

/// The values of the metrics that [`image_metrics`] gives in the redraws of the samples.
///
/// # Panics
/// If the redraws are of another number of samples.
pub fn image_estimates(samples: &[PooledSample<'_>], redraws: &Redraws) -> Estimates {
    let (scores, labels) = images(samples);
    redraws.estimates(&Weighted::of_images(&scores, &labels))
}

fn images(samples: &[PooledSample<'_>]) -> (Vec<f32>, Vec<bool>) {
    samples.iter().map(|sample| (sample.image_score, sample.label == Label::Anomalous)).unzip()
}
