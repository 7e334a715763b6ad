use std::ops::Range;

use super::clock::Clock;
use super::objective::{Candidate, Evaluation, Objective};
use super::pipeline::{Desk, Pipeline, Watch};
use crate::error::Result;
use crate::model::{Segmentation, Segmenter};

/// The evaluator perturbs, segments and scores candidates in batches. Every evaluation is counted.
pub struct Evaluator<'m> {
    segmenter: &'m mut dyn Segmenter,
    objective: Objective,
    pipeline: Pipeline,
    clock: Clock,
}

impl<'m> Evaluator<'m> {
    /// An evaluator that calls `segmenter` with at most `batch` pictures at once. Where the model runs on a device, two batches are
    /// under way, so that the processor works beside it; a model on the processor has that to itself during its calls.
    ///
    /// # Panics
    /// If `batch` is zero.
    pub fn new(segmenter: &'m mut dyn Segmenter, objective: Objective, batch: usize) -> Self {
        let depth = if segmenter.provenance().is_on_device() { ON_DEVICE } else { ON_PROCESSOR };
        Self { segmenter, objective, pipeline: Pipeline::new(batch, depth), clock: Clock::default() }
    }

    /// Sets how many batches are under way at once: with a `depth` of 1 perturbation, model and scoring take turns, with 2 they
    /// overlap. Results do not depend on it.
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

    /// The most pictures in one model call: fewer than at first where memory did not suffice for more.
    pub fn batch(&self) -> usize {
        self.pipeline.most
    }

    /// Number of batches under way at once.
    pub(super) fn depth(&self) -> usize {
        self.pipeline.depth
    }

    /// Cost of a coarse evaluation: [`Segmenter::coarse_cost`], or as much as a full one where the loss is drift, since a coarse
    /// answer lies apart from the clean one by its coarseness alone.
    pub fn coarse_cost(&self) -> f64 {
        if self.objective.is_drift() { 1.0 } else { self.segmenter.coarse_cost() }
    }

    /// Counts and times of all evaluations so far.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Evaluates candidates in their order.
    ///
    /// # Errors
    /// Errors of the segmenter; a usage error where a candidate lacks what its loss is measured against.
    pub fn evaluate(&mut self, candidates: &[Candidate<'_>]) -> Result<Vec<Evaluation>> {
        let mut evaluations = Vec::with_capacity(candidates.len());
        let mut take = |answers: Vec<Evaluation>| {
            evaluations.extend(answers);
            Ok(())
        };
        self.run(&mut List::new(candidates, &mut take), &Watch::NONE)?;
        Ok(evaluations)
    }

    /// Evaluates the candidates of a desk until it has no more.
    pub(super) fn run<D: Desk>(&mut self, desk: &mut D, watch: &Watch<'_>) -> Result<()> {
        self.pipeline.run(self.segmenter, &self.objective, &mut self.clock, desk, watch)
    }
}

/// Batches under way at once beside a model on a device.
const ON_DEVICE: usize = 2;
/// Batches under way at once beside a model on all the cores, which others would only take away from it.
const ON_PROCESSOR: usize = 1;

/// Candidates that are all known from the start.
pub(super) struct List<'l, 'c> {
    candidates: &'l [Candidate<'c>],
    picked: usize,
    take: &'l mut dyn FnMut(Vec<Evaluation>) -> Result<()>,
}

impl<'l, 'c> List<'l, 'c> {
    /// A list whose evaluations `take` gets in order, batch by batch.
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
