//! The figures of some runs that were drawn, and those that were not.

use std::path::{Path, PathBuf};

use super::format::Format;
use super::page::Page;
use crate::error::Result;

/// The outcome of drawing figures: those that were written, and those that were not.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Drawn {
    /// Paths of the figures written.
    pub written: Vec<PathBuf>,
    /// File name of each figure that the records do not allow, with the reason.
    pub skipped: Vec<(String, String)>,
    /// Format of the figures.
    format: Format,
    /// Their width and letters.
    pub(super) page: Page,
}

impl Drawn {
    /// None yet, of a format and a page.
    pub(super) fn of(format: Format, page: Page) -> Self {
        Self { format, page, ..Self::default() }
    }

    /// The format of the figures.
    pub(super) fn format(&self) -> Format {
        self.format
    }

    /// Takes the figures of another.
    pub(super) fn join(&mut self, other: Self) {
        self.written.extend(other.written);
        self.skipped.extend(other.skipped);
    }

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
                let path = out.join(self.unused(name));
                draw(input, &path)?;
                self.written.push(path);
            }
            Err(reason) => self.skipped.push((self.unused(name), reason.to_owned())),
        }
        Ok(())
    }

    /// A file name for a figure: numbered where another figure has it already, be it in capitals, which some file systems do not
    /// tell apart.
    pub(super) fn unused(&self, name: &str) -> String {
        let written = self.written.iter().filter_map(|path| path.file_name()?.to_str());
        let others: Vec<&str> = written.chain(self.skipped.iter().map(|(name, _)| name.as_str())).collect();
        let numbered = (2..).map(|number| format!("{name}_{number}.{}", self.format));
        let mut names = std::iter::once(format!("{name}.{}", self.format)).chain(numbered);
        names.find(|name| !others.iter().any(|other| other.eq_ignore_ascii_case(name))).unwrap_or_default()
    }
}
