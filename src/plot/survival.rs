//! A figure of how many samples keep their decision up to a perturbation.

use std::collections::HashSet;
use std::path::Path;

use plotters::element::PathElement;
use plotters::series::DashedLineSeries;
use plotters::style::Color as _;

use super::axes::{Scale, axis_label, axis_ticks, choices, decimal_ticks, labelled, short};
use super::canvas::{Area, Canvas, Drawing, px, upx};
use super::head::Head;
use super::legend::{Entry, Mark};
use super::page::Page;
use super::style;
use crate::error::{Error, Result};
use crate::record::StabilityRow;
use crate::stats::distinct;
use crate::types::{Attack, Axis, Bounds};

/// Lengths of dashes, in the order in which repeated colours take them.
const DASHES: [i32; 3] = [0, 14, 5];
/// Largest number of panels in a row.
const COLUMNS: usize = 3;
/// Height of each of several rows of panels.
const ROW: i32 = 480;

const TOP: i32 = 90;
/// Least width of a panel beside another.
const PANEL: i32 = 330;

/// A series with a line in every panel.
struct Series<'r> {
    entry: Entry,
    rows: Vec<&'r StabilityRow>,
}

/// Draws, for each scanned axis, the share of samples whose decision has not flipped against the distance
/// from the unchanged picture, whichever side. For one model on one data set it shows each category thin and
/// all samples bold, for several models all samples of each.
///
/// # Errors
/// A file error when no axis was scanned, or the file cannot be written.
pub fn survival(rows: &[StabilityRow], bounds: &Bounds, page: Page, out: &Path) -> Result<()> {
    let axes: Vec<Axis> =
        Axis::ALL.into_iter().filter(|&axis| rows.iter().any(|row| scanned(row, axis))).collect();
    if axes.is_empty() {
        return Err(Error::file(
            out,
            "has nothing to show: no axis was scanned",
            "run askance attack `tolerance`",
        ));
    }
    let series = all_series(rows);
    let counts = models(rows).into_iter().map(|of| {
        let own =
            rows.iter().filter(|row| row.is_scanned() && (row.model.as_str(), row.dataset.as_str()) == of);
        own.map(|row| (&row.category, &row.sample)).collect::<HashSet<_>>().len()
    });
    let heading = format!(
        "Decisions that hold, by distance from the clean picture, {}{}",
        style::counted(counts),
        subtitle(rows)
    );
    let entries: Vec<Entry> = series.iter().map(|series| series.entry.clone()).collect();
    let lines = axes.len().div_ceil(page.columns(PANEL, COLUMNS));
    let columns = axes.len().div_ceil(lines);
    let head = Head::new(page, &heading).legend(&entries);
    let top = head.bottom(TOP) + 10;
    let height = if lines == 1 { page.height(top, 1) } else { top + lines as i32 * ROW };
    let mut canvas = Canvas::new(page, height);
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        let (_, below) = area.split_vertically(px(top));
        let places = below.split_evenly((lines, columns));
        for (number, (place, &axis)) in places.iter().zip(&axes).enumerate() {
            panel(place, &series, axis, bounds, number % columns == 0)?;
        }
        Ok(())
    })?;
    canvas.save(out)
}

fn scanned(row: &StabilityRow, axis: Axis) -> bool {
    row.is_scanned() && row.attack == Attack::Single(axis)
}

fn models(rows: &[StabilityRow]) -> Vec<(&str, &str)> {
    distinct(rows.iter().map(|row| (row.model.as_str(), row.dataset.as_str())))
}

fn subtitle(rows: &[StabilityRow]) -> String {
    match models(rows)[..] {
        [(model, dataset)] => format!(": {model} on {dataset}"),
        _ => String::new(),
    }
}

fn all_series(rows: &[StabilityRow]) -> Vec<Series<'_>> {
    let colours = style::PALETTE.len();
    let line =
        |number: usize, width: u32| Mark::Line { width, dash: DASHES[(number / colours) % DASHES.len()] };
    let models = models(rows);
    if let [_] = models[..] {
        let mut categories: Vec<&str> = rows.iter().map(|row| row.category.as_str()).collect();
        categories.sort_unstable();
        categories.dedup();
        let of = |category: &str| rows.iter().filter(|row| row.category == category).collect();
        let mut series: Vec<Series<'_>> = Vec::new();
        if categories.len() > 1 {
            series.extend(categories.iter().enumerate().map(|(number, category)| Series {
                entry: Entry {
                    name: (*category).to_owned(),
                    colour: style::PALETTE[number % colours],
                    mark: line(number, style::THIN),
                },
                rows: of(category),
            }));
        }
        let name = match categories.len() {
            1 => categories[0].to_owned(),
            count => format!("all samples of {count} categories"),
        };
        let entry = Entry { name, colour: style::INK, mark: line(0, style::BOLD) };
        series.push(Series { entry, rows: rows.iter().collect() });
        return series;
    }
    let one_dataset = models.iter().all(|model| model.1 == models[0].1);
    models
        .iter()
        .enumerate()
        .map(|(number, &(model, dataset))| Series {
            entry: Entry {
                name: if one_dataset { model.to_owned() } else { format!("{model}, {dataset}") },
                colour: style::PALETTE[number % colours],
                mark: line(number, style::BOLD),
            },
            rows: rows.iter().filter(|row| row.model == model && row.dataset == dataset).collect(),
        })
        .collect()
}

fn panel(area: &Area<'_>, series: &[Series<'_>], axis: Axis, bounds: &Bounds, first: bool) -> Drawing {
    let interval = bounds.get(axis);
    let bound = interval.high.max(-interval.low);
    let flips = series.iter().flat_map(|series| &series.rows).filter(|row| scanned(row, axis));
    let end = end_of(flips.filter_map(|row| row.tolerance), bound);
    let mut title =
        style::axis_name(axis).replace(", clockwise", "").replace("(factor)", "(factor or its inverse)");
    if end < bound {
        title = format!("{title}, scanned to {}", axis_label(axis)(bound));
    }
    let x = Scale {
        low: 0.0,
        high: end,
        ticks: choices(6, |most| axis_ticks(axis, 0.0, end, most)),
        title: &title,
        grid: true,
    };
    let y = Scale {
        low: 0.0,
        high: 102.0,
        ticks: choices(11, |most| decimal_ticks(0.0, 100.0, most)),
        title: if first { "decision holds (%)" } else { "" },
        grid: true,
    };
    let mut chart = labelled(area, x, y, &axis_label(axis), &short)?;
    for Series { entry, rows } in series {
        let Mark::Line { width, dash } = entry.mark else { continue };
        let rows: Vec<&StabilityRow> = rows.iter().copied().filter(|row| scanned(row, axis)).collect();
        if rows.is_empty() {
            continue;
        }
        let flips: Vec<(f64, f64)> =
            rows.iter().filter_map(|row| Some((row.held().or(row.tolerance)?, row.tolerance?))).collect();
        let points = stairs(&flips, rows.len(), end);
        let stroke = entry.colour.stroke_width(upx(width));
        if dash == 0 {
            chart.draw_series([PathElement::new(points, stroke)])?;
        } else {
            let length = upx(dash as u32);
            chart.draw_series(DashedLineSeries::new(points, length, length, stroke))?;
        }
    }
    Ok(())
}

/// Where a panel ends: at the bound, or nearer where all flips lie much nearer.
fn end_of(flips: impl Iterator<Item = f64>, bound: f64) -> f64 {
    /// Room behind the last flip.
    const ROOM: f64 = 1.25;
    /// Part of the bound beyond which the panel goes on to it.
    const MUCH: f64 = 0.6;
    let last = flips.fold(0.0, f64::max);
    if last > 0.0 && last * ROOM < MUCH * bound { last * ROOM } else { bound }
}

/// The corners of the falling stairs of a series: from 100 % at 0 down by one sample between where its decision was last seen to
/// hold and where it was first seen flipped, on to `end`.
fn stairs(intervals: &[(f64, f64)], samples: usize, end: f64) -> Vec<(f64, f64)> {
    let mut sorted = intervals.to_vec();
    sorted.sort_by(|a, b| a.1.total_cmp(&b.1));
    let share = |flipped: usize| 100.0 * (samples - flipped) as f64 / samples as f64;
    let mut points = vec![(0.0, 100.0)];
    let mut before = 0.0;
    for (flipped, &(held, tolerance)) in sorted.iter().enumerate() {
        points.push((held.clamp(before, tolerance), share(flipped)));
        points.push((tolerance, share(flipped + 1)));
        before = tolerance;
    }
    points.push((end, share(sorted.len())));
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panel_ends_where_its_flips_do() {
        assert_eq!(end_of([0.01, 0.1].into_iter(), 3.0), 0.125);
        assert_eq!(end_of([0.1, 2.0].into_iter(), 3.0), 3.0);
        assert_eq!(end_of([].into_iter(), 3.0), 3.0);
    }

    #[test]
    fn the_stairs_fall_between_where_a_decision_held_and_where_it_flipped() {
        assert_eq!(
            stairs(&[(28.0, 30.0), (9.0, 10.0), (27.0, 30.0)], 4, 90.0),
            [
                (0.0, 100.0),
                (9.0, 100.0),
                (10.0, 75.0),
                (28.0, 75.0),
                (30.0, 50.0),
                (30.0, 50.0),
                (30.0, 25.0),
                (90.0, 25.0)
            ]
        );
        assert_eq!(stairs(&[], 3, 1.0), [(0.0, 100.0), (1.0, 100.0)]);
    }
}
