//! Reading picture files: by content, not by extension, with damage told apart from data.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read as _, Seek};
use std::path::Path;

use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use crate::error::{Error, Result};
use crate::file;
use crate::types::MAX_PIXELS;

/// Most bytes of a decoded picture: [`MAX_PIXELS`] of four 16-bit channels, and some more.
const MAX_BYTES: u64 = 1 << 30;

/// Remedy for a picture that cannot be read.
const UNREADABLE: &str = "check its permissions and the disk";

/// Facts that the header of a picture file tells.
pub struct Header {
    /// Height and width in pixels as stored.
    pub size: (usize, usize),
    /// Whether the file is lossy.
    pub is_jpeg: bool,
    /// Whether EXIF says that the picture is to be shown turned or flipped.
    pub is_turned: bool,
}

/// A decoded picture.
pub struct Decoded {
    /// The pixels as stored: the EXIF orientation is not applied, as Pillow, torchvision and anomalib do not.
    pub pixels: DynamicImage,
    /// Whether the file was lossy.
    pub is_jpeg: bool,
}

/// Reads the header of a picture file.
///
/// # Errors
/// A file error when the file is missing, empty, not a picture, without pixels, or absurdly large.
pub fn header(path: &Path) -> Result<Header> {
    let file = open(path)?;
    let length = file.metadata().map_err(|e| unreadable(path, e))?.len();
    let (mut decoder, format) = decoder(path, BufReader::new(file), length)?;
    let orientation = decoder.orientation().map_err(|e| damaged(path, e))?;
    let (width, height) = decoder.dimensions();
    Ok(Header {
        size: (height as usize, width as usize),
        is_jpeg: format == ImageFormat::Jpeg,
        is_turned: orientation != Orientation::NoTransforms,
    })
}

/// Decodes a picture file.
///
/// # Errors
/// Those of [`header`], and a file error when the file is truncated or damaged.
pub fn read(path: &Path) -> Result<Decoded> {
    let mut bytes = Vec::new();
    open(path)?.read_to_end(&mut bytes).map_err(|e| unreadable(path, e))?;
    let (decoder, format) = decoder(path, Cursor::new(&bytes), bytes.len() as u64)?;
    let is_jpeg = format == ImageFormat::Jpeg;
    // The JPEG decoder fills what is missing with grey and says nothing.
    if is_jpeg && !jpeg_has_its_end(&bytes) {
        return Err(damaged(path, "the file ends before the picture does"));
    }
    let pixels = DynamicImage::from_decoder(decoder).map_err(|e| damaged(path, e))?;
    Ok(Decoded { pixels, is_jpeg })
}

fn decoder<'a>(
    path: &Path,
    source: impl BufRead + Seek + 'a,
    length: u64,
) -> Result<(impl ImageDecoder + 'a, ImageFormat)> {
    if length == 0 {
        return Err(Error::file(path, "is empty", "copy the file again"));
    }
    let mut reader = ImageReader::new(source).with_guessed_format().map_err(|e| damaged(path, e))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let Some(format) = reader.format() else {
        return Err(Error::file(path, "is not a picture of a known format", "give a PNG, JPEG or BMP file"));
    };
    let decoder = reader.into_decoder().map_err(|e| damaged(path, e))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Error::file(path, format!("has no pixels ({width} x {height})"), "replace the file"));
    }
    if pixels > MAX_PIXELS {
        return Err(Error::file(
            path,
            format!("is too large ({width} x {height} pixels)"),
            format!("scale it to at most {MAX_PIXELS} pixels, or cut it into tiles"),
        ));
    }
    Ok((decoder, format))
}

/// Whether a JPEG file has its end-of-image marker after the scan data. The segments before the first scan
/// are stepped over, because a thumbnail in them has an end of its own.
fn jpeg_has_its_end(bytes: &[u8]) -> bool {
    const START_OF_SCAN: u8 = 0xDA;
    let mut at = 2;
    while at + 4 <= bytes.len() && bytes[at] == 0xFF {
        let marker = bytes[at + 1];
        if marker == 0xFF {
            at += 1;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]));
        at += 2 + length;
        if marker == START_OF_SCAN {
            return at < bytes.len() && bytes[at..].windows(2).any(|pair| pair == [0xFF, 0xD9]);
        }
    }
    false
}

fn open(path: &Path) -> Result<File> {
    if !path.exists() {
        return Err(Error::file(
            path,
            "is missing",
            "put the file there, or correct the path in the manifest",
        ));
    }
    file::open(path, UNREADABLE)
}

fn unreadable(path: &Path, e: std::io::Error) -> Error {
    Error::file_caused(path, "cannot be read", e, UNREADABLE)
}

fn damaged(path: &Path, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::file_caused(path, "cannot be decoded", cause, "the file is damaged: copy or save it again as PNG")
}
