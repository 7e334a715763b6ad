//! The worst perturbation that all samples share, of each category or of the whole data set, journalled row by row.

use std::collections::HashSet;

use rayon::prelude::*;

use super::belonging::Belonging;
use super::plan::{Scope, Uniform};
use super::run::Run;
use super::session::Session;
use crate::attack::{
    Clock, Effect, Evaluation, Evaluator, Objective, PooledSample, UniformCase, Work, category_metrics,
    uniform, worst_uniform,
};
use crate::dataset::{self, Category, Sample};
use crate::error::Result;
use crate::model::Segmenter;
use crate::record::{
    Journal, Opened, Parameters, SampleRow, SummaryRow, UniformRow, uniform_means, write_rows,
};
use crate::stats;
use crate::types::{Attack, Label, Metrics, Over, Perturbation, SampleKey};

/// SharedSearches what has no row yet and writes `uniform.csv`, the means last.
pub(super) fn search(
    session: &Session<'_>,
    plan: &Uniform,
    models: &mut [Box<dyn Segmenter>],
    run: &mut Run,
    samples: &[SampleRow],
    summary: &[SummaryRow],
) -> Result<(Vec<UniformRow>, Clock)> {
    let (mut journal, mut rows) = take_up(session, plan, run)?;
    let mut clock = Clock::default();
    for model in models.iter_mut() {
        let (size, name) = (model.input_size(), model.name().to_owned());
        model.prepare(&session.data.categories())?;
        let objective = Objective::new(session.settings, size);
        let searches = SharedSearches {
            session,
            plan,
            model: &name,
            categories: members(session, &name, samples),
            clean: summary.iter().filter(|row| row.model == name && row.attack == Attack::Clean).collect(),
        };
        let mut evaluator = Evaluator::new(model.as_mut(), objective, run.batch(&name));
        searches.run(&mut evaluator, &mut journal, &mut rows)?;
        clock = clock + evaluator.clock();
        run.keep_batch(&name, evaluator.batch(), session.observe)?;
    }
    // The file is written whole, through another name: its lock would go with the old one.
    drop(journal);
    rows.extend(uniform_means(&rows));
    write_rows(run.dir.uniform_path(), &rows)?;
    Ok((rows, clock))
}

/// Opens the journal and leaves the means out that a finished run wrote.
fn take_up(
    session: &Session<'_>,
    plan: &Uniform,
    run: &Run,
) -> Result<(Journal<UniformRow>, Vec<UniformRow>)> {
    let belonging = Belonging::new(session.settings, &session.data.dataset, run.model_infos());
    let check = |row: &UniformRow| belonging.uniform(row, plan);
    let searched = |rows: &[&UniformRow]| rows.iter().all(|row| row.over != Over::Mean);
    let over = |row: &UniformRow| row.over.clone();
    let Opened { journal, rows, .. } = Journal::take_up(run.dir.uniform_path(), over, searched, check)?;
    Ok((journal, rows))
}

/// The samples of each category that the run has rows of; others could not be read and were left out.
fn members<'d>(
    session: &Session<'d>,
    model: &str,
    rows: &[SampleRow],
) -> Vec<(&'d Category, Vec<&'d Sample>)> {
    let known: HashSet<SampleKey> =
        rows.iter().filter(|row| row.attack == Attack::Clean).map(SampleRow::key).collect();
    let there = |sample: &&Sample| known.contains(&SampleKey::new(model, &sample.id));
    let categories = session.data.dataset.categories.iter();
    categories
        .map(|category| (category, category.samples.iter().filter(there).collect::<Vec<_>>()))
        .filter(|(_, samples)| !samples.is_empty())
        .collect()
}

/// The searches with one model.
struct SharedSearches<'a> {
    session: &'a Session<'a>,
    plan: &'a Uniform,
    model: &'a str,
    categories: Vec<(&'a Category, Vec<&'a Sample>)>,
    /// Summary rows of the unchanged pictures, means included.
    clean: Vec<&'a SummaryRow>,
}

/// One set of samples that share a perturbation.
struct Members<'a> {
    /// What its rows are over.
    over: Over,
    /// Which row of the summary has its clean metrics.
    clean: Over,
    /// Name that seeds its searches.
    seed: &'a str,
    categories: &'a [(&'a Category, Vec<&'a Sample>)],
}

impl Members<'_> {
    fn samples(&self) -> usize {
        self.categories.iter().map(|(_, samples)| samples.len()).sum()
    }
}

impl SharedSearches<'_> {
    fn run(
        &self,
        evaluator: &mut Evaluator<'_>,
        journal: &mut Journal<UniformRow>,
        rows: &mut Vec<UniformRow>,
    ) -> Result<()> {
        let attacks = self.session.settings.attacks.len() - 1;
        let samples: usize = self.categories.iter().map(|(_, samples)| samples.len()).sum();
        let total = samples * (self.plan.budget - 1) * attacks * self.plan.scopes.len();
        let stage = self.session.stage("uniform", self.model, total);
        let tick = |cost: f64| stage.advance(cost);
        for members in self.plan.scopes.iter().flat_map(|scope| self.members(*scope)) {
            self.search(&members, evaluator, journal, rows, &tick)?;
        }
        stage.complete();
        Ok(())
    }

    fn members(&self, scope: Scope) -> Vec<Members<'_>> {
        match scope {
            Scope::Category => {
                let one = |one: &'_ (&Category, Vec<&Sample>)| Over::Category(one.0.name.clone());
                self.categories
                    .iter()
                    .map(|category| Members {
                        over: one(category),
                        clean: one(category),
                        seed: &category.0.name,
                        categories: std::slice::from_ref(category),
                    })
                    .collect()
            }
            Scope::Dataset => vec![Members {
                over: Over::All,
                clean: Over::Mean,
                seed: "all",
                categories: &self.categories,
            }],
        }
    }

    /// Every attack on one set of samples.
    fn search(
        &self,
        members: &Members<'_>,
        evaluator: &mut Evaluator<'_>,
        journal: &mut Journal<UniformRow>,
        rows: &mut Vec<UniformRow>,
        tick: &dyn Fn(f64),
    ) -> Result<()> {
        let mut known: Vec<UniformCase> = Vec::new();
        let mut pictures = None;
        for &attack in &self.session.settings.attacks {
            let done = rows
                .iter()
                .find(|row| row.model == self.model && row.over == members.over && row.attack == attack);
            if let Some(row) = done {
                known.push(case_of(row));
                if attack != Attack::Clean {
                    tick((members.samples() * (self.plan.budget - 1)) as f64);
                }
                continue;
            }
            let case = if attack == Attack::Clean {
                let clean = self.clean.iter().find(|row| row.over == members.clean);
                let Some(row) = clean else { return Ok(()) };
                let effect = effect_of(row.metrics, row.mean_loss);
                UniformCase { attack, perturbation: Perturbation::IDENTITY, effect, evaluated: 1 }
            } else {
                let mut evaluate = |perturbations: &[Perturbation]| {
                    self.effects(members, &mut pictures, evaluator, perturbations, tick)
                };
                let goal = (self.plan.metric, self.plan.budget);
                let case =
                    worst_uniform(self.session.settings, goal, attack, members.seed, &known, &mut evaluate)?;
                // What the search did not need.
                tick((members.samples() * self.plan.budget.saturating_sub(case.evaluated)) as f64);
                case
            };
            let row = self.row(members, &case);
            journal.append(&row)?;
            rows.push(row);
            known.push(case);
        }
        Ok(())
    }

    /// The mean over the members' categories of what each perturbation does. The pictures of a single category stay in memory; of
    /// several only those of the one that is under way.
    fn effects(
        &self,
        members: &Members<'_>,
        kept: &mut Option<Pictures>,
        evaluator: &mut Evaluator<'_>,
        perturbations: &[Perturbation],
        tick: &dyn Fn(f64),
    ) -> Result<Vec<Effect>> {
        let mut effects = vec![Vec::new(); perturbations.len()];
        for (_, samples) in members.categories {
            let pictures = match kept.take() {
                Some(pictures) => pictures,
                None => Pictures::load(samples, evaluator.objective().size())?,
            };
            let found = pictures.effects(self.session, evaluator, perturbations, tick)?;
            effects.iter_mut().zip(found).for_each(|(effects, effect)| effects.push(effect));
            *kept = (members.categories.len() == 1).then_some(pictures);
        }
        Ok(effects.iter().filter_map(|effects| Effect::mean(effects)).collect())
    }

    fn row(&self, members: &Members<'_>, case: &UniformCase) -> UniformRow {
        let settings = self.session.settings;
        let samples = members.samples();
        UniformRow {
            model: self.model.to_owned(),
            dataset: self.session.data.dataset.name.clone(),
            over: members.over.clone(),
            attack: case.attack,
            parameters: Parameters::new(&case.perturbation, &settings.all_axes()),
            search: settings.strategy_of(case.attack).to_owned(),
            budget: if case.attack == Attack::Clean { 1 } else { self.plan.budget },
            samples,
            evaluations: case.evaluated * samples,
            metrics: case.effect.metrics,
            mean_loss: Some(case.effect.mean_loss).filter(|loss| loss.is_finite()),
        }
    }
}

/// What a row says was found. Numbers in files read back as they were.
fn case_of(row: &UniformRow) -> UniformCase {
    UniformCase {
        attack: row.attack,
        perturbation: row.perturbation(),
        effect: effect_of(row.metrics, row.mean_loss),
        evaluated: row.evaluations / row.samples,
    }
}

fn effect_of(metrics: Metrics, mean_loss: Option<f64>) -> Effect {
    Effect { metrics, mean_loss: mean_loss.unwrap_or(f64::INFINITY) }
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
        tick: &dyn Fn(f64),
    ) -> Result<Vec<Effect>> {
        let works: Vec<&Work> = self.works.iter().collect();
        let mut evaluations: Vec<Vec<Evaluation>> = Vec::with_capacity(works.len());
        let mut done = |_, of_sample| {
            evaluations.push(of_sample);
            Ok(())
        };
        uniform(evaluator, &works, perturbations, &mut done, &|| session.observe.stop(), tick)?;
        let objective = evaluator.objective();
        perturbations
            .iter()
            .enumerate()
            .map(|(step, &perturbation)| {
                let of_step: Vec<&Evaluation> = evaluations.iter().map(|row| &row[step]).collect();
                let metrics =
                    category_metrics(objective, &self.pooled(&of_step, perturbation), session.metric)?;
                let losses: Vec<f64> = of_step.iter().map(|evaluation| evaluation.loss).collect();
                Ok(Effect { metrics, mean_loss: stats::mean(&losses).unwrap_or(f64::INFINITY) })
            })
            .collect()
    }

    fn pooled(&self, evaluations: &[&Evaluation], perturbation: Perturbation) -> Vec<PooledSample<'_>> {
        let samples = evaluations.iter().zip(&self.works).zip(&self.labels);
        samples
            .filter_map(|((evaluation, work), &label)| {
                Some(PooledSample {
                    patch_map: evaluation.segmentation.map.clone(),
                    perturbation,
                    image_score: evaluation.segmentation.image_score,
                    mask: work.mask.as_ref()?,
                    label,
                })
            })
            .collect()
    }
}
