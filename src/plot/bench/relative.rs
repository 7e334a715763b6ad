//! A figure of configurations relative to the fastest.

use std::path::Path;

use plotters::element::{PathElement, Rectangle};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::canvas::{Canvas, fitted, px, title, upx, write};
use super::super::style;
use super::series::{series, series_of};
use crate::error::{Error, Result};
use crate::record::{BenchRow, BenchStatus};

const BAR: i32 = 40;
const STEP: i32 = 56;
const TOP: i32 = 150;
/// Position where the bars begin.
const LEFT: i32 = 520;
/// Position where the longest bar ends.
const RIGHT: i32 = 1400;

/// Draws for each configuration how many times as long a picture takes as with the fastest one that keeps the answer (the fastest of all
/// in records without that), with the 95 % interval over rounds, the fastest first. Bars of configurations with another answer are pale;
/// those that were not measured stand below, without a bar.
///
/// # Errors
/// A file error when no row was measured, or the file cannot be written.
pub fn relative(rows: &[BenchRow], heading: &str, out: &Path) -> Result<()> {
    let mut sorted: Vec<&BenchRow> = rows.iter().collect();
    let paired = rows.iter().any(|row| row.times_best.is_some());
    let times = |row: &BenchRow| if paired { row.times_best } else { row.relative };
    sorted.sort_by(|a, b| times(a).unwrap_or(f64::INFINITY).total_cmp(&times(b).unwrap_or(f64::INFINITY)));
    let Some(longest) = sorted.iter().filter_map(|row| times(row)).max_by(f64::total_cmp) else {
        return Err(Error::file(out, "has nothing to show: nothing was measured", "run askance bench"));
    };
    // Whiskers of two rounds may be many times as long as all bars: what passes this is cut off, without a cap.
    let highest = sorted.iter().filter_map(|row| row.times_best_high).fold(longest, f64::max);
    let largest = highest.min(1.25 * longest);
    let colours = series(rows);
    let height = TOP + STEP * sorted.len() as i32 + 2 * style::MARGIN;
    let mut canvas = Canvas::new(style::WIDTH, height as u32);
    canvas.draw(out, |area| {
        title(area, &format!("Time of a picture against the fastest: {heading}"), style::WIDTH)?;
        let middle = (style::WIDTH as i32 / 2, 90);
        let note = if paired {
            "times as long as the fastest with the answer of fp32 on the CPU; whiskers: 95 % over rounds; pale: another answer"
        } else {
            "times as long; shorter is better"
        };
        write(area, note, middle, style::TICK, (HPos::Center, VPos::Top))?;
        let place_of = |times: f64| LEFT + (f64::from(RIGHT - LEFT) * times / largest).round() as i32;
        for (place, row) in sorted.iter().enumerate() {
            let top = TOP + STEP * place as i32;
            let middle = top + BAR / 2;
            let shown = if times(row).is_some() { &row.ran } else { &row.provider };
            let name = format!("{shown} {}, batch {}", row.precision, row.batch);
            let name = fitted(&name, style::TICK, LEFT - 2 * style::MARGIN);
            write(area, &name, (LEFT - 16, middle), style::TICK, (HPos::Right, VPos::Center))?;
            let end = match times(row) {
                Some(relative) => {
                    let mut end = place_of(relative);
                    let own = series_of(row);
                    let colour = colours
                        .iter()
                        .find(|(name, _)| *name == own)
                        .map_or(style::INK, |(_, colour)| *colour);
                    area.draw(&Rectangle::new(
                        [(px(LEFT), px(top)), (px(end), px(top + BAR))],
                        colour.mix(if paired && !row.keeps_answer() { 0.35 } else { 1.0 }).filled(),
                    ))?;
                    if let (Some(low), Some(high)) = (row.times_best_low, row.times_best_high) {
                        let cut = high > largest;
                        let (low, high) = (place_of(low), place_of(high.min(largest)));
                        let stroke = style::INK.stroke_width(upx(2));
                        let cap = |at: i32| vec![(px(at), px(middle - 9)), (px(at), px(middle + 9))];
                        let line = vec![(px(low), px(middle)), (px(high), px(middle))];
                        for points in [line, cap(low)].into_iter().chain((!cut).then(|| cap(high))) {
                            area.draw(&PathElement::new(points, stroke))?;
                        }
                        end = end.max(high);
                    }
                    end
                }
                None => LEFT,
            };
            let text = times(row).map_or_else(|| state(row.status).to_owned(), |times| format!("{times:.2}"));
            write(area, &text, (end + 12, middle), style::TICK, (HPos::Left, VPos::Center))?;
        }
        Ok(())
    })?;
    canvas.save(out)
}

/// The words for a configuration without a bar.
fn state(status: BenchStatus) -> &'static str {
    match status {
        BenchStatus::Failed => "failed",
        BenchStatus::Waiting | BenchStatus::Measured | BenchStatus::Mixed => "not measured",
    }
}
