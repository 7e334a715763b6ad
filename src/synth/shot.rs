//! The pictures of one part from a seed: the clean part, the same part with its defects, and the pixels that
//! differ.

use super::catalog::{self, Entry};
use super::defects::{Defect, Kind};
use super::dice::Dice;
use super::format::Format;
use super::light::{Rig, Window};
use super::scene::{Raster, Scene, Words};
use super::world::World;
use crate::stats::derive_seed;
use crate::types::{Image, Mask};

/// Difference of a channel (of 1) above which a pixel counts as defective.
pub(super) const THRESHOLD: f32 = 0.024;

/// The pictures that one seed yields, before sensor noise.
pub(super) struct Shot {
    pub clean: Image,
    pub picture: Image,
    pub mask: Mask,
    pub defects: Vec<&'static str>,
    pub words: Words,
    pub rig: Rig,
}

/// Renders the part `index` of a category; `seed` belongs to world and category already.
pub(super) fn shoot(
    entry: &Entry,
    world: World,
    seed: u64,
    index: usize,
    format: Format,
    defective: bool,
) -> Shot {
    let seed = derive_seed(seed, &format!("{world}/{}/{index}", entry.info.name));
    let scene = (entry.build)(&mut Dice::new(seed, "part"));
    let rig = Rig::new(&mut Dice::new(seed, "rig"));
    // twice as fine as the picture, which anti-aliases; large pictures have fine enough pixels of their own
    let raster = Raster::new(&scene, if format.unit() <= 640 { format.finer(2) } else { format });
    let exposure = rig.photograph(&raster, format, scene.lift);
    if !defective {
        let mask = Mask::from_elem((format.height, format.width), false);
        return Shot {
            picture: exposure.picture.clone(),
            clean: exposure.picture,
            mask,
            defects: vec![],
            words: scene.words,
            rig,
        };
    }
    // a change must stand out from the structure around it
    let visible =
        if entry.info.is_texture { (0.45 * deviation(&exposure.picture)).max(0.055) } else { 0.055 };
    let kinds = choose(&mut Dice::new(seed, "kinds"), &catalog::kinds(world, entry.info.is_texture), index);
    let mut best: Option<(f32, Image, Mask)> = None;
    for attempt in 0..10 {
        let mut dice = Dice::new(seed, &format!("defects/{attempt}"));
        let boost = 1.0 + 0.06 * attempt as f32;
        let placed: Vec<Defect> = kinds
            .iter()
            .filter_map(|kind| kind.place(&mut dice, &raster, rig.lamp, entry.info.is_texture, boost))
            .collect();
        let (hurt, open) = damaged(&scene, &raster, &placed);
        let picture = rig.again(&exposure, &hurt, format, scene.lift, window(&placed, format), open);
        let (mask, contrast) = difference(&exposure.picture, &picture);
        // of the square in which the part lies: defects are as large in any format
        let area = mask.iter().filter(|m| **m).count() as f32 / (format.unit() * format.unit()) as f32;
        let seen = placed.iter().all(|defect| touches(&mask, defect));
        let fault = (0.005 - area).max(0.0) * 100.0
            + (area - 0.075).max(0.0) * 10.0
            + (visible - contrast).max(0.0) * 10.0
            + if seen && placed.len() == kinds.len() { 0.0 } else { 0.5 };
        if best.as_ref().is_none_or(|b| fault < b.0) {
            best = Some((fault, picture, mask));
        }
        if fault == 0.0 {
            break;
        }
    }
    let (_, picture, mask) = best.expect("at least one attempt was made");
    let defects = kinds.iter().map(|k| k.name).collect();
    Shot { clean: exposure.picture, picture, mask, defects, words: scene.words, rig }
}

/// Chooses the kinds of defects of a part: mostly one, by turns so that every kind appears; sometimes two or
/// three.
fn choose(dice: &mut Dice, all: &[&'static Kind], index: usize) -> Vec<&'static Kind> {
    let mut chosen = vec![all[index % all.len()]];
    let count = match dice.unit() {
        u if u < 0.76 => 1,
        u if u < 0.94 => 2,
        _ => 3,
    };
    while chosen.len() < count {
        let kind = *dice.pick(all);
        if chosen.iter().all(|k| k.name != kind.name) {
            chosen.push(kind);
        }
    }
    chosen
}

/// The pixels that the defects can reach.
fn window(defects: &[Defect], format: Format) -> Window {
    let (high, wide) = format.extent();
    let at = |v: f32, extent: f32, pixels: usize| {
        ((v + 0.5 * extent) * format.unit() as f32).clamp(0.0, pixels as f32)
    };
    let low = |f: fn(&Defect) -> f32, extent: f32| defects.iter().map(f).fold(0.5 * extent, f32::min);
    let most = |f: fn(&Defect) -> f32, extent: f32| defects.iter().map(f).fold(-0.5 * extent, f32::max);
    let Format { height, width } = format;
    let left = at(low(|d| d.centre.x - d.radius, wide), wide, width).floor() as usize;
    let top = at(low(|d| d.centre.y - d.radius, high), high, height).floor() as usize;
    let right = at(most(|d| d.centre.x + d.radius, wide), wide, width).ceil() as usize;
    let bottom = at(most(|d| d.centre.y + d.radius, high), high, height).ceil() as usize;
    Window { left, top, right: right.max(left), bottom: bottom.max(top) }
}

/// The raster with the defects on it, and whether the outline changed. Only the surroundings of the defects
/// are sampled again.
fn damaged(scene: &Scene, clean: &Raster, defects: &[Defect]) -> (Raster, bool) {
    let mut open = false;
    let mut raster = clean.clone();
    let format = raster.format;
    let (high, wide) = format.extent();
    let to_cell = |v: f32, extent: f32, cells: usize| {
        ((v + 0.5 * extent) * format.unit() as f32).floor().clamp(0.0, cells as f32) as usize
    };
    let (to_row, to_column) =
        (|v: f32| to_cell(v, high, format.height), |v: f32| to_cell(v, wide, format.width));
    let mut done = vec![false; format.area()];
    for near in defects {
        let (c, r) = (near.centre, near.radius);
        for row in to_row(c.y - r)..to_row(c.y + r) {
            for column in to_column(c.x - r)..to_column(c.x + r) {
                let cell = row * format.width + column;
                if std::mem::replace(&mut done[cell], true) {
                    continue;
                }
                let p = Raster::place(format, column, row);
                let here = |d: &&Defect| {
                    (p.x - d.centre.x).abs() <= d.radius && (p.y - d.centre.y).abs() <= d.radius
                };
                let mut source = p;
                for defect in defects.iter().filter(here) {
                    if let Some(warp) = &defect.warp {
                        source = warp(source);
                    }
                }
                let mut sample = if source == p { clean.samples[cell] } else { (scene.surface)(source) };
                for defect in defects.iter().filter(here) {
                    (defect.change)(p, &mut sample);
                }
                if sample.cover < 1.0 && clean.samples[cell].cover >= 1.0 {
                    raster.back[cell] = (scene.backdrop)(p);
                }
                open |= sample.cover != clean.samples[cell].cover;
                raster.samples[cell] = sample;
            }
        }
    }
    (raster, open)
}

/// Standard deviation of the green channel of a picture.
fn deviation(picture: &Image) -> f32 {
    picture.index_axis(ndarray::Axis(0), 1).std(0.0)
}

/// The pixels in which two pictures differ, with small gaps closed, and the mean difference in them.
fn difference(clean: &Image, picture: &Image) -> (Mask, f32) {
    let (_, height, width) = clean.dim();
    let change = |y: usize, x: usize| {
        (0..3).map(|c| (clean[[c, y, x]] - picture[[c, y, x]]).abs()).fold(0.0_f32, f32::max)
    };
    let changed = Mask::from_shape_fn((height, width), |(y, x)| change(y, x) > THRESHOLD);
    let radius = (width.min(height) as f32 * 1.6 / 192.0).round().max(1.0) as usize;
    let closed = spread(&spread(&changed, radius, true), radius, false);
    let (mut sum, mut count) = (0.0, 0.0_f32);
    for ((y, x), _) in changed.indexed_iter().filter(|(_, on)| **on) {
        sum += change(y, x);
        count += 1.0;
    }
    (closed, sum / count.max(1.0))
}

/// Grows (`to` true) or shrinks (`to` false) a mask by a square.
fn spread(mask: &Mask, radius: usize, to: bool) -> Mask {
    let (height, width) = mask.dim();
    let rows = Mask::from_shape_fn((height, width), |(y, x)| {
        let (low, high) = (x.saturating_sub(radius), (x + radius).min(width - 1));
        (low..=high).any(|i| mask[[y, i]] == to) == to
    });
    Mask::from_shape_fn((height, width), |(y, x)| {
        let (low, high) = (y.saturating_sub(radius), (y + radius).min(height - 1));
        (low..=high).any(|j| rows[[j, x]] == to) == to
    })
}

/// Whether any pixel of the mask lies within the reach of a defect.
fn touches(mask: &Mask, defect: &Defect) -> bool {
    let (height, width) = mask.dim();
    let format = Format { height, width };
    let (high, wide) = format.extent();
    let at = |v: f32, extent: f32, pixels: usize| {
        ((v + 0.5 * extent) * format.unit() as f32).clamp(0.0, pixels as f32) as usize
    };
    let (c, r) = (defect.centre, defect.radius);
    (at(c.y - r, high, height)..at(c.y + r, high, height))
        .any(|y| (at(c.x - r, wide, width)..at(c.x + r, wide, width)).any(|x| mask[[y, x]]))
}

#[cfg(test)]
mod tests {
    use super::super::scene::Sample;
    use super::super::shape::{V2, v2};
    use super::*;

    /// The part of the picture that is photographed again fits what was kept, as if all had been photographed
    /// again.
    #[test]
    fn photographing_a_part_again_is_photographing_it_all() {
        for (world, category) in [(World::Train, "oak"), (World::Train, "mesh"), (World::Test, "hex_nut")] {
            let entry = catalog::entry(world, category).expect("a category of this world");
            for seed in 0..6 {
                let scene = (entry.build)(&mut Dice::new(seed, "part"));
                let rig = Rig::new(&mut Dice::new(seed, "rig"));
                let format = Format { height: 96, width: if seed % 2 == 0 { 96 } else { 150 } };
                let raster = Raster::new(&scene, format.finer(2));
                let before = rig.photograph(&raster, format, scene.lift);
                let centre = v2(0.13, -0.21);
                let keep = if category == "oak" { 1.0 } else { 0.5 };
                let spot = move |p: V2, sample: &mut Sample| {
                    sample.height += 0.01 * p.x;
                    sample.albedo = [0.9, 0.1, 0.4];
                    sample.cover *= keep;
                };
                let defect = Defect { centre, radius: 0.11, warp: None, change: Box::new(spot) };
                let (hurt, open) = damaged(&scene, &raster, &[defect]);
                assert_eq!(open, category != "oak");
                let defect = Defect { centre, radius: 0.11, warp: None, change: Box::new(spot) };
                let partly = rig.again(&before, &hurt, format, scene.lift, window(&[defect], format), open);
                let wholly = rig.photograph(&hurt, format, scene.lift).picture;
                assert_eq!(partly, wholly, "{category} {seed}");
                assert_ne!(partly, before.picture);
            }
        }
    }

    #[test]
    fn closing_fills_gaps_and_grows_nothing() {
        let mut picture = Image::zeros((3, 64, 64));
        for (y, x) in [(20, 20), (20, 22), (40, 40)] {
            picture[[1, y, x]] = 1.0;
        }
        let (mask, contrast) = difference(&Image::zeros((3, 64, 64)), &picture);
        let marked: Vec<_> = mask.indexed_iter().filter(|(_, on)| **on).map(|(at, _)| at).collect();
        assert_eq!(marked, [(20, 20), (20, 21), (20, 22), (40, 40)]);
        assert_eq!(contrast, 1.0);
    }
}
