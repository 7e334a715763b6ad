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
}
