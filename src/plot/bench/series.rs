//! Names and colours that the figures of a comparison of providers share.

use plotters::style::RGBColor;

use super::super::legend::{Entry, Mark};
use super::super::style;
use crate::record::BenchRow;
use crate::stats::distinct;

/// Name of the series of a row: the provider and precision that ran.
pub fn series_of(row: &BenchRow) -> String {
    format!("{} {}", row.ran, row.precision)
}

/// The series that were measured, in order, each with its colour.
pub fn series(rows: &[BenchRow]) -> Vec<(String, RGBColor)> {
    let names = distinct(rows.iter().filter(|row| row.p50_ms.is_some()).map(series_of));
    let colours = style::PALETTE.iter().cycle();
    names.into_iter().zip(colours.copied()).collect()
}

pub fn entries(series: &[(String, RGBColor)]) -> Vec<Entry> {
    series
        .iter()
        .map(|(name, colour)| Entry { name: name.clone(), colour: *colour, mark: Mark::Box })
        .collect()
}
