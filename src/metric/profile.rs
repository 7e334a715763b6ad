//! Pooled pixel AUROC and AUPRO on shared thresholds, while single images are exchanged for others.
//!
//! Every image is summed up once: how many of its normal pixels, how many of its anomalous ones and how much of its regions lie
//! between two neighbouring thresholds. Profiles are added and taken away, so that asking what one image instead of another would do
//! to the pooled value takes one walk along the thresholds. The value is the exact one of scores that are rounded down to the next
//! threshold: with the thousands of thresholds of [`Thresholds::new`] within about 1e-4 of that of the scores themselves, and equal to it
//! where the normal pixels have few distinct scores.

use ndarray::ArrayView2;

use super::components::label_runs;
use super::key;
use super::ladder::Ladder;
use super::pro::area_of_pixel;
use crate::types::PooledMetric;

/// Quantiles of a list of scores that are thresholds.
const QUANTILES: usize = 2048;
/// Scores of one map that the quantiles are taken from, at most.
const DRAWN: usize = 1024;

/// A map with its ground truth and the pixels that count (all without it), all of one shape.
pub(crate) type MapView<'a> = (ArrayView2<'a, f32>, ArrayView2<'a, bool>, Option<ArrayView2<'a, bool>>);

/// Scores of normal pixels to take thresholds from: up to a thousand, evenly spread over their order.
pub(crate) fn drawn_normals((map, mask, valid): MapView<'_>) -> Vec<f32> {
    drawn(map.indexed_iter().zip(mask).filter_map(|((at, &score), &anomalous)| {
        (!anomalous && valid.is_none_or(|valid| valid[at])).then_some(score)
    }))
}

/// Finite scores to take thresholds from: up to a thousand, evenly spread over their order.
pub(crate) fn drawn(scores: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut scores: Vec<f32> = scores.filter(|score| score.is_finite()).collect();
    let step = scores.len().div_ceil(DRAWN).max(1);
    if step > 1 {
        scores.sort_unstable_by(f32::total_cmp);
    }
    scores.into_iter().step_by(step).collect()
}

/// Thresholds that profiles share.
pub(crate) struct Thresholds(Ladder);

impl Thresholds {
    /// Thresholds at the quantiles of each list of scores, and at 0, which a map has where a moved picture does not reach; a score
    /// that fills more than one quantile, and 0, are told apart from those above them.
    pub(crate) fn new(lists: &[Vec<f32>]) -> Self {
        let zero = key::from_score(0.0);
        let mut rungs = vec![zero, zero + 1];
        for scores in lists {
            let mut keys: Vec<u32> = scores.iter().map(|&score| key::from_score(score)).collect();
            keys.sort_unstable();
            let number = QUANTILES.min(keys.len());
            let quantiles: Vec<u32> = (0..number).map(|at| keys[at * keys.len() / number]).collect();
            rungs.extend(quantiles.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0] + 1));
            rungs.extend(quantiles);
        }
        rungs.sort_unstable();
        rungs.dedup();
        Self(Ladder::new(rungs))
    }

    /// Number of intervals between the thresholds, below and above them.
    fn intervals(&self) -> usize {
        self.0.places() / 2 + 1
    }

    /// Number of thresholds at or below a score.
    #[inline(always)]
    fn interval(&self, score: f32) -> usize {
        self.0.place(key::from_score(score)).div_ceil(2)
    }
}

/// What one image adds to the pooled metrics, for each interval between thresholds.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    normals: Vec<u32>,
    /// Number of anomalous pixels; empty if there are none in the image.
    positives: Vec<u32>,
    /// Shares of regions, summed over them; empty as `positives`.
    overlaps: Vec<f32>,
    normal_pixels: u64,
    positive_pixels: u64,
    regions: u64,
}

impl Profile {
    /// The profile of a map.
    ///
    /// # Panics
    /// If the shapes differ.
    pub(crate) fn new(thresholds: &Thresholds, (map, mask, valid): MapView<'_>) -> Self {
        assert_eq!(map.dim(), mask.dim(), "map and mask differ in shape");
        assert!(
            valid.is_none_or(|valid| valid.dim() == map.dim()),
            "map and valid-pixel mask differ in shape"
        );
        let counts = |at: (usize, usize)| valid.is_none_or(|valid| valid[at]);
        let mut normals = vec![0; thresholds.intervals()];
        for ((at, &score), &anomalous) in map.indexed_iter().zip(mask) {
            if !anomalous && counts(at) {
                normals[thresholds.interval(score)] += 1;
            }
        }
        let standard = mask.as_standard_layout();
        let (runs, regions) = label_runs(standard.as_slice().unwrap_or_default(), mask.ncols());
        let pixels = || {
            let of_run = |run: &super::components::Run| {
                let (row, region) = (run.row, run.region as usize);
                (run.start..run.end).map(move |column| ((row, column), region))
            };
            runs.iter().flat_map(of_run).filter(|&(at, _)| counts(at))
        };
        let mut areas = vec![0u32; regions];
        pixels().for_each(|(_, region)| areas[region] += 1);
        let remaining = areas.iter().filter(|&&area| area > 0).count() as u64;
        let (mut positives, mut overlaps) = (Vec::new(), Vec::new());
        if remaining > 0 {
            positives = vec![0; thresholds.intervals()];
            overlaps = vec![0.0; thresholds.intervals()];
            for (at, region) in pixels() {
                let interval = thresholds.interval(map[at]);
                positives[interval] += 1;
                overlaps[interval] += 1.0 / areas[region] as f32;
            }
        }
        Self {
            normal_pixels: normals.iter().map(|&count| u64::from(count)).sum(),
            positive_pixels: areas.iter().map(|&area| u64::from(area)).sum(),
            regions: remaining,
            normals,
            positives,
            overlaps,
        }
    }

    /// What is integrated for a metric: its sum over all intervals.
    fn weight(&self, metric: PooledMetric) -> u64 {
        match metric {
            PooledMetric::PixelAuroc => self.positive_pixels,
            PooledMetric::Aupro => self.regions,
        }
    }

    /// What is integrated for a metric in one interval.
    #[inline(always)]
    fn weight_at(&self, metric: PooledMetric, at: usize) -> f64 {
        match metric {
            PooledMetric::PixelAuroc => f64::from(self.positives[at]),
            PooledMetric::Aupro => f64::from(self.overlaps[at]),
        }
    }
}

/// The profiles of several images together, for one metric.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    metric: PooledMetric,
    /// Share of the normal pixels up to which is integrated.
    limit: f64,
    normals: Vec<u32>,
    weights: Vec<f64>,
    normal_pixels: u64,
    weight: u64,
}

impl Pool {
    /// A pool without images; `fpr_limit` is that of AUPRO.
    pub(crate) fn new(thresholds: &Thresholds, metric: PooledMetric, fpr_limit: f64) -> Self {
        let limit = if metric == PooledMetric::Aupro { fpr_limit } else { 1.0 };
        let (normals, weights) = (vec![0; thresholds.intervals()], vec![0.0; thresholds.intervals()]);
        Self { metric, limit, normals, weights, normal_pixels: 0, weight: 0 }
    }

    /// Puts an image in.
    pub(crate) fn add(&mut self, image: &Profile) {
        self.normals.iter_mut().zip(&image.normals).for_each(|(sum, count)| *sum += count);
        for at in 0..image.positives.len() {
            self.weights[at] += image.weight_at(self.metric, at);
        }
        self.normal_pixels += image.normal_pixels;
        self.weight += image.weight(self.metric);
    }

    /// Takes out an image that was put in.
    pub(crate) fn take(&mut self, image: &Profile) {
        self.normals.iter_mut().zip(&image.normals).for_each(|(sum, count)| *sum -= count);
        for at in 0..image.positives.len() {
            self.weights[at] -= image.weight_at(self.metric, at);
        }
        self.normal_pixels -= image.normal_pixels;
        self.weight -= image.weight(self.metric);
    }

    /// The metric of the images that were put in, in [0, 1] but for rounding; `None` if a class is missing.
    pub(crate) fn value(&self) -> Option<f64> {
        self.value_with(&Profile {
            normals: vec![0; self.normals.len()],
            positives: Vec::new(),
            overlaps: Vec::new(),
            normal_pixels: 0,
            positive_pixels: 0,
            regions: 0,
        })
    }

    /// The metric with one more image, in [0, 1] but for rounding; `None` if a class is missing.
    pub(crate) fn value_with(&self, image: &Profile) -> Option<f64> {
        let metric = self.metric;
        match (image.positives.is_empty(), metric) {
            (true, _) => self.walk(image, |_| 0.0),
            // The metric is told to the compiler, which keeps the choice out of the loop.
            (_, PooledMetric::PixelAuroc) => {
                self.walk(image, |at| image.weight_at(PooledMetric::PixelAuroc, at))
            }
            (_, PooledMetric::Aupro) => self.walk(image, |at| image.weight_at(PooledMetric::Aupro, at)),
        }
    }

    #[inline(always)]
    fn walk(&self, image: &Profile, weight_at: impl Fn(usize) -> f64) -> Option<f64> {
        let limit = self.limit * (self.normal_pixels + image.normal_pixels) as f64;
        let weight = self.weight + image.weight(self.metric);
        if limit == 0.0 || weight == 0 {
            return None;
        }
        let (mut above, mut area) = (0.0, 0.0);
        for at in (0..image.normals.len()).rev() {
            if above >= limit {
                break;
            }
            let equal = f64::from(self.normals[at] + image.normals[at]);
            area += (self.weights[at] + weight_at(at)) * area_of_pixel(above, equal, limit);
            above += equal;
        }
        Some(area / (weight as f64 * limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{MetricOptions, ScoredSet, evaluate};
    use ndarray::Array2;
    use proptest::prelude::*;

    #[derive(Debug)]
    struct Picture {
        map: Array2<f32>,
        mask: Array2<bool>,
        valid: Array2<bool>,
    }

    impl Picture {
        fn view(&self) -> MapView<'_> {
            (self.map.view(), self.mask.view(), Some(self.valid.view()))
        }
    }

    /// Scores of few levels, so that ties abound; some pixels do not count.
    fn picture() -> impl Strategy<Value = Picture> {
        let of = |pixels| Array2::from_shape_vec((4, 6), pixels).unwrap();
        (
            prop::collection::vec((-4i8..9).prop_map(f32::from), 24),
            prop::collection::vec(prop::bool::weighted(0.3), 24),
            prop::collection::vec(prop::bool::weighted(0.8), 24),
        )
            .prop_map(move |(map, mask, valid)| Picture {
                map: Array2::from_shape_vec((4, 6), map).unwrap(),
                mask: of(mask),
                valid: of(valid),
            })
    }

    fn exact(pictures: &[&Picture], fpr_limit: f64) -> [Option<f64>; 2] {
        let maps: Vec<_> = pictures.iter().map(|picture| picture.map.view()).collect();
        let masks: Vec<_> = pictures.iter().map(|picture| picture.mask.view()).collect();
        let valid: Vec<_> = pictures.iter().map(|picture| picture.valid.view()).collect();
        let (image_scores, image_labels) = (vec![0.0; maps.len()], vec![false; maps.len()]);
        let set = ScoredSet {
            maps: &maps,
            masks: &masks,
            valid: Some(&valid),
            image_scores: &image_scores,
            image_labels: &image_labels,
        };
        let metrics = evaluate(&set, &MetricOptions { fpr_limit, ..MetricOptions::default() }).unwrap();
        PooledMetric::ALL.map(|metric| metric.of(&metrics))
    }

    fn thresholds(pictures: &[Picture]) -> Thresholds {
        let drawn = pictures.iter().flat_map(|picture| drawn_normals(picture.view()));
        Thresholds::new(&[drawn.collect()])
    }

    /// Both metrics of the last picture put to the others.
    fn pooled(thresholds: &Thresholds, pictures: &[&Picture], fpr_limit: f64) -> [Option<f64>; 2] {
        let (last, others) = pictures.split_last().unwrap();
        PooledMetric::ALL.map(|metric| {
            let mut pool = Pool::new(thresholds, metric, fpr_limit);
            let away = Profile::new(thresholds, last.view());
            pool.add(&away);
            others.iter().for_each(|picture| pool.add(&Profile::new(thresholds, picture.view())));
            pool.take(&away);
            pool.value_with(&away)
        })
    }

    proptest! {
        #[test]
        fn few_levels_are_pooled_exactly(
            pictures in prop::collection::vec(picture(), 1..5),
            fpr_limit in prop::sample::select(vec![0.05, 0.3, 1.0]),
        ) {
            // A threshold at every score that an anomalous pixel can have.
            let levels: Vec<f32> = (-4i8..9).map(f32::from).collect();
            let all: Vec<&Picture> = pictures.iter().collect();
            let found = pooled(&Thresholds::new(&[levels]), &all, fpr_limit);
            for (found, exact) in found.into_iter().zip(exact(&all, fpr_limit)) {
                prop_assert_eq!(found.is_some(), exact.is_some());
                prop_assert!((found.unwrap_or(0.0) - exact.unwrap_or(0.0)).abs() < 1e-6, "{found:?} {exact:?}");
            }
        }
    }

    #[test]
    fn smooth_maps_are_pooled_within_a_ten_thousandth() {
        let pictures: Vec<Picture> = (0..12)
            .map(|number| {
                let wave = |y: usize, x: usize| {
                    let (y, x, n) = (y as f32, x as f32, number as f32);
                    (y * (0.05 + 0.004 * n) + n).sin() + (x * (0.09 - 0.003 * n)).cos() + 0.1 * n.sin()
                };
                let (top, left) = (10 + 7 * number, 100 - 8 * number);
                let mask = Array2::from_shape_fn((120, 120), |(y, x)| {
                    number % 4 > 0 && (top..top + 15).contains(&y) && (left..left + 9).contains(&x)
                });
                let map = Array2::from_shape_fn((120, 120), |(y, x)| {
                    // As a turn leaves it: no score at the border.
                    let border = x < 5 * (number % 3);
                    if border { 0.0 } else { wave(y, x) + if mask[[y, x]] { 0.9 } else { 0.0 } }
                });
                Picture { map, mask, valid: Array2::from_elem((120, 120), true) }
            })
            .collect();
        let all: Vec<&Picture> = pictures.iter().collect();
        let found = pooled(&thresholds(&pictures), &all, 0.3);
        for (found, exact) in found.into_iter().zip(exact(&all, 0.3)) {
            let (found, exact) = (found.unwrap(), exact.unwrap());
            assert!((0.2..0.95).contains(&exact), "{exact}");
            assert!((found - exact).abs() < 1e-4, "{found} where {exact} is exact");
        }
    }
}
