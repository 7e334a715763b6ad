//! A figure of worst cases with their maps beside the clean ones.

use std::path::Path;

use ndarray::{Array3, Zip};
use plotters::element::Rectangle;
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color as _, RGBColor};

use super::axes::short;
use super::canvas::{Area, Canvas, Drawing, fitted, px, title, upx, write};
use super::{heat, style, tiles};
use crate::error::{Error, Result};
use crate::perturb::{Perturber, Resampling, restore, upsample};
use crate::record::Example;
use crate::types::{Axis, Image, Map, Mask};

const HEADING: i32 = 330;
const GAP: i32 = 14;
const TOP: i32 = 150;
const SIDE: i32 = 268;
const COLUMNS: [&str; 4] = ["clean", "its map", "worst case", "its map, brought back"];
/// Space between lines of text.
const LEADING: i32 = 9;

/// Draws a row for each of some examples of `samples` samples: the clean picture with the outline of its mask, its map, the picture at the worst perturbation,
/// and its map brought back into the clean frame. All maps share one scale.
///
/// # Errors
/// A file error when there is no example, one is damaged, or the file cannot be written.
pub fn examples(examples: &[Example], resampling: Resampling, samples: usize, out: &Path) -> Result<()> {
    if examples.is_empty() {
        return Err(Error::file(out, "has nothing to show: no examples", "run askance attack"));
    }
    for example in examples {
        check(example)?;
    }
    let shown: Vec<Shown> =
        examples.iter().map(|example| Shown::new(example, resampling, SIDE as usize)).collect();
    let range = common_range(&shown);
    let most_axes = examples.iter().map(|example| example.row.parameters.axes().count()).max().unwrap_or(0);
    let row_height = SIDE.max(text_height(most_axes)) + GAP;
    let height = (TOP + examples.len() as i32 * row_height + style::MARGIN) as u32;
    let left_of = |column: i32| HEADING + column * (SIDE + GAP);
    let mut canvas = Canvas::new(style::WIDTH, height);
    canvas.draw(out, |area| {
        let model = &examples[0].row.model;
        let same = examples.iter().all(|example| &example.row.model == model);
        let suffix = if same { format!(": {model}") } else { String::new() };
        let number = format!("{} of {}", examples.len(), style::counted([samples]));
        title(area, &format!("Worst cases, {number}{suffix}"), style::WIDTH)?;
        for (column, name) in (0..).zip(COLUMNS) {
            let at = (left_of(column) + SIDE / 2, TOP - 12);
            write(area, name, at, style::TICK, (HPos::Center, VPos::Bottom))?;
        }
        for (row, example) in (0..).zip(examples) {
            describe(area, example, TOP + row * row_height)?;
        }
        colour_bar(area, range, (left_of(4) + 10, TOP), examples.len() as i32 * row_height - GAP)
    })?;
    for (row, shown) in (0..).zip(&shown) {
        for (column, tile) in (0..).zip(shown.tiles(range)) {
            let (left, top) = tiles::centred(&tile, SIDE, (left_of(column), TOP + row * row_height));
            canvas.paste(&tile, left, top);
        }
    }
    canvas.save(out)
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

/// Height of what [`describe`] writes about an example with so many axes.
fn text_height(axes: usize) -> i32 {
    const LINES_BESIDE: i32 = 3;
    let lines = axes as i32 + LINES_BESIDE;
    2 * LEADING + style::LABEL as i32 + lines * (style::TICK as i32 + LEADING)
}

fn describe(area: &Area<'_>, example: &Example, top: i32) -> Drawing {
    let row = &example.row;
    let percent = |value: Option<f64>| {
        value.map_or_else(|| "n/a".to_owned(), |value| format!("{:.1} %", 100.0 * value))
    };
    let value = |axis: Axis| style::axis_value(axis, row.perturbation().get(axis));
    let mut lines = vec![(row.category.clone(), style::LABEL), (row.sample.clone(), style::TICK)];
    lines.extend(row.parameters.axes().map(|axis| (format!("{axis} {}", value(axis)), style::TICK)));
    lines.push((format!("pAUROC {}", percent(row.clean_auroc)), style::TICK));
    lines.push((format!("at worst {}", percent(row.worst_auroc)), style::TICK));
    let mut y = top + LEADING;
    for (text, size) in lines {
        let text = fitted(&text, size, HEADING - style::MARGIN - 12);
        write(area, &text, (style::MARGIN, y), size, (HPos::Left, VPos::Top))?;
        y += size as i32 + LEADING;
    }
    Ok(())
}

fn colour_bar(area: &Area<'_>, (low, high): (f32, f32), (left, top): (i32, i32), height: i32) -> Drawing {
    const WIDTH: i32 = 30;
    for y in 0..height {
        let [r, g, b] =
            heat::colour(1.0 - y as f32 / (height - 1) as f32).map(|value| (value * 255.0).round() as u8);
        let corners = [(px(left), px(top + y)), (px(left + WIDTH), px(top + y + 1))];
        area.draw(&Rectangle::new(corners, RGBColor(r, g, b).filled()))?;
    }
    let frame = [(px(left), px(top)), (px(left + WIDTH), px(top + height))];
    area.draw(&Rectangle::new(frame, style::INK.stroke_width(upx(1))))?;
    write(
        area,
        "anomaly score",
        (style::WIDTH as i32 - 8, top - 12),
        style::TICK,
        (HPos::Right, VPos::Bottom),
    )?;
    for step in 0..5 {
        let share = step as f32 / 4.0;
        let y = (top + height - (share * height as f32) as i32).clamp(top + 10, top + height - 10);
        let text = short(f64::from(low + share * (high - low)));
        write(area, &text, (left + WIDTH + 8, y), style::TICK, (HPos::Left, VPos::Center))?;
    }
    Ok(())
}
