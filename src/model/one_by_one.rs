//! A model whose answer to a picture is not its own, given one picture a call.

use ndarray::{ArrayView4, Axis};

use super::bundle::{Graph, IMAGE_GRAPH};
use super::onnx::operators;
use super::{Provenance, Segmentation, Segmenter, WinClip};
use crate::error::Result;
use crate::file;
use crate::types::{Detail, Fitting};

/// The operator that takes one scale for all pictures of a batch.
const OVER_THE_BATCH: &str = "DynamicQuantizeLinear";

/// Whether a graph takes a scale over all pictures of a batch at run time. One that is part of this program never does.
///
/// # Errors
/// The graph cannot be read.
pub(super) fn quantises_over_the_batch(graph: &Graph) -> Result<bool> {
    let Graph::File(path) = graph else { return Ok(false) };
    let mut source = std::io::BufReader::new(file::open(path, "check its permissions and the disk")?);
    // What cannot be understood here was loaded all the same.
    Ok(operators(&mut source).unwrap_or_default().contains(OVER_THE_BATCH))
}

/// Puts a loaded CLIP into a wrapper that gives it its pictures one by one, where its graph takes a scale over the whole batch.
///
/// # Errors
/// The graph cannot be read.
pub(super) fn one_by_one(model: WinClip) -> Result<Box<dyn Segmenter>> {
    if !quantises_over_the_batch(&model.bundle().graph(IMAGE_GRAPH))? {
        return Ok(Box::new(model));
    }
    let remark = alone(&model.bundle().file_name(IMAGE_GRAPH), QUANTISES);
    Ok(Box::new(OneByOne { inner: Box::new(model), remark }))
}

/// What is wrong with a graph that has the operator.
pub(super) const QUANTISES: &str = "quantises over the whole batch (DynamicQuantizeLinear)";

/// The remark on a graph that is given its pictures one by one.
pub(super) fn alone(file: &str, reason: &str) -> String {
    format!("{file} {reason}: each picture is given to it alone, which is slower, whatever `batch` is")
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

    fn is_score_bounded(&self) -> bool {
        self.inner.is_score_bounded()
    }

    fn fit(&self) -> Option<Fitting> {
        self.inner.fit()
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
