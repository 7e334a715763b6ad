use std::ops::{Add, Range};
use std::time::Duration;

use super::objective::Objective;
use super::pipeline::{Desk, Pipeline, Watch};
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
    /// Time inside the model; the other times may lie within it, where a device does its work.
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
    pipeline: Pipeline,
    clock: Clock,
}

impl<'m> Evaluator<'m> {
    /// Calls `segmenter` with at most `batch` pictures at once. Where it runs on a device, the processor works on two batches
    /// beside it; where it runs on the processor itself, it has that to itself during its calls.
    ///
    /// # Panics
    /// If `batch` is zero.
    pub fn new(segmenter: &'m mut dyn Segmenter, objective: Objective, batch: usize) -> Self {
        let depth = if segmenter.provenance().is_on_device() { ON_DEVICE } else { ON_PROCESSOR };
        Self { segmenter, objective, pipeline: Pipeline::new(batch, depth), clock: Clock::default() }
    }

    /// With `depth` batches under way at once: with 1 perturbation, model and scoring take turns, with 2 they overlap. Results do
    /// not depend on it.
    ///
    /// # Panics
    /// If `depth` is zero.
    #[must_use]
    pub fn with_depth(mut self, depth: usize) -> Self {
        self.pipeline = Pipeline::new(self.pipeline.most, depth);
        self
    }

    /// The objective that candidates are scored with.
    pub fn objective(&self) -> &Objective {
        &self.objective
    }

    /// Most pictures in one model call: fewer than at first where memory did not suffice for more.
    pub fn batch(&self) -> usize {
        self.pipeline.most
    }

    /// Batches under way at once.
    pub(super) fn depth(&self) -> usize {
        self.pipeline.depth
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

    /// Evaluates candidates in their order.
    ///
    /// # Errors
    /// What the segmenter reports; a usage error where a candidate has not what its loss is measured against.
    pub fn evaluate(&mut self, candidates: &[Candidate<'_>]) -> Result<Vec<Evaluation>> {
        let mut evaluations = Vec::with_capacity(candidates.len());
        let mut take = |answers: Vec<Evaluation>| {
            evaluations.extend(answers);
            Ok(())
        };
        self.run(&mut List::new(candidates, &mut take), &Watch::NONE)?;
        Ok(evaluations)
    }

    /// Works for a desk until it has nothing more to ask.
    pub(super) fn run<D: Desk>(&mut self, desk: &mut D, watch: &Watch<'_>) -> Result<()> {
        self.pipeline.run(self.segmenter, &self.objective, &mut self.clock, desk, watch)
    }
}

/// Batches under way at once beside a model on a device.
const ON_DEVICE: usize = 2;
/// Beside a model on all the cores: others would only take them away from it.
const ON_PROCESSOR: usize = 1;

/// Candidates that are all known from the start.
pub(super) struct List<'l, 'c> {
    candidates: &'l [Candidate<'c>],
    picked: usize,
    take: &'l mut dyn FnMut(Vec<Evaluation>) -> Result<()>,
}

impl<'l, 'c> List<'l, 'c> {
    /// `take` gets the evaluations in order, batch by batch.
    pub fn new(
        candidates: &'l [Candidate<'c>],
        take: &'l mut dyn FnMut(Vec<Evaluation>) -> Result<()>,
    ) -> Self {
        Self { candidates, picked: 0, take }
    }
}

impl Desk for List<'_, '_> {
    type Ticket = Range<usize>;
    type Answer = Evaluation;

    fn pick(&mut self, room: usize) -> Result<Option<Self::Ticket>> {
        let left = &self.candidates[self.picked..];
        let Some(first) = left.first() else { return Ok(None) };
        let alike = left.iter().take(room).take_while(|candidate| candidate.detail == first.detail).count();
        self.picked += alike;
        Ok(Some(self.picked - alike..self.picked))
    }

    fn candidates<'a>(&'a self, ticket: &'a Self::Ticket) -> Vec<Candidate<'a>> {
        self.candidates[ticket.clone()].to_vec()
    }

    fn judge(objective: &Objective, answer: Segmentation, candidate: &Candidate<'_>) -> Result<Evaluation> {
        objective.evaluation(answer, candidate)
    }

    fn take(&mut self, _: Self::Ticket, answers: Vec<Evaluation>) -> Result<()> {
        (self.take)(answers)
    }
}
