//! Figures of the parameters that the worst cases have.

use std::path::Path;

use plotters::element::{PathElement, Rectangle};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{Scale, axis_label, axis_ticks, decimal_ticks, labelled, short};
use super::canvas::{Area, Canvas, Drawing, fitted, px, text_width, title, upx, write};
use super::style;
use crate::error::{Error, Result};
use crate::record::SampleRow;
use crate::stats::{distinct, grouped};
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
/// Most points of a grid that get a bin each.
const MOST: usize = 41;
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
            AttackKind::Single => "Worst values of each parameter, attacked alone",
            AttackKind::Joint => "Worst values in the joint attack (all parameters together)",
        };
        title(area, text, style::WIDTH)?;
        let (_, below) = area.split_vertically(px(TOP));
        let (below, _) = below.split_vertically(px(lines_of_all as i32 * row_height));
        let places = below.split_evenly((lines_of_all, columns));
        for (index, place) in places.iter().enumerate() {
            let (model, dataset) = groups[index / (lines * columns)];
            let Some(&axis) = axes.get(index % (lines * columns)) else { continue };
            let own: Vec<&SampleRow> = rows
                .iter()
                .filter(|row| row.model == model && row.dataset == dataset && counts(row, axis))
                .collect();
            let seeds = grouped(own.iter(), |row| row.seed);
            let values: Vec<Vec<f64>> = seeds
                .iter()
                .map(|seed| seed.iter().map(|row| row.perturbation().get(axis)).collect())
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
fn count(values: &[f64], interval: Interval, bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    for value in values {
        let share = (value - interval.low) / interval.width();
        counts[((share * bins as f64).max(0.0) as usize).min(bins - 1)] += 1;
    }
    counts
}

/// The interval that the bins divide, and their number. Values on a grid from bound to bound get a bin around each of its points, so
/// that none stays empty for want of a point.
fn bins(values: &[f64], bounds: Interval) -> (Interval, usize) {
    /// Part of the values that must lie on a grid, since a search may refine what a grid found.
    const ON_GRID: f64 = 0.8;
    let place = |value: &f64| (value - bounds.low) / bounds.width();
    let on = |place: f64, steps: f64| ((place * steps).round() - place * steps).abs() < 1e-4 * steps;
    // The ends and the middle lie on nearly every grid and tell nothing.
    let telling: Vec<f64> = values.iter().map(place).filter(|&place| !on(place, 2.0)).collect();
    let steps = (3..MOST).find(|&steps| {
        let there = telling.iter().filter(|&&place| on(place, steps as f64)).count();
        there as f64 >= ON_GRID * telling.len() as f64
    });
    match steps {
        Some(steps) if telling.len() >= 5 => {
            let half = bounds.width() / steps as f64 / 2.0;
            (Interval { low: bounds.low - half, high: bounds.high + half }, steps + 1)
        }
        _ => (bounds, BINS),
    }
}

/// Draws a panel of the values of each seed: the mean number of samples, and a thin line from the lowest to the highest.
fn panel(area: &Area<'_>, name: &str, axis: Axis, interval: Interval, seeds: &[Vec<f64>]) -> Drawing {
    let (width, _) = area.dim_in_pixel();
    let samples = seeds.iter().map(Vec::len).max().unwrap_or(0);
    let plural = if samples == 1 { "" } else { "s" };
    // Over the bars, which begin right of the ticks and the title of the axis.
    let width = width as i32 / px(1) - LEFT - style::MARGIN;
    let number = format!(" ({samples} sample{plural})");
    let room = width - text_width(area, &number, style::TICK);
    let heading = fitted(area, name, style::TICK, room) + &number;
    write(area, &heading, (LEFT + width / 2, GAP), style::TICK, (HPos::Center, VPos::Top))?;
    let (interval, bins) = bins(&seeds.concat(), interval);
    let each: Vec<Vec<usize>> = seeds.iter().map(|values| count(values, interval, bins)).collect();
    let counts: Vec<(f64, usize, usize)> = (0..bins)
        .map(|bin| {
            let here = || each.iter().map(|counts| counts[bin]);
            let mean = here().sum::<usize>() as f64 / each.len().max(1) as f64;
            (mean, here().min().unwrap_or(0), here().max().unwrap_or(0))
        })
        .collect();
    let largest = counts.iter().map(|(.., high)| *high).max().unwrap_or(0).max(1);
    let (_, place) = area.split_vertically(px(GAP + 40));
    let top = largest as f64 * 1.05;
    let Interval { low, high } = interval;
    let name = style::axis_name(axis);
    let x = Scale { low, high, ticks: axis_ticks(axis, low, high, 5), title: &name, grid: false };
    let counts_only = decimal_ticks(0.0, top, 6).into_iter().filter(|tick| tick.fract() == 0.0).collect();
    let y = Scale { low: 0.0, high: top, ticks: counts_only, title: "samples", grid: true };
    let mut chart = labelled(&place, x, y, &axis_label(axis), &short)?;
    let bin = interval.width() / bins as f64;
    let colour = style::axis_colour(axis);
    for (at, &(mean, fewest, most)) in counts.iter().enumerate().filter(|(_, (mean, ..))| *mean > 0.0) {
        let left = interval.low + at as f64 * bin;
        let corners = [(left + 0.06 * bin, 0.0), (left + 0.94 * bin, mean)];
        chart.draw_series([Rectangle::new(corners, colour.filled())])?;
        if fewest < most {
            let line = vec![(left + 0.5 * bin, fewest as f64), (left + 0.5 * bin, most as f64)];
            chart.draw_series([PathElement::new(line, style::INK.stroke_width(upx(2)))])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_fall_into_their_bins() {
        let counts = count(&[-90.0, 0.0, 0.0, 90.0, 91.0], Interval::symmetric(90.0), BINS);
        assert_eq!((counts[0], counts[BINS / 2], counts[BINS - 1]), (1, 2, 2));
        assert_eq!(counts.iter().sum::<usize>(), 5);
    }

    #[test]
    fn every_bin_holds_a_point_of_the_grid_that_was_searched() {
        let bounds = Interval::symmetric(90.0);
        let grid: Vec<f64> = (0..7).map(|at| -90.0 + 30.0 * f64::from(at)).chain([-60.0, 30.0]).collect();
        let (interval, number) = bins(&grid, bounds);
        assert_eq!((interval, number), (Interval::symmetric(105.0), 7));
        assert!(count(&grid, interval, number).iter().all(|&count| count > 0));
        let anywhere: Vec<f64> = (0..50).map(|at| f64::from(at * at) * 0.0317 - 80.0).collect();
        assert_eq!(bins(&anywhere, bounds), (bounds, BINS));
    }
}
