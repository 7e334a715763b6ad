//! How stable a model's answers are: from which value of each axis on the decision about each sample flips, journalled row by
//! row beside the worst cases.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use serde::Serialize;

use askance::attack::{Clock, Evaluator, Objective, Scan, Settings, Subject, Tolerance, Work, tolerances};
use askance::dataset::{self, Sample};
use askance::error::{Error, Result};
use askance::metric;
use askance::model::{Segmentation, Segmenter};
use askance::record::{DecisionRule, Journal, Opened, RunDir, SampleRow, StabilityRow};
use askance::types::{Attack, Axis, Label, SampleKey};

use super::plan::Session;
use super::setup::Run;
use super::{interrupt, progress};

/// Share of the unchanged pictures without ground truth that counts as anomalous.
const TOP_SHARE: f64 = 0.05;

/// The part of a plan that looks for flips of the decision.
#[derive(Clone, Debug, Serialize)]
pub struct TolerancePlan {
    pub axes: Vec<Axis>,
    /// Threshold on the image score; chosen per category when none.
    pub decision: Option<f64>,
}

impl TolerancePlan {
    /// Refuses what makes no sense, before anything is loaded.
    pub fn validate(&self) -> Result<()> {
        match self.decision {
            Some(decision) if !decision.is_finite() => {
                Err(Error::usage(format!("--decision {decision}"), "is not finite", "give a number"))
            }
            _ => Ok(()),
        }
    }

    fn scan(&self, settings: &Settings) -> Scan {
        let mut axes = self.axes.clone();
        axes.sort_unstable();
        axes.dedup();
        // As many evaluations as an attack on one axis has.
        Scan { axes, bounds: settings.bounds, budget: settings.budget_of(Attack::Single(Axis::Angle)) }
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
pub fn take_up(
    run: &Run,
    plan: &TolerancePlan,
    settings: &Settings,
) -> Result<(Journal<StabilityRow>, Vec<StabilityRow>)> {
    let expected = plan.attacks(settings).len();
    let whole = |rows: &[&StabilityRow]| rows.len() == expected;
    let Opened { journal, rows, .. } = Journal::take_up(run.dir.stability_path(), StabilityRow::key, whole)?;
    Ok((journal, rows))
}

/// Scans with one model every sample that has no rows yet. All its worst cases are in `samples`.
pub fn run_model(
    session: &Session<'_>,
    plan: &TolerancePlan,
    model: &mut dyn Segmenter,
    run: &mut Run,
    samples: &[SampleRow],
    (journal, rows): (&mut Journal<StabilityRow>, &mut Vec<StabilityRow>),
) -> Result<Clock> {
    let settings = &session.plan.work.settings;
    let size = model.input_size();
    let name = model.name().to_owned();
    let scan = plan.scan(settings);
    let worst = Worst::new(&name, samples);
    let decisions = decisions(session, plan, &worst)?;
    let finished: HashSet<SampleKey> = rows.iter().map(StabilityRow::key).collect();
    let known = |sample: &&Sample| worst.row(sample, Attack::Clean).is_some();
    let pending: Vec<&Sample> = session
        .data
        .samples()
        .filter(known)
        .filter(|sample| !finished.contains(&SampleKey::new(&name, &sample.id)))
        .collect();
    let bar = progress::bar(
        &format!("tolerance {name}"),
        pending.len() * scan.evaluations_per_sample(),
        session.quiet,
    );
    model.prepare(&session.data.category_names())?;
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let objective = Objective::new(settings, size);
    let dir = run.dir.clone();
    let skipping = RefCell::new(run);
    let source = pending.iter().enumerate().filter_map(|(index, sample)| match dataset::load(sample, size) {
        Ok(loaded) => {
            let clean = worst.row(sample, Attack::Clean)?;
            Some(Ok(Subject {
                work: Work { index, id: sample.id.clone(), image: loaded.image, mask: None },
                clean_score: clean.image_score as f32,
                threshold: decisions[sample.id.category.as_str()].0,
            }))
        }
        Err(error) => match skipping.borrow_mut().skip(sample, error) {
            Ok(()) => None,
            Err(error) => Some(Err(error)),
        },
    });
    let attacks = plan.attacks(settings);
    let mut done = |work: Work, found: Vec<Tolerance>| {
        let sample = pending[work.index];
        for &attack in &attacks {
            let tolerance = found.iter().find(|tolerance| attack == Attack::Single(tolerance.axis));
            let decision = decisions[sample.id.category.as_str()];
            let row = row(&dir, &objective, &worst, (sample, attack), decision, tolerance)?;
            journal.append(&row)?;
            rows.push(row);
        }
        Ok(())
    };
    let result = tolerances(&mut evaluator, &scan, source, &mut done, &interrupt::requested, &|count| {
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

/// The rows of one model in `samples.csv`.
struct Worst<'r> {
    model: &'r str,
    rows: HashMap<(&'r str, &'r str, Attack), &'r SampleRow>,
}

impl<'r> Worst<'r> {
    fn new(model: &'r str, rows: &'r [SampleRow]) -> Self {
        let rows = rows
            .iter()
            .filter(|row| row.model == model)
            .map(|row| ((row.category.as_str(), row.sample.as_str(), row.attack), row))
            .collect();
        Self { model, rows }
    }

    fn row(&self, sample: &Sample, attack: Attack) -> Option<&'r SampleRow> {
        self.rows.get(&(sample.id.category.as_str(), sample.id.within_category().as_str(), attack)).copied()
    }

    /// The model's answer to an attack, from the records.
    fn answer(&self, dir: &RunDir, sample: &Sample, row: &SampleRow) -> Result<Segmentation> {
        let map = dir.load_patch_map(self.model, &sample.id, row.attack)?;
        Ok(Segmentation { map, image_score: row.image_score as f32 })
    }
}

/// The threshold of each category and how it was chosen.
fn decisions<'d>(
    session: &'d Session<'_>,
    plan: &TolerancePlan,
    worst: &Worst<'_>,
) -> Result<HashMap<&'d str, (f64, DecisionRule)>> {
    let mut found = HashMap::new();
    for category in &session.data.dataset.categories {
        let clean: Vec<(f32, Label)> = category
            .samples
            .iter()
            .filter_map(|sample| Some((worst.row(sample, Attack::Clean)?.image_score as f32, sample.label)))
            .collect();
        if clean.is_empty() {
            continue;
        }
        let scores: Vec<f32> = clean.iter().map(|&(score, _)| score).collect();
        let labels: Vec<bool> = clean.iter().map(|&(_, label)| label == Label::Anomalous).collect();
        let given = plan.decision.map(|decision| (decision, DecisionRule::Given));
        let by_labels =
            || metric::f1_threshold(&scores, &labels).map(|threshold| (threshold, DecisionRule::BestF1));
        let by_rank = || {
            metric::top_threshold(&scores, TOP_SHARE)
                .map(|threshold| (threshold, DecisionRule::TopFivePercent))
        };
        let decision = given.or_else(by_labels).or_else(by_rank).ok_or_else(|| {
            Error::usage(
                "--decision",
                format!(
                    "cannot be chosen for category {}: its unchanged pictures do not have two different image scores",
                    category.name
                ),
                "give the threshold on the image score, or more pictures",
            )
        })?;
        found.insert(category.name.as_str(), decision);
    }
    Ok(found)
}

fn row(
    dir: &RunDir,
    objective: &Objective,
    worst: &Worst<'_>,
    (sample, attack): (&Sample, Attack),
    (threshold, rule): (f64, DecisionRule),
    tolerance: Option<&Tolerance>,
) -> Result<StabilityRow> {
    let missing = || {
        Error::file(
            dir.samples_path(),
            format!("has no row of {}", sample.id),
            "delete stability.csv and give the same command again",
        )
    };
    let clean = worst.row(sample, Attack::Clean).ok_or_else(missing)?;
    let attacked = worst.row(sample, attack);
    let drift = attacked
        .map(|row| {
            let (clean, answer) = (worst.answer(dir, sample, clean)?, worst.answer(dir, sample, row)?);
            // Not `-0.0`.
            Ok(0.0 - objective.drift(&answer, &clean, &row.perturbation()))
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
        below: tolerance.and_then(|tolerance| tolerance.below),
        above: tolerance.and_then(|tolerance| tolerance.above),
        tolerance: tolerance.and_then(Tolerance::nearest),
        step: tolerance.map(|tolerance| tolerance.step),
        resolution: tolerance.map(|tolerance| tolerance.resolution),
        evaluations: tolerance.map(|tolerance| tolerance.evaluations),
    })
}
