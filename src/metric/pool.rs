//! The pixels of a category, pooled: what all its curves are made of.

use rayon::prelude::*;

use super::components::{Run, label_runs};
use super::counter::Counter;
use super::key;
use super::ladder::Ladder;
use super::radix;
use super::set::{Pixels, ScoredSet, not_finite};
use super::tally::Tally;
use crate::error::Result;

/// The pixels that count of all images of a category.
pub(super) struct Pooled {
    /// Anomalous pixels, ascending by key, each with its region.
    pub(super) positives: Vec<u64>,
    /// Pixels per region, none of them 0.
    pub(super) areas: Vec<u32>,
    /// The image of each region, ascending.
    pub(super) images: Vec<u32>,
    /// Counts of both classes along the scores of the anomalous pixels.
    pub(super) tally: Tally,
    /// Smallest and largest score, if any pixel counts.
    pub(super) range: Option<(f32, f32)>,
}

impl Pooled {
    /// Pools a set whose lists and shapes fit.
    ///
    /// # Errors
    /// A score of a counted pixel that is not a finite number.
    pub(super) fn new(set: &ScoredSet) -> Result<Self> {
        let mut parts: Vec<Part> = (0..set.maps.len())
            .into_par_iter()
            .map(|at| first_pass(at, &set.pixels(at)))
            .collect::<Result<_>>()?;
        let range = parts.iter().filter_map(|part| part.range).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let mut areas = Vec::new();
        let mut images = Vec::new();
        let mut positives = Vec::with_capacity(parts.iter().map(|part| part.positives.len()).sum());
        for (image, part) in parts.iter_mut().enumerate() {
            let regions_before = areas.len() as u64;
            positives.extend(part.positives.drain(..).map(|pixel| pixel + regions_before));
            part.positives = Vec::new();
            areas.append(&mut part.areas);
            images.resize(areas.len(), image as u32);
        }
        radix::sort_by_key(&mut positives);
        let tally = Tally::new(&positives, |ladder| count_normals(set, ladder));
        Ok(Self { positives, areas, images, tally, range })
    }
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
    let span = |run: &Run| run.row * pixels.width + run.start..run.row * pixels.width + run.end;
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
