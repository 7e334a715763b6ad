//! What lies under a root, as a layout reads it.

use super::super::sample::Sample;
use super::super::unused::Unused;
use crate::error::Error;

/// What a layout finds under a root.
#[derive(Default)]
pub struct Listing {
    /// Every category that is there, chosen or not.
    pub names: Vec<String>,
    /// The samples of the chosen ones.
    pub categories: Vec<(String, Vec<Sample>)>,
    pub unused: Vec<Unused>,
    pub remarks: Vec<String>,
    /// Files that cannot be used as they are.
    pub problems: Vec<Error>,
}
