//! The samples of a test set.

use std::path::PathBuf;

use serde::Serialize;

use crate::types::{Label, SampleId};

/// One test picture and its ground truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its name.
    pub id: SampleId,
    /// Ground truth of the whole picture.
    pub label: Label,
    /// The picture.
    pub image: PathBuf,
    /// The masks, whose union is the ground truth: none for a normal sample or one of unknown label, several in MVTec LOCO. For a defective sample they
    /// are where masks should be: [`inspect`] tells when one is missing.
    pub masks: Vec<PathBuf>,
}

/// Numbers of test pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Normal ones.
    pub normal: usize,
    /// Anomalous ones.
    pub anomalous: usize,
}

/// The samples of one category: normal ones first, then by defect and stem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// Its samples.
    pub samples: Vec<Sample>,
    /// Test pictures that were found, before the limit.
    pub found: Counts,
}
