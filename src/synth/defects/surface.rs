//! Changes of the relief: pits, bumps, dents, bent structure.

use super::super::dice::Dice;
use super::super::noise::perlin;
use super::super::palette::{mix, scale};
use super::super::shape::{V2, heading, lerp, smooth, v2};
use super::blob::Blob;
use super::defect::{Defect, Site};

/// One to seven small craters.
pub(super) fn pit(dice: &mut Dice, site: &Site) -> Defect {
    let count = dice.int(1, 7);
    let pits: Vec<(V2, f32)> = (0..count)
        .map(|k| {
            let away = if k == 0 { 0.0 } else { site.size * dice.range(0.15, 0.6) };
            let largest = (site.size * 0.3).min(0.055);
            (site.at + heading(dice.turn()) * away, dice.range(0.4, 1.0) * largest.max(0.02))
        })
        .collect();
    let (dark, amount) = (dice.range(0.25, 0.55), site.strength);
    let salt = dice.salt();
    Defect::new(site.at, site.size * 0.6 + 0.08, move |p, s| {
        for &(centre, r) in &pits {
            let d = (p - centre).length() + 0.3 * r * perlin(p * (1.4 / r), salt);
            let w = smooth(r, r * 0.55, d);
            let lip = smooth(r * 1.5, r * 1.1, d) * smooth(r * 0.8, r * 1.05, d);
            s.albedo = mix(s.albedo, scale(s.albedo, dark), w * amount);
            s.height += amount * r * (0.16 * lip - 0.5 * w);
            s.gloss *= 1.0 - 0.7 * w;
        }
    })
}

/// A blister or a lump.
pub(super) fn bump(dice: &mut Dice, site: &Site) -> Defect {
    let aspect = dice.range(0.6, 1.0);
    let blob = Blob::new(dice, site.at, site.size, aspect, 0.45);
    let high = site.strength * site.size * dice.range(0.12, 0.24);
    let (gloss, pale) = (dice.range(0.05, 0.4) * site.strength, dice.range(0.0, 0.3) * site.strength);
    let width = site.size * 0.28;
    let radius = blob.reach();
    Defect::new(site.at, radius, move |p, s| {
        let w = smooth(0.0, -width, blob.distance(p));
        if w > 0.0 {
            s.height += high * w;
            s.gloss += gloss * w;
            s.albedo = mix(s.albedo, [0.85, 0.83, 0.8], pale * w * 0.6);
            s.albedo = scale(s.albedo, 1.0 - 0.12 * w * (1.0 - w) * 4.0);
        }
    })
}

/// A pressed-in hollow that drags the structure along.
pub(super) fn dent(dice: &mut Dice, site: &Site) -> Defect {
    let aspect = dice.range(0.5, 1.0);
    let blob = Blob::new(dice, site.at, site.size, aspect, 0.3);
    let deep = site.strength * site.size * dice.range(0.2, 0.34);
    let crease = dice.range(0.0, 0.25) * site.strength;
    let pull = -site.strength * dice.range(0.25, 0.45);
    let (at, reach, width) = (site.at, site.size / 2.0, site.size * 0.24);
    let radius = blob.reach();
    let mut defect = Defect::new(at, radius, move |p, s| {
        let d = blob.distance(p);
        let w = smooth(0.0, -width, d);
        let ridge = smooth(-width, -width * 0.5, d) * smooth(0.0, -width * 0.4, d);
        s.height -= deep * w;
        s.albedo = scale(s.albedo, 1.0 - crease * ridge - 0.14 * w);
    });
    defect.warp = Some(Box::new(move |p| {
        let q = p - at;
        let k = smooth(reach, 0.0, q.length());
        p + q * (pull * k * -0.6)
    }));
    defect
}

/// Bent or pulled structure.
pub(super) fn deformation(dice: &mut Dice, site: &Site) -> Defect {
    let (at, reach) = (site.at, site.size / 2.0);
    let along = heading(dice.turn());
    let shift = site.strength * site.size * dice.range(0.16, 0.28);
    let spin = dice.sign() * site.strength * dice.range(0.5, 1.1);
    let twist = dice.chance(0.4);
    let stretch = dice.range(0.5, 1.0);
    let lift = site.strength * site.size * dice.range(0.05, 0.12);
    let weight = move |p: V2| {
        let q = (p - at).unturned(along);
        smooth(1.0, 0.1, v2(q.x / reach, q.y / (reach * stretch)).length())
    };
    let mut defect = Defect::new(at, reach + 0.02, move |p, s| {
        let w = weight(p);
        if w > 0.0 {
            s.height += lift * w;
            s.albedo = scale(s.albedo, lerp(1.0, 0.9, smooth(0.0, 0.5, w) * smooth(1.0, 0.5, w)));
        }
    });
    defect.warp = Some(Box::new(move |p| {
        let w = weight(p);
        if twist { at + (p - at).turned(heading(spin * w)) } else { p + along * (shift * w) }
    }));
    defect
}
