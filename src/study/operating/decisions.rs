//! What is called anomalous, and the F1 of it.

use crate::metric::{Counts, PictureDecisions};

/// What is called anomalous of the places of a set.
#[derive(Clone, Copy)]
pub(super) struct Decisions<'s> {
    pub pixels: Option<&'s [PictureDecisions]>,
    pub images: Option<&'s [bool]>,
    pub labels: &'s [bool],
}

impl Decisions<'_> {
    /// The decision about one whole picture.
    pub fn picture(&self, called: &[bool], at: usize) -> Counts {
        let mut counts = Counts::default();
        counts.count(self.labels[at], called[at]);
        counts
    }

    /// Pixel F1 of samples that are held so often.
    pub fn pixel_f1(&self, weights: &[u32]) -> Option<f64> {
        let decided = self.pixels?.iter().zip(weights);
        decided.map(|(decided, &weight)| decided.pixels.times(weight.into())).sum::<Counts>().rates().f1
    }

    /// Image F1 of samples that are held so often.
    pub fn image_f1(&self, weights: &[u32]) -> Option<f64> {
        let called = self.images?;
        let held = weights.iter().enumerate().filter(|&(_, &weight)| weight > 0);
        let counts = held.map(|(at, &weight)| self.picture(called, at).times(weight.into()));
        counts.sum::<Counts>().rates().f1
    }
}
