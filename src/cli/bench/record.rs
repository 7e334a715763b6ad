//! What a comparison leaves behind, while it runs.

use serde::Serialize;

use askance::bench::rounds::Measured;
use askance::bench::{Configuration, ran};
use askance::error::{Error, Result};
use askance::record::{
    BenchRow, CallRow, ConfigurationInfo, Journal, ProviderInfo, RunDir, RunInfo, RuntimeInfo, Status,
    compatible, to_table, utc_now, write_rows,
};

use super::super::commit::commit;
use super::BenchArgs;
use crate::cli::setup::{Data, command_line};

/// What decides the numbers, for `run.toml`.
#[derive(Serialize)]
struct Settings<'a> {
    command: &'static str,
    providers: Vec<String>,
    precisions: Vec<&'static str>,
    models: &'a [String],
    batches: &'a [usize],
    prompts: &'a str,
    stride: usize,
    threads: Option<usize>,
    strict_ep: bool,
    rounds: usize,
    calls: Option<usize>,
    warm_up: usize,
    limit: usize,
    budget: usize,
}

/// The folder and the files of a run.
pub struct Run {
    pub dir: RunDir,
    info: RunInfo,
    calls: Journal<CallRow>,
    /// When this start of it began.
    started: String,
}

impl Run {
    /// Makes the folder, and proves that it can be written to and holds nothing of another run.
    pub fn begin(args: &BenchArgs, configurations: &[Configuration]) -> Result<Self> {
        let dir = RunDir::create(&args.out)?;
        let mut precisions: Vec<&'static str> = Vec::new();
        for name in configurations.iter().map(Configuration::precision_name) {
            if !precisions.contains(&name) {
                precisions.push(name);
            }
        }
        let providers: Vec<String> = args.providers.iter().map(ToString::to_string).collect();
        let settings = Settings {
            command: "bench",
            providers: providers.clone(),
            precisions,
            models: &args.model,
            batches: &args.batch,
            prompts: &args.prompts,
            stride: args.stride,
            threads: args.threads,
            strict_ep: args.strict_ep,
            rounds: args.rounds,
            calls: args.calls,
            warm_up: args.warm_up,
            limit: args.limit,
            budget: args.budget,
        };
        let mut info = RunInfo::start(command_line(), commit(), args.seed, to_table(&settings)?);
        info.provider = ProviderInfo { requested: providers.join(","), ..ProviderInfo::default() };
        let calls = Journal::open(dir.calls_path())?.journal;
        Ok(Self { dir, info, calls, started: utc_now() })
    }

    /// Records the data; refuses to mix with a run of other settings or data.
    pub fn describe(&mut self, data: &Data, args: &BenchArgs) -> Result<()> {
        self.info.dataset = data.info();
        if self.dir.info_path().exists() {
            let old = RunInfo::read(self.dir.info_path())?;
            compatible(&old, &self.info)
                .map_err(|error| Error { subject: format!("--out {}", args.out.display()), ..error })?;
            self.info.started = old.started;
        }
        self.write_info()
    }

    /// Records what a configuration really runs with.
    pub fn started(&mut self, one: &Measured) -> Result<()> {
        let Some(ready) = &one.ready else { return Ok(()) };
        self.info.configurations.push(ConfigurationInfo {
            model: one.configuration.model.clone(),
            bundle_sha256: ready.model_hash.clone(),
            ran: ran(one).unwrap_or_default(),
            precision: ready.precision.clone(),
            batch: one.configuration.batch,
            timed: one.role != askance::bench::rounds::Role::Reference,
            runtime: RuntimeInfo {
                path: ready.runtime_library.clone(),
                version: ready.runtime_version.clone(),
            },
            options: to_table(&ready.options)?,
            placement: ready.placement.clone(),
        });
        self.write_info()
    }

    /// Keeps every timed call.
    pub fn called(&mut self, one: &Measured, round: usize, ms: &[f64]) -> Result<()> {
        for &ms in ms {
            self.calls.append(&CallRow {
                started: self.started.clone(),
                round,
                model: one.configuration.model.clone(),
                ran: ran(one).unwrap_or_default(),
                precision: one.configuration.precision_name().to_owned(),
                batch: one.configuration.batch,
                ms,
            })?;
        }
        Ok(())
    }

    /// Rewrites `bench.csv`.
    pub fn write_rows(&self, rows: &[BenchRow]) -> Result<()> {
        write_rows(self.dir.bench_path(), rows)
    }

    /// Records how it ended.
    pub fn end(&mut self, status: Status) -> Result<()> {
        self.info.status = status;
        self.write_info()
    }

    fn write_info(&self) -> Result<()> {
        self.info.write(self.dir.info_path())
    }
}
