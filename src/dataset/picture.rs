//! Reading picture files: by content, not by extension, with damage told apart from data.

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::Path;

use image::error::UnsupportedErrorKind;
use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
};

use crate::error::{Error, Result};
use crate::file;
use crate::types::MAX_PIXELS;

/// Most bytes of a decoded picture: [`MAX_PIXELS`] of four 16-bit channels, and some more.
const MAX_BYTES: u64 = 1 << 30;

/// Formats that are read, whatever else the decoders are compiled for.
const FORMATS: [ImageFormat; 5] =
    [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Bmp, ImageFormat::Tiff, ImageFormat::WebP];
/// Remedy for a file in another format.
const READABLE: &str = "convert it to PNG (or 8-bit or 16-bit TIFF, JPEG, BMP or WebP)";
/// Remedy for a picture whose values are of a kind that is not read.
const SAVE_AGAIN: &str = "save it as grey or RGB with 8 or 16 bits for each value";
/// Remedy for a picture that cannot be read.
const UNREADABLE: &str = "check its permissions and the disk";

/// Facts that the header of a picture file tells.
pub struct Header {
    /// Height and width in pixels as stored.
    pub size: (usize, usize),
    /// Whether the file is lossy.
    pub is_lossy: bool,
    /// Whether a value has 16 bits.
    pub is_deep: bool,
    /// Whether EXIF says that the picture is to be shown turned or flipped.
    pub is_turned: bool,
}

/// A decoded picture.
pub struct Decoded {
    /// The pixels as stored: the EXIF orientation is not applied, as Pillow, torchvision and anomalib do not.
    pub pixels: DynamicImage,
    /// Whether the file was lossy.
    pub is_lossy: bool,
}

/// Reads the header of a picture file.
///
/// # Errors
/// A file error when the file is missing, empty, not a picture, without pixels, or absurdly large.
pub fn header(path: &Path) -> Result<Header> {
    let file = open(path)?;
    let length = file.metadata().map_err(|e| unreadable(path, e))?.len();
    let (mut decoder, coding) = decoder(path, BufReader::new(file), length)?;
    let orientation = decoder.orientation().map_err(|e| undecodable(path, e))?;
    let (width, height) = decoder.dimensions();
    let depth = decoder.color_type();
    Ok(Header {
        size: (height as usize, width as usize),
        is_lossy: coding.is_lossy,
        is_deep: matches!(depth, ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16),
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
    let (decoder, coding) = decoder(path, Cursor::new(&bytes), bytes.len() as u64)?;
    // The JPEG decoder fills what is missing with grey and says nothing.
    if coding.format == ImageFormat::Jpeg && !jpeg_has_its_end(&bytes) {
        return Err(damaged(path, "the file ends before the picture does"));
    }
    let pixels = DynamicImage::from_decoder(decoder).map_err(|e| undecodable(path, e))?;
    Ok(Decoded { pixels, is_lossy: coding.is_lossy })
}

/// How a file holds its picture.
#[derive(Clone, Copy)]
struct Coding {
    format: ImageFormat,
    is_lossy: bool,
}

fn decoder<'a>(
    path: &Path,
    mut source: impl BufRead + Seek + 'a,
    length: u64,
) -> Result<(impl ImageDecoder + 'a, Coding)> {
    if length == 0 {
        return Err(Error::file(path, "is empty", "copy the file again"));
    }
    let lossy_webp = webp_is_lossy(&mut source).map_err(|e| unreadable(path, e))?;
    let mut reader = ImageReader::new(source).with_guessed_format().map_err(|e| damaged(path, e))?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_BYTES);
    reader.limits(limits);
    let Some(format) = reader.format() else {
        let mut source = reader.into_inner();
        let mut start = Vec::new();
        source
            .rewind()
            .and_then(|()| source.take(64).read_to_end(&mut start))
            .map_err(|e| unreadable(path, e))?;
        if file::is_lfs_pointer(&start) {
            return Err(file::lfs_pointer(path));
        }
        return Err(Error::file(path, "is not a picture of a known format", READABLE));
    };
    if !FORMATS.contains(&format) {
        return Err(Error::file(path, "is of a kind that cannot be read", READABLE));
    }
    let decoder = reader.into_decoder().map_err(|e| undecodable(path, e))?;
    if matches!(decoder.color_type(), ColorType::Rgb32F | ColorType::Rgba32F) {
        return Err(Error::file(path, "holds floating-point values, whose range nothing tells", SAVE_AGAIN));
    }
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(Error::file(path, format!("has no pixels ({width} x {height})"), "replace the file"));
    }
    if pixels > MAX_PIXELS {
        return Err(Error::file(path, format!("is too large ({width} x {height} pixels)"), smaller()));
    }
    let is_lossy = format == ImageFormat::Jpeg || (format == ImageFormat::WebP && lossy_webp);
    Ok((decoder, Coding { format, is_lossy }))
}

/// Whether a file is a WebP whose picture is coded with loss; leaves the source at its start.
fn webp_is_lossy(source: &mut (impl Read + Seek)) -> std::io::Result<bool> {
    let mut head = [0; 12];
    let mut lossy = false;
    if fill(source, &mut head)? && head.starts_with(b"RIFF") && head.ends_with(b"WEBP") {
        let mut chunk = [0; 8];
        while fill(source, &mut chunk)? {
            let [a, b, c, d, length @ ..] = chunk;
            match &[a, b, c, d] {
                b"VP8 " => {
                    lossy = true;
                    break;
                }
                b"VP8L" => break,
                // A frame of an animation holds chunks of its own after 16 bytes.
                b"ANMF" => source.seek(SeekFrom::Current(16))?,
                _ => {
                    let length = i64::from(u32::from_le_bytes(length));
                    source.seek(SeekFrom::Current(length + length % 2))?
                }
            };
        }
    }
    source.rewind()?;
    Ok(lossy)
}

/// Whether the source had as many bytes as the buffer takes.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<bool> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Err(e) => Err(e),
    }
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
    if !path.exists() && file::dangling(path).is_none() {
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

/// The error about a file that the decoder refuses: what it does not support is not damaged.
fn undecodable(path: &Path, e: ImageError) -> Error {
    match e {
        ImageError::Unsupported(e) => match e.kind() {
            UnsupportedErrorKind::Color(ExtendedColorType::Unknown(bits)) => {
                unread_values(path, bits).caused_by(e)
            }
            _ => Error::file_caused(path, "is of a kind that cannot be read", e, READABLE),
        },
        ImageError::Limits(e) => Error::file_caused(path, "is too large to be decoded", e, smaller()),
        e => damaged(path, e),
    }
}

/// Remedy for a picture that is too large.
fn smaller() -> String {
    format!("scale it to at most {MAX_PIXELS} pixels, or cut it into tiles")
}

/// The error about a TIFF whose values are of a kind that is not read; `bits` are those of a pixel.
fn unread_values(path: &Path, bits: u8) -> Error {
    let problem = match bits {
        32 | 64 => "holds floating-point values, or others of more than 16 bits, whose range nothing tells"
            .to_owned(),
        _ => format!(
            "holds pixels of {bits} bits, a kind that cannot be read (a palette, or more than four channels)"
        ),
    };
    Error::file(path, problem, SAVE_AGAIN)
}

fn damaged(path: &Path, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::file_caused(path, "cannot be decoded", cause, "the file is damaged: copy or save it again as PNG")
}
