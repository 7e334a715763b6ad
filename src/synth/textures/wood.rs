//! Grown or pressed fibres: planks, parquet, cardboard.

use super::super::dice::Dice;
use super::super::noise::{Field, unit};
use super::super::palette::{self, BROWN, Rgb, WOOD, scale};
use super::super::scene::{Lay, Sample, Scene, Words, plain};
use super::super::shape::{V2, cell, lerp, smooth, v2};

/// Timber with rings and pores along x.
struct Timber {
    base: Rgb,
    rings: f32,
    contrast: f32,
    pores: f32,
    bend: Field,
    fine: Field,
    pore: Field,
    cloud: Field,
}

impl Timber {
    fn new(dice: &mut Dice, base: Rgb) -> Self {
        let bend = dice.range(2.0, 5.0);
        Self {
            base,
            rings: dice.log_range(10.0, 32.0),
            contrast: dice.range(0.08, 0.3),
            pores: dice.range(0.1, 0.35),
            bend: Field::streaks(dice, 0.25 * bend, bend),
            fine: Field::grain(dice, 3.0, 50.0),
            pore: Field::streaks(dice, 14.0, 150.0),
            cloud: Field::fractal(dice, 2.0),
        }
    }

    /// Colour and height at a place of the board; `shift` makes boards differ.
    fn at(&self, q: V2, shift: f32) -> (Rgb, f32) {
        let q = v2(q.x + 1.7 * shift, q.y + 0.9 * shift);
        let phase = self.rings * (q.y + 0.22 * self.bend.at(q)) + 0.35 * self.fine.at(q);
        let f = phase - phase.floor();
        // early wood darkens slowly, late wood ends sharply
        let ring = smooth(0.0, 0.85, f) * smooth(1.0, 0.88, f);
        let pore = smooth(0.35, 0.75, self.pore.at(q));
        let k = 1.0 - self.contrast * ring - self.pores * pore * 0.6
            + 0.1 * self.fine.at(q)
            + 0.08 * self.cloud.at(q);
        (
            scale(
                [self.base[0], self.base[1] * lerp(1.0, 0.97, ring), self.base[2] * lerp(1.0, 0.92, ring)],
                k,
            ),
            -0.0012 * pore,
        )
    }
}

/// Long boards side by side.
pub(in super::super) fn oak(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[WOOD]);
    let timber = Timber::new(dice, base);
    let lay = Lay::new(dice, 10.0);
    let upright = dice.chance(0.35);
    let boards = dice.range(1.2, 5.0);
    let (groove, uneven, salt) = (dice.range(0.002, 0.006), dice.range(0.03, 0.16), dice.salt());
    let gloss = dice.range(0.0, 0.2);
    let surface = move |p: V2| {
        let q = lay.at(p);
        let q = if upright { v2(q.y, q.x) } else { q };
        let (j, f) = cell(q.y * boards);
        let (colour, h) = timber.at(q, j as f32);
        let joint = smooth(groove * 0.4, groove, (0.5 - f.abs()) / boards);
        let own = 1.0 + uneven * (unit(j, 5, salt) - 0.5) * 2.0;
        Sample::solid(scale(colour, own * lerp(0.4, 1.0, joint)), h + 0.004 * joint, gloss)
    };
    Scene {
        surface: Box::new(surface),
        backdrop: plain(scale(base, 0.25)),
        words: Words {
            colour,
            material: "wooden",
            nouns: &["oak", "oak board", "wood", "wooden plank", "timber"],
        },
        lift: 0.015,
    }
}

/// Squares of strips that change direction.
pub(in super::super) fn parquet(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[WOOD]);
    let timber = Timber::new(dice, base);
    let lay = Lay::new(dice, 12.0);
    let side = 1.0 / dice.range(2.4, 4.6);
    let strips = dice.int(3, 5) as f32;
    let (uneven, salt, gloss) = (dice.range(0.1, 0.25), dice.salt(), dice.range(0.05, 0.25));
    let surface = move |p: V2| {
        let q = lay.at(p);
        let ((i, fx), (j, fy)) = (cell(q.x / side), cell(q.y / side));
        let (along, across, own) = if (i + j) & 1 == 0 { (fx, fy, q) } else { (fy, fx, v2(q.y, q.x)) };
        let (k, f) = cell((across + 0.5) * strips);
        let shift = unit(i * 7 + k, j, salt);
        let (colour, h) = timber.at(own, 5.0 * shift);
        let gap = ((0.5 - f.abs()) / strips * side).min((0.5 - along.abs()) * side);
        let joint = smooth(0.0008, 0.0035, gap);
        Sample::solid(
            scale(colour, (1.0 + uneven * (shift - 0.5) * 2.0) * lerp(0.45, 1.0, joint)),
            h + 0.003 * joint,
            gloss,
        )
    };
    Scene {
        surface: Box::new(surface),
        backdrop: plain(scale(base, 0.25)),
        words: Words {
            colour,
            material: "wooden",
            nouns: &["parquet", "parquet floor", "wooden floor", "inlaid floor"],
        },
        lift: 0.012,
    }
}

/// Corrugated brown paper.
pub(in super::super) fn cardboard(dice: &mut Dice) -> Scene {
    let (colour, base) =
        palette::tone(dice, &[&BROWN[1..2], &BROWN[3..4], &palette::BEIGE[2..3], &palette::BEIGE[4..5]]);
    let lay = Lay::new(dice, 10.0);
    let upright = dice.chance(0.5);
    let flutes = dice.log_range(9.0, 34.0);
    let (depth, relief) = (dice.range(0.02, 0.16), dice.range(0.02, 0.12) / flutes);
    let fibre = Field::grain(dice, 18.0, 45.0);
    let cloud = Field::fractal(dice, 4.0);
    let fine = Field::smooth(dice, 110.0);
    let rough = dice.range(0.04, 0.12);
    let surface = move |p: V2| {
        let q = lay.at(p);
        let q = if upright { v2(q.y, q.x) } else { q };
        let wave = (q.y * flutes * std::f32::consts::TAU).sin();
        let grain = rough * (fibre.at(q) + 0.6 * fine.at(p)) + 0.06 * cloud.at(p);
        Sample::solid(scale(base, 1.0 + depth * wave + grain), relief * wave + 0.004 * grain, 0.0)
    };
    Scene {
        surface: Box::new(surface),
        backdrop: plain(scale(base, 0.35)),
        words: Words {
            colour,
            material: "corrugated",
            nouns: &["cardboard", "carton", "corrugated board", "packing paper"],
        },
        lift: 0.012,
    }
}
