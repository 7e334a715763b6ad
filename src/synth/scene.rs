//! The surface of a part as a function of the place, and its raster.

use super::dice::Dice;
use super::format::Format;
use super::palette::{self, Rgb};
use super::shape::{EDGE, V2, heading, v2};

/// The surface at one place.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    /// Colour of the surface in display values.
    pub albedo: Rgb,
    /// Height of the surface in widths of the picture.
    pub height: f32,
    /// Strength of the highlight, 0 (matt) to 1 (polished).
    pub gloss: f32,
    /// Part of the place that the part covers, in [0, 1]; the rest shows the backdrop.
    pub cover: f32,
}

impl Sample {
    pub fn solid(albedo: Rgb, height: f32, gloss: f32) -> Self {
        Self { albedo, height, gloss, cover: 1.0 }
    }
}

/// The surface as a function of the place.
pub(super) type Surface = Box<dyn Fn(V2) -> Sample + Send + Sync>;
/// The backdrop's colour as a function of the place.
pub(super) type Backdrop = Box<dyn Fn(V2) -> Rgb + Send + Sync>;

/// Words for the captions of a part.
#[derive(Clone, Debug)]
pub(super) struct Words {
    pub colour: &'static str,
    pub material: &'static str,
    /// Nouns for the part: that of the category first, then synonyms.
    pub nouns: &'static [&'static str],
}

/// One part before its backdrop.
pub(super) struct Scene {
    pub surface: Surface,
    pub backdrop: Backdrop,
    pub words: Words,
    /// Height of the part above its backdrop in widths of the picture, which decides the length of its
    /// shadow.
    pub lift: f32,
}

/// Place, size and angle of an object in the picture.
#[derive(Clone, Copy)]
pub(super) struct Pose {
    centre: V2,
    turn: V2,
    pub scale: f32,
}

impl Pose {
    /// A random pose: the longest side of the object between `low` and `high` widths of the picture; turned
    /// by at most `degrees`.
    pub fn new(dice: &mut Dice, low: f32, high: f32, degrees: f32) -> Self {
        let scale = dice.range(low, high);
        let slack = ((0.98 - scale) / 2.0).clamp(0.0, 0.04);
        Self {
            centre: v2(dice.range(-slack, slack), dice.range(-slack, slack)),
            turn: heading(dice.range(-degrees, degrees).to_radians()),
            scale,
        }
    }

    /// A place of the picture in the object's own frame, where its longest side is 1.
    pub fn local(&self, p: V2) -> V2 {
        (p - self.centre).unturned(self.turn) * (1.0 / self.scale)
    }

    /// Width of an anti-aliased edge in the object's frame.
    pub fn edge(&self) -> f32 {
        EDGE / self.scale
    }
}

/// Angle, scale and offset of a texture; mostly near the axes, as materials lie on an inspection table.
pub(super) struct Lay {
    turn: V2,
    offset: V2,
}

impl Lay {
    pub fn new(dice: &mut Dice, degrees: f32) -> Self {
        Self {
            turn: heading(dice.range(-degrees, degrees).to_radians()),
            offset: v2(dice.range(-3.0, 3.0), dice.range(-3.0, 3.0)),
        }
    }

    pub fn at(&self, p: V2) -> V2 {
        p.unturned(self.turn) + self.offset
    }
}

/// A table, tray or belt whose brightness differs from the part's.
pub(super) fn backdrop(dice: &mut Dice, part: Rgb) -> Backdrop {
    let mut colour = part;
    for _ in 0..8 {
        colour = palette::tone(
            dice,
            &[palette::GREY, palette::GREY, palette::BEIGE, palette::BLACK, palette::WHITE, palette::BLUE],
        )
        .1;
        if (palette::luma(colour) - palette::luma(part)).abs() > 0.2 {
            break;
        }
    }
    let coarse = super::noise::Field::fractal(dice, 3.0);
    let frequency = dice.range(50.0, 120.0);
    let fine = super::noise::Field::smooth(dice, frequency);
    let (a, b) = (dice.range(0.0, 0.05), dice.range(0.0, 0.07));
    Box::new(move |p| palette::scale(colour, 1.0 + a * coarse.at(p) + b * fine.at(p)))
}

/// A backdrop of one colour.
pub(super) fn plain(colour: Rgb) -> Backdrop {
    Box::new(move |_| colour)
}

/// A part and its backdrop, sampled on a grid, row-major.
#[derive(Clone)]
pub(super) struct Raster {
    pub format: Format,
    pub samples: Vec<Sample>,
    pub back: Vec<Rgb>,
}

impl Raster {
    pub fn new(scene: &Scene, format: Format) -> Self {
        let mut samples = Vec::with_capacity(format.area());
        let mut back = Vec::with_capacity(format.area());
        for row in 0..format.height {
            for column in 0..format.width {
                let p = Self::place(format, column, row);
                let sample = (scene.surface)(p);
                back.push(if sample.cover < 1.0 { (scene.backdrop)(p) } else { [0.0; 3] });
                samples.push(sample);
            }
        }
        Self { format, samples, back }
    }

    /// Centre of a cell in picture coordinates.
    pub fn place(format: Format, column: usize, row: usize) -> V2 {
        let (unit, (high, wide)) = (format.unit() as f32, format.extent());
        let at = |i: usize, extent: f32| (i as f32 + 0.5) / unit - 0.5 * extent;
        v2(at(column, wide), at(row, high))
    }

    /// The cell at a place, if it is in the picture.
    pub fn get(&self, p: V2) -> Option<&Sample> {
        let Format { height, width } = self.format;
        let (unit, (high, wide)) = (self.format.unit() as f32, self.format.extent());
        let at = |v: f32, extent: f32| ((v + 0.5 * extent) * unit).floor();
        let (x, y) = (at(p.x, wide), at(p.y, high));
        (x >= 0.0 && y >= 0.0 && x < width as f32 && y < height as f32)
            .then(|| &self.samples[y as usize * width + x as usize])
    }
}
