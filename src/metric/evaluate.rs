//! All metrics of a category, pooled over its images.

use rayon::prelude::*;

use super::binary;
use super::options::{AuproMode, MetricOptions};
use super::pool::Pooled;
use super::pro;
use super::set::{ScoredSet, not_finite};
use crate::error::Result;
use crate::types::Metrics;

/// Computes all metrics of a category, exactly, from one sort. Runs on the current rayon thread pool; the
/// result does not depend on the number of threads, and with exact AUPRO neither on the order of the images.
///
/// Memory beyond the input: about 60 bytes per anomalous pixel and up to 24 more per thread; fewer threads count where
/// their tables would outgrow the maps.
///
/// # Errors
/// Lists of different length, a mask shaped unlike its map, a score of a counted pixel or of an image that is not a finite
/// number, an FPR limit outside (0, 1], or more than 2^30 pixels.
pub fn evaluate(set: &ScoredSet, options: &MetricOptions) -> Result<Metrics> {
    options.validate()?;
    set.check()?;

    let Pooled { positives, areas, tally, range, .. } = Pooled::new(set)?;
    let aupro = match (options.aupro, range) {
        (_, None) => None,
        (AuproMode::Exact, _) => pro::exact(&positives, &tally, &areas, options.fpr_limit),
        (AuproMode::Thresholds200, Some((low, high))) => {
            let thresholds = pro::thresholds_200(low, high);
            let normals_below = normals_by_threshold(set, &thresholds);
            pro::by_thresholds(&positives, &areas, &thresholds, &normals_below, options.fpr_limit)
        }
    };
    Ok(Metrics {
        pixel_auroc: tally.auroc(),
        aupro,
        pixel_ap: tally.average_precision(),
        pixel_f1_max: tally.f1_max(),
        ..evaluate_images(set.image_scores, set.image_labels)?
    })
}

/// The metrics of images alone, from their scores and whether each is anomalous; those of pixels are none.
///
/// # Errors
/// A score that is not a finite number.
///
/// # Panics
/// If the two slices differ in length.
pub fn evaluate_images(scores: &[f32], labels: &[bool]) -> Result<Metrics> {
    if let Some(at) = scores.iter().position(|score| !score.is_finite()) {
        return Err(not_finite(format!("score of image {at}"), scores[at]));
    }
    Ok(Metrics {
        image_auroc: binary::roc_auc(scores, labels),
        image_ap: binary::average_precision(scores, labels),
        ..Metrics::default()
    })
}

/// Counts of the normal pixels that lie above exactly `k` of the thresholds, for each `k`.
fn normals_by_threshold(set: &ScoredSet, thresholds: &[f64]) -> Vec<u64> {
    let empty = || vec![0u64; thresholds.len() + 1];
    (0..set.maps.len())
        .into_par_iter()
        .fold(empty, |mut counts, at| {
            set.pixels(at).for_each_normal(|score| counts[pro::thresholds_below(score, thresholds)] += 1);
            counts
        })
        .reduce(empty, |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        })
}
