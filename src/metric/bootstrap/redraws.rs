//! Samples drawn anew.

use std::collections::HashMap;

use ndarray::{Array2, ArrayView1};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::estimate::Estimate;
use super::weighted::Weighted;
use crate::types::{Metrics, PooledMetric};

/// Distance from 0 and 1 below which pixel metrics are not told from them.
const PIXELS: f64 = 1e-6;

/// How often each sample is held by each redraw of a category.
///
/// A redraw has as many normal and as many anomalous samples as the category, each class drawn from its own with
/// replacement. One `Redraws` serves everything that was measured on the same samples, which makes comparisons paired: the
/// difference of the metrics of two attacks or models is taken within each redraw.
///
/// Where several samples show one scene, as under several lights, scenes are drawn instead, each with all its samples of the class: pictures
/// of one part are no independent witnesses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redraws {
    /// Redraws x samples.
    weights: Array2<u32>,
    /// What is drawn as one.
    units: Vec<Unit>,
}

/// Samples of one class that are drawn together.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Unit {
    anomalous: bool,
    samples: Vec<usize>,
}

impl Redraws {
    /// Number of redraws behind an interval, unless another is asked for.
    pub const COUNT: usize = 1000;

    /// `count` redraws of the samples with these labels (`true` is anomalous). The same labels and `seed` give the same
    /// redraws, and a larger `count` begins with those of a smaller one.
    pub fn new(labels: &[bool], count: usize, seed: u64) -> Self {
        Self::of_scenes(labels, &vec![None; labels.len()], count, seed)
    }

    /// The same of scenes: samples of one class that name the same scene are drawn together, others each by itself.
    ///
    /// # Panics
    /// If there are not as many scenes as labels.
    pub fn of_scenes(labels: &[bool], scenes: &[Option<&str>], count: usize, seed: u64) -> Self {
        assert_eq!(labels.len(), scenes.len(), "as many scenes as labels");
        let mut units: Vec<Unit> = Vec::new();
        let mut of_scene: HashMap<(bool, &str), usize> = HashMap::new();
        for (at, (&anomalous, &scene)) in labels.iter().zip(scenes).enumerate() {
            let own = units.len();
            let unit = scene.map_or(own, |scene| *of_scene.entry((anomalous, scene)).or_insert(own));
            if unit == own {
                units.push(Unit { anomalous, samples: Vec::new() });
            }
            units[unit].samples.push(at);
        }
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let of_class = |class: bool| units.iter().filter(move |unit| unit.anomalous == class);
        let classes: [Vec<&Unit>; 2] = [of_class(false).collect(), of_class(true).collect()];
        let mut weights = Array2::zeros((count, labels.len()));
        for mut redraw in weights.rows_mut() {
            for class in &classes {
                for _ in class {
                    let drawn = class[rng.random_range(0..class.len() as u32) as usize];
                    drawn.samples.iter().for_each(|&at| redraw[at] += 1);
                }
            }
        }
        Self { weights, units }
    }

    /// The same redraws without the samples that are not kept, one entry per sample.
    #[must_use]
    pub fn only(&self, kept: &[bool]) -> Self {
        let mut only = self.clone();
        for (at, mut column) in only.weights.columns_mut().into_iter().enumerate() {
            if !kept[at] {
                column.fill(0);
            }
        }
        only.units.iter_mut().for_each(|unit| unit.samples.retain(|&at| kept[at]));
        only.units.retain(|unit| !unit.samples.is_empty());
        only
    }

    /// Number of anomalous samples or, where these are known, scenes: those that intervals rest on.
    pub fn anomalous(&self) -> usize {
        self.units.iter().filter(|unit| unit.anomalous).count()
    }

    /// Number of redraws.
    pub fn len(&self) -> usize {
        self.weights.nrows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How often each redraw holds each sample: one row per redraw, one entry per sample.
    pub fn weights(&self) -> impl Iterator<Item = ArrayView1<'_, u32>> {
        self.weights.rows().into_iter()
    }

    /// The metrics with their values in each redraw. Runs on the current rayon thread pool; the result does not depend on the
    /// number of threads.
    ///
    /// # Panics
    /// If `scores` has another number of samples.
    pub fn estimates(&self, scores: &Weighted) -> Estimates {
        let (all, redraws, without) = self.values(|weights| scores.metrics(weights));
        let of = |class: bool, seen: &dyn Fn(usize) -> bool| {
            let of_class = self.units.iter().filter(|unit| unit.anomalous == class);
            of_class.filter(|unit| unit.samples.iter().any(|&at| seen(at))).count()
        };
        let shown = of(true, &|at| scores.is_anomalous(at));
        let (normal, anomalous) = (of(false, &|_| true), of(true, &|_| true));
        let half_a_pair = 0.5 / (anomalous * normal).max(1) as f64;
        let estimate = |metric: fn(&Metrics) -> Option<f64>, samples: usize, step: f64| {
            let value = metric(&all)?;
            let without = without.each_ref().map(|class| class.iter().filter_map(metric).collect());
            let redraws = redraws.iter().map(metric).collect();
            Some(Estimate::new(value, redraws, without.to_vec(), samples, step))
        };
        Estimates {
            pixel_auroc: estimate(|metrics| metrics.pixel_auroc, shown, PIXELS),
            aupro: estimate(|metrics| metrics.aupro, shown, PIXELS),
            image_auroc: estimate(|metrics| metrics.image_auroc, anomalous.min(normal), half_a_pair),
        }
    }

    /// A share in [0, 1] with its values in each redraw: `share` gives it of samples that are held so often, one entry each. It rests on as
    /// many samples, or scenes, as there are anomalous ones. `None` where it is not defined for all of them. Runs on the current rayon
    /// thread pool.
    pub fn estimate(&self, share: impl Fn(&[u32]) -> Option<f64> + Sync) -> Option<Estimate> {
        let (all, redraws, without) = self.values(share);
        let without = without.map(|class| class.into_iter().flatten().collect());
        Some(Estimate::new(all?, redraws, without.to_vec(), self.anomalous(), PIXELS))
    }

    /// What is measured of all samples, in each redraw, and without each unit, by class.
    fn values<T: Send>(&self, measure: impl Fn(&[u32]) -> T + Sync) -> (T, Vec<T>, [Vec<T>; 2]) {
        let mut once = vec![0; self.weights.ncols()];
        self.units.iter().flat_map(|unit| &unit.samples).for_each(|&at| once[at] = 1);
        let redraws = (0..self.len()).into_par_iter().map(|at| measure(&self.weights.row(at).to_vec()));
        let redraws = redraws.collect();
        let without = |class: bool| {
            let of_class: Vec<&Unit> = self.units.iter().filter(|unit| unit.anomalous == class).collect();
            let lacking = of_class.into_par_iter().map(|unit| {
                let mut weights = once.clone();
                unit.samples.iter().for_each(|&at| weights[at] = 0);
                measure(&weights)
            });
            lacking.collect()
        };
        let without = [without(false), without(true)];
        (measure(&once), redraws, without)
    }
}

/// The metrics of a category that redraws tell the certainty of; `None` where a metric is not defined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimates {
    /// Pooled pixel AUROC.
    pub pixel_auroc: Option<Estimate>,
    /// Pooled AUPRO.
    pub aupro: Option<Estimate>,
    /// Image AUROC.
    pub image_auroc: Option<Estimate>,
}

impl Estimates {
    /// The estimate of a metric; `None` where it is not defined.
    pub fn of(&self, metric: PooledMetric) -> &Option<Estimate> {
        match metric {
            PooledMetric::PixelAuroc => &self.pixel_auroc,
            PooledMetric::Aupro => &self.aupro,
        }
    }

    /// These minus others of the same samples and redraws, metric by metric.
    ///
    /// # Panics
    /// As [`Estimate::minus`].
    #[must_use]
    pub fn minus(&self, other: &Self) -> Self {
        let minus =
            |one: &Option<Estimate>, other: &Option<Estimate>| Some(one.as_ref()?.minus(other.as_ref()?));
        Self {
            pixel_auroc: minus(&self.pixel_auroc, &other.pixel_auroc),
            aupro: minus(&self.aupro, &other.aupro),
            image_auroc: minus(&self.image_auroc, &other.image_auroc),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_keep_their_numbers_and_seeds_their_redraws() {
        let labels = [true, false, true, true, false];
        let redraws = Redraws::new(&labels, 50, 3);
        for weights in redraws.weights() {
            let held =
                |class: bool| (0..5).filter(|&at| labels[at] == class).map(|at| weights[at]).sum::<u32>();
            assert_eq!((held(true), held(false)), (3, 2));
        }
        assert_eq!(redraws, Redraws::new(&labels, 50, 3));
        assert_ne!(redraws, Redraws::new(&labels, 50, 4));
        let longer = Redraws::new(&labels, 60, 3);
        assert!(redraws.weights().zip(longer.weights()).all(|(a, b)| a == b));
        assert_eq!(Redraws::new(&[], 4, 3).len(), 4);
    }

    #[test]
    fn pictures_of_one_scene_are_drawn_together() {
        let labels = [false, false, false, true, true, true, true];
        let scenes = [Some("0"), Some("0"), Some("1"), Some("0"), Some("0"), None, None];
        let redraws = Redraws::of_scenes(&labels, &scenes, 200, 3);
        assert_eq!(redraws.anomalous(), 3);
        for weights in redraws.weights() {
            // A scene of good pictures has nothing to do with one of defective pictures that has its name.
            assert_eq!((weights[0], weights[3]), (weights[1], weights[4]));
            assert_eq!(weights[0] + weights[2], 2);
            assert_eq!(weights[3] + weights[5] + weights[6], 3);
        }
        let lights = redraws.only(&[true, false, true, true, false, true, false]);
        assert_eq!(lights.anomalous(), 2);
        for (weights, all) in lights.weights().zip(redraws.weights()) {
            assert_eq!(weights.to_vec(), [all[0], 0, all[2], all[3], 0, all[5], 0]);
        }
        let share = |weights: &[u32]| Some(f64::from(weights[5]) / f64::from(weights[3] + weights[5]));
        assert_eq!(lights.estimate(share).unwrap().value, 0.5);
    }
}
