//! How many times as long one configuration takes as another, from rounds in which both were visited. Pure.

use crate::stats::{mean, standard_deviation};

/// A ratio of times with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    /// Geometric mean of the rounds' ratios.
    pub value: f64,
    /// Ends of the interval, by Student's t of the logarithms; `None` for a single round.
    pub interval: Option<(f64, f64)>,
}

impl Ratio {
    /// The ratio of two series of times, round by round; `None` without a common round.
    pub fn paired(own: &[f64], other: &[f64]) -> Option<Self> {
        let logs: Vec<f64> = own.iter().zip(other).map(|(own, other)| (own / other).ln()).collect();
        let centre = mean(&logs)?;
        let interval = standard_deviation(&logs).map(|spread| {
            let half = student_t(logs.len() - 1) * spread / (logs.len() as f64).sqrt();
            ((centre - half).exp(), (centre + half).exp())
        });
        Some(Self { value: centre.exp(), interval })
    }

    /// The other way round: how many times as fast.
    pub fn inverse(self) -> Self {
        Self { value: 1.0 / self.value, interval: self.interval.map(|(low, high)| (1.0 / high, 1.0 / low)) }
    }
}

/// Quantile 0.975 of Student's t, to 0.02 beyond the table.
fn student_t(freedom: usize) -> f64 {
    const TABLE: [f64; 20] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
        2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    ];
    TABLE.get(freedom - 1).copied().unwrap_or(1.96 + 2.5 / freedom as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hits_both_in_a_round_does_not_widen_the_interval() {
        // A machine that is three times as slow in every other round.
        let other: Vec<f64> = (0..8).map(|round| if round % 2 == 0 { 10.0 } else { 30.0 }).collect();
        let own: Vec<f64> = other.iter().map(|ms| 1.5 * ms).collect();
        let Ratio { value, interval } = Ratio::paired(&own, &other).unwrap();
        let (low, high) = interval.unwrap();
        assert!((value - 1.5).abs() < 1e-12 && high - low < 1e-9, "{low} to {high}");
        let unpaired = Ratio::paired(&own, &[other[1..].to_vec(), vec![10.0]].concat()).unwrap();
        let (low, high) = unpaired.interval.unwrap();
        assert!(low < 1.0 && high > 2.0, "{low} to {high}");
    }

    #[test]
    fn the_interval_is_students() {
        // Logarithms 0, 1 and 2: mean 1, deviation 1, t of two degrees of freedom.
        let own: Vec<f64> = (0..3).map(|log| f64::from(log).exp()).collect();
        let ratio = Ratio::paired(&own, &[1.0; 3]).unwrap();
        let half = 4.303 / 3.0_f64.sqrt();
        let (low, high) = ratio.interval.unwrap();
        assert!((low.ln() - (1.0 - half)).abs() < 1e-12 && (high.ln() - (1.0 + half)).abs() < 1e-12);
        let (inverse_low, inverse_high) = ratio.inverse().interval.unwrap();
        assert!((inverse_low * high - 1.0).abs() < 1e-12 && (inverse_high * low - 1.0).abs() < 1e-12);
    }

    #[test]
    fn one_round_has_no_interval_and_none_has_no_ratio() {
        assert_eq!(Ratio::paired(&[2.0], &[1.0]).map(|ratio| ratio.interval), Some(None));
        assert_eq!(Ratio::paired(&[2.0], &[]), None);
    }
}
