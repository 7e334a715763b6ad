//! The average case: draws from the box that an attack searches, whatever they do.

use std::collections::VecDeque;

use super::engine::Work;
use super::evaluator::Evaluator;
use super::objective::{Candidate, Objective};
use super::pipeline::{Desk, Watch};
use super::sample::{box_of, to_perturbation};
use super::settings::Settings;
use crate::error::Result;
use crate::model::Segmentation;
use crate::search::{Random, Strategy};
use crate::stats::derive_seed;
use crate::types::{Attack, Axis, Detail, Perturbation, SampleId};

/// What takes a sample, what was done to it, and the answers.
type Done<'a> = dyn FnMut(Work, &[Perturbation], Vec<Segmentation>) -> Result<()> + 'a;

/// The axes that are drawn from, all at once: those of the joint attack where the run makes it, else those of all its attacks.
pub fn drawn_axes(settings: &Settings) -> Vec<Axis> {
    if settings.attacks.contains(&Attack::Joint) {
        return settings.axes_of(Attack::Joint).to_vec();
    }
    let attacked = |axis: &Axis| settings.attacks.contains(&Attack::Single(*axis));
    Axis::ALL.into_iter().filter(attacked).collect()
}

/// Perturbations of one sample, drawn independently and evenly from the box of [`drawn_axes`]. They depend on the run's seed and
/// the sample's name alone, and the first of them not on how many there are.
///
/// # Errors
/// There are no axes, or their bounds make no box.
pub fn draws(settings: &Settings, sample: &SampleId, count: usize) -> Result<Vec<Perturbation>> {
    let axes = drawn_axes(settings);
    let seed = derive_seed(settings.seed, &format!("{sample}/draws"));
    let points = Random::new(&box_of(&axes, &settings.bounds)?, count, seed).ask(count);
    Ok(points.iter().map(|point| to_perturbation(&axes, point)).collect())
}

/// Evaluates each sample under its own perturbations, and hands the answers to `done`, one for each perturbation, in the order in
/// which the samples came. Candidates of several samples share a batch. `stop` is asked before each model call, `tick` gets the cost
/// of each in full evaluations.
///
/// # Errors
/// Errors of source, segmenter and `done`; an interrupted error when `stop` says so.
pub fn answers(
    evaluator: &mut Evaluator<'_>,
    source: impl IntoIterator<Item = Result<(Work, Vec<Perturbation>)>>,
    done: &mut Done<'_>,
    stop: &dyn Fn() -> bool,
    tick: &dyn Fn(f64),
) -> Result<()> {
    let mut lists = Lists { source: source.into_iter(), done, slots: VecDeque::new(), gone: 0 };
    evaluator.run(&mut lists, &Watch { what: "random", stop, tick })?;
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
                detail: Detail::Full,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Bounds, Interval};

    fn id(stem: &str) -> SampleId {
        SampleId { category: "nut".into(), defect: "good".into(), stem: stem.into() }
    }

    #[test]
    fn draws_are_of_the_joint_box_or_of_all_axes_that_are_attacked() {
        let mut settings = Settings { axes: vec![Axis::Angle, Axis::Hue], ..Settings::default() };
        assert_eq!(drawn_axes(&settings), [Axis::Angle, Axis::Hue]);
        settings.attacks = vec![Attack::Clean, Attack::Single(Axis::Blur), Attack::Single(Axis::Hue)];
        assert_eq!(drawn_axes(&settings), [Axis::Hue, Axis::Blur]);
        settings.attacks = vec![Attack::Clean];
        assert!(drawn_axes(&settings).is_empty() && draws(&settings, &id("0"), 3).is_err());
    }

    #[test]
    fn draws_fill_the_box_evenly_and_depend_on_seed_and_sample_alone() {
        let bounds = Bounds::default().with(Axis::Angle, Interval { low: -10.0, high: 30.0 });
        let settings = Settings { bounds, ..Settings::default() };
        let found = draws(&settings, &id("0"), 4000).unwrap();
        assert_eq!(draws(&settings, &id("0"), 7).unwrap(), found[..7]);
        assert_ne!(draws(&settings, &id("1"), 7).unwrap(), found[..7]);
        assert_ne!(draws(&Settings { seed: 1, ..settings.clone() }, &id("0"), 7).unwrap(), found[..7]);
        for axis in Axis::PAPER {
            let Interval { low, high } = settings.bounds.get(axis);
            let mut quarters = [0; 4];
            for draw in &found {
                let unit = (draw.get(axis) - low) / (high - low);
                assert!((0.0..=1.0).contains(&unit), "{axis} {unit}");
                quarters[((4.0 * unit) as usize).min(3)] += 1;
            }
            assert!(quarters.iter().all(|count| (850..1150).contains(count)), "{axis}: {quarters:?}");
        }
    }
}
