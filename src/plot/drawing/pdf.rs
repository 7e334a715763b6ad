//! A drawing as PDF, converted from its SVG.

use std::sync::Arc;

use svg2pdf::usvg::{Options, Tree, fontdb};
use svg2pdf::{ConversionOptions, PageOptions};

use super::svg::svg;
use super::{Sheet, Written};

/// Points in an inch, and so pixels of an SVG of which 96 make one.
const DOTS_PER_INCH: f32 = 96.0;

/// The drawing on a page of this width in millimetres, with the letters of its texts in the compiled-in font inside.
pub fn pdf(sheet: &Sheet<'_>, width_mm: f64) -> Written<Vec<u8>> {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_data(epaint_default_fonts::UBUNTU_LIGHT.to_vec());
    let options = Options { fontdb: Arc::new(fonts), dpi: DOTS_PER_INCH, ..Options::default() };
    let tree = Tree::from_str(&svg(sheet, width_mm), &options)?;
    let page = PageOptions { dpi: DOTS_PER_INCH };
    let mut pdf = svg2pdf::to_pdf(&tree, ConversionOptions::default(), page).map_err(|e| e.to_string())?;
    order_resources(&mut pdf);
    Ok(pdf)
}

/// Puts the named resources of a page, which the converter writes in any order, into that of their names. Nothing moves behind them: where
/// objects begin, which the end of the file says, stays true.
fn order_resources(pdf: &mut [u8]) {
    let mut at = 0;
    while at < pdf.len() {
        let length: usize = lines(&pdf[at..]).take_while(|line| is_resource(line)).map(<[u8]>::len).sum();
        if length > 0 {
            let block = &mut pdf[at..at + length];
            let mut resources: Vec<&[u8]> = lines(block).collect();
            resources.sort_unstable();
            let ordered = resources.concat();
            block.copy_from_slice(&ordered);
        }
        at += length.max(lines(&pdf[at..]).next().map_or(1, <[u8]>::len));
    }
}

/// Lines with their ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|&byte| byte == b'\n')
}

/// Whether a line is a name and the object that it stands for, such as `/gs0 7 0 R`, as deep as resources are.
fn is_resource(line: &[u8]) -> bool {
    let Some(text) = std::str::from_utf8(line).ok().and_then(|line| line.strip_prefix("      /")) else {
        return false;
    };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    matches!(words[..], [_, object, "0", "R"] if object.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_are_ordered_within_their_dictionary_and_nothing_else_moves() {
        let mut pdf = b"%PDF\n    /ExtGState <<\n      /gs7 14 0 R\n      /gs0 7 0 R\n    >>\n      /fo1 3 0 R\n/b 2 0 R\n/a 1 0 R\n\xff".to_vec();
        order_resources(&mut pdf);
        let ordered = b"%PDF\n    /ExtGState <<\n      /gs0 7 0 R\n      /gs7 14 0 R\n    >>\n      /fo1 3 0 R\n/b 2 0 R\n/a 1 0 R\n\xff";
        assert_eq!(pdf, ordered);
    }
}
