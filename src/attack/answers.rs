//! The answers to lists of perturbations, a list for each sample: nothing is searched.

use std::collections::VecDeque;

use super::engine::Work;
use super::evaluator::Evaluator;
use super::objective::{Candidate, Objective};
use super::pipeline::{Desk, Watch};
use crate::error::Result;
use crate::model::Segmentation;
use crate::types::{Detail, Perturbation};

/// What takes a sample, what was done to it, and the answers.
type Done<'a> = dyn FnMut(Work, &[Perturbation], Vec<Segmentation>) -> Result<()> + 'a;

/// Evaluates each sample under its own perturbations, and hands the answers to `done`, one for each perturbation, in the order in
/// which the samples came. Candidates of several samples share a batch; all are evaluated as closely as `detail` says. `what` names the work where it is interrupted; `stop` is asked
/// before each model call, `tick` gets the cost of each in full evaluations.
///
/// # Errors
/// Errors of source, segmenter and `done`; an interrupted error when `stop` says so.
pub fn answers(
    evaluator: &mut Evaluator<'_>,
    source: impl IntoIterator<Item = Result<(Work, Vec<Perturbation>)>>,
    done: &mut Done<'_>,
    detail: Detail,
    what: &'static str,
    stop: &dyn Fn() -> bool,
    tick: &dyn Fn(f64),
) -> Result<()> {
    let mut lists = Lists { source: source.into_iter(), detail, done, slots: VecDeque::new(), gone: 0 };
    evaluator.run(&mut lists, &Watch { what, stop, tick })?;
    lists.hand_over()
}

/// A sample on its way.
struct Slot {
    work: Work,
    perturbations: Vec<Perturbation>,
    asked: usize,
    answers: Vec<Segmentation>,
}

/// The samples in flight.
struct Lists<'a, I> {
    source: I,
    detail: Detail,
    done: &'a mut Done<'a>,
    slots: VecDeque<Slot>,
    /// Samples that have left: the number of the first slot.
    gone: usize,
}

impl<I> Lists<'_, I> {
    fn hand_over(&mut self) -> Result<()> {
        while self.slots.front().is_some_and(|slot| slot.answers.len() == slot.perturbations.len()) {
            if let Some(slot) = self.slots.pop_front() {
                self.gone += 1;
                (self.done)(slot.work, &slot.perturbations, slot.answers)?;
            }
        }
        Ok(())
    }
}

impl<I: Iterator<Item = Result<(Work, Vec<Perturbation>)>>> Desk for Lists<'_, I> {
    /// Sample, and place among its perturbations.
    type Ticket = Vec<(usize, usize)>;
    type Answer = Segmentation;

    fn pick(&mut self, room: usize) -> Result<Option<Self::Ticket>> {
        self.hand_over()?;
        let waiting = |slots: &VecDeque<Slot>| -> usize {
            slots.iter().map(|slot| slot.perturbations.len() - slot.asked).sum()
        };
        while waiting(&self.slots) < room {
            let Some((work, perturbations)) = self.source.next().transpose()? else { break };
            let answers = Vec::with_capacity(perturbations.len());
            self.slots.push_back(Slot { work, perturbations, asked: 0, answers });
        }
        let mut picked = Vec::with_capacity(room);
        for (index, slot) in self.slots.iter_mut().enumerate() {
            let until = slot.perturbations.len().min(slot.asked + room - picked.len());
            picked.extend((slot.asked..until).map(|place| (self.gone + index, place)));
            slot.asked = until;
        }
        Ok((!picked.is_empty()).then_some(picked))
    }

    fn candidates<'a>(&'a self, ticket: &'a Self::Ticket) -> Vec<Candidate<'a>> {
        let candidate = |&(number, place): &(usize, usize)| {
            let Slot { work, perturbations, .. } = &self.slots[number - self.gone];
            Candidate {
                image: &work.image,
                mask: work.mask.as_ref(),
                clean: None,
                sample: Some(&work.id),
                category: &work.id.category,
                perturbation: perturbations[place],
                detail: self.detail,
            }
        };
        ticket.iter().map(candidate).collect()
    }

    /// Nothing is searched: no loss is needed.
    fn judge(_: &Objective, answer: Segmentation, _: &Candidate<'_>) -> Result<Segmentation> {
        Ok(answer)
    }

    fn take(&mut self, ticket: Self::Ticket, answers: Vec<Segmentation>) -> Result<()> {
        for ((number, _), answer) in ticket.into_iter().zip(answers) {
            self.slots[number - self.gone].answers.push(answer);
        }
        Ok(())
    }
}
