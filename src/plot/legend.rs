//! A legend in rows of its own under the title, where it covers no data.

use plotters::element::{PathElement, Rectangle};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color as _, RGBColor};

use super::canvas::{Area, Drawing, fitted, px, text_width, upx, write};
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

fn room(width: u32) -> i32 {
    width as i32 - 2 * style::MARGIN
}

fn entry_width(entry: &Entry, room: i32) -> i32 {
    (SAMPLE + GAP + text_width(&entry.name, style::TICK) + APART).min(room)
}

/// The entries of each row, and their width.
fn rows(entries: &[Entry], room: i32) -> Vec<(Vec<&Entry>, i32)> {
    let mut rows: Vec<(Vec<&Entry>, i32)> = Vec::new();
    for entry in entries {
        let width = entry_width(entry, room);
        match rows.last_mut().filter(|(_, used)| used + width <= room) {
            Some((row, used)) => {
                row.push(entry);
                *used += width;
            }
            None => rows.push((vec![entry], width)),
        }
    }
    rows
}

/// Height of the entries as [`legend`] draws them.
pub fn legend_height(entries: &[Entry], width: u32) -> i32 {
    rows(entries, room(width)).len() as i32 * ROW
}

/// Draws the entries in as many centred rows as they need from `top` on; returns the height.
pub fn legend(area: &Area<'_>, entries: &[Entry], top: i32, width: u32) -> Drawing<i32> {
    let room = room(width);
    let rows = rows(entries, room);
    for (number, (row, used)) in rows.iter().enumerate() {
        let middle = top + number as i32 * ROW + ROW / 2;
        let mut left = (width as i32 - used + APART) / 2;
        for entry in row {
            sample(area, entry, left, middle)?;
            let name = fitted(&entry.name, style::TICK, room - SAMPLE - GAP - APART);
            write(area, &name, (left + SAMPLE + GAP, middle), style::TICK, (HPos::Left, VPos::Center))?;
            left += entry_width(entry, room);
        }
    }
    Ok(rows.len() as i32 * ROW)
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
