//! Pictures inside the page.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _};

use super::html::escape;
use crate::error::{Error, Result};
use crate::types::{Image, base64};

/// Quality of the thumbnails: no block shows at their size.
const QUALITY: u8 = 82;

/// A picture (3, H, W) in [0, 1] as an element with its JPEG inside.
pub(super) fn img(picture: &Image, says: &str) -> Result<String> {
    let (_, height, width) = picture.dim();
    let pixels: Vec<u8> = (0..height * width)
        .flat_map(|at| [0, 1, 2].map(|channel| picture[[channel, at / width, at % width]]))
        .map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
        .collect();
    let mut bytes = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut bytes, QUALITY)
        .write_image(&pixels, width as u32, height as u32, ExtendedColorType::Rgb8)
        .map_err(|e| Error::file_caused("examples", "a picture cannot be encoded", e, "report its size"))?;
    Ok(format!(
        "<img width=\"{width}\" height=\"{height}\" alt=\"{}\" src=\"data:image/jpeg;base64,{}\">",
        escape(says),
        base64(bytes.get_ref())
    ))
}
