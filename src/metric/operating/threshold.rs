//! Thresholds from unchanged pictures.

use rayon::prelude::*;

use super::rule::ThresholdRule;
use crate::error::Result;
use crate::metric::decision::f1_threshold;
use crate::metric::pool::Pooled;
use crate::metric::set::ScoredSet;
use crate::metric::{key, radix};

/// The threshold for pixels that a rule gives, from the pixels that count of a category's unchanged pictures. The largest F1 is that over
/// all of them, and the threshold the value just below the lowest score that is still called; mean, standard deviation (n) and quantile
/// (linear between neighbours) are those of all pixels of the good pictures. `None` where the ground truth has one class only, or there
/// is no good picture.
///
/// # Errors
/// As [`evaluate`](crate::metric::evaluate).
pub fn pixel_threshold(rule: ThresholdRule, set: &ScoredSet) -> Result<Option<f64>> {
    set.check()?;
    Ok(match rule {
        ThresholdRule::Given { pixel, .. } => Some(pixel),
        ThresholdRule::BestF1 => {
            let Pooled { positives, tally, .. } = Pooled::new(set)?;
            tally.best_f1().map(|best| {
                let lowest = positives[positives.len() - best.found as usize];
                f64::from(key::to_score(radix::key(lowest)).next_down())
            })
        }
        ThresholdRule::Deviations(count) => above_mean(&good_pixels(set), count),
        ThresholdRule::Quantile(share) => high_quantile(good_pixels(set), share),
    })
}

/// The threshold for whole pictures that a rule gives, from the image scores of a category's unchanged pictures (`true` is anomalous).
/// The largest F1 is that of [`f1_threshold`], which calls at least one picture normal and one anomalous; mean, standard deviation and
/// quantile are those of the good pictures. `None` where a class that the rule needs is missing, and where none is given.
///
/// # Panics
/// If there are not as many labels as scores.
pub fn image_threshold(rule: ThresholdRule, scores: &[f32], anomalous: &[bool]) -> Option<f64> {
    assert_eq!(scores.len(), anomalous.len(), "as many labels as scores");
    let good = || -> Vec<f32> {
        scores.iter().zip(anomalous).filter(|&(_, &anomalous)| !anomalous).map(|(&score, _)| score).collect()
    };
    match rule {
        ThresholdRule::Given { image, .. } => image,
        ThresholdRule::BestF1 => f1_threshold(scores, anomalous),
        ThresholdRule::Deviations(count) => above_mean(&good(), count),
        ThresholdRule::Quantile(share) => high_quantile(good(), share),
    }
}

/// The pixels that count of the good pictures.
fn good_pixels(set: &ScoredSet) -> Vec<f32> {
    let good = (0..set.maps.len()).into_par_iter().filter(|&at| !set.image_labels[at]);
    let pixels = good.map(|at| {
        let pixels = set.pixels(at);
        (0..pixels.map.len()).filter(|&at| pixels.counts(at)).map(|at| pixels.map[at]).collect::<Vec<f32>>()
    });
    pixels.collect::<Vec<_>>().concat()
}

fn above_mean(scores: &[f32], deviations: f64) -> Option<f64> {
    let count = scores.len() as f64;
    let mean = scores.iter().map(|&score| f64::from(score)).sum::<f64>() / count;
    let squares: f64 = scores.iter().map(|&score| (f64::from(score) - mean).powi(2)).sum();
    (!scores.is_empty()).then(|| mean + deviations * (squares / count).sqrt())
}

/// The quantile `share`, linear between neighbours as numpy's default, without sorting all of them.
fn high_quantile(mut scores: Vec<f32>, share: f64) -> Option<f64> {
    let last = scores.len().checked_sub(1)?;
    let position = share * last as f64;
    let place = position.floor() as usize;
    let (_, &mut below, rest) = scores.select_nth_unstable_by(place, f32::total_cmp);
    let above = rest.iter().copied().min_by(f32::total_cmp).unwrap_or(below);
    Some(f64::from(below) + (f64::from(above) - f64::from(below)) * (position - place as f64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, arr2};

    #[test]
    fn thresholds_by_hand() {
        let maps = [arr2(&[[1.0f32, 2.0], [3.0, 4.0]]), arr2(&[[3.5, 9.0], [0.0, 5.0]])];
        let masks = [Array2::from_elem((2, 2), false), arr2(&[[true, true], [false, false]])];
        let valid = [arr2(&[[true, true], [true, false]]), Array2::from_elem((2, 2), true)];
        let (maps, masks) = (maps.each_ref().map(|map| map.view()), masks.each_ref().map(|mask| mask.view()));
        let valid = valid.each_ref().map(|valid| valid.view());
        let set = ScoredSet {
            maps: &maps,
            masks: &masks,
            valid: Some(&valid),
            image_scores: &[1.0, 2.0],
            image_labels: &[false, true],
        };
        let pixel = |rule: &str| pixel_threshold(rule.parse().unwrap(), &set).unwrap().unwrap();
        // Both anomalous pixels and one normal one: F1 0.8, above 2/3 of the highest alone.
        assert_eq!(pixel("best-f1"), f64::from(3.5f32.next_down()));
        assert_eq!(pixel("mean+3sd"), 2.0 + 3.0 * (2.0f64 / 3.0).sqrt());
        assert_eq!(pixel("quantile-0.75"), 2.5);
        assert_eq!(pixel("quantile-1"), 3.0);
        assert_eq!(pixel("0.5"), 0.5);
        let image =
            |rule: &str| image_threshold(rule.parse().unwrap(), &[1.0, 3.0, 4.0], &[false, false, true]);
        assert_eq!(image("best-f1"), Some(3.5));
        assert_eq!(image("mean+2sd"), Some(4.0));
        assert_eq!(image("quantile-0.5"), Some(2.0));
        assert_eq!((image("0.5"), image("0.5,2")), (None, Some(2.0)));
        assert_eq!(image_threshold(ThresholdRule::Deviations(3.0), &[1.0], &[true]), None);
    }
}
