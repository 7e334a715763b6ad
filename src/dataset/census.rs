//! The census of a category: defect kinds, sizes, how much of the pictures is marked, and every file that
//! cannot be used.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde::Serialize;

use super::load::{inspect, whole_mask};
use super::remark::Remark;
use super::{Category, Sample, picture};
use crate::error::Error;
use crate::stats;
use crate::types::Label;

/// A range of values, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    /// Smallest value of the range.
    pub min: usize,
    /// Largest value of the range.
    pub max: usize,
}

/// The share of anomalous pixels in anomalous samples, in (0, 1].
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Coverage {
    /// Mean share over samples, each of which weighs the same.
    pub mean: f64,
    /// Smallest share of anomalous pixels.
    pub min: f64,
    /// Largest share of anomalous pixels.
    pub max: f64,
}

/// The census of one category: what it holds, measured.
#[derive(Clone, Debug)]
pub struct Census {
    /// Number of anomalous samples of each kind of defect.
    pub defects: BTreeMap<String, usize>,
    /// Widths of the pictures that can be read, in pixels; none where there is no such picture.
    pub width: Option<Range>,
    /// Heights of the pictures that can be read, in pixels; none where there is no such picture.
    pub height: Option<Range>,
    /// Number of the pictures of each height and width, in pixels.
    pub sizes: BTreeMap<(usize, usize), usize>,
    /// Share of the pixels that the masks mark; none where there is no mask that can be read.
    pub coverage: Option<Coverage>,
    /// Files that are read in a way that somebody might not expect.
    pub remarks: Vec<Remark>,
    /// Files that cannot be used, in the order of the samples.
    pub problems: Vec<Error>,
}

#[derive(Default)]
struct Examined {
    size: Option<(usize, usize)>,
    marked: Option<f64>,
    remarks: Vec<Remark>,
    problems: Vec<Error>,
}

/// Takes the census of a category: reads the header of every picture and decodes every mask, in parallel;
/// `tick` is called once for each sample.
pub fn census(category: &Category, tick: &(dyn Fn() + Sync)) -> Census {
    let examined: Vec<Examined> = category
        .samples
        .par_iter()
        .map(|sample| {
            let examined = examine(sample);
            tick();
            examined
        })
        .collect();
    let mut defects = BTreeMap::new();
    for sample in category.samples.iter().filter(|sample| sample.label == Label::Anomalous) {
        *defects.entry(sample.id.defect.clone()).or_default() += 1;
    }
    let sizes = || examined.iter().filter_map(|sample| sample.size);
    let mut of_each_size = BTreeMap::new();
    sizes().for_each(|size| *of_each_size.entry(size).or_default() += 1);
    let marked: Vec<f64> = examined.iter().filter_map(|sample| sample.marked).collect();
    Census {
        defects,
        width: range(sizes().map(|(_, width)| width)),
        height: range(sizes().map(|(height, _)| height)),
        sizes: of_each_size,
        coverage: stats::mean(&marked).map(|mean| Coverage {
            mean,
            min: marked.iter().copied().fold(f64::INFINITY, f64::min),
            max: marked.iter().copied().fold(0.0, f64::max),
        }),
        remarks: examined.iter().flat_map(|sample| sample.remarks.clone()).collect(),
        problems: examined.into_iter().flat_map(|sample| sample.problems).collect(),
    }
}

fn range(values: impl Iterator<Item = usize> + Clone) -> Option<Range> {
    Some(Range { min: values.clone().min()?, max: values.max()? })
}

/// Examines the files of one sample. The mask is read even where the picture cannot be, so that all faults
/// are told together.
fn examine(sample: &Sample) -> Examined {
    let mut examined = Examined::default();
    match picture::header(&sample.image) {
        Ok(header) => examined.size = Some(header.size),
        Err(error) => examined.problems.push(error),
    }
    match whole_mask(sample, examined.size, &mut |_, _| ()) {
        Ok(mask) => {
            let share = |mask: &crate::types::Mask| {
                mask.iter().filter(|&&anomalous| anomalous).count() as f64 / mask.len() as f64
            };
            examined.marked = mask.as_ref().map(share);
        }
        Err(error) => examined.problems.push(error),
    }
    if let Ok(facts) = inspect(sample) {
        examined.remarks = facts.remarks;
    }
    examined
}
