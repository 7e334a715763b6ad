//! Stone and what is like it: veins, chips, bricks, tiles, pores and layers.

use super::super::dice::Dice;
use super::super::noise::{Field, cells, perlin, unit};
use super::super::palette::{self, BEIGE, BLUE, BROWN, GREY, RED, Rgb, WHITE, mix, scale};
use super::super::scene::{Lay, Sample, Scene, Words, plain};
use super::super::shape::{EDGE, V2, cell, inside, lerp, rect, smooth, v2};

fn scene(surface: impl Fn(V2) -> Sample + Send + Sync + 'static, behind: Rgb, words: Words) -> Scene {
    Scene { surface: Box::new(surface), backdrop: plain(behind), words, lift: 0.015 }
}

/// Courses of bricks in mortar.
pub(in super::super) fn brick(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[RED, RED, BROWN, BEIGE, GREY]);
    let (_, mortar) = palette::tone(dice, &[GREY, BEIGE, WHITE]);
    let lay = Lay::new(dice, 7.0);
    let high = 1.0 / dice.log_range(4.5, 11.0);
    let wide = high * dice.range(1.8, 3.2);
    let joint = high * dice.range(0.08, 0.16);
    let (round, relief) = (high * dice.range(0.03, 0.12), high * dice.range(0.05, 0.14));
    let (uneven, rough, salt) = (dice.range(0.08, 0.35), dice.range(0.05, 0.2), dice.salt());
    let shift = if dice.chance(0.8) { 0.5 } else { 0.33 };
    let face = Field::fractal(dice, 20.0);
    let grit = Field::smooth(dice, 110.0);
    let edge = Field::fractal(dice, 14.0);
    let tone = Field::fractal(dice, 2.0);
    let surface = move |p: V2| {
        let q = lay.at(p);
        let (j, fy) = cell(q.y / high);
        let (i, fx) = cell(q.x / wide + j as f32 * shift);
        let half = v2((wide - joint) / 2.0, (high - joint) / 2.0);
        let d = rect(v2(fx * wide, fy * high), half, round) + 0.06 * high * edge.at(p);
        let on = inside(d, EDGE * 1.5);
        let own = 1.0 + uneven * (unit(i, j, salt) - 0.5) * 2.0;
        let hue = 0.06 * (unit(j, i, salt) - 0.5);
        let stone = scale(
            [base[0] + hue, base[1], base[2] - hue],
            own * (1.0 + rough * (face.at(p) + 0.5 * grit.at(p))),
        );
        let bed = scale(mortar, 0.92 + 0.16 * grit.at(p));
        let h = smooth(0.0, -0.08 * high, d) * relief + 0.004 * rough * (face.at(p) + grit.at(p));
        Sample::solid(scale(mix(bed, stone, on), 1.0 + 0.06 * tone.at(p)), h, 0.0)
    };
    let words = Words { colour, material: "clay", nouns: &["brick", "brick wall", "brickwork", "masonry"] };
    scene(surface, scale(mortar, 0.3), words)
}

/// Square glazed tiles in grout.
pub(in super::super) fn tile(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[WHITE, BEIGE, GREY, BLUE, RED]);
    let (_, grout) = palette::tone(dice, &[GREY, WHITE]);
    let lay = Lay::new(dice, 10.0);
    let side = 1.0 / dice.log_range(3.2, 10.0);
    let joint = side * dice.range(0.05, 0.1);
    let (relief, gloss) = (side * dice.range(0.03, 0.07), dice.range(0.1, 0.6));
    let (uneven, cloud, salt) = (dice.range(0.0, 0.18), dice.range(0.0, 0.12), dice.salt());
    let checker = if dice.chance(0.25) { dice.range(0.6, 0.85) } else { 1.0 };
    let face = Field::fractal(dice, 6.0);
    let fine = Field::smooth(dice, 90.0);
    let surface = move |p: V2| {
        let q = lay.at(p);
        let ((i, fx), (j, fy)) = (cell(q.x / side), cell(q.y / side));
        let half = (side - joint) / 2.0;
        let d = rect(v2(fx * side, fy * side), v2(half, half), 0.04 * side);
        let on = inside(d, EDGE * 1.4);
        let own = (1.0 + uneven * (unit(i, j, salt) - 0.5)) * if (i + j) & 1 == 0 { 1.0 } else { checker };
        let glaze = scale(base, own * (1.0 + cloud * face.at(p)));
        let bed = scale(grout, 0.8 + 0.12 * fine.at(p));
        Sample::solid(mix(bed, glaze, on), smooth(0.0, -0.06 * side, d) * relief, gloss * on)
    };
    scene(
        surface,
        scale(grout, 0.3),
        Words { colour, material: "ceramic", nouns: &["tile", "tiled wall", "ceramic tile", "tiling"] },
    )
}

/// Polished stone with veins.
pub(in super::super) fn marble(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[WHITE, WHITE, BEIGE, GREY, RED]);
    let darker = dice.range(0.45, 0.75);
    let vein = palette::vary(dice, scale(base, darker), 0.1, 0.03);
    let lay = Lay::new(dice, 25.0);
    let warp = Field::fractal(dice, 2.5);
    let warp2 = Field::fractal(dice, 2.5);
    let (fx, fy) = (dice.range(2.0, 4.5), dice.range(0.8, 2.2));
    let veins = Field::streaks(dice, fx, fy);
    let small = Field::streaks(dice, fx * 2.6, fy * 2.6);
    let cloud = Field::fractal(dice, 3.0);
    let fine = Field::fractal(dice, 30.0);
    let (bend, wide, strength, clouds) =
        (dice.range(0.1, 0.32), dice.range(0.03, 0.11), dice.range(0.45, 0.95), dice.range(0.02, 0.14));
    let gloss = dice.range(0.05, 0.35);
    let surface = move |p: V2| {
        let q = lay.at(p + v2(bend * warp.at(p), bend * warp2.at(p)));
        let line = |v: f32, w: f32| 1.0 / (1.0 + (v / w) * (v / w));
        let amount =
            line(veins.at(q), wide) * smooth(-0.5, 0.4, cloud.at(p)) + 0.4 * line(small.at(q), wide * 0.6);
        let stone = mix(base, vein, (strength * amount).min(1.0));
        Sample::solid(
            scale(stone, 1.0 + clouds * cloud.at(q) + 0.05 * fine.at(p)),
            0.0004 * fine.at(p),
            gloss,
        )
    };
    scene(
        surface,
        scale(base, 0.3),
        Words { colour, material: "polished", nouns: &["marble", "marble slab", "stone slab", "stone"] },
    )
}

/// Stone chips in a matrix.
pub(in super::super) fn terrazzo(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BEIGE, GREY, WHITE]);
    let chips: Vec<Rgb> =
        (0..4).map(|_| palette::tone(dice, &[GREY, BROWN, WHITE, RED, BLUE, BEIGE]).1).collect();
    let (big, small) = (dice.log_range(8.0, 18.0), dice.log_range(24.0, 45.0));
    let (share, share_small) = (dice.range(0.35, 0.8), dice.range(0.1, 0.5));
    let (salt, blend, gloss) = (dice.salt(), dice.range(0.45, 0.95), dice.range(0.0, 0.4));
    let fine = Field::fractal(dice, 40.0);
    let surface = move |p: V2| {
        let mut stone = scale(base, 1.0 + 0.08 * fine.at(p));
        for (count, share, seed) in [(small, share_small, salt ^ 77), (big, share, salt)] {
            let c = cells(p * count, 0.9, seed);
            if c.id < share {
                let chip = chips[(c.id * 997.0) as usize % chips.len()];
                let on =
                    smooth(0.08, 0.08 + EDGE * count * 1.5, c.next - c.near - 0.1 * (c.id * 37.0).fract());
                stone =
                    mix(stone, scale(chip, 0.9 + 0.2 * (c.id * 71.0).fract() + 0.1 * fine.at(p)), on * blend);
            }
        }
        Sample::solid(stone, 0.0003 * fine.at(p), gloss)
    };
    let words = Words {
        colour,
        material: "stone",
        nouns: &["terrazzo", "terrazzo floor", "stone floor", "floor tile"],
    };
    scene(surface, scale(base, 0.3), words)
}

/// Cast concrete with fine, even pores.
pub(in super::super) fn concrete(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[GREY, GREY, BEIGE]);
    let cloud = Field::fractal(dice, 3.0);
    let grit = Field::fractal(dice, 35.0);
    let fine = Field::smooth(dice, 120.0);
    let (pores, share, salt) = (dice.log_range(30.0, 60.0), dice.range(0.0, 0.35), dice.salt());
    let (clouds, rough) = (dice.range(0.05, 0.2), dice.range(0.05, 0.18));
    let lay = Lay::new(dice, 6.0);
    let boards = if dice.chance(0.4) { dice.range(2.5, 6.0) } else { 0.0 };
    let surface = move |p: V2| {
        let c = cells(p * pores, 0.9, salt);
        let pore = if c.id < share { smooth(0.2, 0.1, c.near) } else { 0.0 };
        let seam = if boards > 0.0 {
            smooth(0.02, 0.0, (cell(lay.at(p).y * boards).1.abs() - 0.5).abs())
        } else {
            0.0
        };
        let grain = rough * (grit.at(p) + 0.6 * fine.at(p));
        let shade = (1.0 + clouds * cloud.at(p) + grain) * (1.0 - 0.3 * pore) * (1.0 - 0.2 * seam);
        Sample::solid(scale(base, shade), 0.01 * grain - 0.002 * pore - 0.003 * seam, 0.0)
    };
    scene(
        surface,
        scale(base, 0.3),
        Words { colour, material: "cast", nouns: &["concrete", "concrete wall", "cement", "concrete slab"] },
    )
}

/// Loose pebbles, packed.
pub(in super::super) fn gravel(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[GREY, BEIGE, BROWN]);
    let (count, salt) = (dice.log_range(14.0, 34.0), dice.salt());
    let (uneven, jitter) = (dice.range(0.2, 0.5), dice.range(0.6, 0.95));
    let warp = Field::smooth(dice, count * 0.8);
    let fine = Field::fractal(dice, 50.0);
    let surface = move |p: V2| {
        let q = p * count + v2(0.2 * warp.at(p), 0.2 * warp.at(v2(p.y, p.x)));
        let c = cells(q, jitter, salt);
        let rim = c.next - c.near;
        let h = smooth(0.0, 0.6, rim).sqrt();
        let warm = 0.05 * ((c.id * 53.0).fract() - 0.5);
        let stone = scale(
            [base[0] + warm, base[1], base[2] - warm],
            1.0 + uneven * (c.id - 0.5) * 2.0 + 0.12 * fine.at(p),
        );
        Sample::solid(scale(stone, lerp(0.25, 1.0, smooth(0.0, 0.25, rim))), h * 0.3 / count, 0.04)
    };
    scene(
        surface,
        scale(base, 0.2),
        Words { colour, material: "stone", nouns: &["gravel", "pebbles", "gravel bed", "crushed stone"] },
    )
}

/// Agglomerated bark.
pub(in super::super) fn cork(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[&palette::WOOD[..2], &BROWN[1..2], &BROWN[3..4]]);
    let (count, salt) = (dice.log_range(14.0, 36.0), dice.salt());
    let (uneven, dark) = (dice.range(0.1, 0.3), dice.range(0.04, 0.14));
    let warp = Field::fractal(dice, 12.0);
    let warp2 = Field::fractal(dice, 12.0);
    let fine = Field::fractal(dice, 50.0);
    let surface = move |p: V2| {
        let q = (p + v2(0.02 * warp.at(p), 0.02 * warp2.at(p))) * count;
        let c = cells(q, 0.95, salt);
        let seam = smooth(0.12, 0.0, c.next - c.near);
        let own = if c.id < dark { 0.66 } else { 1.0 + uneven * ((c.id * 31.0).fract() - 0.5) * 2.0 };
        let shade = own * (1.0 - 0.22 * seam) * (1.0 + 0.14 * fine.at(p));
        Sample::solid(scale(base, shade), 0.0015 * fine.at(p) - 0.002 * seam, 0.0)
    };
    scene(
        surface,
        scale(base, 0.35),
        Words { colour, material: "natural", nouns: &["cork", "cork board", "cork sheet", "corkboard"] },
    )
}

/// Split stone in layers.
pub(in super::super) fn slate(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[&GREY[2..4], &BLUE[..1], &palette::STEEL[3..5]]);
    let lay = Lay::new(dice, 12.0);
    let (fx, fy) = (dice.range(1.2, 2.2), dice.range(3.0, 6.0));
    let relief = Field::grain(dice, fx, fy);
    let fine = Field::grain(dice, 14.0, 40.0);
    let cloud = Field::fractal(dice, 2.5);
    let (layers, height) = (dice.range(4.0, 8.0), dice.range(0.006, 0.012));
    let (high, wide) = (1.0 / dice.range(2.6, 4.2), 1.0 / dice.range(1.8, 3.4));
    let (uneven, salt) = (dice.range(0.08, 0.2), dice.salt());
    let surface = move |p: V2| {
        let q = lay.at(p);
        let (j, fy) = cell(q.y / high + 0.02 * cloud.at(p));
        let (i, fx) = cell(q.x / wide + 0.5 * (j & 1) as f32);
        let joint = ((0.5 - fx.abs()) * wide).min((0.5 - fy.abs()) * high);
        let on = smooth(0.002, 0.006, joint);
        let raw = relief.at(v2(q.x + 0.37 * i as f32, q.y + 0.23 * j as f32)) * layers;
        let step = raw.floor();
        let terrace = (step + smooth(0.35, 0.65, raw - step)) / layers;
        let own = 1.0 + uneven * (unit(i, j, salt) - 0.5) * 2.0;
        let shade =
            own * (1.0 + 0.22 * terrace + 0.1 * fine.at(q) + 0.08 * cloud.at(p)) * lerp(0.35, 1.0, on);
        Sample::solid(scale(base, shade), height * terrace + 0.0012 * fine.at(q) + 0.006 * on, 0.08)
    };
    scene(
        surface,
        scale(base, 0.3),
        Words { colour, material: "natural", nouns: &["slate", "slate roof", "slate tiles", "split stone"] },
    )
}

/// Grained hide.
pub(in super::super) fn leather(dice: &mut Dice) -> Scene {
    let (colour, base) = palette::tone(dice, &[BROWN, BROWN, palette::BLACK, RED, BEIGE]);
    let (count, salt) = (dice.log_range(28.0, 52.0), dice.salt());
    let aspect = dice.range(0.75, 1.3);
    let lay = Lay::new(dice, 20.0);
    let (warp, warp2) = (Field::smooth(dice, 9.0), Field::smooth(dice, 9.0));
    let cloud = Field::fractal(dice, 2.0);
    let fine = Field::fractal(dice, 60.0);
    let (deep, gloss, bend) = (dice.range(0.2, 0.42), dice.range(0.08, 0.4), dice.range(0.008, 0.02));
    let swell = dice.salt();
    let surface = move |p: V2| {
        let q = lay.at(p + v2(bend * warp.at(p), bend * warp2.at(p)));
        let q = q + v2(0.12 / count * fine.at(p), 0.12 / count * fine.at(v2(p.y, p.x)));
        let c = cells(v2(q.x * count, q.y * count * aspect), 0.9, salt);
        let h = smooth(-0.05, 0.38, c.next - c.near);
        let shade =
            lerp(1.0 - deep, 1.04, h) * (1.0 + 0.1 * cloud.at(p) + 0.06 * fine.at(p) + 0.05 * (c.id - 0.5));
        let height = 0.2 / count * h + 0.003 * perlin(p * 2.2, swell);
        Sample::solid(scale(base, shade), height, gloss)
    };
    scene(
        surface,
        scale(base, 0.25),
        Words {
            colour,
            material: "grained",
            nouns: &["leather", "leather hide", "leather cover", "cowhide"],
        },
    )
}
