//! Values that no row can have: what is read back is not believed blindly.

use super::parameters::Parameters;
use crate::types::{Attack, Axis, Interval, Metrics};

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

/// Larger than any count of a run, and so small that sums over all rows of a file hold.
const MOST: u64 = 1 << 40;

/// The fault of a count that no run reaches.
pub(super) fn count(column: &'static str, value: impl Into<Option<usize>>) -> Option<Fault> {
    let value = value.into().filter(|&value| value as u64 > MOST)?;
    Some((column, format!("{value} is more than any run counts")))
}

/// The fault of a value that must lie in an interval, but for what rounding loses.
pub fn outside(column: &'static str, value: f64, within: Interval) -> Option<Fault> {
    let slack = 1e-6;
    let problem = || format!("{value} lies outside {} to {}, all that it can be", within.low, within.high);
    (!(within.low - slack..=within.high + slack).contains(&value)).then(|| (column, problem()))
}

/// The fault of a value on an axis, which has limits whatever the bounds of a run are.
pub(super) fn on_axis(column: &'static str, axis: Axis, value: impl Into<Option<f64>>) -> Option<Fault> {
    let (value, limits) = (value.into()?, axis.limits());
    if axis.is_list() && value.fract() != 0.0 {
        return Some((column, format!("{value} is no whole number, and {axis} is a list")));
    }
    let within = (limits.low..=limits.high).contains(&value);
    let problem = || format!("{value} lies outside {} to {}, the widest of {axis}", limits.low, limits.high);
    (!within).then(|| (column, problem()))
}

impl Parameters {
    pub(super) fn fault(&self) -> Option<Fault> {
        self.fault_in(&Axis::COLUMNS)
    }

    /// The fault of a cell, where the cells stand in `columns`.
    pub(super) fn fault_in(&self, columns: &[&'static str; Axis::COUNT]) -> Option<Fault> {
        Axis::ALL.into_iter().zip(columns).find_map(|(axis, column)| on_axis(column, axis, self.get(axis)))
    }

    /// The fault of cells of an attack that leave out what it searched, as far as the row alone tells.
    pub(super) fn unsaid(&self, attack: Attack) -> Option<Fault> {
        match attack {
            Attack::Clean => None,
            Attack::Single(axis) if self.get(axis).is_none() => {
                Some((axis.column(), format!("the cell is empty, and {axis} was searched")))
            }
            Attack::Pair(pair) => self.empty(pair.axes()),
            Attack::Joint if self.axes().next().is_none() => Some((
                Axis::ALL[0].column(),
                "the cell is empty, and so are those of all other axes".to_owned(),
            )),
            Attack::Single(_) | Attack::Joint => None,
        }
    }

    /// The fault of a cell that is empty on one of these axes: it would be read as 0.
    pub fn empty(&self, axes: &[Axis]) -> Option<Fault> {
        let empty = axes.iter().find(|&&axis| self.get(axis).is_none())?;
        Some((empty.column(), format!("the cell is empty, and {empty} is an axis of the run")))
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
