//! Figures of runs, from their records.

use std::path::{Path, PathBuf};

use crate::error::Result;
#[cfg(feature = "plot")]
use crate::plot::{self, Drawn};
use crate::record::RunDir;

/// Figures that were drawn, and those that the records do not allow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// The pictures written.
    pub written: Vec<PathBuf>,
    /// File name of each figure that was not drawn, with the reason.
    pub skipped: Vec<(String, String)>,
}

#[cfg(feature = "plot")]
impl From<Drawn> for Figures {
    fn from(drawn: Drawn) -> Self {
        Self { written: drawn.written, skipped: drawn.skipped }
    }
}

#[cfg(not(feature = "plot"))]
impl Figures {
    fn none() -> Self {
        let reason = "this build has no plots: the feature `plot` is off";
        Self { written: Vec::new(), skipped: vec![("figures".to_owned(), reason.to_owned())] }
    }
}

/// Draws into the folder `out` every figure that the records of these runs allow. A build without the feature `plot` draws none and
/// says so in [`Figures::skipped`].
///
/// # Errors
/// A file error when a record is damaged or a figure cannot be written.
pub fn draw(runs: &[RunDir], out: &Path) -> Result<Figures> {
    #[cfg(feature = "plot")]
    return plot::all(runs, out).map(Figures::from);
    #[cfg(not(feature = "plot"))]
    {
        let _ = (runs, out);
        Ok(Figures::none())
    }
}

/// As [`draw`], in each of several formats, on a page of any width; what is not drawn is told once.
///
/// # Errors
/// Those of [`draw`].
#[cfg(feature = "plot")]
pub fn draw_as(runs: &[RunDir], out: &Path, formats: &[plot::Format], page: plot::Page) -> Result<Figures> {
    let mut figures = Figures::default();
    for &format in formats {
        let Figures { written, skipped } = plot::all_as(runs, out, format, page)?.into();
        figures.written.extend(written);
        if figures.skipped.is_empty() {
            figures.skipped = skipped;
        }
    }
    Ok(figures)
}

/// As [`draw`], of a comparison of searches.
pub(super) fn draw_searches(runs: &[RunDir], out: &Path) -> Result<Figures> {
    #[cfg(feature = "plot")]
    return plot::searches(runs, out).map(Figures::from);
    #[cfg(not(feature = "plot"))]
    {
        let _ = (runs, out);
        Ok(Figures::none())
    }
}
