//! Keys and spanners.

use super::super::dice::Dice;
use super::super::letters::text;
use super::super::noise::{Field, unit};
use super::super::palette::{self, BLACK, BRASS, STEEL, mix, scale};
use super::super::scene::{Pose, Sample, Scene, Words};
use super::super::shape::{bevel, blend_min, heading, inside, polygon, rect, segment, smooth, v2};
use super::{NOTHING, object};

/// A flat door key along x.
pub(in super::super) fn key(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BRASS, STEEL, STEEL]);
    let pose = Pose::new(dice, 0.8, 0.93, 13.0);
    let (flip, bow, blade) = (dice.sign(), dice.range(0.15, 0.18), dice.range(0.06, 0.075));
    let (sides, hole) = (dice.int(5, 8), dice.range(0.035, 0.05));
    let (salt, cuts, gloss) = (dice.salt(), dice.range(0.055, 0.075), dice.range(0.2, 0.55));
    let round = dice.chance(0.5);
    let edge = pose.edge();
    let fine = Field::grain(dice, 2.5, 30.0);
    let rough = dice.range(0.05, 0.15);
    let words = Words { colour, material: "metal", nouns: &["key", "door key", "metal key"] };
    object(dice, pose, base, 0.022, words, move |p| {
        let p = v2(p.x * flip, p.y);
        let c = p - v2(-0.5 + bow, 0.0);
        let head = if round { c.length() - bow } else { polygon(c, sides, bow * 0.94).max(c.length() - bow) };
        // the bit: flat cuts of different depth joined by slopes
        let x = (p.x - 0.02) / cuts;
        let (i, f) = (x.floor(), x - x.floor());
        let depth = |k: f32| 0.2 + 0.8 * unit(k as i32, 1, salt);
        let cut = depth(i) + (depth(i + 1.0) - depth(i)) * smooth(0.55, 1.0, f);
        let toothed = smooth(0.0, 0.04, p.x) * smooth(0.5, 0.44, p.x);
        let tip = ((p.x - 0.43).max(0.0) * 0.9).min(0.06);
        let top = -blade + tip;
        let low = blade - toothed * cut * blade * 0.75 - tip;
        let shaft = (top - p.y).max(p.y - low).max(p.x - 0.5).max(-0.3 - p.x);
        let d = blend_min(head, shaft * 0.85, 0.02).max(hole - (p - v2(-0.5 + bow * 0.62, 0.0)).length());
        if d > 0.02 {
            return NOTHING;
        }
        let groove = smooth(0.012, 0.004, (p.y + blade * 0.35).abs())
            * smooth(-0.2, -0.16, p.x)
            * smooth(0.47, 0.43, p.x);
        let label = smooth(0.01, 0.005, text(v2((c.x - 0.03) * flip, c.y), 0.06, 3, salt))
            * smooth(bow, bow * 0.9, c.length());
        let mark = fine.at(p);
        let own = scale(base, (1.0 + rough * mark) * (1.0 - 0.3 * groove) * (1.0 - 0.35 * label));
        let h = 0.03 * bevel(d, 0.018) - 0.014 * groove - 0.006 * label + 0.0006 * mark;
        Sample { albedo: own, height: h, gloss, cover: inside(d, edge) }
    })
}

/// A double open-ended spanner along x.
pub(in super::super) fn wrench(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[STEEL, STEEL, BLACK]);
    let pose = Pose::new(dice, 0.88, 0.96, 12.0);
    let (flip, big, small) = (dice.sign(), dice.range(0.13, 0.155), dice.range(0.1, 0.12));
    let (neck, tilt) = (dice.range(0.045, 0.058), heading(dice.range(0.2, 0.35)));
    let (salt, letters, gloss) = (dice.salt(), dice.int(4, 7), dice.range(0.25, 0.6));
    let edge = pose.edge();
    let fine = Field::fractal(dice, 10.0);
    let rough = dice.range(0.03, 0.1);
    let words =
        Words { colour, material: "metal", nouns: &["wrench", "spanner", "open-end wrench", "hand tool"] };
    object(dice, pose, base, 0.03, words, move |p| {
        let p = v2(p.x * flip, p.y);
        let jaw = |centre: f32, radius: f32, side: f32| {
            let q = (p - v2(centre, 0.0)).unturned(v2(tilt.x, tilt.y * side));
            let outward = v2(q.x * side, q.y);
            let slot = rect(outward - v2(radius * 0.75, 0.0), v2(radius * 0.9, radius * 0.46), radius * 0.1);
            (q.length() - radius, slot)
        };
        let ((left, slot_left), (right, slot_right)) =
            (jaw(-0.5 + big, big, -1.0), jaw(0.5 - small, small, 1.0));
        let (rod, _) = segment(p, v2(-0.35, 0.0), v2(0.38, 0.0));
        let handle = rod - neck;
        let d = blend_min(blend_min(left, handle, 0.06), right, 0.06).max(-slot_left).max(-slot_right);
        if d > 0.02 {
            return NOTHING;
        }
        let panel = rect(p, v2(0.22, neck * 0.55), neck * 0.5);
        let sunk = smooth(0.006, -0.006, panel);
        let letter = smooth(0.009, 0.005, text(v2(p.x * flip, p.y), neck * 0.75, letters, salt)) * sunk;
        let mark = fine.at(p);
        let own = scale(mix(base, scale(base, 0.82), sunk), (1.0 + rough * mark) * (1.0 + 0.2 * letter));
        let h = 0.045 * bevel(d, 0.035) - 0.012 * sunk + 0.01 * letter + 0.0006 * mark;
        Sample { albedo: own, height: h, gloss, cover: inside(d, edge) }
    })
}
