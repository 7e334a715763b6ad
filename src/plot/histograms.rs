//! Figures of the parameters that the worst cases have.

use std::path::Path;

use plotters::element::{PathElement, Rectangle};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{Scale, axis_label, axis_ticks, choices, decimal_ticks, labelled, short};
use super::bars::SPREAD;
use super::canvas::{Area, Canvas, Drawing, px, upx, wrapped, write};
use super::head::Head;
use super::page::Page;
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
/// Height of a row of panels.
const ROW: i32 = 290;
/// Height of a line of a heading.
const HEADING: i32 = style::LABEL as i32 + 8;
/// Largest number of panels in a row, on any page.
const COLUMNS: usize = 3;
/// Least width of a panel beside another.
const PANEL: i32 = 330;
const TOP: i32 = 82;
const GAP: i32 = 18;

/// Draws how often each value was the worst one: rows of panels for each model and dataset, one panel for each axis, bins from
/// bound to bound.
///
/// # Errors
/// A file error when no row belongs to attacks of this kind, or the file cannot be written.
pub fn histograms(
    rows: &[SampleRow],
    kind: AttackKind,
    bounds: &Bounds,
    page: Page,
    out: &Path,
) -> Result<()> {
    let counts = |row: &SampleRow, axis| match kind {
        AttackKind::Joint => row.attack == Attack::Joint && row.parameters.get(axis).is_some(),
        AttackKind::Single => row.attack != Attack::Joint && row.attack.axes(&[]).contains(&axis),
    };
    let axes_of = |group: (&str, &str)| -> Vec<Axis> {
        let own = |axis| {
            rows.iter().any(|row| (row.model.as_str(), row.dataset.as_str()) == group && counts(row, axis))
        };
        Axis::ALL.into_iter().filter(|&axis| own(axis)).collect()
    };
    let each = distinct(rows.iter().map(|row| (row.model.as_str(), row.dataset.as_str())));
    let one_dataset = each.iter().all(|group| group.1 == each[0].1);
    let most = page.columns(PANEL, COLUMNS);
    let blocks: Vec<Block<'_>> = each
        .into_iter()
        .map(|(model, dataset)| Block { model, dataset, axes: axes_of((model, dataset)), most })
        .filter(|block| !block.axes.is_empty())
        .collect();
    if blocks.is_empty() {
        return Err(Error::file(out, "has nothing to show: no row of these attacks", "run askance attack"));
    }
    let columns = blocks.iter().map(|block| block.axes.len().div_ceil(block.lines())).max().unwrap_or(1);
    let headings: Vec<Vec<String>> = blocks
        .iter()
        .map(|block| {
            let own = block.axes.iter().map(|&axis| {
                let same = |row: &&SampleRow| block.has(row) && counts(row, axis);
                let seeds = grouped(rows.iter().filter(same), |row| row.seed);
                seeds.iter().map(Vec::len).max().unwrap_or(0)
            });
            let number = style::counted(own);
            let dataset = if one_dataset { String::new() } else { format!(", {}", block.dataset) };
            let heading = format!("{}{dataset} ({number})", block.model);
            wrapped(&heading, style::LABEL, page.width() as i32 - 2 * style::MARGIN)
        })
        .collect();
    let row_height = if blocks.len() == 1 && blocks[0].lines() == 1 { 2 * ROW } else { ROW };
    let heights: Vec<i32> = blocks
        .iter()
        .zip(&headings)
        .map(|(block, heading)| heading.len() as i32 * HEADING + 2 * GAP + block.lines() as i32 * row_height)
        .collect();
    let several_seeds = blocks.iter().any(|block| {
        let own =
            rows.iter().filter(|row| block.has(row) && block.axes.iter().any(|&axis| counts(row, axis)));
        distinct(own.map(|row| row.seed)).len() > 1
    });
    let text = match kind {
        AttackKind::Single => "Worst values of each parameter, attacked alone or in its pair",
        AttackKind::Joint => "Worst values in the joint attack (all parameters together)",
    };
    let head = Head::new(page, text).note(several_seeds.then_some(SPREAD));
    let begin = head.bottom(TOP) + 10;
    let height = begin + heights.iter().sum::<i32>() + style::MARGIN;
    let mut canvas = Canvas::new(page, height);
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        let mut top = begin;
        for ((block, heading), height) in blocks.iter().zip(&headings).zip(&heights) {
            for (line, text) in (0..).zip(heading) {
                let place = (page.width() as i32 / 2, top + line * HEADING);
                write(area, text, place, style::LABEL, (HPos::Center, VPos::Top))?;
            }
            let above = top + heading.len() as i32 * HEADING + GAP;
            let (_, below) = area.split_vertically(px(above));
            let (below, _) = below.split_vertically(px(block.lines() as i32 * row_height));
            for (place, &axis) in below.split_evenly((block.lines(), columns)).iter().zip(&block.axes) {
                let own = rows.iter().filter(|row| block.has(row) && counts(row, axis));
                let values: Vec<Vec<f64>> = grouped(own, |row| row.seed)
                    .iter()
                    .map(|seed| seed.iter().map(|row| row.perturbation().get(axis)).collect())
                    .collect();
                panel(place, axis, widened(bounds.get(axis)), &values)?;
            }
            top += height;
        }
        Ok(())
    })?;
    canvas.save(out)
}

/// The panels of one model on one dataset.
struct Block<'r> {
    model: &'r str,
    dataset: &'r str,
    axes: Vec<Axis>,
    /// Largest number of panels in a row.
    most: usize,
}

impl Block<'_> {
    fn has(&self, row: &SampleRow) -> bool {
        row.model == self.model && row.dataset == self.dataset
    }

    /// Number of rows of panels.
    fn lines(&self) -> usize {
        self.axes.len().div_ceil(self.most)
    }
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
fn panel(area: &Area<'_>, axis: Axis, interval: Interval, seeds: &[Vec<f64>]) -> Drawing {
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
    let top = largest as f64 * 1.05;
    let Interval { low, high } = interval;
    let name = style::axis_name(axis);
    let x = Scale {
        low,
        high,
        ticks: choices(5, |most| axis_ticks(axis, low, high, most)),
        title: &name,
        grid: false,
    };
    let whole = |most| decimal_ticks(0.0, top, most).into_iter().filter(|tick| tick.fract() == 0.0).collect();
    let y = Scale { low: 0.0, high: top, ticks: choices(6, whole), title: "samples", grid: true };
    let mut chart = labelled(area, x, y, &axis_label(axis), &short)?;
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
