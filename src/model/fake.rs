//! A segmenter without a model, for tests.

use ndarray::{ArrayView3, ArrayView4, Axis, s};

use super::batch::check_batch;
use super::{Provenance, Segmentation, Segmenter};
use crate::error::Result;
use crate::types::Map;

/// A deterministic segmenter that needs no ONNX Runtime, **for tests**: red is anomalous.
///
/// The map's value of a cell is the mean over the cell's pixels of max(0, red - (green + blue) / 2), in [0, 1]; the image
/// score is the highest value. Calls and images are counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fake {
    size: usize,
    grid: (usize, usize),
    calls: usize,
    images: usize,
}

impl Fake {
    /// A segmenter of square images of `size` pixels with maps of `grid` (rows, columns) cells. Cells are as equal in size
    /// as whole pixels allow.
    ///
    /// # Panics
    /// If the grid has no cell, or more rows or columns than `size`.
    pub fn new(size: usize, grid: (usize, usize)) -> Self {
        assert!(
            (1..=size).contains(&grid.0) && (1..=size).contains(&grid.1),
            "grid {grid:?} in {size} pixels"
        );
        Self { size, grid, calls: 0, images: 0 }
    }

    /// How often [`Segmenter::segment`] was called.
    pub fn calls(&self) -> usize {
        self.calls
    }

    /// How many images were segmented.
    pub fn images(&self) -> usize {
        self.images
    }

    fn segment_one(&self, image: ArrayView3<f32>) -> Segmentation {
        let (rows, columns) = self.grid;
        let edge = |index: usize, count: usize| index * self.size / count;
        let map = Map::from_shape_fn(self.grid, |(row, column)| {
            let cell = image.slice(s![
                ..,
                edge(row, rows)..edge(row + 1, rows),
                edge(column, columns)..edge(column + 1, columns)
            ]);
            let redness = cell.map_axis(Axis(0), |rgb| f64::from(rgb[0] - (rgb[1] + rgb[2]) / 2.0).max(0.0));
            redness.mean().unwrap_or_default() as f32
        });
        let image_score = map.iter().copied().fold(0.0, f32::max);
        Segmentation { map, image_score }
    }
}

impl Segmenter for Fake {
    fn name(&self) -> &str {
        "fake"
    }

    fn input_size(&self) -> usize {
        self.size
    }

    fn grid(&self) -> (usize, usize) {
        self.grid
    }

    fn is_score_bounded(&self) -> bool {
        true
    }

    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        check_batch("fake", images, categories, self.size)?;
        self.calls += 1;
        self.images += categories.len();
        Ok(images.outer_iter().map(|image| self.segment_one(image)).collect())
    }

    fn provenance(&self) -> Provenance {
        Provenance { model: "fake".into(), provider: "cpu".into(), ..Provenance::default() }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array4, array};

    use super::*;

    #[test]
    fn red_cells_score_and_calls_are_counted() {
        let mut images = Array4::zeros((2, 3, 4, 4));
        images.slice_mut(s![1, 0, 0..2, 2..4]).fill(0.5);
        images.slice_mut(s![1, 1, 2..4, 0..2]).fill(1.0);
        let mut fake = Fake::new(4, (2, 2));
        let results = fake.segment(images.view(), &["a", "b"]).unwrap();
        assert_eq!(results[0].image_score, 0.0);
        assert_eq!(results[1].map, array![[0.0, 0.5], [0.0, 0.0]]);
        assert_eq!(results[1].image_score, 0.5);
        assert_eq!((fake.calls(), fake.images()), (1, 2));
    }

    #[test]
    fn batches_that_do_not_fit_are_refused() {
        let mut fake = Fake::new(4, (2, 2));
        let wrong_size = fake.segment(Array4::zeros((1, 3, 5, 4)).view(), &["a"]).unwrap_err();
        assert!(wrong_size.problem.contains("(3, 5, 4)"), "{wrong_size}");
        assert!(fake.segment(Array4::zeros((2, 3, 4, 4)).view(), &["a"]).is_err());
        let broken = fake.segment(Array4::from_elem((1, 3, 4, 4), f32::NAN).view(), &["a"]).unwrap_err();
        assert!(broken.problem.contains("not finite"), "{broken}");
        assert_eq!(fake.calls(), 0);
    }
}
