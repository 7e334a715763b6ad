//! Bilinear resampling of pictures (three channels at once) and of maps (one), with the semantics of
//! `kornia.geometry.transform.warp_affine(align_corners=True)`, and so of its `rotate`: torch's `grid_sample` with zeros, border or reflection.

use super::geometry::{FRACTION_BITS, ONE, Walk, Warp, tilted};
use super::resampling::Fill;

/// A value that can be interpolated. Three channels travel as four lanes: one SIMD register.
pub(super) trait Texel: Copy {
    /// The value of black.
    const ZERO: Self;
    /// Linear interpolation: `self` at t = 0, `other` at t = 1. Never leaves [0, 1] when both ends lie in it.
    fn lerp(self, other: Self, t: f32) -> Self;
}

impl Texel for f32 {
    const ZERO: Self = 0.0;

    #[inline(always)]
    fn lerp(self, other: Self, t: f32) -> Self {
        self + t * (other - self)
    }
}

/// A pixel as four lanes: red, green, blue and one that is not used.
pub(super) type Rgbx = [f32; 4];

impl Texel for Rgbx {
    const ZERO: Self = [0.0; 4];

    #[inline(always)]
    fn lerp(self, other: Self, t: f32) -> Self {
        std::array::from_fn(|lane| self[lane].lerp(other[lane], t))
    }
}

/// A row-major picture or map.
#[derive(Clone, Copy)]
pub(super) struct Source<'a, T> {
    pub texels: &'a [T],
    pub height: usize,
    pub width: usize,
}

impl<T: Texel> Source<'_, T> {
    /// Writes one row of the resampled picture.
    pub fn warped_row(&self, warp: &Warp, fill: Fill, row: usize, out: &mut [T]) {
        let walk = match warp {
            Warp::Flat(flat) => flat.row(row),
            Warp::Tilted(matrix) => {
                for (column, texel) in out.iter_mut().enumerate() {
                    *texel = self.at(tilted(matrix, row, column), fill);
                }
                return;
            }
        };
        // Where both neighbours on both axes exist, nothing needs to be clamped.
        let interior = walk.inside(last(self.width), last(self.height), out.len());
        let (before, rest) = out.split_at_mut(interior.start);
        let (within, after) = rest.split_at_mut(interior.len());
        self.border(walk, fill, before);
        self.interior(walk.at(interior.start), within);
        self.border(walk.at(interior.end), fill, after);
    }

    fn interior(&self, mut walk: Walk, out: &mut [T]) {
        let width = self.width;
        for texel in out {
            let index = (walk.y >> FRACTION_BITS) as usize * width + (walk.x >> FRACTION_BITS) as usize;
            let square = &self.texels[index..][..width + 2];
            let (tx, ty) = (fraction(walk.x), fraction(walk.y));
            let above = square[0].lerp(square[1], tx);
            let below = square[width].lerp(square[width + 1], tx);
            *texel = above.lerp(below, ty);
            walk.x += walk.dx;
            walk.y += walk.dy;
        }
    }

    fn border(&self, mut walk: Walk, fill: Fill, out: &mut [T]) {
        for texel in out {
            *texel = self.at((walk.x, walk.y), fill);
            walk.x += walk.dx;
            walk.y += walk.dy;
        }
    }

    /// The value at any position.
    fn at(&self, (x, y): (i64, i64), fill: Fill) -> T {
        match fill {
            Fill::Zeros => self.faded(x, y),
            Fill::Replicate => self.clamped(x.clamp(0, last(self.width)), y.clamp(0, last(self.height))),
            Fill::Reflect => self.clamped(reflected(x, last(self.width)), reflected(y, last(self.height))),
        }
    }

    /// The value at a position within the picture, its last row and column included.
    fn clamped(&self, x: i64, y: i64) -> T {
        let (left, top) = ((x >> FRACTION_BITS) as usize, (y >> FRACTION_BITS) as usize);
        let (right, bottom) = ((left + 1).min(self.width - 1), (top + 1).min(self.height - 1));
        let at = |column: usize, row: usize| self.texels[row * self.width + column];
        let above = at(left, top).lerp(at(right, top), fraction(x));
        let below = at(left, bottom).lerp(at(right, bottom), fraction(x));
        above.lerp(below, fraction(y))
    }

    /// The value at any position of a picture surrounded by black, to which the picture fades out within one
    /// pixel of the border.
    fn faded(&self, x: i64, y: i64) -> T {
        let (left, top) = (x >> FRACTION_BITS, y >> FRACTION_BITS);
        let (width, height) = (self.width as i64, self.height as i64);
        if left < -1 || top < -1 || left >= width || top >= height {
            return T::ZERO;
        }
        let at = |column: i64, row: i64| {
            if (0..width).contains(&column) && (0..height).contains(&row) {
                self.texels[row as usize * self.width + column as usize]
            } else {
                T::ZERO
            }
        };
        let above = at(left, top).lerp(at(left + 1, top), fraction(x));
        let below = at(left, top + 1).lerp(at(left + 1, top + 1), fraction(x));
        above.lerp(below, fraction(y))
    }
}

/// Position of the last pixel of an axis.
fn last(length: usize) -> i64 {
    (length as i64 - 1) * ONE
}

/// The fractional part of a position, in [0, 1).
#[inline(always)]
fn fraction(position: i64) -> f32 {
    // 24 bits are what an f32 holds exactly, so that the result cannot round up to 1.
    const KEPT: u32 = 24;
    let bits = (position as u32) >> (FRACTION_BITS - KEPT);
    bits as i32 as f32 * (1.0 / (1 << KEPT) as f32)
}

/// A position mirrored into 0..=last as often as needed.
fn reflected(position: i64, last: i64) -> i64 {
    if last == 0 {
        return 0;
    }
    let folded = position.rem_euclid(2 * last);
    folded.min(2 * last - folded)
}

/// Lays three planes of `out.len()` values out as one picture of [`Rgbx`].
pub(super) fn interleave(planes: &[f32], out: &mut [Rgbx]) {
    let (red, rest) = planes.split_at(out.len());
    let (green, blue) = rest.split_at(out.len());
    for (((texel, &r), &g), &b) in out.iter_mut().zip(red).zip(green).zip(blue) {
        *texel = [r, g, b, 0.0];
    }
}

/// Takes one row of [`Rgbx`] apart into three planes.
pub(super) fn separate(row: &[Rgbx], [red, green, blue]: [&mut [f32]; 3]) {
    for (((texel, r), g), b) in row.iter().zip(red).zip(green).zip(blue) {
        [*r, *g, *b, _] = *texel;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_stay_below_one() {
        assert_eq!(fraction(ONE / 4), 0.25);
        assert_eq!(fraction(-ONE / 4), 0.75);
        assert!(fraction(ONE - 1) < 1.0);
        assert_eq!(fraction(3 * ONE), 0.0);
    }

    #[test]
    fn reflection_does_not_repeat_the_border() {
        let folded: Vec<i64> = (-4..9).map(|position| reflected(position, 3)).collect();
        assert_eq!(folded, [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert_eq!(reflected(5, 0), 0);
    }

    #[test]
    fn interleaved_rows_come_apart_again() {
        let planes: Vec<f32> = (0_u8..12).map(f32::from).collect();
        let mut texels = [Rgbx::ZERO; 4];
        interleave(&planes, &mut texels);
        assert_eq!(texels[1], [1.0, 5.0, 9.0, 0.0]);
        let (mut r, mut g, mut b) = ([0.0; 4], [0.0; 4], [0.0; 4]);
        separate(&texels, [&mut r, &mut g, &mut b]);
        assert_eq!([r, g, b].concat(), planes);
    }
}
