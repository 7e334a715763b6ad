//! Threads: plain weave, twill, rods, loops and ribs.

use super::super::dice::Dice;
use super::super::noise::{Field, cells, unit};
use super::super::palette::{self, BEIGE, BLUE, BROWN, GREY, RED, Rgb, WHITE, mix, scale};
use super::super::scene::{Lay, Sample, Scene, Words, plain};
use super::super::shape::{V2, cell, dome, heading, lerp, smooth, v2};

/// Two families of threads that pass over and under each other.
pub(super) struct Weave {
    lay: Lay,
    /// Distance between the upright and between the level threads.
    period: V2,
    /// Thickness of a thread in periods.
    thick: V2,
    /// Whether the upright thread `i` lies above the level thread `j`.
    over: fn(i32, i32) -> bool,
    upright: Rgb,
    level: Rgb,
    gap: Rgb,
    /// Difference of the threads in brightness.
    uneven: f32,
    /// Sideways wander of the threads in periods.
    wander: f32,
    /// Strength of the fibres along the threads.
    fibre: f32,
    relief: f32,
    gloss: f32,
    salt: u32,
    drift: [Field; 2],
    along: [Field; 2],
    tone: Field,
}

impl Weave {
    fn at(&self, p: V2) -> Sample {
        let q = self.lay.at(p);
        let x = q.x / self.period.x + self.wander * self.drift[0].at(p);
        let y = q.y / self.period.y + self.wander * self.drift[1].at(p);
        let ((i, fx), (j, fy)) = (cell(x), cell(y));
        // height of the upright thread over the crossing, -1..1, and of the level thread likewise
        let wave = |here: bool, other: bool, t: f32| {
            let sign = if here { 1.0 } else { -1.0 };
            if here == other { sign } else { sign * (std::f32::consts::PI * t).cos() }
        };
        let here = (self.over)(i, j);
        let rise_x = wave(here, (self.over)(i, j + if fy > 0.0 { 1 } else { -1 }), fy);
        let rise_y = -wave(here, (self.over)(i + if fx > 0.0 { 1 } else { -1 }, j), fx);
        let wx = self.thick.x * (1.0 + 0.18 * self.along[0].at(q));
        let wy = self.thick.y * (1.0 + 0.18 * self.along[1].at(q));
        let (dx, dy) = (dome(2.0 * fx / wx), dome(2.0 * fy / wy));
        let (hx, hy) = (
            if dx > 0.0 { 0.55 * dx + 0.45 * rise_x } else { -1.0 },
            if dy > 0.0 { 0.55 * dy + 0.45 * rise_y } else { -1.0 },
        );
        let size = self.period.x.min(self.period.y) * self.relief;
        let (height, albedo, across) = if hx >= hy && dx > 0.0 {
            let k = 1.0
                + self.uneven * (unit(i, 7, self.salt) - 0.5)
                + self.fibre * self.along[0].at(v2(q.x * 3.0, q.y));
            (hx, scale(self.upright, k), dx)
        } else if dy > 0.0 {
            let k = 1.0
                + self.uneven * (unit(9, j, self.salt) - 0.5)
                + self.fibre * self.along[1].at(v2(q.x, q.y * 3.0));
            (hy, scale(self.level, k), dy)
        } else {
            (-1.0, self.gap, 1.0)
        };
        // threads are darker where they go down and at their sides
        let shade =
            (0.62 + 0.3 * (0.5 + 0.5 * height)) * lerp(0.82, 1.06, across) * (1.0 + 0.07 * self.tone.at(p));
        Sample::solid(scale(albedo, shade * 1.1), height * size, self.gloss)
    }
}

pub(super) fn weave(
    dice: &mut Dice,
    period: V2,
    over: fn(i32, i32) -> bool,
    upright: Rgb,
    level: Rgb,
    thick: (f32, f32),
    unevenness: f32,
) -> Weave {
    let lay = Lay::new(dice, 12.0);
    let (fx, fy) = (1.0 / period.x, 1.0 / period.y);
    let wander = dice.range(2.0, 5.0);
    Weave {
        lay,
        period,
        thick: v2(dice.range(thick.0, thick.1), dice.range(thick.0, thick.1)),
        over,
        upright,
        level,
        gap: scale(mix(upright, level, 0.5), dice.range(0.25, 0.45)),
        uneven: dice.range(0.3, 1.0) * unevenness,
        wander: dice.range(0.05, 0.3),
        fibre: dice.range(0.05, 0.2),
        relief: dice.range(0.12, 0.28),
        gloss: dice.range(0.0, 0.12),
        salt: dice.salt(),
        drift: [Field::smooth(dice, wander), Field::smooth(dice, wander)],
        along: [Field::streaks(dice, 2.0 * fx, 0.35 * fy), Field::streaks(dice, 0.35 * fx, 2.0 * fy)],
        tone: Field::fractal(dice, 2.0),
    }
}

pub(super) fn finish(weave: Weave, words: Words) -> Scene {
    let gap = weave.gap;
    Scene { surface: Box::new(move |p| weave.at(p)), backdrop: plain(scale(gap, 0.5)), words, lift: 0.01 }
}

/// Plain weave of one colour.
pub(in super::super) fn linen(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BEIGE, BEIGE, GREY, WHITE, BROWN, BLUE]);
    let period = 1.0 / dice.log_range(13.0, 40.0);
    let other = palette::vary(dice, base, 0.1, 0.02);
    let stretch = dice.range(0.85, 1.2);
    let w =
        weave(dice, v2(period, period * stretch), |i, j| (i + j) & 1 == 0, base, other, (0.72, 0.98), 0.28);
    finish(
        w,
        Words { colour, material: "woven", nouns: &["linen", "linen cloth", "fabric", "cloth", "canvas"] },
    )
}

/// Diagonal weave with two colours, as in work trousers.
pub(in super::super) fn twill(dice: &mut Dice) -> Scene {
    let (colour, dark) = palette::tone(dice, &[BLUE, BLUE, GREY, BROWN]);
    let light = mix(dark, [0.86, 0.85, 0.82], dice.range(0.35, 0.7));
    let period = 1.0 / dice.log_range(22.0, 40.0);
    let w = weave(
        dice,
        v2(period, period * 1.15),
        |i, j| (i + j).rem_euclid(3) != 0,
        dark,
        light,
        (0.9, 1.0),
        0.25,
    );
    finish(
        w,
        Words { colour, material: "cotton", nouns: &["twill", "denim", "twill fabric", "cotton cloth"] },
    )
}

/// Thick rods over and under stakes.
pub(in super::super) fn wicker(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[palette::WOOD, BROWN, BEIGE]);
    let period = 1.0 / dice.log_range(5.0, 11.0);
    let other = palette::vary(dice, base, 0.12, 0.02);
    let aspect = dice.range(0.4, 0.9);
    let over: fn(i32, i32) -> bool =
        if dice.chance(0.5) { |i, j| (i + j) & 1 == 0 } else { |i, j| (i.div_euclid(2) + j) & 1 == 0 };
    let w = weave(dice, v2(period, period * aspect), over, base, other, (0.75, 0.97), 0.4);
    finish(
        w,
        Words {
            colour,
            material: "rattan",
            nouns: &["wicker", "basketwork", "woven basket", "rattan weave"],
        },
    )
}

/// Columns of V-shaped stitches.
pub(in super::super) fn knit(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BEIGE, GREY, BROWN, RED, BLUE, WHITE]);
    let lay = Lay::new(dice, 12.0);
    let wide = 1.0 / dice.log_range(7.0, 18.0);
    let high = wide * dice.range(0.6, 0.85);
    let lean = heading(dice.range(0.5, 0.8));
    let (twist, relief, fuzz) = (dice.range(0.1, 0.3), dice.range(0.2, 0.4) * wide, dice.range(0.08, 0.25));
    let ply = dice.range(8.0, 14.0);
    let (salt, uneven) = (dice.salt(), dice.range(0.05, 0.2));
    let frequency = dice.range(60.0, 110.0);
    let hair = Field::smooth(dice, frequency);
    let drift = Field::smooth(dice, 3.0);
    let tone = Field::fractal(dice, 2.0);
    let wander = dice.range(0.05, 0.22);
    let surface = move |p: V2| {
        let q = lay.at(p);
        let (x, y) = (q.x / wide + wander * drift.at(p), q.y / high + wander * drift.at(v2(p.y, p.x)));
        let ((i, fx), (j, fy)) = (cell(x), cell(y));
        let mirrored = fx.abs() - 0.25;
        let mut best = (-1.0_f32, 0.0_f32, 0);
        for k in -1..=1 {
            let local = v2(mirrored, (fy - k as f32) * 0.75).turned(lean);
            let (a, b) = (local.x / 0.62, local.y / 0.25);
            let h = 1.0 - a * a - b * b;
            if h > best.0 {
                best = (h, local.x + 0.6 * local.y, j + k);
            }
        }
        let (h, along, row) = best;
        let lift = h.max(0.0).sqrt();
        let strand = 1.0 + twist * (along * ply * 2.5).sin() + fuzz * hair.at(p);
        let shade = lerp(0.35, 1.05, smooth(-0.1, 0.8, h)) * (1.0 + uneven * (unit(i, row, salt) - 0.5));
        Sample::solid(scale(base, shade * strand * (1.0 + 0.08 * tone.at(p))), lift * relief, 0.0)
    };
    Scene {
        surface: Box::new(surface),
        backdrop: plain(scale(base, 0.2)),
        words: Words {
            colour,
            material: "woollen",
            nouns: &["knit", "knitted fabric", "knitwear", "wool fabric", "jersey"],
        },
        lift: 0.015,
    }
}

/// Upright velvet ribs.
pub(in super::super) fn corduroy(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BROWN, BEIGE, GREY, RED, BLUE]);
    let lay = Lay::new(dice, 12.0);
    let level = dice.chance(0.4);
    let period = 1.0 / dice.log_range(9.0, 26.0);
    let (relief, depth) = (dice.range(0.12, 0.3) * period, dice.range(0.35, 0.7));
    let frequency = dice.range(60.0, 120.0);
    let pile = Field::grain(dice, frequency, frequency * 0.3);
    let drift = Field::smooth(dice, 2.5);
    let tone = Field::fractal(dice, 2.5);
    let (wander, fuzz) = (dice.range(0.03, 0.25), dice.range(0.08, 0.25));
    let surface = move |p: V2| {
        let q = lay.at(p);
        let q = if level { v2(q.y, q.x) } else { q };
        let (_, f) = cell(q.x / period + wander * drift.at(p) + 0.2 * fuzz * pile.at(q));
        let h = smooth(0.5, 0.15, f.abs());
        let shade = lerp(1.0 - depth, 1.05, h) * (1.0 + fuzz * pile.at(q) + 0.1 * tone.at(p));
        Sample::solid(scale(base, shade), h * relief, 0.03)
    };
    Scene {
        surface: Box::new(surface),
        backdrop: plain(scale(base, 0.2)),
        words: Words {
            colour,
            material: "cotton",
            nouns: &["corduroy", "ribbed fabric", "corduroy cloth", "velvet fabric"],
        },
        lift: 0.012,
    }
}

/// Short loops of yarn in two tones.
pub(in super::super) fn carpet(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[GREY, BROWN, BEIGE, RED, BLUE]);
    let darker = dice_scale(dice);
    let other = palette::vary(dice, scale(base, darker), 0.1, 0.04);
    let lay = Lay::new(dice, 12.0);
    let count = dice.log_range(26.0, 60.0);
    let aspect = dice.range(0.7, 1.4);
    let (share, salt) = (dice.range(0.1, 0.5), dice.salt());
    let (relief, jitter) = (dice.range(0.25, 0.5) / count, dice.range(0.4, 0.95));
    let stripes = if dice.chance(0.35) { dice.range(3.0, 8.0) } else { 0.0 };
    let tone = Field::fractal(dice, 2.0);
    let surface = move |p: V2| {
        let q = lay.at(p);
        let c = cells(v2(q.x * count, q.y * count * aspect), jitter, salt);
        let h = dome((c.near / 0.75).min(1.0));
        let striped = stripes > 0.0 && cell(q.x * stripes).1 > 0.1;
        let yarn = if c.id < share || striped { other } else { base };
        let shade = lerp(0.5, 1.08, h) * (0.85 + 0.3 * (c.id * 7.0).fract()) * (1.0 + 0.1 * tone.at(p));
        Sample::solid(scale(yarn, shade), h * relief, 0.0)
    };
    Scene {
        surface: Box::new(surface),
        backdrop: plain(scale(base, 0.25)),
        words: Words {
            colour,
            material: "looped",
            nouns: &["carpet", "rug", "carpet tile", "floor covering"],
        },
        lift: 0.012,
    }
}

fn dice_scale(dice: &mut Dice) -> f32 {
    if dice.chance(0.5) { dice.range(0.55, 0.8) } else { dice.range(1.15, 1.4) }
}
