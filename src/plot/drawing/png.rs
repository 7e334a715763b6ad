//! A drawing as PNG.

use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use plotters::prelude::BitMapBackend;
use plotters::style::text_anchor::Pos;
use plotters::style::{Color as _, FontDesc, FontFamily, FontStyle, TextStyle};
use plotters_backend::{BackendCoord, DrawingBackend as _};

use super::super::style;
use super::marks::{Colour, Words, rgb};
use super::{Mark, OVERSAMPLING, Sheet, Written};
use crate::types::Image;

/// The drawing with one pixel for each length of its layout.
pub fn png(sheet: &Sheet<'_>) -> Written<Vec<u8>> {
    let (width, height) = sheet.size;
    let area = (width * OVERSAMPLING, height * OVERSAMPLING);
    let mut rgb = vec![255; area.0 as usize * area.1 as usize * 3];
    for mark in sheet.marks {
        match mark {
            Mark::Picture { image, at } => paste(&mut rgb, area.0 as usize, image, *at),
            other => draw(&mut BitMapBackend::with_buffer(&mut rgb, area), other)?,
        }
    }
    let mut bytes = Cursor::new(Vec::new());
    averaged(&rgb, sheet.size).write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
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

/// Copies a picture to its place.
fn paste(rgb: &mut [u8], row: usize, image: &Image, (left, top): BackendCoord) {
    let (_, height, width) = image.dim();
    let factor = OVERSAMPLING as usize;
    for y in 0..height * factor {
        for x in 0..width * factor {
            let at = ((top as usize * factor + y) * row + left as usize * factor + x) * 3;
            for channel in 0..3 {
                rgb[at + channel] = byte(image[[channel, y / factor, x / factor]]);
            }
        }
    }
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
