//! A figure of parity against speed.

use std::path::Path;

use plotters::element::{Circle, PathElement, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color as _, RGBColor};

use super::super::axes::{Chart, Scale, choices, decades, decimal_ticks, labelled, power, short};
use super::super::canvas::{Area, Canvas, Drawing, px, text_style, upx};
use super::super::head::Head;
use super::super::page::Page;
use super::super::style;
use super::series::{entries, series, series_of};
use crate::error::{Error, Result};
use crate::record::BenchRow;

const TOP: i32 = 86;
const NOTE: &str =
    "against fp32 on the CPU; number: batch size; right is faster, low above and near 0 below is closer";
/// The value that stands for no difference on a logarithmic axis; smaller than a float32 near 1 can tell.
const NONE: f64 = 1e-8;

/// Draws against images a second, above, the largest difference of the maps from those of fp32 on the CPU (logarithmic, no
/// difference at the lower end), and below, where an attack was compared, the change of the worst-case pixel AUROC in points.
///
/// # Errors
/// A file error when no row has both, or the file cannot be written.
pub fn parity(rows: &[BenchRow], heading: &str, page: Page, out: &Path) -> Result<()> {
    let series = series(rows);
    let points = |value: fn(&BenchRow) -> Option<f64>| -> Vec<Point> {
        let of = |row: &BenchRow| {
            let own = series_of(row);
            let colour = series.iter().find(|(name, _)| *name == own)?.1;
            Some(Point { speed: row.images_per_s?.log10(), value: value(row)?, batch: row.batch, colour })
        };
        rows.iter().filter_map(of).collect()
    };
    let differences = points(|row| row.map_max_difference.map(|difference| difference.max(NONE).log10()));
    let changes = points(|row| row.worst_pixel_auroc);
    if differences.is_empty() {
        return Err(Error::file(out, "has nothing to show: no maps were compared", "run askance bench"));
    }
    let panels = 1 + usize::from(!changes.is_empty());
    let title = format!("Parity against speed: {heading}");
    let head = Head::new(page, &title).legend(&entries(&series)).note(Some(NOTE));
    let top = head.bottom(TOP) + 6;
    let further = if panels == 2 && page.is_usual() { 300 } else { 0 };
    let mut canvas = Canvas::new(page, page.height(top, panels) + further);
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        let (_, below) = area.split_vertically(px(top));
        let places = below.split_evenly((panels, 1));
        let y = differences_scale(differences.iter().map(|point| 10_f64.powf(point.value)));
        panel(&places[0], &differences, y, &|log| {
            if log < NONE.log10() + 0.5 { "none".to_owned() } else { power(log) }
        })?;
        if let Some(place) = places.get(1) {
            let furthest = changes.iter().map(|point| point.value.abs()).fold(0.1, f64::max) * 1.15;
            let ticks = choices(7, |most| decimal_ticks(-furthest, furthest, most));
            let y =
                Scale { low: -furthest, high: furthest, ticks, title: "worst pAUROC (points)", grid: true };
            panel(place, &changes, y, &short)?;
        }
        Ok(())
    })?;
    canvas.save(out)
}

/// Down to the place of no difference, so that it stands apart, and up to where what stands there can be told from nothing.
fn differences_scale(shown: impl Iterator<Item = f64>) -> Scale<'static> {
    decades(shown.chain([NONE, 1e3 * NONE]), "largest map difference")
}

struct Point {
    /// Decimal logarithm of images a second.
    speed: f64,
    value: f64,
    batch: usize,
    colour: RGBColor,
}

fn panel(area: &Area<'_>, points: &[Point], y: Scale<'_>, y_label: &dyn Fn(f64) -> String) -> Drawing {
    let x = decades(points.iter().map(|point| 10_f64.powf(point.speed)), "images a second");
    let (left, right, zero) =
        (x.low, x.high, (y.low < 0.0 && y.high > 0.0 && y.low == -y.high).then_some(0.0));
    let up = (y.high - y.low) * 0.025;
    let mut chart: Chart<'_> = labelled(area, x, y, &power, y_label)?;
    if let Some(zero) = zero {
        let line = vec![(left, zero), (right, zero)];
        chart.draw_series([PathElement::new(line, style::INK.stroke_width(upx(2)))])?;
    }
    for point in points {
        let at = (point.speed, point.value);
        chart.draw_series([Circle::new(at, px(10), point.colour.filled())])?;
        let number = text_style(style::TICK, style::INK, HPos::Center, VPos::Bottom);
        chart.draw_series([Text::new(point.batch.to_string(), (at.0, at.1 + up), number)])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_without_any_difference_have_a_scale_too() {
        let ticks = differences_scale([NONE].into_iter()).ticks;
        assert_eq!(ticks[0], [-8.0, -7.0, -6.0, -5.0]);
    }
}
