//! The shards of one run become the run, without the model.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::belonging::Belonging;
use super::contents;
use super::data::Data;
use super::observe::Observe;
use super::outcome::Outcome;
use super::plan::Origin;
use super::pooled;
use super::run::{Run, has_record, input_sizes, record_of, refuse_lost_rows};
use super::session::Session;
use super::settings::RunSettings;
use super::tolerance;
use super::unused::refuse_points;
use super::worst_cases::require_trace;
use crate::attack::Settings;
use crate::dataset::{Dataset, Sample};
use crate::error::{Error, Result};
use crate::file;
use crate::record::{
    ModelInfo, RunDir, RunInfo, SampleRow, Status, command_of, compatible, read_checked, require_whole,
    unite, write_atomic, write_rows,
};
use crate::types::{Attack, SampleKey};

/// What is put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merge {
    /// Folders of all shards of one run.
    pub shards: Vec<PathBuf>,
    /// Where the pictures are now; where they were if none.
    pub data: Option<PathBuf>,
    /// Whether each map is written at evaluation size.
    pub save_maps: bool,
    /// Whether a finished run of the same settings in the folder is written anew; an error if not.
    pub renew: bool,
    /// What records say of the program that merges.
    pub origin: Origin,
}

impl Merge {
    /// Puts records and maps together in the folder `out` and pools the metrics of all samples.
    ///
    /// # Errors
    /// Shards that are missing, unfinished, given twice or of different runs; pictures other than those that the shards saw; a
    /// folder that holds another run.
    pub fn run(&self, out: impl AsRef<Path>, observe: &dyn Observe) -> Result<Outcome> {
        let shards: Vec<RunDir> = self.shards.iter().map(RunDir::open).collect::<Result<_>>()?;
        let mut info = self.united(&shards)?;
        let save_maps = info.save_maps;
        let settings = RunSettings::of(&info)?;
        let data = Data::recorded(&info, self.data.as_deref())?;
        refuse_points(&settings.points, &data)?;
        let models = input_sizes(&info)?;
        shards.iter().try_for_each(|shard| contents::require_seen(shard, &data))?;

        let dir = RunDir::create(out)?;
        let lock = dir.lock()?;
        dir.clear()?;
        let before = refuse_other_run(&dir, &info, self.renew, observe)?;
        let mut rows = gather(&data, &settings.work.settings, &info.models, &shards, &dir)?;
        require_same_data(&data.dataset, &info, &rows)?;
        info.dataset.contents = contents::keep(&dir, &data, &before)?;
        let run = Run::with(dir, lock, info)?;
        write_rows(run.dir.samples_path(), &rows)?;
        let session = Session {
            command: settings.command,
            settings: &settings.work.settings,
            metric: &settings.metric,
            points: &settings.points,
            data: &data,
            save_maps,
            keep_traces: false,
            observe,
        };
        let mut outcome = Outcome::of(&run);
        pooled::pool(&session, &run, &settings.work, &models, &mut rows, &mut outcome)?;
        if let Some(plan) = &settings.work.tolerance {
            outcome.stability = tolerance::gather(&session, plan, &shards, &run, &models, &rows)?;
        }
        Outcome::closing(run, Ok(outcome))
    }

    /// What the record of the whole run says.
    fn united(&self, shards: &[RunDir]) -> Result<RunInfo> {
        let mut infos = Vec::with_capacity(shards.len());
        for shard in shards {
            infos.push((shard.path().display().to_string(), RunInfo::read(shard.info_path())?));
        }
        let mut info = unite(&infos)?;
        info.command.clone_from(&self.origin.command);
        info.save_maps |= self.save_maps;
        info.status = Status::Running;
        Ok(info)
    }
}

/// A merge goes on wherever it was stopped, in its figures too, which are drawn once its record is finished; any other run stays as it
/// is. Gives the hash over what the pictures and masks held, where a merge has come to its end here before, and nothing otherwise.
fn refuse_other_run(dir: &RunDir, info: &RunInfo, renew: bool, observe: &dyn Observe) -> Result<String> {
    if !has_record(dir, || refuse_lost_rows(dir))? {
        return Ok(String::new());
    }
    let old = record_of(dir, observe)?;
    let subject = dir.path().display().to_string();
    let fix = "give a folder that does not exist yet; a merge goes on where these shards were merged, with the flags that it had";
    compatible(&old, info).map_err(|error| {
        let fix = if renew { error.fix.clone() } else { fix.to_owned() };
        Error { subject: subject.clone(), fix, ..error }
    })?;
    if old.status != Status::Finished {
        return Ok(String::new());
    }
    if !renew && as_merged(&old) != as_merged(info) {
        let problem = "holds a run already, which is not what these shards were merged into";
        return Err(Error::usage(subject, problem, fix));
    }
    Ok(old.dataset.contents)
}

/// A record without what a merge of the same shards may say otherwise: how it was spelled, how far it has come, and what follows from the
/// files, which are held against it one by one.
fn as_merged(info: &RunInfo) -> RunInfo {
    let mut info = RunInfo { command: String::new(), status: Status::Finished, ..info.clone() };
    info.dataset.contents.clear();
    info
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
            contents::OTHER_FILES,
        ));
    }
    Ok(())
}

/// All rows in the order of the data set, their maps, candidates and traces copied.
fn gather(
    data: &Data,
    settings: &Settings,
    models: &[ModelInfo],
    shards: &[RunDir],
    out: &RunDir,
) -> Result<Vec<SampleRow>> {
    let dataset = &data.dataset;
    let belonging = Belonging::new(settings, dataset, models);
    let mut by_key = rows_of(shards, &belonging)?;
    let samples = || dataset.categories.iter().flat_map(|category| &category.samples);
    let mut rows = Vec::with_capacity(by_key.len());
    for ModelInfo { name: model, .. } in models {
        for sample in samples() {
            for &attack in &settings.attacks {
                let key = (SampleKey::new(model, &sample.id), attack);
                let Some((shard, row)) = by_key.remove(&key) else {
                    if data.skipped.iter().any(|skipped| skipped.sample == sample.id.to_string()) {
                        continue;
                    }
                    return Err(missing(model, sample, attack, shards));
                };
                require_trace(shard, settings, &row)?;
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
            "name the folder of the same pictures with `data`",
        )),
    }
}

/// The error about a row that no shard has, with the command of the shard that should.
fn missing(model: &str, sample: &Sample, attack: Attack, shards: &[RunDir]) -> Error {
    let problem = format!("of no shard has a row of {model}, {} and the attack {attack}", sample.id);
    let id = sample.id.to_string();
    let own = shards.iter().find(|shard| contents::names(shard).is_ok_and(|names| names.contains(&id)));
    let command = own.and_then(|own| {
        let info = RunInfo::read(own.info_path()).ok()?;
        let shard = info.settings.get("shard")?.as_str()?.parse().ok()?;
        command_of(&info.command, shard, own.path())
    });
    match (own, command) {
        (Some(own), Some(command)) => {
            let problem = format!("lost a row of {model}, {} and the attack {attack}", sample.id);
            let fix = format!("give the command of its shard again, which makes it: `{command}`");
            Error::file(own.samples_path(), problem, fix)
        }
        _ => {
            let fix = "give the commands of the shards again, which make what is missing";
            Error::usage("samples.csv", problem, fix)
        }
    }
}

/// Rows by sample and attack, each with the shard that has it.
type Found<'s> = HashMap<(SampleKey, Attack), (&'s RunDir, SampleRow)>;

fn rows_of<'s>(shards: &'s [RunDir], belonging: &Belonging<'_>) -> Result<Found<'s>> {
    let mut by_key = HashMap::new();
    for shard in shards {
        for row in read_checked(shard.samples_path(), |row| belonging.sample(row))? {
            if let Some((other, _)) = by_key.insert((row.key(), row.attack), (shard, row)) {
                let problem = format!("has a sample that {} has too", RunDir::path(other).display());
                let path = shard.samples_path();
                return Err(Error::file(path, problem, "name the folder of each shard once"));
            }
        }
    }
    Ok(by_key)
}

/// Remedy for what a shard has lost.
const OF_SHARD: &str = "give the command of that shard again";

fn copy(from: &RunDir, to: &RunDir, model: &str, sample: &Sample, row: &SampleRow) -> Result<()> {
    let (id, attack) = (&sample.id, row.attack);
    let map = (from.patch_map_path(model, id, attack), to.patch_map_path(model, id, attack));
    let trace = (from.trace_path(model, id, attack), to.trace_path(model, id, attack));
    let candidates = (from.candidates_path(model, id, attack), to.candidates_path(model, id, attack));
    // The draws belong to the sample, and come with the row that each has.
    let random =
        (attack == Attack::Clean).then(|| (from.random_maps_path(model, id), to.random_maps_path(model, id)));
    let uniform = (from.uniform_maps_path(model, id, attack), to.uniform_maps_path(model, id, attack));
    let there =
        [trace, candidates, uniform].into_iter().chain(random).filter(|(from, _)| file::is_there(from));
    for (from, to) in std::iter::once(map).chain(there) {
        require_whole(&from, OF_SHARD)?;
        let bytes = file::read(&from, OF_SHARD)?;
        write_atomic(to, &bytes)?;
    }
    Ok(())
}
