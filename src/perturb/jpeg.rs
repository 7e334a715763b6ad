//! JPEG compression: the picture is rounded to 8 bits, encoded by the `image` crate (baseline, colour not subsampled, the
//! usual tables scaled by quality as libjpeg does) and decoded again.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageFormat};

/// Compresses three planes of `size` x `size` in place.
///
/// # Panics
/// If `size` is beyond JPEG's 65535.
pub(super) fn compress(planes: &mut [f32], size: usize, quality: u8) {
    let area = size * size;
    let mut pixels = vec![0; planes.len()];
    for (channel, plane) in planes.chunks_exact(area).enumerate() {
        for (pixel, value) in pixels.chunks_exact_mut(3).zip(plane) {
            pixel[channel] = (value * 255.0).round() as u8;
        }
    }
    let side = u16::try_from(size).expect("a JPEG has at most 65535 pixels on a side");
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, quality)
        .encode(&pixels, side.into(), side.into(), ExtendedColorType::Rgb8)
        .expect("a picture of whole pixels can be encoded in memory");
    let decoded = image::load_from_memory_with_format(&file, ImageFormat::Jpeg)
        .expect("what has just been encoded can be decoded")
        .into_rgb8();
    for (channel, plane) in planes.chunks_exact_mut(area).enumerate() {
        for (value, pixel) in plane.iter_mut().zip(decoded.as_raw().chunks_exact(3)) {
            *value = f32::from(pixel[channel]) / 255.0;
        }
    }
}

/// The quality of a loss: `None` for none at all.
///
/// # Panics
/// If the loss is not in [0, 99].
pub(super) fn quality(loss: f64) -> Option<u8> {
    assert!((0.0..=99.0).contains(&loss), "the loss of a JPEG must be 0 to 99, but it is {loss}");
    (loss != 0.0).then(|| (100.0 - loss).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_what_the_quality_lacks() {
        assert_eq!([0.0, 0.4, 30.0, 99.0].map(quality), [None, Some(100), Some(70), Some(1)]);
    }

    #[test]
    fn more_loss_is_more_change() {
        let size = 19;
        let planes: Vec<f32> = (0..3 * size * size).map(|at| (at * 7 % 23) as f32 / 22.0).collect();
        let change = |quality| {
            let mut compressed = planes.clone();
            compress(&mut compressed, size, quality);
            compressed.iter().zip(&planes).map(|(a, b)| (a - b).abs()).sum::<f32>() / planes.len() as f32
        };
        let (fine, middle, coarse) = (change(100), change(60), change(10));
        assert!(fine < 0.01 && fine < middle && middle < coarse, "{fine} {middle} {coarse}");
    }
}
