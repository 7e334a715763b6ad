//! Samples drawn anew.

use ndarray::{Array2, ArrayView1};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::estimate::Estimate;
use super::weighted::Weighted;
use crate::types::Metrics;

/// Distance from 0 and 1 below which pixel metrics are not told from them.
const PIXELS: f64 = 1e-6;

/// How often each sample is held by each redraw of a category.
///
/// A redraw has as many normal and as many anomalous samples as the category, each class drawn from its own with
/// replacement. One `Redraws` serves everything that was measured on the same samples, which makes comparisons paired: the
/// difference of the metrics of two attacks or models is taken within each redraw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redraws {
    /// Redraws x samples.
    weights: Array2<u32>,
    /// Whether each sample is anomalous.
    anomalous: Vec<bool>,
}

impl Redraws {
    /// Number of redraws behind an interval, unless another is asked for.
    pub const COUNT: usize = 1000;

    /// `count` redraws of the samples with these labels (`true` is anomalous). The same labels and `seed` give the same
    /// redraws, and a larger `count` begins with those of a smaller one.
    pub fn new(labels: &[bool], count: usize, seed: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let of_class = |class: bool| (0..labels.len()).filter(move |&at| labels[at] == class);
        let classes: [Vec<usize>; 2] = [of_class(false).collect(), of_class(true).collect()];
        let mut weights = Array2::zeros((count, labels.len()));
        for mut redraw in weights.rows_mut() {
            for class in &classes {
                for _ in class {
                    redraw[class[rng.random_range(0..class.len() as u32) as usize]] += 1;
                }
            }
        }
        Self { weights, anomalous: labels.to_vec() }
    }

    /// Number of redraws.
    pub fn len(&self) -> usize {
        self.weights.nrows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often each redraw holds each sample: one row per redraw, one entry per sample.
    pub fn weights(&self) -> impl Iterator<Item = ArrayView1<'_, u32>> {
        self.weights.rows().into_iter()
    }

    /// The metrics with their values in each redraw. Runs on the current rayon thread pool; the result does not depend on the
    /// number of threads.
    ///
    /// # Panics
    /// If `scores` has another number of samples.
    pub fn estimates(&self, scores: &Weighted) -> Estimates {
        let once = vec![1; self.anomalous.len()];
        let redraws: Vec<Metrics> = (0..self.weights.nrows())
            .into_par_iter()
            .map(|at| scores.metrics(&self.weights.row(at).to_vec()))
            .collect();
        let without: Vec<Metrics> = (0..once.len())
            .into_par_iter()
            .map(|at| {
                let mut weights = once.clone();
                weights[at] = 0;
                scores.metrics(&weights)
            })
            .collect();
        let all = scores.metrics(&once);
        let estimate = |metric: fn(&Metrics) -> Option<f64>, samples: usize, step: f64| {
            let without_of = |class: bool| {
                let of_class = without.iter().zip(&self.anomalous).filter(move |&(_, &of)| of == class);
                of_class.filter_map(|(metrics, _)| metric(metrics)).collect()
            };
            let redraws = redraws.iter().map(metric).collect();
            Some(Estimate::new(
                metric(&all)?,
                redraws,
                vec![without_of(false), without_of(true)],
                samples,
                step,
            ))
        };
        let anomalous = self.anomalous.iter().filter(|&&anomalous| anomalous).count();
        let normal = once.len() - anomalous;
        let half_a_pair = 0.5 / (anomalous * normal).max(1) as f64;
        Estimates {
            pixel_auroc: estimate(|metrics| metrics.pixel_auroc, scores.anomalous_samples(), PIXELS),
            aupro: estimate(|metrics| metrics.aupro, scores.anomalous_samples(), PIXELS),
            image_auroc: estimate(|metrics| metrics.image_auroc, anomalous.min(normal), half_a_pair),
        }
    }
}

/// The metrics of a category that redraws tell the certainty of; `None` where a metric is not defined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimates {
    /// Pooled pixel AUROC.
    pub pixel_auroc: Option<Estimate>,
    /// Pooled AUPRO.
    pub aupro: Option<Estimate>,
    /// Image AUROC.
    pub image_auroc: Option<Estimate>,
}

impl Estimates {
    /// These minus others of the same samples and redraws, metric by metric.
    ///
    /// # Panics
    /// As [`Estimate::minus`].
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let minus =
            |one: &Option<Estimate>, other: &Option<Estimate>| Some(one.as_ref()?.minus(other.as_ref()?));
        Self {
            pixel_auroc: minus(&self.pixel_auroc, &other.pixel_auroc),
            aupro: minus(&self.aupro, &other.aupro),
            image_auroc: minus(&self.image_auroc, &other.image_auroc),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_keep_their_numbers_and_seeds_their_redraws() {
        let labels = [true, false, true, true, false];
        let redraws = Redraws::new(&labels, 50, 3);
        for weights in redraws.weights() {
            let held =
                |class: bool| (0..5).filter(|&at| labels[at] == class).map(|at| weights[at]).sum::<u32>();
            assert_eq!((held(true), held(false)), (3, 2));
        }
        assert_eq!(redraws, Redraws::new(&labels, 50, 3));
        assert_ne!(redraws, Redraws::new(&labels, 50, 4));
        let longer = Redraws::new(&labels, 60, 3);
        assert!(redraws.weights().zip(longer.weights()).all(|(a, b)| a == b));
        assert_eq!(Redraws::new(&[], 4, 3).len(), 4);
    }
}
