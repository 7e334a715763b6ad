//! A figure of the loss of one sample over hue and angle, and the path of a search through it.

use std::path::Path;

use plotters::element::{PathElement, Rectangle};
use plotters::style::{Color as _, RGBColor};

use super::axes::{Chart, Scale, axis_ticks, chart, choices, decimal_ticks};
use super::canvas::{Area, Canvas, Drawing, px, text_width, upx};
use super::head::Head;
use super::legend::{Entry, Mark};
use super::page::Page;
use super::symbol::{Symbol, symbol};
use super::{heat, style};
use crate::error::{Error, Result};
use crate::types::{Axis, Bounds, Interval};

/// One evaluation of a search: its loss at a point of angle and hue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EvaluationPoint {
    /// Angle in degrees.
    pub angle_deg: f64,
    /// Hue shift in radians.
    pub hue_rad: f64,
    /// Loss that the search was told.
    pub loss: f64,
    /// Whether the evaluation was a full one.
    pub full: bool,
}

/// The contents of a landscape figure.
pub struct Landscape<'a> {
    /// Title of the figure.
    pub heading: &'a str,
    /// Meaning of the colours.
    pub colours: &'a str,
    /// Evaluations that cover hue and angle densely.
    pub dense: &'a [EvaluationPoint],
    /// Evaluations of a search in their order, the unchanged picture first; empty for no path.
    pub path: &'a [EvaluationPoint],
    /// Bounds of hue and angle.
    pub bounds: &'a Bounds,
}

/// Width of the colour bar with its ticks.
const BAR: i32 = 220;
const TOP: i32 = 86;
/// Height of the ticks and the title below the map.
const AXIS: i32 = 100;
const PATH: RGBColor = RGBColor(255, 255, 255);
const ENDS: RGBColor = style::PALETTE[5];

/// Draws the lowest loss of the full evaluations in each cell of hue and angle: bright is worse for the
/// segmenter. Over it lies the path of a search: full evaluations as dots, joined where they lowered the
/// loss, coarse evaluations as small crosses, the worst case as a ring, the unchanged picture as a plus.
///
/// # Errors
/// A file error when no dense evaluation is full, or the file cannot be written.
pub fn landscape(shown: &Landscape<'_>, page: Page, out: &Path) -> Result<()> {
    let full: Vec<&EvaluationPoint> =
        shown.dense.iter().filter(|point| point.full && point.loss.is_finite()).collect();
    if full.is_empty() {
        return Err(Error::file(out, "has nothing to show: no full evaluation", "use `keep_traces`"));
    }
    let across = |axis: Axis, value: fn(&EvaluationPoint) -> f64| {
        let values: Vec<f64> = full.iter().map(|point| value(point)).collect();
        cells(&values, shown.bounds.get(axis), shown.bounds.is_circular(axis))
    };
    let hues = across(Axis::Hue, |point| point.hue_rad);
    let angles = across(Axis::Angle, |point| point.angle_deg);
    let count = |strips: &[Strip]| strips.iter().map(|strip| strip.cell + 1).max().unwrap_or(0);
    let columns = count(&hues);
    let mut lowest = vec![f64::INFINITY; columns * count(&angles)];
    for point in &full {
        let cell = &mut lowest[find(&angles, point.angle_deg) * columns + find(&hues, point.hue_rad)];
        *cell = cell.min(point.loss);
    }
    let finite = || lowest.iter().copied().filter(|loss| loss.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let high = if high > low { high } else { low + 1e-6 };

    let entries = if shown.path.is_empty() { Vec::new() } else { entries(shown.path) };
    let head = Head::new(page, shown.heading).legend(&entries);
    // A name that is longer than the bar stands above.
    let long = text_width(shown.colours, style::AXIS)
        > page.height(head.bottom(TOP) + 8, 1) - head.bottom(TOP) - AXIS;
    let (beside, above) =
        if long { ("", Some(format!("colours: {}", shown.colours))) } else { (shown.colours, None) };
    let head = head.note(above.as_deref());
    let top = head.bottom(TOP) + 8;
    let mut canvas = Canvas::new(page, page.height(top, 1));
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        let (_, below) = area.split_vertically(px(top));
        let (map, bar) = below.split_horizontally(px(page.width() as i32 - BAR));
        let shade = |loss: f64| {
            let [r, g, b] =
                heat::colour(((high - loss) / (high - low)) as f32).map(|v| (255.0 * v).round() as u8);
            RGBColor(r, g, b)
        };
        let mut chart = plane(&map, shown.bounds)?;
        for angle in &angles {
            for hue in &hues {
                let loss = lowest[angle.cell * columns + hue.cell];
                let nothing = style::NOTHING.map(|v| (255.0 * v).round() as u8);
                let colour =
                    if loss.is_finite() { shade(loss) } else { RGBColor(nothing[0], nothing[1], nothing[2]) };
                let corners = [(hue.low, angle.low), (hue.high, angle.high)];
                chart.draw_series([Rectangle::new(corners, colour.filled())])?;
            }
        }
        draw_path(&map, &chart, shown.path)?;
        colour_bar(&bar, (low, high), beside, &shade)
    })?;
    canvas.save(out)
}

fn entries(path: &[EvaluationPoint]) -> Vec<Entry> {
    let entry = |name: &str, mark, colour| Entry { name: name.to_owned(), colour, mark: Mark::Symbol(mark) };
    let mut entries = vec![
        entry("unchanged", Symbol::Plus, ENDS),
        entry("full evaluation, improvements joined", Symbol::Dot, PATH),
    ];
    if path.iter().any(|point| !point.full) {
        entries.push(entry("coarse evaluation", Symbol::Cross, PATH));
    }
    entries.push(entry("worst case found", Symbol::Ring, ENDS));
    entries
}

fn plane<'a>(area: &Area<'a>, bounds: &Bounds) -> Drawing<Chart<'a>> {
    let scale = |axis, most, title| {
        let Interval { low, high } = bounds.get(axis);
        Scale {
            low,
            high,
            ticks: choices(most, |most| axis_ticks(axis, low, high, most)),
            title,
            grid: false,
        }
    };
    let x = scale(Axis::Hue, 9, "hue shift (rad)");
    chart(area, x, scale(Axis::Angle, 9, "angle (degrees, clockwise)"))
}

fn colour_bar(
    area: &Area<'_>,
    (low, high): (f64, f64),
    name: &str,
    shade: &dyn Fn(f64) -> RGBColor,
) -> Drawing {
    const STEPS: i32 = 256;
    // A title of a space keeps the bar as high as the map.
    let x = Scale { low: 0.0, high: 1.0, ticks: Vec::new(), title: " ", grid: false };
    let y = Scale {
        low,
        high,
        ticks: choices(9, |most| decimal_ticks(low, high, most)),
        title: name,
        grid: false,
    };
    let mut chart = chart(area, x, y)?;
    let at = |step: i32| low + (high - low) * f64::from(step) / f64::from(STEPS);
    for step in 0..STEPS {
        let colour = shade((at(step) + at(step + 1)) / 2.0);
        chart.draw_series([Rectangle::new([(0.0, at(step)), (1.0, at(step + 1))], colour.filled())])?;
    }
    Ok(())
}

fn draw_path(area: &Area<'_>, chart: &Chart<'_>, path: &[EvaluationPoint]) -> Drawing {
    let (left, top) = area.get_base_pixel();
    let place = |point: &EvaluationPoint| {
        let (x, y) = chart.backend_coord(&(point.hue_rad, point.angle_deg));
        (x - left, y - top)
    };
    let better = improvements(path);
    let line: Vec<(i32, i32)> = better.iter().map(|point| place(point)).collect();
    for point in path.iter().filter(|point| !point.full) {
        symbol(area, Symbol::Cross, place(point), PATH)?;
    }
    for (colour, width) in [(style::INK, 6), (PATH, 3)] {
        area.draw(&PathElement::new(line.clone(), colour.stroke_width(upx(width))))?;
    }
    for point in path.iter().filter(|point| point.full) {
        symbol(area, Symbol::Dot, place(point), PATH)?;
    }
    if let (Some(first), Some(worst)) = (path.first(), better.last()) {
        symbol(area, Symbol::Plus, place(first), ENDS)?;
        symbol(area, Symbol::Ring, place(worst), ENDS)?;
    }
    Ok(())
}

/// The full evaluations of a path that had a lower loss than all before them.
fn improvements(path: &[EvaluationPoint]) -> Vec<&EvaluationPoint> {
    let mut better: Vec<&EvaluationPoint> = Vec::new();
    for point in path.iter().filter(|point| point.full) {
        if better.last().is_none_or(|last| point.loss < last.loss) {
            better.push(point);
        }
    }
    better
}

/// A part of an axis and the cell that it belongs to; on a circle both ends of the axis belong to one cell.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Strip {
    low: f64,
    high: f64,
    cell: usize,
}

/// Cuts an axis into cells around the values that many evaluations share, those of a grid; where there are no
/// such values, into equal cells.
fn cells(values: &[f64], bounds: Interval, circular: bool) -> Vec<Strip> {
    let Interval { low, high } = bounds;
    let nodes = nodes(values);
    if nodes.len() < 2 {
        let count = ((values.len() as f64).cbrt() as usize).max(1);
        let edge = |at: usize| low + (high - low) * at as f64 / count as f64;
        return (0..count).map(|cell| Strip { low: edge(cell), high: edge(cell + 1), cell }).collect();
    }
    let last = nodes.len() - 1;
    let middle = |at: usize| (nodes[at] + nodes[at + 1]) / 2.0;
    // The way from the last value over the end of the circle to the first.
    let seam = (nodes[last] + nodes[0] + (high - low)) / 2.0;
    let end = if circular && seam < high { seam } else { high };
    let mut strips: Vec<Strip> = (0..=last)
        .map(|cell| Strip {
            low: if cell == 0 { low } else { middle(cell - 1) },
            high: if cell == last { end } else { middle(cell) },
            cell,
        })
        .collect();
    if end < high {
        strips.push(Strip { low: end, high, cell: 0 });
    }
    strips
}

/// Values that occur at least half as often as the most frequent one, ascending: those of a grid, not of the
/// local search around it.
fn nodes(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let most = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).max().unwrap_or(0);
    let enough = (most / 2).max(2);
    sorted.chunk_by(|a, b| a == b).filter(|same| same.len() >= enough).map(|same| same[0]).collect()
}

/// The cell that a value of the axis lies in.
fn find(strips: &[Strip], value: f64) -> usize {
    let at = strips.iter().position(|strip| value < strip.high).unwrap_or(strips.len() - 1);
    strips[at].cell
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_lie_around_the_values_of_a_grid() {
        let polish = [0.3; 40].into_iter().chain([2.9]);
        let values: Vec<f64> = (0..400).map(|at| f64::from(at % 4)).chain(polish).collect();
        let strips = cells(&values, Interval { low: 0.0, high: 4.0 }, true);
        let edges: Vec<(f64, f64, usize)> = strips.iter().map(|s| (s.low, s.high, s.cell)).collect();
        assert_eq!(edges, [(0.0, 0.5, 0), (0.5, 1.5, 1), (1.5, 2.5, 2), (2.5, 3.5, 3), (3.5, 4.0, 0)]);
        assert_eq!([0.3, 2.9, 3.7, 4.0].map(|value| find(&strips, value)), [0, 3, 0, 0]);
        let open = cells(&values, Interval { low: 0.0, high: 3.0 }, false);
        assert_eq!((open.len(), open[3].high, find(&open, 3.0)), (4, 3.0, 3));
    }

    #[test]
    fn without_a_grid_cells_are_equal() {
        let values: Vec<f64> = (0..1000).map(|at| f64::from(at) / 1000.0).collect();
        let strips = cells(&values, Interval { low: 0.0, high: 1.0 }, false);
        assert!((9..=10).contains(&strips.len()), "{}", strips.len());
        assert_eq!((find(&strips, 0.0), find(&strips, 1.0)), (0, strips.len() - 1));
    }

    #[test]
    fn only_full_evaluations_improve() {
        let point = |loss, full| EvaluationPoint { angle_deg: 0.0, hue_rad: 0.0, loss, full };
        let path =
            [point(0.0, true), point(-5.0, false), point(-1.0, true), point(-0.5, true), point(-2.0, true)];
        let losses: Vec<f64> = improvements(&path).iter().map(|point| point.loss).collect();
        assert_eq!(losses, [0.0, -1.0, -2.0]);
    }
}
