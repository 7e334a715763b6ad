//! Search strategies compared on the joint attack: one run for each strategy and budget, and the tables over them.

mod metrics;
mod rival;
mod times;
mod truth;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use rival::RivalFile;

use super::checked::refused_with_shard;
use super::data::Data;
use super::figures::{Figures, draw_searches};
use super::models::Models;
use super::observe::Observe;
use super::plan::Plan;
use super::session::stopped_in;
use crate::attack::SearchChoice;
use crate::error::{Error, Result};
use crate::file;
use crate::record::{
    RunDir, SampleRow, SearchMetricRow, SearchRow, SearchTimeRow, file_name, read_candidates, read_rows,
    write_atomic, write_rows,
};
use crate::report::{Standing, Table, score, search_tables, standings};
use crate::search::Kind;
use crate::stats::distinct;
use crate::types::{Attack, SampleKey, counted};
use metrics::metric_rows;
use rival::Rival;
use times::Times;
use truth::Truth;

/// Which strategies are compared with which budgets, and with what.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The strategies; the first is that whose path is drawn where the default one is not among them.
    pub strategies: Vec<SearchChoice>,
    /// Model evaluations per sample; each strategy has a run with each of them.
    pub budgets: Vec<usize>,
    /// Runs of the exhaustive search over the same data and models, whose losses are the reference; the lowest loss that any
    /// strategy found where there are none.
    pub truth: Vec<PathBuf>,
    /// External attacks beside the strategies.
    pub rivals: Vec<RivalFile>,
}

/// A comparison that was made. Its rows are in `search.csv`, its tables in `search.md`.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Compared {
    /// The folder.
    pub out: PathBuf,
    /// What losses are measured against, in words.
    pub reference: String,
    /// How each strategy did with each budget.
    pub standings: Vec<Standing>,
    /// What the pooled metrics came to; nothing where they are not defined.
    pub metrics: Vec<SearchMetricRow>,
    /// What each run took.
    pub search_time: Vec<SearchTimeRow>,
    /// The same as tables.
    #[serde(skip)]
    pub tables: Vec<Table>,
    /// The figures.
    #[serde(skip)]
    pub figures: Figures,
}

impl Comparison {
    /// Every built-in strategy but the exhaustive one, which wants thousands of evaluations.
    pub fn all() -> Vec<SearchChoice> {
        Kind::ALL.into_iter().filter(|&kind| kind != Kind::Exhaustive).map(SearchChoice::Named).collect()
    }

    /// Refuses what would fail after a model was loaded: strategies and budgets that make no plan, truths and rivals that cannot be read,
    /// data that do not suit.
    ///
    /// # Errors
    /// A usage error that names the setting; a file error that names the truth or rival.
    pub fn check(&self, plan: &Plan, data: &Data) -> Result<()> {
        self.in_order()?.read(plan, data).map(drop)
    }

    fn read(&self, plan: &Plan, data: &Data) -> Result<(Vec<Truth>, Vec<Rival>)> {
        if plan.shard.is_some() {
            return Err(refused_with_shard("`compare_search`"));
        }
        for (search, budget) in self.each() {
            one(plan, search, budget).check()?.suits(data)?;
        }
        let truth = self.truth.iter().map(|path| Truth::read(path)).collect::<Result<_>>()?;
        let rivals =
            self.rivals.iter().map(|file| Rival::read(file, &self.strategies)).collect::<Result<_>>()?;
        Ok((truth, rivals))
    }

    /// Makes or takes up every run in a folder of its own in `out`, then writes what they say together. `plan` says what is
    /// attacked; its attacks, search and budget are those of the comparison.
    ///
    /// # Errors
    /// A truth or rival that is about something else; those of [`Checked::run`](super::Checked::run).
    pub fn run(
        &self,
        plan: &Plan,
        out: impl AsRef<Path>,
        data: &Data,
        models: &mut Models,
        observe: &dyn Observe,
    ) -> Result<Compared> {
        let (this, out) = (self.in_order()?, out.as_ref());
        let (truth, rivals) = this.read(plan, data)?;
        let _lock = RunDir::create(out)?.lock()?;
        let mut times = Times::open(out)?;
        let (mut rows, mut runs) = (Vec::new(), Vec::new());
        for (search, budget) in this.each() {
            let dir = out.join(file_name(&format!("{search}-{budget}")));
            let evaluations = counted(budget, "evaluation", "evaluations");
            let run = format!("{search}, {evaluations}");
            observe.begin_run(&format!("{run}: {}", dir.display()));
            let outcome = one(plan, search, budget).check()?.run(&dir, data, models, observe);
            let outcome = outcome.map_err(|error| stopped_in(&run, error))?;
            times.keep(&outcome, search, budget)?;
            let found = search_rows(&outcome.dir, search, budget)?;
            if runs.is_empty() {
                truth.iter().try_for_each(|truth| truth.check(&outcome.dir, &found))?;
            }
            rows.extend(found);
            runs.push(outcome.dir);
        }
        this.add_rivals(&rivals, &mut rows)?;
        let losses: HashMap<SampleKey, f64> = truth.iter().flat_map(Truth::losses).collect();
        score(&mut rows, (!truth.is_empty()).then_some(&losses))?;
        write_rows(out.join("search.csv"), &rows)?;
        this.conclude(out, &rows, times, truth, runs)
    }

    /// Strategies and budgets without repetition, the budgets in order.
    fn in_order(&self) -> Result<Self> {
        let mut this = self.clone();
        this.strategies = distinct(this.strategies);
        this.budgets.sort_unstable();
        this.budgets.dedup();
        match (this.strategies.is_empty(), this.budgets.is_empty()) {
            (false, false) => Ok(this),
            (true, _) => Err(Error::usage("`compare_search`", "names no strategy", "name one")),
            (_, true) => Err(Error::usage("`budgets`", "names no budget", "name one")),
        }
    }

    fn each(&self) -> impl Iterator<Item = (SearchChoice, usize)> {
        let budgets = |&search: &SearchChoice| self.budgets.iter().map(move |&budget| (search, budget));
        self.strategies.iter().flat_map(budgets)
    }

    /// Every strategy has the same samples, and so has a rival.
    fn add_rivals(&self, rivals: &[Rival], rows: &mut Vec<SearchRow>) -> Result<()> {
        let (search, budget) = (self.strategies[0].to_string(), self.budgets[0]);
        let samples: Vec<SearchRow> =
            rows.iter().filter(|row| row.strategy == search && row.budget == budget).cloned().collect();
        for rival in rivals {
            for &budget in &self.budgets {
                rows.extend(samples.iter().map(|row| rival.row(row, budget)).collect::<Result<Vec<_>>>()?);
            }
        }
        Ok(())
    }

    fn conclude(
        &self,
        out: &Path,
        rows: &[SearchRow],
        times: Times,
        truth: Vec<Truth>,
        mut runs: Vec<RunDir>,
    ) -> Result<Compared> {
        let standings = standings(rows);
        let reference = if truth.is_empty() {
            "the lowest loss that any strategy found with any budget".to_owned()
        } else {
            truth.iter().map(Truth::description).collect::<Vec<_>>().join(", ")
        };
        let each: Vec<(String, usize)> =
            self.each().map(|(search, budget)| (search.to_string(), budget)).collect();
        let named = runs.iter().zip(&each).map(|(dir, (search, budget))| (dir, search.as_str(), *budget));
        let metrics = metric_rows(&named.collect::<Vec<_>>(), &truth)?;
        write_rows(out.join("search_metrics.csv"), &metrics)?;
        let search_time = times.of(&each);
        let tables = search_tables(&standings, &metrics, &search_time, &reference);
        let markdown: Vec<String> = tables.iter().map(Table::to_markdown).collect();
        write_atomic(out.join("search.md"), markdown.join("\n").as_bytes())?;
        // The first run of the default strategy at the largest budget is the path over the landscape.
        let shown = format!("{}-{}", Kind::default(), self.budgets[self.budgets.len() - 1]);
        runs.sort_by_key(|run| !run.path().ends_with(&shown));
        runs.extend(truth.into_iter().map(|truth| truth.dir));
        let figures = draw_searches(&runs, &out.join("plots"))?;
        Ok(Compared { out: out.to_owned(), reference, standings, metrics, search_time, tables, figures })
    }
}

/// The plan of one strategy with one budget.
fn one(plan: &Plan, search: SearchChoice, budget: usize) -> Plan {
    let mut one = plan.clone().attacks([Attack::Clean, Attack::Joint]).search(search).budget(budget);
    (one.sweep, one.uniform, one.random) = (None, None, None);
    (one.tolerance, one.tolerance_steps, one.decision) = (None, None, None);
    one.keep_traces = true;
    one
}

/// Clean and joint loss of every sample of a finished run.
fn search_rows(dir: &RunDir, search: SearchChoice, budget: usize) -> Result<Vec<SearchRow>> {
    let rows: Vec<SampleRow> = read_rows(dir.samples_path())?;
    let clean: HashMap<SampleKey, f64> =
        rows.iter().filter(|row| row.attack == Attack::Clean).map(|row| (row.key(), row.loss)).collect();
    let mut found = Vec::new();
    for row in rows.iter().filter(|row| row.attack == Attack::Joint) {
        let Some(&clean) = clean.get(&row.key()) else { continue };
        found.push(SearchRow {
            model: row.model.clone(),
            strategy: search.to_string(),
            budget,
            category: row.category.clone(),
            sample: row.sample.clone(),
            clean,
            loss: lowest_loss(dir, row)?,
            reference: f64::NAN,
            share: f64::NAN,
            share_capped: f64::NAN,
            evaluations: row.evaluations,
            coarse: row.coarse,
        });
    }
    Ok(found)
}

/// The lowest loss that a search found, which need not be that of the candidate that was chosen by a metric.
fn lowest_loss(dir: &RunDir, row: &SampleRow) -> Result<f64> {
    let path = dir.candidates_path(&row.model, &row.id()?, row.attack);
    if !file::is_there(&path) {
        return Ok(row.loss);
    }
    let losses = read_candidates(&path)?.into_iter().map(|candidate| candidate.loss);
    Ok(losses.fold(f64::INFINITY, f64::min))
}
