//! Uniform sweeps of one model over the data. The patch-level maps of each sample and axis are kept as they are known, so that an
//! interrupted sweep goes on where it was.

use std::path::PathBuf;

use ndarray::Array2;
use rayon::prelude::*;

use super::amount;
use super::intervals;
use super::kept::Kept;
use super::plan::Sweep;
use super::run::Run;
use super::session::Session;
use crate::attack::{
    Clock, Evaluator, Objective, PooledSample, Work, category_estimates, category_metrics, sweep_values,
};
use crate::dataset::{self, Category, Sample};
use crate::error::Result;
use crate::metric::{Estimates, Redraws};
use crate::model::{Segmentation, Segmenter};
use crate::record::{Intervals, RunDir, SweepRow};
use crate::types::{Axis, Input, Mask, Over, Perturbation, SampleId};

/// Number of redraws behind the intervals of a sweep, which has a model call for each sample and value: fewer than those of an
/// attack, whose intervals of drops need the tails of the redraws. That of a metric needs their standard deviation alone.
const REDRAWS: usize = 200;

/// Sweeps every category with one model, and adds its rows to those of categories and of means.
pub(super) fn sweep(
    session: &Session<'_>,
    plan: &Sweep,
    model: &mut dyn Segmenter,
    run: &mut Run,
    (rows, means): (&mut Vec<SweepRow>, &mut Vec<SweepRow>),
) -> Result<Clock> {
    let settings = session.settings;
    let (size, grid, name) = (model.input_size(), model.grid(), model.name().to_owned());
    model.prepare(&session.data.categories())?;
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let values: Vec<(Axis, Vec<f64>)> = plan
        .axes
        .iter()
        .map(|&axis| Ok((axis, sweep_values(&settings.bounds, axis, plan.steps)?)))
        .collect::<Result<_>>()?;
    let per_sample = amount::swept(settings, plan)?;
    let stage = session.stage(amount::SWEPT, &name, session.data.samples().count() * per_sample);
    let (mut own, mut estimates) = (Vec::new(), Vec::new());
    for category in &session.data.dataset.categories {
        let works = load(category, settings.input(size), run)?;
        let samples: Vec<&Sample> = works.iter().map(|(sample, _)| *sample).collect();
        let redraws = intervals::redraws(session, category, &samples, REDRAWS);
        let swept = Swept { session, dir: &run.dir, model: &name, works: &works, grid, redraws };
        for (axis, values) in &values {
            let kept = swept.evaluate(&mut evaluator, *axis, values, &|count| stage.advance(count))?;
            for (row, estimated) in swept.pool(evaluator.objective(), *axis, values, &kept)? {
                own.push(row);
                estimates.push(estimated);
            }
        }
    }
    means.extend(intervals::sweep(&mut own, &estimates));
    rows.extend(own);
    run.keep_batch(&name, evaluator.batch(), session.observe)?;
    stage.complete();
    Ok(evaluator.clock())
}

fn load<'d>(category: &'d Category, input: Input, run: &mut Run) -> Result<Vec<(&'d Sample, Work)>> {
    let loaded: Vec<_> = category.samples.par_iter().map(|sample| dataset::load(sample, input)).collect();
    let mut works = Vec::new();
    for (index, (sample, loaded)) in category.samples.iter().zip(loaded).enumerate() {
        match loaded {
            Ok(loaded) => {
                let work = Work { index, id: sample.id.clone(), image: loaded.image, mask: loaded.mask };
                works.push((sample, work));
            }
            Err(error) => run.skip(sample, error)?,
        }
    }
    Ok(works)
}

/// The decoded samples of one category under one model.
struct Swept<'a> {
    session: &'a Session<'a>,
    dir: &'a RunDir,
    model: &'a str,
    works: &'a [(&'a Sample, Work)],
    grid: (usize, usize),
    redraws: Option<Redraws>,
}

impl Swept<'_> {
    /// For each sample one row per value. What an earlier start has kept is read.
    fn evaluate(
        &self,
        evaluator: &mut Evaluator<'_>,
        axis: Axis,
        values: &[f64],
        tick: &dyn Fn(f64),
    ) -> Result<Vec<Array2<f32>>> {
        let perturbations: Vec<Perturbation> =
            values.iter().map(|&value| Perturbation::IDENTITY.with(axis, value)).collect();
        let path = |id: &SampleId| self.dir.sweep_maps_path(self.model, id, axis);
        let works: Vec<&Work> = self.works.iter().map(|(_, work)| work).collect();
        self.kept(&path).evaluate(evaluator, &works, &perturbations, self.session.observe, tick)
    }

    fn kept<'k>(&self, path: &'k (dyn Fn(&SampleId) -> PathBuf + Sync)) -> Kept<'k> {
        Kept { grid: self.grid, tiled: self.session.settings.is_tiled(), path }
    }

    /// A row for each value, with the values of its metrics in the redraws.
    fn pool(
        &self,
        objective: &Objective,
        axis: Axis,
        values: &[f64],
        kept: &[Array2<f32>],
    ) -> Result<Vec<(SweepRow, Estimates)>> {
        let Some((first, _)) = self.works.first() else { return Ok(Vec::new()) };
        // A sweep is refused where there are no masks.
        let masks: Vec<&Mask> = self.works.iter().filter_map(|(_, work)| work.mask.as_ref()).collect();
        let path = |id: &SampleId| self.dir.sweep_maps_path(self.model, id, axis);
        let kept_maps = self.kept(&path);
        let mut rows = Vec::with_capacity(values.len());
        for (step, &value) in values.iter().enumerate() {
            let perturbation = Perturbation::IDENTITY.with(axis, value);
            let pooled: Vec<PooledSample<'_>> = self
                .works
                .iter()
                .zip(&masks)
                .zip(kept)
                .map(|(((sample, _), mask), maps)| {
                    let Segmentation { map: patch_map, image_score } = kept_maps.answer(maps.row(step))?;
                    Ok(PooledSample { patch_map, perturbation, image_score, mask, label: sample.label })
                })
                .collect::<Result<_>>()?;
            let (metrics, estimates) = match &self.redraws {
                Some(redraws) => {
                    category_estimates(objective, &pooled, self.session.metric, (redraws, true))?
                }
                None => (category_metrics(objective, &pooled, self.session.metric)?, Estimates::default()),
            };
            let row = SweepRow {
                model: self.model.to_owned(),
                dataset: self.session.data.dataset.name.clone(),
                over: Over::Category(first.id.category.clone()),
                axis,
                value,
                samples: self.works.len(),
                metrics,
                intervals: Intervals::default(),
            };
            rows.push((row, estimates));
        }
        Ok(rows)
    }
}
