//! Figures of the parameters that the worst cases have.

use std::path::Path;

use plotters::element::Rectangle;
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{Scale, axis_ticks, chart, decimal_ticks};
use super::canvas::{Area, Canvas, Drawing, fitted, px, title, write};
use super::style;
use crate::error::{Error, Result};
use crate::record::SampleRow;
use crate::stats::distinct;
use crate::types::{Attack, Axis, Bounds, Interval};

/// The attacks whose parameters a figure of histograms counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttackKind {
    /// The attacks on one axis: each axis is counted from the attack that searched it alone.
    Single,
    /// The joint attack: all axes are counted from it.
    Joint,
}

/// Number of bins; odd, so that the unchanged picture lies in the middle of a bin.
const BINS: usize = 19;
const ROW: i32 = 330;
/// Largest number of panels in a row.
const COLUMNS: usize = 3;
const TOP: i32 = 80;
const GAP: i32 = 18;
const LEFT: i32 = 124;

/// Draws how often each value was the worst one: rows of panels for each model and dataset, one panel for each axis, bins from
/// bound to bound.
///
/// # Errors
/// A file error when no row belongs to attacks of this kind, or the file cannot be written.
pub fn histograms(rows: &[SampleRow], kind: AttackKind, bounds: &Bounds, out: &Path) -> Result<()> {
    let counts = |row: &SampleRow, axis| match kind {
        AttackKind::Joint => row.attack == Attack::Joint && row.parameters.get(axis).is_some(),
        AttackKind::Single => row.attack == Attack::Single(axis),
    };
    let axes: Vec<Axis> =
        Axis::ALL.into_iter().filter(|&axis| rows.iter().any(|row| counts(row, axis))).collect();
    let shown = rows.iter().filter(|row| axes.iter().any(|&axis| counts(row, axis)));
    let groups = distinct(shown.map(|row| (row.model.as_str(), row.dataset.as_str())));
    let one_dataset = groups.iter().all(|group| group.1 == groups[0].1);
    if axes.is_empty() {
        return Err(Error::file(out, "has nothing to show: no row of these attacks", "run askance attack"));
    }
    let lines = axes.len().div_ceil(COLUMNS);
    let columns = axes.len().div_ceil(lines);
    let lines_of_all = groups.len() * lines;
    let row_height = if lines_of_all == 1 { 2 * ROW } else { ROW };
    let height = TOP + lines_of_all as i32 * row_height + style::MARGIN;
    let mut canvas = Canvas::new(style::WIDTH, height as u32);
    canvas.draw(out, |area| {
        let text = match kind {
            AttackKind::Single => "Worst values of each parameter, searched alone",
            AttackKind::Joint => "Worst values of all parameters, searched together",
        };
        title(area, text, style::WIDTH)?;
        let (_, below) = area.split_vertically(px(TOP));
        let (below, _) = below.split_vertically(px(lines_of_all as i32 * row_height));
        let places = below.split_evenly((lines_of_all, columns));
        for (index, place) in places.iter().enumerate() {
            let (model, dataset) = groups[index / (lines * columns)];
            let Some(&axis) = axes.get(index % (lines * columns)) else { continue };
            let values: Vec<f64> = rows
                .iter()
                .filter(|row| row.model == model && row.dataset == dataset && counts(row, axis))
                .map(|row| row.perturbation().get(axis))
                .collect();
            let name = if one_dataset { model.to_owned() } else { format!("{model}, {dataset}") };
            panel(place, &name, axis, widened(bounds.get(axis)), &values)?;
        }
        Ok(())
    })?;
    canvas.save(out)
}

/// The interval with some width, for a parameter that was held still.
fn widened(interval: Interval) -> Interval {
    let Interval { low, high } = interval;
    if high > low { interval } else { Interval { low: low - 1.0, high: high + 1.0 } }
}

/// Number of values in each bin; values beyond the interval go into the outermost bins.
fn count(values: &[f64], interval: Interval) -> [usize; BINS] {
    let mut counts = [0; BINS];
    for value in values {
        let share = (value - interval.low) / interval.width();
        counts[((share * BINS as f64).max(0.0) as usize).min(BINS - 1)] += 1;
    }
    counts
}

fn panel(area: &Area<'_>, name: &str, axis: Axis, interval: Interval, values: &[f64]) -> Drawing {
    let (width, _) = area.dim_in_pixel();
    let plural = if values.len() == 1 { "" } else { "s" };
    let heading = format!("{name} ({} sample{plural})", values.len());
    // Over the bars, which begin right of the ticks and the title of the axis.
    let width = width as i32 / px(1) - LEFT - style::MARGIN;
    let heading = fitted(area, &heading, style::TICK, width + LEFT / 2);
    write(area, &heading, (LEFT + width / 2, GAP), style::TICK, (HPos::Center, VPos::Top))?;
    let counts = count(values, interval);
    let largest = counts.iter().max().copied().unwrap_or(0).max(1);
    let (_, place) = area.split_vertically(px(GAP + 40));
    let top = largest as f64 * 1.05;
    let Interval { low, high } = interval;
    let name = style::axis_name(axis);
    let x = Scale { low, high, ticks: axis_ticks(axis, low, high, 5), title: &name, grid: false };
    let counts_only = decimal_ticks(0.0, top, 4).into_iter().filter(|tick| tick.fract() == 0.0).collect();
    let y = Scale { low: 0.0, high: top, ticks: counts_only, title: "samples", grid: true };
    let mut chart = chart(&place, x, y)?;
    let bin = interval.width() / BINS as f64;
    let colour = style::axis_colour(axis);
    chart.draw_series(counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, &count)| {
        let left = interval.low + at as f64 * bin;
        Rectangle::new([(left + 0.06 * bin, 0.0), (left + 0.94 * bin, count as f64)], colour.filled())
    }))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_fall_into_their_bins() {
        let counts = count(&[-90.0, 0.0, 0.0, 90.0, 91.0], Interval::symmetric(90.0));
        assert_eq!((counts[0], counts[BINS / 2], counts[BINS - 1]), (1, 2, 2));
        assert_eq!(counts.iter().sum::<usize>(), 5);
    }
}
