//! The interface of a zero-shot anomaly segmenter.

use ndarray::ArrayView4;

use super::provenance::Provenance;
use crate::error::Result;
use crate::types::{Fitting, Map};

/// A segmentation: a model's answer to one image.
#[derive(Clone, Debug, PartialEq)]
pub struct Segmentation {
    /// Anomaly map at the model's own resolution, shape [`Segmenter::grid`]; larger is more anomalous.
    pub map: Map,
    /// Anomaly score of the whole image.
    pub image_score: f32,
}

/// A zero-shot anomaly segmenter.
pub trait Segmenter: Send {
    /// Name of the segmenter for records, for example that of its bundle.
    fn name(&self) -> &str;

    /// Height and width in pixels of the square images that the segmenter takes.
    fn input_size(&self) -> usize;

    /// Rows and columns of the maps.
    fn grid(&self) -> (usize, usize);

    /// Whether the maps lie in [0, 1], which losses that read them as probabilities need.
    fn is_bounded(&self) -> bool {
        true
    }

    /// Whether the image scores are known to lie in [0, 1].
    fn is_score_bounded(&self) -> bool {
        false
    }

    /// How pictures that are not square come to the segmenter unless a run says otherwise; `None` where it has no wish of its own.
    fn fit(&self) -> Option<Fitting> {
        None
    }

    /// How many views of each picture the model sees, in as many calls: 1, but for a model with a defence around it.
    fn views(&self) -> usize {
        1
    }

    /// Prepares the segmenter for categories that are not known yet, so that a text tower is loaded once for all of them and not in
    /// the middle of a run. Without that, [`Segmenter::segment`] prepares them by itself.
    ///
    /// # Errors
    /// Errors of the text tower, where there is one.
    fn prepare(&mut self, _categories: &[&str]) -> Result<()> {
        Ok(())
    }

    /// Segments a batch: `images` has shape (batch, 3, size, size), RGB in [0, 1]; `categories` has one name per image.
    ///
    /// # Errors
    /// Images of another shape or with values that are not finite, another number of categories than of images, a
    /// failing runtime, or a model that returns values that are not finite.
    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>>;

    /// Cost of [`Segmenter::segment_coarse`], that of [`Segmenter::segment`] being 1; 1 where a model has no cheaper way.
    fn coarse_cost(&self) -> f64 {
        1.0
    }

    /// Segments a batch as [`Segmenter::segment`] does, more cheaply and more coarsely: maps for a search to explore with, not
    /// to be reported. Where a model has no cheaper way, `segment` is called.
    ///
    /// # Errors
    /// The errors of [`Segmenter::segment`].
    fn segment_coarse(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        self.segment(images, categories)
    }

    /// Whether each picture of a batch has a model call of its own.
    fn is_one_by_one(&self) -> bool {
        false
    }

    /// Remarks on how the model is run, of which its user should know before a run.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }

    /// The record of what ran.
    fn provenance(&self) -> Provenance;
}
