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
    Ok(svg2pdf::to_pdf(&tree, ConversionOptions::default(), page).map_err(|e| e.to_string())?)
}
