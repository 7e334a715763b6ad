use std::ops::Add;
use std::time::{Duration, Instant};

use ndarray::parallel::prelude::*;
use ndarray::{Array4, Axis, s};

use super::objective::Objective;
use crate::error::Result;
use crate::model::{Segmentation, Segmenter};
use crate::types::{Detail, Image, Mask, Perturbation};

/// One picture to be perturbed, segmented and scored.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Unperturbed picture, (3, size, size).
    pub image: &'a Image,
    /// Ground truth, (size, size); none where it is not known.
    pub mask: Option<&'a Mask>,
    /// The model's answer to the unchanged picture, from which drift is measured. None for the unchanged picture itself, and
    /// where drift is not asked for.
    pub clean: Option<&'a Segmentation>,
    /// Category, which decides the text prompts.
    pub category: &'a str,
    /// What is done to the picture.
    pub perturbation: Perturbation,
    /// How closely the model looks at it.
    pub detail: Detail,
}

/// What the model and the loss made of one [`Candidate`].
#[derive(Clone, Debug)]
pub struct Evaluation {
    /// Patch-level map and image score of the perturbed picture.
    pub segmentation: Segmentation,
    /// Loss; lower is worse for the segmenter.
    pub loss: f64,
    /// What decides which candidate is kept: [`Objective::rank`].
    pub rank: f64,
    /// Per-sample pixel AUROC, worked out for [`Select::Pooled`](super::Select::Pooled) alone; `None` where the scored mask has one
    /// class only.
    pub sample_auroc: Option<f64>,
}

/// Where the time went.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Clock {
    /// Candidates evaluated in full.
    pub evaluations: usize,
    /// Candidates evaluated coarsely.
    pub coarse: usize,
    /// Pictures that the model has seen for both: more than candidates where a defence shows it each several times.
    pub pictures: usize,
    /// Model calls.
    pub calls: usize,
    /// Time inside the model.
    pub model: Duration,
    /// Time in perturbation, back-rotation and loss.
    pub pixels: Duration,
    /// Time in the search strategies.
    pub search: Duration,
}

impl Add for Clock {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            evaluations: self.evaluations + other.evaluations,
            coarse: self.coarse + other.coarse,
            pictures: self.pictures + other.pictures,
            calls: self.calls + other.calls,
            model: self.model + other.model,
            pixels: self.pixels + other.pixels,
            search: self.search + other.search,
        }
    }
}

/// Perturbs, segments and scores candidates in batches. Every evaluation is counted.
pub struct Evaluator<'m> {
    segmenter: &'m mut dyn Segmenter,
    objective: Objective,
    batch: Array4<f32>,
    clock: Clock,
}

impl<'m> Evaluator<'m> {
    /// Calls `segmenter` with at most `batch` pictures at once.
    ///
    /// # Panics
    /// If `batch` is zero.
    pub fn new(segmenter: &'m mut dyn Segmenter, objective: Objective, batch: usize) -> Self {
        assert!(batch > 0, "a batch holds at least one picture");
        let size = objective.size();
        Self { segmenter, objective, batch: Array4::zeros((batch, 3, size, size)), clock: Clock::default() }
    }

    /// The objective that candidates are scored with.
    pub fn objective(&self) -> &Objective {
        &self.objective
    }

    /// Most pictures in one model call.
    pub fn batch(&self) -> usize {
        self.batch.len_of(Axis(0))
    }

    /// What a coarse evaluation costs: [`Segmenter::coarse_cost`], or as much as a full one where the loss is drift, since a coarse
    /// answer lies apart from the clean one by its coarseness alone.
    pub fn coarse_cost(&self) -> f64 {
        if self.objective.is_drift() { 1.0 } else { self.segmenter.coarse_cost() }
    }

    /// Where the time went so far.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Adds time that a search took between evaluations.
    pub(super) fn count_search(&mut self, time: Duration) {
        self.clock.search += time;
    }

    /// Evaluates candidates in their order.
    ///
    /// # Errors
    /// What the segmenter reports; a usage error where a candidate has not what its loss is measured against.
    pub fn evaluate(&mut self, candidates: &[Candidate<'_>]) -> Result<Vec<Evaluation>> {
        let mut evaluations = Vec::with_capacity(candidates.len());
        for same in candidates.chunk_by(|a, b| a.detail == b.detail) {
            for chunk in same.chunks(self.batch()) {
                evaluations.extend(self.evaluate_batch(chunk)?);
            }
        }
        Ok(evaluations)
    }

    /// The model's answers alone, without a loss, to candidates in their order.
    ///
    /// # Errors
    /// What the segmenter reports.
    pub fn segment(&mut self, candidates: &[Candidate<'_>]) -> Result<Vec<Segmentation>> {
        let mut answers = Vec::with_capacity(candidates.len());
        for same in candidates.chunk_by(|a, b| a.detail == b.detail) {
            for chunk in same.chunks(self.batch()) {
                answers.extend(self.segment_batch(chunk)?);
            }
        }
        Ok(answers)
    }

    fn segment_batch(&mut self, chunk: &[Candidate<'_>]) -> Result<Vec<Segmentation>> {
        let start = Instant::now();
        let mut pixels = self.batch.slice_mut(s![..chunk.len(), .., .., ..]);
        let perturber = self.objective.perturber();
        pixels.axis_iter_mut(Axis(0)).into_par_iter().zip(chunk.par_iter()).for_each(|(slot, candidate)| {
            perturber.apply(candidate.image.view(), candidate.perturbation, slot);
        });
        let categories: Vec<&str> = chunk.iter().map(|candidate| candidate.category).collect();
        let perturbed = Instant::now();
        let detail = chunk.first().map_or(Detail::Full, |candidate| candidate.detail);
        let segmentations = match detail {
            Detail::Full => self.segmenter.segment(pixels.view(), &categories),
            Detail::Coarse => self.segmenter.segment_coarse(pixels.view(), &categories),
        }?;
        match detail {
            Detail::Full => self.clock.evaluations += chunk.len(),
            Detail::Coarse => self.clock.coarse += chunk.len(),
        }
        let views = self.segmenter.views();
        self.clock.pictures += chunk.len() * views;
        self.clock.calls += views;
        self.clock.model += perturbed.elapsed();
        self.clock.pixels += perturbed - start;
        Ok(segmentations)
    }

    fn evaluate_batch(&mut self, chunk: &[Candidate<'_>]) -> Result<Vec<Evaluation>> {
        let segmentations = self.segment_batch(chunk)?;
        let segmented = Instant::now();
        let objective = &self.objective;
        let evaluations = segmentations
            .into_par_iter()
            .zip(chunk.par_iter())
            .map(|(segmentation, candidate)| {
                let loss = objective.loss(&segmentation, candidate)?;
                let rank = objective.rank(&segmentation, candidate, loss);
                let sample_auroc = candidate.mask.filter(|_| objective.keeps_candidates()).and_then(|mask| {
                    objective.sample_auroc(segmentation.map.view(), mask, candidate.perturbation)
                });
                Ok(Evaluation { segmentation, loss, rank, sample_auroc })
            })
            .collect();
        self.clock.pixels += segmented.elapsed();
        evaluations
    }
}
