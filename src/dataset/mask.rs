//! Ground truth from a picture file.

use image::DynamicImage;
use ndarray::Array2;

use super::picture::Decoded;
use crate::types::Mask;

/// A mask, and whether its file has an alpha channel that varies, in which somebody may have drawn it.
pub struct Drawn {
    pub mask: Mask,
    pub in_alpha: bool,
}

/// The mask in a picture file: a pixel is anomalous when any of its colours is not zero, whatever the depth;
/// transparency does not count. A lossy file rings around edges: its pixels are anomalous where the brightest
/// colour has at least half of its range.
pub fn from_picture(picture: Decoded) -> Drawn {
    let (width, height) = (picture.pixels.width() as usize, picture.pixels.height() as usize);
    let in_alpha = alpha_varies(&picture.pixels);
    let anomalous: Vec<bool> = match picture {
        Decoded { pixels, is_lossy: true } => {
            pixels.into_rgb8().pixels().map(|pixel| pixel.0.iter().any(|&value| value >= 128)).collect()
        }
        Decoded { pixels: DynamicImage::ImageLuma8(grey), .. } => {
            grey.into_raw().into_iter().map(|value| value != 0).collect()
        }
        // 16 bits, so that a value of 1 in 65535 is not rounded away.
        Decoded { pixels, .. } => pixels.into_rgb16().pixels().map(|pixel| pixel.0 != [0; 3]).collect(),
    };
    let mask = Array2::from_shape_vec((height, width), anomalous).expect("one value per pixel");
    Drawn { mask, in_alpha }
}

fn alpha_varies(pixels: &DynamicImage) -> bool {
    if !pixels.color().has_alpha() {
        return false;
    }
    let pixels = pixels.to_rgba16();
    let mut alpha = pixels.pixels().map(|pixel| pixel.0[3]);
    let first = alpha.next();
    alpha.any(|value| Some(value) != first)
}
