//! A range of one parameter.

use serde::{Deserialize, Serialize};

/// A closed interval of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Smallest value of the interval.
    pub low: f64,
    /// Largest value of the interval.
    pub high: f64,
}

impl Interval {
    /// The interval from `-half` to `half`.
    pub const fn symmetric(half: f64) -> Self {
        Self { low: -half, high: half }
    }

    /// Length of the interval.
    pub fn width(&self) -> f64 {
        self.high - self.low
    }

    /// Whether `value` lies in the interval, but for what walking in steps loses at its ends.
    pub fn holds(&self, value: f64) -> bool {
        let slack = 1e-9 * self.width();
        (self.low - slack..=self.high + slack).contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_holds_what_was_walked_to_its_ends_and_nothing_beyond() {
        let interval = Interval::symmetric(0.3);
        for value in [0.0, 0.3, -0.3, 0.1 + 0.2] {
            assert!(interval.holds(value), "{value}");
        }
        for value in [0.300_001, -1.0, f64::NAN] {
            assert!(!interval.holds(value), "{value}");
        }
    }
}
