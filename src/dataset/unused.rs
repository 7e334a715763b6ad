//! Pictures that lie in a test set and are not evaluated.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// Pictures that are there but not evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// The category.
    pub category: String,
    /// The folder that holds them, or the list that names them.
    pub folder: PathBuf,
    /// How many.
    pub pictures: usize,
    /// Why they are not evaluated.
    pub why: Why,
}

/// Why pictures are not evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Why {
    /// They are for training or validation.
    OtherSplit,
    /// They are test pictures whose ground truth is not public.
    NoGroundTruth,
    /// Their category has no test folder.
    NoTest,
    /// A list names them, but their category has no folder.
    Absent,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherSplit => "for training or validation",
            Self::NoGroundTruth => "their ground truth is not public",
            Self::NoTest => "the category has no test folder",
            Self::Absent => "listed, but their folder is not there",
        })
    }
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { category, folder, pictures, why } = self;
        write!(f, "{category}: {pictures} pictures of {} are not evaluated ({why})", folder.display())
    }
}
