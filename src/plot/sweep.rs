//! A figure of metrics against one uniform perturbation.

use std::path::Path;

use plotters::element::{Circle, PathElement, Polygon};
use plotters::series::DashedLineSeries;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color as _, RGBColor};

use super::axes::{Scale, axis_label, axis_ticks, choices, decimal_ticks, labelled, short};
use super::canvas::{Area, Canvas, Drawing, px, text_style, upx, wrapped};
use super::head::Head;
use super::legend::{Entry, Mark};
use super::page::Page;
use super::style;
use crate::error::{Error, Result};
use crate::record::SweepRow;
use crate::stats;
use crate::types::{Axis, Interval, Over};

type Metric = fn(&SweepRow) -> (Option<f64>, Option<Interval>);
const METRICS: [(&str, Metric); 2] = [
    ("pAUROC (%)", |row| (row.metrics.pixel_auroc, row.intervals.pixel_auroc())),
    ("AUPRO (%)", |row| (row.metrics.aupro, row.intervals.aupro())),
];

/// Words about the bands, and about the lines of a list.
const BANDS: &str = "band: 95 % interval over samples";
const LINES: &str = "from left to right as named; line: 95 % interval over samples";

/// Lengths of dashes, in the order in which repeated colours take them.
const DASHES: [i32; 3] = [0, 14, 5];

/// Most measured values of a line that are marked: more would touch each other.
const MARKED: usize = 41;

const TOP: i32 = 90;
/// Least width of a panel beside another.
const PANEL: i32 = 560;

/// A series with a line in both panels.
struct Series {
    entry: Entry,
    /// Points of each metric, (value of the axis, metric in %), by value.
    points: [Vec<(f64, f64)>; 2],
    /// Ends of the intervals of each metric, (value of the axis, interval in %), by value; none of a thin line.
    bands: [Vec<(f64, Interval)>; 2],
}

/// Draws pAUROC and AUPRO against the uniform values of one axis, a dot at each value that was measured; along a list, of which no value lies
/// between two others, dots by themselves over the names of the values. For one model on one data set it shows each
/// category thin and their mean bold, for several models only their means. Bold lines have bands where there are intervals over samples. A metric that no row has gets no
/// panel.
///
/// # Errors
/// A file error when no row belongs to the axis and has a metric, or the file cannot be written.
pub fn sweep(rows: &[SweepRow], axis: Axis, page: Page, out: &Path) -> Result<()> {
    let rows: Vec<&SweepRow> = rows.iter().filter(|row| row.axis == axis).collect();
    let series = all_series(&rows);
    let panels: Vec<usize> = (0..METRICS.len())
        .filter(|&metric| series.iter().any(|series| !series.points[metric].is_empty()))
        .collect();
    if panels.is_empty() {
        return Err(Error::file(
            out,
            format!("has nothing to show: no {axis} sweep with a metric"),
            "run askance sweep",
        ));
    }
    let entry = |series: &Series| match series.entry.mark {
        Mark::Line { .. } if axis.is_list() => Entry { mark: Mark::Box, ..series.entry.clone() },
        _ => series.entry.clone(),
    };
    let entries: Vec<Entry> = series.iter().map(entry).collect();
    let banded = series.iter().any(|series| series.bands.iter().any(|band| !band.is_empty()));
    let (name, counted) = (style::axis_noun(axis), style::counted(counts(&rows)));
    let title = format!("One uniform {name} for all of {counted}{}", subtitle(&rows));
    let head = Head::new(page, &title).legend(&entries).note(banded.then_some(if axis.is_list() {
        LINES
    } else {
        BANDS
    }));
    let top = head.bottom(TOP) + 10;
    let columns = page.columns(PANEL, panels.len());
    let lines = panels.len().div_ceil(columns);
    let mut canvas = Canvas::new(page, page.height(top, lines));
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        let (_, below) = area.split_vertically(px(top));
        for (place, metric) in below.split_evenly((lines, columns)).iter().zip(panels) {
            if axis.is_list() {
                list_panel(place, &series, metric, axis)?;
            } else {
                panel(place, &series, metric, axis)?;
            }
        }
        Ok(())
    })?;
    canvas.save(out)
}

fn groups<'r>(rows: &[&'r SweepRow]) -> Vec<(&'r str, &'r str)> {
    stats::distinct(rows.iter().map(|row| (row.model.as_str(), row.dataset.as_str())))
}

/// Numbers of samples, those of all categories of a model and data set together.
fn counts(rows: &[&SweepRow]) -> Vec<usize> {
    let of = |group: (&str, &str)| {
        let own = || rows.iter().filter(|row| (row.model.as_str(), row.dataset.as_str()) == group);
        let categories = stats::distinct(own().filter_map(|row| row.over.category()));
        let samples =
            |name: &str| own().find(|row| row.over.category() == Some(name)).map_or(0, |row| row.samples);
        categories.into_iter().map(samples).sum()
    };
    groups(rows).into_iter().map(of).collect()
}

fn subtitle(rows: &[&SweepRow]) -> String {
    match groups(rows)[..] {
        [(model, dataset)] => format!(": {model} on {dataset}"),
        _ => String::new(),
    }
}

fn all_series(rows: &[&SweepRow]) -> Vec<Series> {
    let groups = groups(rows);
    let one_dataset = groups.iter().all(|group| group.1 == groups[0].1);
    let mut series = Vec::new();
    for (number, &(model, dataset)) in groups.iter().enumerate() {
        let of_category = |row: &&SweepRow| row.over.category().is_some();
        let own: Vec<&SweepRow> = rows
            .iter()
            .filter(|row| row.model == model && row.dataset == dataset && of_category(row))
            .copied()
            .collect();
        let mut categories: Vec<&str> = own.iter().filter_map(|row| row.over.category()).collect();
        categories.sort_unstable();
        categories.dedup();
        let alone = groups.len() == 1;
        if alone && categories.len() > 1 {
            for (number, &category) in categories.iter().enumerate() {
                let of_category: Vec<&SweepRow> =
                    own.iter().filter(|row| row.over.category() == Some(category)).copied().collect();
                series.push(line(category.to_owned(), number, style::THIN, None, &of_category));
            }
        }
        let (name, colour) = match (alone, categories.len()) {
            (true, 1) => (categories[0].to_owned(), style::INK),
            (true, count) => (format!("mean of {count} categories"), style::INK),
            (false, _) if one_dataset => (model.to_owned(), style::PALETTE[number % style::PALETTE.len()]),
            (false, _) => (format!("{model}, {dataset}"), style::PALETTE[number % style::PALETTE.len()]),
        };
        let mut bold = line(name, if alone { 0 } else { number }, style::BOLD, Some(colour), &own);
        let of_mean = |row: &&SweepRow| {
            let of_all = categories.len() == 1 || row.over == Over::Mean;
            row.model == model && row.dataset == dataset && of_all
        };
        bold.bands = bands(&rows.iter().copied().filter(of_mean).collect::<Vec<_>>(), &bold.points);
        series.push(bold);
    }
    series
}

/// The intervals of the rows that say the values of a line.
fn bands(rows: &[&SweepRow], points: &[Vec<(f64, f64)>; 2]) -> [Vec<(f64, Interval)>; 2] {
    [0, 1].map(|place| {
        let (_, metric) = METRICS[place];
        let at = |&(value, shown): &(f64, f64)| {
            let same = |row: &&&SweepRow| {
                row.value == value && metric(row).0.is_some_and(|own| (100.0 * own - shown).abs() < 1e-9)
            };
            let Interval { low, high } = metric(rows.iter().find(same)?).1?;
            Some((value, Interval { low: 100.0 * low, high: 100.0 * high }))
        };
        points[place].iter().filter_map(at).collect()
    })
}

/// A series of the mean of the rows at each value.
fn line(name: String, number: usize, width: u32, colour: Option<RGBColor>, rows: &[&SweepRow]) -> Series {
    let colours = style::PALETTE.len();
    let mut values: Vec<f64> = rows.iter().map(|row| row.value).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let points = METRICS.map(|(_, metric)| {
        let at = |value: f64| {
            let there: Vec<f64> =
                rows.iter().filter(|row| row.value == value).filter_map(|row| metric(row).0).collect();
            stats::mean(&there).map(|mean| (value, 100.0 * mean))
        };
        values.iter().filter_map(|&value| at(value)).collect()
    });
    let mark = Mark::Line { width, dash: DASHES[(number / colours) % DASHES.len()] };
    let entry = Entry { name, colour: colour.unwrap_or(style::PALETTE[number % colours]), mark };
    Series { entry, points, bands: Default::default() }
}

fn panel(area: &Area<'_>, series: &[Series], metric: usize, axis: Axis) -> Drawing {
    let points = || series.iter().flat_map(|series| &series.points[metric]);
    let (left, right) = range(points().map(|point| point.0), 0.0);
    let y = shares(series, metric);
    let x = Scale {
        low: left,
        high: right,
        ticks: choices(7, |most| axis_ticks(axis, left, right, most)),
        title: &style::axis_name(axis),
        grid: true,
    };
    let mut chart = labelled(area, x, y, &axis_label(axis), &short)?;
    for Series { entry, bands, .. } in series {
        for two in bands[metric].windows(2) {
            let [(left, one), (right, other)] = [two[0], two[1]];
            let corners = vec![(left, one.low), (left, one.high), (right, other.high), (right, other.low)];
            chart.draw_series([Polygon::new(corners, entry.colour.mix(0.15))])?;
        }
    }
    for Series { entry, points, .. } in series {
        let Mark::Line { width, dash } = entry.mark else { continue };
        let stroke = entry.colour.stroke_width(upx(width));
        let points = &points[metric];
        if points.len() <= MARKED {
            let dot = |&point: &(f64, f64)| Circle::new(point, upx(width + 2), entry.colour.filled());
            chart.draw_series(points.iter().map(dot))?;
        }
        if points.len() < 2 {
            continue;
        }
        if dash == 0 {
            chart.draw_series([PathElement::new(points.clone(), stroke)])?;
        } else {
            let (on, off) = (upx(dash as u32), upx(dash as u32));
            chart.draw_series(DashedLineSeries::new(points.clone(), on, off, stroke))?;
        }
    }
    Ok(())
}

/// The direction of a metric, as long as its values and intervals take.
fn shares(series: &[Series], metric: usize) -> Scale<'static> {
    let points = series.iter().flat_map(|series| &series.points[metric]);
    let bands = series.iter().flat_map(|series| &series.bands[metric]);
    let ends = bands.flat_map(|&(_, Interval { low, high })| [low, high]);
    let (low, high) = range(points.map(|point| point.1).chain(ends), 4.0);
    let (low, high) = (low.max(0.0), high.min(100.0));
    let ticks = choices(9, |most| decimal_ticks(low, high, most));
    Scale { low, high, ticks, title: METRICS[metric].0, grid: true }
}

/// A panel of an axis that is a list: over each value a dot of every series, beside each other.
fn list_panel(area: &Area<'_>, series: &[Series], metric: usize, axis: Axis) -> Drawing {
    /// Share of the room of a value that its dots take.
    const FILLED: f64 = 0.6;
    /// Distance of the first line of a name from the axis, and of the others from it.
    const NAME: (i32, i32) = (16, style::TICK as i32 + 6);
    let mut values: Vec<f64> =
        series.iter().flat_map(|series| &series.points[metric]).map(|point| point.0).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let places: Vec<f64> = (0..values.len()).map(|place| place as f64).collect();
    let x = Scale { low: -0.5, high: values.len() as f64 - 0.5, ticks: vec![places], title: "", grid: false };
    let mut chart = labelled(area, x, shares(series, metric), &|_| String::new(), &short)?;
    let beside = FILLED / series.len() as f64;
    let at = |value: f64, number: usize| {
        let place = values.partition_point(|&other| other < value) as f64;
        place + (number as f64 - (series.len() as f64 - 1.0) / 2.0) * beside
    };
    for (number, Series { entry, points, bands }) in series.iter().enumerate() {
        let Mark::Line { width, .. } = entry.mark else { continue };
        let stroke = entry.colour.stroke_width(upx(style::THIN));
        let line = |&(value, Interval { low, high }): &(f64, Interval)| {
            PathElement::new(vec![(at(value, number), low), (at(value, number), high)], stroke)
        };
        chart.draw_series(bands[metric].iter().map(line))?;
        let dot = |&(value, shown): &(f64, f64)| {
            Circle::new((at(value, number), shown), upx(width + 5), entry.colour.filled())
        };
        chart.draw_series(points[metric].iter().map(dot))?;
    }
    let (columns, _) = chart.plotting_area().get_pixel_range();
    let room = (columns.end - columns.start) / px(1) / values.len() as i32;
    let (area_x, area_y) = area.get_base_pixel();
    let below = text_style(style::TICK, style::INK, HPos::Center, VPos::Top);
    let (_, bottom) = chart.plotting_area().get_pixel_range();
    for (place, &value) in values.iter().enumerate() {
        let (x, _) = chart.backend_coord(&(place as f64, 0.0));
        let name = style::axis_value(axis, value);
        for (line, text) in (0..).zip(wrapped(&name, style::TICK, room - 8)) {
            let top = bottom.end - area_y + px(NAME.0 + line * NAME.1);
            area.draw_text(&text, &below, (x - area_x, top))?;
        }
    }
    Ok(())
}

/// Smallest and largest value with some room; never of width 0.
fn range(values: impl Iterator<Item = f64>, room: f64) -> (f64, f64) {
    let (low, high) = values
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    let room = if high - low + 2.0 * room > 0.0 { room } else { 1.0 };
    (low - room, high + room)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_a_width() {
        assert_eq!(range([3.0].into_iter(), 0.0), (2.0, 4.0));
        assert_eq!(range([3.0, 5.0].into_iter(), 0.0), (3.0, 5.0));
    }
}
