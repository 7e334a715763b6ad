use std::collections::VecDeque;

use super::engine::Work;
use super::evaluator::{Candidate, Evaluator};
use crate::error::{Error, Result};
use crate::search::FlipScan;
use crate::types::{Axis, Bounds, Detail, Perturbation};

/// Where to look for flips of the decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The axes, each by itself.
    pub axes: Vec<Axis>,
    /// How far each may go.
    pub bounds: Bounds,
    /// Model evaluations per axis, the unchanged picture included; the rest is shared evenly between the two sides of 0. A
    /// side of no width leaves its share to the other.
    pub budget: usize,
}

/// A sample whose decision on the unchanged picture is known.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The sample.
    pub work: Work,
    /// Image score of the unchanged picture.
    pub clean_score: f32,
    /// It is called anomalous where its image score is above.
    pub threshold: f64,
}

/// From which value of one axis on the decision flips.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// The axis.
    pub axis: Axis,
    /// The negative value nearest to 0 at which the decision was seen flipped.
    pub below: Option<f64>,
    /// The positive one.
    pub above: Option<f64>,
    /// Distance between the values that were looked at before a flip was met, the larger of both sides: a flip over less than
    /// that may have been missed.
    pub step: f64,
    /// How closely a flip was then located, the larger of both sides.
    pub resolution: f64,
    /// Model evaluations, the unchanged picture included.
    pub evaluations: usize,
}

impl Tolerance {
    /// Distance from 0 to the nearest flip, either side; none where the decision held within the bounds.
    pub fn nearest(&self) -> Option<f64> {
        [self.below, self.above].into_iter().flatten().map(f64::abs).min_by(f64::total_cmp)
    }
}

impl Scan {
    /// Below and above 0.
    fn sides(&self, axis: Axis) -> [FlipScan; 2] {
        let interval = self.bounds.get(axis);
        let limits = [interval.low, interval.high];
        let open = limits.into_iter().filter(|&limit| limit != 0.0).count().max(1);
        limits.map(|limit| FlipScan::new(limit, (self.budget - 1) / open))
    }

    /// Most model evaluations that one sample can take; the unchanged picture is known.
    pub fn evaluations_per_sample(&self) -> usize {
        self.axes.len() * (self.budget - 1)
    }
}

/// The scans of one sample, each waiting for at most one evaluation.
struct Slot {
    subject: Subject,
    scans: Vec<(Axis, [FlipScan; 2])>,
}

impl Slot {
    /// What every scan asks for next: place among the scans, side, perturbation.
    fn asked(&self) -> impl Iterator<Item = (usize, usize, Perturbation)> {
        self.scans.iter().enumerate().flat_map(|(place, (axis, sides))| {
            sides.iter().enumerate().filter_map(move |(side, scan)| {
                Some((place, side, Perturbation::IDENTITY.with(*axis, scan.ask()?)))
            })
        })
    }

    fn finished(&self) -> bool {
        self.asked().next().is_none()
    }

    fn tolerances(&self) -> Vec<Tolerance> {
        let of = |(axis, [below, above]): &(Axis, [FlipScan; 2])| Tolerance {
            axis: *axis,
            below: below.found(),
            above: above.found(),
            step: below.step().max(above.step()),
            resolution: below.resolution().max(above.resolution()),
            evaluations: 1 + below.asked() + above.asked(),
        };
        self.scans.iter().map(of).collect()
    }
}

/// Finds from which value of each axis on the decision of each sample flips ([`FlipScan`] on both sides of 0), and hands the
/// tolerances to `done` in the order in which the samples came. What is asked for one sample does not depend on the batch or on
/// other samples. `stop` is asked before each model call, `tick` gets the number of evaluations made by each.
///
/// # Errors
/// What source, segmenter or `done` report; an interrupted error when `stop` says so.
///
/// # Panics
/// If the budget is 0.
pub fn tolerances(
    evaluator: &mut Evaluator<'_>,
    scan: &Scan,
    source: impl IntoIterator<Item = Result<Subject>>,
    done: &mut dyn FnMut(Work, Vec<Tolerance>) -> Result<()>,
    stop: &dyn Fn() -> bool,
    tick: &dyn Fn(usize),
) -> Result<()> {
    assert!(scan.budget > 0, "a budget holds the unchanged picture");
    let mut source = source.into_iter();
    let mut slots: VecDeque<Slot> = VecDeque::new();
    let batch = evaluator.batch();
    loop {
        while slots.iter().map(|slot| slot.asked().count()).sum::<usize>() < batch && slots.len() < 4 * batch
        {
            let Some(subject) = source.next().transpose()? else { break };
            let scans = scan.axes.iter().map(|&axis| (axis, scan.sides(axis))).collect();
            slots.push_back(Slot { subject, scans });
        }
        let picked: Vec<(usize, usize, usize, Perturbation)> = slots
            .iter()
            .enumerate()
            .flat_map(|(slot, scans)| {
                scans.asked().map(move |(place, side, perturbation)| (slot, place, side, perturbation))
            })
            .take(batch)
            .collect();
        if !picked.is_empty() {
            if stop() {
                return Err(Error::interrupted("tolerance"));
            }
            let candidates: Vec<Candidate<'_>> = picked
                .iter()
                .map(|&(slot, _, _, perturbation)| {
                    let Work { id, image, mask, .. } = &slots[slot].subject.work;
                    let category = id.category.as_str();
                    Candidate {
                        image,
                        mask: mask.as_ref(),
                        clean: None,
                        category,
                        perturbation,
                        detail: Detail::Full,
                    }
                })
                .collect();
            let answers = evaluator.segment(&candidates)?;
            tick(answers.len());
            for ((slot, place, side, _), answer) in picked.into_iter().zip(answers) {
                let Slot { subject: Subject { clean_score, threshold, .. }, scans } = &mut slots[slot];
                let anomalous = |score: f32| f64::from(score) > *threshold;
                scans[place].1[side].tell(anomalous(answer.image_score) != anomalous(*clean_score));
            }
        }
        let before = slots.len();
        while slots.front().is_some_and(Slot::finished) {
            if let Some(slot) = slots.pop_front() {
                let tolerances = slot.tolerances();
                done(slot.subject.work, tolerances)?;
            }
        }
        if before == 0 {
            return Ok(());
        }
    }
}
