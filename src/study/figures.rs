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
    fn from(Drawn { written, skipped }: Drawn) -> Self {
        Self { written, skipped }
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
