//! Per-sample worst cases of one model over the data, journalled row by row.

use std::cell::RefCell;
use std::collections::HashSet;

use ndarray::Array2;

use askance::attack::{Clock, Evaluator, Objective, Outcome, Probe, Select, Settings, Work, worst_cases};
use askance::dataset::{self, Sample};
use askance::error::Result;
use askance::model::Segmenter;
use askance::record::{Journal, Opened, Parameters, SampleRow};
use askance::types::{Attack, Axis};

use super::plan::Session;
use super::setup::Run;
use super::{choose, interrupt, progress};

/// Opens the journal and keeps the rows of samples that are complete; those of a sample cut short are done again.
pub fn take_up(run: &Run, settings: &Settings) -> Result<(Journal<SampleRow>, Vec<SampleRow>)> {
    let attacks = |rows: &[&SampleRow]| rows.iter().map(|row| row.attack).collect::<HashSet<_>>().len();
    let whole = |rows: &[&SampleRow]| attacks(rows) == settings.attacks.len();
    let Opened { journal, rows, .. } = Journal::take_up(run.dir.samples_path(), SampleRow::key, whole)?;
    Ok((journal, rows))
}

/// Attacks with one model every sample that has no rows yet.
pub fn run_model(
    session: &Session<'_>,
    model: &mut dyn Segmenter,
    run: &mut Run,
    journal: &mut Journal<SampleRow>,
    rows: &mut Vec<SampleRow>,
) -> Result<Clock> {
    let Session { plan, data, quiet } = session;
    let settings = &plan.work.settings;
    let size = model.input_size();
    let name = model.name().to_owned();
    let finished: HashSet<(String, String)> = rows
        .iter()
        .filter(|row| row.model == name)
        .map(|row| (row.category.clone(), row.sample.clone()))
        .collect();
    let pending: Vec<&Sample> = data
        .samples()
        .filter(|sample| !finished.contains(&(sample.id.category.clone(), sample.id.within_category())))
        .collect();
    let per_sample = settings.evaluations_per_sample();
    let bar = progress::bar(&format!("{} {name}", plan.command), data.samples().count() * per_sample, *quiet);
    bar.inc((finished.len() * per_sample) as u64);
    bar.reset_eta();

    model.prepare(&session.data.category_names())?;
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let dir = run.dir.clone();
    let skipping = RefCell::new(run);
    let source = pending.iter().enumerate().filter_map(|(index, sample)| match dataset::load(sample, size) {
        Ok(loaded) => Some(Ok(Work { index, id: sample.id.clone(), image: loaded.image, mask: loaded.mask })),
        Err(error) => match skipping.borrow_mut().skip(sample, error) {
            Ok(()) => None,
            Err(error) => Some(Err(error)),
        },
    });
    let objective = Objective::new(settings, size);
    let axes = settings.all_axes();
    let mut done = |work: Work, outcomes: Vec<Outcome>| {
        let sample = pending[work.index];
        for outcome in outcomes {
            let map = outcome.segmentation.map.view();
            dir.save_patch_map(&name, &work.id, outcome.attack, map)?;
            if settings.select == Select::Pooled && outcome.attack != Attack::Clean {
                choose::save(&dir, &name, &work.id, outcome.attack, &outcome.candidates)?;
            }
            if plan.keep_traces {
                let table = table(&outcome.trace, settings.axes_of(outcome.attack));
                dir.save_trace(&name, &work.id, outcome.attack, table.view())?;
            }
            let row = SampleRow {
                model: name.clone(),
                dataset: data.dataset.name.clone(),
                category: work.id.category.clone(),
                sample: work.id.within_category(),
                label: sample.label,
                attack: outcome.attack,
                parameters: Parameters::new(&outcome.perturbation, &axes),
                loss: outcome.loss,
                sample_auroc: work
                    .mask
                    .as_ref()
                    .and_then(|mask| objective.sample_auroc(map, mask, outcome.perturbation)),
                evaluations: outcome.evaluations,
                coarse: outcome.coarse,
                expected_gain: outcome.expected_gain,
                image_score: f64::from(outcome.segmentation.image_score),
                search: strategy(settings, outcome.attack),
                budget: settings.budget_of(outcome.attack),
                seed: settings.seed,
                image: sample.image.display().to_string(),
                mask: masks(sample),
            };
            journal.append(&row)?;
            rows.push(row);
        }
        Ok(())
    };
    let result = worst_cases(&mut evaluator, settings, source, &mut done, &interrupt::requested, &|count| {
        bar.inc(count as u64)
    });
    let (clock, batch) = (evaluator.clock(), evaluator.batch());
    skipping.into_inner().keep_batch(&name, batch)?;
    if result.is_ok() {
        bar.finish_and_clear();
    } else {
        bar.abandon();
    }
    result.map(|()| clock)
}

/// The paths of the masks as one cell.
fn masks(sample: &Sample) -> Option<String> {
    let paths: Vec<String> = sample.masks.iter().map(|path| path.display().to_string()).collect();
    (!paths.is_empty()).then(|| paths.join(";"))
}

/// One row per evaluation: the value of each axis that was searched, then the loss and the cost.
fn table(trace: &[Probe], axes: &[Axis]) -> Array2<f64> {
    let mut table = Array2::zeros((trace.len(), axes.len() + 2));
    for (mut row, Probe { perturbation, loss, cost }) in table.rows_mut().into_iter().zip(trace) {
        let cells = axes.iter().map(|&axis| perturbation.get(axis)).chain([*loss, *cost]);
        row.iter_mut().zip(cells).for_each(|(slot, cell)| *slot = cell);
    }
    table
}

/// Name of the strategy of an attack, for records.
pub fn strategy(settings: &Settings, attack: Attack) -> String {
    if attack == Attack::Clean {
        "none".to_owned()
    } else {
        settings.search.kind(settings.axes_of(attack).len()).to_string()
    }
}
