use std::collections::VecDeque;

use super::evaluator::Evaluator;
use super::objective::{Candidate, Evaluation, Objective};
use super::pipeline::{Desk, Watch};
use super::sample::{SampleAttack, WorstCase};
use super::settings::Settings;
use crate::error::Result;
use crate::model::Segmentation;
use crate::types::{Attack, Detail, Image, Mask, Perturbation, SampleId};

/// One decoded sample on its way through an attack.
#[derive(Clone, Debug)]
pub struct Work {
    /// Position of the sample in the caller's list, handed back with the result.
    pub index: usize,
    /// The sample, whose name seeds the search.
    pub id: SampleId,
    /// The picture on its canvas, (3, height, width).
    pub image: Image,
    /// The ground truth, (height, width); none where it is not known.
    pub mask: Option<Mask>,
}

/// What attacks on one sample evaluate first, each its own perturbations.
pub type FirstPoints = Vec<(Attack, Vec<Perturbation>)>;

struct Slot<'s> {
    work: Work,
    attack: SampleAttack<'s>,
}

/// Finds the worst cases of all samples that `source` yields and hands them to `done` in the order in which they came.
/// Samples are decoded only as they are needed; `stop` is asked before each model call, `tick` gets the cost of
/// each in full evaluations.
///
/// # Errors
/// Errors of source, segmenter and `done`; an interrupted error when `stop` says so (what `done` has seen is complete).
pub fn worst_cases(
    evaluator: &mut Evaluator<'_>,
    settings: &Settings,
    source: impl IntoIterator<Item = Result<Work>>,
    done: &mut dyn FnMut(Work, Vec<WorstCase>) -> Result<()>,
    stop: &dyn Fn() -> bool,
    tick: &dyn Fn(f64),
) -> Result<()> {
    worst_cases_from(evaluator, settings, &|_| Vec::new(), source, done, stop, tick)
}

/// Finds worst cases as [`worst_cases`] does, where each attack on a sample evaluates first what `starts` gives for it, within the budget and
/// at most half of it, unless it scans in even steps: perturbations within the bounds, on the axes of the attack.
///
/// # Errors
/// Those of [`worst_cases`].
pub fn worst_cases_from(
    evaluator: &mut Evaluator<'_>,
    settings: &Settings,
    starts: &dyn Fn(&SampleId) -> FirstPoints,
    source: impl IntoIterator<Item = Result<Work>>,
    done: &mut dyn FnMut(Work, Vec<WorstCase>) -> Result<()>,
    stop: &dyn Fn() -> bool,
    tick: &dyn Fn(f64),
) -> Result<()> {
    let mut searches = Searches {
        settings,
        starts,
        coarse_cost: evaluator.coarse_cost(),
        depth: evaluator.depth(),
        source: source.into_iter(),
        done,
        slots: VecDeque::new(),
        gone: 0,
    };
    evaluator.run(&mut searches, &Watch { what: "attack", stop, tick })
}

/// The searches of the samples in flight. Each waits for all answers of its round before it asks for more, so that it does not
/// matter to it how many batches are under way.
struct Searches<'a, I> {
    settings: &'a Settings,
    starts: &'a dyn Fn(&SampleId) -> FirstPoints,
    coarse_cost: f64,
    /// Batches under way at once.
    depth: usize,
    source: I,
    done: &'a mut dyn FnMut(Work, Vec<WorstCase>) -> Result<()>,
    slots: VecDeque<Slot<'a>>,
    /// Samples that have left: the number of the first slot.
    gone: usize,
}

impl<I: Iterator<Item = Result<Work>>> Searches<'_, I> {
    fn hand_over(&mut self) -> Result<()> {
        while self.slots.front().is_some_and(|slot| slot.attack.finished()) {
            if let Some(Slot { work, attack }) = self.slots.pop_front() {
                self.gone += 1;
                (self.done)(work, attack.into_outcomes())?;
            }
        }
        Ok(())
    }

    /// Takes in samples, more than are wanted at once within reason: one that is finished waits for those before it, so that rows
    /// come out in order.
    fn refill(&mut self, wanted: usize) -> Result<()> {
        while self.slots.iter().filter(|slot| !slot.attack.finished()).count() < wanted
            && self.slots.len() < 4 * wanted
        {
            let Some(work) = self.source.next().transpose()? else { break };
            let attack = SampleAttack::new(
                self.settings,
                self.coarse_cost,
                work.id.to_string(),
                (self.starts)(&work.id),
            );
            self.slots.push_back(Slot { work, attack });
        }
        Ok(())
    }
}

impl<I: Iterator<Item = Result<Work>>> Desk for Searches<'_, I> {
    /// Numbers of samples, their perturbations, and how closely these are evaluated.
    type Ticket = (Vec<(usize, Perturbation)>, Detail);
    type Answer = Evaluation;

    /// Fills one batch: the candidates of the oldest sample first, then those of the next that are to be evaluated as closely.
    fn pick(&mut self, room: usize) -> Result<Option<Self::Ticket>> {
        self.hand_over()?;
        self.refill(self.depth * room)?;
        let mut picked = Vec::new();
        let mut common = None;
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let detail = slot.attack.detail();
            while picked.len() < room && common.is_none_or(|common| common == detail) {
                match slot.attack.next() {
                    Some(perturbation) => picked.push((self.gone + index, perturbation)),
                    None => break,
                }
                common = Some(detail);
            }
        }
        Ok(common.map(|detail| (picked, detail)))
    }

    fn candidates<'a>(&'a self, (picked, detail): &'a Self::Ticket) -> Vec<Candidate<'a>> {
        let candidate = |&(number, perturbation): &(usize, Perturbation)| {
            let Slot { work: Work { id, image, mask, .. }, attack } = &self.slots[number - self.gone];
            let (mask, clean) = (mask.as_ref(), attack.clean());
            Candidate {
                image,
                mask,
                clean,
                sample: Some(id),
                category: &id.category,
                perturbation,
                detail: *detail,
            }
        };
        picked.iter().map(candidate).collect()
    }

    fn judge(objective: &Objective, answer: Segmentation, candidate: &Candidate<'_>) -> Result<Evaluation> {
        objective.evaluation(answer, candidate)
    }

    fn take(&mut self, (picked, _): Self::Ticket, answers: Vec<Evaluation>) -> Result<()> {
        for ((number, perturbation), evaluation) in picked.into_iter().zip(answers) {
            self.slots[number - self.gone].attack.tell(perturbation, evaluation)?;
        }
        Ok(())
    }
}
