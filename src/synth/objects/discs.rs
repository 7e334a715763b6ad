//! Round parts seen from above.

use std::f32::consts::TAU;

use super::super::dice::Dice;
use super::super::letters::text;
use super::super::noise::{Field, unit};
use super::super::palette::{self, BEIGE, BLACK, BLUE, BRASS, BROWN, GREY, RED, STEEL, WHITE, mix, scale};
use super::super::scene::{Pose, Sample, Scene, Words};
use super::super::shape::{V2, bevel, cell, dome, heading, inside, lerp, smooth, v2};
use super::{NOTHING, object};

/// A flat ring of sheet metal, rubber or plastic.
pub(in super::super) fn washer(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL, STEEL, BRASS, BLACK, WHITE]);
    let pose = Pose::new(dice, 0.5, 0.85, 180.0);
    let hole = dice.range(0.17, 0.32);
    let (width, relief, gloss) = (dice.range(0.02, 0.05), dice.range(0.02, 0.04), dice.range(0.15, 0.6));
    let edge = pose.edge();
    let (rings, rough) = (Field::streaks(dice, 70.0, 1.2), dice.range(0.03, 0.16));
    let fine = Field::fractal(dice, 20.0);
    let words =
        Words { colour, material: "metal", nouns: &["washer", "flat washer", "metal ring", "ring", "shim"] };
    object(dice, pose, base, 0.02, words, move |p| {
        let r = p.length();
        let d = (r - 0.5).max(hole - r);
        if d > 0.02 {
            return NOTHING;
        }
        let mark = rings.at(v2(r, p.angle().cos())) + 0.5 * fine.at(p);
        let own = scale(base, 1.0 + rough * mark);
        Sample {
            albedo: own,
            height: relief * bevel(d, width) + 0.0006 * mark,
            gloss,
            cover: inside(d, edge),
        }
    })
}

/// A toothed wheel with a bore.
pub(in super::super) fn gear(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL, STEEL, BRASS, WHITE, BLACK]);
    let pose = Pose::new(dice, 0.6, 0.87, 180.0);
    let teeth = dice.int(11, 30) as f32;
    let depth = (2.4 / teeth).min(0.11) * dice.range(0.7, 1.0);
    let (bore, hub, rim) =
        (dice.range(0.06, 0.13), dice.range(0.17, 0.22), dice.range(0.33, 0.37) - depth * 0.5);
    let windows = if dice.chance(0.45) { dice.int(3, 6) } else { 0 };
    let (gloss, relief, recess) = (dice.range(0.1, 0.5), dice.range(0.03, 0.06), dice.range(0.0, 0.03));
    let edge = pose.edge();
    let (fine, rough) = (Field::fractal(dice, 14.0), dice.range(0.03, 0.12));
    let words = Words { colour, material: "metal", nouns: &["gear", "gear wheel", "cog", "cogwheel"] };
    object(dice, pose, base, 0.03, words, move |p| {
        let r = p.length();
        if r > 0.53 {
            return NOTHING;
        }
        let angle = p.angle();
        let (_, f) = cell(angle / TAU * teeth);
        let tip = smooth(0.37, 0.19, f.abs());
        let outline = (r - (0.5 - depth) - depth * tip) * 0.75;
        let mut d = outline.max(bore - r);
        if windows > 0 {
            let (_, w) = cell(angle / TAU * windows as f32);
            let spot = v2(r - (hub + rim) / 2.0, w * TAU / windows as f32 * r);
            let size = (rim - hub) * 0.36;
            d = d.max(size - v2(spot.x, spot.y * 0.8).length());
        }
        let web = smooth(hub, hub + 0.02, r) * smooth(rim, rim - 0.02, r);
        let mark = fine.at(p);
        let own = scale(base, (1.0 + rough * mark) * lerp(1.0, 0.9, web));
        let h = relief * bevel(d, 0.022) - recess * web + 0.0006 * mark;
        Sample { albedo: own, height: h, gloss, cover: inside(d, edge) }
    })
}

/// Balls between two rings.
pub(in super::super) fn bearing(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL]);
    let pose = Pose::new(dice, 0.55, 0.86, 180.0);
    let (inner, outer) = (dice.range(0.24, 0.28), dice.range(0.38, 0.42));
    let (bore, balls) = (dice.range(0.15, 0.2), dice.int(7, 13) as f32);
    let (dark, gloss) = (dice.range(0.25, 0.5), dice.range(0.3, 0.7));
    let edge = pose.edge();
    let fine = Field::streaks(dice, 60.0, 1.5);
    let words = Words { colour, material: "metal", nouns: &["bearing", "ball bearing", "roller bearing"] };
    object(dice, pose, base, 0.03, words, move |p| {
        let r = p.length();
        let d = (r - 0.5).max(bore - r);
        if d > 0.02 {
            return NOTHING;
        }
        let cover = inside(d, edge);
        let race = (r - outer).max(inner - r);
        let middle = (inner + outer) / 2.0;
        let (_, f) = cell(p.angle() / TAU * balls);
        let ball = v2(r - middle, f * TAU / balls * middle);
        let size = ((outer - inner) / 2.0 * 1.05).min(middle * TAU / balls * 0.46);
        let near = ball.length() / size;
        let steel = scale(base, 1.0 + 0.08 * fine.at(v2(r, p.angle().cos())));
        let on_ring = inside(-race, edge);
        let on_ball = inside((near - 1.0) * size, edge) * (1.0 - on_ring);
        let albedo = mix(mix(scale(base, dark), scale(base, 1.05), on_ball), steel, on_ring);
        let rings = bevel(d, 0.02) * bevel(-race, 0.02) * 0.03;
        let h = on_ring * rings + on_ball * dome(near.min(1.0)) * size * 0.9;
        Sample { albedo, height: h, gloss: gloss * on_ring.max(on_ball), cover }
    })
}

/// A struck disc with rim, beads and an emblem.
pub(in super::super) fn coin(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BRASS, STEEL, BRASS]);
    let pose = Pose::new(dice, 0.6, 0.86, 15.0);
    let (beads, letters, salt) = (dice.int(36, 72) as f32, dice.int(8, 16), dice.salt());
    let (relief, gloss) = (dice.range(0.008, 0.018), dice.range(0.2, 0.55));
    let points = dice.int(3, 8) as f32;
    let (waist, spin, numeral) = (dice.range(0.35, 0.75), heading(dice.turn()), dice.chance(0.5));
    let edge = pose.edge();
    let fine = Field::fractal(dice, 16.0);
    let words = Words { colour, material: "metal", nouns: &["coin", "metal coin", "token", "medal"] };
    object(dice, pose, base, 0.015, words, move |p| {
        let r = p.length();
        let d = r - 0.5;
        if d > 0.02 {
            return NOTHING;
        }
        let angle = p.angle();
        let rim = smooth(0.035, 0.045, -d);
        let (_, f) = cell(angle / TAU * beads);
        let bead = v2(r - 0.43, f * TAU / beads * 0.43).length();
        let mut h = (1.0 - rim) * bevel(d, 0.02) + smooth(0.016, 0.006, bead) * 0.7;
        // letters along the rim
        let (k, a) = cell(angle / TAU * letters as f32 * 1.6);
        if k.rem_euclid(7) != 0 {
            let glyph =
                text(v2(a * TAU / (letters as f32 * 1.6) * 0.35, r - 0.35), 0.07, 1, salt ^ (k as u32));
            h = h.max(0.8 * smooth(0.014, 0.006, glyph));
        }
        let emblem = if numeral {
            text(p, 0.32, 1, salt) - 0.025
        } else {
            let q = p.turned(spin);
            let (_, s) = cell(q.angle() / TAU * points);
            q.length() - 0.24 * lerp(1.0, waist, (2.0 * s.abs()).powf(0.8))
        };
        h = h.max(0.9 * smooth(0.012, -0.012, emblem));
        let own = scale(base, (1.0 + 0.08 * fine.at(p)) * lerp(0.86, 1.05, h.min(1.0)));
        Sample { albedo: own, height: h * relief, gloss, cover: inside(d, edge) }
    })
}

/// A crimped crown cork from above.
pub(in super::super) fn bottle_cap(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[RED, STEEL, BRASS, WHITE, BLUE]);
    let (_, print) =
        palette::tone(dice, if palette::luma(base) > 0.5 { &[RED, BLACK, BLUE] } else { &[WHITE, BEIGE] });
    let pose = Pose::new(dice, 0.5, 0.8, 15.0);
    let (crimps, top) = (21.0, dice.range(0.36, 0.4));
    let (gloss, salt, kind) = (dice.range(0.25, 0.7), dice.salt(), dice.int(0, 2));
    let letters = dice.int(2, 4);
    let edge = pose.edge();
    let fine = Field::fractal(dice, 10.0);
    let words = Words { colour, material: "metal", nouns: &["bottle cap", "crown cap", "cap", "lid"] };
    object(dice, pose, base, 0.035, words, move |p| {
        let r = p.length();
        let wave = (p.angle() * crimps).cos();
        let d = r - 0.475 - 0.02 * wave;
        if d > 0.02 {
            return NOTHING;
        }
        let skirt = smooth(top, 0.5, r);
        let h = 0.1 * (1.0 - skirt * skirt) + 0.018 * wave * skirt;
        let ring = smooth(edge * 1.5, 0.0, (r - top * 0.88).abs() - 0.012);
        let sign = match kind {
            0 => smooth(0.02, 0.012, text(p, 0.2, letters, salt)),
            1 => ring.max(smooth(0.03, 0.02, text(p, 0.3, 1, salt))),
            _ => ring.max(smooth(edge * 1.5, 0.0, r - top * 0.5)),
        };
        let own = scale(mix(base, print, sign), (1.0 + 0.05 * fine.at(p)) * lerp(1.0, 0.85, skirt));
        Sample { albedo: own, height: h, gloss, cover: inside(d, edge) }
    })
}

/// A round button with holes.
pub(in super::super) fn button(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BROWN, BEIGE, WHITE, BLACK, BLUE, RED]);
    let pose = Pose::new(dice, 0.5, 0.82, 180.0);
    let (holes, apart, size) =
        (if dice.chance(0.6) { 4.0 } else { 2.0 }, dice.range(0.1, 0.14), dice.range(0.04, 0.06));
    let (rim, gloss, depth) = (dice.range(0.32, 0.4), dice.range(0.1, 0.6), dice.range(0.02, 0.05));
    let edge = pose.edge();
    let (swirl, amount) = (Field::fractal(dice, 2.0), dice.range(0.0, 0.3));
    let fine = Field::fractal(dice, 15.0);
    let words = Words {
        colour,
        material: "plastic",
        nouns: &["button", "coat button", "shirt button", "sewing button"],
    };
    object(dice, pose, base, 0.025, words, move |p| {
        let r = p.length();
        if r > 0.52 {
            return NOTHING;
        }
        let (_, f) = cell(p.angle() / TAU * holes);
        let a = f * TAU / holes;
        let hole = (v2(a.cos() * r, a.sin() * r) - v2(apart, 0.0)).length() - size;
        let d = (r - 0.5).max(-hole);
        let dish = smooth(rim, rim - 0.05, r);
        let own = scale(base, 1.0 + amount * swirl.at(p) + 0.05 * fine.at(p));
        let h = 0.06 * bevel(r - 0.5, 0.1) - depth * dish + 0.012 * bevel(-hole, 0.02);
        Sample { albedo: own, height: h, gloss, cover: inside(d, edge) }
    })
}

/// Glazed tableware from above.
pub(in super::super) fn plate(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[WHITE, WHITE, BEIGE, GREY, RED]);
    let (_, paint) = palette::tone(dice, &[BLUE, BROWN, RED, BRASS, GREY]);
    let pose = Pose::new(dice, 0.72, 0.87, 180.0);
    let (well, gloss) = (dice.range(0.28, 0.36), dice.range(0.3, 0.8));
    let (bands, dots) = (dice.int(0, 2), if dice.chance(0.5) { dice.int(16, 40) as f32 } else { 0.0 });
    let edge = pose.edge();
    let (speckle, amount) = (Field::smooth(dice, 60.0), dice.range(0.0, 0.08));
    let words = Words { colour, material: "ceramic", nouns: &["plate", "dish", "dinner plate", "saucer"] };
    object(dice, pose, base, 0.03, words, move |p| {
        let r = p.length();
        let d = r - 0.5;
        if d > 0.02 {
            return NOTHING;
        }
        let mut ink = 0.0_f32;
        for k in 0..bands {
            ink = ink.max(smooth(edge * 1.5, 0.0, (r - 0.47 + 0.03 * k as f32).abs() - 0.005));
        }
        if dots > 0.0 {
            let (_, f) = cell(p.angle() / TAU * dots);
            ink = ink.max(smooth(edge * 1.5, 0.0, v2(r - 0.42, f * TAU / dots * 0.42).length() - 0.012));
        }
        let h = 0.05 * smooth(well - 0.03, well + 0.05, r) + 0.012 * smooth(0.46, 0.5, r)
            - 0.03 * smooth(0.49, 0.5, r);
        let own = scale(mix(base, paint, ink), 1.0 - amount * speckle.at(p).max(0.0));
        Sample { albedo: own, height: h, gloss, cover: inside(d, edge) }
    })
}

/// A baked round or square with docking holes.
pub(in super::super) fn biscuit(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[&palette::WOOD[..3], &BEIGE[2..3], &BROWN[1..2]]);
    let pose = Pose::new(dice, 0.55, 0.84, 15.0);
    let (square, lobes) = (dice.chance(0.45), dice.int(18, 34) as f32);
    let (grid, hole) = (dice.range(0.13, 0.19), dice.range(0.014, 0.022));
    let (crust, rough) = (dice.range(0.2, 0.45), dice.range(0.06, 0.16));
    let edge = pose.edge();
    let crumb = Field::fractal(dice, 14.0);
    let bake = Field::fractal(dice, 2.5);
    let (letters, salt) = (if dice.chance(0.4) { dice.int(3, 6) } else { 0 }, dice.salt());
    let words = Words { colour, material: "baked", nouns: &["biscuit", "cookie", "cracker", "shortbread"] };
    object(dice, pose, base, 0.025, words, move |p| {
        let d = if square {
            let wave = 0.012 * ((p.x * lobes * 3.0).cos() + (p.y * lobes * 3.0).cos());
            super::super::shape::rect(p, v2(0.46, 0.46), 0.06) + wave * 0.6
        } else {
            p.length() - 0.48 - 0.014 * (p.angle() * lobes).cos()
        };
        if d > 0.02 {
            return NOTHING;
        }
        let ((_, fx), (_, fy)) = (cell(p.x / grid), cell(p.y / grid));
        let dock: V2 = v2(fx * grid, fy * grid);
        let mut dent = smooth(hole, hole * 0.4, dock.length()) * smooth(-0.08, -0.1, d);
        if letters > 0 {
            let band = smooth(0.09, 0.07, p.y.abs())
                * smooth(letters as f32 * 0.06 + 0.05, letters as f32 * 0.06, p.x.abs());
            dent = lerp(dent, smooth(0.018, 0.008, text(p, 0.11, letters, salt)), band);
        }
        let brown = crust * smooth(-0.12, 0.0, d + 0.03 * bake.at(p)) + 0.12 * bake.at(p);
        let grain = rough * crumb.at(p);
        let own =
            scale(mix(base, [0.42, 0.24, 0.12], brown.clamp(0.0, 0.8)), (1.0 + grain) * (1.0 - 0.4 * dent));
        let h = 0.05 * bevel(d, 0.06) + 0.01 * grain - 0.02 * dent + 0.001 * unit(0, 0, salt);
        Sample { albedo: own, height: h, gloss: 0.04, cover: inside(d, edge) }
    })
}
