//! All metrics of a category, pooled over its images.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::binary;
use super::components::label_runs;
use super::counter::Counter;
use super::key;
use super::ladder::Ladder;
use super::options::{AuproMode, MetricOptions};
use super::pro;
use super::radix;
use super::tally::Tally;
use crate::error::{Error, Result};
use crate::types::Metrics;

/// Most pixels of a set, for which counts and table offsets of 32 bits suffice.
const MOST_PIXELS: usize = 1 << 30;

/// The images of a category with their scores and ground truth: every list has one entry per image.
#[derive(Clone, Copy, Debug)]
pub struct ScoredSet<'a> {
    /// Anomaly map of each image; larger is more anomalous.
    pub maps: &'a [ArrayView2<'a, f32>],
    /// Ground truth of each image, shaped as the map; all `false` for a normal image.
    pub masks: &'a [ArrayView2<'a, bool>],
    /// Pixels of each image that count, shaped as the map; without it all do. A pixel outside is in neither
    /// class and may hold any value. Regions are found on the whole mask and keep their remaining pixels:
    /// their area is what remains, and a region of which nothing remains is left out of the average.
    pub valid: Option<&'a [ArrayView2<'a, bool>]>,
    /// Score of each whole image.
    pub image_scores: &'a [f32],
    /// Whether each image is anomalous.
    pub image_labels: &'a [bool],
}

/// The pixels of one image, row-major.
struct Pixels<'a> {
    map: std::borrow::Cow<'a, [f32]>,
    mask: std::borrow::Cow<'a, [bool]>,
    valid: Option<std::borrow::Cow<'a, [bool]>>,
    width: usize,
}

/// The result of the first pass over one image.
struct Part {
    /// Anomalous pixels: key, and region counted from the image's first.
    positives: Vec<u64>,
    /// Pixels that count per region, none of them 0.
    areas: Vec<u32>,
    /// Smallest and largest score, if any pixel counts.
    range: Option<(f32, f32)>,
}

/// Computes all metrics of a category, exactly, from one sort. Runs on the current rayon thread pool; the
/// result does not depend on the number of threads, and with exact AUPRO neither on the order of the images.
///
/// Memory beyond the input: about 60 bytes per anomalous pixel and up to 24 more per thread; fewer threads count where
/// their tables would outgrow the maps.
///
/// # Errors
/// Lists of different length, a mask shaped unlike its map, a score of a counted pixel or of an image that is not a finite
/// number, an FPR limit outside (0, 1], or more than 2^30 pixels.
pub fn evaluate(set: &ScoredSet, options: &MetricOptions) -> Result<Metrics> {
    options.validate()?;
    set.check()?;

    let mut parts: Vec<Part> = (0..set.maps.len())
        .into_par_iter()
        .map(|at| first_pass(at, &set.pixels(at)))
        .collect::<Result<_>>()?;
    let range = parts.iter().filter_map(|part| part.range).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
    let areas: Vec<u32> = parts.iter().flat_map(|part| part.areas.iter().copied()).collect();
    let mut positives = Vec::with_capacity(parts.iter().map(|part| part.positives.len()).sum());
    let mut regions_before = 0;
    for part in &mut parts {
        positives.extend(part.positives.drain(..).map(|pixel| pixel + regions_before));
        regions_before += part.areas.len() as u64;
        part.positives = Vec::new();
    }
    radix::sort_by_key(&mut positives);
    let tally = Tally::new(&positives, |ladder| count_normals(set, ladder));

    let aupro = match (options.aupro, range) {
        (_, None) => None,
        (AuproMode::Exact, _) => pro::exact(&positives, &tally, &areas, options.fpr_limit),
        (AuproMode::Thresholds200, Some((low, high))) => {
            let thresholds = pro::thresholds_200(low, high);
            let normals_below = normals_by_threshold(set, &thresholds);
            pro::by_thresholds(&positives, &areas, &thresholds, &normals_below, options.fpr_limit)
        }
    };
    Ok(Metrics {
        pixel_auroc: tally.auroc(),
        aupro,
        pixel_ap: tally.average_precision(),
        pixel_f1_max: tally.f1_max(),
        ..evaluate_images(set.image_scores, set.image_labels)?
    })
}

/// The metrics of images alone, from their scores and whether each is anomalous; those of pixels are none.
///
/// # Errors
/// A score that is not a finite number.
///
/// # Panics
/// If the two slices differ in length.
pub fn evaluate_images(scores: &[f32], labels: &[bool]) -> Result<Metrics> {
    if let Some(at) = scores.iter().position(|score| !score.is_finite()) {
        return Err(not_finite(format!("score of image {at}"), scores[at]));
    }
    Ok(Metrics {
        image_auroc: binary::roc_auc(scores, labels),
        image_ap: binary::average_precision(scores, labels),
        ..Metrics::default()
    })
}

impl ScoredSet<'_> {
    fn check(&self) -> Result<()> {
        let images = self.maps.len();
        let lengths = [
            ("masks", self.masks.len()),
            ("valid-pixel masks", self.valid.map_or(images, <[_]>::len)),
            ("image scores", self.image_scores.len()),
            ("image labels", self.image_labels.len()),
        ];
        for (what, length) in lengths {
            if length != images {
                return Err(Error::usage(
                    what,
                    format!("number {length}, but there are {images} maps"),
                    "give one entry per image in every list",
                ));
            }
        }
        for (at, map) in self.maps.iter().enumerate() {
            let valid = self.valid.map_or(map.dim(), |valid| valid[at].dim());
            for (what, shape) in [("mask", self.masks[at].dim()), ("valid-pixel mask", valid)] {
                if shape != map.dim() {
                    return Err(Error::usage(
                        format!("{what} of image {at}"),
                        format!(
                            "is {} x {} where its map is {} x {}",
                            shape.0,
                            shape.1,
                            map.nrows(),
                            map.ncols()
                        ),
                        "bring the map to the size of the ground truth",
                    ));
                }
            }
        }
        let pixels = self.maps.iter().fold(0usize, |sum, map| sum.saturating_add(map.len()));
        if pixels > MOST_PIXELS {
            return Err(Error::usage(
                "maps",
                format!("hold {pixels} pixels, more than {MOST_PIXELS}"),
                "evaluate smaller maps or fewer images at once",
            ));
        }
        if let Some(at) = self.image_scores.iter().position(|score| !score.is_finite()) {
            return Err(not_finite(format!("score of image {at}"), self.image_scores[at]));
        }
        Ok(())
    }

    fn pixels(&self, at: usize) -> Pixels<'_> {
        Pixels {
            map: row_major(&self.maps[at]),
            mask: row_major(&self.masks[at]),
            valid: self.valid.map(|valid| row_major(&valid[at])),
            width: self.maps[at].ncols(),
        }
    }
}

fn row_major<'a, T: Copy>(view: &'a ArrayView2<'_, T>) -> std::borrow::Cow<'a, [T]> {
    view.as_slice().map_or_else(|| view.iter().copied().collect(), Into::into)
}

fn not_finite(subject: String, score: f32) -> Error {
    Error::model(
        subject,
        format!("is {score}, which has no place among the scores"),
        "check the model's output; a graph in half precision may have overflowed",
    )
}

impl Pixels<'_> {
    #[inline(always)]
    fn counts(&self, at: usize) -> bool {
        self.valid.as_ref().is_none_or(|valid| valid[at])
    }

    /// Calls `f` with the score of every normal pixel that counts.
    #[inline(always)]
    fn for_each_normal(&self, mut f: impl FnMut(f32)) {
        let pixels = self.map.iter().zip(self.mask.iter());
        match &self.valid {
            None => pixels.filter(|&(_, &anomalous)| !anomalous).for_each(|(&score, _)| f(score)),
            Some(valid) => pixels
                .zip(valid.iter())
                .filter(|&((_, &anomalous), &counts)| counts && !anomalous)
                .for_each(|((&score, _), _)| f(score)),
        }
    }
}

fn first_pass(image: usize, pixels: &Pixels) -> Result<Part> {
    let (low, high, odd) = match &pixels.valid {
        None => range(pixels.map.iter().copied()),
        Some(valid) => {
            range(pixels.map.iter().zip(valid.iter()).filter(|&(_, &counts)| counts).map(|(&score, _)| score))
        }
    };
    if odd {
        let mut scores = pixels.map.iter().enumerate();
        if let Some((at, &score)) = scores.find(|&(at, score)| !score.is_finite() && pixels.counts(at)) {
            let (row, column) = (at / pixels.width, at % pixels.width);
            return Err(not_finite(format!("map of image {image}, row {row}, column {column}"), score));
        }
    }
    let (runs, regions) = label_runs(&pixels.mask, pixels.width);
    let span =
        |run: &super::components::Run| run.row * pixels.width + run.start..run.row * pixels.width + run.end;
    let mut remaining = vec![0u32; regions];
    for run in &runs {
        remaining[run.region as usize] += span(run).filter(|&at| pixels.counts(at)).count() as u32;
    }
    // Regions of which nothing remains get no number.
    let mut areas = Vec::with_capacity(regions);
    let numbers: Vec<u32> = remaining
        .iter()
        .map(|&area| {
            let number = areas.len() as u32;
            areas.extend((area > 0).then_some(area));
            number
        })
        .collect();
    let mut positives = Vec::with_capacity(areas.iter().map(|&area| area as usize).sum());
    for run in &runs {
        let region = numbers[run.region as usize];
        let counted = span(run).filter(|&at| pixels.counts(at));
        positives.extend(counted.map(|at| radix::pack(key::from_score(pixels.map[at]), region)));
    }
    Ok(Part { positives, areas, range: (low <= high).then_some((low, high)) })
}

/// Smallest and largest score, and whether one is not finite.
#[inline(always)]
fn range(scores: impl Iterator<Item = f32>) -> (f32, f32, bool) {
    scores.fold((f32::INFINITY, f32::NEG_INFINITY, false), |(low, high, odd), score| {
        let low = if score < low { score } else { low };
        let high = if score > high { score } else { high };
        (low, high, odd | !score.is_finite())
    })
}

/// Normal pixels per place of the ladder. Each worker counts into a table of its own; there are only as many workers as
/// keep those tables smaller than the maps.
fn count_normals(set: &ScoredSet, ladder: &Ladder) -> Vec<u32> {
    let images = set.maps.len();
    let pixels: usize = set.maps.iter().map(|map| map.len()).sum();
    let workers = rayon::current_num_threads().min(pixels / ladder.places()).min(images).max(1);
    let per_worker = images.div_ceil(workers).max(1);
    let mut tables: Vec<Vec<u32>> = (0..images)
        .step_by(per_worker)
        .collect::<Vec<_>>()
        .into_par_iter()
        .map(|first| {
            let mut counter = Counter::new(ladder);
            for at in first..(first + per_worker).min(images) {
                set.pixels(at).for_each_normal(|score| counter.add(key::from_score(score)));
            }
            counter.finish()
        })
        .collect();
    let mut total = tables.pop().unwrap_or_else(|| vec![0; ladder.places()]);
    for table in tables {
        total.par_iter_mut().with_min_len(1 << 14).zip(&table).for_each(|(sum, count)| *sum += count);
    }
    total
}

/// Counts of the normal pixels that lie above exactly `k` of the thresholds, for each `k`.
fn normals_by_threshold(set: &ScoredSet, thresholds: &[f64]) -> Vec<u64> {
    let empty = || vec![0u64; thresholds.len() + 1];
    (0..set.maps.len())
        .into_par_iter()
        .fold(empty, |mut counts, at| {
            set.pixels(at).for_each_normal(|score| counts[pro::thresholds_below(score, thresholds)] += 1);
            counts
        })
        .reduce(empty, |mut a, b| {
            a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
            a
        })
}
