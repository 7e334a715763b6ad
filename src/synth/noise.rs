//! Hash, gradient and cell noise. Fields read from two precomputed periodic tiles, which makes a fractal as cheap as
//! one bilinear look-up.

use std::sync::OnceLock;

use super::dice::Dice;
use super::shape::{V2, floor, v2};

const TILE: usize = 256;

/// A well-mixed 32-bit hash of a lattice point.
pub(super) fn hash(x: i32, y: i32, salt: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x9e37_79b1) ^ (y as u32).wrapping_mul(0x85eb_ca77) ^ salt;
    h ^= h >> 15;
    h = h.wrapping_mul(0x2c1b_3c6d);
    h ^= h >> 12;
    h = h.wrapping_mul(0x297a_2d39);
    h ^ (h >> 15)
}

/// The hash of a lattice point as a number in [0, 1).
pub(super) fn unit(x: i32, y: i32, salt: u32) -> f32 {
    (hash(x, y, salt) >> 8) as f32 / 16_777_216.0
}

/// Gradient noise in about [-1, 1] with a period of `period` cells (0: none).
fn gradient(x: f32, y: f32, salt: u32, period: i32) -> f32 {
    let (ix, iy) = (floor(x), floor(y));
    let (dx, dy) = (x - ix as f32, y - iy as f32);
    let wrap = |v: i32| if period > 0 { v.rem_euclid(period) } else { v };
    let corner = |cx: i32, cy: i32| {
        let h = hash(wrap(ix + cx), wrap(iy + cy), salt);
        let (gx, gy) = ((h & 0xffff) as f32 / 32_768.0 - 1.0, (h >> 16) as f32 / 32_768.0 - 1.0);
        gx * (dx - cx as f32) + gy * (dy - cy as f32)
    };
    let fade = |t: f32| t * t * t * (t * (t * 6.0 - 15.0) + 10.0);
    let (u, v) = (fade(dx), fade(dy));
    let top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * u;
    let bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * u;
    1.6 * (top + (bottom - top) * v)
}

/// Gradient noise in about [-1, 1]; smooth to the second derivative, for heights that are shaded.
pub(super) fn perlin(p: V2, salt: u32) -> f32 {
    gradient(p.x, p.y, salt, 0)
}

fn tile(octaves: &[(i32, f32)], salt: u32) -> Vec<f32> {
    let mut data = vec![0.0_f32; TILE * TILE];
    for (index, value) in data.iter_mut().enumerate() {
        let (x, y) = ((index % TILE) as f32 / TILE as f32, (index / TILE) as f32 / TILE as f32);
        *value = octaves
            .iter()
            .map(|&(cells, weight)| {
                weight * gradient(x * cells as f32, y * cells as f32, salt.wrapping_add(cells as u32), cells)
            })
            .sum();
    }
    let mean = data.iter().sum::<f32>() / data.len() as f32;
    let deviation = (data.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / data.len() as f32).sqrt();
    for value in &mut data {
        *value = ((*value - mean) / deviation * 0.36).clamp(-1.0, 1.0);
    }
    data
}

fn smooth_tile() -> &'static [f32] {
    static DATA: OnceLock<Vec<f32>> = OnceLock::new();
    DATA.get_or_init(|| tile(&[(32, 1.0)], 11))
}

fn fractal_tile() -> &'static [f32] {
    static DATA: OnceLock<Vec<f32>> = OnceLock::new();
    DATA.get_or_init(|| tile(&[(8, 1.0), (16, 0.55), (32, 0.33), (64, 0.2)], 23))
}

/// A random field over the picture: a tile seen at some place, scale and angle. Values in [-1, 1], deviation 0.36.
#[derive(Clone)]
pub(super) struct Field {
    data: &'static [f32],
    axes: [f32; 4],
    origin: [f32; 2],
}

impl Field {
    fn new(dice: &mut Dice, data: &'static [f32], fx: f32, fy: f32, angle: f32) -> Self {
        let (s, c) = angle.sin_cos();
        let (fx, fy) = (fx * TILE as f32, fy * TILE as f32);
        let origin = [dice.range(0.0, TILE as f32), dice.range(0.0, TILE as f32)];
        Self { data, axes: [c * fx, s * fx, -s * fy, c * fy], origin }
    }

    /// A field of one octave, `frequency` cells per unit.
    pub fn smooth(dice: &mut Dice, frequency: f32) -> Self {
        let angle = dice.turn();
        Self::new(dice, smooth_tile(), frequency / 32.0, frequency / 32.0, angle)
    }

    /// A field of one octave with a frequency along x and one along y.
    pub fn streaks(dice: &mut Dice, fx: f32, fy: f32) -> Self {
        Self::new(dice, smooth_tile(), fx / 32.0, fy / 32.0, 0.0)
    }

    /// A field of four octaves from `frequency` cells per unit upwards.
    pub fn fractal(dice: &mut Dice, frequency: f32) -> Self {
        let angle = dice.turn();
        Self::new(dice, fractal_tile(), frequency / 8.0, frequency / 8.0, angle)
    }

    /// A field of four octaves, stretched.
    pub fn grain(dice: &mut Dice, fx: f32, fy: f32) -> Self {
        Self::new(dice, fractal_tile(), fx / 8.0, fy / 8.0, 0.0)
    }

    pub fn at(&self, p: V2) -> f32 {
        let [a, b, c, d] = self.axes;
        let x = self.origin[0] + a * p.x + b * p.y;
        let y = self.origin[1] + c * p.x + d * p.y;
        let (ix, iy) = (floor(x), floor(y));
        let (dx, dy) = (x - ix as f32, y - iy as f32);
        let mask = TILE - 1;
        let (x0, y0) = (ix as usize & mask, iy as usize & mask);
        let (x1, y1) = ((x0 + 1) & mask, (y0 + 1) & mask);
        let (upper, lower) = (&self.data[y0 * TILE..][..TILE], &self.data[y1 * TILE..][..TILE]);
        let top = upper[x0] + (upper[x1] - upper[x0]) * dx;
        let bottom = lower[x0] + (lower[x1] - lower[x0]) * dx;
        top + (bottom - top) * dy
    }
}

/// The nearest points of a jittered lattice of unit cells.
pub(super) struct Cells {
    /// Distance to the nearest point.
    pub near: f32,
    /// Distance to the second nearest point.
    pub next: f32,
    /// A number in [0, 1) that belongs to the nearest point.
    pub id: f32,
    /// Vector from the nearest point to the place.
    pub offset: V2,
}

pub(super) fn cells(p: V2, jitter: f32, salt: u32) -> Cells {
    let (bx, by) = (floor(p.x), floor(p.y));
    let mut found = Cells { near: 9.0, next: 9.0, id: 0.0, offset: v2(0.0, 0.0) };
    let (mut owner, mut near2, mut next2) = (0_u32, 81.0_f32, 81.0_f32);
    for dy in -1..=1 {
        for dx in -1..=1 {
            let h = hash(bx + dx, by + dy, salt);
            let jx = ((h & 0xffff) as f32 / 65_536.0 - 0.5) * jitter;
            let jy = ((h >> 16) as f32 / 65_536.0 - 0.5) * jitter;
            let point = v2((bx + dx) as f32 + 0.5 + jx, (by + dy) as f32 + 0.5 + jy);
            let offset = p - point;
            let squared = offset.x * offset.x + offset.y * offset.y;
            if squared < near2 {
                next2 = near2;
                near2 = squared;
                owner = h;
                found.offset = offset;
            } else if squared < next2 {
                next2 = squared;
            }
        }
    }
    found.near = near2.sqrt();
    found.next = next2.sqrt();
    found.id = (hash(owner as i32, 17, salt) >> 8) as f32 / 16_777_216.0;
    found
}
