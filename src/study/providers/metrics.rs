//! Whether metrics and worst cases stay what they are: the product's own attack, once for each model, on the reference; its worst cases
//! replayed on every other provider and in every other precision, at the same points.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::Duration;

use super::program::{Order, Program, Task, spec};
use crate::bench::rounds::{Measured, Role};
use crate::bench::{BenchPlan, Configuration, Knowledge, ParityMetrics};
use crate::error::{Error, Result};
use crate::file;
use crate::record::{RunDir, SummaryRow, TransferRow, file_name, mean_rows, read_rows};
use crate::study::data::Source;
use crate::study::models::ModelSpec;
use crate::study::observe::{Observe, Stage};
use crate::study::plan::Plan;
use crate::types::{Attack, Over};

/// The attacks that compare the metrics.
pub(super) struct Attacks<'a> {
    pub plan: &'a BenchPlan,
    pub program: &'a Program,
    pub source: Source,
    /// Folder of their runs.
    pub folder: &'a Path,
    pub observe: &'a dyn Observe,
}

impl Attacks<'_> {
    /// Attacks with the reference of each model, replays what it found with every other provider and precision that ran, and keeps what
    /// came out in `known`. A run that is there is taken up. Where nothing is compared with CPU fp32, nothing is done.
    ///
    /// # Errors
    /// The user wants to stop. What an attack or a replay fails at is kept as the reason.
    pub fn compare(&self, masked: bool, measured: &[&Measured], known: &mut Knowledge) -> Result<()> {
        let wanted = wanted(measured);
        let stage = Stage::begin(self.observe, "bench: worst cases", wanted.len());
        let mut attacked: BTreeMap<&str, PathBuf> = BTreeMap::new();
        for one in wanted {
            let out = self.out(one);
            let found = if !masked {
                Err("the data have no masks".to_owned())
            } else if one.is_reference() {
                let done = self.work(one, self.attack(), &out)?;
                done.and_then(|()| said(attack_metrics(&out)))
            } else if let Some(run) = attacked.get(one.model.as_str()) {
                let done = self.work(one, Task::Replay { run: run.clone() }, &out)?;
                done.and_then(|()| said(replay_metrics(&out)))
            } else {
                Err("there are no worst cases to replay; the row of fp32 on the CPU tells why".to_owned())
            };
            if one.is_reference() && found.is_ok() {
                attacked.insert(&one.model, out);
            }
            known.metrics.insert(one, found);
            stage.advance(1.0);
        }
        stage.complete();
        Ok(())
    }

    /// Folder of what is found with one configuration.
    fn out(&self, one: &Configuration) -> PathBuf {
        let (model, provider) = (file_name(&one.model), file_name(&one.provider.to_string()));
        self.folder.join(format!("{model}_{provider}_{}", one.precision_name()))
    }

    fn attack(&self) -> Task {
        let plan = Plan::attack().attacks([Attack::Joint]).budget(self.plan.budget).seed(self.plan.seed);
        let plan = self.plan.fit.map_or_else(|| plan.clone(), |fit| plan.clone().fit(fit));
        Task::Attack { source: self.source.clone(), plan: Box::new(plan) }
    }

    /// One task in a process of its own; the inner error is why there are no metrics.
    fn work(&self, one: &Configuration, task: Task, out: &Path) -> Result<std::result::Result<(), String>> {
        fs::create_dir_all(out).map_err(|error| Error::file(out, error, "give another `out`"))?;
        let log = out.join("attack.log");
        file::refuse_irregular(&log)?;
        let errors = File::create(&log).map_err(|error| Error::file(&log, error, "give another `out`"))?;
        let mut child = Command::new(&self.program.path)
            .args(&self.program.study)
            .envs(one.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(errors)
            .spawn()
            .map_err(|error| Error::file("attack", error, "check the number of processes"))?;
        let what = if matches!(task, Task::Attack { .. }) { "attack" } else { "replay" };
        self.send(&mut child, one, task, out)?;
        let status = self.wait(&mut child)?;
        if !status.success() {
            let said = file::read(&log, "start again").unwrap_or_default();
            let said = String::from_utf8_lossy(&said);
            return Ok(Err(format!("the {what} failed ({status}): {}", said.trim())));
        }
        Ok(Ok(()))
    }

    fn send(&self, child: &mut Child, one: &Configuration, task: Task, out: &Path) -> Result<()> {
        let plan = self.plan;
        let order = Order {
            task,
            models: ModelSpec {
                prompts: Some(plan.prompts.clone()),
                stride: plan.stride,
                threads: plan.threads,
                strict_ep: plan.strict_ep,
                ..spec(one, plan.batch.iter().max().copied().unwrap_or(1))
            },
            out: out.to_owned(),
            ort_lib: plan.ort_lib.clone(),
            offline: plan.offline,
        };
        let text = serde_json::to_string(&order)
            .map_err(|error| Error::usage("bench", error, "report these settings"))?;
        let Some(mut input) = child.stdin.take() else { return Ok(()) };
        // A child that died before it read tells why in its log.
        let _ = input.write_all(text.as_bytes());
        Ok(())
    }

    fn wait(&self, child: &mut Child) -> Result<ExitStatus> {
        loop {
            if self.observe.stop() {
                // Its records survive that.
                let _ = child.kill();
                let _ = child.wait();
                return Err(Error::interrupted("bench"));
            }
            match child.try_wait() {
                Ok(None) => sleep(Duration::from_millis(20)),
                // A stop that reached the child too ends it.
                Ok(Some(_)) if self.observe.stop() => return Err(Error::interrupted("bench")),
                Ok(Some(status)) => return Ok(status),
                Err(error) => return Err(Error::file("attack", error, "give the same command again")),
            }
        }
    }
}

/// A configuration for each model, provider and precision that ran, of models that have two of them; references first.
fn wanted<'m>(measured: &[&'m Measured]) -> Vec<&'m Configuration> {
    let mut wanted: Vec<&Configuration> = Vec::new();
    for one in measured.iter().filter(|one| one.role != Role::Gemm && one.failure.is_none()) {
        if !wanted.iter().any(|other| other.agrees_but_for_batch(&one.configuration)) {
            wanted.push(&one.configuration);
        }
    }
    let several = |one: &Configuration| wanted.iter().filter(|other| other.model == one.model).count() > 1;
    let mut wanted: Vec<&Configuration> = wanted.iter().copied().filter(|one| several(one)).collect();
    wanted.sort_by_key(|one| !one.is_reference());
    wanted
}

fn said<T>(result: Result<T>) -> std::result::Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn attack_metrics(out: &Path) -> Result<ParityMetrics> {
    let summary: Vec<SummaryRow> = read_rows(RunDir::open(out)?.summary_path())?;
    let means = mean_rows(&summary);
    let of = |attack: Attack| means.iter().find(|row| row.attack == attack).map(|row| row.metrics);
    let (clean, worst) = (of(Attack::Clean), of(Attack::Joint));
    Ok(ParityMetrics {
        clean_pixel_auroc: clean.and_then(|metrics| metrics.pixel_auroc),
        clean_aupro: clean.and_then(|metrics| metrics.aupro),
        worst_pixel_auroc: worst.and_then(|metrics| metrics.pixel_auroc),
        worst_aupro: worst.and_then(|metrics| metrics.aupro),
    })
}

fn replay_metrics(out: &Path) -> Result<ParityMetrics> {
    let rows: Vec<TransferRow> = read_rows(out.join("transfer.csv"))?;
    let mean = rows.iter().find(|row| row.over == Over::Mean && row.attack == Attack::Joint);
    Ok(mean.map_or_else(ParityMetrics::default, |row| ParityMetrics {
        clean_pixel_auroc: row.clean_pixel_auroc,
        clean_aupro: row.clean_aupro,
        worst_pixel_auroc: row.pixel_auroc,
        worst_aupro: row.aupro,
    }))
}
