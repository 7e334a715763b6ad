//! A drawing as SVG: text stays text, pictures are PNG inside.

use std::fmt::Write as _;
use std::io::Cursor;

use image::{ImageFormat, RgbImage};
use plotters::style::FontTransform;
use plotters_backend::BackendCoord;
use plotters_backend::text_anchor::HPos;

use super::super::style;
use super::marks::{Colour, Words};
use super::png::byte;
use super::{Mark, OVERSAMPLING, Sheet};
use crate::types::{Image, base64};

/// The font of all figures, as it names itself, and others of about its width for programs that lack it.
pub const FAMILIES: &str = "'Ubuntu', 'Ubuntu Light', 'Open Sans', 'Noto Sans', Arial, Helvetica, sans-serif";
/// Its weight.
const WEIGHT: u32 = 300;

/// The drawing on a page of this width in millimetres. Texts are texts, as wide as in the other formats whatever the font.
pub fn svg(sheet: &Sheet<'_>, width_mm: f64) -> String {
    let (width, height) = sheet.size;
    let height_mm = width_mm * f64::from(height) / f64::from(width);
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" \
         xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {} {}\" \
         font-family=\"{FAMILIES}\" font-weight=\"{WEIGHT}\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>",
        short(width_mm),
        short(height_mm),
        width * OVERSAMPLING,
        height * OVERSAMPLING,
    );
    for mark in sheet.marks {
        element(&mut out, mark);
    }
    out.push_str("</svg>\n");
    out
}

fn element(out: &mut String, mark: &Mark) {
    let _ = match mark {
        Mark::Rectangle { corners: [(left, top), (right, bottom)], colour, stroke: None } => {
            // Both corners are covered; neighbours must show no seam.
            let (width, height) = (right - left + 1, bottom - top + 1);
            writeln!(
                out,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\"{} shape-rendering=\"crispEdges\"/>",
                paint("fill", *colour)
            )
        }
        Mark::Rectangle { corners: [(left, top), (right, bottom)], colour, stroke: Some(stroke) } => {
            let (width, height) = (right - left, bottom - top);
            writeln!(
                out,
                "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" fill=\"none\"{} stroke-width=\"{stroke}\"/>",
                paint("stroke", *colour)
            )
        }
        Mark::Circle { centre: (x, y), radius, colour, stroke } => {
            let line = stroke.map_or_else(
                || paint("fill", *colour),
                |stroke| format!(" fill=\"none\"{} stroke-width=\"{stroke}\"", paint("stroke", *colour)),
            );
            writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"{line}/>")
        }
        Mark::Line { ends: [(x1, y1), (x2, y2)], colour, width } => writeln!(
            out,
            "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{} stroke-width=\"{width}\"/>",
            paint("stroke", *colour)
        ),
        Mark::Path { points, colour, width } => writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\"{} stroke-width=\"{width}\"/>",
            places(points),
            paint("stroke", *colour)
        ),
        Mark::Polygon { points, colour } => {
            writeln!(out, "<polygon points=\"{}\"{}/>", places(points), paint("fill", *colour))
        }
        Mark::Text(words) => writeln!(out, "{}", text(words)),
        Mark::Picture { image, at: (left, top) } => {
            let (_, height, width) = image.dim();
            let scaled = |length: usize| length * OVERSAMPLING as usize;
            let [left, top] = [left, top].map(|at| at * OVERSAMPLING as i32);
            let (width, height) = (scaled(width), scaled(height));
            writeln!(
                out,
                "<image x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{height}\" \
                 xlink:href=\"data:image/png;base64,{}\"/>",
                base64(&encoded(image))
            )
        }
    };
}

fn text(words: &Words) -> String {
    let Words { at: (x, y), size, colour, anchor, turn, area, .. } = words;
    let degrees = match turn {
        FontTransform::None => 0,
        FontTransform::Rotate90 => 90,
        FontTransform::Rotate180 => 180,
        FontTransform::Rotate270 => 270,
    };
    let baseline = words.baseline();
    let place = if degrees == 0 {
        format!("x=\"{x}\" y=\"{}\"", short(f64::from(*y) + baseline))
    } else {
        format!("x=\"0\" y=\"{}\" transform=\"translate({x} {y}) rotate({degrees})\"", short(baseline))
    };
    let from = match anchor.0 {
        HPos::Left => "",
        HPos::Center => " text-anchor=\"middle\"",
        HPos::Right => " text-anchor=\"end\"",
    };
    // The width holds where another font has to stand in.
    format!(
        "<text {place} font-size=\"{}\"{from} textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"{}>{}</text>",
        short(style::em(*size)),
        area.0,
        paint("fill", *colour),
        escaped(&words.text)
    )
}

fn paint(what: &str, colour: Colour) -> String {
    let (r, g, b) = colour.rgb;
    let opacity = if colour.alpha < 1.0 {
        format!(" {what}-opacity=\"{}\"", short(colour.alpha))
    } else {
        String::new()
    };
    format!(" {what}=\"#{r:02x}{g:02x}{b:02x}\"{opacity}")
}

fn places(points: &[BackendCoord]) -> String {
    let each: Vec<String> = points.iter().map(|(x, y)| format!("{x},{y}")).collect();
    each.join(" ")
}

/// A number with as few decimals as it needs, at most three.
fn short(value: f64) -> String {
    let text = format!("{value:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The text as XML allows it, without what it allows nowhere.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}')
            }
            letter => out.push(letter),
        }
    }
    out
}

fn encoded(image: &Image) -> Vec<u8> {
    let (_, height, width) = image.dim();
    let picture = RgbImage::from_fn(width as u32, height as u32, |x, y| {
        image::Rgb([0, 1, 2].map(|channel| byte(image[[channel, y as usize, x as usize]])))
    });
    let mut bytes = Cursor::new(Vec::new());
    // PNG takes every RGB picture, and memory every byte.
    let _ = picture.write_to(&mut bytes, ImageFormat::Png);
    bytes.into_inner()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_markup() {
        assert_eq!(escaped("a<b & \"c\"\u{8}"), "a&lt;b &amp; \"c\"\u{fffd}");
    }
}
