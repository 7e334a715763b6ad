//! Words for attacks and axes; intervals by metric.

use crate::record::SummaryRow;
use crate::types::{Attack, Axis, Interval, PooledMetric};

/// The interval of a metric of a row.
pub(super) fn interval(row: &SummaryRow, metric: PooledMetric) -> Option<Interval> {
    match metric {
        PooledMetric::PixelAuroc => row.intervals.pixel_auroc(),
        PooledMetric::Aupro => row.intervals.aupro(),
    }
}

/// The interval of the drop of a metric of a row.
pub(super) fn drop_interval(row: &SummaryRow, metric: PooledMetric) -> Option<Interval> {
    match metric {
        PooledMetric::PixelAuroc => row.drops.pixel_auroc(),
        PooledMetric::Aupro => row.drops.aupro(),
    }
}

/// An attack in a word.
pub(super) fn short(attack: Attack) -> String {
    attack.name().to_owned()
}

/// What an attack moves: `angle, hue and saturation`.
pub(super) fn moved(attack: Attack, joint: &[Axis]) -> String {
    let names: Vec<&str> = attack.axes(joint).iter().map(|axis| axis.name()).collect();
    match names.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => attack.name().to_owned(),
    }
}

/// An axis with its unit, for the side of a chart.
pub(super) fn unit(axis: Axis) -> String {
    match axis.unit() {
        "" => axis.name().to_owned(),
        unit => format!("{axis} ({unit})"),
    }
}
