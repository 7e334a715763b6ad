//! Parts with print, pips or letters.

use super::super::dice::Dice;
use super::super::letters::text;
use super::super::noise::Field;
use super::super::palette::{self, BEIGE, BLACK, BROWN, RED, STEEL, WHITE, luma, mix, scale};
use super::super::scene::{Pose, Sample, Scene, Words};
use super::super::shape::{bevel, cell, inside, lerp, rect, smooth, v2};
use super::{NOTHING, object};

/// A packaged integrated circuit with legs on two sides.
pub(in super::super) fn circuit_chip(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BLACK, BLACK, &palette::GREY[2..3]]);
    let (_, metal) = palette::tone(dice, &[&STEEL[..3]]);
    let pose = Pose::new(dice, 0.68, 0.88, 12.0);
    let (half, legs) = (dice.range(0.19, 0.3), dice.int(5, 11) as f32);
    let (reach, gloss) = (dice.range(0.06, 0.09), dice.range(0.02, 0.2));
    let (lines, letters, salt) = (dice.int(2, 3), dice.int(5, 8), dice.salt());
    let (ink, strength) = (palette::tone(dice, &[WHITE, BEIGE]).1, dice.range(0.4, 0.9));
    let edge = pose.edge();
    let grit = Field::fractal(dice, 30.0);
    let words = Words {
        colour,
        material: "plastic",
        nouns: &["circuit chip", "microchip", "integrated circuit", "chip"],
    };
    object(dice, pose, scale(metal, 0.8), 0.025, words, move |p| {
        let body = rect(p, v2(0.5, half), 0.012);
        let (k, f) = cell((p.x + 0.47) / 0.94 * legs);
        let width = 0.94 / legs * 0.24;
        let valid = k >= 0 && k < legs as i32;
        let leg = if valid { (f.abs() * 0.94 / legs - width).max(p.y.abs() - half - reach) } else { 1.0 };
        let d = body.min(leg);
        if d > 0.02 {
            return NOTHING;
        }
        let on = inside(body, edge);
        let mut mark = 0.0_f32;
        let tall = (half * 0.9 / lines as f32).min(0.11);
        for line in 0..lines {
            let y = (line as f32 - (lines - 1) as f32 / 2.0) * tall * 1.55;
            mark = mark.max(smooth(
                0.011,
                0.006,
                text(v2(p.x, p.y - y), tall, letters - line, salt ^ line as u32),
            ));
        }
        let notch = smooth(0.05, 0.045, v2(p.x + 0.5, p.y).length());
        let dot = smooth(0.028, 0.022, v2(p.x + 0.42, p.y - half + 0.08).length());
        let black =
            scale(mix(base, ink, strength * mark), (1.0 + 0.12 * grit.at(p)) * (1.0 - 0.3 * notch.max(dot)));
        let bend = smooth(half + reach * 0.4, half, p.y.abs());
        let h = lerp(0.02 + 0.03 * bend, 0.08 * bevel(body, 0.03) - 0.01 * notch.max(dot), on)
            + 0.0008 * grit.at(p);
        Sample {
            albedo: mix(metal, black, on),
            height: h,
            gloss: lerp(0.6, gloss, on),
            cover: inside(d, edge),
        }
    })
}

/// A domino piece with pips.
pub(in super::super) fn domino(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[WHITE, BLACK, BEIGE, BROWN, RED]);
    let ink = if luma(base) > 0.45 { [0.13, 0.12, 0.12] } else { [0.88, 0.86, 0.82] };
    let pose = Pose::new(dice, 0.74, 0.9, 12.0);
    let (upright, gloss, pip) = (dice.chance(0.4), dice.range(0.15, 0.6), dice.range(0.036, 0.048));
    let faces = [dice.int(1, 6), dice.int(1, 6)];
    let edge = pose.edge();
    let fine = Field::grain(dice, 3.0, 25.0);
    let rough = dice.range(0.02, 0.1);
    let words = Words { colour, material: "plastic", nouns: &["domino", "domino tile", "game piece"] };
    object(dice, pose, base, 0.035, words, move |p| {
        let p = if upright { v2(p.y, p.x) } else { p };
        let d = rect(p, v2(0.5, 0.25), 0.035);
        if d > 0.02 {
            return NOTHING;
        }
        let bar = smooth(edge * 2.0, 0.0, p.x.abs() - 0.006) * smooth(0.21, 0.2, p.y.abs());
        let (face, centre) = if p.x < 0.0 { (faces[0], -0.25) } else { (faces[1], 0.25) };
        let q = v2(p.x - centre, p.y);
        let g = 0.13;
        let mut near = 1.0_f32;
        let mut spot = |x: f32, y: f32| near = near.min((q - v2(x, y)).length());
        if face % 2 == 1 {
            spot(0.0, 0.0);
        }
        if face >= 2 {
            spot(-g, -g);
            spot(g, g);
        }
        if face >= 4 {
            spot(-g, g);
            spot(g, -g);
        }
        if face == 6 {
            spot(-g, 0.0);
            spot(g, 0.0);
        }
        let mark = bar.max(smooth(edge, -edge, near - pip));
        let own = scale(mix(base, ink, mark), 1.0 + rough * fine.at(p));
        Sample { albedo: own, height: 0.07 * bevel(d, 0.045) - 0.012 * mark, gloss, cover: inside(d, edge) }
    })
}

/// A pressed tablet with a score line and letters.
pub(in super::super) fn tablet(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[WHITE, WHITE, BEIGE, &RED[2..3], &palette::GREY[1..2]]);
    let pose = Pose::new(dice, 0.58, 0.82, 15.0);
    let oval = if dice.chance(0.4) { dice.range(0.5, 0.65) } else { 1.0 };
    let (crown, letters, salt) = (dice.range(0.1, 0.2), dice.int(1, 2), dice.salt());
    let (gloss, printed) = (dice.range(0.02, 0.25), dice.chance(0.5));
    let edge = pose.edge();
    let powder = Field::fractal(dice, 25.0);
    let speckle = Field::smooth(dice, 60.0);
    let dots = dice.range(0.0, 0.15);
    let words =
        Words { colour, material: "pressed", nouns: &["tablet", "pill", "medicine tablet", "round pill"] };
    object(dice, pose, base, 0.035, words, move |p| {
        let q = v2(p.x, p.y / oval);
        let r = q.length();
        let d = (r - 0.5) * oval;
        if d > 0.02 {
            return NOTHING;
        }
        let score = smooth(0.022, 0.004, p.x.abs());
        let height = if letters == 1 { 0.22 } else { 0.17 } * oval.max(0.75);
        let glyph = text(v2(p.x + 0.22, p.y), height, letters, salt).min(text(
            v2(p.x - 0.22, p.y),
            height,
            letters,
            salt ^ 9,
        ));
        let mark = smooth(0.02, 0.012, glyph);
        let rim = smooth(0.41, 0.43, r);
        let h = 0.05 * bevel(d, 0.05) + crown * (1.0 - r * r * 4.0).max(0.0) * 0.3 + 0.008 * rim
            - 0.022 * score
            - if printed { 0.0 } else { 0.012 * mark };
        let own = scale(
            base,
            (1.0 + 0.05 * powder.at(p))
                * (1.0 - 0.12 * score)
                * (1.0 - dots * smooth(0.5, 0.7, speckle.at(p))),
        );
        let own = mix(own, [0.25, 0.23, 0.28], if printed { 0.75 * mark } else { 0.12 * mark });
        Sample { albedo: own, height: h + 0.0006 * powder.at(p), gloss, cover: inside(d, edge) }
    })
}
