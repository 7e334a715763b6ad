//! Metrics of one list of scores with labels.

use ndarray::ArrayView2;

use super::counter::Counter;
use super::key;
use super::radix;
use super::tally::Tally;

/// Area under the ROC curve of `scores` (larger is more anomalous; `true` is anomalous): the probability that an
/// anomalous entry scores above a normal one, a tie counting one half. Equals scikit-learn's `roc_auc_score`.
///
/// `None` if one class is missing or a score is not a finite number (it has no place in the order).
///
/// # Panics
/// If the two slices differ in length.
pub fn roc_auc(scores: &[f32], labels: &[bool]) -> Option<f64> {
    tally(scores, labels, None)?.auroc()
}

/// Average precision, the sum over thresholds of precision times the recall gained. Equals scikit-learn's
/// `average_precision_score` where both classes are present.
///
/// `None` if one class is missing (where scikit-learn gives 0 or 1) or a score is not a finite number.
///
/// # Panics
/// If the two slices differ in length.
pub fn average_precision(scores: &[f32], labels: &[bool]) -> Option<f64> {
    tally(scores, labels, None)?.average_precision()
}

/// Best F1 over all thresholds, that is along scikit-learn's `precision_recall_curve`.
///
/// `None` if one class is missing or a score is not a finite number.
///
/// # Panics
/// If the two slices differ in length.
pub fn f1_max(scores: &[f32], labels: &[bool]) -> Option<f64> {
    tally(scores, labels, None)?.f1_max()
}

/// Pixel AUROC of one sample, over the pixels that `valid` says count (all without it); the same value as [`roc_auc`], and
/// fast enough to be the loss of a search.
///
/// `None` if one class is missing among those pixels or one of their scores is not a finite number.
///
/// # Panics
/// If the shapes differ.
pub fn sample_auroc(
    map: ArrayView2<f32>,
    mask: ArrayView2<bool>,
    valid: Option<ArrayView2<bool>>,
) -> Option<f64> {
    assert_eq!(map.dim(), mask.dim(), "map and mask differ in shape");
    let valid = valid.as_ref().map(|valid| {
        assert_eq!(map.dim(), valid.dim(), "map and valid-pixel mask differ in shape");
        valid.as_standard_layout()
    });
    let (map, mask) = (map.as_standard_layout(), mask.as_standard_layout());
    let valid = valid.as_ref().and_then(|valid| valid.as_slice());
    tally(map.as_slice()?, mask.as_slice()?, valid)?.auroc()
}

fn tally(scores: &[f32], labels: &[bool], valid: Option<&[bool]>) -> Option<Tally> {
    assert_eq!(scores.len(), labels.len(), "as many labels as scores");
    let entries = || scores.iter().zip(labels).enumerate();
    let counts = |at: usize| valid.is_none_or(|valid| valid[at]);
    if entries().any(|(at, (score, _))| !score.is_finite() && counts(at)) {
        return None;
    }
    let mut positives: Vec<u64> = entries()
        .filter(|&(at, (_, &anomalous))| anomalous && counts(at))
        .map(|(_, (&score, _))| radix::pack(key::from_score(score), 0))
        .collect();
    radix::sort_by_key(&mut positives);
    Some(Tally::new(&positives, |ladder| {
        let mut counter = Counter::new(ladder);
        for (at, (&score, &anomalous)) in entries() {
            if !anomalous && counts(at) {
                counter.add(key::from_score(score));
            }
        }
        counter.finish()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, arr2};

    #[test]
    fn ties_count_half() {
        assert_eq!(roc_auc(&[0.5, 0.5], &[true, false]), Some(0.5));
        assert_eq!(roc_auc(&[0.0, -0.0, 1.0], &[true, false, true]), Some(0.75));
        assert_eq!(roc_auc(&[1.0, 2.0, 3.0], &[true, false, false]), Some(0.0));
    }

    #[test]
    fn one_class_or_nothing_has_no_value() {
        for labels in [[true, true], [false, false]] {
            assert_eq!(roc_auc(&[0.1, 0.2], &labels), None);
            assert_eq!(average_precision(&[0.1, 0.2], &labels), None);
            assert_eq!(f1_max(&[0.1, 0.2], &labels), None);
        }
        assert_eq!(roc_auc(&[], &[]), None);
    }

    #[test]
    fn a_score_without_order_has_no_value() {
        assert_eq!(roc_auc(&[f32::NAN, 0.2, 0.1], &[true, false, true]), None);
        assert_eq!(roc_auc(&[0.3, f32::INFINITY, 0.1], &[true, false, true]), None);
    }

    #[test]
    fn average_precision_and_f1_by_hand() {
        // Ranks: anomalous, normal, anomalous. Precision 1 and 2/3 at the two finds.
        let (scores, labels) = ([0.9, 0.8, 0.7], [true, false, true]);
        assert_eq!(average_precision(&scores, &labels), Some((1.0 + 2.0 / 3.0) / 2.0));
        assert_eq!(f1_max(&scores, &labels), Some(0.8));
    }

    #[test]
    fn pixels_outside_do_not_count() {
        let map = arr2(&[[0.9, 0.1], [0.95, f32::NAN]]);
        let mask = arr2(&[[true, false], [false, true]]);
        assert_eq!(sample_auroc(map.view(), mask.view(), None), None);
        let valid = arr2(&[[true, true], [true, false]]);
        assert_eq!(sample_auroc(map.view(), mask.view(), Some(valid.view())), Some(0.5));
        let valid = arr2(&[[true, true], [false, false]]);
        assert_eq!(sample_auroc(map.view(), mask.view(), Some(valid.view())), Some(1.0));
        assert_eq!(
            sample_auroc(map.view(), mask.view(), Some(Array2::from_elem((2, 2), false).view())),
            None
        );
    }

    #[test]
    fn views_of_any_layout_are_read_alike() {
        let map = arr2(&[[0.9, 0.1, 0.4], [0.2, 0.3, 0.8]]);
        let mask = arr2(&[[true, false, false], [false, false, true]]);
        let straight = sample_auroc(map.view(), mask.view(), None);
        assert_eq!(sample_auroc(map.t(), mask.t(), None), straight);
        assert_eq!(sample_auroc(map.t().to_owned().view(), mask.t(), None), straight);
    }
}
