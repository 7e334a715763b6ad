//! A figure of configurations relative to the fastest.

use std::path::Path;

use plotters::element::Rectangle;
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::super::canvas::{Canvas, fitted, px, title, write};
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

/// Draws for each configuration how many times as long a picture takes as with the fastest one, the fastest
/// first; configurations that were not measured stand below, without a bar.
///
/// # Errors
/// A file error when no row was measured, or the file cannot be written.
pub fn relative(rows: &[BenchRow], heading: &str, out: &Path) -> Result<()> {
    let mut sorted: Vec<&BenchRow> = rows.iter().collect();
    sorted
        .sort_by(|a, b| a.relative.unwrap_or(f64::INFINITY).total_cmp(&b.relative.unwrap_or(f64::INFINITY)));
    let Some(largest) = sorted.iter().filter_map(|row| row.relative).max_by(f64::total_cmp) else {
        return Err(Error::file(out, "has nothing to show: nothing was measured", "run askance bench"));
    };
    let colours = series(rows);
    let height = TOP + STEP * sorted.len() as i32 + 2 * style::MARGIN;
    let mut canvas = Canvas::new(style::WIDTH, height as u32);
    canvas.draw(out, |area| {
        title(area, &format!("Time of a picture against the fastest: {heading}"), style::WIDTH)?;
        let middle = (style::WIDTH as i32 / 2, 90);
        write(area, "times as long; shorter is better", middle, style::TICK, (HPos::Center, VPos::Top))?;
        for (place, row) in sorted.iter().enumerate() {
            let top = TOP + STEP * place as i32;
            let middle = top + BAR / 2;
            let shown = if row.relative.is_some() { &row.ran } else { &row.provider };
            let name = format!("{shown} {}, batch {}", row.precision, row.batch);
            let name = fitted(&name, style::TICK, LEFT - 2 * style::MARGIN);
            write(area, &name, (LEFT - 16, middle), style::TICK, (HPos::Right, VPos::Center))?;
            let end = match row.relative {
                Some(relative) => {
                    let length = f64::from(RIGHT - LEFT) * relative / largest;
                    let end = LEFT + length.round() as i32;
                    let own = series_of(row);
                    let colour = colours
                        .iter()
                        .find(|(name, _)| *name == own)
                        .map_or(style::INK, |(_, colour)| *colour);
                    area.draw(&Rectangle::new(
                        [(px(LEFT), px(top)), (px(end), px(top + BAR))],
                        colour.filled(),
                    ))?;
                    end
                }
                None => LEFT,
            };
            let text = row
                .relative
                .map_or_else(|| state(row.status).to_owned(), |relative| format!("{relative:.2}"));
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
