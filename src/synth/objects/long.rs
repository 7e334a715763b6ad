//! Elongated parts.

use super::super::dice::Dice;
use super::super::letters::text;
use super::super::noise::Field;
use super::super::palette::{
    self, BEIGE, BLACK, BLUE, BRASS, BROWN, GREY, RED, STEEL, WHITE, WOOD, luma, mix, scale,
};
use super::super::scene::{Pose, Sample, Scene, Words};
use super::super::shape::{bevel, cell, dome, inside, lerp, rect, segment, smooth, v2};
use super::{NOTHING, object};

/// A two-coloured medicine capsule.
pub(in super::super) fn capsule(dice: &mut Dice) -> Scene {
    let (colour, left) = palette::tone(dice, &[RED, BROWN, WHITE, BLUE, BEIGE]);
    let (_, right) = palette::tone(dice, &[WHITE, BEIGE, GREY, BROWN]);
    let pose = Pose::new(dice, 0.68, 0.9, 15.0);
    let (radius, gloss) = (dice.range(0.15, 0.2), dice.range(0.4, 0.9));
    let (seam, printed) = (dice.range(-0.06, 0.1), dice.chance(0.6));
    let (salt, letters) = (dice.salt(), dice.int(2, 5));
    let ink = if luma(left) > 0.5 { [0.18, 0.17, 0.2] } else { [0.85, 0.83, 0.8] };
    let edge = pose.edge();
    let cloud = Field::fractal(dice, 4.0);
    let words =
        Words { colour, material: "gelatine", nouns: &["capsule", "medicine capsule", "gel capsule"] };
    object(dice, pose, left, 0.04, words, move |p| {
        let (near, _) = segment(p, v2(-0.5 + radius, 0.0), v2(0.5 - radius, 0.0));
        let wider = 0.006 * smooth(seam + 0.004, seam - 0.004, p.x);
        let d = near - radius - wider + 0.006;
        if d > 0.02 {
            return NOTHING;
        }
        let body = mix(left, right, smooth(seam - edge, seam + edge, p.x));
        let line = smooth(0.012, 0.004, (p.x - seam).abs());
        let mut own = scale(body, (1.0 - 0.25 * line) * (1.0 + 0.04 * cloud.at(p)));
        if printed {
            let mark = smooth(0.012, 0.007, text(p - v2(-0.24 + seam * 0.5, 0.0), 0.075, letters, salt));
            own = mix(own, ink, 0.85 * mark);
        }
        let h = radius * dome((near / radius).min(1.0)) + wider;
        Sample { albedo: own, height: h * 0.9, gloss, cover: inside(d, edge) }
    })
}

/// A sharpened hexagonal pencil along x.
pub(in super::super) fn pencil(dice: &mut Dice) -> Scene {
    let (colour, paint) = palette::tone(dice, &[BRASS, RED, BLACK, BLUE, WOOD, GREY]);
    let (_, wood) = palette::tone(dice, &[&WOOD[..2]]);
    let (_, ferrule) = palette::tone(dice, &[STEEL, BRASS]);
    let (_, rubber) = palette::tone(dice, &[&RED[2..3], WHITE]);
    let pose = Pose::new(dice, 0.86, 0.95, 12.0);
    let (flip, half, gloss) = (dice.sign(), dice.range(0.045, 0.07), dice.range(0.2, 0.6));
    let (tip, salt, letters) = (dice.range(0.13, 0.18), dice.salt(), dice.int(5, 9));
    let edge = pose.edge();
    let grain = Field::grain(dice, 4.0, 60.0);
    let words = Words { colour, material: "wooden", nouns: &["pencil", "wooden pencil", "lead pencil"] };
    object(dice, pose, paint, 0.03, words, move |p| {
        let p = v2(p.x * flip, p.y);
        let taper = ((p.x + 0.5) / tip).clamp(0.0, 1.0);
        let local = half * taper.max(0.04);
        let d = rect(p, v2(0.5, local), 0.002 + 0.02 * smooth(0.4, 0.5, p.x) * half);
        if d > 0.02 {
            return NOTHING;
        }
        let t = (p.y / local).clamp(-1.0, 1.0);
        let scallop = -0.5 + tip - 0.02 + 0.025 * (t * 9.4).cos();
        let side = if t.abs() < 0.42 { 1.0 } else { lerp(1.0, 0.3, (t.abs() - 0.42) / 0.58) };
        let (mut own, mut h, mut shine) = (paint, half * side, gloss);
        own = scale(own, 1.0 - 0.12 * smooth(0.05, 0.0, (t.abs() - 0.42).abs()));
        let mark = smooth(0.0075, 0.0045, text(v2((p.x - 0.12) * flip, p.y), 0.042, letters, salt))
            * smooth(0.4, 0.35, t.abs());
        own = mix(own, if luma(paint) > 0.45 { [0.2, 0.18, 0.16] } else { [0.8, 0.72, 0.5] }, 0.8 * mark);
        if p.x < scallop {
            own = scale(wood, 1.0 + 0.12 * grain.at(p));
            (h, shine) = (local * dome(t), 0.03);
            if p.x < -0.5 + tip * 0.3 {
                (own, shine) = ([0.17, 0.17, 0.18], 0.3);
            }
        } else if p.x > 0.43 {
            (own, h, shine) = (rubber, half * dome(t), 0.05);
        } else if p.x > 0.34 {
            let ring = (p.x * 260.0).sin();
            (own, h, shine) = (scale(ferrule, 1.0 + 0.1 * ring), half * dome(t) + 0.002 * ring, 0.7);
        }
        Sample { albedo: own, height: h, gloss: shine, cover: inside(d, edge) }
    })
}

/// A measuring stick with ticks and numbers.
pub(in super::super) fn ruler(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[WOOD, BEIGE, STEEL, WHITE]);
    let pose = Pose::new(dice, 0.85, 0.95, 10.0);
    let (half, step) = (dice.range(0.09, 0.15), dice.range(0.016, 0.026));
    let (gloss, salt, both) = (dice.range(0.05, 0.4), dice.salt(), dice.chance(0.4));
    let edge = pose.edge();
    let grain = Field::grain(dice, 2.0, 45.0);
    let (rough, groove) = (dice.range(0.03, 0.14), dice.range(0.0, 0.6));
    let words =
        Words { colour, material: "wooden", nouns: &["ruler", "measuring stick", "scale", "straightedge"] };
    let words = if colour.contains("steel") { Words { material: "metal", ..words } } else { words };
    object(dice, pose, base, 0.015, words, move |p| {
        let d = rect(p, v2(0.5, half), 0.01);
        if d > 0.02 {
            return NOTHING;
        }
        let (k, f) = cell(p.x / step + 0.5);
        let reach = if k % 10 == 0 {
            0.06
        } else if k % 5 == 0 {
            0.045
        } else {
            0.028
        };
        let in_range = smooth(0.475, 0.47, p.x.abs());
        let tick = smooth(0.0045, 0.002, f.abs() * step) * in_range;
        let top = tick * smooth(edge, 0.0, p.y + half - reach);
        let bottom = if both { tick * smooth(edge, 0.0, half - p.y - reach) } else { 0.0 };
        let (n, g) = cell(p.x / step / 10.0 + 0.5);
        let number = text(v2(g * step * 10.0, p.y + half - 0.09), 0.045, 1, salt ^ n as u32);
        let ink = top.max(bottom).max(smooth(0.009, 0.005, number) * in_range);
        let line = groove * smooth(0.006, 0.002, (p.y - half * 0.45).abs());
        let own = scale(
            mix(base, [0.14, 0.13, 0.13], 0.85 * ink),
            (1.0 + rough * grain.at(p)) * (1.0 - 0.3 * line),
        );
        Sample { albedo: own, height: 0.03 * bevel(d, 0.02) - 0.004 * line, gloss, cover: inside(d, edge) }
    })
}

/// A round cell with a printed wrap, upright.
pub(in super::super) fn battery(dice: &mut Dice) -> Scene {
    let (colour, wrap) = palette::tone(dice, &[BLACK, BRASS, GREY, BROWN, BLUE]);
    let (_, band) =
        palette::tone(dice, if luma(wrap) > 0.4 { &[BLACK, RED, BROWN] } else { &[BRASS, WHITE, BEIGE] });
    let pose = Pose::new(dice, 0.78, 0.92, 12.0);
    let (half, flip, gloss) = (dice.range(0.15, 0.19), dice.sign(), dice.range(0.35, 0.7));
    let (border, letters, salt) = (dice.range(-0.25, -0.12), dice.int(4, 6), dice.salt());
    let edge = pose.edge();
    let (_, metal) = palette::tone(dice, &[&STEEL[..3]]);
    let fine = Field::streaks(dice, 1.5, 40.0);
    let words = Words { colour, material: "cylindrical", nouns: &["battery", "battery cell", "dry cell"] };
    object(dice, pose, wrap, 0.045, words, move |p| {
        let p = v2(p.x, p.y * flip);
        let can = rect(p - v2(0.0, 0.02), v2(half, 0.48), 0.02);
        let pole = rect(p - v2(0.0, -0.47), v2(half * 0.36, 0.03), 0.01);
        let d = can.min(pole);
        if d > 0.02 {
            return NOTHING;
        }
        let t = (p.x / half).clamp(-1.0, 1.0);
        let mut own = mix(wrap, band, smooth(border + edge, border - edge, p.y));
        let line = smooth(edge * 1.5, 0.0, (p.y - border - 0.03).abs() - 0.006);
        own = mix(own, band, line);
        // letters run along the cell
        let mark = smooth(0.02, 0.013, text(v2((p.y - 0.14) * flip, -p.x), 0.13, letters, salt));
        own = mix(own, if luma(wrap) > 0.4 { [0.16, 0.15, 0.15] } else { [0.86, 0.84, 0.8] }, mark);
        let plus = rect(v2(p.x, p.y + 0.36), v2(0.04, 0.01), 0.0).min(rect(
            v2(p.x, p.y + 0.36),
            v2(0.01, 0.04),
            0.0,
        ));
        own = mix(
            own,
            if luma(band) > 0.4 { [0.16, 0.15, 0.15] } else { [0.86, 0.84, 0.8] },
            inside(plus, edge),
        );
        let metallic = smooth(-0.435, -0.445, p.y).max(smooth(0.475, 0.485, p.y));
        own = mix(own, scale(metal, 1.0 + 0.1 * fine.at(p)), metallic);
        let bead = 0.012 * (smooth(0.015, 0.0, (p.y + 0.42).abs()) + smooth(0.015, 0.0, (p.y - 0.46).abs()));
        let radius = if can < 0.0 { half } else { half * 0.36 };
        let h = radius * dome((p.x / radius).clamp(-1.0, 1.0)) - bead;
        own = scale(own, lerp(0.7, 1.02, dome(t)));
        Sample { albedo: own, height: h * 0.75, gloss, cover: inside(d, edge) }
    })
}
