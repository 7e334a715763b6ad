//! How stable a model's answers are: from which value of each axis on the decision about each sample flips, journalled row by row
//! beside the worst cases.

mod decide;
mod gather;
mod scan;

use std::collections::HashMap;

use super::belonging::Belonging;
use super::by_key::{ByKey, by_key};
use super::decision::{Decision, Decisions};
use super::plan::Tolerance;
use super::run::Run;
use super::session::Session;
use crate::attack::{self, Objective, Scan, Settings};
use crate::dataset::{self, Sample};
use crate::error::{Error, Result};
use crate::model::Segmentation;
use crate::record::{Fault, Journal, ModelInfo, Opened, RunDir, SampleRow, StabilityRow};
use crate::types::{Attack, SampleKey};

pub(super) use decide::decide;
pub(super) use gather::gather;
pub(super) use scan::scan;

/// The decisions under each model, by its name.
pub(super) type Decided = HashMap<String, Decisions>;

impl Tolerance {
    pub(super) fn scan(&self, settings: &Settings) -> Scan {
        let mut axes = self.axes.clone();
        axes.sort_unstable();
        axes.dedup();
        Scan { axes, bounds: settings.bounds, steps: self.steps }
    }

    /// What a sample has a row for, in order: the attacks of the run, and the scanned axes by the names of their attacks.
    pub(super) fn attacks(&self, settings: &Settings) -> Vec<Attack> {
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
    decided: &Decided,
) -> Result<(Journal<StabilityRow>, Vec<StabilityRow>)> {
    let attacks = plan.attacks(session.settings);
    let answers = Answers { rows: by_key(samples), decided };
    let possible = possible(session, plan, run.model_infos());
    let check = |row: &StabilityRow| possible(row).or_else(|| answers.contradict(row));
    let whole = |rows: &[&StabilityRow]| rows.len() == attacks.len();
    let Opened { journal, rows, .. } =
        Journal::take_up(run.dir.stability_path(), StabilityRow::key, whole, check)?;
    Ok((journal, rows))
}

/// The first cell of a row that no scan of the run leaves.
fn possible<'r>(
    session: &Session<'r>,
    plan: &Tolerance,
    models: &'r [ModelInfo],
) -> impl Fn(&StabilityRow) -> Option<Fault> + use<'r> {
    let attacks = plan.attacks(session.settings);
    let belonging = Belonging::new(session.settings, &session.data.dataset, models);
    let scan = plan.scan(session.settings);
    move |row| belonging.stability(row, &attacks).or_else(|| unlike_scan(&scan, row))
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
    decided: &'a Decided,
}

impl Answers<'_> {
    /// The first cell that the answers contradict.
    fn contradict(&self, row: &StabilityRow) -> Option<Fault> {
        let score = |attack| self.rows.get(&(row.key(), attack)).map(|row| row.image_score);
        let decision = self.decided.get(&row.model)?.get(&row.category);
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
                let canvas = dataset::canvas_of(sample, &self.objective.input())?;
                // Not `-0.0`.
                Ok(0.0 - self.objective.drift(&answer, &clean, canvas, &row.perturbation()))
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
