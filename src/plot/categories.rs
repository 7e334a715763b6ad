//! A figure of clean against worst case, category by category.

use std::collections::BTreeSet;
use std::path::Path;

use plotters::element::{Circle, PathElement};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::bars::{METRICS, Metric, Value, lines_of};
use super::canvas::{Area, Canvas, Drawing, px, text_width, upx, wrapped, write};
use super::head::Head;
use super::legend::{Entry, Mark};
use super::page::Page;
use super::style;
use crate::error::{Error, Result};
use crate::record::SummaryRow;
use crate::stats::distinct;
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

/// Draws pAUROC (left) and AUPRO (right) of one model on one dataset: a line for each category, a dot on it for each attack.
/// With several seeds the dot is their mean, on a thick line from the lowest to the highest. With one seed and intervals over samples
/// each attack has a line of its own, as long as its interval. Categories with the highest clean pAUROC come first; means are left out.
///
/// # Errors
/// A file error when no row has a metric, the rows are of several models or datasets, or the file cannot be written.
pub fn categories(rows: &[SummaryRow], page: Page, out: &Path) -> Result<()> {
    let rows: Vec<&SummaryRow> = rows.iter().filter(|row| row.over.category().is_some()).collect();
    let Some(first) = rows.iter().find(|row| row.metrics.has_pixels()) else {
        return Err(Error::file(out, "has nothing to show: no category with a metric", "run askance attack"));
    };
    let (model, dataset) = (&first.model, &first.dataset);
    if rows.iter().any(|row| (&row.model, &row.dataset) != (model, dataset)) {
        return Err(Error::file(out, "has rows of several models or datasets", "draw one picture for each"));
    }
    let names = in_order(&rows);
    let attacks: BTreeSet<Attack> = rows.iter().map(|row| row.attack).collect();
    let attacks: Vec<Attack> = attacks.into_iter().collect();
    let entries: Vec<Entry> = attacks
        .iter()
        .map(|&attack| Entry {
            name: style::attack_name(attack),
            colour: style::attack_colour(attack),
            mark: Mark::Box,
        })
        .collect();
    let longest = names.iter().map(|name| text_width(name, style::TICK)).max().unwrap_or(0);
    let whole = page.width() as i32;
    let columns = page.columns(BESIDE, METRICS.len()) as i32;
    let (least, most) = (NAMES.0.min(whole / 5), NAMES.1.min(whole * 2 / 5));
    let (least, most) = if page.is_usual() { NAMES } else { (least, most) };
    let room = (longest + style::MARGIN + 20).clamp(least, most);
    let wrapped: Vec<Vec<String>> =
        names.iter().map(|name| wrapped(name, style::TICK, room - style::MARGIN - 20)).collect();
    let lines = wrapped.iter().map(Vec::len).max().unwrap_or(1) as i32;
    let samples: usize = names
        .iter()
        .filter_map(|name| {
            rows.iter().filter(|row| row.over.category() == Some(name)).map(|row| row.samples).max()
        })
        .sum();
    let several_seeds = {
        let each = distinct(rows.iter().map(|row| (row.over.category(), row.attack)));
        each.len() < rows.len()
    };
    let said = lines_of(several_seeds, rows.iter().copied());
    let lanes = said.is_some() && !several_seeds;
    let of_lanes = if lanes { LANE.0 * attacks.len() as i32 + LANE.1 } else { 0 };
    let row_height = of_lanes.max(ROW.0 + (lines - 1) * ROW.1);
    let body = names.len() as i32 * row_height;
    let counted = style::counted([samples]);
    let heading = format!("Clean and worst case by category: {model} on {dataset}, {counted}");
    let head = Head::new(page, &heading).legend(&entries).note(said);
    let begin = head.bottom(TOP);
    let block = HEADING + body + TICKS;
    let lines = METRICS.len() as i32 / columns;
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
        for (at, metric) in (0..).zip(METRICS) {
            let (line, column) = (at / columns, at % columns);
            let (left, top) = (room + column * (width + GAP), begin + line * block + HEADING);
            let place = Place { left, top, width, height: body };
            panel(area, &rows, &names, (&attacks, several_seeds, lanes), metric, place)?;
        }
        Ok(())
    })?;
    canvas.save(out)
}

fn in_order<'r>(rows: &[&'r SummaryRow]) -> Vec<&'r str> {
    let clean = |name: &str| {
        let same = |row: &&&SummaryRow| row.over.category() == Some(name) && row.attack == Attack::Clean;
        rows.iter().find(same).and_then(|row| row.metrics.pixel_auroc.or(row.metrics.aupro))
    };
    let mut names: Vec<(&str, f64)> = distinct(rows.iter().filter_map(|row| row.over.category()))
        .into_iter()
        .map(|name| (name, clean(name).unwrap_or(0.0)))
        .collect();
    names.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    names.into_iter().map(|(name, _)| name).collect()
}

#[derive(Clone, Copy)]
struct Place {
    left: i32,
    top: i32,
    width: i32,
    height: i32,
}

fn panel(
    area: &Area<'_>,
    rows: &[&SummaryRow],
    names: &[&str],
    (attacks, several_seeds, lanes): (&[Attack], bool, bool),
    (heading, metric): (&str, Metric),
    place: Place,
) -> Drawing {
    let Place { left, top, width, height } = place;
    let x = |value: f64| left + (value / 100.0 * f64::from(width)).round() as i32;
    let middle = (left + width / 2, top - HEADING / 2);
    write(area, heading, middle, style::AXIS, (HPos::Center, VPos::Center))?;
    for tick in (0..=100).step_by(20) {
        let at = x(f64::from(tick));
        let line = vec![(px(at), px(top)), (px(at), px(top + height))];
        area.draw(&PathElement::new(line, style::GRID.stroke_width(upx(1))))?;
        let below = (at, top + height + 10);
        write(area, &tick.to_string(), below, style::TICK, (HPos::Center, VPos::Top))?;
    }
    for (row, &name) in (0..).zip(names) {
        let row_height = height / names.len() as i32;
        let y = top + row * row_height + row_height / 2;
        let values: Vec<(i32, Attack, Value)> = (0..)
            .zip(attacks)
            .filter_map(|(lane, &attack)| {
                let same = |row: &&SummaryRow| row.over.category() == Some(name) && row.attack == attack;
                let value = Value::of(rows.iter().copied().filter(same), metric, several_seeds)?;
                let lane = if lanes { LANE.0 * (2 * lane - attacks.len() as i32 + 1) / 2 } else { 0 };
                Some((lane, attack, value))
            })
            .collect();
        if lanes && row > 0 {
            let line = [left, left + width].map(|end| (px(end), px(y - row_height / 2)));
            area.draw(&PathElement::new(line.to_vec(), style::GRID.stroke_width(upx(1))))?;
        }
        let ends = values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &(_, _, value)| {
            (low.min(100.0 * value.mean), high.max(100.0 * value.mean))
        });
        if values.is_empty() {
            write(area, "n/a", (left + 8, y), style::TICK, (HPos::Left, VPos::Center))?;
            continue;
        }
        if !lanes {
            let line = vec![(px(x(ends.0)), px(y)), (px(x(ends.1)), px(y))];
            area.draw(&PathElement::new(line, style::PALETTE[6].stroke_width(upx(3))))?;
        }
        let (thick, radius) = if lanes { (style::THIN, 7) } else { (style::BOLD, 11) };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Axis, Metrics, Over};

    #[test]
    fn the_best_category_comes_first() {
        let row = |category: &str, attack, value| SummaryRow {
            model: "m".into(),
            dataset: "d".into(),
            over: Over::Category(category.into()),
            attack,
            samples: 1,
            metrics: Metrics { pixel_auroc: value, ..Metrics::default() },
            mean_loss: None,
            evaluations: 1,
            intervals: Default::default(),
            drops: Default::default(),
        };
        let rows = [
            row("low", Attack::Clean, Some(0.4)),
            row("low", Attack::Single(Axis::Hue), Some(0.9)),
            row("high", Attack::Clean, Some(0.8)),
            row("none", Attack::Clean, None),
        ];
        assert_eq!(in_order(&rows.iter().collect::<Vec<_>>()), ["high", "low", "none"]);
    }
}
