//! An attack that is repeated with other seeds: how much the search itself varies.

use std::path::{Path, PathBuf};

use super::checked::refused_with_shard;
use super::data::Data;
use super::figures::{Figures, draw};
use super::models::Models;
use super::observe::Observe;
use super::plan::{Command, Plan};
use super::session::stopped_in;
use crate::error::{Error, Result};
use crate::record::{RunDir, SeedRow, seed_rows, write_rows};
use crate::report::{Table, seed_tables};

/// With how many seeds an attack is made: that of the plan and those that follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// Number of seeds.
    pub count: usize,
}

/// An attack that was made with each seed. Its rows are in `seeds.csv`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Seeded {
    /// The folder.
    pub out: PathBuf,
    /// The run of each seed, in `seed-<seed>`.
    pub runs: Vec<RunDir>,
    /// The spread of each row of `summary.csv`.
    pub rows: Vec<SeedRow>,
    /// The same as tables.
    pub tables: Vec<Table>,
    /// The figures over all seeds.
    pub figures: Figures,
}

impl Seeds {
    /// Refuses what would fail after a model was loaded.
    ///
    /// # Errors
    /// A usage error that names the setting.
    pub fn check(&self, plan: &Plan, data: &Data) -> Result<()> {
        if plan.shard.is_some() {
            return Err(refused_with_shard("`seeds`"));
        }
        for (_, plan) in self.plans(plan)? {
            plan.check()?.suits(data)?;
        }
        Ok(())
    }

    /// The plan with each seed.
    fn plans(&self, plan: &Plan) -> Result<Vec<(u64, Plan)>> {
        let first = plan.clone().check()?;
        if first.command() != Command::Attack || self.count == 0 {
            let problem = "repeats an attack with one seed or more, and nothing else";
            return Err(Error::setting(
                "seeds",
                self.count,
                problem,
                "give a number above 0, with an attack",
            ));
        }
        let seed = first.settings().seed;
        let seeds = (0..self.count as u64).map(|step| {
            let seed = seed.checked_add(step).ok_or_else(|| {
                Error::setting("seed", seed, "leaves no room for those that follow", "give a smaller one")
            })?;
            Ok((seed, plan.clone().seed(seed)))
        });
        seeds.collect()
    }

    /// Makes or takes up the run of each seed in a folder of its own in `out`, each a run like any other, then writes how far they
    /// lie apart.
    ///
    /// # Errors
    /// Those of [`Self::check`] and [`Checked::run`](super::Checked::run).
    pub fn run(
        &self,
        plan: &Plan,
        out: impl AsRef<Path>,
        data: &Data,
        models: &mut Models,
        observe: &dyn Observe,
    ) -> Result<Seeded> {
        let out = out.as_ref();
        self.check(plan, data)?;
        let _lock = RunDir::create(out)?.lock()?;
        let (mut runs, mut summaries) = (Vec::new(), Vec::new());
        for (seed, plan) in self.plans(plan)? {
            let dir = out.join(format!("seed-{seed}"));
            let run = format!("seed {seed}");
            observe.begin_run(&format!("{run}: {}", dir.display()));
            let outcome = plan.check()?.run(&dir, data, models, observe);
            let outcome = outcome.map_err(|error| stopped_in(&run, error))?;
            draw(std::slice::from_ref(&outcome.dir), &outcome.dir.plots())?;
            summaries.push(outcome.summary);
            runs.push(outcome.dir);
        }
        let rows = seed_rows(&summaries);
        write_rows(out.join("seeds.csv"), &rows)?;
        let figures = draw(&runs, &out.join("plots"))?;
        Ok(Seeded { out: out.to_owned(), runs, tables: seed_tables(&rows), rows, figures })
    }
}
