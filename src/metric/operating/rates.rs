//! Counts of decisions, and the rates that follow from them.

use std::iter::Sum;
use std::ops::Add;

/// Decisions about pixels or pictures at one threshold, counted against the ground truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Anomalous and called anomalous.
    pub hits: u64,
    /// Normal and called anomalous.
    pub false_alarms: u64,
    /// Anomalous and called normal.
    pub misses: u64,
    /// Normal and called normal.
    pub rejections: u64,
}

/// Shares in [0, 1]; `None` where what they are shares of is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    /// Share of what is called anomalous that is.
    pub precision: Option<f64>,
    /// Share of what is anomalous that is called so.
    pub recall: Option<f64>,
    /// Harmonic mean of the two, 2 hits / (2 hits + false alarms + misses); `None` where nothing is anomalous and nothing is called so.
    pub f1: Option<f64>,
    /// Share of what is normal that is called anomalous.
    pub false_alarms: Option<f64>,
}

impl Counts {
    /// Counts one more decision.
    pub fn count(&mut self, anomalous: bool, called: bool) {
        let place = match (anomalous, called) {
            (true, true) => &mut self.hits,
            (false, true) => &mut self.false_alarms,
            (true, false) => &mut self.misses,
            (false, false) => &mut self.rejections,
        };
        *place += 1;
    }

    /// The counts of something that is held so often.
    #[must_use]
    pub fn times(self, weight: u64) -> Self {
        Self {
            hits: weight * self.hits,
            false_alarms: weight * self.false_alarms,
            misses: weight * self.misses,
            rejections: weight * self.rejections,
        }
    }

    /// The rates that follow. Pooled over all pixels of a category, F1 is the SegF1 of MVTec AD 2.
    pub fn rates(self) -> Rates {
        let Self { hits, false_alarms, misses, rejections } = self;
        let share = |part: u64, of: u64| (of > 0).then(|| part as f64 / of as f64);
        Rates {
            precision: share(hits, hits + false_alarms),
            recall: share(hits, hits + misses),
            f1: share(2 * hits, 2 * hits + false_alarms + misses),
            false_alarms: share(false_alarms, false_alarms + rejections),
        }
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            hits: self.hits + other.hits,
            false_alarms: self.false_alarms + other.false_alarms,
            misses: self.misses + other.misses,
            rejections: self.rejections + other.rejections,
        }
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_by_hand() {
        let mut counts = Counts { hits: 2, false_alarms: 1, misses: 5, rejections: 11 };
        counts.count(true, true);
        counts.count(false, false);
        assert_eq!(counts, Counts { hits: 3, false_alarms: 1, misses: 5, rejections: 12 });
        let rates = counts.rates();
        assert_eq!((rates.precision, rates.recall), (Some(0.75), Some(0.375)));
        assert_eq!((rates.f1, rates.false_alarms), (Some(0.5), Some(1.0 / 13.0)));
        assert_eq!(counts.times(3).rates(), rates);
    }

    #[test]
    fn nothing_to_share_has_no_value() {
        assert_eq!(Counts::default().rates(), Rates::default());
        let normal = Counts { rejections: 4, ..Counts::default() }.rates();
        assert_eq!(normal, Rates { false_alarms: Some(0.0), ..Rates::default() });
        let alarmed = Counts { false_alarms: 1, rejections: 3, ..Counts::default() }.rates();
        assert_eq!((alarmed.f1, alarmed.precision, alarmed.recall), (Some(0.0), Some(0.0), None));
    }
}
