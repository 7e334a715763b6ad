//! How stable a model's answers are: from which value of each axis on the decision about each sample flips, journalled row by row
//! beside the worst cases.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use super::belonging::Belonging;
use super::by_key::{ByKey, by_key};
use super::decision::{Decision, decisions};
use super::plan::Tolerance;
use super::run::{Run, decoded};
use super::session::Session;
use crate::attack::{self, Clock, Evaluator, Objective, Scan, Settings, Subject, Work, tolerances};
use crate::dataset::Sample;
use crate::error::{Error, Result};
use crate::model::{Segmentation, Segmenter};
use crate::record::{Fault, Journal, Opened, RunDir, SampleRow, StabilityRow};
use crate::types::{Attack, SampleKey};

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

/// Opens the journal and keeps the rows of samples that are complete. Rows about other answers than those in `samples` are refused.
pub(super) fn take_up(
    session: &Session<'_>,
    plan: &Tolerance,
    run: &Run,
    samples: &[SampleRow],
) -> Result<(Journal<StabilityRow>, Vec<StabilityRow>)> {
    let attacks = plan.attacks(session.settings);
    let belonging = Belonging::new(session.settings, &session.data.dataset, run.model_infos());
    let answers = Answers::new(session, plan, run, samples)?;
    let scan = plan.scan(session.settings);
    let check = |row: &StabilityRow| {
        belonging
            .stability(row, &attacks)
            .or_else(|| answers.contradict(row))
            .or_else(|| unlike_scan(&scan, row))
    };
    let whole = |rows: &[&StabilityRow]| rows.len() == attacks.len();
    let Opened { journal, rows, .. } =
        Journal::take_up(run.dir.stability_path(), StabilityRow::key, whole, check)?;
    Ok((journal, rows))
}

/// The first cell that a scan of the run does not leave.
fn unlike_scan(scan: &Scan, row: &StabilityRow) -> Option<Fault> {
    let expected = match row.attack {
        Attack::Single(axis) if scan.axes.contains(&axis) => scan.steps_along(axis),
        _ => None,
    };
    let unlike = |column, found: Option<f64>, expected: Option<f64>| {
        let shown = |value: Option<f64>| value.map_or_else(|| "nothing".to_owned(), |v| v.to_string());
        let problem = || format!("{}, where the run has {}", shown(found), shown(expected));
        (found != expected).then(|| (column, problem()))
    };
    let most = expected.map_or(0, |expected| 1 + expected.most);
    unlike("step", row.step, expected.map(|expected| expected.step))
        .or_else(|| unlike("resolution", row.resolution, expected.map(|expected| expected.resolution)))
        .or_else(|| {
            let evaluations = row.evaluations.filter(|&evaluations| evaluations > most)?;
            Some(("evaluations", format!("{evaluations}, where a scan of the run takes at most {most}")))
        })
}

/// What `samples.csv` says of the answers that rows are about.
struct Answers<'a> {
    rows: ByKey<'a>,
    decisions: HashMap<String, HashMap<&'a str, Decision>>,
}

impl<'a> Answers<'a> {
    fn new(session: &Session<'a>, plan: &Tolerance, run: &Run, samples: &'a [SampleRow]) -> Result<Self> {
        let rows = by_key(samples);
        let mut by_model = HashMap::new();
        for model in run.models() {
            let score = |sample: &Sample| {
                let row = rows.get(&(SampleKey::new(&model, &sample.id), Attack::Clean))?;
                Some(row.image_score as f32)
            };
            by_model.insert(model.clone(), decisions(session.data, plan.decision, &score)?);
        }
        Ok(Self { rows, decisions: by_model })
    }

    /// The first cell that the answers contradict.
    fn contradict(&self, row: &StabilityRow) -> Option<Fault> {
        let score = |attack| self.rows.get(&(row.key(), attack)).map(|row| row.image_score);
        let decision = self.decisions.get(&row.model)?.get(row.category.as_str());
        let unlike = |column, found: Option<f64>, expected: Option<f64>| {
            let shown = |value: Option<f64>| value.map_or_else(|| "nothing".to_owned(), |v| v.to_string());
            let problem = || format!("{}, where the run has {}", shown(found), shown(expected));
            (found != expected).then(|| (column, problem()))
        };
        let rule = decision.filter(|decision| decision.rule != row.rule);
        unlike("threshold", Some(row.threshold), decision.map(|decision| decision.threshold))
            .or_else(|| rule.map(|rule| ("rule", format!("{}, where the run has {}", row.rule, rule.rule))))
            .or_else(|| unlike("clean_score", Some(row.clean_score), score(Attack::Clean)))
            .or_else(|| unlike("worst_score", row.worst_score, score(row.attack)))
    }
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
    Ok(clock)
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
