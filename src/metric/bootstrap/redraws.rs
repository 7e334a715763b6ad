//! Samples drawn anew.

use ndarray::{Array2, ArrayView1};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::weighted::Weighted;
use crate::types::Metrics;

/// How often each sample is held by each redraw of a category.
///
/// A redraw has as many normal and as many anomalous samples as the category, each class drawn from its own with
/// replacement. One `Redraws` serves everything that was measured on the same samples, which makes comparisons paired: the
/// difference of the metrics of two attacks or models is taken within each redraw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redraws {
    /// Redraws x samples.
    weights: Array2<u32>,
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
        Self { weights }
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

    /// The metrics of each redraw. Runs on the current rayon thread pool; the result does not depend on the number of threads.
    ///
    /// # Panics
    /// If `scores` has another number of samples.
    pub fn metrics(&self, scores: &Weighted) -> Vec<Metrics> {
        self.weights
            .as_slice()
            .unwrap_or_default()
            .par_chunks_exact(self.weights.ncols().max(1))
            .map(|weights| scores.metrics(weights))
            .collect()
    }
}
