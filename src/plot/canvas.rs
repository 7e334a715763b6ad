//! A figure in the making: plotters draws text and charts on it, pictures are copied into it, a file comes out.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::{DrawingArea, IntoDrawingArea as _};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, IntoFont as _, RGBColor, TextStyle};

use super::drawing::{Mark, OVERSAMPLING, Recorder, Sheet, pdf, png, svg};
use super::format::Format;
use super::page::Page;
use super::style;
use crate::error::{Error, Result};
use crate::record::write_atomic;
use crate::types::Image;

/// An area that plotters draws on.
pub type Area<'a> = DrawingArea<Recorder<'a>, Shift>;
/// Result of drawing, with any of the many error types of plotters.
pub type Drawing<T = ()> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A figure in the making. Positions and sizes are in lengths of its layout, which are the pixels of a usual PNG.
pub struct Canvas {
    page: Page,
    size: (u32, u32),
    marks: Vec<Mark>,
}

impl Canvas {
    /// A white figure.
    pub fn new(page: Page, height: i32) -> Self {
        Self { page, size: (page.width(), height as u32), marks: Vec::new() }
    }

    /// Lets plotters draw on the whole figure.
    pub fn draw(&mut self, out: &Path, draw: impl FnOnce(&Area<'_>) -> Drawing) -> Result<()> {
        let size = (self.size.0 * OVERSAMPLING, self.size.1 * OVERSAMPLING);
        let area = Recorder::new(size, &mut self.marks).into_drawing_area();
        draw(&area).and_then(|()| Ok(area.present()?)).map_err(|e| {
            Error::file_caused(out, "cannot be drawn", e, "report the records that it was drawn from")
        })
    }

    /// Copies a square picture to the place with the given upper left corner and side; its own size must be the side.
    pub fn paste(&mut self, image: &Image, left: i32, top: i32) {
        self.marks.push(Mark::Picture { image: image.clone(), at: (left, top) });
    }

    /// Writes the figure through a temporary name, in the format that the name ends in.
    pub fn save(self, out: &Path) -> Result<()> {
        let sheet = Sheet { size: self.size, marks: &self.marks };
        let bytes = match Format::of(out) {
            Format::Png => png(&sheet, self.page.pixels()),
            Format::Svg => Ok(svg(&sheet, self.page.width_mm()).into_bytes()),
            Format::Pdf => pdf(&sheet, self.page.width_mm()),
        };
        let bytes =
            bytes.map_err(|e| Error::file_caused(out, "cannot be encoded", e, "report this figure"))?;
        write_atomic(out, &bytes)
    }
}

/// A length of the layout in the pixels that plotters draws.
pub fn px(length: i32) -> i32 {
    length * OVERSAMPLING as i32
}

/// A size of the layout in the pixels that plotters draws.
pub fn upx(length: u32) -> u32 {
    length * OVERSAMPLING
}

/// Style of a text of size `size`.
pub fn text_style(size: u32, colour: RGBColor, horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    let font = (style::font(), f64::from(upx(size))).into_font();
    TextStyle { font, color: colour.to_backend_color(), pos: Pos::new(horizontal, vertical) }
}

/// Writes a text at a position of the layout.
pub fn write(area: &Area<'_>, text: &str, (x, y): (i32, i32), size: u32, (h, v): (HPos, VPos)) -> Drawing {
    // The font's letters sit a little above the middle of its box.
    let y = if matches!(v, VPos::Center) { y + size as i32 / 9 } else { y };
    Ok(area.draw_text(text, &text_style(size, style::INK, h, v), (px(x), px(y)))?)
}

/// Width of a text in lengths of the layout.
pub fn text_width(text: &str, size: u32) -> i32 {
    let font = text_style(size, style::INK, HPos::Left, VPos::Top).font;
    font.box_size(text).map_or(0, |(width, _)| width as i32 / OVERSAMPLING as i32)
}

/// The text if it fits into `width`, or else as much of it as does, with an ellipsis.
pub fn fitted(text: &str, size: u32, width: i32) -> String {
    if text_width(text, size) <= width {
        return text.to_owned();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let short: String = kept.iter().collect::<String>() + "\u{2026}";
        if text_width(&short, size) <= width {
            return short;
        }
    }
    String::new()
}

/// The text in as many lines as it takes to fit into `width`, broken between words or after their joints, within a word that is too
/// long.
pub fn wrapped(text: &str, size: u32, width: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut add = |piece: &str| {
        let fits = |line: &&mut String| text_width(format!("{line}{piece}").trim_end(), size) <= width;
        match lines.last_mut().filter(fits) {
            Some(line) => line.push_str(piece),
            None => lines.push(piece.to_owned()),
        }
    };
    for piece in text.split_inclusive([' ', '_', '-', '+', '/', ',']) {
        if text_width(piece.trim_end(), size) <= width {
            add(piece);
        } else {
            piece.split_inclusive(|_| true).for_each(&mut add);
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// Height of a line of small words.
pub const NOTE: i32 = style::TICK as i32 + 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_text_loses_no_letter() {
        for (text, width) in [("a word, another_one and-more", 120), ("withoutanyjointatallinit", 90)] {
            let lines = wrapped(text, style::TICK, width);
            assert!(lines.len() > 1 && lines.iter().all(|line| text_width(line, style::TICK) <= width));
            assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
        }
    }
}
