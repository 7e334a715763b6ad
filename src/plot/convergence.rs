//! A figure of how fast searches close the loss gap.

use std::path::Path;

use plotters::element::{PathElement, Polygon};
use plotters::series::DashedLineSeries;
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{Chart, Scale, chart};
use super::canvas::{Area, Canvas, Drawing, px, text_style, text_width, upx};
use super::head::Head;
use super::legend::{Entry, Mark};
use super::page::Page;
use super::style;
use crate::error::{Error, Result};
use crate::record::Trace;
use crate::stats;

const TOP: i32 = 86;
const NOTE: &str =
    "line: median over samples; band: middle half of them; of each strategy the run with the largest budget";

/// The curve of one strategy: for each sample the share of the loss gap closed, in [0, 1], after 1, 2, ...
/// evaluations.
#[derive(Clone, Debug, PartialEq)]
pub struct Curve {
    /// Name of the strategy.
    pub name: String,
    /// Shares of each sample, as many for one as for another.
    pub samples: Vec<Vec<f64>>,
}

/// Lowest loss of a full evaluation after a cost of 1, 2, ... `budget` full evaluations. Coarse evaluations
/// only add to the cost. Infinite where there is no full evaluation yet.
pub fn best_so_far(trace: &Trace, budget: usize) -> Vec<f64> {
    /// Slack for costs of coarse evaluations, which add up to whole ones only nearly.
    const SLACK: f64 = 1e-9;
    let mut curve = Vec::with_capacity(budget);
    let (mut best, mut spent) = (f64::INFINITY, 0.0);
    for step in trace.steps() {
        spent += step.cost;
        while curve.len() < budget && ((curve.len() + 1) as f64) < spent - SLACK {
            curve.push(best);
        }
        if step.is_full() {
            best = best.min(step.loss);
        }
    }
    curve.resize(budget, best);
    curve
}

/// Draws the median over samples of each strategy and the band from the first to the third quartile, against evaluations (a
/// coarse one counts as the part that it costs) on a logarithmic axis.
///
/// # Errors
/// A file error when there is no curve, a curve is of no sample, or the file cannot be written.
pub fn convergence(curves: &[Curve], heading: &str, page: Page, out: &Path) -> Result<()> {
    let last = curves.iter().flat_map(|curve| curve.samples.iter().map(Vec::len)).max().unwrap_or(0);
    if last == 0 || curves.iter().any(|curve| curve.samples.is_empty()) {
        return Err(Error::file(
            out,
            "has nothing to show: no search with its evaluations",
            "use `keep_traces`",
        ));
    }
    let entries: Vec<Entry> = curves.iter().enumerate().map(|(number, curve)| entry(number, curve)).collect();
    let head = Head::new(page, heading).legend(&entries).note(Some(NOTE));
    let top = head.bottom(TOP) + 2;
    let mut canvas = Canvas::new(page, page.height(top, 1));
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        let (_, below) = area.split_vertically(px(top));
        let right = (last.max(2) as f64).log2();
        let x = Scale {
            low: 0.0,
            high: right,
            ticks: Vec::new(),
            title: "full-model evaluations per sample, the unchanged picture included",
            grid: false,
        };
        let ticks = vec![(0..=5).map(|step| f64::from(step) * 20.0).collect()];
        let y = Scale { low: 0.0, high: 103.0, ticks, title: "loss gap closed (%)", grid: true };
        let mut chart = chart(&below, x, y)?;
        evaluation_ticks(&below, &mut chart, last)?;
        for (curve, entry) in curves.iter().zip(&entries) {
            let [low, _, high] = quartiles(curve);
            let outline: Vec<(f64, f64)> = high.into_iter().chain(low.into_iter().rev()).collect();
            chart.draw_series([Polygon::new(outline, entry.colour.mix(0.15).filled())])?;
        }
        for (curve, entry) in curves.iter().zip(&entries) {
            let [_, median, _] = quartiles(curve);
            let stroke = entry.colour.stroke_width(upx(style::BOLD - 1));
            match entry.mark {
                Mark::Line { dash, .. } if dash > 0 => {
                    let length = upx(dash as u32);
                    chart.draw_series(DashedLineSeries::new(median, length, length, stroke))?;
                }
                _ => {
                    chart.draw_series([PathElement::new(median, stroke)])?;
                }
            }
        }
        Ok(())
    })?;
    canvas.save(out)
}

fn entry(number: usize, curve: &Curve) -> Entry {
    let colours = style::PALETTE.len();
    // Colours that come again are dashed.
    let dash = if number < colours { 0 } else { 14 };
    let mark = Mark::Line { width: style::BOLD, dash };
    Entry { name: curve.name.clone(), colour: style::PALETTE[number % colours], mark }
}

/// Quartiles over samples in percent, each at the logarithm of its number of evaluations.
fn quartiles(curve: &Curve) -> [Vec<(f64, f64)>; 3] {
    let count = curve.samples.iter().map(Vec::len).min().unwrap_or(0);
    [0.25, 0.5, 0.75].map(|q| {
        (0..count)
            .filter_map(|at| {
                let there: Vec<f64> = curve.samples.iter().map(|sample| sample[at]).collect();
                stats::quantile(&there, q).map(|share| (((at + 1) as f64).log2(), 100.0 * share))
            })
            .collect()
    })
}

/// The numbers 1, 2, 5, 10 and so on up to the last, or the powers of ten alone where there is no room for others, a doubling being
/// `octave` long.
fn written(last: usize, octave: f64) -> Vec<usize> {
    /// Least room between two numbers.
    const APART: i32 = 8;
    let of = |steps: &[usize]| -> Vec<usize> {
        let decades = (0..6).flat_map(|power| steps.iter().map(move |step| step * 10_usize.pow(power)));
        decades.take_while(|&tick| tick <= last).collect()
    };
    let width = |tick: usize| text_width(&tick.to_string(), style::TICK);
    let apart = |ticks: &Vec<usize>| {
        ticks.windows(2).all(|two| {
            let distance = (two[1] as f64 / two[0] as f64).log2() * octave;
            distance >= f64::from((width(two[0]) + width(two[1])) / 2 + APART)
        })
    };
    Some(of(&[1, 2, 5])).filter(apart).unwrap_or_else(|| of(&[1]))
}

/// Draws grid lines and numbers at 1, 2, 5, 10 and so on.
fn evaluation_ticks(area: &Area<'_>, chart: &mut Chart<'_>, last: usize) -> Drawing {
    let below = text_style(style::TICK, style::INK, HPos::Center, VPos::Top);
    let (across, _) = chart.plotting_area().get_pixel_range();
    let octave = f64::from((across.end - across.start) / px(1)) / (last.max(2) as f64).log2();
    for tick in written(last, octave) {
        let x = (tick as f64).log2();
        let line = vec![(x, 0.0), (x, 103.0)];
        chart.draw_series([PathElement::new(line, style::GRID.stroke_width(upx(1)))])?;
        let (left, bottom) = chart.backend_coord(&(x, 0.0));
        let (area_x, area_y) = area.get_base_pixel();
        area.draw_text(&tick.to_string(), &below, (left - area_x, bottom - area_y + px(12)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::*;
    use crate::record::write_npy;

    fn trace(rows: &[[f64; 2]]) -> Trace {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let path = folder.path().join("t.npy");
        write_npy(&path, arr2(rows).view()).unwrap_or_else(|e| panic!("{e}"));
        Trace::read(&path, 0).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn a_loss_counts_when_it_is_paid_for_and_a_coarse_one_never() {
        let steps = trace(&[[0.0, 1.0], [-9.0, 0.3], [-9.0, 0.3], [-9.0, 0.4], [-1.0, 1.0], [-0.5, 1.0]]);
        assert_eq!(best_so_far(&steps, 5), [0.0, 0.0, -1.0, -1.0, -1.0]);
        assert_eq!(best_so_far(&steps, 2), [0.0, 0.0]);
        // Half an evaluation shifts the next full one beyond its whole number.
        assert_eq!(best_so_far(&trace(&[[0.0, 1.0], [-9.0, 0.5], [-1.0, 1.0]]), 3), [0.0, 0.0, -1.0]);
    }

    #[test]
    fn quartiles_are_over_samples() {
        let curve =
            Curve { name: "a".into(), samples: [0.0, 0.5, 1.0].map(|share| vec![share, 1.0]).to_vec() };
        let [low, median, high] = quartiles(&curve);
        assert_eq!((low[0], median[0], high[0]), ((0.0, 25.0), (0.0, 50.0), (0.0, 75.0)));
        assert_eq!(median[1], (1.0, 100.0));
    }
}
