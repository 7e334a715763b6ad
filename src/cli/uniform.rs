//! The worst perturbation that all samples share, per category or for the whole data set, journalled row by row.

use std::fmt;
use std::str::FromStr;

use clap::Args;
use rayon::prelude::*;
use serde::Serialize;

use askance::attack::{
    Clock, Effect, Evaluation, Evaluator, Objective, Pooled, UniformCase, UniformMetric, Work,
    category_metrics, uniform, worst_uniform,
};
use askance::dataset::{self, Category, Sample};
use askance::error::{Error, Result};
use askance::model::Segmenter;
use askance::record::{
    Journal, Opened, Parameters, SampleRow, SummaryRow, UniformRow, uniform_means, write_rows,
};
use askance::types::{Attack, Label, Over, Perturbation};

use super::args::positive;
use super::plan::Session;
use super::setup::Run;
use super::{attack, interrupt, progress};

/// Flags about uniform worst cases.
#[derive(Debug, Args)]
pub struct UniformArgs {
    /// Search as well the one perturbation that hurts all samples of a category together most (--uniform), or all categories
    /// (--uniform=dataset), or both (--uniform=category,dataset)
    #[arg(
        long,
        value_name = "SCOPE",
        num_args = 0..=2,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "category"
    )]
    pub uniform: Vec<Scope>,
    /// Perturbations tried by each of those searches; each is a model evaluation of every sample
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = positive, requires = "uniform")]
    pub uniform_budget: usize,
    /// What those searches lower: pixel-auroc or aupro
    #[arg(long, value_name = "NAME", default_value_t = UniformMetric::PixelAuroc, requires = "uniform")]
    pub uniform_metric: UniformMetric,
}

impl UniformArgs {
    /// None where no such search is wanted.
    pub fn plan(self) -> Option<UniformPlan> {
        let mut scopes = self.uniform;
        scopes.sort_unstable();
        scopes.dedup();
        (!scopes.is_empty()).then_some(UniformPlan {
            scopes,
            metric: self.uniform_metric,
            budget: self.uniform_budget,
        })
    }
}

/// Searches for uniform worst cases, as recorded.
#[derive(Clone, Serialize)]
pub struct UniformPlan {
    pub scopes: Vec<Scope>,
    pub metric: UniformMetric,
    pub budget: usize,
}

/// Whose samples share one perturbation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    Category,
    Dataset,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Category => "category",
            Self::Dataset => "dataset",
        })
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Self::Category, Self::Dataset].into_iter().find(|scope| scope.to_string() == text).ok_or_else(|| {
            Error::usage(format!("--uniform={text}"), "is unknown", "use category, dataset or both")
        })
    }
}

/// Searches what has no row yet and writes `uniform.csv`, the means last.
pub fn run(
    session: &Session<'_>,
    plan: &UniformPlan,
    models: &mut [Box<dyn Segmenter>],
    run: &mut Run,
    samples: &[SampleRow],
    summary: &[SummaryRow],
) -> Result<(Vec<UniformRow>, Clock)> {
    let (mut journal, mut rows) = take_up(run)?;
    let mut clock = Clock::default();
    for model in models.iter_mut() {
        let (size, name) = (model.input_size(), model.name().to_owned());
        model.prepare(&session.data.category_names())?;
        let objective = Objective::new(&session.plan.work.settings, size);
        let searches = Searches {
            session,
            plan,
            model: &name,
            categories: members(session, &name, samples),
            clean: summary.iter().filter(|row| row.model == name && row.attack == Attack::Clean).collect(),
        };
        let mut evaluator = Evaluator::new(model.as_mut(), objective, run.batch(&name));
        searches.run(&mut evaluator, &mut journal, &mut rows)?;
        clock = clock + evaluator.clock();
        run.keep_batch(&name, evaluator.batch())?;
    }
    // The file is written whole, through another name: its lock would go with the old one.
    drop(journal);
    rows.extend(uniform_means(&rows));
    write_rows(run.dir.uniform_path(), &rows)?;
    Ok((rows, clock))
}

/// Opens the journal and leaves the means out that a finished run wrote.
fn take_up(run: &Run) -> Result<(Journal<UniformRow>, Vec<UniformRow>)> {
    let searched = |rows: &[&UniformRow]| rows.iter().all(|row| row.over != Over::Mean);
    let over = |row: &UniformRow| row.over.clone();
    let Opened { journal, rows, .. } = Journal::take_up(run.dir.uniform_path(), over, searched)?;
    Ok((journal, rows))
}

/// The samples of each category that the run has rows of; others were left out by `--skip-bad`.
fn members<'d>(
    session: &Session<'d>,
    model: &str,
    rows: &[SampleRow],
) -> Vec<(&'d Category, Vec<&'d Sample>)> {
    let known: std::collections::HashSet<(&str, &str)> = rows
        .iter()
        .filter(|row| row.model == model && row.attack == Attack::Clean)
        .map(|row| (row.category.as_str(), row.sample.as_str()))
        .collect();
    let there = |sample: &&Sample| {
        known.contains(&(sample.id.category.as_str(), sample.id.within_category().as_str()))
    };
    let categories = session.data.dataset.categories.iter();
    categories
        .map(|category| (category, category.samples.iter().filter(there).collect::<Vec<_>>()))
        .filter(|(_, samples)| !samples.is_empty())
        .collect()
}

/// The searches with one model.
struct Searches<'a> {
    session: &'a Session<'a>,
    plan: &'a UniformPlan,
    model: &'a str,
    categories: Vec<(&'a Category, Vec<&'a Sample>)>,
    /// Summary rows of the unchanged pictures, means included.
    clean: Vec<&'a SummaryRow>,
}

impl Searches<'_> {
    fn run(
        &self,
        evaluator: &mut Evaluator<'_>,
        journal: &mut Journal<UniformRow>,
        rows: &mut Vec<UniformRow>,
    ) -> Result<()> {
        let attacks = self.session.plan.work.settings.attacks.len() - 1;
        let samples: usize = self.categories.iter().map(|(_, samples)| samples.len()).sum();
        let total = samples * (self.plan.budget - 1) * attacks * self.plan.scopes.len();
        let bar = progress::bar(&format!("uniform {}", self.model), total, self.session.quiet);
        let tick = |count: usize| bar.inc(count as u64);
        for scope in &self.plan.scopes {
            match scope {
                Scope::Category => {
                    for place in 0..self.categories.len() {
                        let over = Over::Category(self.categories[place].0.name.clone());
                        self.search(&over, &over, place..place + 1, evaluator, journal, rows, &tick)?;
                    }
                }
                Scope::Dataset => {
                    let all = 0..self.categories.len();
                    self.search(&Over::All, &Over::Mean, all, evaluator, journal, rows, &tick)?;
                }
            }
        }
        bar.finish_and_clear();
        Ok(())
    }

    /// Every attack on one set of categories, whose rows are over `over`, and in the summary over `clean`.
    #[expect(clippy::too_many_arguments, reason = "what is searched, with what, and where it is written")]
    fn search(
        &self,
        over: &Over,
        clean: &Over,
        members: std::ops::Range<usize>,
        evaluator: &mut Evaluator<'_>,
        journal: &mut Journal<UniformRow>,
        rows: &mut Vec<UniformRow>,
        tick: &dyn Fn(usize),
    ) -> Result<()> {
        let settings = &self.session.plan.work.settings;
        let categories = &self.categories[members];
        let samples: usize = categories.iter().map(|(_, samples)| samples.len()).sum();
        let mut known: Vec<UniformCase> = Vec::new();
        // One category stays in memory; of several only the one that is under way.
        let mut kept: Option<Pictures> = None;
        for &attack in &settings.attacks {
            let done = rows
                .iter()
                .find(|row| (row.model.as_str(), &row.over, row.attack) == (self.model, over, attack));
            if let Some(row) = done {
                known.push(case_of(row));
                tick(row.evaluations - samples);
                continue;
            }
            let case = if attack == Attack::Clean {
                let Some(row) = self.clean.iter().find(|row| row.over == *clean) else { return Ok(()) };
                UniformCase { attack, perturbation: Perturbation::IDENTITY, effect: effect_of(row), looks: 1 }
            } else {
                let mut evaluate = |perturbations: &[Perturbation]| {
                    let mut effects = vec![Vec::new(); perturbations.len()];
                    for (_, samples) in categories {
                        let pictures = match kept.take() {
                            Some(pictures) => pictures,
                            None => Pictures::load(samples, evaluator.objective().size())?,
                        };
                        let found = pictures.effects(self.session, evaluator, perturbations, tick)?;
                        effects.iter_mut().zip(found).for_each(|(effects, effect)| effects.push(effect));
                        kept = (categories.len() == 1).then_some(pictures);
                    }
                    Ok(effects.iter().filter_map(|effects| Effect::mean(effects)).collect())
                };
                let goal = (self.plan.metric, self.plan.budget);
                let name = over.category().unwrap_or("all");
                worst_uniform(settings, goal, attack, name, &known, &mut evaluate)?
            };
            let row = self.row(over, samples, &case);
            journal.append(&row)?;
            rows.push(row);
            known.push(case);
        }
        Ok(())
    }

    fn row(&self, over: &Over, samples: usize, case: &UniformCase) -> UniformRow {
        let settings = &self.session.plan.work.settings;
        UniformRow {
            model: self.model.to_owned(),
            dataset: self.session.data.dataset.name.clone(),
            over: over.clone(),
            attack: case.attack,
            parameters: Parameters::new(&case.perturbation, &settings.all_axes()),
            search: attack::strategy(settings, case.attack),
            budget: if case.attack == Attack::Clean { 1 } else { self.plan.budget },
            samples,
            evaluations: case.looks * samples,
            metrics: case.effect.metrics,
            mean_loss: Some(case.effect.mean_loss),
        }
    }
}

/// What a row says was found. Numbers in files read back as they were.
fn case_of(row: &UniformRow) -> UniformCase {
    UniformCase {
        attack: row.attack,
        perturbation: row.perturbation(),
        effect: effect_of(&row.summary()),
        looks: row.evaluations / row.samples,
    }
}

fn effect_of(row: &SummaryRow) -> Effect {
    Effect { metrics: row.metrics, mean_loss: row.mean_loss.unwrap_or(f64::INFINITY) }
}

/// The decoded samples of one category.
struct Pictures {
    works: Vec<Work>,
    labels: Vec<Label>,
}

impl Pictures {
    fn load(samples: &[&Sample], size: usize) -> Result<Self> {
        let works = samples
            .par_iter()
            .enumerate()
            .map(|(index, sample)| {
                let loaded = dataset::load(sample, size)?;
                Ok(Work { index, id: sample.id.clone(), image: loaded.image, mask: loaded.mask })
            })
            .collect::<Result<_>>()?;
        Ok(Self { works, labels: samples.iter().map(|sample| sample.label).collect() })
    }

    /// What each perturbation does to the category.
    fn effects(
        &self,
        session: &Session<'_>,
        evaluator: &mut Evaluator<'_>,
        perturbations: &[Perturbation],
        tick: &dyn Fn(usize),
    ) -> Result<Vec<Effect>> {
        let works: Vec<&Work> = self.works.iter().collect();
        let mut evaluations: Vec<Vec<Evaluation>> = Vec::with_capacity(works.len());
        let mut done = |_, of_sample| {
            evaluations.push(of_sample);
            Ok(())
        };
        uniform(evaluator, &works, perturbations, &mut done, &interrupt::requested, tick)?;
        let of_step =
            |step: usize| -> Vec<&Evaluation> { evaluations.iter().map(|row| &row[step]).collect() };
        let objective = evaluator.objective();
        perturbations
            .iter()
            .enumerate()
            .map(|(step, &perturbation)| {
                let evaluations = of_step(step);
                let pooled: Vec<Pooled<'_>> = evaluations
                    .iter()
                    .zip(&self.works)
                    .zip(&self.labels)
                    .filter_map(|((evaluation, work), &label)| {
                        Some(Pooled {
                            patch_map: evaluation.segmentation.map.clone(),
                            perturbation,
                            image_score: evaluation.segmentation.image_score,
                            mask: work.mask.as_ref()?,
                            label,
                        })
                    })
                    .collect();
                let metrics = category_metrics(objective, &pooled, &session.plan.metric)?;
                let losses: Vec<f64> = evaluations.iter().map(|evaluation| evaluation.loss).collect();
                Ok(Effect { metrics, mean_loss: askance::stats::mean(&losses).unwrap_or(f64::INFINITY) })
            })
            .collect()
    }
}
