//! What plotters draws, kept as a list of marks, and that list as PNG, SVG and PDF.

mod marks;
mod pdf;
mod png;
mod svg;

pub use marks::{Mark, Recorder};
pub use pdf::pdf;
pub use png::png;
pub use svg::svg;

/// Factor of the grid of a drawing: marks lie on parts of a length of the layout, and PNG is averaged down from them, which smooths
/// lines and letters.
pub const OVERSAMPLING: u32 = 2;

/// A finished figure.
pub struct Sheet<'d> {
    /// Width and height, in lengths of the layout.
    pub size: (u32, u32),
    /// What was drawn, first to last, in parts of these lengths ([`OVERSAMPLING`]).
    pub marks: &'d [Mark],
}

/// Result of writing a drawing, with any of the error types of plotters and the encoders.
pub type Written<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;
