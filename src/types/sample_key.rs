//! The name of one sample of one model.

use std::fmt;

use super::SampleId;

/// The name of one sample under one model, which all rows of a run about that sample share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SampleKey {
    /// Name of the model.
    pub model: String,
    /// Category of the sample.
    pub category: String,
    /// Name of the sample, `defect/stem`, unique within the category.
    pub sample: String,
}

impl SampleKey {
    /// The key of a sample of a data set under the model `model`.
    pub fn new(model: &str, id: &SampleId) -> Self {
        Self { model: model.to_owned(), category: id.category.clone(), sample: id.within_category() }
    }
}

/// Writes the key as sentences have it: `pocket on bottle/broken_large/003`.
impl fmt::Display for SampleKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}/{}", self.model, self.category, self.sample)
    }
}
