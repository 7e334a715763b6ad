//! A model whose answer to a picture is not its own, given one picture a call.

use ndarray::{ArrayView4, Axis};

use super::bundle::{Graph, IMAGE_GRAPH};
use super::onnx::operators;
use super::{Provenance, Segmentation, Segmenter, WinClip};
use crate::error::Result;
use crate::file;
use crate::types::Detail;

/// The operator that takes one scale for all pictures of a batch.
const OVER_THE_BATCH: &str = "DynamicQuantizeLinear";

/// Puts a loaded CLIP into a wrapper that gives it its pictures one by one, where its graph takes a scale over the whole batch. Bundles
/// of this project never do.
///
/// # Errors
/// The graph cannot be read.
pub(super) fn one_by_one(model: WinClip) -> Result<Box<dyn Segmenter>> {
    let Graph::File(path) = model.bundle().graph(IMAGE_GRAPH) else { return Ok(Box::new(model)) };
    let mut source = std::io::BufReader::new(file::open(&path, "check its permissions and the disk")?);
    // What cannot be understood here was loaded all the same.
    if !operators(&mut source).unwrap_or_default().contains(OVER_THE_BATCH) {
        return Ok(Box::new(model));
    }
    let remark = format!(
        "{} quantises over the whole batch ({OVER_THE_BATCH}): each picture is given to it alone, which is slower, whatever `batch` is",
        path.display()
    );
    Ok(Box::new(OneByOne { inner: Box::new(model), remark }))
}

struct OneByOne {
    inner: Box<dyn Segmenter>,
    remark: String,
}

impl OneByOne {
    fn each(
        &mut self,
        images: ArrayView4<f32>,
        categories: &[&str],
        detail: Detail,
    ) -> Result<Vec<Segmentation>> {
        let mut found = Vec::with_capacity(categories.len());
        for (index, (image, category)) in images.axis_chunks_iter(Axis(0), 1).zip(categories).enumerate() {
            let answers = match detail {
                Detail::Full => self.inner.segment(image, &[category]),
                Detail::Coarse => self.inner.segment_coarse(image, &[category]),
            };
            found.extend(answers.map_err(|error| error.in_part_from(index))?);
        }
        Ok(found)
    }
}

impl Segmenter for OneByOne {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn input_size(&self) -> usize {
        self.inner.input_size()
    }

    fn grid(&self) -> (usize, usize) {
        self.inner.grid()
    }

    fn is_bounded(&self) -> bool {
        self.inner.is_bounded()
    }

    fn views(&self) -> usize {
        self.inner.views()
    }

    fn prepare(&mut self, categories: &[&str]) -> Result<()> {
        self.inner.prepare(categories)
    }

    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        self.inner.prepare(categories)?;
        self.each(images, categories, Detail::Full)
    }

    fn coarse_cost(&self) -> f64 {
        self.inner.coarse_cost()
    }

    fn segment_coarse(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        self.inner.prepare(categories)?;
        self.each(images, categories, Detail::Coarse)
    }

    fn is_one_by_one(&self) -> bool {
        true
    }

    fn remarks(&self) -> Vec<String> {
        let mut remarks = self.inner.remarks();
        remarks.push(self.remark.clone());
        remarks
    }

    fn provenance(&self) -> Provenance {
        self.inner.provenance()
    }
}
