use std::collections::VecDeque;

use super::engine::Work;
use super::evaluator::Evaluator;
use super::objective::{Candidate, Objective};
use super::pipeline::{Desk, Watch};
use crate::error::Result;
use crate::model::Segmentation;
use crate::search::FlipScan;
use crate::types::{Axis, Bounds, Detail, Perturbation};

/// A scan for flips of the decision: its axes, bounds and resolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// The axes that are scanned, each by itself.
    pub axes: Vec<Axis>,
    /// The bounds of each axis.
    pub bounds: Bounds,
    /// Even steps on each side of 0, at least 1; the step with the flip is then halved [`FlipScan::HALVINGS`] times. A side of no
    /// width is not scanned.
    pub steps: usize,
}

/// How one axis is scanned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Steps {
    /// Distance between the values before a flip is met, the larger of both sides.
    pub step: f64,
    /// How closely a flip is located, the larger of both sides.
    pub resolution: f64,
    /// The most model evaluations; the unchanged picture is known.
    pub most: usize,
}

/// A sample whose decision on the unchanged picture is known.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The sample.
    pub work: Work,
    /// The image score of the unchanged picture.
    pub clean_score: f32,
    /// The image score above which the sample is called anomalous.
    pub threshold: f64,
}

/// The tolerance of one sample along one axis: between which values the decision flips.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AxisTolerance {
    /// The axis.
    pub axis: Axis,
    /// The negative value nearest to 0 at which the decision was seen flipped.
    pub below: Option<f64>,
    /// The positive value nearest to 0 at which the decision was seen flipped.
    pub above: Option<f64>,
    /// The last value on the negative side at which the decision was seen to hold, before any flip; 0 where it held at the
    /// unchanged picture only, none where the side was not scanned.
    pub held_below: Option<f64>,
    /// The same on the positive side.
    pub held_above: Option<f64>,
    /// Distance between the values that were evaluated before a flip was met, the larger of both sides: a flip over less than
    /// that may have been missed. 0 where nothing was scanned.
    pub step: f64,
    /// How closely a flip was located once it was met, the larger of both sides.
    pub resolution: f64,
    /// Number of model evaluations, the unchanged picture included.
    pub evaluations: usize,
}

impl AxisTolerance {
    /// Distance from 0 to the nearest flip, either side; none where the decision held within the bounds.
    pub fn nearest(&self) -> Option<f64> {
        [self.below, self.above].into_iter().flatten().map(f64::abs).min_by(f64::total_cmp)
    }
}

impl Scan {
    /// The scans below and above 0.
    fn sides(&self, axis: Axis) -> [FlipScan; 2] {
        let interval = self.bounds.get(axis);
        [interval.low, interval.high].map(|limit| FlipScan::new(limit, self.steps))
    }

    /// How an axis is scanned; none where its bounds have no width.
    pub fn steps_along(&self, axis: Axis) -> Option<Steps> {
        let [below, above] = self.sides(axis);
        let step = below.step().max(above.step());
        let resolution = below.resolution().max(above.resolution());
        (step > 0.0).then(|| Steps { step, resolution, most: below.most() + above.most() })
    }

    /// The most model evaluations that one sample can take; the unchanged picture is known.
    pub fn evaluations_per_sample(&self) -> usize {
        self.axes.iter().flat_map(|&axis| self.sides(axis)).map(|side| side.most()).sum()
    }
}

/// One side of one axis of a sample, waiting for at most one evaluation.
struct Side {
    scan: FlipScan,
    under_way: bool,
}

/// The scans of one sample.
struct Slot {
    subject: Subject,
    scans: Vec<(Axis, [Side; 2])>,
}

impl Slot {
    fn new(subject: Subject, scan: &Scan) -> Self {
        let sides = |axis| scan.sides(axis).map(|scan| Side { scan, under_way: false });
        Self { subject, scans: scan.axes.iter().map(|&axis| (axis, sides(axis))).collect() }
    }

    /// Number of scans that are not finished.
    fn open(&self) -> usize {
        self.scans.iter().flat_map(|(_, sides)| sides).filter(|side| side.scan.ask().is_some()).count()
    }

    fn tolerances(&self) -> Vec<AxisTolerance> {
        let of = |(axis, [below, above]): &(Axis, [Side; 2])| AxisTolerance {
            axis: *axis,
            below: below.scan.found(),
            above: above.scan.found(),
            held_below: below.scan.held(),
            held_above: above.scan.held(),
            step: below.scan.step().max(above.scan.step()),
            resolution: below.scan.resolution().max(above.scan.resolution()),
            evaluations: 1 + below.scan.asked() + above.scan.asked(),
        };
        self.scans.iter().map(of).collect()
    }
}

/// Finds from which value of each axis on the decision of each sample flips ([`FlipScan`] on both sides of 0), and hands the
/// tolerances to `done` in the order in which the samples came. What is asked for one sample does not depend on the batch or on
/// other samples. `stop` is asked before each model call, `tick` gets the cost of each in full evaluations.
///
/// # Errors
/// Errors of source, segmenter and `done`; an interrupted error when `stop` says so.
///
/// # Panics
/// If there are no steps.
pub fn tolerances(
    evaluator: &mut Evaluator<'_>,
    scan: &Scan,
    source: impl IntoIterator<Item = Result<Subject>>,
    done: &mut dyn FnMut(Work, Vec<AxisTolerance>) -> Result<()>,
    stop: &dyn Fn() -> bool,
    tick: &dyn Fn(f64),
) -> Result<()> {
    assert!(scan.steps > 0, "a scan has a step");
    let source = source.into_iter();
    let depth = evaluator.depth();
    let mut scans = Scans { scan, depth, source, done, slots: VecDeque::new(), gone: 0 };
    evaluator.run(&mut scans, &Watch { what: "tolerance", stop, tick })
}

/// The scans of the samples in flight.
struct Scans<'a, I> {
    scan: &'a Scan,
    /// Batches under way at once.
    depth: usize,
    source: I,
    done: &'a mut dyn FnMut(Work, Vec<AxisTolerance>) -> Result<()>,
    slots: VecDeque<Slot>,
    /// Samples that have left: the number of the first slot.
    gone: usize,
}

/// Sample, place among its scans, side, and what is done to the picture.
type Asked = (usize, usize, usize, Perturbation);

impl<I: Iterator<Item = Result<Subject>>> Scans<'_, I> {
    fn hand_over(&mut self) -> Result<()> {
        while self.slots.front().is_some_and(|slot| slot.open() == 0) {
            if let Some(slot) = self.slots.pop_front() {
                self.gone += 1;
                let tolerances = slot.tolerances();
                (self.done)(slot.subject.work, tolerances)?;
            }
        }
        Ok(())
    }

    /// Takes in samples, and returns whether any came.
    fn refill(&mut self, wanted: usize) -> Result<bool> {
        let before = self.slots.len();
        while self.slots.iter().map(Slot::open).sum::<usize>() < wanted && self.slots.len() < 4 * wanted {
            let Some(subject) = self.source.next().transpose()? else { break };
            self.slots.push_back(Slot::new(subject, self.scan));
        }
        Ok(self.slots.len() > before)
    }
}

impl<I: Iterator<Item = Result<Subject>>> Desk for Scans<'_, I> {
    type Ticket = Vec<Asked>;
    type Answer = Segmentation;

    fn pick(&mut self, room: usize) -> Result<Option<Self::Ticket>> {
        self.hand_over()?;
        // A sample with nothing to scan is finished when it comes, and makes room for the next.
        while self.refill(self.depth * room)? {
            self.hand_over()?;
        }
        let mut picked = Vec::new();
        for (index, slot) in self.slots.iter_mut().enumerate() {
            for (place, (axis, sides)) in slot.scans.iter_mut().enumerate() {
                for (number, side) in sides.iter_mut().enumerate().filter(|(_, side)| !side.under_way) {
                    if picked.len() == room {
                        return Ok(Some(picked));
                    }
                    if let Some(value) = side.scan.ask() {
                        side.under_way = true;
                        let perturbation = Perturbation::IDENTITY.with(*axis, value);
                        picked.push((self.gone + index, place, number, perturbation));
                    }
                }
            }
        }
        Ok((!picked.is_empty()).then_some(picked))
    }

    fn candidates<'a>(&'a self, ticket: &'a Self::Ticket) -> Vec<Candidate<'a>> {
        let candidate = |&(number, _, _, perturbation): &Asked| {
            let Work { id, image, mask, .. } = &self.slots[number - self.gone].subject.work;
            let (mask, category) = (mask.as_ref(), id.category.as_str());
            Candidate {
                image,
                mask,
                clean: None,
                sample: Some(id),
                category,
                perturbation,
                detail: Detail::Full,
            }
        };
        ticket.iter().map(candidate).collect()
    }

    /// A decision needs no loss.
    fn judge(_: &Objective, answer: Segmentation, _: &Candidate<'_>) -> Result<Segmentation> {
        Ok(answer)
    }

    fn take(&mut self, ticket: Self::Ticket, answers: Vec<Segmentation>) -> Result<()> {
        for ((number, place, side, _), answer) in ticket.into_iter().zip(answers) {
            let Slot { subject: Subject { clean_score, threshold, .. }, scans } =
                &mut self.slots[number - self.gone];
            let anomalous = |score: f32| f64::from(score) > *threshold;
            let side = &mut scans[place].1[side];
            side.scan.tell(anomalous(answer.image_score) != anomalous(*clean_score));
            side.under_way = false;
        }
        Ok(())
    }
}
