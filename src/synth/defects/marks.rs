//! Things that do not belong on a part: specks, grains, shavings, dirt.

use super::super::dice::Dice;
use super::super::noise::Field;
use super::super::palette::{Rgb, luma, mix, scale, vary};
use super::super::shape::{V2, dome, heading, rect, smooth, v2};
use super::defect::{Defect, Site, contrast};

fn scatter(dice: &mut Dice, site: &Site, count: i32, low: f32, high: f32) -> Vec<(V2, f32)> {
    (0..count)
        .map(|_| {
            let away = site.size * 0.5 * dice.unit().powf(0.8);
            (site.at + heading(dice.turn()) * away, dice.log_range(low, high))
        })
        .collect()
}

/// A group of flat spots of one colour: ink, mould, rust.
pub(super) fn speck(dice: &mut Dice, site: &Site) -> Defect {
    let count = dice.int(2, 9);
    let spots = scatter(dice, site, count, 0.009, 0.028);
    let dark = *dice.pick(&[[0.16, 0.13, 0.12], [0.5, 0.24, 0.1], [0.18, 0.2, 0.42], [0.24, 0.36, 0.2]]);
    let light = *dice.pick(&[[0.92, 0.91, 0.88], [0.82, 0.62, 0.34], [0.66, 0.8, 0.6]]);
    let colour = contrast(dice, site.ground, dark, light);
    let amount = (site.strength * 1.1).min(1.0);
    let fray = Field::fractal(dice, 60.0);
    Defect::new(site.at, site.size * 0.5 + 0.04, move |p, s| {
        let d = spots.iter().map(|(c, r)| (p - *c).length() - r).fold(9.0, f32::min) + 0.006 * fray.at(p);
        let w = smooth(0.002, -0.003, d) * amount;
        if w > 0.0 {
            s.albedo = mix(s.albedo, colour, w * 0.92);
            s.gloss *= 1.0 - 0.6 * w;
        }
    })
}

const BODIES: &[Rgb] = &[
    [0.72, 0.74, 0.77],
    [0.16, 0.5, 0.28],
    [0.8, 0.22, 0.16],
    [0.16, 0.34, 0.7],
    [0.94, 0.94, 0.92],
    [0.12, 0.12, 0.13],
    [0.9, 0.76, 0.2],
];

/// A shaving, granule or scrap that lies on the part and throws a shadow.
pub(super) fn foreign_body(dice: &mut Dice, site: &Site) -> Defect {
    let turn = heading(dice.turn());
    let (kind, curl) = (dice.int(0, 2), dice.range(-2.0, 2.0));
    let half = site.size / 2.0;
    let slim = dice.range(0.3, 0.75);
    let mut picked = *dice.pick(BODIES);
    for _ in 0..8 {
        if (0..3).map(|c| (picked[c] - site.ground[c]).abs()).fold(0.0, f32::max) > 0.28 {
            break;
        }
        picked = *dice.pick(BODIES);
    }
    let colour = vary(dice, picked, 0.1, 0.03);
    let (gloss, thick) = (dice.range(0.1, 0.7), dice.range(0.012, 0.03));
    let fine = Field::fractal(dice, 30.0);
    let (amount, away, at) = ((site.strength * 1.15).min(1.0), site.lamp * (-0.8 * thick), site.at);
    let distance = move |p: V2| {
        let q = (p - at).unturned(turn);
        match kind {
            // a curled shaving
            0 => {
                let bend = q.y - curl * q.x * q.x / site_length(half);
                rect(v2(q.x, bend), v2(half, (half * 0.16).max(0.007)), 0.004)
            }
            // a scrap with straight sides
            1 => rect(v2(q.x + 0.3 * q.y, q.y), v2(half * 0.8, half * slim * 0.8), 0.003),
            // a granule
            _ => (v2(q.x, q.y / slim).length() - half * 0.7) * slim,
        }
    };
    Defect::new(at, half * 1.9 + 0.05, move |p, s| {
        let shade = smooth(0.012, -0.006, distance(p - away)) * 0.5 * amount;
        let d = distance(p);
        let w = smooth(0.002, -0.002, d) * amount;
        if shade > 0.0 || w > 0.0 {
            s.albedo = mix(scale(s.albedo, 1.0 - shade), scale(colour, 1.0 + 0.15 * fine.at(p)), w);
            s.height += w * thick * dome((1.0 + d / thick.min(half * slim)).clamp(0.0, 1.0));
            s.gloss = s.gloss * (1.0 - w) + gloss * w;
            s.cover = s.cover.max(w);
        }
    })
}

fn site_length(half: f32) -> f32 {
    (2.0 * half).max(0.02)
}

/// Powder, mould or grease: a cloud of grains that thins outwards.
pub(super) fn contamination(dice: &mut Dice, site: &Site) -> Defect {
    let count = dice.int(18, 46);
    let grains = scatter(dice, site, count, 0.004, 0.013);
    let dark = *dice.pick(&[[0.14, 0.16, 0.12], [0.3, 0.18, 0.08], [0.14, 0.26, 0.16]]);
    let light = *dice.pick(&[[0.93, 0.92, 0.88], [0.62, 0.76, 0.5], [0.86, 0.76, 0.4], [0.6, 0.74, 0.8]]);
    let colour = if luma(site.ground) > 0.5 { dark } else { light };
    let amount = (site.strength * 1.05).min(1.0);
    let (cloud, at, reach) = (Field::fractal(dice, 26.0), site.at, site.size * 0.5);
    let film = dice.range(0.2, 0.55);
    Defect::new(at, reach + 0.03, move |p, s| {
        let d = grains.iter().map(|(c, r)| (p - *c).length() - r).fold(9.0, f32::min) + 0.006 * cloud.at(p);
        let grain = smooth(0.002, -0.003, d);
        let veil = film * smooth(1.0, 0.35, (p - at).length() / reach + 0.35 * cloud.at(p));
        let w = grain.max(veil) * amount;
        if w > 0.0 {
            s.albedo = mix(s.albedo, scale(colour, 1.0 + 0.2 * cloud.at(p)), w * 0.9);
            s.height += 0.004 * grain * amount;
            s.gloss *= 1.0 - 0.6 * w;
        }
    })
}
