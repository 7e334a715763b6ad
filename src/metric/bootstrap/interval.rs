//! Intervals from redrawn values.

use crate::stats::{normal_distribution, quantile};

/// Quantile of the standard normal, and of Student's t in the limit of many samples, that leaves 2.5 % above.
const Z: f64 = 1.959_963_984_540_054;

/// An interval that holds the value of the whole population in 95 % of samples drawn from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end, at least `low`.
    pub high: f64,
}

impl Interval {
    /// Fewest samples of the rarer kind for which there is an interval.
    pub const FEWEST: usize = 8;

    /// The interval of a statistic from its values in the redraws.
    ///
    /// `samples` says on how many samples the statistic rests, one entry for each category whose mean it is: for pixel metrics
    /// the samples with anomalous pixels, for image metrics those of the smaller class. A paired difference is taken
    /// within each redraw first, and so is a mean over categories.
    ///
    /// Percentiles of the redraws (Efron and Tibshirani 1993, section 13.3) are too close together where samples are few,
    /// since a redraw varies by (n - 1) / n of what it should and knows no spread beyond that of its n samples. They are
    /// therefore moved out by as much as Student's interval of a mean is wider than the normal one (the expanded percentile
    /// interval: Hesterberg, What Teachers Should Know About the Bootstrap, The American Statistician 69, 2015, section 5.3).
    ///
    /// `None` if a category has fewer than [`Self::FEWEST`] samples, or no redraw has a value.
    pub fn new(redrawn: &[Option<f64>], samples: &[usize]) -> Option<Self> {
        if samples.iter().any(|&samples| samples < Self::FEWEST) {
            return None;
        }
        let values: Vec<f64> = redrawn.iter().copied().flatten().collect();
        let tail = tail(samples)?;
        Some(Self { low: quantile(&values, tail)?, high: quantile(&values, 1.0 - tail)? })
    }
}

/// The share of redraws beyond each end.
fn tail(samples: &[usize]) -> Option<f64> {
    let inflation = samples.iter().map(|&n| n as f64 / (n as f64 - 1.0)).sum::<f64>() / samples.len() as f64;
    let freedom: usize = samples.iter().map(|&n| n - 1).sum();
    (freedom > 0).then(|| normal_distribution(-inflation.sqrt() * student(freedom as f64)))
}

/// The value above which Student's t with this many degrees of freedom (at least 7) lies with a probability of 2.5 %, to
/// 1e-4 (Abramowitz and Stegun 26.7.5).
fn student(freedom: f64) -> f64 {
    let z = Z;
    z + (z.powi(3) + z) / (4.0 * freedom)
        + (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / (96.0 * freedom.powi(2))
        + (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / (384.0 * freedom.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (freedom, expected) in [(7.0, 2.3646), (19.0, 2.0930), (99.0, 1.9842), (1e9, 1.9600)] {
            assert!((student(freedom) - expected).abs() < 2e-4, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn few_samples_have_no_interval_and_many_have_that_of_percentiles() {
        let values: Vec<Option<f64>> = (0..=1000).map(|value| Some(f64::from(value))).collect();
        assert_eq!(Interval::new(&values, &[7]), None);
        assert_eq!(Interval::new(&values, &[100, 7]), None);
        assert_eq!(Interval::new(&values, &[]), None);
        assert_eq!(Interval::new(&[None, None], &[8]), None);
        let many = Interval::new(&values, &[1_000_000]).unwrap();
        assert!((many.low - 25.0).abs() < 0.01 && (many.high - 975.0).abs() < 0.01, "{many:?}");
        let few = Interval::new(&values, &[8]).unwrap();
        assert!(few.low < 6.0 && few.high > 994.0, "{few:?}");
        // The mean of many categories is as sure as one of many samples, but for the spread that each lacks.
        let mean = Interval::new(&values, &[8; 100]).unwrap();
        assert!(few.low < mean.low && mean.low < many.low, "{mean:?}");
    }
}
