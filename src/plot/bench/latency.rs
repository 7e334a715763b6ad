//! A figure of throughput against latency.

use std::path::Path;

use plotters::element::{Circle, PathElement, Text};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::axes::{decades, labelled, power};
use super::super::canvas::{Canvas, px, text_style, upx};
use super::super::head::Head;
use super::super::page::Page;
use super::super::style;
use super::series::{entries, series, series_of};
use crate::error::{Error, Result};
use crate::record::BenchRow;

const TOP: i32 = 86;
const NOTE: &str =
    "dot: median, with its batch size; thin line: to the 99th percentile; up and left is better";

/// Draws images a second against the median time of a call, both logarithmic: a line for each provider and precision, a dot for
/// each batch size with its number, and a thin line from the dot to the 99th percentile.
///
/// # Errors
/// A file error when no row was measured, or the file cannot be written.
pub fn latency(rows: &[BenchRow], heading: &str, page: Page, out: &Path) -> Result<()> {
    let timed: Vec<(&BenchRow, f64, f64)> =
        rows.iter().filter_map(|row| Some((row, row.p50_ms?, row.images_per_s?))).collect();
    if timed.is_empty() {
        return Err(Error::file(out, "has nothing to show: nothing was measured", "run askance bench"));
    }
    let series = series(rows);
    let title = format!("Throughput against latency: {heading}");
    let head = Head::new(page, &title).legend(&entries(&series)).note(Some(NOTE));
    let top = head.bottom(TOP) + 6;
    let mut canvas = Canvas::new(page, page.height(top, 1));
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        let (_, below) = area.split_vertically(px(top));
        let ends = timed.iter().flat_map(|(row, p50, _)| [*p50, row.p99_ms.unwrap_or(*p50)]);
        let x = decades(ends, "milliseconds a call");
        let y = decades(timed.iter().map(|(.., speed)| *speed), "images a second");
        let mut chart = labelled(&below, x, y, &power, &power)?;
        for (name, colour) in &series {
            let own: Vec<_> = timed.iter().filter(|(row, ..)| series_of(row) == *name).collect();
            let points: Vec<(f64, f64)> =
                own.iter().map(|(_, p50, speed)| (p50.log10(), speed.log10())).collect();
            chart.draw_series([PathElement::new(points.clone(), colour.stroke_width(upx(style::THIN)))])?;
            for ((row, ..), &(at, speed)) in own.iter().zip(&points) {
                if let Some(p99) = row.p99_ms {
                    let tail = vec![(at, speed), (p99.log10(), speed)];
                    chart.draw_series([PathElement::new(tail, colour.mix(0.5).stroke_width(upx(2)))])?;
                }
                chart.draw_series([Circle::new((at, speed), px(9), colour.filled())])?;
                let number = text_style(style::TICK, style::INK, HPos::Right, VPos::Bottom);
                let (left, up) = (0.008, 0.015);
                chart.draw_series([Text::new(row.batch.to_string(), (at - left, speed + up), number)])?;
            }
        }
        Ok(())
    })?;
    canvas.save(out)
}
