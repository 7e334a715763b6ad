//! Values that no row can have: what is read back is not believed blindly.

use super::parameters::Parameters;
use crate::types::{Axis, Metrics};

/// The column of a row whose value cannot be right, and what is wrong with the value.
pub type Fault = (&'static str, String);

/// The fault of a value that must be a finite number.
pub(super) fn finite(column: &'static str, value: impl Into<Option<f64>>) -> Option<Fault> {
    let value = value.into().filter(|value| !value.is_finite())?;
    Some((column, format!("{value} is no finite number")))
}

/// The fault of a value that must lie in [0, 1].
pub(super) fn share(column: &'static str, value: impl Into<Option<f64>>) -> Option<Fault> {
    let value = value.into().filter(|value| !(0.0..=1.0).contains(value))?;
    Some((column, format!("{value} does not lie in [0, 1]")))
}

/// The fault of a number that must be finite and not negative.
pub(super) fn amount(column: &'static str, value: impl Into<Option<f64>>) -> Option<Fault> {
    let value = value.into().filter(|value| !(value.is_finite() && *value >= 0.0))?;
    Some((column, format!("{value} is no number from 0 on")))
}

/// The fault of a value on an axis, which has limits whatever the bounds of a run are.
pub(super) fn on_axis(column: &'static str, axis: Axis, value: impl Into<Option<f64>>) -> Option<Fault> {
    let (value, limits) = (value.into()?, axis.limits());
    let within = (limits.low..=limits.high).contains(&value);
    let problem = || format!("{value} lies outside {} to {}, the widest of {axis}", limits.low, limits.high);
    (!within).then(|| (column, problem()))
}

impl Parameters {
    pub(super) fn fault(&self) -> Option<Fault> {
        Axis::ALL.into_iter().find_map(|axis| on_axis(axis.column(), axis, self.get(axis)))
    }
}

/// The fault of metrics, which are shares.
pub(super) fn metrics(metrics: &Metrics) -> Option<Fault> {
    let values = [
        metrics.pixel_auroc,
        metrics.aupro,
        metrics.pixel_ap,
        metrics.pixel_f1_max,
        metrics.image_auroc,
        metrics.image_ap,
    ];
    Metrics::COLUMNS.iter().zip(values).find_map(|(column, value)| share(column, value))
}
