//! Statistics of a sample of times.

use crate::stats::{mean, quantile, standard_deviation};

/// Latency of one configuration's calls, in milliseconds. Percentiles interpolate between order statistics, as numpy's do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Latency {
    /// Number of calls.
    pub calls: usize,
    /// Mean of the times.
    pub mean: f64,
    /// Standard deviation of the sample; `None` for a single call.
    pub std: Option<f64>,
    /// Shortest time.
    pub min: f64,
    /// Median of the times.
    pub p50: f64,
    /// 90th percentile of the times.
    pub p90: f64,
    /// 95th percentile of the times.
    pub p95: f64,
    /// 99th percentile of the times.
    pub p99: f64,
    /// Longest time.
    pub max: f64,
}

impl Latency {
    /// The latency of calls that took these times; `None` for no call.
    pub fn of(ms: &[f64]) -> Option<Self> {
        let at = |q| quantile(ms, q);
        Some(Self {
            calls: ms.len(),
            mean: mean(ms)?,
            std: standard_deviation(ms),
            min: at(0.0)?,
            p50: at(0.5)?,
            p90: at(0.9)?,
            p95: at(0.95)?,
            p99: at(0.99)?,
            max: at(1.0)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_a_known_sample() {
        let ms: Vec<f64> = (0..=100).rev().map(f64::from).collect();
        let latency = Latency::of(&ms).unwrap();
        let Latency { calls, mean, min, p50, p90, p95, p99, max, .. } = latency;
        assert_eq!((calls, mean, min, max), (101, 50.0, 0.0, 100.0));
        assert_eq!([p50, p90, p95, p99], [50.0, 90.0, 95.0, 99.0]);
        // numpy.percentile([1, 2, 4], 90) is 3.6.
        assert!((Latency::of(&[4.0, 1.0, 2.0]).unwrap().p90 - 3.6).abs() < 1e-12);
    }

    #[test]
    fn one_call_has_no_deviation_and_none_has_nothing() {
        assert_eq!(Latency::of(&[7.0]).unwrap().std, None);
        assert_eq!(Latency::of(&[]), None);
    }
}
