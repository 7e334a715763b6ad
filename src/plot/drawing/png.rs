//! A drawing as PNG.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use ndarray::Axis;
use plotters::prelude::BitMapBackend;
use plotters::style::text_anchor::Pos;
use plotters::style::{Color as _, FontDesc, FontFamily, FontStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingBackend as _};

use super::super::page::dots_per_metre;
use super::super::style;
use super::marks::{Colour, Words, rgb};
use super::{Mark, OVERSAMPLING, Sheet, Written};
use crate::perturb::upsample;
use crate::types::Image;

/// The drawing with one pixel for each length of its layout, or with as many across as are asked for, at the resolution of a page.
pub fn png(sheet: &Sheet<'_>, across: Option<u32>) -> Written<Vec<u8>> {
    let scale = across.map_or(1.0, |across| f64::from(across) / f64::from(sheet.size.0));
    let (width, height) = match across {
        Some(across) => (across, (f64::from(sheet.size.1) * scale).round() as u32),
        None => sheet.size,
    };
    let area = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut rgb = vec![255; area.0 as usize * area.1 as usize * 3];
    for mark in sheet.marks {
        match (mark, across) {
            (Mark::Picture { image, at }, None) => paste(&mut rgb, area, image, *at, OVERSAMPLING),
            (Mark::Picture { image, at }, Some(_)) => {
                let (image, at) = enlarged(image, *at, scale * f64::from(OVERSAMPLING));
                paste(&mut rgb, area, &image, at, 1);
            }
            (other, None) => draw(&mut BitMapBackend::with_buffer(&mut rgb, area), other)?,
            (other, Some(_)) => {
                draw(&mut BitMapBackend::with_buffer(&mut rgb, area), &other.scaled(scale))?;
            }
        }
    }
    let picture = averaged(&rgb, (width, height));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    let bytes = bytes.into_inner();
    Ok(if across.is_some() { with_resolution(&bytes, dots_per_metre()) } else { bytes })
}

fn draw(backend: &mut BitMapBackend<'_>, mark: &Mark) -> Written<()> {
    let shape = |colour: &Colour, width: u32| rgb(*colour).mix(colour.alpha).stroke_width(width);
    match mark {
        Mark::Rectangle { corners: [from, to], colour, stroke } => {
            backend.draw_rect(*from, *to, &shape(colour, stroke.unwrap_or(1)), stroke.is_none())?;
        }
        Mark::Circle { centre, radius, colour, stroke } => {
            backend.draw_circle(*centre, *radius, &shape(colour, stroke.unwrap_or(1)), stroke.is_none())?;
        }
        Mark::Line { ends: [from, to], colour, width } => {
            backend.draw_line(*from, *to, &shape(colour, *width))?;
        }
        Mark::Path { points, colour, width } => {
            backend.draw_path(points.iter().copied(), &shape(colour, *width))?;
        }
        Mark::Polygon { points, colour } => {
            backend.fill_polygon(points.iter().copied(), &rgb(*colour).mix(colour.alpha))?;
        }
        Mark::Text(words) => backend.draw_text(&words.text, &text_style(words), words.at)?,
        Mark::Picture { .. } => {}
    }
    Ok(())
}

fn text_style(words: &Words) -> TextStyle<'static> {
    let font = FontDesc::new(FontFamily::Name(style::font()), words.size, FontStyle::Normal);
    let (horizontal, vertical) = words.anchor;
    TextStyle {
        font: font.transform(words.turn.clone()),
        color: words.colour,
        pos: Pos::new(horizontal, vertical),
    }
}

/// Copies a picture to its place, each of its pixels `factor` pixels wide.
fn paste(rgb: &mut [u8], area: (u32, u32), image: &Image, (left, top): BackendCoord, factor: u32) {
    let (_, height, width) = image.dim();
    let (factor, row, rows) = (factor as usize, area.0 as usize, area.1 as usize);
    let (left, top) = (left as usize * factor, top as usize * factor);
    for y in (0..height * factor).take_while(|y| top + y < rows) {
        for x in (0..width * factor).take_while(|x| left + x < row) {
            let at = ((top + y) * row + left + x) * 3;
            for channel in 0..3 {
                rgb[at + channel] = byte(image[[channel, y / factor, x / factor]]);
            }
        }
    }
}

/// A picture of the layout and its place in pixels of which a length of the layout has `scale`.
fn enlarged(image: &Image, (left, top): BackendCoord, scale: f64) -> (Image, BackendCoord) {
    let (channels, height, width) = image.dim();
    let at = |length: usize| (length as f64 * scale).round() as usize;
    let size = (at(height).max(1), at(width).max(1));
    let mut out = Image::zeros((channels, size.0, size.1));
    for (mut plane, source) in out.axis_iter_mut(Axis(0)).zip(image.axis_iter(Axis(0))) {
        plane.assign(&upsample(source, size));
    }
    (out, ((f64::from(left) * scale).round() as i32, (f64::from(top) * scale).round() as i32))
}

/// A PNG that says how many dots it has in a metre.
fn with_resolution(png: &[u8], dots: u32) -> Vec<u8> {
    /// Where the chunks after the header begin: behind the signature and the 13 bytes of the header.
    const BEHIND: usize = 8 + 12 + 13;
    let mut chunk = b"pHYs".to_vec();
    chunk.extend(dots.to_be_bytes());
    chunk.extend(dots.to_be_bytes());
    // In metres.
    chunk.push(1);
    let length = (chunk.len() - 4) as u32;
    let sum = crc32(&chunk).to_be_bytes();
    [&png[..BEHIND], &length.to_be_bytes(), &chunk, &sum, &png[BEHIND..]].concat()
}

/// The checksum of PNG.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg()))
    })
}

/// A share of full brightness as a byte.
pub(super) fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// The figure at its size.
fn averaged(rgb: &[u8], (width, height): (u32, u32)) -> RgbImage {
    let factor = OVERSAMPLING;
    let row = (width * factor) as usize;
    RgbImage::from_fn(width, height, |x, y| {
        let mut sums = [0_u32; 3];
        for (dy, dx) in (0..factor).flat_map(|dy| (0..factor).map(move |dx| (dy, dx))) {
            let at = ((y * factor + dy) as usize * row + (x * factor + dx) as usize) * 3;
            for (sum, &value) in sums.iter_mut().zip(&rgb[at..at + 3]) {
                *sum += u32::from(value);
            }
        }
        image::Rgb(sums.map(|sum| ((sum + factor * factor / 2) / (factor * factor)) as u8))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_png() {
        // The chunk that ends every PNG.
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
    }
}
