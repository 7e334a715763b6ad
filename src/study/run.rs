//! The folder and the record of a run under way.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::checked::Checked;
use super::contents;
use super::data::{Data, left_out, with_skip_bad};
use super::models::Models;
use super::observe::Observe;
use super::plan::Origin;
use super::settings::RunSettings;
use crate::attack::Work;
use crate::dataset::{self, Sample};
use crate::error::{Error, Result};
use crate::file::Lock;
use crate::model::{Provenance, Segmenter};
use crate::record::{
    BatchInfo, DefenceInfo, ModelInfo, ProviderInfo, RunDir, RunInfo, RuntimeInfo, Skipped, Status,
    compatible, only_files_differ, read_mended, to_table,
};
use crate::report::CameraScales;
use crate::types::{Input, counted, senseless_side};

/// A run's folder and its `run.toml`, kept true while the run goes on.
pub(super) struct Run {
    pub dir: RunDir,
    info: RunInfo,
    skip_bad: bool,
    _lock: Lock,
}

impl Run {
    /// Makes the folder and `run.toml`, or takes up the run that is there if its settings agree.
    pub fn begin(
        checked: &Checked,
        settings: &RunSettings,
        out: &Path,
        (data, whole): (&Data, &Data),
        models: &Models,
        batches: &[usize],
        observe: &dyn Observe,
    ) -> Result<Self> {
        let info = RunInfo { save_maps: checked.plan.save_maps, ..start(&checked.plan.origin, settings)? };
        Self::open(described(info, models, batches)?, out, (data, whole), observe)
    }

    /// Makes the folder and `run.toml` of a run of which all but the data is known, or takes up the run that is there. `whole` are all the
    /// data, where those of the run are a part of them.
    pub fn open(
        mut info: RunInfo,
        out: &Path,
        (data, whole): (&Data, &Data),
        observe: &dyn Observe,
    ) -> Result<Self> {
        let dir = RunDir::create(out)?;
        let lock = dir.lock()?;
        dir.clear()?;
        info.dataset = data.info();
        info.skipped.clone_from(&data.skipped);
        if let Some(old) = earlier(&dir, &info, whole, observe)? {
            (info.started, info.dataset.contents) = (old.started, old.dataset.contents);
        }
        info.dataset.contents = contents::keep(&dir, data, &info.dataset.contents)?;
        info.write(dir.info_path())?;
        Ok(Self { dir, info, skip_bad: data.skip_bad, _lock: lock })
    }

    /// A run in a folder of its own, which is locked, with what is known about it.
    pub fn with(dir: RunDir, lock: Lock, info: RunInfo) -> Result<Self> {
        info.write(dir.info_path())?;
        Ok(Self { dir, info, skip_bad: false, _lock: lock })
    }

    /// Names of the models.
    pub fn models(&self) -> Vec<String> {
        self.info.models.iter().map(|model| model.name.clone()).collect()
    }

    /// What the record says of the models.
    pub fn model_infos(&self) -> &[ModelInfo] {
        &self.info.models
    }

    /// How many pixels of the camera the models' pixels stand for.
    pub fn camera(&self) -> CameraScales {
        CameraScales::of_run(&self.info)
    }

    /// Most pictures in one call of a model.
    pub fn batch(&self, model: &str) -> usize {
        let batch =
            self.info.models.iter().find(|info| info.name == model).and_then(|info| info.batch.as_ref());
        batch.map_or(1, |batch| batch.used)
    }

    /// Records what a model's batch has come to, and warns where that is less than it was: memory did not suffice for more.
    pub fn keep_batch(&mut self, model: &str, batch: usize, observe: &dyn Observe) -> Result<()> {
        let info = self.info.models.iter_mut().find(|info| info.name == model);
        let Some(kept) = info.and_then(|info| info.batch.as_mut()).filter(|kept| batch < kept.used) else {
            return Ok(());
        };
        observe.warn(&format!(
            "{model}: memory did not suffice for {} a call; it went on with {batch}",
            counted(kept.used, "picture", "pictures")
        ));
        kept.used = batch;
        self.info.write(self.dir.info_path())
    }

    /// Records that a sample is left out, or passes the error on where that was not allowed.
    pub fn skip(&mut self, sample: &Sample, error: Error) -> Result<()> {
        if !self.skip_bad {
            return Err(with_skip_bad(error));
        }
        self.info.skipped.push(left_out(sample, &error));
        self.info.write(self.dir.info_path())
    }

    /// Records how the run ended.
    pub fn end(&mut self, status: Status) -> Result<()> {
        self.info.status = status;
        self.info.write(self.dir.info_path())
    }

    /// Models and samples left out, for whoever reads the results.
    pub fn into_parts(self) -> (Vec<ModelInfo>, Vec<Skipped>) {
        (self.info.models, self.info.skipped)
    }
}

/// The record of the run in a folder, which a run of `info` on these data would go on with; none where there is none.
pub(super) fn earlier(
    dir: &RunDir,
    info: &RunInfo,
    whole: &Data,
    observe: &dyn Observe,
) -> Result<Option<RunInfo>> {
    if !has_record(dir, || refuse_lost_record(dir))? {
        return Ok(None);
    }
    let old = record_of(dir, observe)?;
    compatible(&old, info).map_err(|error| {
        let error = Error { subject: format!("`out = {}`", dir.path().display()), ..error };
        if only_files_differ(&old, info) { contents::by_file(dir, &old, whole, error) } else { error }
    })?;
    Ok(Some(old))
}

/// Whether a folder has the record of a run that can be gone on with. Where run.toml is gone and `lost` refuses what is left, its copy
/// tells; of a run that has left nothing it tells nothing either.
pub(super) fn has_record(dir: &RunDir, lost: impl FnOnce() -> Result<()>) -> Result<bool> {
    let path = dir.info_path();
    if path.exists() {
        return Ok(true);
    }
    let has_copy = || read_mended(&path).is_ok();
    lost().map(|()| false).or_else(|error| if has_copy() { Ok(true) } else { Err(error) })
}

/// The record in the folder of a run that goes on; what is told of one that is gone or was cut short, and read from its copy.
pub(super) fn record_of(dir: &RunDir, observe: &dyn Observe) -> Result<RunInfo> {
    let path = dir.info_path();
    let what = if path.exists() { "is cut short" } else { "is gone" };
    let (info, is_from_copy) = read_mended(&path)?;
    if is_from_copy {
        observe.warn(&format!("{} {what}, and made again from its copy", path.display()));
    }
    Ok(info)
}

/// Refuses a folder that holds records of a run, but not `run.toml`, without which nobody knows of what run they are.
pub(super) fn refuse_lost_record(dir: &RunDir) -> Result<()> {
    refuse_lost(dir, &[dir.patch_maps(), dir.traces(), dir.candidates()])
}

/// Refuses a folder that holds rows of a run, but not `run.toml`: a merge that was stopped leaves maps and traces without it.
pub(super) fn refuse_lost_rows(dir: &RunDir) -> Result<()> {
    refuse_lost(dir, &[])
}

fn refuse_lost(dir: &RunDir, others: &[PathBuf]) -> Result<()> {
    let rows = [
        dir.samples_path(),
        dir.stability_path(),
        dir.uniform_path(),
        dir.random_path(),
        dir.summary_path(),
        dir.sweep_path(),
        dir.bench_path(),
        dir.calls_path(),
        dir.transfer_path(),
    ];
    let mut records = rows.iter().chain(others);
    let Some(record) = records.find(|path| path.exists()) else { return Ok(()) };
    let name = record.file_name().unwrap_or_default().to_string_lossy();
    Err(Error::file(
        dir.path(),
        format!("holds {name} but no run.toml, so that nobody knows of what run it is"),
        "restore run.toml, or give another `out`, or delete the folder to start over",
    ))
}

/// A sample decoded for a model's input, `index` in the list of the caller.
pub(super) fn load(index: usize, sample: &Sample, input: Input) -> Result<Work> {
    let loaded = dataset::load(sample, input)?;
    Ok(Work { index, id: sample.id.clone(), image: loaded.image, mask: loaded.mask })
}

/// Samples decoded for a model's input as they are needed. A sample that cannot be decoded is left out and recorded, where that
/// is allowed, and ends the sequence with an error otherwise.
pub(super) fn decoded<'a>(
    samples: &'a [&'a Sample],
    input: Input,
    run: &'a RefCell<&mut Run>,
) -> impl Iterator<Item = Result<Work>> + 'a {
    samples.iter().enumerate().filter_map(move |(index, sample)| match load(index, sample, input) {
        Ok(work) => Some(Ok(work)),
        Err(error) => run.borrow_mut().skip(sample, error).err().map(Err),
    })
}

/// A record of a run that begins.
pub(super) fn start(origin: &Origin, settings: &RunSettings) -> Result<RunInfo> {
    let (command, commit) = (origin.command.as_str(), origin.commit.as_deref());
    let info = RunInfo::start(command, commit, settings.work.settings.seed, settings.to_table()?);
    Ok(RunInfo { shard_from: origin.shard_from.clone(), ..info })
}

/// The record with what it says of the models, and of what they run on.
pub(super) fn described(mut info: RunInfo, models: &Models, batches: &[usize]) -> Result<RunInfo> {
    let provenances: Vec<Provenance> = models.segmenters.iter().map(|model| model.provenance()).collect();
    let requested = models.batch.to_string();
    info.models = provenances
        .iter()
        .zip(models.segmenters.iter().zip(batches))
        .map(|(provenance, (model, &used))| ModelInfo {
            batch: Some(BatchInfo { requested: requested.clone(), used }),
            ..model_info(provenance, model.as_ref())
        })
        .collect();
    if let Some(provenance) = provenances.first() {
        info.provider = ProviderInfo {
            requested: models.provider.clone(),
            active: provenance.provider.clone(),
            options: to_table(&provenance.options)?,
        };
        info.runtime = RuntimeInfo {
            path: provenance.runtime_library.clone(),
            version: provenance.runtime_version.clone(),
        };
    }
    Ok(info)
}

/// What the record of a run in a folder says, which must be finished.
pub(super) fn finished(dir: &RunDir) -> Result<RunInfo> {
    let info = RunInfo::read(dir.info_path())?;
    if info.status != Status::Finished {
        let fix = "give the command that began it again, which goes on with it";
        return Err(Error::file(dir.path(), "is not finished", fix));
    }
    Ok(info)
}

/// Name and input size of each model, as a record of a run has them.
pub(super) fn input_sizes(info: &RunInfo) -> Result<Vec<(String, usize)>> {
    let sized = |model: &ModelInfo| {
        let size = model.input_size.ok_or_else(|| without_size(&model.name))?;
        if senseless_side(size).is_some() {
            return Err(impossible_size(&model.name, size));
        }
        Ok((model.name.clone(), size))
    };
    info.models.iter().map(sized).collect()
}

fn impossible_size(model: &str, size: usize) -> Error {
    let problem = format!("says that {model} takes pictures of {size} pixels a side, which no model does");
    Error::usage("run.toml", problem, "restore the run.toml of the run, or make the run again")
}

fn without_size(model: &str) -> Error {
    let fix = "make the run again with this version";
    Error::usage("run.toml", format!("does not say the input size of {model}"), fix)
}

fn model_info(provenance: &Provenance, model: &dyn Segmenter) -> ModelInfo {
    ModelInfo {
        name: model.name().to_owned(),
        bundle_sha256: provenance.model_hash.clone(),
        precision: provenance.precision.clone(),
        placement: provenance.placement.clone(),
        defence: (!provenance.defence.is_empty()).then(|| DefenceInfo {
            name: provenance.defence.clone(),
            pictures_per_evaluation: model.views(),
        }),
        input_size: Some(model.input_size()),
        bounded_maps: Some(model.is_bounded()),
        bounded_scores: Some(model.is_score_bounded()),
        batch: None,
    }
}
