//! A figure of configurations relative to the fastest.

use std::path::Path;

use plotters::element::{PathElement, Rectangle};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::canvas::{Canvas, fitted, px, text_width, upx, wrapped, write};
use super::super::head::Head;
use super::super::page::Page;
use super::super::style;
use super::series::{series, series_of};
use crate::error::{Error, Result};
use crate::record::{BenchRow, BenchStatus};

const BAR: i32 = 40;
const STEP: i32 = 56;
/// Where the words below the title begin, and how far below them the bars.
const TOP: (i32, i32) = (86, 22);
/// Position where the bars begin on the usual page, the furthest on others.
const LEFT: i32 = 520;
/// Room behind the longest bar for its number.
const BEHIND: i32 = 200;
/// Distance of the lines of a name.
const LINE: i32 = style::TICK as i32 + 4;

/// Draws for each configuration how many times as long a picture takes as with the fastest one that keeps the answer (the fastest of all
/// in records without that), with the 95 % interval over rounds, the fastest first. Bars of configurations with another answer are pale;
/// those that were not measured stand below, without a bar.
///
/// # Errors
/// A file error when no row was measured, or the file cannot be written.
pub fn relative(rows: &[BenchRow], heading: &str, page: Page, out: &Path) -> Result<()> {
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
    let names: Vec<String> = sorted
        .iter()
        .map(|row| {
            let shown = if times(row).is_some() { &row.ran } else { &row.provider };
            format!("{shown} {}, batch {}", row.precision, row.batch)
        })
        .collect();
    let (left, names) = beside(&names, page);
    let right = page.width() as i32 - BEHIND;
    let step = STEP + (names.iter().map(Vec::len).max().unwrap_or(1) as i32 - 1) * LINE;
    let note = if paired {
        "times as long as the fastest with the answer of fp32 on the CPU; whiskers: 95 % over rounds; pale: another answer"
    } else {
        "times as long; shorter is better"
    };
    let title = format!("Time of a picture against the fastest: {heading}");
    let head = Head::new(page, &title).note(Some(note));
    let begin = head.bottom(TOP.0) + TOP.1;
    let height = begin + step * sorted.len() as i32 + 2 * style::MARGIN;
    let mut canvas = Canvas::new(page, height);
    canvas.draw(out, |area| {
        head.draw(area, TOP.0)?;
        let place_of = |times: f64| left + (f64::from(right - left) * times / largest).round() as i32;
        for ((place, row), lines) in sorted.iter().enumerate().zip(&names) {
            let top = begin + step * place as i32 + (step - STEP) / 2;
            let middle = top + BAR / 2;
            let first = middle - (lines.len() as i32 - 1) * LINE / 2;
            for (at, line) in (0..).zip(lines) {
                let place = (left - 16, first + at * LINE);
                write(area, line, place, style::TICK, (HPos::Right, VPos::Center))?;
            }
            let end = match times(row) {
                Some(relative) => {
                    let mut end = place_of(relative);
                    let own = series_of(row);
                    let colour = colours
                        .iter()
                        .find(|(name, _)| *name == own)
                        .map_or(style::INK, |(_, colour)| *colour);
                    area.draw(&Rectangle::new(
                        [(px(left), px(top)), (px(end), px(top + BAR))],
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
                None => left,
            };
            let text = times(row).map_or_else(|| state(row.status).to_owned(), |times| format!("{times:.2}"));
            write(area, &text, (end + 12, middle), style::TICK, (HPos::Left, VPos::Center))?;
        }
        Ok(())
    })?;
    canvas.save(out)
}

/// Where the bars begin, and the lines of the names beside them.
fn beside(names: &[String], page: Page) -> (i32, Vec<Vec<String>>) {
    if page.is_usual() {
        let whole = |name: &String| vec![fitted(name, style::TICK, LEFT - 2 * style::MARGIN)];
        return (LEFT, names.iter().map(whole).collect());
    }
    let longest = names.iter().map(|name| text_width(name, style::TICK)).max().unwrap_or(0);
    let left = (longest + 2 * style::MARGIN).min(LEFT).min(page.width() as i32 * 2 / 5);
    let lines = |name: &String| wrapped(name, style::TICK, left - 2 * style::MARGIN);
    (left, names.iter().map(lines).collect())
}

/// The words for a configuration without a bar.
fn state(status: BenchStatus) -> &'static str {
    match status {
        BenchStatus::Failed => "failed",
        BenchStatus::Waiting | BenchStatus::Measured | BenchStatus::Mixed => "not measured",
    }
}
