//! Bringing pictures and masks to the model's size.

use image::RgbImage;
use ndarray::{Array2, Array3};

use crate::types::Image;

/// Fractional bits of a weight: what 32 bits leave beside an 8-bit value and two bits for the overshoot of the kernel.
const PRECISION: u32 = 32 - 8 - 2;
const CHANNELS: usize = 3;

/// Resizes a picture to a height and a width by antialiased bicubic, exactly as Pillow's `BICUBIC` (and so
/// torchvision's `Resize` on a Pillow picture): in two steps, 8 bits after each, weights in fixed point; then
/// [0, 1] in planes. A picture that has the size already is not resampled. The width comes first, but where
/// the height shrinks much more than the width, as in Pillow 13. (Earlier versions always take the width
/// first, which gives other values for tall pictures only.)
pub fn picture(rgb: &RgbImage, (to_height, to_width): (usize, usize)) -> Image {
    let (width, height) = (rgb.width() as usize, rgb.height() as usize);
    // A direction that keeps its length would only copy: its weights are 0 and 1.
    let across = |pixels: Vec<u8>| if width == to_width { pixels } else { across(&pixels, width, to_width) };
    let down = |pixels: Vec<u8>, width| {
        if height == to_height { pixels } else { down(&pixels, width * CHANNELS, height, to_height) }
    };
    // Pillow 13's rule, found by comparing both orders with it over random sizes (no exception among 1481).
    let height_first = height > to_height && height + 2 * to_width > to_height + 2 * width;
    let pixels = rgb.as_raw().clone();
    let resized = if height_first { across(down(pixels, width)) } else { down(across(pixels), to_width) };
    Array3::from_shape_fn((CHANNELS, to_height, to_width), |(channel, y, x)| {
        f32::from(resized[(y * to_width + x) * CHANNELS + channel]) / 255.0
    })
}

/// The input pixels that make one output pixel.
struct Taps {
    first: usize,
    weights: Vec<i32>,
}

/// The taps of every output pixel. The kernel widens with the reduction, which is what antialiases.
fn taps(from: usize, to: usize) -> Vec<Taps> {
    let scale = from as f64 / to as f64;
    let widening = scale.max(1.0);
    let support = 2.0 * widening;
    (0..to)
        .map(|at| {
            let centre = (at as f64 + 0.5) * scale;
            let first = (centre - support + 0.5).max(0.0) as usize;
            let end = ((centre + support + 0.5) as usize).min(from);
            let weights: Vec<f64> =
                (first..end).map(|x| bicubic((x as f64 - centre + 0.5) / widening)).collect();
            let sum: f64 = weights.iter().sum();
            let fixed = |weight: f64| (weight / sum * f64::from(1 << PRECISION)).round() as i32;
            Taps { first, weights: weights.into_iter().map(fixed).collect() }
        })
        .collect()
}

/// The kernel: Keys' cubic with a = -0.5.
fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    let x = x.abs();
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

const HALF: i32 = 1 << (PRECISION - 1);

fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION).clamp(0, 255) as u8
}

fn across(pixels: &[u8], width: usize, to: usize) -> Vec<u8> {
    let taps = taps(width, to);
    let mut out = Vec::with_capacity(pixels.len() / width * to);
    for row in pixels.chunks_exact(width * CHANNELS) {
        for Taps { first, weights } in &taps {
            let mut sums = [HALF; CHANNELS];
            for (pixel, weight) in row[first * CHANNELS..].chunks_exact(CHANNELS).zip(weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(value) * weight;
                }
            }
            out.extend(sums.map(to_byte));
        }
    }
    out
}

fn down(pixels: &[u8], stride: usize, height: usize, to: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(stride * to);
    let mut sums = vec![HALF; stride];
    for Taps { first, weights } in taps(height, to) {
        sums.fill(HALF);
        for (row, weight) in pixels[first * stride..].chunks_exact(stride).zip(weights) {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += i32::from(value) * weight;
            }
        }
        out.extend(sums.iter().map(|&sum| to_byte(sum)));
    }
    out
}

/// Resizes a mask, or labels of its regions, to a height and a width by the nearest pixel centre: output i takes input floor((i + 1/2) * from
/// / to), as Pillow's `NEAREST` and torch's `nearest-exact`. (Torch's plain `nearest` leaves the half out and
/// shifts the mask by up to half an output pixel. Where a centre falls exactly between two input pixels the
/// later one is taken; there the peers differ among themselves by their rounding errors.)
pub fn nearest<T: Clone>(mask: Array2<T>, (to_height, to_width): (usize, usize)) -> Array2<T> {
    let (height, width) = mask.dim();
    if (height, width) == (to_height, to_width) {
        return mask;
    }
    let nearest = |at: usize, from: usize, to: usize| (2 * at + 1) * from / (2 * to);
    Array2::from_shape_fn((to_height, to_width), |(y, x)| {
        mask[[nearest(y, height, to_height), nearest(x, width, to_width)]].clone()
    })
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use serde::Deserialize;
    use sha2::{Digest, Sha256};

    use super::*;
    use crate::types::Mask;

    /// A row of what `export/golden/resize.py` writes: width and height.
    #[derive(Deserialize)]
    struct Oblong {
        source: (u32, u32),
        canvas: (usize, usize),
        sha256: String,
    }

    /// The pictures of `formula` in that script.
    fn formula((width, height): (u32, u32)) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let (wide, x, y) = (u64::from(width), u64::from(x), u64::from(y));
            let planes = [
                (x * x * 7 + y * y * 13 + x * y * 3) / 5 % 256,
                (x / 9 + y / 7) % 2 * 255,
                (x * 255 / wide + y * 3) % 256,
            ];
            Rgb(planes.map(|value| u8::try_from(value).unwrap()))
        })
    }

    #[test]
    fn any_size_is_that_of_pillow_whichever_side_it_takes_first() {
        let rows: Vec<Oblong> =
            serde_json::from_str(include_str!("../../tests/golden/dataset/oblong.json")).unwrap();
        assert!(rows.len() >= 20);
        for Oblong { source, canvas: (width, height), sha256 } in rows {
            let image = picture(&formula(source), (height, width));
            let bytes: Vec<u8> =
                image.permuted_axes([1, 2, 0]).iter().map(|value| (value * 255.0).round() as u8).collect();
            let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(digest, sha256, "{source:?} to {width} x {height}");
        }
    }

    #[test]
    fn the_kernel_interpolates_and_is_continuous() {
        assert_eq!(bicubic(0.0), 1.0);
        for node in [1.0, 2.0, -1.0, 2.5] {
            assert_eq!(bicubic(node), 0.0);
        }
        assert!((bicubic(1.0 - 1e-9) - bicubic(1.0 + 1e-9)).abs() < 1e-8);
        assert_eq!(bicubic(0.5), 0.5625);
    }

    #[test]
    fn a_flat_picture_stays_flat_at_every_size() {
        for (width, height) in [(1, 1), (3, 7), (50, 2), (300, 200)] {
            let flat = RgbImage::from_pixel(width, height, Rgb([255, 128, 0]));
            for size in [1, 5, 64] {
                let image = picture(&flat, (size, size));
                for ((channel, _, _), &value) in image.indexed_iter() {
                    assert_eq!(value, [1.0, 128.0 / 255.0, 0.0][channel], "{width} x {height} to {size}");
                }
            }
        }
    }

    #[test]
    fn a_mask_grows_by_whole_pixels() {
        let small = Mask::from_shape_fn((2, 2), |(y, x)| y == 0 && x == 1);
        let large = nearest(small, (4, 4));
        assert_eq!(large, Mask::from_shape_fn((4, 4), |(y, x)| y < 2 && x >= 2));
    }
}
