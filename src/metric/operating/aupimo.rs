//! AUPIMO: what is found of each defect while hardly a pixel of good pictures is called anomalous (arXiv 2401.01984).

use rayon::prelude::*;

use crate::error::Result;
use crate::metric::set::ScoredSet;
use crate::stats;

/// The highest scores of good pictures, and how large a share of their pixels lies at or above each: the axis of AUPIMO.
///
/// The false-positive rate is the mean over good pictures of the share of their pixels at or above a threshold. Of an anomalous picture the
/// share of its anomalous pixels above the threshold is integrated over the logarithm of that rate, from [`Self::LOW`] to [`Self::HIGH`],
/// and divided by the length of the axis. The integral is exact: at each rate the threshold is the lowest that does not exceed it, so that
/// a pixel counts from the rate on that good pixels at or above its score have.
#[derive(Clone, Debug, PartialEq)]
pub struct FalseAlarms {
    /// Descending scores of good pixels and the rate at each, up to the first at or beyond the upper end.
    steps: Vec<(f32, f64)>,
}

impl FalseAlarms {
    /// Lower end of the axis.
    pub const LOW: f64 = 1e-5;
    /// Upper end of the axis.
    pub const HIGH: f64 = 1e-4;
    /// Fewest good pixels for which the lower end of the axis means anything: ten of them lie beyond it.
    pub const FEWEST_PIXELS: usize = 1_000_000;

    /// Number of pixels that count of the good pictures of a set, those that the axis rests on.
    pub fn pixels(set: &ScoredSet) -> usize {
        good(set).map(|at| counted(set, at)).sum()
    }

    /// The axis of the good pictures of a set; `None` where they have fewer than [`Self::FEWEST_PIXELS`].
    ///
    /// # Errors
    /// Lists of different length, or shapes that do not fit.
    pub fn of_enough(set: &ScoredSet) -> Result<Option<Self>> {
        set.check()?;
        if Self::pixels(set) < Self::FEWEST_PIXELS { Ok(None) } else { Self::of(set) }
    }

    /// The axis of the good pictures of a set, however few they are; `None` without any pixel of one.
    ///
    /// # Errors
    /// As [`Self::of_enough`].
    pub fn of(set: &ScoredSet) -> Result<Option<Self>> {
        set.check()?;
        let pictures: Vec<usize> = good(set).filter(|&at| counted(set, at) > 0).collect();
        // No picture needs more of its pixels than the mean rate has over all of them.
        let highest: Vec<Vec<(f32, f64)>> = pictures
            .par_iter()
            .map(|&at| {
                let pixels = set.pixels(at);
                let mut scores: Vec<f32> =
                    (0..pixels.map.len()).filter(|&at| pixels.counts(at)).map(|at| pixels.map[at]).collect();
                let share = 1.0 / (scores.len() * pictures.len()) as f64;
                let needed = ((Self::HIGH / share).ceil() as usize + 1).min(scores.len());
                let (_, &mut lowest, _) = scores.select_nth_unstable_by(needed - 1, |a, b| b.total_cmp(a));
                scores.into_iter().filter(|&score| score >= lowest).map(|score| (score, share)).collect()
            })
            .collect();
        let mut all = highest.concat();
        all.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let (mut steps, mut rate) = (Vec::new(), 0.0);
        for equal in all.chunk_by(|a, b| a.0 == b.0) {
            rate += equal.iter().map(|(_, share)| share).sum::<f64>();
            steps.push((equal[0].0, rate));
            if rate >= Self::HIGH {
                break;
            }
        }
        Ok((!steps.is_empty()).then_some(Self { steps }))
    }

    /// The share of good pixels at or above a score; the upper end where it is that or more.
    fn rate(&self, score: f32) -> f64 {
        match self.steps.partition_point(|&(other, _)| other >= score) {
            0 => 0.0,
            at => self.steps[at - 1].1,
        }
    }

    /// AUPIMO of each picture, in [0, 1]; `None` for one without an anomalous pixel that counts.
    ///
    /// # Errors
    /// As [`Self::of_enough`].
    pub fn aupimo(&self, set: &ScoredSet) -> Result<Vec<Option<f64>>> {
        set.check()?;
        let length = (Self::HIGH / Self::LOW).ln();
        let of_pixel =
            |score: f32| (Self::HIGH / self.rate(score).clamp(Self::LOW, Self::HIGH)).ln() / length;
        let of_picture = |at: usize| {
            let pixels = set.pixels(at);
            let anomalous = (0..pixels.map.len()).filter(|&at| pixels.mask[at] && pixels.counts(at));
            stats::mean(&anomalous.map(|at| of_pixel(pixels.map[at])).collect::<Vec<_>>())
        };
        Ok((0..set.maps.len()).into_par_iter().map(of_picture).collect())
    }
}

fn good<'a>(set: &'a ScoredSet<'_>) -> impl Iterator<Item = usize> + 'a {
    (0..set.maps.len()).filter(|&at| !set.image_labels[at])
}

fn counted(set: &ScoredSet, at: usize) -> usize {
    let pixels = set.pixels(at);
    (0..pixels.map.len()).filter(|&at| pixels.counts(at)).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, ArrayView2};

    fn aupimo(good: &Array2<f32>, bad: &Array2<f32>, mask: &Array2<bool>) -> Option<f64> {
        let none = Array2::from_elem(good.dim(), false);
        let (maps, masks): ([ArrayView2<'_, f32>; 2], _) =
            ([good.view(), bad.view()], [none.view(), mask.view()]);
        let set = ScoredSet {
            maps: &maps,
            masks: &masks,
            valid: None,
            image_scores: &[0.0, 1.0],
            image_labels: &[false, true],
        };
        let alarms = FalseAlarms::of_enough(&set).unwrap()?;
        let found = alarms.aupimo(&set).unwrap();
        assert_eq!(found[0], None);
        found[1]
    }

    #[test]
    fn a_pixel_counts_from_its_rate_on() {
        // 1,000,000 good pixels: 10 at 3, 30 at 2, all others at 0.
        let good = Array2::from_shape_fn((1000, 1000), |(y, x)| match (y, x) {
            (0, 0..10) => 3.0,
            (1, 0..30) => 2.0,
            _ => 0.0,
        });
        let mut mask = Array2::from_elem((1000, 1000), false);
        let mut bad = Array2::zeros((1000, 1000));
        for (column, score) in [4.0, 3.0, 2.5, 2.0, 1.0, 0.0].into_iter().enumerate() {
            mask[[5, column]] = true;
            bad[[5, column]] = score;
        }
        // From 1e-5 on: what lies above 3, at it, and between it and 2. From 4e-5 on: 2 and 1. Never: 0.
        let expected = (3.0 + 2.0 * 2.5f64.ln() / 10f64.ln()) / 6.0;
        let found = aupimo(&good, &bad, &mask).unwrap();
        assert!((found - expected).abs() < 1e-12, "{found} {expected}");
    }

    #[test]
    fn too_few_good_pixels_have_no_value() {
        let (good, bad) = (Array2::zeros((999, 1000)), Array2::ones((999, 1000)));
        assert_eq!(aupimo(&good, &bad, &Array2::from_elem((999, 1000), true)), None);
        let (good, bad) = (Array2::zeros((1000, 1000)), Array2::ones((1000, 1000)));
        assert_eq!(aupimo(&good, &bad, &Array2::from_elem((1000, 1000), true)), Some(1.0));
    }
}
