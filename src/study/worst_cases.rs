//! Per-sample worst cases of one model over the data, journalled row by row.

use std::cell::RefCell;
use std::collections::HashSet;

use ndarray::Array2;

use super::amount;
use super::belonging::Belonging;
use super::choose;
use super::run::{Run, decoded};
use super::session::Session;
use super::starts::Starts;
use super::stored::Stored;
use crate::attack::{
    Clock, Evaluator, Objective, Probe, Select, Settings, Work, WorstCase, worst_cases_from,
};
use crate::dataset::Sample;
use crate::error::{Error, Result};
use crate::model::Segmenter;
use crate::record::{DAMAGED_MAP, Journal, Opened, Parameters, RunDir, SampleRow, Trace};
use crate::types::{Attack, Axis, SampleId, SampleKey, counted};

/// Opens the journal and keeps the rows of samples that are complete; those of a sample cut short, in rows or in what is stored beside
/// them, are done again. Rows of another run are refused, and so are maps, traces and candidates that were changed. `is_whole` says
/// that the run has all samples, and not those of a shard.
pub(super) fn take_up(
    session: &Session<'_>,
    run: &Run,
    is_whole: bool,
) -> Result<(Journal<SampleRow>, Vec<SampleRow>)> {
    let settings = session.settings;
    let belonging = Belonging::new(settings, &session.data.dataset, run.model_infos());
    let check =
        |row: &SampleRow| belonging.sample(row).or_else(|| belonging.known(&row.category, &row.sample));
    let attacks = |rows: &[&SampleRow]| rows.iter().map(|row| row.attack).collect::<HashSet<_>>().len();
    let stored = Stored::of_attack(session, &run.dir, is_whole);
    // Each row is looked at, so that each lost file is told.
    let there = |rows: &[&SampleRow]| rows.iter().filter(|row| stored.is_there(row)).count() == rows.len();
    let whole = |rows: &[&SampleRow]| attacks(rows) == settings.attacks.len() && there(rows);
    let Opened { journal, rows, .. } =
        Journal::take_up(run.dir.samples_path(), SampleRow::key, whole, check)?;
    stored.told(session.observe)?;
    for row in &rows {
        require_trace(&run.dir, settings, row)?;
    }
    Ok((journal, rows))
}

/// Refuses a trace that was kept of a row and is damaged, or has more or fewer evaluations than the row.
pub(super) fn require_trace(run: &RunDir, settings: &Settings, row: &SampleRow) -> Result<()> {
    let path = run.trace_path(&row.model, &row.id()?, row.attack);
    if !path.exists() {
        return Ok(());
    }
    let steps = Trace::read(&path, settings.axes_of(row.attack).len())?.steps().count();
    let evaluations = row.evaluations + row.coarse;
    if steps == evaluations {
        return Ok(());
    }
    let problem = format!(
        "holds {}, where the row in samples.csv has {evaluations}",
        counted(steps, "evaluation", "evaluations")
    );
    Err(Error::file(path, problem, DAMAGED_MAP))
}

/// Attacks with one model every sample that has no rows yet.
pub(super) fn attack(
    session: &Session<'_>,
    starts: &Starts,
    model: &mut dyn Segmenter,
    run: &mut Run,
    journal: &mut Journal<SampleRow>,
    rows: &mut Vec<SampleRow>,
) -> Result<Clock> {
    let Session { settings, observe, .. } = session;
    let (name, size) = (model.name().to_owned(), model.input_size());
    let finished: HashSet<SampleKey> = rows.iter().map(SampleRow::key).collect();
    let pending: Vec<&Sample> = session
        .data
        .samples()
        .filter(|sample| !finished.contains(&SampleKey::new(&name, &sample.id)))
        .collect();
    let (all, per_sample) = (session.data.samples().count(), amount::searched(settings));
    let stage = session.stage(session.command.name(), &name, all * per_sample);
    stage.resume((all - pending.len()) * per_sample);

    model.prepare(&session.data.categories())?;
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let coarse_cost = evaluator.coarse_cost();
    let recorder = Recorder {
        session,
        run: &run.dir.clone(),
        model: &name,
        objective: Objective::new(settings, size),
        axes: settings.all_axes(),
    };
    let run = RefCell::new(run);
    let mut done = |work: Work, outcomes: Vec<WorstCase>| {
        let sample = pending[work.index];
        let spent: f64 = 1.0
            + outcomes
                .iter()
                .map(|found| (found.evaluations - 1) as f64 + coarse_cost * found.coarse as f64)
                .sum::<f64>();
        stage.advance((per_sample as f64 - spent).max(0.0));
        outcomes.into_iter().try_for_each(|outcome| {
            recorder.save(&work, &outcome)?;
            let row = recorder.row(sample, &work, &outcome);
            journal.append(&row)?;
            rows.push(row);
            Ok(())
        })
    };
    let source = decoded(&pending, settings.input(size), &run);
    let (starts, stop) = (|id: &SampleId| starts.of_sample(id), || observe.stop());
    let result = worst_cases_from(&mut evaluator, settings, &starts, source, &mut done, &stop, &|count| {
        stage.advance(count)
    });
    let (clock, batch) = (evaluator.clock(), evaluator.batch());
    let run = run.into_inner();
    run.keep_batch(&name, batch, *observe)?;
    result.map_err(|error| {
        let finished = rows.iter().map(SampleRow::key).collect::<HashSet<_>>().len();
        session.stopped(error, finished, run.models().len())
    })?;
    stage.complete();
    Ok(clock)
}

/// From what an attack found to what is kept of it.
struct Recorder<'a> {
    session: &'a Session<'a>,
    run: &'a RunDir,
    model: &'a str,
    objective: Objective,
    axes: Vec<Axis>,
}

impl Recorder<'_> {
    /// Writes map, candidates and trace: before the row, so that a row implies them.
    fn save(&self, work: &Work, outcome: &WorstCase) -> Result<()> {
        let Self { session: Session { settings, keep_traces, .. }, run, model, .. } = self;
        let (id, attack) = (&work.id, outcome.attack);
        run.save_patch_map(model, id, attack, outcome.segmentation.map.view())?;
        if settings.select == Select::Pooled && attack != Attack::Clean {
            choose::save(run, model, id, attack, &outcome.candidates)?;
        }
        if *keep_traces {
            run.save_trace(model, id, attack, table(&outcome.trace, settings.axes_of(attack)).view())?;
        }
        Ok(())
    }

    fn row(&self, sample: &Sample, work: &Work, outcome: &WorstCase) -> SampleRow {
        let Session { settings, data, .. } = self.session;
        let (attack, perturbation) = (outcome.attack, outcome.perturbation);
        let map = outcome.segmentation.map.view();
        let mask = work.mask.as_ref();
        SampleRow {
            model: self.model.to_owned(),
            dataset: data.dataset().name.clone(),
            category: work.id.category.clone(),
            sample: work.id.within_category(),
            label: sample.label,
            attack,
            parameters: Parameters::new(&perturbation, &self.axes),
            loss: outcome.loss,
            sample_auroc: mask.and_then(|mask| self.objective.sample_auroc(map, mask, perturbation)),
            evaluations: outcome.evaluations,
            coarse: outcome.coarse,
            // That of a search to which rounds are added is soon out of date.
            expected_gain: outcome.expected_gain.filter(|_| !settings.adaptive),
            image_score: f64::from(outcome.segmentation.image_score),
            search: settings.strategy_of(attack).to_owned(),
            budget: settings.budget_of(attack),
            seed: settings.seed,
            image: sample.image.display().to_string(),
            mask: masks(sample),
            aupro: Parameters::default(),
            fit: settings.fit.fit,
            pieces: pieces(&self.objective, work),
            clipped: None,
            clipped_defect: None,
        }
    }
}

/// Number of pieces of a sample's canvas.
pub(super) fn pieces(objective: &Objective, work: &Work) -> usize {
    let (_, height, width) = work.image.dim();
    objective.input().pieces((height, width)).len()
}

/// The paths of the masks as one cell.
pub(super) fn masks(sample: &Sample) -> Option<String> {
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
