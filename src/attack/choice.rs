//! Choosing among the candidates of many samples by what the choice does to a pooled metric.

use std::borrow::Cow;

use rayon::prelude::*;

use super::candidates::KeptCandidate;
use super::objective::{Objective, Scored};
use super::pool::{PooledSample, category_metrics};
use crate::error::Result;
use crate::metric::{MapView, MetricOptions, Pool, Profile, Thresholds, drawn, drawn_normals};
use crate::types::{Detail, Label, Mask, Perturbation, PooledMetric};

/// Passes over all samples, at most.
const PASSES: usize = 50;
/// A gain that rounding cannot feign.
const LEAST_GAIN: f64 = 1e-10;

/// One sample and the candidates that it can choose from.
#[derive(Clone, Copy, Debug)]
pub struct Choices<'a> {
    /// Name of the sample, by which the samples are gone through, whatever their order.
    pub name: &'a str,
    /// Candidates, at least one.
    pub candidates: &'a [KeptCandidate],
    /// Ground truth at evaluation size, in the frame of the unperturbed picture.
    pub mask: &'a Mask,
}

/// One sample as a chooser holds it: candidates may be added.
struct Held<'a> {
    candidates: Cow<'a, [KeptCandidate]>,
    /// How closely each was evaluated; coarse ones are never chosen.
    details: Vec<Detail>,
    mask: &'a Mask,
}

impl<'a> Held<'a> {
    fn scored(&self, objective: &Objective, kept: &KeptCandidate) -> Scored {
        objective.scored(kept.segmentation.map.view(), self.mask, &kept.perturbation)
    }

    fn pooled(&self, candidate: usize) -> PooledSample<'a> {
        let KeptCandidate { perturbation, segmentation, .. } = &self.candidates[candidate];
        PooledSample {
            patch_map: segmentation.map.clone(),
            perturbation: *perturbation,
            image_score: segmentation.image_score,
            mask: self.mask,
            label: Label::Unknown,
        }
    }
}

fn view(scored: &Scored) -> MapView<'_> {
    (scored.map.view(), scored.mask.view(), scored.valid.as_ref().map(|valid| valid.view()))
}

/// The candidates of all samples of a category, summed up so that many choices among them can be tried, by either metric.
pub struct Chooser<'a> {
    objective: &'a Objective,
    options: &'a MetricOptions,
    samples: Vec<Held<'a>>,
    /// The samples by name.
    order: Vec<usize>,
    thresholds: Thresholds,
    profiles: Vec<Vec<Profile>>,
}

impl<'a> Chooser<'a> {
    /// Sums up all candidates. `starts`, a candidate of each sample each, show where the scores lie.
    ///
    /// # Panics
    /// If a start does not fit the samples.
    pub fn new(
        objective: &'a Objective,
        samples: &[Choices<'a>],
        starts: &[Vec<usize>],
        options: &'a MetricOptions,
    ) -> Self {
        let mut order: Vec<usize> = (0..samples.len()).collect();
        order.sort_by_key(|&at| samples[at].name);
        let held = |sample: &Choices<'a>| Held {
            candidates: Cow::Borrowed(sample.candidates),
            details: vec![Detail::Full; sample.candidates.len()],
            mask: sample.mask,
        };
        let samples: Vec<Held<'a>> = samples.iter().map(held).collect();
        let normals: Vec<Vec<f32>> = starts
            .par_iter()
            .flat_map(|start| {
                assert_eq!(start.len(), samples.len(), "a start chooses for every sample");
                samples.par_iter().zip(start)
            })
            .map(|(sample, &at)| drawn_normals(view(&sample.scored(objective, &sample.candidates[at]))))
            .collect();
        // The starts have the pixels as they lie; the small maps of all candidates, the whole range of scores.
        let all = samples.iter().flat_map(|sample| sample.candidates.iter());
        let patches = all.flat_map(|kept| drawn(kept.segmentation.map.iter().copied()));
        let thresholds = Thresholds::new(&[normals.concat(), patches.collect()]);
        let profiles = samples
            .par_iter()
            .map(|sample| {
                let profile = |kept| Profile::new(&thresholds, view(&sample.scored(objective, kept)));
                sample.candidates.par_iter().map(profile).collect()
            })
            .collect();
        Self { objective, options, samples, order, thresholds, profiles }
    }

    /// Chooses a candidate of each sample, in the order of the samples, such that their pooled metric is low: from each of `starts`
    /// on, sample by sample in the order of their names, the candidate that lowers the pooled value most, until none does. The value
    /// of what is chosen, as [`category_metrics`] has it, is never higher than that of any start: the lowest found and the starts
    /// are evaluated by it, and the lowest is taken, of equals the earliest start. It need not be the least there is, which would
    /// take every combination. Where the metric is not defined for the unchanged pictures, a start for which it is not either is
    /// taken, so that an attack has no value where clean has none.
    ///
    /// # Errors
    /// Maps that [`category_metrics`] refuses.
    ///
    /// # Panics
    /// If there are no starts, or one does not fit the samples.
    pub fn choose(&self, metric: PooledMetric, starts: &[Vec<usize>]) -> Result<Vec<usize>> {
        assert!(!starts.is_empty(), "there is no start");
        let found = starts.par_iter().map(|start| self.descend(metric, start)).collect::<Vec<_>>();
        let lowest = found.into_iter().reduce(|a, b| if b.0 < a.0 { b } else { a });
        let values = starts.iter().map(|start| self.exact(metric, start)).collect::<Result<Vec<f64>>>()?;
        if let Some(unchanged) = self.unchanged() {
            let value = match starts.iter().position(|start| *start == unchanged) {
                Some(place) => values[place],
                None => self.exact(metric, &unchanged)?,
            };
            if value.is_infinite() {
                let undefined = values.iter().position(|value| value.is_infinite());
                return Ok(undefined.map_or(unchanged, |place| starts[place].clone()));
            }
        }
        let mut best = (values[0], &starts[0]);
        for (&value, start) in values.iter().zip(starts).skip(1) {
            if value < best.0 {
                best = (value, start);
            }
        }
        match lowest {
            Some((_, chosen)) if self.exact(metric, &chosen)? < best.0 => Ok(chosen),
            _ => Ok(best.1.clone()),
        }
    }

    /// The lowest choice that exchanging candidates finds from any of these starts on, by the thresholds alone and so within about 1e-4: what
    /// [`Self::choose`] takes where it lies below all starts.
    ///
    /// # Panics
    /// If there are no starts, or one does not fit the samples.
    pub fn lowest(&self, metric: PooledMetric, starts: &[Vec<usize>]) -> Vec<usize> {
        let found = starts.par_iter().map(|start| self.descend(metric, start)).collect::<Vec<_>>();
        let lowest = found.into_iter().reduce(|a, b| if b.0 < a.0 { b } else { a });
        lowest.map(|(_, chosen)| chosen).expect("there is a start")
    }

    /// The pooled metric of a choice, infinite where it is not defined. Within about 1e-4 of what [`category_metrics`] gives.
    ///
    /// # Panics
    /// If the choice does not fit the samples.
    pub fn value(&self, metric: PooledMetric, chosen: &[usize]) -> f64 {
        self.pool(metric, chosen).value().unwrap_or(f64::INFINITY)
    }

    /// Adds evaluations of each sample behind those that it has; coarse ones are never chosen, but have their [`Self::values`]. The
    /// thresholds stay those of the first candidates, so that scores far outside theirs are told apart less finely.
    ///
    /// # Panics
    /// If there is not one list for each sample.
    pub fn add(&mut self, more: Vec<Vec<KeptCandidate>>, detail: Detail) {
        assert_eq!(more.len(), self.samples.len(), "each sample gets a list");
        let (objective, thresholds) = (self.objective, &self.thresholds);
        let add = |((sample, profiles), more): ((&mut Held<'_>, &mut Vec<Profile>), Vec<KeptCandidate>)| {
            let profile = |kept| Profile::new(thresholds, view(&sample.scored(objective, kept)));
            profiles.extend(more.iter().map(profile).collect::<Vec<_>>());
            sample.details.extend(vec![detail; more.len()]);
            sample.candidates.to_mut().extend(more);
        };
        self.samples.par_iter_mut().zip(&mut self.profiles).zip(more).for_each(add);
    }

    /// The evaluations of a sample, those that were added at the end, and how closely each was made.
    pub fn evaluations(&self, sample: usize) -> impl Iterator<Item = (&KeptCandidate, Detail)> {
        let Held { candidates, details, .. } = &self.samples[sample];
        candidates.iter().zip(details.iter().copied())
    }

    /// The pooled metric with each candidate of each sample in place of the one that is chosen, all others as chosen: infinite where the
    /// metric is not defined. Within about 1e-4 of what [`category_metrics`] gives.
    ///
    /// # Panics
    /// If the choice does not fit the samples.
    pub fn values(&self, metric: PooledMetric, chosen: &[usize]) -> Vec<Vec<f64>> {
        let pool = self.pool(metric, chosen);
        let of_sample = |(profiles, &own): (&Vec<Profile>, &usize)| {
            let mut others = pool.clone();
            others.take(&profiles[own]);
            profiles.iter().map(|profile| others.value_with(profile).unwrap_or(f64::INFINITY)).collect()
        };
        self.profiles.par_iter().zip(chosen).map(of_sample).collect()
    }

    /// The pool of a choice.
    fn pool(&self, metric: PooledMetric, chosen: &[usize]) -> Pool {
        assert_eq!(chosen.len(), self.samples.len(), "a choice is of every sample");
        let mut pool = Pool::new(&self.thresholds, metric, self.options.fpr_limit);
        self.order.iter().for_each(|&at| pool.add(&self.profiles[at][chosen[at]]));
        pool
    }

    /// The unchanged picture of each sample; `None` where it is not among the candidates of one.
    fn unchanged(&self) -> Option<Vec<usize>> {
        let unchanged = |sample: &Held<'_>| {
            sample.candidates.iter().position(|kept| kept.perturbation == Perturbation::IDENTITY)
        };
        self.samples.iter().map(unchanged).collect()
    }

    /// The pooled metric of a choice; infinite where it is not defined.
    fn exact(&self, metric: PooledMetric, chosen: &[usize]) -> Result<f64> {
        let pooled: Vec<PooledSample<'_>> =
            self.samples.iter().zip(chosen).map(|(sample, &candidate)| sample.pooled(candidate)).collect();
        let metrics = category_metrics(self.objective, &pooled, self.options)?;
        Ok(metric.of(&metrics).unwrap_or(f64::INFINITY))
    }

    /// A choice that no other candidate of one sample makes lower, and its value on the shared thresholds.
    fn descend(&self, metric: PooledMetric, start: &[usize]) -> (f64, Vec<usize>) {
        let mut chosen = start.to_vec();
        let mut pool = self.pool(metric, start);
        let mut least = f64::INFINITY;
        for _ in 0..PASSES {
            let mut changed = false;
            for &at in &self.order {
                let profiles = &self.profiles[at];
                pool.take(&profiles[chosen[at]]);
                let value = |profile| pool.value_with(profile).unwrap_or(f64::INFINITY);
                least = value(&profiles[chosen[at]]);
                let details = &self.samples[at].details;
                let full = profiles.iter().enumerate().filter(|(place, _)| details[*place] == Detail::Full);
                for (candidate, profile) in full {
                    let value = value(profile);
                    if value < least - LEAST_GAIN {
                        (chosen[at], least, changed) = (candidate, value, true);
                    }
                }
                pool.add(&profiles[chosen[at]]);
            }
            if !changed {
                break;
            }
        }
        (least, chosen)
    }
}

/// Chooses a candidate of each sample by a pooled metric, as [`Chooser::choose`] does; for both metrics, make a [`Chooser`] once.
///
/// # Errors
/// The errors of [`Chooser::choose`].
///
/// # Panics
/// Where [`Chooser::choose`] does.
pub fn choose_pooled(
    objective: &Objective,
    samples: &[Choices<'_>],
    starts: &[Vec<usize>],
    metric: PooledMetric,
    options: &MetricOptions,
) -> Result<Vec<usize>> {
    Chooser::new(objective, samples, starts, options).choose(metric, starts)
}
