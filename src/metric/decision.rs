//! Thresholds on image scores: a picture is called anomalous where its score is above.

/// The threshold between two of the scores at which F1 of the decision is largest, halfway between them; of equals the highest.
/// At least one picture is called normal and one anomalous: a decision that is the same for all cannot flip. `None` where a
/// class is missing or all scores are equal.
///
/// # Panics
/// If there are not as many labels as scores.
pub fn f1_threshold(scores: &[f32], anomalous: &[bool]) -> Option<f64> {
    assert_eq!(scores.len(), anomalous.len(), "as many labels as scores");
    let positives = anomalous.iter().filter(|&&anomalous| anomalous).count();
    if positives == 0 || positives == scores.len() {
        return None;
    }
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    let mut hits = 0;
    let mut best: Option<(f64, f64)> = None;
    for (called, pair) in order.windows(2).enumerate() {
        hits += usize::from(anomalous[pair[0]]);
        let Some(between) = between(scores[pair[1]], scores[pair[0]]) else { continue };
        let f1 = 2.0 * hits as f64 / (called + 1 + positives) as f64;
        if best.is_none_or(|(highest, _)| f1 > highest) {
            best = Some((f1, between));
        }
    }
    best.map(|(_, threshold)| threshold)
}

/// The threshold that calls the highest `share` of the scores anomalous (rounded up, at least one and not all), halfway to the
/// next lower one. With equal scores there it is the next place further up where two differ, or else further down. `None` where
/// all scores are equal.
pub fn top_threshold(scores: &[f32], share: f64) -> Option<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let called = ((share * sorted.len() as f64).ceil() as usize).max(1);
    let gap = |called: usize| between(*sorted.get(called)?, sorted[called - 1]);
    (1..=called.min(sorted.len())).rev().find_map(gap).or_else(|| (called..sorted.len()).find_map(gap))
}

/// Halfway between two different scores.
fn between(low: f32, high: f32) -> Option<f64> {
    (low < high).then(|| f64::midpoint(f64::from(low), f64::from(high)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::f1_max;

    #[test]
    fn the_best_f1_by_hand() {
        let scores = [0.875, 0.75, 0.5, 0.25];
        assert_eq!(f1_threshold(&scores, &[true, true, false, false]), Some(0.625));
        assert_eq!(f1_threshold(&scores, &[true, false, false, false]), Some(0.8125));
        // 2 of 2 missed at the top: calling three anomalous is best.
        assert_eq!(f1_threshold(&scores, &[false, true, true, false]), Some(0.375));
        assert_eq!(f1_threshold(&scores, &[true; 4]), None);
        assert_eq!(f1_threshold(&[0.5, 0.5], &[true, false]), None);
    }

    #[test]
    fn the_threshold_reaches_the_largest_f1_where_that_splits_the_pictures() {
        let scores: Vec<f32> = (0..40_u32).map(|number| (number * 17 % 23) as f32 / 23.0).collect();
        let labels: Vec<bool> =
            scores.iter().enumerate().map(|(at, score)| score + (at % 5) as f32 * 0.1 > 0.7).collect();
        let threshold = f1_threshold(&scores, &labels).unwrap();
        let called = |at: usize| f64::from(scores[at]) > threshold;
        let hits = (0..40).filter(|&at| called(at) && labels[at]).count() as f64;
        let both = (0..40).filter(|&at| called(at)).count() + labels.iter().filter(|&&label| label).count();
        assert!((2.0 * hits / both as f64 - f1_max(&scores, &labels).unwrap()).abs() < 1e-12);
    }

    #[test]
    fn the_highest_share() {
        let scores: Vec<f32> = (0..40).map(|number| number as f32).collect();
        assert_eq!(top_threshold(&scores, 0.05), Some(37.5));
        assert_eq!(top_threshold(&scores[..10], 0.05), Some(8.5));
        assert_eq!(top_threshold(&[1.0, 2.0, 2.0], 0.05), Some(1.5));
        assert_eq!(top_threshold(&[1.0, 2.0, 2.0, 3.0], 0.5), Some(2.5));
        assert_eq!(top_threshold(&[1.0], 0.05), None);
        assert_eq!(top_threshold(&[], 0.05), None);
        assert_eq!(top_threshold(&[2.0, 2.0], 0.05), None);
    }
}
