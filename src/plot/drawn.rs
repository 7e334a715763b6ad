//! What became of the figures of some runs.

use std::path::{Path, PathBuf};

use crate::error::Result;

/// Figures that were written, and those that were not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// Figures written.
    pub written: Vec<PathBuf>,
    /// File name of each figure that the records do not allow, with the reason.
    pub skipped: Vec<(String, String)>,
}

impl Drawn {
    /// Draws a figure from its input, or notes why there is none.
    pub(super) fn add<T: ?Sized>(
        &mut self,
        out: &Path,
        name: &str,
        input: std::result::Result<&T, &str>,
        draw: impl FnOnce(&T, &Path) -> Result<()>,
    ) -> Result<()> {
        match input {
            Ok(input) => {
                let path = out.join(name);
                draw(input, &path)?;
                self.written.push(path);
            }
            Err(reason) => self.skipped.push((name.to_owned(), reason.to_owned())),
        }
        Ok(())
    }
}

/// A name as part of a file's name.
pub(super) fn plain(name: &str) -> String {
    name.replace(['/', '\\', ':', ' '], "_")
}
