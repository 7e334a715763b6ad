//! Metal and rubber sheets: wire mesh, holes, brush marks, studs.

use super::super::dice::Dice;
use super::super::noise::{Field, unit};
use super::super::palette::{self, BEIGE, BLACK, BRASS, GREY, Rgb, STEEL, WHITE, luma, scale};
use super::super::scene::{Backdrop, Lay, Sample, Scene, Words};
use super::super::shape::{EDGE, V2, bevel, cell, dome, heading, inside, lerp, rect, smooth, v2};

fn behind(dice: &mut Dice, part: Rgb) -> Backdrop {
    let dark = luma(part) > 0.3;
    let (_, colour) = if dark { palette::tone(dice, &[BLACK]) } else { palette::tone(dice, &[WHITE, BEIGE]) };
    let cloud = Field::fractal(dice, 3.0);
    let k = if dark { dice.range(0.5, 1.1) } else { 1.0 };
    Box::new(move |p| scale(colour, k * (1.0 + 0.1 * cloud.at(p))))
}

/// Crossing wires with open meshes.
pub(in super::super) fn mesh(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL, STEEL, BRASS, GREY, BLACK]);
    let backdrop = behind(dice, base);
    let lay = Lay::new(dice, 12.0);
    let diamond = dice.chance(0.35);
    let period = 1.0 / dice.log_range(5.0, 17.0);
    let aspect = if dice.chance(0.6) { 1.0 } else { dice.range(0.6, 1.0) };
    let thick = dice.range(0.16, 0.34);
    let (gloss, wander, uneven) = (dice.range(0.1, 0.6), dice.range(0.0, 0.08), dice.range(0.0, 0.25));
    let drift = Field::smooth(dice, 3.0);
    let fine = Field::fractal(dice, 30.0);
    let (slant, salt) = (heading(std::f32::consts::FRAC_PI_4), dice.salt());
    let surface = move |p: V2| {
        let mut q = lay.at(p);
        if diamond {
            q = q.turned(slant);
        }
        let x = q.x / period + wander * drift.at(p);
        let y = q.y / (period * aspect) + wander * drift.at(v2(p.y, p.x));
        let ((i, fx), (j, fy)) = (cell(x), cell(y));
        let sign = if (i + j) & 1 == 0 { 1.0 } else { -1.0 };
        let (hx, hy) = (dome(2.0 * fx / thick), dome(2.0 * fy / (thick / aspect)));
        let (rx, ry) = (sign * (std::f32::consts::PI * fy).cos(), -sign * (std::f32::consts::PI * fx).cos());
        let edge = EDGE * 1.2;
        let cx = inside((fx.abs() - thick / 2.0) * period, edge);
        let cy = inside((fy.abs() - thick / 2.0 / aspect) * period * aspect, edge);
        let upright = cx > 0.0 && (cy <= 0.0 || rx > ry);
        let (h, r, cover, own) =
            if upright { (hx, rx, cx, unit(i, 3, salt)) } else { (hy, ry, cy, unit(5, j, salt)) };
        let shade = lerp(0.55, 1.1, h) * (1.0 + 0.1 * fine.at(p) + uneven * (own - 0.5)) * (1.0 + 0.08 * r);
        Sample {
            albedo: scale(base, shade),
            height: period * (0.5 * thick * h + 0.08 * r),
            gloss,
            cover: cover.max(cx.max(cy)),
        }
    };
    Scene {
        surface: Box::new(surface),
        backdrop,
        words: Words {
            colour,
            material: "metal",
            nouns: &["mesh", "wire mesh", "metal grid", "wire screen", "grid"],
        },
        lift: 0.02,
    }
}

/// Sheet metal with a regular pattern of holes.
pub(in super::super) fn perforated_sheet(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL, STEEL, GREY, BRASS]);
    let backdrop = behind(dice, base);
    let lay = Lay::new(dice, 12.0);
    let period = 1.0 / dice.log_range(7.0, 13.0);
    let staggered = dice.chance(0.5);
    let (radius, kind) = (period * dice.range(0.26, 0.34), dice.int(0, 2));
    let gloss = dice.range(0.1, 0.45);
    let brushed = Field::grain(dice, 2.0, 70.0);
    let fine = Field::smooth(dice, 100.0);
    let rough = dice.range(0.05, 0.18);
    let surface = move |p: V2| {
        let q = lay.at(p);
        let (j, fy) = cell(q.y / period);
        let (_, fx) = cell(q.x / period + if staggered { 0.5 * (j & 1) as f32 } else { 0.0 });
        let c = v2(fx * period, fy * period);
        let d = match kind {
            0 => c.length() - radius,
            1 => rect(c, v2(radius * 0.85, radius * 0.85), 0.15 * radius),
            _ => rect(c, v2(radius * 1.25, radius * 0.6), 0.6 * radius),
        };
        let shade = 1.0 + rough * (brushed.at(q) + 0.4 * fine.at(p));
        let h = bevel(-d, 0.1 * period) * 0.05 * period;
        Sample {
            albedo: scale(base, shade * lerp(0.8, 1.0, smooth(0.0, 0.08 * period, d))),
            height: h,
            gloss,
            cover: inside(-d, EDGE * 1.2),
        }
    };
    Scene {
        surface: Box::new(surface),
        backdrop,
        words: Words {
            colour,
            material: "metal",
            nouns: &["perforated sheet", "perforated metal", "punched plate", "metal sheet"],
        },
        lift: 0.018,
    }
}

/// Steel with brush marks.
pub(in super::super) fn brushed_steel(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL, STEEL, BRASS]);
    let lay = Lay::new(dice, 12.0);
    let upright = dice.chance(0.4);
    let (fx, fy) = (dice.range(0.6, 3.0), dice.range(60.0, 120.0));
    let (marks, broad) = (Field::grain(dice, fx, fy), Field::grain(dice, fx * 0.5, fy * 0.25));
    let sheen = Field::streaks(dice, 0.4, 1.6);
    let (rough, gloss, glow) = (dice.range(0.06, 0.24), dice.range(0.1, 0.4), dice.range(0.05, 0.3));
    let surface = move |p: V2| {
        let q = lay.at(p);
        let q = if upright { v2(q.y, q.x) } else { q };
        let m = marks.at(q) + 0.5 * broad.at(q);
        Sample::solid(scale(base, 1.0 + rough * m + glow * sheen.at(q)), 0.0006 * m, gloss)
    };
    let back = scale(base, 0.2);
    Scene {
        surface: Box::new(surface),
        backdrop: super::super::scene::plain(back),
        words: Words {
            colour,
            material: "brushed",
            nouns: &["brushed steel", "steel sheet", "metal plate", "metal surface"],
        },
        lift: 0.01,
    }
}

/// Rubber with raised studs or bars.
pub(in super::super) fn rubber_mat(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BLACK, &GREY[2..4], GREY, BEIGE]);
    let lay = Lay::new(dice, 12.0);
    let period = 1.0 / dice.log_range(4.0, 12.0);
    let (kind, staggered) = (dice.int(0, 2), dice.chance(0.5));
    let (size, relief, gloss) =
        (period * dice.range(0.24, 0.38), period * dice.range(0.06, 0.14), dice.range(0.05, 0.35));
    let fine = Field::fractal(dice, 50.0);
    let cloud = Field::fractal(dice, 2.5);
    let slant = heading(std::f32::consts::FRAC_PI_4);
    let (rough, bright) = (dice.range(0.04, 0.14), dice.range(0.0, 0.3));
    let surface = move |p: V2| {
        let q = lay.at(p);
        let (j, fy) = cell(q.y / period);
        let (i, fx) = cell(q.x / period + if staggered { 0.5 * (j & 1) as f32 } else { 0.0 });
        let c = v2(fx * period, fy * period);
        let d = match kind {
            0 => c.length() - size,
            1 => {
                let c = if (i + j) & 1 == 0 { c.turned(slant) } else { c.unturned(slant) };
                rect(c, v2(size * 1.25, size * 0.4), size * 0.4)
            }
            _ => rect(c, v2(size, size), 0.25 * size),
        };
        let h = bevel(d, 0.35 * size);
        let shade = (1.0 + rough * fine.at(p) + 0.06 * cloud.at(p))
            * (1.0 + bright * h)
            * lerp(0.8, 1.0, smooth(0.05 * period, 0.0, d.abs()).mul_add(-0.6, 1.0));
        Sample::solid(scale(base, shade), h * relief + 0.001 * fine.at(p), gloss)
    };
    Scene {
        surface: Box::new(surface),
        backdrop: super::super::scene::plain(scale(base, 0.3)),
        words: Words {
            colour,
            material: "rubber",
            nouns: &["rubber mat", "studded rubber", "floor mat", "rubber sheet"],
        },
        lift: 0.015,
    }
}
