//! A figure of worst cases with their maps beside the clean ones.

use std::path::Path;

use ndarray::{Array3, Zip};
use plotters::element::Rectangle;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color as _, RGBColor};

use super::axes::short;
use super::canvas::{Area, Canvas, Drawing, fitted, px, text_width, upx, wrapped, write};
use super::head::Head;
use super::page::Page;
use super::{heat, style, tiles};
use crate::error::{Error, Result};
use crate::perturb::{Perturber, Resampling, restore, upsample};
use crate::record::Example;
use crate::types::{Axis, Image, Map, Mask};

/// Room for the words about an example beside its tiles.
const HEADING: i32 = 330;
const GAP: i32 = 14;
const TOP: i32 = 150;
/// Room for the colour bar and its numbers.
const BAR: i32 = 142;
/// The words above the colour bar, beside each other on the usual page.
const SCORE: [&str; 2] = ["anomaly", "score"];
/// Least side of tiles with words beside them; with smaller ones the words stand above.
const BESIDE: i32 = 160;
const COLUMNS: [&str; 4] = ["clean", "its map", "worst case", "its map, brought back"];
/// Space between lines of text.
const LEADING: i32 = 9;

/// Draws a row for each of some examples of `samples` samples: the clean picture with the outline of its mask, its map, the picture at the worst perturbation,
/// and its map brought back into the clean frame. All maps share one scale.
///
/// # Errors
/// A file error when there is no example, one is damaged, or the file cannot be written.
pub fn examples(
    examples: &[Example],
    resampling: Resampling,
    samples: usize,
    page: Page,
    out: &Path,
) -> Result<()> {
    if examples.is_empty() {
        return Err(Error::file(out, "has nothing to show: no examples", "run askance attack"));
    }
    for example in examples {
        check(example)?;
    }
    let model = &examples[0].row.model;
    let same = examples.iter().all(|example| &example.row.model == model);
    let suffix = if same { format!(": {model}") } else { String::new() };
    let number = format!("{} of {}", examples.len(), style::counted([samples]));
    let head = Head::new(page, &format!("Worst cases, {number}{suffix}"));
    let grid = Grid::new(examples, page);
    let side = grid.side;
    let shown: Vec<Shown> =
        examples.iter().map(|example| Shown::new(example, resampling, side as usize)).collect();
    let range = common_range(&shown);
    let top = head.bottom(TOP) + grid.further();
    let height = top + examples.len() as i32 * grid.row + style::MARGIN;
    let mut canvas = Canvas::new(page, height);
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        for (column, lines) in (0..).zip(&grid.columns) {
            for (line, text) in (0..).zip(lines.iter().rev()) {
                let at = (grid.left_of(column) + side / 2, top - 12 - line * COLUMN_LINE);
                write(area, text, at, style::TICK, (HPos::Center, VPos::Bottom))?;
            }
        }
        for (row, example) in (0..).zip(examples) {
            describe(area, &grid.words(example), top + row * grid.row)?;
        }
        colour_bar(area, range, (grid.left_of(4) + 10, top), examples.len() as i32 * grid.row - GAP, page)
    })?;
    for (row, shown) in (0..).zip(&shown) {
        for (column, tile) in (0..).zip(shown.tiles(range)) {
            let place = (grid.left_of(column), top + row * grid.row + grid.above);
            let (left, top) = tiles::centred(&tile, side, place);
            canvas.paste(&tile, left, top);
        }
    }
    canvas.save(out)
}

/// Distance of the lines of the name of a column.
const COLUMN_LINE: i32 = style::TICK as i32 + 4;

/// Where the tiles of the examples lie.
struct Grid {
    /// Side of a tile.
    side: i32,
    /// Where the first tile begins.
    left: i32,
    /// Height of an example.
    row: i32,
    /// Height of the words above its tiles; none where they stand beside them.
    above: i32,
    /// Room for a line of these words.
    room: i32,
    /// Lines of the names of the columns.
    columns: [Vec<String>; 4],
}

impl Grid {
    fn new(examples: &[Example], page: Page) -> Self {
        let width = page.width() as i32;
        let side_from = |left: i32| (width - left - BAR) / 4 - GAP;
        let most = |height: &dyn Fn(&Example) -> i32| examples.iter().map(height).max().unwrap_or(0);
        let side = side_from(HEADING);
        if side >= BESIDE {
            let words = most(&|example| height_of(&beside(example)));
            let columns = COLUMNS.map(|name| lines_of(name, side, page));
            let room = HEADING - style::MARGIN - 12;
            return Self { side, left: HEADING, row: side.max(words) + GAP, above: 0, room, columns };
        }
        let (side, room) = (side_from(style::MARGIN), width - 2 * style::MARGIN);
        let above = most(&|example| height_of(&above(example, room)));
        let columns = COLUMNS.map(|name| lines_of(name, side, page));
        Self { side, left: style::MARGIN, row: above + side + GAP, above, room, columns }
    }

    fn left_of(&self, column: i32) -> i32 {
        self.left + column * (self.side + GAP)
    }

    /// Height that the names of the columns need beyond one line.
    fn further(&self) -> i32 {
        (self.columns.iter().map(Vec::len).max().unwrap_or(1) as i32 - 1) * COLUMN_LINE
    }

    /// The lines about an example, with their sizes.
    fn words(&self, example: &Example) -> Vec<(String, u32)> {
        if self.above > 0 {
            return above(example, self.room);
        }
        let fit = |(text, size): (String, u32)| (fitted(&text, size, self.room), size);
        beside(example).into_iter().map(fit).collect()
    }
}

/// The name of a column in lines over a tile; whole on the usual page.
fn lines_of(name: &str, side: i32, page: Page) -> Vec<String> {
    if page.is_usual() { vec![name.to_owned()] } else { wrapped(name, style::TICK, side + GAP / 2) }
}

/// The four tiles of each of some examples: clean picture, its map, worst picture, its map brought back, as [`examples`] has them, with
/// longer sides of `side`. All maps share one scale.
pub(super) fn example_tiles(
    examples: &[Example],
    resampling: Resampling,
    side: usize,
) -> Result<Vec<[Image; 4]>> {
    examples.iter().try_for_each(check)?;
    let shown: Vec<Shown> = examples.iter().map(|example| Shown::new(example, resampling, side)).collect();
    let range = common_range(&shown);
    Ok(shown.iter().map(|one| one.tiles(range)).collect())
}

/// Refuses an example with damaged contents, since files may hold anything.
fn check(example: &Example) -> Result<()> {
    let damaged = |file: &str, problem: &str| Err(Error::file(file, problem, "run the attack again"));
    let row = &example.row;
    let (_, height, width) = example.image.dim();
    if example.mask.dim() != (height, width) {
        return damaged(&row.image, "has a mask of another size");
    }
    if !row.perturbation().is_finite() {
        return damaged(&row.image, "has a perturbation that is not finite");
    }
    for (map, file) in [(&example.clean_map, &row.clean_map), (&example.worst_map, &row.worst_map)] {
        if map.is_empty() || !map.iter().all(|value| value.is_finite()) {
            return damaged(file, "is empty or holds values that are not finite");
        }
    }
    Ok(())
}

/// An example at the size of its tiles.
struct Shown {
    clean: Image,
    worst: Image,
    mask: Mask,
    clean_map: Map,
    worst_map: Map,
    valid: Mask,
}

impl Shown {
    fn new(example: &Example, resampling: Resampling, side: usize) -> Self {
        let (_, height, width) = example.image.dim();
        let tile = tiles::fitted((height, width), side);
        let perturbation = example.row.perturbation();
        let mut worst = Array3::zeros(example.image.dim());
        Perturber::new(resampling, height).apply(example.image.view(), perturbation, worst.view_mut());
        let (map, valid) = restore(example.worst_map.view(), (height, width), &perturbation);
        Self {
            clean: tiles::picture(&example.image, side),
            worst: tiles::picture(&worst, side),
            mask: tiles::mask(example.mask.view(), side),
            clean_map: upsample(example.clean_map.view(), tile),
            worst_map: upsample(map.view(), tile),
            valid: tiles::mask(valid.view(), side),
        }
    }

    fn tiles(&self, range: (f32, f32)) -> [Image; 4] {
        let all = Mask::from_elem(self.mask.dim(), true);
        let mut clean = self.clean.clone();
        let mut clean_map = tiles::overlay(&self.clean, &self.clean_map, &all, range);
        let mut worst_map = tiles::overlay(&self.clean, &self.worst_map, &self.valid, range);
        for tile in [&mut clean, &mut clean_map, &mut worst_map] {
            tiles::outline(tile, &self.mask);
        }
        [clean, clean_map, self.worst.clone(), worst_map]
    }
}

fn common_range(shown: &[Shown]) -> (f32, f32) {
    let (mut low, mut high) = (f32::INFINITY, f32::NEG_INFINITY);
    for one in shown {
        for &value in &one.clean_map {
            (low, high) = (low.min(value), high.max(value));
        }
        Zip::from(&one.worst_map).and(&one.valid).for_each(|&value, &valid| {
            if valid {
                (low, high) = (low.min(value), high.max(value));
            }
        });
    }
    (low, high)
}

/// Category, sample, each parameter and the metrics of an example.
fn parts(example: &Example) -> (&str, &str, Vec<String>, [String; 2]) {
    let row = &example.row;
    let percent = |value: Option<f64>| {
        value.map_or_else(|| "n/a".to_owned(), |value| format!("{:.1} %", 100.0 * value))
    };
    let value = |axis: Axis| style::axis_value(axis, row.perturbation().get(axis));
    let parameters = row.parameters.axes().map(|axis| format!("{axis} {}", value(axis))).collect();
    let metrics =
        [format!("pAUROC {}", percent(row.clean_auroc)), format!("at worst {}", percent(row.worst_auroc))];
    (&row.category, &row.sample, parameters, metrics)
}

/// The lines about an example that stand beside its tiles, with their sizes.
fn beside(example: &Example) -> Vec<(String, u32)> {
    let (category, sample, parameters, metrics) = parts(example);
    let small = std::iter::once(sample.to_owned()).chain(parameters).chain(metrics);
    let small = small.map(|line| (line, style::TICK));
    std::iter::once((category.to_owned(), style::LABEL)).chain(small).collect()
}

/// The lines about an example that stand above its tiles, with their sizes.
fn above(example: &Example, room: i32) -> Vec<(String, u32)> {
    let (category, sample, parameters, metrics) = parts(example);
    let name = format!("{category} {sample}");
    let size = if text_width(&name, style::LABEL) <= room { style::LABEL } else { style::TICK };
    let names = wrapped(&name, size, room).into_iter().map(|line| (line, size));
    let mut lines: Vec<(String, u32)> = names.collect();
    for part in [parameters, metrics.to_vec()].into_iter().filter(|part| !part.is_empty()) {
        lines.extend(joined(&part, room).into_iter().map(|line| (line, style::TICK)));
    }
    lines
}

/// The parts joined by commas, in lines broken between them.
fn joined(parts: &[String], room: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if text_width(&format!("{line}, {part}"), style::TICK) <= room => {
                line.push_str(", ");
                line.push_str(part);
            }
            _ => lines.push(part.clone()),
        }
    }
    lines
}

/// Height of what [`describe`] writes.
fn height_of(lines: &[(String, u32)]) -> i32 {
    2 * LEADING + lines.iter().map(|(_, size)| *size as i32).sum::<i32>() + (lines.len() as i32 - 1) * LEADING
}

fn describe(area: &Area<'_>, lines: &[(String, u32)], top: i32) -> Drawing {
    let mut y = top + LEADING;
    for (text, size) in lines {
        write(area, text, (style::MARGIN, y), *size, (HPos::Left, VPos::Top))?;
        y += *size as i32 + LEADING;
    }
    Ok(())
}

fn colour_bar(
    area: &Area<'_>,
    (low, high): (f32, f32),
    (left, top): (i32, i32),
    height: i32,
    page: Page,
) -> Drawing {
    const WIDTH: i32 = 30;
    for y in 0..height {
        let [r, g, b] =
            heat::colour(1.0 - y as f32 / (height - 1) as f32).map(|value| (value * 255.0).round() as u8);
        let corners = [(px(left), px(top + y)), (px(left + WIDTH), px(top + y + 1))];
        area.draw(&Rectangle::new(corners, RGBColor(r, g, b).filled()))?;
    }
    let frame = [(px(left), px(top)), (px(left + WIDTH), px(top + height))];
    area.draw(&Rectangle::new(frame, style::INK.stroke_width(upx(1))))?;
    let words = if page.is_usual() { vec![SCORE.join(" ")] } else { SCORE.map(str::to_owned).to_vec() };
    for (line, text) in (0..).zip(words.iter().rev()) {
        let at = (left + BAR - 18, top - 12 - line * COLUMN_LINE);
        write(area, text, at, style::TICK, (HPos::Right, VPos::Bottom))?;
    }
    for step in 0..5 {
        let share = step as f32 / 4.0;
        let y = (top + height - (share * height as f32) as i32).clamp(top + 10, top + height - 10);
        let text = short(f64::from(low + share * (high - low)));
        write(area, &text, (left + WIDTH + 8, y), style::TICK, (HPos::Left, VPos::Center))?;
    }
    Ok(())
}
