//! Averages over turns of the picture.

use ndarray::{Array2, Array4, ArrayView4, Axis as Dimension, Zip};

use crate::error::Result;
use crate::model::{Segmentation, Segmenter};
use crate::perturb::{Perturber, Resampling, unwarp_map};
use crate::types::{Axis, Detail, Map, Perturbation};

/// Evenly spaced turns, 0 first: `360 k / K` degrees clockwise.
pub struct Turns {
    angles: Vec<f64>,
    perturber: Perturber,
}

impl Turns {
    /// `count` turns of pictures of `size` x `size` pixels. Corners are filled with the nearest border pixel.
    pub fn new(count: usize, size: usize) -> Self {
        let angles = (0..count).map(|number| 360.0 * number as f64 / count as f64).collect();
        Self { angles, perturber: Perturber::new(Resampling::default(), size) }
    }

    /// Segments every picture in every turn, one model call for each turn; maps are turned back at their own resolution
    /// (bilinear; quarter turns exactly) and averaged, each cell over the turns that cover it, and image scores over all turns.
    pub fn segment(
        &self,
        model: &mut dyn Segmenter,
        images: ArrayView4<f32>,
        categories: &[&str],
        detail: Detail,
    ) -> Result<Vec<Segmentation>> {
        let mut sums: Vec<Sum> = categories.iter().map(|_| Sum::new(model.grid())).collect();
        let mut turned = Array4::zeros(images.dim());
        for &angle in &self.angles {
            let turn = Perturbation::IDENTITY.with(Axis::Angle, angle);
            for (image, slot) in images.axis_iter(Dimension(0)).zip(turned.axis_iter_mut(Dimension(0))) {
                self.perturber.apply(image, turn, slot);
            }
            let answers = segment(model, turned.view(), categories, detail)?;
            for (sum, answer) in sums.iter_mut().zip(answers) {
                sum.add(&answer, &turn);
            }
        }
        Ok(sums.into_iter().map(Sum::mean).collect())
    }
}

/// Segments a batch as closely as `detail` says.
pub(super) fn segment(
    model: &mut dyn Segmenter,
    images: ArrayView4<f32>,
    categories: &[&str],
    detail: Detail,
) -> Result<Vec<Segmentation>> {
    match detail {
        Detail::Full => model.segment(images, categories),
        Detail::Coarse => model.segment_coarse(images, categories),
    }
}

/// Answers added up, in double precision so that one alone comes out as it went in.
struct Sum {
    map: Array2<f64>,
    counts: Array2<u32>,
    score: f64,
    turns: u32,
}

impl Sum {
    fn new(grid: (usize, usize)) -> Self {
        Self { map: Array2::zeros(grid), counts: Array2::zeros(grid), score: 0.0, turns: 0 }
    }

    fn add(&mut self, answer: &Segmentation, turn: &Perturbation) {
        let (map, valid) = unwarp_map(answer.map.view(), turn);
        Zip::from(&mut self.map).and(&mut self.counts).and(&map).and(&valid).for_each(
            |sum, count, &value, &valid| {
                if valid {
                    *sum += f64::from(value);
                    *count += 1;
                }
            },
        );
        self.score += f64::from(answer.image_score);
        self.turns += 1;
    }

    fn mean(self) -> Segmentation {
        // The first turn is none, and covers every cell.
        let map: Map =
            Zip::from(&self.map).and(&self.counts).map_collect(|sum, &count| (sum / f64::from(count)) as f32);
        Segmentation { map, image_score: (self.score / f64::from(self.turns)) as f32 }
    }
}
