//! Rows with a dot for each attack, in panels that share the names of the rows.

use std::path::Path;

use plotters::element::{Circle, PathElement};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::short;
use super::bars::Value;
use super::canvas::{Area, Canvas, Drawing, px, text_width, upx, wrapped, write};
use super::head::Head;
use super::legend::{Entry, Mark};
use super::page::Page;
use super::style;
use crate::error::Result;
use crate::types::Attack;

/// Height of a row with one line of a name, and of each further line.
const ROW: (i32, i32) = (46, 30);
/// Least and largest room for names on the usual page.
const NAMES: (i32, i32) = (290, 620);
/// Height of the line of one attack where each has a line of its own, and what a row has beside them.
const LANE: (i32, i32) = (15, 22);
const TOP: i32 = 90;
/// Least half of a page on which the panels stand beside each other.
const BESIDE: i32 = 640;
const HEADING: i32 = 50;
const TICKS: i32 = 60;
/// So wide that the last tick of one panel and the first of the next stay apart.
const GAP: i32 = 90;
/// Least room between the labels of two ticks.
const APART: i32 = 8;

/// The values of one metric under each row, in the unit of the panel.
pub(super) struct Panel {
    pub heading: &'static str,
    pub low: f64,
    pub high: f64,
    /// Values whose ticks are written: the first of these of which the labels stand apart, or else the last.
    pub ticks: Vec<Vec<f64>>,
    /// The value of each attack, row by row; shares in [0, 1].
    pub values: Vec<Vec<Option<Value>>>,
}

/// What is drawn.
pub(super) struct Lanes<'l> {
    pub heading: &'l str,
    /// Names of the rows.
    pub names: &'l [String],
    /// What stands behind each name and is not broken: how much the row is about; none where it is not said.
    pub sizes: &'l [String],
    pub attacks: &'l [Attack],
    /// Whether each attack has a line of its own in a row, on which no other hides it.
    pub apart: bool,
    /// Words about the lines.
    pub note: Option<&'l str>,
    pub panels: Vec<Panel>,
}

impl Lanes<'_> {
    /// Draws the figure into a file.
    ///
    /// # Errors
    /// A file error when the file cannot be written.
    pub fn draw(&self, page: Page, out: &Path) -> Result<()> {
        let entries: Vec<Entry> = self
            .attacks
            .iter()
            .map(|&attack| Entry {
                name: style::attack_name(attack),
                colour: style::attack_colour(attack),
                mark: Mark::Box,
            })
            .collect();
        let whole_name = |at: usize| match self.sizes.get(at) {
            Some(size) => format!("{} {size}", self.names[at]),
            None => self.names[at].clone(),
        };
        let widths = (0..self.names.len()).map(|at| text_width(&whole_name(at), style::TICK));
        let longest = widths.max().unwrap_or(0);
        let whole = page.width() as i32;
        let columns = page.columns(BESIDE, self.panels.len()) as i32;
        let (least, most) = (NAMES.0.min(whole / 5), NAMES.1.min(whole * 2 / 5));
        let (least, most) = if page.is_usual() { NAMES } else { (least, most) };
        let room = (longest + style::MARGIN + 20).clamp(least, most);
        let wrapped: Vec<Vec<String>> =
            (0..self.names.len()).map(|at| self.lines_of(at, room - style::MARGIN - 20)).collect();
        let lines = wrapped.iter().map(Vec::len).max().unwrap_or(1) as i32;
        let of_lanes = if self.apart { LANE.0 * self.attacks.len() as i32 + LANE.1 } else { 0 };
        let row_height = of_lanes.max(ROW.0 + (lines - 1) * ROW.1);
        let body = self.names.len() as i32 * row_height;
        let head = Head::new(page, self.heading).legend(&entries).note(self.note);
        let begin = head.bottom(TOP);
        let block = HEADING + body + TICKS;
        let lines = (self.panels.len() as i32 + columns - 1) / columns;
        let mut canvas = Canvas::new(page, begin + lines * block + 2 * style::MARGIN);
        canvas.draw(out, |area| {
            head.draw(area, TOP)?;
            for line in 0..lines {
                let top = begin + line * block + HEADING;
                for (row, lines) in (0..).zip(&wrapped) {
                    let middle = top + row * row_height + row_height / 2;
                    let first = middle - (lines.len() as i32 - 1) * ROW.1 / 2;
                    for (line, text) in (0..).zip(lines) {
                        let place = (room - 20, first + line * ROW.1);
                        write(area, text, place, style::TICK, (HPos::Right, VPos::Center))?;
                    }
                }
            }
            let width = (whole - room - (columns - 1) * GAP - 2 * style::MARGIN) / columns;
            for (at, panel) in (0..).zip(&self.panels) {
                let (line, column) = (at / columns, at % columns);
                let (left, top) = (room + column * (width + GAP), begin + line * block + HEADING);
                self.panel(area, panel, Place { left, top, width, height: body })?;
            }
            Ok(())
        })?;
        canvas.save(out)
    }

    /// The lines of a name, its size behind the last or on a line of its own.
    fn lines_of(&self, at: usize, width: i32) -> Vec<String> {
        let mut lines = wrapped(&self.names[at], style::TICK, width);
        if let Some(size) = self.sizes.get(at) {
            let joined = lines.last().map(|last| format!("{last} {size}"));
            match joined.filter(|joined| text_width(joined, style::TICK) <= width) {
                Some(joined) => lines.splice(lines.len() - 1.., [joined]).for_each(drop),
                None => lines.push(size.clone()),
            }
        }
        lines
    }

    fn panel(&self, area: &Area<'_>, panel: &Panel, place: Place) -> Drawing {
        let Place { left, top, width, height } = place;
        let share = |value: f64| (value - panel.low) / (panel.high - panel.low);
        let x = |value: f64| left + (share(value) * f64::from(width)).round() as i32;
        let middle = (left + width / 2, top - HEADING / 2);
        write(area, panel.heading, middle, style::AXIS, (HPos::Center, VPos::Center))?;
        let stand_apart = |ticks: &&Vec<f64>| {
            let half = |tick: f64| text_width(&short(tick), style::TICK) / 2;
            ticks.windows(2).all(|two| x(two[1]) - x(two[0]) >= half(two[0]) + half(two[1]) + APART)
        };
        let ticks = panel.ticks.iter().find(stand_apart).or(panel.ticks.last());
        for &tick in ticks.into_iter().flatten() {
            let at = x(tick);
            let line = vec![(px(at), px(top)), (px(at), px(top + height))];
            area.draw(&PathElement::new(line, style::GRID.stroke_width(upx(1))))?;
            let below = (at, top + height + 10);
            write(area, &short(tick), below, style::TICK, (HPos::Center, VPos::Top))?;
        }
        let corners = [(0, 0), (width, 0), (width, height), (0, height), (0, 0)];
        let frame = corners.map(|(right, down)| (px(left + right), px(top + down)));
        area.draw(&PathElement::new(frame.to_vec(), style::PALETTE[6].stroke_width(upx(1))))?;
        // What lies on either side of nothing are different things.
        if panel.low < 0.0 {
            let zero = [top, top + height].map(|y| (px(x(0.0)), px(y)));
            area.draw(&PathElement::new(zero.to_vec(), style::INK.stroke_width(upx(2))))?;
        }
        for (row, values) in (0..).zip(&panel.values) {
            let row_height = height / self.names.len() as i32;
            let y = top + row * row_height + row_height / 2;
            let values: Vec<(i32, Attack, Value)> = (0..)
                .zip(self.attacks.iter().zip(values))
                .filter_map(|(lane, (&attack, &value))| {
                    let lane =
                        if self.apart { LANE.0 * (2 * lane - self.attacks.len() as i32 + 1) / 2 } else { 0 };
                    Some((lane, attack, value?))
                })
                .collect();
            if self.apart && row > 0 {
                let line = [left, left + width].map(|end| (px(end), px(y - row_height / 2)));
                area.draw(&PathElement::new(line.to_vec(), style::GRID.stroke_width(upx(1))))?;
            }
            let ends =
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &(_, _, value)| {
                    (low.min(100.0 * value.mean), high.max(100.0 * value.mean))
                });
            if values.is_empty() {
                write(area, "n/a", (left + 8, y), style::TICK, (HPos::Left, VPos::Center))?;
                continue;
            }
            if !self.apart {
                let line = vec![(px(x(ends.0)), px(y)), (px(x(ends.1)), px(y))];
                area.draw(&PathElement::new(line, style::PALETTE[6].stroke_width(upx(3))))?;
            }
            let (thick, radius) = if self.apart { (style::THIN, 7) } else { (style::BOLD, 11) };
            for (lane, attack, value) in values {
                let y = y + lane;
                if value.low < value.high {
                    let line = vec![(px(x(100.0 * value.low)), px(y)), (px(x(100.0 * value.high)), px(y))];
                    let stroke = style::attack_colour(attack).stroke_width(upx(thick));
                    area.draw(&PathElement::new(line, stroke))?;
                }
                let value = 100.0 * value.mean;
                let colour = style::attack_colour(attack).filled();
                let dot = Circle::new((px(x(value)), px(y)), px(radius), colour);
                area.draw(&dot)?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy)]
struct Place {
    left: i32,
    top: i32,
    width: i32,
    height: i32,
}
