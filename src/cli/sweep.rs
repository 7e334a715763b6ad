//! Uniform sweeps of one model over the data. The patch-level maps of each sample and axis are kept as they are known,
//! so that an interrupted sweep goes on where it was.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use askance::attack::{
    Clock, Evaluation, Evaluator, Objective, Pooled, Work, category_metrics, sweep_values, uniform,
};
use askance::dataset::{self, Category, Sample};
use askance::error::{Error, Result};
use askance::model::Segmenter;
use askance::record::{SweepRow, read_map, sweep_means, write_npy, write_rows};
use askance::types::{Axis, Map, Mask, Over, Perturbation};

use super::plan::{Session, SweepPlan};
use super::setup::Run;
use super::{interrupt, progress};

/// Sweeps every category with one model and adds its rows.
pub fn run_model(
    session: &Session<'_>,
    plan: &SweepPlan,
    model: &mut dyn Segmenter,
    run: &mut Run,
    rows: &mut Vec<SweepRow>,
) -> Result<Clock> {
    let settings = &session.plan.work.settings;
    let (size, grid, name) = (model.input_size(), model.grid(), model.name().to_owned());
    model.prepare(&session.data.category_names())?;
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let values: Vec<(Axis, Vec<f64>)> = plan
        .axes
        .iter()
        .map(|&axis| Ok((axis, sweep_values(&settings.bounds, axis, plan.steps)?)))
        .collect::<Result<_>>()?;
    let per_sample: usize = values.iter().map(|(_, values)| values.len()).sum();
    let bar =
        progress::bar(&format!("sweep {name}"), session.data.samples().count() * per_sample, session.quiet);
    for category in &session.data.dataset.categories {
        let works = load(category, size, run)?;
        for (axis, values) in &values {
            let kept = sweep_axis(&mut evaluator, run, &name, &works, (*axis, values), grid, &|count| {
                bar.inc(count as u64)
            })?;
            rows.extend(pool(session, evaluator.objective(), &name, &works, (*axis, values), &kept, grid)?);
        }
    }
    bar.finish_and_clear();
    run.keep_batch(&name, evaluator.batch())?;
    Ok(evaluator.clock())
}

/// Writes `sweep.csv` with the mean over categories.
pub fn write(run: &Run, rows: &mut Vec<SweepRow>) -> Result<()> {
    let means = sweep_means(rows);
    rows.extend(means);
    write_rows(run.dir.sweep_path(), rows)
}

fn load<'d>(category: &'d Category, size: usize, run: &mut Run) -> Result<Vec<(&'d Sample, Work)>> {
    let loaded: Vec<_> = category.samples.par_iter().map(|sample| dataset::load(sample, size)).collect();
    let mut works = Vec::new();
    for (index, (sample, loaded)) in category.samples.iter().zip(loaded).enumerate() {
        match loaded {
            Ok(loaded) => {
                works.push((
                    sample,
                    Work { index, id: sample.id.clone(), image: loaded.image, mask: loaded.mask },
                ));
            }
            Err(error) => run.skip(sample, error)?,
        }
    }
    Ok(works)
}

/// Per sample one row per value: the image score, then the patch-level map.
fn sweep_axis(
    evaluator: &mut Evaluator<'_>,
    run: &Run,
    model: &str,
    works: &[(&Sample, Work)],
    (axis, values): (Axis, &[f64]),
    grid: (usize, usize),
    tick: &dyn Fn(usize),
) -> Result<Vec<Array2<f32>>> {
    let perturbations: Vec<Perturbation> =
        values.iter().map(|&value| Perturbation::IDENTITY.with(axis, value)).collect();
    let shape = (values.len(), 1 + grid.0 * grid.1);
    let mut kept: Vec<Option<Array2<f32>>> = Vec::with_capacity(works.len());
    for (_, work) in works {
        let path = run.dir.sweep_maps_path(model, &work.id, axis);
        kept.push(if path.exists() {
            Some(read_map(&path)?).filter(|maps| maps.dim() == shape)
        } else {
            None
        });
    }
    tick(kept.iter().flatten().count() * values.len());
    let missing: Vec<usize> = (0..works.len()).filter(|&index| kept[index].is_none()).collect();
    let samples: Vec<&Work> = missing.iter().map(|&index| &works[index].1).collect();
    let mut done = |place: usize, evaluations: Vec<Evaluation>| {
        let maps = pack(&evaluations, shape);
        write_npy(run.dir.sweep_maps_path(model, &samples[place].id, axis), maps.view())?;
        kept[missing[place]] = Some(maps);
        Ok(())
    };
    uniform(evaluator, &samples, &perturbations, &mut done, &interrupt::requested, tick)?;
    Ok(kept.into_iter().flatten().collect())
}

fn pack(evaluations: &[Evaluation], shape: (usize, usize)) -> Array2<f32> {
    let mut packed = Array2::zeros(shape);
    for (mut row, evaluation) in packed.rows_mut().into_iter().zip(evaluations) {
        let scores =
            std::iter::once(&evaluation.segmentation.image_score).chain(&evaluation.segmentation.map);
        for (cell, &score) in row.iter_mut().zip(scores) {
            *cell = score;
        }
    }
    packed
}

fn unpack(row: &[f32], grid: (usize, usize)) -> Result<(f32, Map)> {
    let map = ArrayView2::from_shape(grid, &row[1..])
        .map_err(|e| Error::model("sweep map", e, "delete patch_maps/ of the run and start it again"))?;
    Ok((row[0], map.to_owned()))
}

fn pool(
    session: &Session<'_>,
    objective: &Objective,
    model: &str,
    works: &[(&Sample, Work)],
    (axis, values): (Axis, &[f64]),
    kept: &[Array2<f32>],
    grid: (usize, usize),
) -> Result<Vec<SweepRow>> {
    let Some((first, _)) = works.first() else { return Ok(Vec::new()) };
    // A sweep is refused where there is no ground truth.
    let masks: Vec<&Mask> = works.iter().filter_map(|(_, work)| work.mask.as_ref()).collect();
    let mut rows = Vec::with_capacity(values.len());
    for (step, &value) in values.iter().enumerate() {
        let perturbation = Perturbation::IDENTITY.with(axis, value);
        let pooled: Vec<Pooled<'_>> = works
            .iter()
            .zip(&masks)
            .zip(kept)
            .map(|(((sample, _), mask), maps)| {
                let row = maps.row(step);
                let (image_score, patch_map) = unpack(row.as_slice().unwrap_or_default(), grid)?;
                Ok(Pooled { patch_map, perturbation, image_score, mask, label: sample.label })
            })
            .collect::<Result<_>>()?;
        let metrics = category_metrics(objective, &pooled, &session.plan.metric)?;
        rows.push(SweepRow {
            model: model.to_owned(),
            dataset: session.data.dataset.name.clone(),
            over: Over::Category(first.id.category.clone()),
            axis,
            value,
            samples: works.len(),
            metrics,
        });
    }
    Ok(rows)
}
