//! Material that is gone: chips, holes, cuts, missing pieces.

use super::super::dice::Dice;
use super::super::noise::{Field, perlin};
use super::super::palette::{luma, mix, scale};
use super::super::shape::{V2, heading, lerp, smooth, v2};
use super::blob::Blob;
use super::defect::{Defect, Site, contrast};

/// A convex outline of straight breaks: the largest of several half-planes.
struct Facets {
    centre: V2,
    planes: Vec<(V2, f32)>,
    rough: f32,
    frequency: f32,
    salt: u32,
}

impl Facets {
    fn new(dice: &mut Dice, centre: V2, size: f32, sides: i32) -> Self {
        let start = dice.turn();
        let planes = (0..sides)
            .map(|k| {
                let angle = start + std::f32::consts::TAU * (k as f32 + dice.range(-0.3, 0.3)) / sides as f32;
                (heading(angle), size / 2.0 * dice.range(0.55, 0.95))
            })
            .collect();
        Self {
            centre,
            planes,
            rough: dice.range(0.02, 0.07) * size,
            frequency: dice.range(4.0, 8.0) / size,
            salt: dice.salt(),
        }
    }

    /// About the signed distance to the outline, negative inside, and the steepest plane.
    fn distance(&self, p: V2) -> (f32, usize) {
        let q = p - self.centre;
        let noise = self.rough * perlin(p * self.frequency, self.salt);
        let mut best = (-9.0_f32, 0);
        for (k, (normal, offset)) in self.planes.iter().enumerate() {
            let d = q.dot(*normal) - offset + noise;
            if d > best.0 {
                best = (d, k);
            }
        }
        best
    }
}

/// A splinter broken off: at the outline it takes the part away, on the face it lays the core bare.
pub(super) fn chip(dice: &mut Dice, site: &Site) -> Defect {
    let sides = dice.int(4, 7);
    let facets = Facets::new(dice, site.at, site.size, sides);
    let rough = Field::fractal(dice, 40.0);
    let amount = (site.strength * 1.1).min(1.0);
    let pale = mix(site.ground, [0.86, 0.84, 0.8], dice.range(0.35, 0.65));
    let deep = scale(site.ground, dice.range(0.35, 0.6));
    let core = contrast(dice, site.ground, deep, pale);
    let (through, depth) = (site.outward.is_some(), site.size * dice.range(0.1, 0.2));
    Defect::new(site.at, site.size * 0.85, move |p, s| {
        let (d, k) = facets.distance(p);
        let w = smooth(0.0015, -0.0025, d);
        if w > 0.0 {
            let fall = smooth(0.0, -0.03, d);
            let shade = 0.92 + 0.16 * ((k * 5 % 7) as f32 / 7.0);
            s.albedo = mix(s.albedo, scale(core, shade * (1.0 + 0.25 * rough.at(p))), w * amount * 0.9);
            s.height -= w * amount * depth * lerp(0.3, 1.0, fall) - 0.003 * w * rough.at(p);
            s.gloss *= 1.0 - w * 0.9;
            if through {
                s.cover *= 1.0 - smooth(-0.004, -0.012, d) * smooth(0.2, 0.5, amount);
            }
        }
    })
}

/// A ragged opening with a darkened rim.
pub(super) fn hole(dice: &mut Dice, site: &Site) -> Defect {
    let aspect = dice.range(0.6, 1.0);
    let blob = Blob::new(dice, site.at, site.size, aspect, 0.7);
    let fray = Field::fractal(dice, 34.0);
    let (ragged, rim) = (dice.range(0.2, 1.0), dice.range(0.2, 0.5));
    let amount = site.strength;
    let open = smooth(0.25, 0.75, amount);
    let inner = scale(site.ground, if luma(site.ground) > 0.25 { 0.2 } else { 2.0 });
    let radius = blob.reach() + 0.02;
    Defect::new(site.at, radius, move |p, s| {
        let d = blob.distance(p) + 0.02 * ragged * fray.at(p);
        let gone = smooth(0.002, -0.003, d);
        let edge = smooth(0.016, 0.0, d) * amount;
        if edge > 0.0 {
            s.albedo = mix(
                scale(s.albedo, 1.0 - rim * edge),
                scale(inner, 0.9 + 0.3 * fray.at(p)),
                gone * amount.min(1.0),
            );
            s.height += 0.004 * edge * (1.0 - gone) - 0.02 * gone * amount;
            s.gloss *= 1.0 - gone;
            s.cover *= 1.0 - 0.85 * gone * open;
        }
    })
}

/// A slit that gapes, its lips lifted.
pub(super) fn cut(dice: &mut Dice, site: &Site) -> Defect {
    let turn = heading(dice.turn());
    let (half, gape) = (site.size / 2.0, site.size * dice.range(0.035, 0.08));
    let bow = dice.range(-0.2, 0.2);
    let fray = Field::fractal(dice, 40.0);
    let ragged = dice.range(0.0, 0.006);
    let at = site.at;
    let (amount, open) = ((site.strength * 1.1).min(1.0), smooth(0.35, 0.8, site.strength));
    let width = gape.clamp(0.006, 0.024) * lerp(0.6, 1.0, open);
    let inner = scale(site.ground, if luma(site.ground) > 0.25 { 0.14 } else { 2.2 });
    Defect::new(at, half + 0.04, move |p, s| {
        let q = (p - at).unturned(turn);
        let t = (q.x / half).clamp(-1.0, 1.0);
        let y = q.y - bow * half * (1.0 - t * t);
        let beyond = (q.x.abs() - half).max(0.0);
        let d = y.abs().hypot(beyond) - width * (1.0 - t * t).sqrt() + ragged * fray.at(p);
        let gone = smooth(0.0018, -0.0018, d) * amount;
        let lip = smooth(0.018, 0.0, d) * amount * smooth(1.0, 0.85, t.abs());
        if lip > 0.0 || gone > 0.0 {
            s.albedo = mix(scale(s.albedo, 1.0 - 0.15 * lip), inner, gone);
            s.height += 0.009 * lip * (1.0 - gone) - 0.01 * gone;
            s.gloss *= 1.0 - gone;
            s.cover *= 1.0 - 0.6 * gone * open;
        }
    })
}

/// A piece of the part that is not there.
pub(super) fn missing_part(dice: &mut Dice, site: &Site) -> Defect {
    let out = site.outward.unwrap_or(v2(1.0, 0.0));
    let inward = site.at - out * (site.size * dice.range(0.0, 0.22));
    let sides = dice.int(4, 6);
    let facets = Facets::new(dice, inward, site.size * 1.25, sides);
    let rough = Field::fractal(dice, 40.0);
    let pale = mix(site.ground, [0.8, 0.79, 0.77], 0.4);
    Defect::new(inward, site.size, move |p, s| {
        let d = facets.distance(p).0 + 0.006 * rough.at(p);
        let broken = smooth(0.01, 0.004, d);
        if broken > 0.0 {
            s.albedo = mix(s.albedo, scale(pale, 0.85 + 0.4 * rough.at(p)), broken * 0.8);
            s.height -= 0.012 * broken;
            s.gloss *= 1.0 - broken;
            s.cover *= 1.0 - smooth(0.0015, -0.0015, d);
        }
    })
}
