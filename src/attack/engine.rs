use std::collections::VecDeque;
use std::time::Instant;

use super::evaluator::{Candidate, Evaluator};
use super::sample::{Outcome, SampleAttack};
use super::settings::Settings;
use crate::error::{Error, Result};
use crate::types::{Detail, Image, Mask, Perturbation, SampleId};

/// One decoded sample on its way through an attack.
#[derive(Clone, Debug)]
pub struct Work {
    /// Position in the caller's list, handed back with the result.
    pub index: usize,
    /// Which sample it is; its name seeds the search.
    pub id: SampleId,
    /// Picture, (3, size, size).
    pub image: Image,
    /// Ground truth, (size, size); none where it is not known.
    pub mask: Option<Mask>,
}

struct Slot<'s> {
    work: Work,
    attack: SampleAttack<'s>,
}

/// Finds the worst cases of all samples that `source` yields and hands them to `done` in the order in which they came.
/// Samples are decoded only as they are needed; `stop` is asked before each model call, `tick` gets the number of
/// evaluations made by each.
///
/// # Errors
/// What source, segmenter or `done` report; an interrupted error when `stop` says so (what `done` has seen is complete).
pub fn worst_cases(
    evaluator: &mut Evaluator<'_>,
    settings: &Settings,
    source: impl IntoIterator<Item = Result<Work>>,
    done: &mut dyn FnMut(Work, Vec<Outcome>) -> Result<()>,
    stop: &dyn Fn() -> bool,
    tick: &dyn Fn(usize),
) -> Result<()> {
    let mut source = source.into_iter();
    let mut slots: VecDeque<Slot<'_>> = VecDeque::new();
    let batch = evaluator.batch();
    let coarse_cost = evaluator.coarse_cost();
    loop {
        // A finished sample waits for those before it, so that rows come out in order: let others work meanwhile, within reason.
        while slots.iter().filter(|slot| !slot.attack.finished()).count() < batch && slots.len() < 4 * batch {
            let Some(work) = source.next().transpose()? else { break };
            let attack = SampleAttack::new(settings, coarse_cost, work.id.to_string());
            slots.push_back(Slot { work, attack });
        }
        let (picked, detail) = pick(&mut slots, batch);
        if picked.is_empty() {
            return Ok(());
        }
        if stop() {
            return Err(Error::interrupted("attack"));
        }
        let candidates: Vec<Candidate<'_>> = picked
            .iter()
            .map(|&(slot, perturbation)| {
                let Slot { work: Work { id, image, mask, .. }, attack } = &slots[slot];
                let (mask, clean) = (mask.as_ref(), attack.clean());
                Candidate { image, mask, clean, category: &id.category, perturbation, detail }
            })
            .collect();
        let evaluations = evaluator.evaluate(&candidates)?;
        tick(evaluations.len());
        let start = Instant::now();
        for ((slot, perturbation), evaluation) in picked.into_iter().zip(evaluations) {
            slots[slot].attack.tell(perturbation, evaluation)?;
        }
        evaluator.count_search(start.elapsed());
        while slots.front().is_some_and(|slot| slot.attack.finished()) {
            if let Some(Slot { work, attack }) = slots.pop_front() {
                done(work, attack.into_outcomes())?;
            }
        }
    }
}

/// Fills one batch: the candidates of the oldest sample first, then those of the next that are to be looked at as closely.
fn pick(slots: &mut VecDeque<Slot<'_>>, batch: usize) -> (Vec<(usize, Perturbation)>, Detail) {
    let mut picked = Vec::with_capacity(batch);
    let mut common = None;
    for (index, slot) in slots.iter_mut().enumerate() {
        let detail = slot.attack.detail();
        while picked.len() < batch && common.is_none_or(|common| common == detail) {
            match slot.attack.next() {
                Some(perturbation) => picked.push((index, perturbation)),
                None => break,
            }
            common = Some(detail);
        }
    }
    (picked, common.unwrap_or_default())
}
