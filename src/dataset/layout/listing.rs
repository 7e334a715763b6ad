//! The listing of what lies under a root, as a layout reads it.

use std::collections::HashSet;
use std::path::PathBuf;

use super::super::sample::Sample;
use super::super::unused::Unused;
use crate::error::Error;

/// The samples that a layout finds under a root, and what is odd or wrong there.
#[derive(Default)]
pub struct Listing {
    /// Names of all categories that are there, chosen or not.
    pub names: Vec<String>,
    /// The samples of the chosen categories.
    pub categories: Vec<(String, Vec<Sample>)>,
    pub unused: Vec<Unused>,
    pub remarks: Vec<String>,
    /// Files that cannot be used as they are.
    pub problems: Vec<Error>,
    /// Pictures of samples that cannot be used because of one of the problems.
    pub unusable: HashSet<PathBuf>,
}
