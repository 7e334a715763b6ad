//! The folder of a comparison, written while it runs.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::configuration::{Configuration, names};
use super::plan::BenchPlan;
use super::rounds::{Measured, Role};
use super::rows::ran;
use crate::error::{Error, Result};
use crate::file::Lock;
use crate::record::{
    BenchRow, CallRow, ConfigurationInfo, DatasetInfo, Journal, Opened, ProviderInfo, RunDir, RunInfo,
    RuntimeInfo, Status, compatible, read_mended, to_table, utc_apart, write_rows,
};
use crate::stats::distinct;
use crate::types::Fitting;

/// The settings that decide the numbers, for `run.toml`.
#[derive(Serialize)]
struct Recorded<'a> {
    command: &'static str,
    providers: &'a [String],
    precisions: Vec<&'static str>,
    models: &'a [String],
    batches: &'a [usize],
    prompts: &'a str,
    stride: usize,
    fit: Option<Fitting>,
    threads: Option<usize>,
    strict_ep: bool,
    rounds: usize,
    calls: Option<usize>,
    warm_up: usize,
    limit: usize,
    budget: usize,
}

/// The folder of a comparison and its files.
pub struct Folder {
    /// The run's folder.
    pub dir: RunDir,
    _lock: Lock,
    info: RunInfo,
    calls: Journal<CallRow>,
    /// How records name the models.
    names: BTreeMap<String, String>,
    /// When this start of the comparison began.
    started: String,
}

impl Folder {
    /// Makes the folder, and proves that it can be written to.
    ///
    /// # Errors
    /// A file error when the folder cannot be made or written to.
    pub fn create(out: &Path, plan: &BenchPlan, configurations: &[Configuration]) -> Result<Self> {
        let dir = RunDir::create(out)?;
        let lock = dir.lock()?;
        let precisions = distinct(configurations.iter().map(Configuration::precision_name));
        let providers: Vec<String> = plan.providers.iter().map(ToString::to_string).collect();
        let settings = Recorded {
            command: "bench",
            providers: &providers,
            precisions,
            models: &plan.model,
            batches: &plan.batch,
            prompts: &plan.prompts,
            stride: plan.stride,
            fit: plan.fit,
            threads: plan.threads,
            strict_ep: plan.strict_ep,
            rounds: plan.rounds,
            calls: plan.calls,
            warm_up: plan.warm_up,
            limit: plan.limit,
            budget: plan.budget,
        };
        let mut info = RunInfo::start("", None, plan.seed, to_table(&settings)?);
        info.provider = ProviderInfo { requested: providers.join(","), ..ProviderInfo::default() };
        let Opened { journal: calls, rows, .. } = Journal::open(dir.calls_path())?;
        refuse_lost_record(&dir, &rows)?;
        let started = utc_apart(|time| rows.iter().any(|call| call.started == time));
        Ok(Self { dir, _lock: lock, info, calls, names: names(&plan.model), started })
    }

    /// Records the data and the command of the comparison; refuses a folder that holds one of other settings or data.
    ///
    /// # Errors
    /// A usage error that names the first difference.
    pub fn describe(&mut self, data: DatasetInfo, command: String, commit: Option<String>) -> Result<()> {
        (self.info.dataset, self.info.command, self.info.commit) = (data, command, commit);
        if self.dir.info_path().exists() {
            let (old, _) = read_mended(&self.dir.info_path())?;
            let subject = format!("`out = {}`", self.dir.path().display());
            compatible(&old, &self.info).map_err(|error| Error { subject, ..error })?;
            self.info.started = old.started;
        }
        self.write_info()
    }

    /// Records the library, options and precision that a configuration really runs with.
    ///
    /// # Errors
    /// A file error.
    pub fn started(&mut self, one: &Measured) -> Result<()> {
        let Some(ready) = &one.ready else { return Ok(()) };
        self.info.configurations.push(ConfigurationInfo {
            model: self.name(one),
            bundle_sha256: ready.model_hash.clone(),
            ran: ran(one).unwrap_or_default(),
            precision: ready.precision.clone(),
            batch: one.configuration.batch,
            timed: one.role != Role::Reference,
            runtime: RuntimeInfo {
                path: ready.runtime_library.clone(),
                version: ready.runtime_version.clone(),
            },
            options: to_table(&ready.options)?,
            placement: ready.placement.clone(),
        });
        self.write_info()
    }

    /// Records the timed calls of a configuration in one round.
    ///
    /// # Errors
    /// A file error.
    pub fn called(&mut self, one: &Measured, round: usize, ms: &[f64]) -> Result<()> {
        for &ms in ms {
            self.calls.append(&CallRow {
                started: self.started.clone(),
                round,
                model: self.name(one),
                ran: ran(one).unwrap_or_default(),
                precision: one.configuration.precision_name().to_owned(),
                batch: one.configuration.batch,
                ms,
            })?;
        }
        Ok(())
    }

    /// The model's name in records; a matrix product has its own.
    fn name(&self, one: &Measured) -> String {
        let model = &one.configuration.model;
        self.names.get(model).unwrap_or(model).clone()
    }

    /// Rewrites `bench.csv` with these rows.
    ///
    /// # Errors
    /// A file error.
    pub fn write_rows(&self, rows: &[BenchRow]) -> Result<()> {
        write_rows(self.dir.bench_path(), rows)
    }

    /// Records how the comparison ended.
    ///
    /// # Errors
    /// A file error.
    pub fn end(&mut self, status: Status) -> Result<()> {
        self.info.status = status;
        self.write_info()
    }

    fn write_info(&self) -> Result<()> {
        self.info.write(self.dir.info_path())
    }
}

/// Refuses times without `run.toml`, which would be mixed with those of other settings.
fn refuse_lost_record(dir: &RunDir, calls: &[CallRow]) -> Result<()> {
    if dir.info_path().exists() || (calls.is_empty() && !dir.bench_path().exists()) {
        return Ok(());
    }
    Err(Error::file(
        dir.path(),
        "holds times of a comparison but no run.toml, so that nobody knows what was measured",
        "restore run.toml, or give another `out`, or delete the folder to start over",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_without_the_record_of_their_comparison_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let dir = RunDir::create(folder.path()).unwrap();
        refuse_lost_record(&dir, &[]).unwrap();
        let call = CallRow {
            started: String::new(),
            round: 0,
            model: "m".into(),
            ran: "cpu".into(),
            precision: "fp32".into(),
            batch: 1,
            ms: 1.0,
        };
        assert!(refuse_lost_record(&dir, &[call]).unwrap_err().problem.contains("no run.toml"));
        write_rows::<BenchRow>(dir.bench_path(), &[]).unwrap();
        assert!(refuse_lost_record(&dir, &[]).is_err());
        RunInfo::start("", None, 0, toml::Table::new()).write(dir.info_path()).unwrap();
        refuse_lost_record(&dir, &[]).unwrap();
    }
}
