//! Choosing among the candidates of many samples by what the choice does to their pooled pixel AUROC.

use rayon::prelude::*;

use super::candidates::KeptCandidate;
use super::objective::Objective;
use crate::metric::{Exchange, ImageScores};
use crate::types::Mask;

/// Passes over all samples, at most.
const PASSES: usize = 3;

/// One sample and the candidates that it can choose from.
#[derive(Clone, Copy, Debug)]
pub struct Choices<'a> {
    /// Candidates, at least one.
    pub candidates: &'a [KeptCandidate],
    /// Ground truth at evaluation size, in the frame of the unperturbed picture.
    pub mask: &'a Mask,
}

impl Choices<'_> {
    fn scores(&self, objective: &Objective, candidate: usize) -> ImageScores {
        let KeptCandidate { perturbation, segmentation, .. } = &self.candidates[candidate];
        let scored = objective.scored(segmentation.map.view(), self.mask, perturbation);
        ImageScores::new(
            scored.map.view(),
            scored.mask.view(),
            scored.valid.as_ref().map(|valid| valid.view()),
        )
    }
}

/// Chooses a candidate of each sample, in the order of the samples, such that their pooled pixel AUROC is low: the lowest of
/// `starts` (a candidate of each sample each), then up to three passes in which each sample in turn takes the candidate that
/// lowers the pooled value most, the others being as they are. The value is never higher than that of any start. It need not be
/// the least there is, which would take every combination, and it depends on which samples there are and on their order.
///
/// # Panics
/// If there are no starts, or one does not fit the samples.
pub fn choose_pooled(objective: &Objective, samples: &[Choices<'_>], starts: &[Vec<usize>]) -> Vec<usize> {
    let pool_of = |chosen: &[usize]| -> Vec<ImageScores> {
        assert_eq!(chosen.len(), samples.len(), "a start chooses for every sample");
        samples.par_iter().zip(chosen).map(|(sample, &at)| sample.scores(objective, at)).collect()
    };
    let value = |auroc: Option<f64>| auroc.unwrap_or(f64::INFINITY);
    let mut best: Option<(f64, &Vec<usize>, Exchange, Vec<ImageScores>)> = None;
    for start in starts {
        let images = pool_of(start);
        let pool = Exchange::new(&images);
        let auroc = value(pool.auroc());
        if best.as_ref().is_none_or(|(least, ..)| auroc < *least) {
            best = Some((auroc, start, pool, images));
        }
    }
    let Some((mut least, start, mut pool, mut images)) = best else { panic!("there is no start") };
    let mut chosen = start.clone();
    for _ in 0..PASSES {
        let mut changed = false;
        for (at, sample) in samples.iter().enumerate() {
            let rest = pool.without(&images[at]);
            let tried: Vec<f64> = (0..sample.candidates.len())
                .into_par_iter()
                .map(|candidate| {
                    if candidate == chosen[at] {
                        least
                    } else {
                        value(rest.auroc_with(&sample.scores(objective, candidate)))
                    }
                })
                .collect();
            let lowest = (0..tried.len()).min_by(|&a, &b| tried[a].total_cmp(&tried[b]));
            if let Some(lowest) = lowest.filter(|&lowest| tried[lowest] < least) {
                (chosen[at], least, changed) = (lowest, tried[lowest], true);
                images[at] = sample.scores(objective, lowest);
                pool = rest.with(&images[at]);
            }
        }
        if !changed {
            break;
        }
    }
    chosen
}
