//! The formats of figures.

use std::path::Path;

use crate::types::named;

/// A format of figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Pixels: 1600 across, or 300 an inch where a width or letters were asked for.
    #[default]
    Png,
    /// Lines and texts, as wide as the page; pictures are PNG inside.
    Svg,
    /// The same on a page of this size, with the letters of the font inside.
    Pdf,
}

named!(Format, "a format of figures", { Png = "png", Svg = "svg", Pdf = "pdf" });

impl Format {
    /// The format that the name of a file ends in; PNG where it ends in none.
    pub(super) fn of(path: &Path) -> Self {
        let ending = path.extension().and_then(|ending| ending.to_str());
        ending.and_then(|ending| ending.parse().ok()).unwrap_or_default()
    }
}
