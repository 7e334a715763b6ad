//! How many pictures lie clear of the other class (arXiv 2503.23451).

use crate::stats::quantile;

/// PG: the share of the good pictures whose score lies below the quantile `share` of the scores of the bad ones, which let all but that
/// share of the bad ones be found; PG2 has `share` 0.02. The quantile is linear between neighbours (with fewer than 51 bad pictures
/// between the two lowest). `None` without good or without bad pictures.
///
/// # Panics
/// If there are not as many labels as scores.
pub fn portion_good(scores: &[f32], anomalous: &[bool], share: f64) -> Option<f64> {
    let [good, bad] = by_class(scores, anomalous);
    let limit = quantile(&bad, share)?;
    portion(&good, |score| score < limit)
}

/// PB: the share of the bad pictures whose score lies above the quantile 1 - `share` of the scores of the good ones; PB2 has `share`
/// 0.02. `None` without good or without bad pictures.
///
/// # Panics
/// If there are not as many labels as scores.
pub fn portion_bad(scores: &[f32], anomalous: &[bool], share: f64) -> Option<f64> {
    let [good, bad] = by_class(scores, anomalous);
    let limit = quantile(&good, 1.0 - share)?;
    portion(&bad, |score| score > limit)
}

fn by_class(scores: &[f32], anomalous: &[bool]) -> [Vec<f64>; 2] {
    assert_eq!(scores.len(), anomalous.len(), "as many labels as scores");
    [false, true].map(|class| {
        let of_class = scores.iter().zip(anomalous).filter(|&(_, &of)| of == class);
        of_class.map(|(&score, _)| f64::from(score)).collect()
    })
}

fn portion(scores: &[f64], beyond: impl Fn(f64) -> bool) -> Option<f64> {
    let count = scores.iter().filter(|&&score| beyond(score)).count();
    (!scores.is_empty()).then(|| count as f64 / scores.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_linear_and_signs_strict() {
        // Bad: 1 and 2, quantile 0.25 is 1.25; good: 0, 1, 2, 3, 4, quantile 0.75 is 3.
        let scores = [1.0, 2.0, 0.0, 1.0, 2.0, 3.0, 4.0];
        let anomalous = [true, true, false, false, false, false, false];
        assert_eq!(portion_good(&scores, &anomalous, 0.25), Some(0.4));
        assert_eq!(portion_bad(&scores, &anomalous, 0.25), Some(0.0));
        let scores = [3.0, 3.5, 0.0, 1.0, 2.0, 3.0, 4.0];
        assert_eq!(portion_bad(&scores, &anomalous, 0.25), Some(0.5));
        assert_eq!(portion_good(&[1.0, 1.0], &[false, true], 0.02), Some(0.0));
    }

    #[test]
    fn one_class_has_no_value() {
        for labels in [[true, true], [false, false]] {
            assert_eq!(portion_good(&[0.1, 0.2], &labels, 0.02), None);
            assert_eq!(portion_bad(&[0.1, 0.2], &labels, 0.02), None);
        }
    }
}
