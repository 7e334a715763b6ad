//! A fake whose coarse evaluations answer otherwise than its full ones.

use askance::error::Result;
use askance::model::{Fake, Provenance, Segmentation, Segmenter};
use ndarray::ArrayView4;

pub struct WithCoarse {
    pub full: Fake,
    /// Of a coarse evaluation, in full ones.
    pub cost: f64,
    /// What a coarse evaluation makes of a score of the map.
    pub seen: fn(f32) -> f32,
}

impl Segmenter for WithCoarse {
    fn name(&self) -> &str {
        self.full.name()
    }

    fn input_size(&self) -> usize {
        self.full.input_size()
    }

    fn grid(&self) -> (usize, usize) {
        self.full.grid()
    }

    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        self.full.segment(images, categories)
    }

    fn coarse_cost(&self) -> f64 {
        self.cost
    }

    fn segment_coarse(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        let mut answers = self.full.segment(images, categories)?;
        answers.iter_mut().for_each(|answer| answer.map.mapv_inplace(self.seen));
        Ok(answers)
    }

    fn provenance(&self) -> Provenance {
        self.full.provenance()
    }
}
