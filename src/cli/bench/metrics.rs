//! Whether metrics and worst cases stay what they are: the product's own attack, once for each provider and precision.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use askance::bench::rounds::{Measured, Role};
use askance::bench::{Configuration, Knowledge, Metrics};
use askance::error::{Error, Result};
use askance::record::{SummaryRow, file_name, mean_rows, read_rows};
use askance::types::Attack;

use super::BenchArgs;
use super::record::Run;
use crate::cli::args::Global;
use crate::cli::setup::Data;
use crate::cli::{interrupt, progress};

/// Attacks with every provider and precision that ran, and keeps what came out in `known`. A run that is there is taken up.
/// Where nothing is compared with CPU fp32, nothing is done.
///
/// # Errors
/// The user wants to stop. What an attack fails at is kept as the reason.
pub fn compare(
    global: &Global,
    args: &BenchArgs,
    data: &Data,
    run: &Run,
    measured: &[&Measured],
    known: &mut Knowledge,
) -> Result<()> {
    let mut wanted: Vec<&Configuration> = Vec::new();
    for one in measured.iter().filter(|one| one.role != Role::Gemm && one.failure.is_none()) {
        if !wanted.iter().any(|other| other.is_reference(&one.configuration)) {
            wanted.push(&one.configuration);
        }
    }
    let alone = |one: &&Configuration| wanted.iter().filter(|other| other.model == one.model).count() < 2;
    let wanted: Vec<&Configuration> = wanted.iter().copied().filter(|one| !alone(one)).collect();
    let bar = progress::bar("bench: worst cases", wanted.len(), global.quiet);
    for one in wanted {
        let found = if data.dataset.is_labelled() {
            attack(global, args, data, one, &run.dir.path().join("metrics"))?
        } else {
            Err("the data have no ground truth".to_owned())
        };
        known.metrics.insert(one, found);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(())
}

/// One attack in a process of its own; the inner error is why there are no metrics.
fn attack(
    global: &Global,
    args: &BenchArgs,
    data: &Data,
    one: &Configuration,
    folder: &Path,
) -> Result<std::result::Result<Metrics, String>> {
    let (model, provider) = (file_name(&one.model), file_name(&one.provider.to_string()));
    let out = folder.join(format!("{model}_{provider}_{}", one.precision_name()));
    fs::create_dir_all(&out).map_err(|error| Error::file(&out, error, "give another --out"))?;
    let log = out.join("attack.log");
    let errors = File::create(&log).map_err(|error| Error::file(&log, error, "give another --out"))?;
    let mut child = command(global, args, data, one, &out)?
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(errors)
        .spawn()
        .map_err(|error| Error::file("askance attack", error, "check the number of processes"))?;
    let status = loop {
        if interrupt::requested() {
            // Its records survive that.
            let _ = child.kill();
            let _ = child.wait();
            return Err(Error::interrupted("bench"));
        }
        match child.try_wait() {
            Ok(None) => sleep(Duration::from_millis(20)),
            Ok(Some(status)) => break status,
            Err(error) => return Err(Error::file("askance attack", error, "give the same command again")),
        }
    };
    if !status.success() {
        let said = fs::read_to_string(&log).unwrap_or_default();
        return Ok(Err(format!("the attack failed ({status}): {}", said.trim())));
    }
    let summary: Vec<SummaryRow> = read_rows(out.join("summary.csv"))?;
    Ok(Ok(metrics(&mean_rows(&summary))))
}

fn command(
    global: &Global,
    args: &BenchArgs,
    data: &Data,
    one: &Configuration,
    out: &Path,
) -> Result<Command> {
    let program = std::env::current_exe().map_err(|error| {
        Error::file("askance", format!("does not find itself: {error}"), "start it by its path")
    })?;
    let mut command = Command::new(program);
    command.envs(one.environment());
    command.arg("attack").arg("--data").arg(&data.dataset.root).arg("--out").arg(out);
    let (layout, provider) = (data.dataset.layout.to_string(), one.provider.to_string());
    let batch = args.batch.iter().max().copied().unwrap_or(1);
    command.args(["--layout", &layout, "--model", &one.model, "--provider", &provider]);
    command.args(["--prompts", &args.prompts, "--attacks", "joint"]);
    for (name, number) in
        [("--limit", args.limit), ("--stride", args.stride), ("--budget", args.budget), ("--batch", batch)]
    {
        command.args([name, &number.to_string()]);
    }
    command.args(["--seed", &args.seed.to_string()]);
    command.args(args.category.iter().flat_map(|category| ["--category", category.as_str()]));
    command.args(one.precision.iter().flat_map(|precision| ["--precision", precision.name()]));
    command.args(args.threads.iter().flat_map(|threads| ["--threads".to_owned(), threads.to_string()]));
    if let Some(library) = &global.ort_lib {
        command.arg("--ort-lib").arg(library);
    }
    let switches = [("--offline", global.offline), ("--strict-ep", args.strict_ep), ("--quiet", true)];
    command.args(switches.iter().filter(|(_, on)| *on).map(|(name, _)| name));
    Ok(command)
}

fn metrics(means: &[SummaryRow]) -> Metrics {
    let of = |attack: Attack| means.iter().find(|row| row.attack == attack);
    let (clean, worst) = (of(Attack::Clean), of(Attack::Joint));
    Metrics {
        clean_pixel_auroc: clean.and_then(|row| row.metrics.pixel_auroc),
        clean_aupro: clean.and_then(|row| row.metrics.aupro),
        worst_pixel_auroc: worst.and_then(|row| row.metrics.pixel_auroc),
        worst_aupro: worst.and_then(|row| row.metrics.aupro),
    }
}
