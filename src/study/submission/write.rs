//! From stored maps to files of the size of their pictures.

use std::path::Path;

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::SubmittedSet;
use super::check::Expected;
use crate::dataset::{self, Category, Sample};
use crate::error::{Error, Result};
use crate::metric::{ScoredSet, ThresholdRule, pixel_threshold};
use crate::perturb;
use crate::record::{DAMAGED_MAP, RunDir, encode_mask, write_atomic, write_half_tiff};
use crate::study::observe::{Observe, Stage};
use crate::types::{Attack, Input, Map};

/// The kind of the samples that thresholds are chosen from.
const VALIDATION: &str = "validation";
/// Pictures that are written between two questions whether to stop.
const AT_ONCE: usize = 16;

/// The maps of one model, and where their files go.
pub(super) struct Maps<'a> {
    pub dir: &'a RunDir,
    pub model: &'a str,
    pub input: Input,
    pub out: &'a Path,
}

/// What was written of a category.
pub(super) struct Written {
    pub sets: Vec<SubmittedSet>,
    pub pictures: Vec<Expected>,
}

impl Maps<'_> {
    /// The threshold that a rule gives of the pixels of the validation pictures, at evaluation size.
    pub fn threshold(&self, category: &Category, rule: ThresholdRule) -> Result<f64> {
        if let ThresholdRule::Given { pixel, .. } = rule {
            return Ok(pixel);
        }
        let maps = of_kind(category, VALIDATION)
            .map(|sample| self.evaluated(sample, &self.patch_map(sample)?))
            .collect::<Result<Vec<Map>>>()?;
        let masks: Vec<Array2<bool>> = maps.iter().map(|map| Array2::from_elem(map.dim(), false)).collect();
        let views: Vec<ArrayView2<'_, f32>> = maps.iter().map(|map| map.view()).collect();
        let nowhere: Vec<ArrayView2<'_, bool>> = masks.iter().map(|mask| mask.view()).collect();
        let set = ScoredSet {
            maps: &views,
            masks: &nowhere,
            valid: None,
            image_scores: &vec![0.0; maps.len()],
            image_labels: &vec![false; maps.len()],
        };
        let found = if maps.is_empty() { None } else { pixel_threshold(rule, &set)? };
        found.ok_or_else(|| {
            let problem =
                format!("has no validation pictures of {} to choose `threshold` from", category.name);
            let fix = "put them into <category>/validation/good and make the run again, or give a number";
            Error::file(self.dir.path(), problem, fix)
        })
    }

    /// Writes the files of a category. Its maps are brought to 0..1, all by one linear function, since 16 bits tell numbers apart only to a
    /// part in 2048 and scores may lie much closer.
    pub fn write(
        &self,
        category: &Category,
        sets: &[&str],
        threshold: f64,
        (stage, observe): (&Stage<'_>, &dyn Observe),
    ) -> Result<Written> {
        let samples: Vec<&Sample> = sets.iter().flat_map(|set| of_kind(category, set)).collect();
        let maps: Vec<Map> = samples.iter().map(|sample| self.patch_map(sample)).collect::<Result<_>>()?;
        let values = || maps.iter().flatten().copied();
        let (low, high) =
            (values().fold(f32::INFINITY, f32::min), values().fold(f32::NEG_INFINITY, f32::max));
        let unit = |score: f32| if high > low { (score - low) / (high - low) } else { 0.0 };
        let mut called = Vec::with_capacity(samples.len());
        let mut pictures = Vec::with_capacity(samples.len());
        for (samples, maps) in samples.chunks(AT_ONCE).zip(maps.chunks(AT_ONCE)) {
            if observe.stop() {
                return Err(Error::interrupted("submit"));
            }
            let written: Vec<(Expected, f64)> = samples
                .par_iter()
                .zip(maps)
                .map(|(sample, map)| self.write_one(sample, map, threshold, &unit))
                .collect::<Result<_>>()?;
            stage.advance(written.len() as f64);
            let (of_pictures, of_called): (Vec<Expected>, Vec<f64>) = written.into_iter().unzip();
            pictures.extend(of_pictures);
            called.extend(of_called);
        }
        let sets = sets.iter().map(|&set| {
            let of_set = || pictures.iter().zip(&called).filter(|(picture, _)| picture.set == set);
            let count = of_set().count();
            let shares: f64 = of_set().map(|(_, share)| share).sum();
            SubmittedSet {
                name: set.to_owned(),
                pictures: count,
                called: of_set().filter(|(_, share)| **share > 0.0).count(),
                called_pixels: shares / count.max(1) as f64,
            }
        });
        Ok(Written { sets: sets.collect(), pictures })
    }

    /// Writes the two files of a picture; gives what is to be found of it, and the share of its pixels that is called anomalous.
    fn write_one(
        &self,
        sample: &Sample,
        patch_map: &Map,
        threshold: f64,
        unit: &(dyn Fn(f32) -> f32 + Sync),
    ) -> Result<(Expected, f64)> {
        let size = dataset::inspect(sample)?.size;
        let map = perturb::upsample(self.evaluated(sample, patch_map)?.view(), size);
        let called = map.mapv(|score| f64::from(score) > threshold);
        let share = called.iter().filter(|&&called| called).count() as f64 / called.len() as f64;
        let picture = Expected {
            category: sample.id.category.clone(),
            set: sample.id.defect.clone(),
            stem: sample.id.stem.clone(),
            size,
        };
        let [of_map, of_called] = picture.names().map(|name| self.out.join(name));
        write_half_tiff(of_map, map.mapv(unit).view())?;
        write_atomic(of_called, &encode_mask(called.view())?)?;
        Ok((picture, share))
    }

    /// The map of the unchanged picture as the model gave it.
    fn patch_map(&self, sample: &Sample) -> Result<Map> {
        let map = self.dir.load_patch_map(self.model, &sample.id, Attack::Clean)?;
        let pieces = self.input.pieces(dataset::canvas_of(sample, &self.input)?).len();
        if map.is_empty() || (!self.input.is_square() && !map.nrows().is_multiple_of(pieces)) {
            let path = self.dir.patch_map_path(self.model, &sample.id, Attack::Clean);
            let problem = format!("has {} rows, which is no map of {pieces} tiles", map.nrows());
            return Err(Error::file(path, problem, DAMAGED_MAP));
        }
        Ok(map)
    }

    /// The map at evaluation size, where metrics would have it.
    fn evaluated(&self, sample: &Sample, patch_map: &Map) -> Result<Map> {
        Ok(perturb::enlarge(patch_map.view(), &self.input, dataset::canvas_of(sample, &self.input)?))
    }
}

fn of_kind<'c>(category: &'c Category, kind: &str) -> impl Iterator<Item = &'c Sample> {
    category.samples.iter().filter(move |sample| sample.id.defect == kind)
}
