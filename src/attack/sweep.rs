use std::collections::VecDeque;

use super::engine::Work;
use super::evaluator::{Evaluator, List};
use super::objective::{Candidate, Evaluation};
use super::pipeline::Watch;
use crate::error::{Error, Result, at_most};
use crate::types::{Axis, Bounds, Detail, Interval, Perturbation};

/// The most values of a sweep.
const MOST_STEPS: usize = 100_000;

/// The values of a sweep: `steps` evenly spaced values of one axis, both ends included, and 0 (the unchanged picture) among them
/// in its place; every value of a list, however many steps. A circular axis keeps both ends: they are the same perturbation, which a reader of the plot expects to see twice.
///
/// # Errors
/// A usage error for fewer than 2 steps, or more than 100,000.
pub fn sweep_values(bounds: &Bounds, axis: Axis, steps: usize) -> Result<Vec<f64>> {
    let Interval { low, high } = bounds.get(axis);
    if let Some(values) = bounds.values(axis) {
        return Ok(values);
    }
    if steps < 2 {
        return Err(Error::setting("steps", steps, "is too few for a range", "give at least 2"));
    }
    at_most("steps", steps, MOST_STEPS)?;
    let mut values: Vec<f64> =
        (0..steps).map(|step| low + (high - low) * step as f64 / (steps - 1) as f64).collect();
    let tolerance = (high - low).abs() * 1e-9;
    match values.iter().position(|value| value.abs() <= tolerance) {
        Some(zero) => values[zero] = 0.0,
        None => {
            let place = values.partition_point(|&value| value < 0.0);
            values.insert(place, 0.0);
        }
    }
    values.dedup();
    Ok(values)
}

/// Evaluates every sample under every perturbation, and hands the evaluations of each sample, one per perturbation, to `done` with
/// its place. Candidates of several samples share a batch.
///
/// # Errors
/// Errors of the segmenter and of `done`; an interrupted error when `stop` says so.
pub fn uniform(
    evaluator: &mut Evaluator<'_>,
    samples: &[&Work],
    perturbations: &[Perturbation],
    done: &mut dyn FnMut(usize, Vec<Evaluation>) -> Result<()>,
    stop: &dyn Fn() -> bool,
    tick: &dyn Fn(f64),
) -> Result<()> {
    let candidates: Vec<Candidate<'_>> = samples
        .iter()
        .flat_map(|work| {
            perturbations.iter().map(move |&perturbation| Candidate {
                image: &work.image,
                mask: work.mask.as_ref(),
                clean: None,
                sample: Some(&work.id),
                category: &work.id.category,
                perturbation,
                detail: Detail::Full,
            })
        })
        .collect();
    let mut waiting = VecDeque::new();
    let mut complete = 0;
    let mut take = |evaluations: Vec<Evaluation>| {
        waiting.extend(evaluations);
        while waiting.len() >= perturbations.len() && complete < samples.len() {
            done(complete, waiting.drain(..perturbations.len()).collect())?;
            complete += 1;
        }
        Ok(())
    };
    evaluator.run(&mut List::new(&candidates, &mut take), &Watch { what: "sweep", stop, tick })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sweep_always_contains_the_unchanged_picture() {
        let bounds = Bounds::default();
        assert_eq!(sweep_values(&bounds, Axis::Angle, 3).unwrap(), [-90.0, 0.0, 90.0]);
        assert_eq!(sweep_values(&bounds, Axis::Saturation, 2).unwrap(), [-0.5, 0.0, 0.5]);
        let one_sided = bounds.with(Axis::Saturation, Interval { low: 0.0, high: 0.5 });
        assert_eq!(sweep_values(&one_sided, Axis::Saturation, 3).unwrap(), [0.0, 0.25, 0.5]);
        assert_eq!(sweep_values(&bounds, Axis::Mirror, 25).unwrap(), [0.0, 1.0, 2.0, 3.0]);
        let turned = bounds.with_values(Axis::Mirror, &[3.0]);
        assert_eq!(sweep_values(&turned, Axis::Mirror, 25).unwrap(), [0.0, 3.0]);
        assert!(sweep_values(&bounds, Axis::Hue, 1).is_err());
    }
}
