//! Pictures that lie in a test set and are not evaluated.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use crate::error::shown;
use crate::types::counted;

/// Pictures of a category that are there but not evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// Category of the pictures.
    pub category: String,
    /// The folder that holds the pictures, or the list that names them.
    pub folder: PathBuf,
    /// Number of pictures.
    pub pictures: usize,
    /// The reason why the pictures are not evaluated.
    pub why: Why,
}

/// A reason why pictures are not evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Why {
    /// The pictures are for training or validation.
    OtherSplit,
    /// The pictures are for testing, but their ground truth is not public.
    NoGroundTruth,
    /// The category of the pictures has no test folder.
    NoTest,
    /// A list names the pictures, but their category has no folder.
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
        let pictures = counted(*pictures, "picture", "pictures");
        write!(f, "{}: not evaluated: {pictures} of {} ({why})", shown(category), shown(folder))
    }
}
