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
    let image_scores: Vec<f32> = samples.iter().map(|sample| sample.image_score).collect();
    let image_labels: Vec<bool> = samples.iter().map(|sample| sample.label == Label::Anomalous).collect();
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
