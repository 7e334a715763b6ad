//! The cells of a row that say how sure its metrics are.

use serde::{Deserialize, Serialize};

use super::faults::{Fault, finite, share};
use crate::types::{Interval, PooledMetric};

/// 95 % intervals of pooled metrics over the samples; both ends of one are empty where there is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intervals {
    /// Lower end of pixel AUROC.
    pub pixel_auroc_low: Option<f64>,
    /// Upper end of pixel AUROC.
    pub pixel_auroc_high: Option<f64>,
    /// Lower end of AUPRO.
    pub aupro_low: Option<f64>,
    /// Upper end of AUPRO.
    pub aupro_high: Option<f64>,
    /// Lower end of image AUROC.
    pub image_auroc_low: Option<f64>,
    /// Upper end of image AUROC.
    pub image_auroc_high: Option<f64>,
}

impl Intervals {
    /// Names of the columns in order.
    pub const COLUMNS: &'static [&'static str] = &[
        "pixel_auroc_low",
        "pixel_auroc_high",
        "aupro_low",
        "aupro_high",
        "image_auroc_low",
        "image_auroc_high",
    ];

    /// The interval of pixel AUROC.
    pub fn pixel_auroc(&self) -> Option<Interval> {
        interval(self.pixel_auroc_low, self.pixel_auroc_high)
    }

    /// The interval of AUPRO.
    pub fn aupro(&self) -> Option<Interval> {
        interval(self.aupro_low, self.aupro_high)
    }

    /// The interval of image AUROC.
    pub fn image_auroc(&self) -> Option<Interval> {
        interval(self.image_auroc_low, self.image_auroc_high)
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        let cells = [
            self.pixel_auroc_low,
            self.pixel_auroc_high,
            self.aupro_low,
            self.aupro_high,
            self.image_auroc_low,
            self.image_auroc_high,
        ];
        let outside = Self::COLUMNS.iter().zip(cells).find_map(|(column, cell)| share(column, cell));
        outside.or_else(|| {
            let ends = [self.pixel_auroc(), self.aupro(), self.image_auroc()];
            let lower = Self::COLUMNS.iter().step_by(2);
            lower.zip(ends).find_map(|(column, interval)| in_order(column, interval))
        })
    }
}

/// How far a row of an attack lies below the clean one, with 95 % intervals over the samples; empty in clean rows. An interval is
/// that of the differences in the same redraws, not of two intervals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drops {
    /// Clean pixel AUROC minus that of the row.
    pub pixel_auroc_drop: Option<f64>,
    /// Lower end of its interval.
    pub pixel_auroc_drop_low: Option<f64>,
    /// Upper end of its interval.
    pub pixel_auroc_drop_high: Option<f64>,
    /// Clean AUPRO minus that of the row.
    pub aupro_drop: Option<f64>,
    /// Lower end of its interval.
    pub aupro_drop_low: Option<f64>,
    /// Upper end of its interval.
    pub aupro_drop_high: Option<f64>,
}

impl Drops {
    /// Names of the columns in order.
    pub const COLUMNS: &'static [&'static str] = &[
        "pixel_auroc_drop",
        "pixel_auroc_drop_low",
        "pixel_auroc_drop_high",
        "aupro_drop",
        "aupro_drop_low",
        "aupro_drop_high",
    ];

    /// The drop of a metric.
    pub fn of(&self, metric: PooledMetric) -> Option<f64> {
        match metric {
            PooledMetric::PixelAuroc => self.pixel_auroc_drop,
            PooledMetric::Aupro => self.aupro_drop,
        }
    }

    /// The interval of the drop of pixel AUROC.
    pub fn pixel_auroc(&self) -> Option<Interval> {
        interval(self.pixel_auroc_drop_low, self.pixel_auroc_drop_high)
    }

    /// The interval of the drop of AUPRO.
    pub fn aupro(&self) -> Option<Interval> {
        interval(self.aupro_drop_low, self.aupro_drop_high)
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        let cells = [
            self.pixel_auroc_drop,
            self.pixel_auroc_drop_low,
            self.pixel_auroc_drop_high,
            self.aupro_drop,
            self.aupro_drop_low,
            self.aupro_drop_high,
        ];
        let beyond = Self::COLUMNS.iter().zip(cells).find_map(|(column, cell)| difference(column, cell));
        beyond
            .or_else(|| in_order("pixel_auroc_drop_low", self.pixel_auroc()))
            .or_else(|| in_order("aupro_drop_low", self.aupro()))
    }
}

fn interval(low: Option<f64>, high: Option<f64>) -> Option<Interval> {
    Some(Interval { low: low?, high: high? })
}

fn difference(column: &'static str, value: Option<f64>) -> Option<Fault> {
    let beyond = || {
        let value = value.filter(|value| !(-1.0..=1.0).contains(value))?;
        Some((column, format!("{value} does not lie in [-1, 1]")))
    };
    finite(column, value).or_else(beyond)
}

fn in_order(column: &'static str, interval: Option<Interval>) -> Option<Fault> {
    let Interval { low, high } = interval.filter(|interval| interval.low > interval.high)?;
    Some((column, format!("{low} lies above the upper end, {high}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_has_two_ends_in_order_and_within_its_range() {
        let mut intervals = Intervals { aupro_low: Some(0.25), ..Intervals::default() };
        assert_eq!((intervals.aupro(), intervals.fault()), (None, None));
        intervals.aupro_high = Some(0.5);
        assert_eq!(intervals.aupro(), Some(Interval { low: 0.25, high: 0.5 }));
        assert_eq!(intervals.fault(), None);
        intervals.aupro_high = Some(0.125);
        assert_eq!(intervals.fault().unwrap().0, "aupro_low");
        intervals.image_auroc_high = Some(1.5);
        assert_eq!(intervals.fault().unwrap().0, "image_auroc_high");
        let mut drops = Drops { aupro_drop_low: Some(-0.5), aupro_drop_high: Some(0.5), ..Drops::default() };
        assert_eq!((drops.pixel_auroc(), drops.fault()), (None, None));
        drops.pixel_auroc_drop = Some(f64::NAN);
        assert_eq!(drops.fault().unwrap().0, "pixel_auroc_drop");
        drops.pixel_auroc_drop = Some(-1.5);
        assert_eq!(drops.fault().unwrap().0, "pixel_auroc_drop");
    }
}
