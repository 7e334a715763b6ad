//! A statistic with its values in the redraws.

use super::interval::{Interval, chance, of_difference, of_share, reach};
use crate::stats::standard_deviation;

/// A metric, a difference of two, or a mean of either, with its value in each redraw.
///
/// Differences and means are taken within each redraw, so that what the two sides share, the samples, does not count as
/// uncertainty: the interval of a difference is that of the differences.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The value of the samples as they are.
    pub value: f64,
    /// The value in each redraw; none where it is not defined.
    redraws: Vec<Option<f64>>,
    /// The value without each sample, by class; samples without which it is not defined are left out.
    without: Vec<Vec<f64>>,
    /// On how many samples it rests, one entry per category.
    samples: Vec<usize>,
    /// Distance from 0 and 1 below which the value is not told from them.
    step: f64,
    is_difference: bool,
}

impl Estimate {
    /// Fewest samples of the rarer kind in a category for which there is an interval.
    pub const FEWEST: usize = 8;

    /// A metric in [0, 1] of one category.
    pub(super) fn new(
        value: f64,
        redraws: Vec<Option<f64>>,
        without: Vec<Vec<f64>>,
        samples: usize,
        step: f64,
    ) -> Self {
        Self { value, redraws, without, samples: vec![samples], step, is_difference: false }
    }

    /// This minus another of the same samples and redraws.
    ///
    /// # Panics
    /// If the two have different numbers of redraws.
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        assert_eq!(self.redraws.len(), other.redraws.len(), "as many redraws on both sides");
        let redraws = self.redraws.iter().zip(&other.redraws).map(|(&a, &b)| Some(a? - b?)).collect();
        let classes = self.without.iter().zip(&other.without);
        let without = classes.map(|(a, b)| a.iter().zip(b).map(|(a, b)| a - b).collect()).collect();
        let samples = self.samples.iter().zip(&other.samples).map(|(&a, &b)| a.min(b)).collect();
        Self {
            value: self.value - other.value,
            redraws,
            without,
            samples,
            step: self.step,
            is_difference: true,
        }
    }

    /// The mean over categories, all with the same weight; `None` of nothing.
    ///
    /// # Panics
    /// If they have different numbers of redraws.
    pub fn mean(categories: &[Self]) -> Option<Self> {
        let first = categories.first()?;
        let count = categories.len() as f64;
        let redraws = (0..first.redraws.len()).map(|at| {
            let sum: Option<f64> = categories.iter().map(|category| category.redraws[at]).sum();
            Some(sum? / count)
        });
        // Only the distance from the mean of a class counts, of which a category's share is one of `count`.
        let without = categories.iter().flat_map(|category| &category.without);
        assert!(
            categories.iter().all(|category| category.redraws.len() == first.redraws.len()),
            "as many redraws of each category"
        );
        Some(Self {
            value: categories.iter().map(|category| category.value).sum::<f64>() / count,
            redraws: redraws.collect(),
            without: without.map(|class| class.iter().map(|value| value / count).collect()).collect(),
            samples: categories.iter().flat_map(|category| category.samples.iter().copied()).collect(),
            step: categories.iter().map(|category| category.step / count).fold(first.step, f64::min),
            is_difference: first.is_difference,
        })
    }

    /// The interval that holds the value of the whole population in 95 of 100 cases.
    ///
    /// That of a metric in [0, 1], or a mean of them, is Student's in log-odds, with the standard deviation of the redraws: the
    /// percentiles of the redraws themselves hold the value too rarely where samples are few. That of a difference is made
    /// of percentiles corrected for bias and acceleration. Both reach farther where samples are few, by as much as
    /// Student's interval of a mean does (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 12 and 14;
    /// Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 69, 2015, section 5).
    ///
    /// `None` if it rests on fewer than [`Self::FEWEST`] samples in a category, or if no metric in [0, 1] varies over the
    /// redraws: a detector without a mistake on the samples may still make some on others.
    pub fn interval(&self) -> Option<Interval> {
        if self.samples.iter().any(|&samples| samples < Self::FEWEST) {
            return None;
        }
        let reach = reach(&self.samples)?;
        let redraws: Vec<f64> = self.redraws.iter().copied().flatten().collect();
        if self.is_difference {
            of_difference(self.value, &redraws, &self.without, reach)
        } else {
            of_share(self.value, &redraws, &self.without, self.step, reach)
        }
    }

    /// How probable it is that a difference as large as this one, in either direction, comes from the choice of samples alone: Student's
    /// test with the standard deviation of the redraws. `None` where [`Self::interval`] has none, or of what is no difference.
    pub fn chance(&self) -> Option<f64> {
        if !self.is_difference || self.samples.iter().any(|&samples| samples < Self::FEWEST) {
            return None;
        }
        let redraws: Vec<f64> = self.redraws.iter().copied().flatten().collect();
        let deviation = standard_deviation(&redraws)?;
        if self.value == 0.0 {
            return Some(1.0);
        }
        chance(&self.samples, self.value.abs() / deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(values: [f64; 4], samples: usize) -> Estimate {
        Estimate::new(
            values[0],
            values.map(Some).to_vec(),
            vec![vec![0.4, 0.6], values.to_vec()],
            samples,
            1e-6,
        )
    }

    #[test]
    fn differences_and_means_are_taken_within_redraws() {
        let (a, b) = (estimate([0.5, 0.4, 0.6, 0.7], 8), estimate([0.25, 0.15, 0.35, 0.45], 9));
        let difference = a.minus(&b);
        assert!(difference.redraws.iter().all(|value| (value.unwrap() - 0.25).abs() < 1e-12));
        assert_eq!(difference.samples, [8]);
        let mean = Estimate::mean(&[a.clone(), b]).unwrap();
        assert_eq!((mean.value, mean.redraws[1]), (0.375, Some((0.4 + 0.15) / 2.0)));
        assert_eq!((mean.samples.as_slice(), mean.without.len()), ([8, 9].as_slice(), 4));
        assert_eq!(a.minus(&a).interval(), Some(Interval { low: 0.0, high: 0.0 }));
        assert_eq!(Estimate::mean(&[]), None);
    }

    #[test]
    fn only_a_difference_can_be_chance() {
        let (a, b) = (estimate([0.5, 0.4, 0.6, 0.7], 8), estimate([0.25, 0.45, 0.35, 0.45], 8));
        let difference = a.minus(&b);
        assert!((0.05..0.5).contains(&difference.chance().unwrap()), "{:?}", difference.chance());
        assert_eq!(difference.chance(), b.minus(&a).chance());
        assert_eq!(a.minus(&a).chance(), Some(1.0));
        assert_eq!(a.chance(), None);
        assert_eq!(a.minus(&estimate([0.1; 4], 7)).chance(), None);
        assert!(a.minus(&estimate([0.25, 0.15, 0.35, 0.45], 8)).chance().unwrap() < 1e-5);
    }

    #[test]
    fn few_samples_have_no_interval() {
        let values = [0.5, 0.4, 0.6, 0.7];
        assert!(estimate(values, 8).interval().is_some());
        assert_eq!(estimate(values, 7).interval(), None);
        assert_eq!(Estimate::mean(&[estimate(values, 7), estimate(values, 100)]).unwrap().interval(), None);
        assert_eq!(estimate(values, 7).minus(&estimate([0.1; 4], 7)).interval(), None);
    }
}
