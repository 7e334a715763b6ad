//! Lines: scratches, cracks, fibres.

use super::super::dice::Dice;
use super::super::noise::Field;
use super::super::palette::{Rgb, luma, mix, scale};
use super::super::shape::{V2, dome, heading, segment, smooth};
use super::defect::{Defect, Site, contrast};

/// The shape of a random walk: its length and half-width in widths of the picture, how much its heading bends in all and jitters
/// at each step, in radians.
pub(super) struct Walk {
    length: f32,
    steps: usize,
    bend: f32,
    jitter: f32,
    half: f32,
}

/// A chain of points with a half-width at each.
pub(super) struct Line(pub Vec<(V2, f32)>);

impl Line {
    /// Distance to the chain and the half-width at the nearest point.
    pub fn distance(&self, p: V2) -> (f32, f32) {
        let mut best = (9.0_f32, 0.0_f32);
        for pair in self.0.windows(2) {
            let ((a, wa), (b, wb)) = (pair[0], pair[1]);
            let (d, t) = segment(p, a, b);
            if d < best.0 {
                best = (d, wa + (wb - wa) * t);
            }
        }
        best
    }

    /// The line of a random walk from `start` in the direction `angle`.
    pub fn walk(dice: &mut Dice, start: V2, angle: f32, walk: Walk) -> Self {
        let Walk { length, steps, bend, jitter, half } = walk;
        let (mut at, mut angle) = (start, angle);
        let mut points = vec![(at, half * 0.6)];
        for k in 1..=steps {
            angle += bend / steps as f32 + dice.range(-jitter, jitter);
            at = at + heading(angle) * (length / steps as f32);
            let t = k as f32 / steps as f32;
            points.push((at, half * (0.35 + 0.65 * (1.0 - t * t))));
        }
        Self(points)
    }
}

fn distance(lines: &[Line], p: V2) -> (f32, f32) {
    lines.iter().map(|l| l.distance(p)).fold((9.0, 0.0), |a, b| if b.0 - b.1 < a.0 - a.1 { b } else { a })
}

/// One to four nearly parallel grooves.
pub(super) fn scratch(dice: &mut Dice, site: &Site) -> Defect {
    let angle = dice.turn();
    let bend = dice.range(-0.9, 0.9);
    let count = if dice.chance(0.55) { 1 } else { dice.int(2, 4) };
    let across = heading(angle + std::f32::consts::FRAC_PI_2);
    let lines: Vec<Line> = (0..count)
        .map(|k| {
            let length = site.size * dice.range(0.7, 1.0);
            let aside = across * (k as f32 * dice.range(0.008, 0.025));
            let start = site.at - heading(angle + bend / 2.0) * (length / 2.0) + aside;
            let half = dice.range(0.0028, 0.0068);
            let own = angle + dice.range(-0.06, 0.06);
            Line::walk(dice, start, own, Walk { length, steps: 7, bend, jitter: 0.04, half })
        })
        .collect();
    let darker = scale(site.ground, 0.35);
    let lighter = mix(site.ground, [0.93, 0.92, 0.9], 0.7);
    let colour = contrast(dice, site.ground, darker, lighter);
    let amount = site.strength * dice.range(0.65, 0.95);
    let broken = Field::smooth(dice, 30.0);
    Defect::new(site.at, site.size * 0.75 + 0.1, move |p, s| {
        let (d, half) = distance(&lines, p);
        let w = smooth(half + 0.0022, half - 0.0022, d) * (1.0 + 0.5 * broken.at(p)).min(1.0);
        if w > 0.0 {
            s.albedo = mix(s.albedo, colour, (w * amount).min(1.0));
            s.height -= 0.004 * w * amount;
            s.gloss += 0.2 * w * amount;
        }
    })
}

/// A jagged dark line with branches.
pub(super) fn crack(dice: &mut Dice, site: &Site) -> Defect {
    let angle = match site.outward {
        Some(out) => (out * -1.0).angle() + dice.range(-0.5, 0.5),
        None => dice.turn(),
    };
    let start = if site.outward.is_some() { site.at } else { site.at - heading(angle) * (site.size / 2.0) };
    let half = dice.range(0.0035, 0.0085);
    let trunk =
        Line::walk(dice, start, angle, Walk { length: site.size, steps: 11, bend: 0.3, jitter: 0.5, half });
    let mut lines = vec![];
    for _ in 0..dice.int(0, 3) {
        let (from, width) = trunk.0[dice.int(2, 8) as usize];
        let side = angle + dice.sign() * dice.range(0.5, 1.1);
        let length = site.size * dice.range(0.2, 0.45);
        lines.push(Line::walk(
            dice,
            from,
            side,
            Walk { length, steps: 6, bend: 0.0, jitter: 0.45, half: width * 0.8 },
        ));
    }
    lines.push(trunk);
    let deep = scale(site.ground, dice.range(0.1, 0.3));
    let light = mix(site.ground, [0.9, 0.89, 0.86], 0.65);
    let colour = if luma(site.ground) < 0.24 { light } else { deep };
    let amount = (site.strength * 1.1).min(1.0);
    Defect::new(site.at, site.size * 1.25 + 0.02, move |p, s| {
        let (d, half) = distance(&lines, p);
        let w = smooth(half + 0.0018, half - 0.0018, d) * amount;
        let lip = smooth(half + 0.009, half, d) * amount;
        if lip > 0.0 {
            s.albedo = mix(s.albedo, colour, w);
            s.height -= 0.004 * lip + 0.004 * w;
            s.gloss *= 1.0 - w;
        }
    })
}

const FIBRES: &[Rgb] = &[
    [0.9, 0.89, 0.86],
    [0.12, 0.12, 0.13],
    [0.66, 0.16, 0.16],
    [0.2, 0.3, 0.62],
    [0.82, 0.7, 0.36],
    [0.2, 0.46, 0.3],
];

/// A loose fibre that lies on the part and throws a small shadow.
pub(super) fn thread(dice: &mut Dice, site: &Site) -> Defect {
    let half = dice.range(0.0032, 0.0075);
    let (angle, bend) = (dice.turn(), dice.range(-3.5, 3.5));
    let start = site.at - heading(angle + bend / 2.0) * (site.size / 2.5);
    let mut line =
        Line::walk(dice, start, angle, Walk { length: site.size * 1.3, steps: 14, bend, jitter: 0.22, half });
    line.0.iter_mut().for_each(|p| p.1 = half);
    let mut colour = *dice.pick(FIBRES);
    for _ in 0..6 {
        if (0..3).map(|c| (colour[c] - site.ground[c]).abs()).fold(0.0, f32::max) > 0.3 {
            break;
        }
        colour = *dice.pick(FIBRES);
    }
    let (amount, away) = ((site.strength * 1.1).min(1.0), site.lamp * -0.008);
    Defect::new(site.at, site.size * 1.15 + 0.03, move |p, s| {
        let (shade, _) = line.distance(p - away);
        let dark = smooth(half + 0.007, half * 0.5, shade) * 0.4 * amount;
        let (d, _) = line.distance(p);
        let w = smooth(half + 0.0018, half - 0.0018, d) * amount;
        if dark > 0.0 || w > 0.0 {
            s.albedo = mix(scale(s.albedo, 1.0 - dark), colour, w);
            s.height += 1.4 * half * dome((d / half).min(1.0)) * w;
            s.gloss *= 1.0 - w;
            s.cover = s.cover.max(w);
        }
    })
}
