//! Repeated patterns: honeycomb, printed dots, tweed, cane lattice.

use super::super::dice::Dice;
use super::super::noise::{Field, unit};
use super::super::palette::{
    self, BEIGE, BLACK, BLUE, BRASS, BROWN, GREY, RED, STEEL, WHITE, WOOD, mix, scale,
};
use super::super::scene::{Lay, Sample, Scene, Words, plain};
use super::super::shape::{EDGE, V2, bevel, cell, inside, lerp, rect, smooth, v2};
use super::woven::{finish, weave};

/// Distance from the middle of the hexagon (flat to flat: 1) that holds `p`, as a share of its half width, and its number.
fn hexagon(p: V2) -> (f32, i32, i32) {
    let tall = 3.0_f32.sqrt();
    let reach = |c: V2| c.x.abs().max(0.5 * c.x.abs() + 0.5 * tall * c.y.abs()) * 2.0;
    let ((i, fx), (j, fy)) = (cell(p.x), cell(p.y / tall));
    let ((k, gx), (l, gy)) = (cell(p.x - 0.5), cell(p.y / tall - 0.5));
    let (here, there) = (v2(fx, fy * tall), v2(gx, gy * tall));
    if reach(here) < reach(there) {
        (reach(here), 2 * i, 2 * j)
    } else {
        (reach(there), 2 * k + 1, 2 * l + 1)
    }
}

/// Six-sided cells between thin walls, some filled.
pub(in super::super) fn honeycomb(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL, BEIGE, BRASS, WHITE, GREY]);
    let (_, deep) = palette::tone(dice, &[BLACK, BROWN, GREY]);
    let lay = Lay::new(dice, 12.0);
    let period = 1.0 / dice.log_range(6.0, 15.0);
    let (wall, soft) = (dice.range(0.12, 0.5), dice.range(0.02, 0.12));
    let (gloss, rough, depth) = (dice.range(0.1, 0.5), dice.range(0.03, 0.12), dice.range(0.5, 1.0));
    let fine = Field::fractal(dice, 40.0);
    let salt = dice.salt();
    let surface = move |p: V2| {
        let q = lay.at(p);
        let (reach, i, j) = hexagon(v2(q.x / period, q.y / period));
        let hollow = smooth(1.0 - wall + soft, 1.0 - wall - soft, reach);
        let own = 1.0 + 0.15 * (unit(i, j, salt) - 0.5);
        let bottom = scale(deep, own * lerp(1.0, 0.5, reach));
        let top = scale(base, 1.0 + rough * fine.at(p));
        Sample::solid(
            mix(top, bottom, hollow * depth),
            0.12 * period * (1.0 - hollow),
            gloss * (1.0 - hollow),
        )
    };
    Scene {
        surface: Box::new(surface),
        backdrop: plain(scale(base, 0.3)),
        words: Words {
            colour,
            material: "aluminium",
            nouns: &["honeycomb", "honeycomb panel", "cell structure", "hexagonal grid"],
        },
        lift: 0.015,
    }
}

/// Cloth or paper with printed dots.
pub(in super::super) fn polka_dots(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BEIGE, WHITE, GREY, BLUE, RED, BROWN]);
    let (_, ink) = palette::tone(dice, &[BLACK, WHITE, BROWN, GREY]);
    let lay = Lay::new(dice, 12.0);
    let period = 1.0 / dice.log_range(5.0, 14.0);
    let (radius, staggered) = (period * dice.range(0.16, 0.36), dice.chance(0.6));
    let (square, raised) = (dice.chance(0.25), dice.range(0.0, 0.08));
    let (rough, gloss, faded) = (dice.range(0.03, 0.12), dice.range(0.02, 0.3), dice.range(0.0, 0.3));
    let weft = Field::grain(dice, 40.0, 90.0);
    let cloud = Field::fractal(dice, 4.0);
    let salt = dice.salt();
    let surface = move |p: V2| {
        let q = lay.at(p);
        let (j, fy) = cell(q.y / period);
        let (i, fx) = cell(q.x / period + if staggered { 0.5 * (j & 1) as f32 } else { 0.0 });
        let c = v2(fx * period, fy * period);
        let d = if square { rect(c, v2(radius, radius), 0.2 * radius) } else { c.length() - radius };
        let print = inside(d, EDGE * 1.5) * (1.0 - faded * unit(i, j, salt));
        let shade = 1.0 + rough * (weft.at(q) + cloud.at(p));
        Sample::solid(scale(mix(base, ink, print), shade), raised * period * bevel(d, 0.3 * radius), gloss)
    };
    Scene {
        surface: Box::new(surface),
        backdrop: plain(scale(base, 0.5)),
        words: Words {
            colour,
            material: "printed",
            nouns: &["polka dots", "dotted cloth", "dotted paper", "dot pattern", "spotted fabric"],
        },
        lift: 0.008,
    }
}

/// Wool woven in a herringbone or in steps.
pub(in super::super) fn tweed(dice: &mut Dice) -> Scene {
    let (colour, dark) = palette::tone(dice, &[GREY, BROWN, BLUE, RED, BLACK]);
    let light = mix(dark, [0.84, 0.82, 0.76], dice.range(0.2, 0.7));
    let period = 1.0 / dice.log_range(14.0, 40.0);
    let over: fn(i32, i32) -> bool = match dice.int(0, 3) {
        0 => |i, j| (if j.rem_euclid(16) < 8 { i + j } else { i - j }).rem_euclid(4) < 2,
        1 => |i, j| (if i.rem_euclid(12) < 6 { i + j } else { j - i }).rem_euclid(4) < 2,
        2 => |i, j| (i + 2 * j).rem_euclid(5) != 0,
        _ => |i, j| (i + j).rem_euclid(4) < 2,
    };
    let size = v2(period, period * dice.range(0.8, 1.4));
    let w = weave(dice, size, over, dark, light, (0.85, 1.0), 0.3);
    finish(
        w,
        Words { colour, material: "wool", nouns: &["tweed", "herringbone", "wool cloth", "suit fabric"] },
    )
}

/// Strips of cane crossing over dark openings.
pub(in super::super) fn lattice(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[WOOD, BEIGE, BROWN, WHITE, GREY]);
    let (_, deep) = palette::tone(dice, &[BLACK, BROWN, GREY, WHITE]);
    let lay = Lay::new(dice, 12.0);
    let period = 1.0 / dice.log_range(5.0, 13.0);
    let (strip, aspect, slant) = (dice.range(0.3, 0.75), dice.range(0.7, 1.0), dice.chance(0.4));
    let (rough, gloss, round) = (dice.range(0.05, 0.2), dice.range(0.05, 0.35), dice.range(0.1, 0.5));
    let grain = Field::grain(dice, 4.0, 60.0);
    let cloud = Field::fractal(dice, 3.0);
    let surface = move |p: V2| {
        let mut q = lay.at(p);
        if slant {
            q = v2((q.x + q.y) * 0.707, (q.x - q.y) * 0.707);
        }
        let ((i, fx), (j, fy)) = (cell(q.x / period), cell(q.y / (period * aspect)));
        let hole = rect(
            v2(fx * period, fy * period * aspect),
            v2(0.5 * period * (1.0 - strip), 0.5 * period * aspect * (1.0 - strip)),
            round * 0.4 * period * (1.0 - strip),
        );
        let open = inside(hole, EDGE * 1.5);
        let over = if (i + j) & 1 == 0 { grain.at(q) } else { grain.at(v2(q.y, q.x)) };
        let shade = 1.0 + rough * over + 0.08 * cloud.at(p);
        let bottom = scale(deep, 0.5 + 0.2 * cloud.at(p));
        let relief = bevel(-hole, 0.12 * period);
        Sample::solid(
            mix(scale(base, shade * lerp(0.8, 1.0, relief)), bottom, open),
            0.06 * period * relief,
            gloss,
        )
    };
    Scene {
        surface: Box::new(surface),
        backdrop: plain(scale(base, 0.3)),
        words: Words {
            colour,
            material: "cane",
            nouns: &["lattice", "cane webbing", "trellis", "lattice panel"],
        },
        lift: 0.012,
    }
}
