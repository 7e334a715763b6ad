//! Pooled metrics of samples that are held more than once, or not at all.

use ndarray::{Array2, Axis};
use rayon::prelude::*;

use super::grid::Grid;
use super::images::Images;
use crate::error::Result;
use crate::metric::key;
use crate::metric::options::{AuproMode, MetricOptions};
use crate::metric::pool::Pooled;
use crate::metric::pro::area_of_pixel;
use crate::metric::radix;
use crate::metric::set::ScoredSet;
use crate::types::Metrics;

/// Bins that are summed over the samples at once: their sums stay in the first-level cache.
const BLOCK: usize = 256;

/// What the pooled metrics of a category need to know of each of its samples, so that those of any redraw follow without
/// its pixels.
///
/// Pixel AUROC is a bilinear form of the weights: the pairs of the anomalous pixels of one sample and the normal ones of
/// another that are in the right order, a tie being half a pair. AUPRO is integrated along at most 8,192 bins of scores, over
/// which the curve rises linearly; pairs are counted along the same. Both are exact, but for rounding, while the anomalous
/// pixels have fewer than 4,096 distinct scores, and image AUROC is always; otherwise they are within 1e-5 of
/// [`evaluate`](super::super::evaluate) on the redrawn samples, within 1e-6 with 80 maps of 256 x 256.
///
/// Memory: 16 bytes per bin and anomalous sample, 8 per bin and normal one.
#[derive(Clone, Debug)]
pub struct Weighted {
    /// Normal pixels per sample.
    normals: Vec<f64>,
    /// Samples with anomalous pixels; rows of the arrays that follow.
    anomalous: Vec<usize>,
    /// Anomalous pixels per row.
    positives: Vec<f64>,
    /// Regions per row.
    regions: Vec<f64>,
    /// Twice the number of pairs in the right order: rows x samples.
    twice: Array2<f64>,
    /// Normal pixels per sample and bin.
    normals_at: Array2<f64>,
    /// Overlap of regions, summed, per row and bin.
    overlap_at: Array2<f64>,
    images: Images,
    fpr_limit: f64,
    has_aupro: bool,
}

impl Weighted {
    /// Summarises a set. Runs on the current rayon thread pool.
    ///
    /// AUPRO is the exact one; with `options.aupro` of another form it is left out, since thresholds between the lowest and
    /// the highest score of a set change with each redraw.
    ///
    /// # Errors
    /// As [`evaluate`](super::super::evaluate).
    pub fn new(set: &ScoredSet, options: &MetricOptions) -> Result<Self> {
        options.validate()?;
        set.check()?;
        let pooled = Pooled::new(set)?;
        let grid = Grid::new(&pooled);
        let normals_at = normals_at(set, &grid);

        let mut anomalous: Vec<usize> = pooled.images.iter().map(|&image| image as usize).collect();
        anomalous.dedup();
        let rows: Vec<usize> = pooled
            .images
            .iter()
            .map(|&image| anomalous.partition_point(|&other| other < image as usize))
            .collect();
        let mut regions = vec![0.0; anomalous.len()];
        rows.iter().for_each(|&row| regions[row] += 1.0);
        let mut positives_at = Array2::<f64>::zeros((anomalous.len(), grid.bins()));
        let mut overlap_at = Array2::<f64>::zeros(positives_at.dim());
        for pixels in pooled.positives.chunk_by(|a, b| radix::key(*a) == radix::key(*b)) {
            let bin = grid.bin(radix::key(pixels[0]));
            for &pixel in pixels {
                let region = pixel as u32 as usize;
                positives_at[[rows[region], bin]] += 1.0;
                overlap_at[[rows[region], bin]] += 1.0 / f64::from(pooled.areas[region]);
            }
        }
        Ok(Self {
            normals: normals_at.sum_axis(Axis(1)).to_vec(),
            positives: positives_at.sum_axis(Axis(1)).to_vec(),
            twice: ordered_pairs(&positives_at, &normals_at),
            anomalous,
            regions,
            normals_at,
            overlap_at,
            images: Images::new(set.image_scores, set.image_labels),
            fpr_limit: options.fpr_limit,
            has_aupro: options.aupro == AuproMode::Exact,
        })
    }

    /// Summarises the scores of images alone and whether each is anomalous, where there are no maps to compare with masks: pixel
    /// metrics are none.
    ///
    /// # Panics
    /// If the two slices differ in length.
    pub fn of_images(scores: &[f32], labels: &[bool]) -> Self {
        assert_eq!(scores.len(), labels.len(), "as many scores as labels");
        Self {
            normals: vec![0.0; scores.len()],
            anomalous: Vec::new(),
            positives: Vec::new(),
            regions: Vec::new(),
            twice: Array2::zeros((0, scores.len())),
            normals_at: Array2::zeros((scores.len(), 0)),
            overlap_at: Array2::zeros((0, 0)),
            images: Images::new(scores, labels),
            fpr_limit: 1.0,
            has_aupro: false,
        }
    }

    /// The same without AUPRO, which takes most of the time of a redraw.
    #[must_use]
    pub fn without_aupro(self) -> Self {
        Self { has_aupro: false, ..self }
    }

    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.normals.len()
    }

    /// Whether a sample has an anomalous pixel that counts.
    pub(super) fn is_anomalous(&self, sample: usize) -> bool {
        self.anomalous.binary_search(&sample).is_ok()
    }

    /// Pixel AUROC, AUPRO and image AUROC, each in [0, 1], of a set that holds each sample as often as its weight says. `None`
    /// where a class has no pixel or sample left; the other metrics are not computed.
    ///
    /// # Panics
    /// If there are not as many weights as samples.
    pub fn metrics(&self, weights: &[u32]) -> Metrics {
        assert_eq!(weights.len(), self.samples(), "as many weights as samples");
        let held: Vec<Held> = (0..weights.len())
            .filter(|&at| weights[at] > 0)
            .map(|row| Held { row, weight: f64::from(weights[row]) })
            .collect();
        let held_anomalous: Vec<Held> = (0..self.anomalous.len())
            .filter(|&row| weights[self.anomalous[row]] > 0)
            .map(|row| Held { row, weight: f64::from(weights[self.anomalous[row]]) })
            .collect();
        Metrics {
            pixel_auroc: self.pixel_auroc(&held, &held_anomalous),
            aupro: self.aupro(&held, &held_anomalous),
            image_auroc: self.images.auroc(weights),
            ..Metrics::default()
        }
    }

    fn pixel_auroc(&self, held: &[Held], held_anomalous: &[Held]) -> Option<f64> {
        let pairs = total(held_anomalous, &self.positives) * total(held, &self.normals);
        let twice = held_anomalous.iter().map(|of| {
            let row = self.twice.row(of.row);
            of.weight * held.iter().map(|with| with.weight * row[with.row]).sum::<f64>()
        });
        (pairs > 0.0).then(|| twice.sum::<f64>() / (2.0 * pairs))
    }

    fn aupro(&self, held: &[Held], held_anomalous: &[Held]) -> Option<f64> {
        let regions = total(held_anomalous, &self.regions);
        let limit = self.fpr_limit * total(held, &self.normals);
        if !self.has_aupro || regions == 0.0 || limit == 0.0 {
            return None;
        }
        let (mut above, mut sum) = (0.0, 0.0);
        let bins = self.normals_at.ncols();
        'curve: for start in (0..bins).step_by(BLOCK) {
            let end = (start + BLOCK).min(bins);
            let normals = weighted_sum(held, &self.normals_at, start, end);
            let overlap = weighted_sum(held_anomalous, &self.overlap_at, start, end);
            for (equal, overlap) in normals.iter().zip(overlap).take(end - start) {
                let area = area_of_pixel(above, *equal, limit);
                if area == 0.0 {
                    break 'curve;
                }
                sum += overlap * area;
                above += equal;
            }
        }
        Some(sum / regions / limit)
    }
}

/// A row of a table whose sample is held.
struct Held {
    row: usize,
    weight: f64,
}

fn total(held: &[Held], values: &[f64]) -> f64 {
    held.iter().map(|of| of.weight * values[of.row]).sum()
}

fn weighted_sum(held: &[Held], table: &Array2<f64>, start: usize, end: usize) -> [f64; BLOCK] {
    let mut sums = [0.0; BLOCK];
    let (values, width) = (table.as_slice().unwrap_or_default(), table.ncols());
    for of in held {
        let row = &values[of.row * width + start..of.row * width + end];
        for (sum, value) in sums.iter_mut().zip(row) {
            *sum += of.weight * value;
        }
    }
    sums
}

/// Normal pixels per sample and bin.
fn normals_at(set: &ScoredSet, grid: &Grid) -> Array2<f64> {
    let mut table = Array2::zeros((set.maps.len(), grid.bins()));
    table.axis_iter_mut(Axis(0)).into_par_iter().enumerate().for_each(|(at, mut row)| {
        let mut counts = vec![0u32; grid.bins()];
        set.pixels(at).for_each_normal(|score| counts[grid.bin(key::from_score(score))] += 1);
        row.iter_mut().zip(counts).for_each(|(value, count)| *value = f64::from(count));
    });
    table
}

/// Twice the number of pairs of an anomalous pixel of a row and a normal pixel of a sample in the right order.
fn ordered_pairs(positives_at: &Array2<f64>, normals_at: &Array2<f64>) -> Array2<f64> {
    let mut below = normals_at.clone();
    below.axis_iter_mut(Axis(0)).into_par_iter().for_each(|mut row| {
        let mut passed = 0.0;
        for value in row.iter_mut().rev() {
            let equal = *value;
            *value = 2.0 * passed + equal;
            passed += equal;
        }
    });
    positives_at.dot(&below.t())
}
