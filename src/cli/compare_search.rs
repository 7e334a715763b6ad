//! `askance attack --compare-search`: one run for each strategy and budget, and the tables over them.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use serde::Deserialize;
use serde_json::json;

use askance::attack::{SearchChoice, Settings};
use askance::error::{Error, Result};
use askance::plot;
use askance::record::{
    RunDir, RunInfo, SampleRow, SearchRow, SearchTimeRow, Status, read_rows, write_atomic, write_rows,
};
use askance::report::{Cell, Table, score, search_tables, standings};
use askance::search::Kind;
use askance::types::{Attack, SampleKey};

use super::args::Global;
use super::interrupt;
use super::plan::{Plan, WorkPlan, execute};
use super::setup::{Data, out_dir};
use super::table::render;

/// The flags of a comparison.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// Compare search strategies on the joint attack: every one but exhaustive, or those listed. Each has a run of its own in
    /// OUT/STRATEGY-BUDGET
    #[arg(
        long,
        value_name = "LIST",
        num_args = 0..=1,
        default_missing_value = "all",
        conflicts_with_all = ["search", "attacks", "tolerance", "decision"]
    )]
    pub compare_search: Option<Strategies>,
    /// Budgets of --compare-search [default: that of --budget]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = super::args::positive,
        requires = "compare_search",
        conflicts_with = "budget"
    )]
    pub budgets: Vec<usize>,
    /// Run of --search exhaustive over the same data and models, whose losses are the reference; repeat it where each model has
    /// its own [default: the lowest loss that any strategy found]
    #[arg(long, value_name = "RUN", requires = "compare_search")]
    pub truth: Vec<PathBuf>,
    /// An external attack beside the strategies: a CSV with the columns model, category, sample, step and best_loss; repeat it
    /// for more
    #[arg(long, value_name = "NAME=FILE", requires = "compare_search")]
    pub rival: Vec<RivalFile>,
}

/// Strategies without repetition.
#[derive(Clone, Debug)]
pub struct Strategies(Vec<Kind>);

impl FromStr for Strategies {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "all" {
            return Ok(Self(Kind::ALL.into_iter().filter(|&kind| kind != Kind::Exhaustive).collect()));
        }
        let mut kinds: Vec<Kind> = Vec::new();
        for name in text.split(',') {
            let kind = name.trim().parse()?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Ok(Self(kinds))
    }
}

/// Where the steps of an external attack lie, and what it is called.
#[derive(Clone, Debug)]
pub struct RivalFile {
    name: String,
    path: PathBuf,
}

impl FromStr for RivalFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !path.is_empty() => {
                Ok(Self { name: name.to_owned(), path: path.into() })
            }
            _ => Err("give a name and a file, such as adam=steps.csv".to_owned()),
        }
    }
}

/// Makes or takes up every run, then writes and prints what they say.
pub fn run(global: &Global, plan: &Plan, args: &CompareArgs, Strategies(kinds): &Strategies) -> Result<()> {
    interrupt::listen()?;
    let mut budgets =
        if args.budgets.is_empty() { vec![plan.work.settings.budget] } else { args.budgets.clone() };
    budgets.sort_unstable();
    budgets.dedup();
    let truth: Vec<Truth> = args.truth.iter().map(|path| Truth::read(path)).collect::<Result<_>>()?;
    let rivals: Vec<Rival> = args.rival.iter().map(|file| Rival::read(file, kinds)).collect::<Result<_>>()?;
    let out = out_dir(plan.out.as_ref(), "compare-search", &Data::read(&plan.data)?.dataset);
    RunDir::create(&out)?;

    let mut rows: Vec<SearchRow> = Vec::new();
    let mut times = Times::open(&out)?;
    let mut runs: Vec<RunDir> = Vec::new();
    for &kind in kinds {
        for &budget in &budgets {
            let dir = out.join(format!("{kind}-{budget}"));
            if !global.quiet {
                eprintln!("{kind}, {budget} evaluations: {}", dir.display());
            }
            let mut done = execute(global, one(plan, kind, budget, dir))?;
            done.run.end(Status::Finished)?;
            if done.clock.evaluations > 0 {
                times.set(SearchTimeRow {
                    strategy: kind.to_string(),
                    budget,
                    search_seconds: done.clock.search.as_secs_f64(),
                    wall_seconds: done.wall.as_secs_f64(),
                })?;
            }
            let found = search_rows(&done.run.dir, kind, budget)?;
            if runs.is_empty() {
                truth.iter().try_for_each(|truth| truth.check(&done.run.dir, &found))?;
            }
            rows.extend(found);
            runs.push(done.run.dir);
        }
    }
    // Every strategy has the same samples.
    let samples: Vec<SearchRow> = rows
        .iter()
        .filter(|row| row.strategy == kinds[0].name() && row.budget == budgets[0])
        .cloned()
        .collect();
    for rival in &rivals {
        for &budget in &budgets {
            rows.extend(samples.iter().map(|row| rival.row(row, budget)).collect::<Result<Vec<_>>>()?);
        }
    }
    let losses: HashMap<SampleKey, f64> =
        truth.iter().flat_map(|truth| truth.losses.iter().map(|(key, &loss)| (key.clone(), loss))).collect();
    score(&mut rows, (!truth.is_empty()).then_some(&losses))?;
    write_rows(out.join("search.csv"), &rows)?;

    let standings = standings(&rows);
    let reference = if truth.is_empty() {
        "the lowest loss that any strategy found with any budget".to_owned()
    } else {
        let names: Vec<String> = truth
            .iter()
            .map(|truth| format!("the {} search of {}", truth.search, truth.dir.path().display()))
            .collect();
        names.join(", ")
    };
    let times: Vec<SearchTimeRow> = times
        .rows
        .into_iter()
        .filter(|row| kinds.iter().any(|kind| kind.name() == row.strategy) && budgets.contains(&row.budget))
        .collect();
    let tables = search_tables(&standings, &times, &reference);
    let markdown: Vec<String> = tables.iter().map(Table::to_markdown).collect();
    write_atomic(out.join("search.md"), markdown.join("\n").as_bytes())?;
    // The first run of the default strategy at the largest budget is the path over the landscape.
    runs.sort_by_key(|run| {
        !run.path().ends_with(format!("{}-{}", Kind::default(), budgets[budgets.len() - 1]))
    });
    runs.extend(truth.into_iter().map(|truth| truth.dir));
    let plots = plot::searches(&runs, &out.join("plots"))?;

    if global.json {
        let summary = json!({
            "out": out,
            "reference": reference,
            "standings": standings,
            "search_time": times,
            "plots": plots.written,
        });
        println!("{summary:#}");
        return Ok(());
    }
    for table in &tables {
        println!("{}\n", text(table));
    }
    println!("records and plots: {}", out.display());
    Ok(())
}

/// The plan of one strategy with one budget.
fn one(plan: &Plan, kind: Kind, budget: usize, out: PathBuf) -> Plan {
    let settings = Settings {
        attacks: vec![Attack::Clean, Attack::Joint],
        search: SearchChoice::Named(kind),
        budget,
        ..plan.work.settings.clone()
    };
    Plan {
        work: WorkPlan { settings, sweep: None, uniform: None, tolerance: None },
        out: Some(out),
        keep_traces: true,
        ..plan.clone()
    }
}

/// A table as aligned text under its title.
fn text(table: &Table) -> String {
    let header: Vec<&str> = table.header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(Cell::short).collect()).collect();
    let left = table.header.iter().position(|name| name == "strategy").map_or(1, |at| at + 1);
    format!("{}\n{}", table.title, render(&header, &rows, left))
}

/// Clean and joint loss of every sample of a finished run.
fn search_rows(dir: &RunDir, kind: Kind, budget: usize) -> Result<Vec<SearchRow>> {
    let rows: Vec<SampleRow> = read_rows(dir.samples_path())?;
    let clean: HashMap<SampleKey, f64> =
        rows.iter().filter(|row| row.attack == Attack::Clean).map(|row| (row.key(), row.loss)).collect();
    let joint = rows.iter().filter(|row| row.attack == Attack::Joint);
    let row = |row: &SampleRow| {
        Some(SearchRow {
            model: row.model.clone(),
            strategy: kind.to_string(),
            budget,
            category: row.category.clone(),
            sample: row.sample.clone(),
            clean: *clean.get(&row.key())?,
            loss: row.loss,
            reference: f64::NAN,
            share: f64::NAN,
            share_capped: f64::NAN,
            evaluations: row.evaluations,
            coarse: row.coarse,
        })
    };
    Ok(joint.filter_map(row).collect())
}

/// What the strategies are measured against.
struct Truth {
    dir: RunDir,
    search: String,
    clean: HashMap<SampleKey, f64>,
    losses: HashMap<SampleKey, f64>,
}

impl Truth {
    /// Settings that the truth must share with the runs; a key that one of them does not have is not compared.
    const SHARED: [&'static str; 7] = ["axes", "bounds", "perturb", "frame", "border", "loss", "select"];
    /// The truth may have been found on another machine or with another provider.
    const TOLERANCE: f64 = 1e-4;

    fn read(path: &Path) -> Result<Self> {
        let dir = RunDir::open(path)?;
        let rows: Vec<SampleRow> = read_rows(dir.samples_path())?;
        let of = |attack: Attack| rows.iter().filter(move |row| row.attack == attack);
        let losses = |attack| of(attack).map(|row| (row.key(), row.loss)).collect();
        let search = of(Attack::Joint).next().map(|row| row.search.clone()).ok_or_else(|| {
            Error::file(path, "holds no joint attack", "make it with --attacks joint --search exhaustive")
        })?;
        Ok(Self { search, clean: losses(Attack::Clean), losses: losses(Attack::Joint), dir })
    }

    /// Refuses a truth about something else.
    fn check(&self, run: &RunDir, rows: &[SearchRow]) -> Result<()> {
        let subject = format!("--truth {}", self.dir.path().display());
        let fix = "make it over the same data and models, with the same flags and --search exhaustive";
        let (there, here) = (RunInfo::read(self.dir.info_path())?, RunInfo::read(run.info_path())?);
        for name in Self::SHARED {
            if let (Some(there), Some(here)) = (there.settings.get(name), here.settings.get(name))
                && differ(there, here)
            {
                return Err(Error::usage(subject, format!("has another {name}: {there}, not {here}"), fix));
            }
        }
        for row in rows {
            let sample = row.key();
            match self.clean.get(&sample) {
                Some(clean) if (clean - row.clean).abs() > Self::TOLERANCE => {
                    let problem =
                        format!("has a clean loss of {clean} for {sample}, which is {} here", row.clean);
                    return Err(Error::usage(subject, problem, fix));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether two settings say different things; what only one of them says, an older version did not know.
fn differ(left: &toml::Value, right: &toml::Value) -> bool {
    match (left, right) {
        (toml::Value::Table(left), toml::Value::Table(right)) => {
            left.iter().any(|(key, value)| right.get(key).is_some_and(|other| differ(value, other)))
        }
        _ => left != right,
    }
}

/// Best losses of an external attack, step by step.
struct Rival {
    name: String,
    subject: String,
    steps: HashMap<SampleKey, Vec<(usize, f64)>>,
}

/// One line of an external attack; other columns are ignored.
#[derive(Deserialize)]
struct RivalStep {
    model: String,
    category: String,
    sample: String,
    step: usize,
    best_loss: f64,
}

impl Rival {
    fn read(file: &RivalFile, kinds: &[Kind]) -> Result<Self> {
        let RivalFile { name, path } = file;
        let subject = format!("--rival {name}={}", path.display());
        if kinds.iter().any(|kind| kind.name() == name) {
            return Err(Error::usage(subject, "has the name of a strategy", "call it something else"));
        }
        let unusable = |e: csv::Error| {
            let fix = "give a CSV with the columns model, category, sample, step and best_loss";
            Error::file(path, format!("cannot be read ({e})"), fix)
        };
        let mut steps: HashMap<SampleKey, Vec<(usize, f64)>> = HashMap::new();
        for line in csv::Reader::from_path(path).map_err(unusable)?.deserialize() {
            let RivalStep { model, category, sample, step, best_loss } = line.map_err(unusable)?;
            steps.entry(SampleKey { model, category, sample }).or_default().push((step, best_loss));
        }
        Ok(Self { name: name.clone(), subject, steps })
    }

    /// What it had found on a sample at the step that the budget allows.
    fn row(&self, sample: &SearchRow, budget: usize) -> Result<SearchRow> {
        let key = sample.key();
        let steps = self.steps.get(&key);
        let allowed = steps.into_iter().flatten().filter(|(step, _)| *step <= budget);
        let (step, loss) = allowed.max_by_key(|(step, _)| *step).copied().ok_or_else(|| {
            Error::usage(
                &self.subject,
                format!("has no step up to {budget} of {key}"),
                "run it over the same data and models, counting steps from 1",
            )
        })?;
        Ok(SearchRow {
            strategy: self.name.clone(),
            budget,
            loss,
            evaluations: step,
            coarse: 0,
            ..sample.clone()
        })
    }
}

/// `search_time.csv`: a run that is taken up finished has no time of its own any more.
struct Times {
    path: PathBuf,
    rows: Vec<SearchTimeRow>,
}

impl Times {
    fn open(out: &Path) -> Result<Self> {
        let path = out.join("search_time.csv");
        let rows = if path.is_file() { read_rows(&path)? } else { Vec::new() };
        Ok(Self { path, rows })
    }

    fn set(&mut self, row: SearchTimeRow) -> Result<()> {
        self.rows.retain(|old| (&old.strategy, old.budget) != (&row.strategy, row.budget));
        self.rows.push(row);
        write_rows(&self.path, &self.rows)
    }
}
