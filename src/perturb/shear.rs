//! Rotation by three sinc shears, with the semantics of `torch_rotation.rotate_three_pass` (version 0.1.2), which the
//! authors' attack code uses (after Unser, Thevenaz, Yaroslavsky 1995).
//!
//! The picture, turned by 180 degrees first if the angle is beyond +-90, is padded by half its size. Rows are shifted by
//! tan(theta/2) per row, columns by -sin(theta) per column, rows again, each by a phase ramp in the Fourier domain;
//! values are clamped to [0, 1] after each shear; the padding is cut off. The centre is index ceil(N/2) of the padded
//! picture of N rows: half a pixel below and right of the middle for even sizes, a whole one for odd sizes.
//!
//! Rows at the same distance on either side of the centre are shifted by opposite amounts, and a shift to the left is a
//! shift to the right of the reversed row. So one row and its reversed mirror row are the real and imaginary part of
//! one complex transform: half the transforms of a plain complex FFT per row.

use std::collections::BTreeMap;
use std::f64::consts::{PI, TAU};
use std::sync::{Arc, Mutex, PoisonError};

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::geometry;
use super::resampling::Fill;

/// Number of independent recurrences of a phase ramp, enough to hide the latency of a multiplication.
const LANES: usize = 8;

/// The Fourier transforms of the three-pass rotation for square pictures of one size.
pub(super) struct ThreePass {
    size: usize,
    padded: usize,
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
}

/// Three-pass rotations of pictures of any shape. One that is not square is turned in the middle of a square of its longer side.
pub(super) struct Turns {
    of_side: Mutex<BTreeMap<usize, Arc<ThreePass>>>,
}

impl Turns {
    /// The rotations of pictures of `size` x `size` pixels, and of others as they come.
    pub fn new(size: usize) -> Self {
        Self { of_side: Mutex::new(BTreeMap::from([(size, Arc::new(ThreePass::new(size)))])) }
    }

    /// The rotation of square pictures of a side.
    pub fn of(&self, side: usize) -> Arc<ThreePass> {
        let mut known = self.of_side.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(side).or_insert_with(|| Arc::new(ThreePass::new(side))))
    }

    /// Turns planes of (height, width) clockwise, each by itself.
    pub fn rotate(
        &self,
        planes: &[f32],
        (height, width): (usize, usize),
        angle_deg: f64,
        fill: Fill,
        scratch: &mut Scratch,
        out: &mut [f32],
    ) {
        let side = height.max(width);
        let three_pass = self.of(side);
        if height == width {
            return three_pass.rotate(planes, angle_deg, fill, scratch, out);
        }
        let (above, before) = ((side - height) / 2, (side - width) / 2);
        let place = |at: usize, start: usize, length: usize| inside(at as i64 - start as i64, length, fill);
        let (rows, columns): (Vec<_>, Vec<_>) =
            (0..side).map(|at| (place(at, above, height), place(at, before, width))).unzip();
        let mut square = Vec::with_capacity(planes.len() / (height * width) * side * side);
        for plane in planes.chunks_exact(height * width) {
            for row in &rows {
                let value = |row: usize, column: usize| plane[row * width + column];
                square.extend(
                    columns
                        .iter()
                        .map(|column| row.zip(*column).map_or(0.0, |(row, column)| value(row, column))),
                );
            }
        }
        let mut turned = vec![0.0; square.len()];
        three_pass.rotate(&square, angle_deg, fill, scratch, &mut turned);
        for (plane, out) in turned.chunks_exact(side * side).zip(out.chunks_exact_mut(height * width)) {
            for (row, out) in plane[above * side..].chunks_exact(side).zip(out.chunks_exact_mut(width)) {
                out.copy_from_slice(&row[before..][..width]);
            }
        }
    }
}

/// The index of a line of some length that a fill puts at an index which may lie beyond it.
fn inside(index: i64, length: usize, fill: Fill) -> Option<usize> {
    let last = length as i64 - 1;
    let index = match fill {
        Fill::Zeros => (0..=last).contains(&index).then_some(index)?,
        Fill::Replicate => index.clamp(0, last),
        Fill::Reflect if last == 0 => 0,
        Fill::Reflect => last - (last - index.rem_euclid(2 * last)).abs(),
    };
    Some(index as usize)
}

/// Working memory of one three-pass rotation.
#[derive(Default)]
pub(super) struct Scratch {
    planes: Vec<f32>,
    transposed: Vec<f32>,
    packed: Vec<Complex<f32>>,
    ramp: Vec<Complex<f32>>,
    fft: Vec<Complex<f32>>,
}

impl ThreePass {
    /// The transforms for pictures of `size` x `size` pixels.
    pub fn new(size: usize) -> Self {
        let padded = size + 2 * (size / 2);
        let mut planner = FftPlanner::new();
        Self {
            size,
            padded,
            forward: planner.plan_fft_forward(padded),
            inverse: planner.plan_fft_inverse(padded),
        }
    }

    /// The fixed point of the turn, the same in x and y: an index of the picture, and the one that it becomes. They differ where the
    /// picture is first turned by 180 degrees, which is about its middle.
    pub fn pivot(&self, angle_deg: f64) -> (usize, usize) {
        let centre = self.padded.div_ceil(2) - self.size / 2;
        let (_, upside_down) = within_a_quarter(angle_deg);
        (if upside_down { self.size - 1 - centre } else { centre }, centre)
    }

    /// Turns planes clockwise, each by itself.
    pub fn rotate(&self, planes: &[f32], angle_deg: f64, fill: Fill, scratch: &mut Scratch, out: &mut [f32]) {
        let (theta, upside_down) = within_a_quarter(angle_deg);
        let theta = theta.to_radians();
        let (along_rows, along_columns) = ((theta / 2.0).tan(), -theta.sin());

        self.resize(planes.len() / (self.size * self.size), scratch);
        let Scratch { planes: work, transposed, packed, ramp, fft } = scratch;
        self.pad(planes, fill, upside_down, work);
        let mut shear =
            |planes: &mut [f32], slope, reach| self.shear(planes, slope, reach, packed, ramp, fft);
        shear(work, along_rows, self.padded);
        transpose(work, self.padded, transposed);
        shear(transposed, along_columns, self.padded);
        transpose(transposed, self.padded, work);
        // Of the last shear only the rows that remain after cutting are needed.
        shear(work, along_rows, self.size.div_ceil(2));
        self.cut(work, out);
    }

    fn resize(&self, channels: usize, scratch: &mut Scratch) {
        let area = channels * self.padded * self.padded;
        scratch.planes.resize(area, 0.0);
        scratch.transposed.resize(area, 0.0);
        scratch.packed.resize(channels * self.padded, Complex::default());
        scratch.ramp.resize(self.padded, Complex::default());
        let fft = self.forward.get_inplace_scratch_len().max(self.inverse.get_inplace_scratch_len());
        scratch.fft.resize(fft, Complex::default());
    }

    fn pad(&self, planes: &[f32], fill: Fill, upside_down: bool, out: &mut [f32]) {
        let sources: Vec<Option<usize>> = (0..self.padded).map(|index| self.source(index, fill)).collect();
        let turned = |index: usize| if upside_down { self.size - 1 - index } else { index };
        for (plane, out) in
            planes.chunks_exact(self.size * self.size).zip(out.chunks_exact_mut(self.padded * self.padded))
        {
            for (row, source) in out.chunks_exact_mut(self.padded).zip(&sources) {
                let Some(source) = source else {
                    row.fill(0.0);
                    continue;
                };
                let from = &plane[turned(*source) * self.size..][..self.size];
                for (value, source) in row.iter_mut().zip(&sources) {
                    *value = source.map_or(0.0, |source| from[turned(source)]);
                }
            }
        }
    }

    /// The row (or column) of the picture that a row of the padded picture shows.
    fn source(&self, index: usize, fill: Fill) -> Option<usize> {
        inside(index as i64 - (self.size / 2) as i64, self.size, fill)
    }

    /// Shifts each row to the right by `slope` times its distance from the centre; only rows nearer than `reach`.
    fn shear(
        &self,
        planes: &mut [f32],
        slope: f64,
        reach: usize,
        packed: &mut [Complex<f32>],
        ramp: &mut [Complex<f32>],
        fft: &mut [Complex<f32>],
    ) {
        let n = self.padded;
        let centre = n.div_ceil(2);
        for distance in 1..=centre.min(reach) {
            let before = centre - distance;
            let after = Some(centre + distance).filter(|&row| row < n);
            for (plane, packed) in planes.chunks_exact(n * n).zip(packed.chunks_exact_mut(n)) {
                pack(&plane[before * n..][..n], after.map(|row| &plane[row * n..][..n]), packed);
            }
            phase_ramp(-slope * distance as f64, ramp);
            self.forward.process_with_scratch(packed, fft);
            for packed in packed.chunks_exact_mut(n) {
                for (value, phase) in packed.iter_mut().zip(&*ramp) {
                    *value *= phase;
                }
            }
            self.inverse.process_with_scratch(packed, fft);
            for (plane, packed) in planes.chunks_exact_mut(n * n).zip(packed.chunks_exact(n)) {
                for (value, packed) in plane[before * n..][..n].iter_mut().zip(packed) {
                    *value = packed.re.clamp(0.0, 1.0);
                }
                if let Some(after) = after {
                    for (value, packed) in plane[after * n..][..n].iter_mut().zip(packed.iter().rev()) {
                        *value = packed.im.clamp(0.0, 1.0);
                    }
                }
            }
        }
    }

    fn cut(&self, planes: &[f32], out: &mut [f32]) {
        let (n, size, padding) = (self.padded, self.size, self.size / 2);
        for (plane, out) in planes.chunks_exact(n * n).zip(out.chunks_exact_mut(size * size)) {
            for (row, out) in plane[padding * n..].chunks_exact(n).zip(out.chunks_exact_mut(size)) {
                out.copy_from_slice(&row[padding..][..size]);
            }
        }
    }
}

/// A clockwise angle as a counter-clockwise one within +-90 degrees, and whether the picture is to be turned by 180 degrees first.
fn within_a_quarter(angle_deg: f64) -> (f64, bool) {
    let counter_clockwise = geometry::counter_clockwise_deg(angle_deg);
    if counter_clockwise.abs() > 90.0 {
        (counter_clockwise - 180.0_f64.copysign(counter_clockwise), true)
    } else {
        (counter_clockwise, false)
    }
}

/// One row and its mirror row, reversed, as one complex signal.
fn pack(row: &[f32], mirror: Option<&[f32]>, out: &mut [Complex<f32>]) {
    match mirror {
        Some(mirror) => {
            for ((value, &re), &im) in out.iter_mut().zip(row).zip(mirror.iter().rev()) {
                *value = Complex::new(re, im);
            }
        }
        None => {
            for (value, &re) in out.iter_mut().zip(row) {
                *value = Complex::new(re, 0.0);
            }
        }
    }
}

/// The spectrum of a shift to the right by `shift` samples, with the 1/N of the inverse transform. At the Nyquist
/// frequency of an even length it is the real part, which is what taking the real part of the result amounts to.
fn phase_ramp(shift: f64, ramp: &mut [Complex<f32>]) {
    let n = ramp.len();
    let angle = -TAU * shift / n as f64;
    let turn = |k: usize| Complex::<f64>::from_polar(1.0, angle * k as f64);
    let step = turn(LANES);
    let mut lanes: [Complex<f64>; LANES] = std::array::from_fn(|k| turn(k) / n as f64);
    let half = n / 2 + 1;
    for chunk in ramp[..half].chunks_mut(LANES) {
        for (value, lane) in chunk.iter_mut().zip(&mut lanes) {
            *value = Complex::new(lane.re as f32, lane.im as f32);
            *lane *= step;
        }
    }
    if n.is_multiple_of(2) {
        ramp[n / 2] = Complex::new(((PI * shift).cos() / n as f64) as f32, 0.0);
    }
    for k in half..n {
        ramp[k] = ramp[n - k].conj();
    }
}

/// Exchanges rows and columns of square planes, in blocks that stay in the first-level cache.
fn transpose(planes: &[f32], n: usize, out: &mut [f32]) {
    const BLOCK: usize = 16;
    for (plane, out) in planes.chunks_exact(n * n).zip(out.chunks_exact_mut(n * n)) {
        for top in (0..n).step_by(BLOCK) {
            let height = BLOCK.min(n - top);
            for left in (0..n).step_by(BLOCK) {
                for column in left..n.min(left + BLOCK) {
                    let target = &mut out[column * n + top..][..height];
                    for (value, row) in target.iter_mut().zip(top..) {
                        *value = plane[row * n + column];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_shift_moves_samples_round() {
        for n in [8_usize, 9] {
            let three_pass = ThreePass::new(n);
            let mut planner = FftPlanner::new();
            let mut ramp = vec![Complex::default(); n];
            phase_ramp(3.0, &mut ramp);
            let mut signal: Vec<Complex<f32>> =
                (0..n).map(|k| Complex::new((k * k % 7) as f32, k as f32)).collect();
            let before = signal.clone();
            planner.plan_fft_forward(n).process(&mut signal);
            signal.iter_mut().zip(&ramp).for_each(|(value, phase)| *value *= phase);
            planner.plan_fft_inverse(n).process(&mut signal);
            for (k, value) in before.iter().enumerate() {
                assert!((signal[(k + 3) % n] - value).norm() < 1e-5, "{n} {k}");
            }
            assert_eq!(three_pass.padded, n + 2 * (n / 2));
        }
    }

    #[test]
    fn padding_follows_the_fill() {
        let three_pass = ThreePass::new(4);
        let sources = |fill| (0..8).map(|index| three_pass.source(index, fill)).collect::<Vec<_>>();
        assert_eq!(sources(Fill::Replicate), [0, 0, 0, 1, 2, 3, 3, 3].map(Some));
        assert_eq!(sources(Fill::Reflect), [2, 1, 0, 1, 2, 3, 2, 1].map(Some));
        assert_eq!(sources(Fill::Zeros), [None, None, Some(0), Some(1), Some(2), Some(3), None, None]);
    }

    #[test]
    fn transposition_reaches_every_pixel() {
        let n = 19;
        let planes: Vec<f32> = (0..2 * n * n).map(|index| index as f32).collect();
        let mut out = vec![0.0; planes.len()];
        transpose(&planes, n, &mut out);
        for row in 0..n {
            for column in 0..n {
                assert_eq!(out[n * n + column * n + row], planes[n * n + row * n + column]);
            }
        }
    }
}
