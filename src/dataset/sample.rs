//! The samples of a test set.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

use crate::types::{Label, SampleId};

/// One test picture and its ground truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Name of the sample.
    pub id: SampleId,
    /// Ground truth of the whole picture.
    pub label: Label,
    /// Path of the picture.
    pub image: PathBuf,
    /// Paths of the masks, whose union is the ground truth: none for a normal sample or one of unknown label,
    /// several in MVTec LOCO. The masks of a defective sample may be missing, which
    /// [`inspect`](super::inspect) tells.
    pub masks: Vec<PathBuf>,
    /// Whether the ground truth of its pixels is known: those that no mask marks are normal then. Not so where the data have image
    /// labels only, or none.
    pub masked: bool,
    /// Under what condition it was taken, and of what scene, as far as that is known.
    pub circumstances: Circumstances,
}

/// What is known of how a picture came about, beside what it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Name of the condition, such as a light or a camera.
    pub condition: Option<String>,
    /// Name of what is shown, unique among the samples of one label in a category: pictures of one scene differ in their condition alone.
    pub scene: Option<String>,
    /// What else is said of the picture, by the name of the column, key or group that says it. What is empty is left out.
    pub columns: BTreeMap<String, String>,
}

/// Numbers of test pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Number of normal pictures.
    pub normal: usize,
    /// Number of anomalous pictures.
    pub anomalous: usize,
}

impl Counts {
    /// How many of the samples are normal, and how many anomalous.
    pub(super) fn of(samples: &[Sample]) -> Self {
        let of = |label| samples.iter().filter(|sample| sample.label == label).count();
        Self { normal: of(Label::Normal), anomalous: of(Label::Anomalous) }
    }
}

/// One category and its samples: normal samples first, then by defect and stem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Name of the category.
    pub name: String,
    /// Samples of the category.
    pub samples: Vec<Sample>,
    /// Numbers of test pictures that were found, before the limit.
    pub found: Counts,
}
