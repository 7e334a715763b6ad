//! Threaded parts.

use std::f32::consts::TAU;

use super::super::dice::Dice;
use super::super::noise::Field;
use super::super::palette::{self, BLACK, BRASS, STEEL, mix, scale};
use super::super::scene::{Pose, Sample, Scene, Words};
use super::super::shape::{bevel, dome, inside, lerp, polygon, rect, smooth, v2};
use super::{NOTHING, object};

/// A hexagon-head bolt from the side, its shank along x.
pub(in super::super) fn bolt(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL, STEEL, BRASS, BLACK]);
    let pose = Pose::new(dice, 0.76, 0.92, 14.0);
    let flip = dice.sign();
    let (head, head_half, shank) = (dice.range(0.12, 0.17), dice.range(0.16, 0.22), dice.range(0.075, 0.11));
    let (start, pitch) = (dice.range(-0.25, 0.05), dice.range(0.026, 0.045));
    let gloss = dice.range(0.2, 0.6);
    let edge = pose.edge();
    let (fine, rough) = (Field::fractal(dice, 12.0), dice.range(0.03, 0.12));
    let words =
        Words { colour, material: "metal", nouns: &["bolt", "hexagon bolt", "machine screw", "screw"] };
    object(dice, pose, base, 0.035, words, move |p| {
        let p = v2(p.x * flip, p.y);
        let cap = rect(p - v2(-0.5 + head / 2.0, 0.0), v2(head / 2.0, head_half), 0.02);
        let phase = (p.x + 0.12 * p.y) / pitch;
        let thread = (phase * TAU).cos();
        let threaded = smooth(start, start + 0.01, p.x);
        let point = smooth(0.46, 0.5, p.x) * 0.03;
        let radius = shank * (1.0 + threaded * 0.07 * thread) - point;
        let rod = rect(p - v2(head / 2.0, 0.0), v2(0.5 - head / 2.0, radius), 0.004);
        let d = cap.min(rod);
        if d > 0.02 {
            return NOTHING;
        }
        let mark = fine.at(p);
        let on_cap = inside(cap, edge);
        // three visible faces of the head
        let face = (p.y / head_half).abs();
        let facet = if face < 0.5 { 1.0 } else { lerp(1.0, 0.2, (face - 0.5) * 2.0) };
        let cap_h = 0.1 + 0.09 * facet * bevel(cap, 0.02);
        let round = dome((p.y / (radius + 0.002)).clamp(-1.0, 1.0));
        let rod_h = radius * round + threaded * 0.007 * thread * round;
        let groove = 1.0 - 0.35 * threaded * smooth(0.2, -0.9, thread);
        let own = mix(scale(base, groove * lerp(0.75, 1.03, round)), base, on_cap);
        Sample {
            albedo: scale(own, 1.0 + rough * mark),
            height: lerp(rod_h, cap_h, on_cap) + 0.0006 * mark,
            gloss,
            cover: inside(d, edge),
        }
    })
}

/// A hexagonal nut from above.
pub(in super::super) fn hex_nut(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL, STEEL, BRASS, BLACK]);
    let pose = Pose::new(dice, 0.6, 0.84, 15.0);
    let (hole, gloss) = (dice.range(0.2, 0.26), dice.range(0.2, 0.55));
    let (turns, chamfer) = (dice.int(3, 5) as f32, dice.range(0.42, 0.45));
    let edge = pose.edge();
    let (rings, fine) = (Field::streaks(dice, 50.0, 1.2), Field::fractal(dice, 14.0));
    let rough = dice.range(0.04, 0.12);
    let words = Words { colour, material: "metal", nouns: &["hex nut", "metal nut", "nut", "hexagonal nut"] };
    object(dice, pose, base, 0.035, words, move |p| {
        let r = p.length();
        let outline = polygon(p, 6, 0.433);
        let d = outline.max(hole * 0.8 - r);
        if d > 0.02 {
            return NOTHING;
        }
        let mark = rings.at(v2(r, p.angle().cos())) + 0.5 * fine.at(p);
        let wall = smooth(hole + 0.01, hole, r);
        let depth = ((hole - r) / (hole * 0.2)).clamp(0.0, 1.0);
        let ridge = (depth * turns * TAU + p.angle()).cos();
        let corner = smooth(chamfer, 0.5, r);
        let h = 0.06 * bevel(outline, 0.02) - 0.05 * corner - 0.06 * wall * depth + 0.006 * wall * ridge
            - 0.03 * smooth(hole + 0.035, hole, r);
        let own = scale(base, (1.0 + rough * mark) * lerp(1.0, 0.5 + 0.25 * ridge, wall));
        Sample {
            albedo: own,
            height: h + 0.0006 * mark,
            gloss: gloss * (1.0 - 0.5 * wall),
            cover: inside(d, edge),
        }
    })
}
