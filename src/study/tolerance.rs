//! How stable a model's answers are: from which value of each axis on the decision about each sample flips, journalled row by row
//! beside the worst cases.

use std::cell::RefCell;
use std::collections::HashSet;

use super::belonging::Belonging;
use super::by_key::{ByKey, by_key};
use super::decision::{Decision, decisions};
use super::observe::Observe;
use super::plan::Tolerance;
use super::run::{Run, decoded};
use super::session::Session;
use crate::attack::{self, Clock, Evaluator, Objective, Scan, Settings, Subject, Work, tolerances};
use crate::dataset::Sample;
use crate::error::{Error, Result};
use crate::model::{Segmentation, Segmenter};
use crate::record::{Journal, Opened, RunDir, SampleRow, StabilityRow};
use crate::types::{Attack, Axis, SampleKey};

impl Tolerance {
    fn scan(&self, settings: &Settings) -> Scan {
        let mut axes = self.axes.clone();
        axes.sort_unstable();
        axes.dedup();
        Scan { axes, bounds: settings.bounds, steps: self.steps }
    }

    /// What a sample has a row for, in order: the attacks of the run, and the scanned axes by the names of their attacks.
    fn attacks(&self, settings: &Settings) -> Vec<Attack> {
        let scanned = self.axes.iter().map(|&axis| Attack::Single(axis));
        let attacked = settings.attacks.iter().copied().filter(|&attack| attack != Attack::Clean);
        let mut attacks: Vec<Attack> = scanned.chain(attacked).collect();
        attacks.sort_unstable();
        attacks.dedup();
        attacks
    }
}

/// Opens the journal and keeps the rows of samples that are complete.
pub(super) fn take_up(
    session: &Session<'_>,
    plan: &Tolerance,
    run: &Run,
) -> Result<(Journal<StabilityRow>, Vec<StabilityRow>)> {
    let attacks = plan.attacks(session.settings);
    let belonging = Belonging::new(session.settings, &session.data.dataset, run.models());
    let check = |row: &StabilityRow| belonging.stability(row, &attacks);
    let whole = |rows: &[&StabilityRow]| rows.len() == attacks.len();
    let Opened { journal, rows, .. } =
        Journal::take_up(run.dir.stability_path(), StabilityRow::key, whole, check)?;
    Ok((journal, rows))
}

/// Scans with one model every sample that has no rows yet. All its worst cases are in `samples`.
pub(super) fn scan(
    session: &Session<'_>,
    plan: &Tolerance,
    model: &mut dyn Segmenter,
    run: &mut Run,
    samples: &[SampleRow],
    (journal, rows): (&mut Journal<StabilityRow>, &mut Vec<StabilityRow>),
) -> Result<Clock> {
    let Session { settings, observe, .. } = session;
    let (name, size) = (model.name().to_owned(), model.input_size());
    let scan = plan.scan(settings);
    let dir = run.dir.clone();
    let worst =
        Worst { dir: &dir, model: &name, objective: Objective::new(settings, size), rows: by_key(samples) };
    let scores = |sample: &Sample| Some(worst.row(sample, Attack::Clean)?.image_score as f32);
    let decisions = decisions(session.data, plan.decision, &scores)?;
    let finished: HashSet<SampleKey> = rows.iter().map(StabilityRow::key).collect();
    let pending: Vec<&Sample> = session
        .data
        .samples()
        .filter(|sample| worst.row(sample, Attack::Clean).is_some())
        .filter(|sample| !finished.contains(&SampleKey::new(&name, &sample.id)))
        .collect();
    let (all, per_sample) = (session.data.samples().count(), scan.evaluations_per_sample());
    let stage = session.stage("tolerance", &name, all * per_sample);
    stage.resume((all - pending.len()) * per_sample);
    model.prepare(&session.data.categories())?;
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let run = RefCell::new(run);
    let source = decoded(&pending, size, &run).map(|work| {
        let work = Work { mask: None, ..work? };
        let sample = pending[work.index];
        let clean_score = scores(sample).ok_or_else(|| worst.missing(sample))?;
        Ok(Subject { clean_score, threshold: decisions[sample.id.category.as_str()].threshold, work })
    });
    let attacks = plan.attacks(settings);
    let mut done = |work: Work, found: Vec<attack::AxisTolerance>| {
        let sample = pending[work.index];
        let decision = decisions[sample.id.category.as_str()];
        let spent: usize = found.iter().map(|found| found.evaluations - 1).sum();
        stage.advance((per_sample - spent) as f64);
        attacks.iter().try_for_each(|&attack| {
            let tolerance = found.iter().find(|tolerance| attack == Attack::Single(tolerance.axis));
            let row = worst.stability(sample, attack, decision, tolerance)?;
            journal.append(&row)?;
            rows.push(row);
            Ok(())
        })
    };
    let result = tolerances(&mut evaluator, &scan, source, &mut done, &|| observe.stop(), &|count| {
        stage.advance(count)
    });
    let (clock, batch) = (evaluator.clock(), evaluator.batch());
    let run = run.into_inner();
    run.keep_batch(&name, batch, *observe)?;
    result.map_err(|error| {
        let finished = rows.iter().map(StabilityRow::key).collect::<HashSet<_>>().len();
        session.stopped(error, finished, run.models().len())
    })?;
    stage.complete();
    warn_of_flips_at_once(*observe, &name, rows);
    Ok(clock)
}

/// Where the first step flips already, nothing nearer to 0 was looked at before.
fn warn_of_flips_at_once(observe: &dyn Observe, model: &str, rows: &[StabilityRow]) {
    for axis in Axis::ALL {
        let scanned = || {
            let of = move |row: &&StabilityRow| row.attack == Attack::Single(axis) && row.is_scanned();
            rows.iter().filter(|row| row.model == model).filter(of)
        };
        let at_once = scanned().filter(|row| row.flips_at_once()).count();
        let Some(step) = scanned().find_map(|row| row.step).filter(|_| at_once > 0) else { continue };
        observe.warn(&format!(
            "{model}: {at_once} of {} samples flip within the first step of {axis} ({step:.3}); an earlier flip may have been \
             missed there: give more `tolerance_steps`, or narrower bounds of {axis}",
            scanned().count()
        ));
    }
}

/// What `samples.csv` and the stored maps say of one model.
struct Worst<'r> {
    dir: &'r RunDir,
    model: &'r str,
    objective: Objective,
    rows: ByKey<'r>,
}

impl<'r> Worst<'r> {
    fn row(&self, sample: &Sample, attack: Attack) -> Option<&'r SampleRow> {
        self.rows.get(&(SampleKey::new(self.model, &sample.id), attack)).copied()
    }

    /// The model's answer to an attack.
    fn answer(&self, sample: &Sample, row: &SampleRow) -> Result<Segmentation> {
        let map = self.dir.load_patch_map(self.model, &sample.id, row.attack)?;
        Ok(Segmentation { map, image_score: row.image_score as f32 })
    }

    fn missing(&self, sample: &Sample) -> Error {
        Error::file(
            self.dir.samples_path(),
            format!("has no row of {}", sample.id),
            "delete stability.csv and give the same command again",
        )
    }

    fn stability(
        &self,
        sample: &Sample,
        attack: Attack,
        Decision { threshold, rule }: Decision,
        tolerance: Option<&attack::AxisTolerance>,
    ) -> Result<StabilityRow> {
        let clean = self.row(sample, Attack::Clean).ok_or_else(|| self.missing(sample))?;
        let attacked = self.row(sample, attack);
        // Bounds without width leave nothing to scan.
        let tolerance = tolerance.filter(|tolerance| tolerance.step > 0.0);
        let drift = attacked
            .map(|row| {
                let (clean, answer) = (self.answer(sample, clean)?, self.answer(sample, row)?);
                // Not `-0.0`.
                Ok(0.0 - self.objective.drift(&answer, &clean, &row.perturbation()))
            })
            .transpose()?;
        let anomalous = |score: f64| score > threshold;
        Ok(StabilityRow {
            model: clean.model.clone(),
            dataset: clean.dataset.clone(),
            category: clean.category.clone(),
            sample: clean.sample.clone(),
            label: sample.label,
            attack,
            threshold,
            rule,
            clean_score: clean.image_score,
            worst_score: attacked.map(|row| row.image_score),
            drift,
            flips: attacked.map(|row| anomalous(row.image_score) != anomalous(clean.image_score)),
            held_below: tolerance.and_then(|tolerance| tolerance.held_below),
            held_above: tolerance.and_then(|tolerance| tolerance.held_above),
            below: tolerance.and_then(|tolerance| tolerance.below),
            above: tolerance.and_then(|tolerance| tolerance.above),
            tolerance: tolerance.and_then(attack::AxisTolerance::nearest),
            step: tolerance.map(|tolerance| tolerance.step),
            resolution: tolerance.map(|tolerance| tolerance.resolution),
            evaluations: tolerance.map(|tolerance| tolerance.evaluations),
        })
    }
}
