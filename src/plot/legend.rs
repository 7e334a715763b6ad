//! A legend in rows of its own under the title, where it covers no data.

use plotters::element::{PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color as _, RGBColor};

use super::canvas::{Area, Drawing, fitted, px, text_width, upx, wrapped, write};
use super::page::Page;
use super::style;
use super::symbol::{Symbol, symbol};

/// The mark of a series: how it is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mark {
    /// A filled box.
    Box,
    /// A line, solid or dashed.
    Line {
        /// Width of the line in pixels.
        width: u32,
        /// Length of a dash in pixels; 0 is solid.
        dash: i32,
    },
    /// A small symbol.
    Symbol(Symbol),
}

/// One entry of a legend.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Text of the entry.
    pub name: String,
    /// Colour of the mark.
    pub colour: RGBColor,
    /// Mark beside the text.
    pub mark: Mark,
}

const ROW: i32 = 42;
const SAMPLE: i32 = 56;
const GAP: i32 = 12;
const APART: i32 = 36;
/// Distance of the lines of a name.
const LINE: i32 = style::TICK as i32 + 6;

/// Entries laid out in rows.
pub struct Legend {
    width: i32,
    rows: Vec<Row>,
}

/// Entries beside each other, the lines of their names, and the room that each takes.
#[derive(Default)]
struct Row {
    entries: Vec<(Entry, Vec<String>, i32)>,
}

impl Row {
    fn width(&self) -> i32 {
        self.entries.iter().map(|(.., width)| width).sum()
    }

    fn height(&self) -> i32 {
        let lines = self.entries.iter().map(|(_, lines, _)| lines.len()).max().unwrap_or(1);
        ROW + (lines as i32 - 1) * LINE
    }
}

impl Legend {
    /// In as many rows as the entries need. A name that is too long for a row is cut on the usual page, and has lines on others.
    pub fn new(page: Page, entries: &[Entry]) -> Self {
        let width = page.width() as i32;
        let room = width - 2 * style::MARGIN;
        let of_name = room - SAMPLE - GAP - APART;
        let mut rows: Vec<Row> = Vec::new();
        for entry in entries {
            let lines = if page.is_usual() {
                vec![fitted(&entry.name, style::TICK, of_name)]
            } else {
                wrapped(&entry.name, style::TICK, of_name)
            };
            let longest = if page.is_usual() {
                text_width(&entry.name, style::TICK)
            } else {
                lines.iter().map(|line| text_width(line, style::TICK)).max().unwrap_or(0)
            };
            let own = (SAMPLE + GAP + longest + APART).min(room);
            if rows.last().is_none_or(|row| row.width() + own > room) {
                rows.push(Row::default());
            }
            if let Some(row) = rows.last_mut() {
                row.entries.push((entry.clone(), lines, own));
            }
        }
        Self { width, rows }
    }

    /// Height of all rows.
    pub fn height(&self) -> i32 {
        self.rows.iter().map(Row::height).sum()
    }

    /// Draws the rows from `top` on, each in the middle.
    pub fn draw(&self, area: &Area<'_>, top: i32) -> Drawing {
        let mut top = top;
        for row in &self.rows {
            let mut left = (self.width - row.width() + APART) / 2;
            let middle = top + row.height() / 2;
            for (entry, lines, width) in &row.entries {
                sample(area, entry, left, middle)?;
                let first = middle - (lines.len() as i32 - 1) * LINE / 2;
                for (at, line) in (0..).zip(lines) {
                    let place = (left + SAMPLE + GAP, first + at * LINE);
                    write(area, line, place, style::TICK, (HPos::Left, VPos::Center))?;
                }
                left += width;
            }
            top += row.height();
        }
        Ok(())
    }
}

fn sample(area: &Area<'_>, entry: &Entry, left: i32, middle: i32) -> Drawing {
    match entry.mark {
        Mark::Box => {
            let corners = [(px(left + SAMPLE - 28), px(middle - 14)), (px(left + SAMPLE), px(middle + 14))];
            area.draw(&Rectangle::new(corners, entry.colour.filled()))?;
        }
        Mark::Symbol(mark) => {
            symbol(area, mark, (px(left + SAMPLE - 20), px(middle)), entry.colour)?;
        }
        Mark::Line { width, dash } => {
            let stroke = entry.colour.stroke_width(upx(width));
            let step = if dash == 0 { SAMPLE } else { dash };
            let mut at = 0;
            while at < SAMPLE {
                let end = (at + step).min(SAMPLE);
                let line = vec![(px(left + at), px(middle)), (px(left + end), px(middle))];
                area.draw(&PathElement::new(line, stroke))?;
                at += step + dash.max(1);
            }
        }
    }
    Ok(())
}
