//! The candidates of one search that a later choice may pick from.

use super::objective::Evaluation;
use crate::model::Segmentation;
use crate::types::Perturbation;

/// An evaluated perturbation and the model's full answer to it.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptCandidate {
    /// The perturbation of the picture.
    pub perturbation: Perturbation,
    /// Loss of the candidate.
    pub loss: f64,
    /// Per-sample pixel AUROC; `None` where the scored mask has one class only.
    pub sample_auroc: Option<f64>,
    /// The model's answer to the perturbed picture.
    pub segmentation: Segmentation,
}

impl KeptCandidate {
    pub(super) fn new(perturbation: Perturbation, evaluation: &Evaluation) -> Self {
        let Evaluation { segmentation, loss, sample_auroc, .. } = evaluation;
        Self { perturbation, loss: *loss, sample_auroc: *sample_auroc, segmentation: segmentation.clone() }
    }
}

/// Drops all candidates but the first (the unchanged picture), the `most` of lowest loss and the `most` of lowest sample AUROC, and leaves
/// them in their order. Of equals the first stay.
pub(super) fn trim(kept: &mut Vec<KeptCandidate>, most: usize) {
    if kept.len() <= 1 {
        return;
    }
    let lowest = |measure: &dyn Fn(&KeptCandidate) -> f64| {
        let mut order: Vec<usize> = (0..kept.len()).collect();
        order.sort_by(|&a, &b| measure(&kept[a]).total_cmp(&measure(&kept[b])));
        order.truncate(most);
        order
    };
    let mut stays = vec![false; kept.len()];
    stays[0] = true;
    for index in lowest(&|kept| kept.loss) {
        stays[index] = true;
    }
    for index in lowest(&|kept| kept.sample_auroc.unwrap_or(f64::INFINITY)) {
        stays[index] |= kept[index].sample_auroc.is_some();
    }
    let mut stays = stays.into_iter();
    kept.retain(|_| stays.next() == Some(true));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Axis, Map};

    #[test]
    fn the_best_by_both_measures_and_the_first_stay() {
        let kept = |number: usize| KeptCandidate {
            perturbation: Perturbation::IDENTITY.with(Axis::Angle, number as f64),
            loss: if number == 0 { 1000.0 } else { number as f64 },
            sample_auroc: number.is_multiple_of(2).then_some(1.0 / (1 + number) as f64),
            segmentation: Segmentation { map: Map::zeros((2, 2)), image_score: 0.0 },
        };
        let mut all: Vec<KeptCandidate> = (0..100).map(kept).collect();
        trim(&mut all, 32);
        let left: Vec<usize> = all.iter().map(|kept| kept.perturbation.get(Axis::Angle) as usize).collect();
        let expected: Vec<usize> = (0..=32).chain((36..100).step_by(2)).collect();
        assert_eq!(left, expected);
        let before = all.clone();
        trim(&mut all, 32);
        assert_eq!(all, before);
    }
}
