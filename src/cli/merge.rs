//! `askance merge`: the shards of one run become the run, without the model.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use askance::attack::Settings;
use askance::dataset::{self, Dataset, Sample, Selection};
use askance::error::{Error, Result};
use askance::metric::MetricOptions;
use askance::record::{
    RunDir, RunInfo, SampleRow, Status, compatible, read_rows, unite, write_atomic, write_rows,
};

use super::args::{DataArgs, Global, MergeArgs, ModelArgs};
use super::plan::{Done, Plan, Session, WorkPlan};
use super::setup::{Data, Run};
use super::{output, summary};

/// Puts records and maps together, pools the metrics of all samples and draws the plots.
pub fn run(global: &Global, args: &MergeArgs) -> Result<()> {
    let shards: Vec<RunDir> = args.shards.iter().map(RunDir::open).collect::<Result<_>>()?;
    let mut infos = Vec::with_capacity(shards.len());
    for shard in &shards {
        infos.push((shard.path().display().to_string(), RunInfo::read(shard.info_path())?));
    }
    let mut info = unite(&infos)?;
    info.command = std::env::args().collect::<Vec<_>>().join(" ");
    info.status = Status::Running;
    let settings: Settings = read_settings(&info.settings)?;
    let metric: Option<MetricOptions> = info.settings.get("metric").cloned().map(read_value).transpose()?;
    let data = open_data(&info, args.data.as_deref())?;
    let sizes: Vec<(String, usize)> = info
        .models
        .iter()
        .map(|model| Ok((model.name.clone(), model.input_size.ok_or_else(|| without_size(&model.name))?)))
        .collect::<Result<_>>()?;

    let dir = RunDir::create(&args.out)?;
    refuse_other_run(&dir, &info)?;
    let rows = gather(&data.dataset, &settings, &sizes, &shards, &dir)?;
    require_same_data(&data.dataset, &info, &rows)?;
    write_rows(dir.samples_path(), &rows)?;
    let run = Run::with(dir, info)?;

    let work = WorkPlan { settings, sweep: None, tolerance: None, uniform: None };
    let plan = Plan {
        command: "merge",
        data: DataArgs::of(data.dataset.root.clone()),
        model: ModelArgs::default(),
        metric: metric.unwrap_or_default(),
        work,
        shard: None,
        out: Some(args.out.clone()),
        save_maps: args.save_maps,
        keep_traces: false,
        loss_given: false,
        decision: None,
    };
    let session = Session { plan: &plan, data: &data, quiet: global.quiet };
    let sizes: Vec<(&str, usize)> = sizes.iter().map(|(model, size)| (model.as_str(), *size)).collect();
    let summary = summary::write(&session, &run, &sizes, &rows)?;
    let mut done = Done::of(run, summary);
    let plots = output::draw(&done.run.dir)?;
    done.run.end(Status::Finished)?;
    output::report(global, &done, &plots)
}

/// A merge that was stopped may be made again; any other run stays as it is.
fn refuse_other_run(dir: &RunDir, info: &RunInfo) -> Result<()> {
    if !dir.info_path().exists() {
        return Ok(());
    }
    let old = RunInfo::read(dir.info_path())?;
    if old.status == Status::Finished {
        let fix = "give a folder that does not exist yet";
        return Err(Error::usage(dir.path().display().to_string(), "holds a run already", fix));
    }
    compatible(&old, info)
}

/// Masks are read anew, and must be those that the shards saw. What a run has skipped is no part of its rows, so that nothing can
/// be said where anything was.
fn require_same_data(dataset: &Dataset, info: &RunInfo, rows: &[SampleRow]) -> Result<()> {
    let seen: HashSet<(&str, &str)> =
        rows.iter().map(|row| (row.category.as_str(), row.sample.as_str())).collect();
    let mut found = dataset.clone();
    for category in &mut found.categories {
        category.samples.retain(|sample| {
            seen.contains(&(sample.id.category.as_str(), sample.id.within_category().as_str()))
        });
    }
    if info.skipped.is_empty() && found.fingerprint() != info.dataset.fingerprint {
        return Err(Error::usage(
            dataset.root.display().to_string(),
            "holds other files under the names that the shards saw",
            "name the folder of the same pictures and masks with --data",
        ));
    }
    Ok(())
}

fn read_value<T: DeserializeOwned>(value: toml::Value) -> Result<T> {
    value.try_into().map_err(|e| {
        Error::usage("run.toml", format!("has settings that cannot be read ({e})"), "restore the file")
    })
}

fn read_settings(table: &toml::Table) -> Result<Settings> {
    read_value(toml::Value::Table(table.clone()))
}

fn without_size(model: &str) -> Error {
    let fix = "run the shards again with this version";
    Error::usage("run.toml", format!("does not say the input size of {model}"), fix)
}

/// The data as the shards saw them, all samples of their categories.
fn open_data(info: &RunInfo, elsewhere: Option<&Path>) -> Result<Data> {
    let root = elsewhere.map_or_else(|| PathBuf::from(&info.dataset.root), Path::to_owned);
    let selection = Selection {
        categories: info.dataset.categories.clone(),
        limit: None,
        layout: Some(info.dataset.layout.parse()?),
    };
    let mut dataset = dataset::open(&root, &selection).map_err(|error| Error {
        fix: format!("{}; --data tells where the pictures are now", error.fix),
        ..error
    })?;
    dataset.name.clone_from(&info.dataset.name);
    Ok(Data::merged(dataset, info))
}

/// All rows in the order of the data set, their maps and traces copied.
fn gather(
    dataset: &Dataset,
    settings: &Settings,
    models: &[(String, usize)],
    shards: &[RunDir],
    out: &RunDir,
) -> Result<Vec<SampleRow>> {
    let mut by_key = HashMap::new();
    for shard in shards {
        for row in read_rows::<SampleRow>(shard.samples_path())? {
            let key = (row.model.clone(), row.category.clone(), row.sample.clone(), row.attack);
            if let Some((other, _)) = by_key.insert(key, (shard, row)) {
                let problem = format!("has a sample that {} has too", RunDir::path(other).display());
                let path = shard.samples_path();
                return Err(Error::file(path, problem, "name the folder of each shard once"));
            }
        }
    }
    let samples = || dataset.categories.iter().flat_map(|category| &category.samples);
    let mut rows = Vec::with_capacity(by_key.len());
    for (model, _) in models {
        for sample in samples() {
            for &attack in &settings.attacks {
                let key = (model.clone(), sample.id.category.clone(), sample.id.within_category(), attack);
                let Some((shard, row)) = by_key.remove(&key) else { continue };
                copy(shard, out, model, sample, &row)?;
                rows.push(row);
            }
        }
    }
    match by_key.into_values().next() {
        None => Ok(rows),
        Some((shard, row)) => Err(Error::file(
            shard.samples_path(),
            format!("has {}/{}, which is not in {}", row.category, row.sample, dataset.root.display()),
            "name the folder of the same pictures with --data",
        )),
    }
}

fn copy(from: &RunDir, to: &RunDir, model: &str, sample: &Sample, row: &SampleRow) -> Result<()> {
    let (id, attack) = (&sample.id, row.attack);
    let map = (from.patch_map_path(model, id, attack), to.patch_map_path(model, id, attack));
    let trace = (from.trace_path(model, id, attack), to.trace_path(model, id, attack));
    for (from, to) in [Some(map), Some(trace).filter(|(from, _)| from.exists())].into_iter().flatten() {
        let bytes = fs::read(&from).map_err(|e| {
            Error::file(&from, format!("cannot be read ({e})"), "give the command of that shard again")
        })?;
        write_atomic(to, &bytes)?;
    }
    Ok(())
}
