use ndarray::ArrayView2;
use rayon::prelude::*;

use super::objective::{Objective, Scored};
use crate::error::Result;
use crate::metric::{self, MetricOptions};
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
    let scored: Vec<Scored> = samples
        .par_iter()
        .map(|sample| objective.scored(sample.patch_map.view(), sample.mask, &sample.perturbation))
        .collect();
    let maps: Vec<ArrayView2<'_, f32>> = scored.iter().map(|item| item.map.view()).collect();
    let masks: Vec<ArrayView2<'_, bool>> = scored.iter().map(|item| item.mask.view()).collect();
    let valid: Option<Vec<ArrayView2<'_, bool>>> =
        scored.iter().map(|item| item.valid.as_ref().map(|valid| valid.view())).collect();
    let (image_scores, image_labels) = images(samples);
    metric::evaluate(
        &metric::ScoredSet {
            maps: &maps,
            masks: &masks,
            valid: valid.as_deref(),
            image_scores: &image_scores,
            image_labels: &image_labels,
        },
        options,
    )
}

/// Metrics of one category that need no masks: those of the image scores. None is defined where there are no labels.
///
/// # Errors
/// An image score that is not a finite number.
pub fn image_metrics(samples: &[PooledSample<'_>]) -> Result<Metrics> {
    let (scores, labels) = images(samples);
    metric::evaluate_images(&scores, &labels)
}

fn images(samples: &[PooledSample<'_>]) -> (Vec<f32>, Vec<bool>) {
    samples.iter().map(|sample| (sample.image_score, sample.label == Label::Anomalous)).unzip()
}
