//! Patches: stains, smears, faded areas, burns, paint.

use super::super::dice::Dice;
use super::super::noise::{Field, perlin};
use super::super::palette::{Rgb, luma, mix, multiply, scale, vary};
use super::super::shape::{V2, heading, lerp, smooth, v2};
use super::defect::{Defect, Site, contrast};

/// A lumpy closed outline.
pub(super) struct Blob {
    centre: V2,
    turn: V2,
    half: V2,
    lumps: f32,
    frequency: f32,
    salt: u32,
}

impl Blob {
    /// A blob around `centre`: `size` is the longest diameter; `lumps` from 0 (an ellipse) to about 1 (ragged).
    pub fn new(dice: &mut Dice, centre: V2, size: f32, aspect: f32, lumps: f32) -> Self {
        let half = v2(size / 2.0, size / 2.0 * aspect);
        Self {
            centre,
            turn: heading(dice.turn()),
            half,
            lumps,
            frequency: dice.range(2.2, 4.5) / size,
            salt: dice.salt(),
        }
    }

    /// About the signed distance to the outline, negative inside, in widths of the picture.
    pub fn distance(&self, p: V2) -> f32 {
        let q = (p - self.centre).unturned(self.turn);
        let r = v2(q.x / self.half.x, q.y / self.half.y).length();
        let n =
            perlin(p * self.frequency, self.salt) + 0.5 * perlin(p * (2.3 * self.frequency), self.salt ^ 5);
        (r - 0.8 + 0.55 * self.lumps * n) * self.half.x.min(self.half.y)
    }

    pub fn reach(&self) -> f32 {
        self.half.x.max(self.half.y) * (1.0 + 0.5 * self.lumps) + 0.02
    }
}

const STAINS: &[Rgb] = &[
    [0.62, 0.42, 0.22],
    [0.34, 0.24, 0.18],
    [0.3, 0.36, 0.66],
    [0.66, 0.26, 0.3],
    [0.36, 0.54, 0.34],
    [0.8, 0.68, 0.26],
    [0.3, 0.3, 0.32],
    [0.52, 0.32, 0.52],
    [0.26, 0.5, 0.54],
];

/// A dried liquid with a darker rim.
pub(super) fn stain(dice: &mut Dice, site: &Site) -> Defect {
    let aspect = dice.range(0.5, 1.0);
    let lumps = dice.range(0.2, 0.9);
    let blob = Blob::new(dice, site.at, site.size, aspect, lumps);
    let colour = *dice.pick(STAINS);
    let tint = vary(dice, colour, 0.15, 0.03);
    let (rim, soft) = (dice.range(0.0, 0.45), dice.range(0.004, 0.018));
    let amount = site.strength * dice.range(0.6, 0.95);
    let covering = luma(site.ground) < 0.35;
    let cloud = Field::fractal(dice, 10.0);
    let radius = blob.reach();
    Defect::new(site.at, radius, move |p, s| {
        let d = blob.distance(p);
        let w = smooth(0.0, -soft, d) * amount * (1.0 + 0.3 * cloud.at(p));
        if w > 0.0 {
            let k = (w * lerp(1.0, 1.0 + rim, smooth(-0.02, -0.004, d))).min(1.0);
            let wet = if covering { mix(s.albedo, scale(tint, 1.1), 0.6) } else { multiply(s.albedo, tint) };
            s.albedo = mix(s.albedo, wet, k);
            s.gloss += 0.1 * w;
        }
    })
}

/// Grease or dirt dragged in one direction.
pub(super) fn smear(dice: &mut Dice, site: &Site) -> Defect {
    let aspect = dice.range(0.25, 0.45);
    let blob = Blob::new(dice, site.at, site.size, aspect, 0.5);
    let turn = blob.turn;
    let length = dice.range(3.0, 6.0);
    let streaks = Field::streaks(dice, length, dice_streaks(site.size));
    let dark = *dice.pick(&[[0.2, 0.19, 0.18], [0.3, 0.22, 0.14], [0.26, 0.28, 0.2]]);
    let light = *dice.pick(&[[0.82, 0.8, 0.76], [0.7, 0.66, 0.52], [0.66, 0.72, 0.74]]);
    let colour = contrast(dice, site.ground, dark, light);
    let amount = site.strength * dice.range(0.45, 0.8);
    let radius = blob.reach();
    let at = site.at;
    Defect::new(at, radius, move |p, s| {
        let w = smooth(0.0, -0.03, blob.distance(p));
        if w > 0.0 {
            let q = (p - at).unturned(turn);
            let k = w * amount * smooth(-0.45, 0.35, streaks.at(q));
            s.albedo = mix(s.albedo, colour, k);
            s.gloss += 0.25 * k;
        }
    })
}

fn dice_streaks(size: f32) -> f32 {
    (9.0 / size).min(60.0)
}

/// A patch that bleached, yellowed or changed its hue.
pub(super) fn discoloration(dice: &mut Dice, site: &Site) -> Defect {
    let aspect = dice.range(0.55, 1.0);
    let blob = Blob::new(dice, site.at, site.size, aspect, 0.7);
    let [r, g, b] = site.ground;
    let target: Rgb = match dice.int(0, 4) {
        0 => scale([r, g * 0.9, b * 0.6], 1.05),
        1 => mix(site.ground, [0.9, 0.89, 0.86], 0.55),
        2 => scale([r * 0.7, g * 0.9, b * 1.15 + 0.08], 1.0),
        3 => scale([r * 1.1 + 0.08, g * 0.72, b * 0.7], 1.0),
        _ => scale([r * 0.75, g * 1.0 + 0.04, b * 0.72], 1.0),
    };
    let ratio: [f32; 3] = std::array::from_fn(|c| (target[c] / site.ground[c].max(0.05)).clamp(0.3, 2.6));
    let (soft, amount) = (dice.range(0.015, 0.045), site.strength * dice.range(0.75, 1.0));
    let radius = blob.reach();
    Defect::new(site.at, radius, move |p, s| {
        let w = smooth(0.0, -soft, blob.distance(p)) * amount;
        if w > 0.0 {
            s.albedo = mix(s.albedo, multiply(s.albedo, ratio).map(|v| v.min(0.97)), w.min(1.0));
        }
    })
}

/// Scorched brown with a charred middle.
pub(super) fn burn(dice: &mut Dice, site: &Site) -> Defect {
    let aspect = dice.range(0.55, 1.0);
    let blob = Blob::new(dice, site.at, site.size, aspect, 0.8);
    let amount = (site.strength * dice.range(0.85, 1.05)).min(1.0);
    let core = dice.range(0.25, 0.6) * site.size / 2.0;
    let ash = Field::fractal(dice, 30.0);
    let grey = dice.range(0.0, 0.35);
    let light = luma(site.ground) < 0.22;
    let radius = blob.reach();
    Defect::new(site.at, radius, move |p, s| {
        let d = blob.distance(p);
        let w = smooth(0.0, -0.03, d + 0.012 * ash.at(p)) * amount;
        if w > 0.0 {
            let char = smooth(-0.02, -0.02 - core * 0.6, d + 0.02 * ash.at(p)) * amount;
            let scorched = if light { [0.46, 0.32, 0.2] } else { multiply(s.albedo, [0.62, 0.42, 0.26]) };
            s.albedo = mix(s.albedo, scorched, w);
            let burnt =
                scale(mix([0.07, 0.06, 0.055], [0.5, 0.48, 0.46], grey * smooth(0.1, 0.5, ash.at(p))), 1.0);
            s.albedo = mix(s.albedo, burnt, char * 0.92);
            s.gloss *= 1.0 - 0.9 * w;
            s.height += 0.004 * char * ash.at(p);
        }
    })
}

const PAINTS: &[Rgb] = &[
    [0.78, 0.12, 0.12],
    [0.12, 0.28, 0.74],
    [0.1, 0.56, 0.28],
    [0.92, 0.78, 0.1],
    [0.9, 0.46, 0.08],
    [0.56, 0.16, 0.56],
    [0.1, 0.6, 0.66],
    [0.94, 0.93, 0.9],
];

/// A splash with droplets.
pub(super) fn paint(dice: &mut Dice, site: &Site) -> Defect {
    let aspect = dice.range(0.5, 1.0);
    let main = Blob::new(dice, site.at, site.size * 0.8, aspect, 0.8);
    let drops: Vec<(V2, f32)> = (0..dice.int(2, 7))
        .map(|_| {
            let away = heading(dice.turn()) * (site.size * dice.range(0.4, 0.75));
            (site.at + away, site.size * dice.range(0.025, 0.09))
        })
        .collect();
    let picked = *dice.pick(PAINTS);
    let colour = vary(dice, picked, 0.12, 0.03);
    let amount = (site.strength * 1.05).min(1.0);
    Defect::new(site.at, site.size * 0.9 + 0.02, move |p, s| {
        let mut d = main.distance(p);
        for &(centre, r) in &drops {
            d = d.min((p - centre).length() - r);
        }
        let w = smooth(0.002, -0.002, d) * amount;
        if w > 0.0 {
            let thick = smooth(0.0, -0.015, d);
            s.albedo = mix(s.albedo, scale(colour, lerp(0.88, 1.0, thick)), w * 0.94);
            s.gloss = lerp(s.gloss, 0.5, w);
            s.height += 0.006 * thick * w;
        }
    })
}
