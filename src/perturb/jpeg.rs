//! The loss of a picture by baseline JPEG (ITU-T T.81) without subsampled colour: 8-bit levels, YCbCr as in
//! JFIF, the cosine transform of blocks of 8 x 8, quantisation by the tables of Annex K scaled as libjpeg
//! scales them, and the way back. The entropy code that would follow in a file loses nothing and is left out.
//! A picture whose sides are no multiples of 8 is continued by its last row and column, as in libjpeg.

use std::f64::consts::PI;
use std::sync::LazyLock;

const SIDE: usize = 8;
const AREA: usize = SIDE * SIDE;
type Block = [f32; AREA];

/// The quantisation steps of luma at quality 50, by rows (Annex K, table K.1).
const LUMA: [u32; AREA] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17,
    22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78,
    87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];

/// The quantisation steps of colour at quality 50, by rows (Annex K, table K.2).
const CHROMA: [u32; AREA] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/// The JPEG quality of a loss on the JPEG axis; `None` for no JPEG at all.
///
/// # Panics
/// If the loss is not in [0, 99].
pub(super) fn quality(loss: f64) -> Option<u32> {
    assert!((0.0..=99.0).contains(&loss), "the loss of a JPEG must be 0 to 99, but it is {loss}");
    (loss != 0.0).then(|| (100.0 - loss).round() as u32)
}

/// Compresses three planes of (height, width) in place; quality is 1 to 100.
pub(super) fn compress(planes: &mut [f32], (height, width): (usize, usize), quality: u32) {
    let (red, rest) = planes.split_at_mut(height * width);
    let (green, blue) = rest.split_at_mut(height * width);
    for ((r, g), b) in red.iter_mut().zip(&mut *green).zip(&mut *blue) {
        [*r, *g, *b] = to_ycbcr([*r, *g, *b].map(|value| (value * 255.0).round() as i32)).map(|v| v as f32);
    }
    for (plane, table) in [(&mut *red, &LUMA), (&mut *green, &CHROMA), (&mut *blue, &CHROMA)] {
        let steps = steps(table, quality);
        for top in (0..height).step_by(SIDE) {
            for left in (0..width).step_by(SIDE) {
                requantise(plane, (height, width), (top, left), &steps);
            }
        }
    }
    for ((r, g), b) in red.iter_mut().zip(&mut *green).zip(&mut *blue) {
        [*r, *g, *b] = to_rgb([*r, *g, *b].map(|value| value as i32)).map(|level| level as f32 / 255.0);
    }
}

/// The quantisation steps of a table at a quality.
fn steps(table: &[u32; AREA], quality: u32) -> Block {
    let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
    table.map(|step| ((step * scale + 50) / 100).clamp(1, 255) as f32)
}

/// Transforms and quantises one block, and takes it back to 8-bit levels.
fn requantise(
    plane: &mut [f32],
    (height, width): (usize, usize),
    (top, left): (usize, usize),
    steps: &Block,
) {
    let inside = |at: usize, length: usize| at.min(length - 1);
    let mut block: Block = std::array::from_fn(|at| {
        plane[inside(top + at / SIDE, height) * width + inside(left + at % SIDE, width)] - 128.0
    });
    block = transformed(&block, &COSINES.0);
    for (value, step) in block.iter_mut().zip(steps) {
        // libjpeg keeps coefficients in eighths.
        *value = ((*value * 8.0).round() / (8.0 * step)).round() * step;
    }
    block = transformed(&block, &COSINES.1);
    for (row, values) in (top..height).zip(block.chunks_exact(SIDE)) {
        let count = SIDE.min(width - left);
        for (out, value) in plane[row * width + left..][..count].iter_mut().zip(values) {
            *out = (value + 128.0).round().clamp(0.0, 255.0);
        }
    }
}

/// The orthonormal cosine transform, by rows of frequencies, and its transpose, which undoes it.
static COSINES: LazyLock<(Block, Block)> = LazyLock::new(|| {
    let cosine = |frequency: usize, at: usize| {
        let scale = if frequency == 0 { (1.0 / 8.0_f64).sqrt() } else { 0.5 };
        (scale * ((2 * at + 1) as f64 * frequency as f64 * PI / 16.0).cos()) as f32
    };
    (
        std::array::from_fn(|index| cosine(index / SIDE, index % SIDE)),
        std::array::from_fn(|index| cosine(index % SIDE, index / SIDE)),
    )
});

/// The product `matrix block matrix^T`.
fn transformed(block: &Block, matrix: &Block) -> Block {
    let mut half = [0.0; AREA];
    for (row, out) in half.chunks_exact_mut(SIDE).enumerate() {
        for (weight, values) in matrix[row * SIDE..][..SIDE].iter().zip(block.chunks_exact(SIDE)) {
            for (out, value) in out.iter_mut().zip(values) {
                *out += weight * value;
            }
        }
    }
    let mut whole = [0.0; AREA];
    for (out, values) in whole.chunks_exact_mut(SIDE).zip(half.chunks_exact(SIDE)) {
        for (out, weights) in out.iter_mut().zip(matrix.chunks_exact(SIDE)) {
            *out = weights.iter().zip(values).map(|(weight, value)| weight * value).sum();
        }
    }
    whole
}

const HALF: i32 = 1 << 15;

/// A factor as a fixed-point number with 16 fractional bits.
const fn fixed(factor: f64) -> i32 {
    (factor * 65536.0 + 0.5) as i32
}

/// YCbCr of an RGB value in 8-bit levels; halves of colour are rounded down, those of luma up, as in libjpeg.
fn to_ycbcr([r, g, b]: [i32; 3]) -> [i32; 3] {
    [
        (fixed(0.299) * r + fixed(0.587) * g + fixed(0.114) * b + HALF) >> 16,
        (HALF * b - fixed(0.168_735_892) * r - fixed(0.331_264_108) * g + (128 << 16) + HALF - 1) >> 16,
        (HALF * r - fixed(0.418_687_589) * g - fixed(0.081_312_411) * b + (128 << 16) + HALF - 1) >> 16,
    ]
}

fn to_rgb([y, cb, cr]: [i32; 3]) -> [i32; 3] {
    let (cb, cr) = (cb - 128, cr - 128);
    [
        y + ((fixed(1.402) * cr + HALF) >> 16),
        y + ((HALF - fixed(0.344_136_286) * cb - fixed(0.714_136_286) * cr) >> 16),
        y + ((fixed(1.772) * cb + HALF) >> 16),
    ]
    .map(|level| level.clamp(0, 255))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_what_the_quality_lacks() {
        assert_eq!([0.0, 0.4, 30.0, 99.0].map(quality), [None, Some(100), Some(70), Some(1)]);
    }

    #[test]
    fn the_transform_comes_back() {
        let block: Block = std::array::from_fn(|at| (at * 37 % 101) as f32 - 50.0);
        let there = transformed(&block, &COSINES.0);
        assert!((there[0] - block.iter().sum::<f32>() / 8.0).abs() < 1e-3, "the first is the mean times 8");
        for (value, back) in block.iter().zip(transformed(&there, &COSINES.1)) {
            assert!((value - back).abs() < 1e-3);
        }
    }

    #[test]
    fn steps_are_those_of_libjpeg() {
        assert_eq!(steps(&LUMA, 50)[..3], [16.0, 11.0, 10.0]);
        assert_eq!(steps(&LUMA, 75)[..3], [8.0, 6.0, 5.0]);
        assert_eq!(steps(&CHROMA, 100), [1.0; AREA]);
        assert_eq!(steps(&CHROMA, 1), [255.0; AREA]);
    }

    #[test]
    fn greys_and_primaries_have_their_colours() {
        assert_eq!(to_ycbcr([77; 3]), [77, 128, 128]);
        assert_eq!(to_ycbcr([255, 0, 0]), [76, 85, 255]);
        for rgb in [[0, 0, 0], [255, 255, 255], [255, 0, 0], [12, 200, 99]] {
            for (back, level) in to_rgb(to_ycbcr(rgb)).into_iter().zip(rgb) {
                assert!((back - level).abs() <= 1, "{rgb:?}");
            }
        }
    }

    #[test]
    fn more_loss_is_more_change() {
        let size = 19;
        let planes: Vec<f32> = (0..3 * size * size).map(|at| (at * 7 % 23) as f32 / 22.0).collect();
        let change = |quality| {
            let mut compressed = planes.clone();
            compress(&mut compressed, (size, size), quality);
            compressed.iter().zip(&planes).map(|(a, b)| (a - b).abs()).sum::<f32>() / planes.len() as f32
        };
        let (fine, middle, coarse) = (change(100), change(60), change(10));
        assert!(fine < 0.01 && fine < middle && middle < coarse, "{fine} {middle} {coarse}");
    }
}
