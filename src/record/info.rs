//! The file `run.toml`: what a run was, and whether it may be taken up again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::checksum;
use super::copy::{of_cut, write_twice};
use super::machine::{Machine, utc_now};
use crate::error::{Error, Result};
use crate::file;
use crate::types::{Axis, Bounds, Fitting, Glare, counted};

/// The content of `run.toml`: everything needed to tell what a run was and to repeat it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// Version of the program.
    pub version: String,
    /// Commit that the program was built from, where the build knew it.
    pub commit: Option<String>,
    /// Command line of the run.
    pub command: String,
    /// Variables of the scheduler that said which shard the run is, with their values; none where it was named, or all was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shard_from: Option<String>,
    /// First start of the run, UTC.
    pub started: String,
    /// Progress of the run.
    pub status: Status,
    /// Seed of everything random (below 2^63, TOML's largest integer).
    pub seed: u64,
    /// Whether each map is to be written at evaluation size; of a part of a run by whoever puts the parts together.
    #[serde(default, skip_serializing_if = "is_no")]
    pub save_maps: bool,
    /// Machine that the run ran on.
    pub machine: Machine,
    /// Models in the order in which they run.
    pub models: Vec<ModelInfo>,
    /// Execution provider of the run.
    pub provider: ProviderInfo,
    /// ONNX Runtime library of the run.
    pub runtime: RuntimeInfo,
    /// Data of the run.
    pub dataset: DatasetInfo,
    /// Every setting of the command that decides a result.
    pub settings: toml::Table,
    /// Samples that the user allowed to be left out, with the reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<Skipped>,
    /// Configurations of a comparison of providers, in the order in which they were started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub configurations: Vec<ConfigurationInfo>,
}

fn is_no(flag: &bool) -> bool {
    !flag
}

/// The progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// The run is under way, or was killed.
    Running,
    /// The run was stopped by the user with its state saved.
    Interrupted,
    /// The run is complete.
    Finished,
}

/// The model of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// Name of the bundle and of the defence around it, as the rows have it.
    pub name: String,
    /// SHA-256 over the bundle's files, lower-case hexadecimal.
    pub bundle_sha256: String,
    /// Precision that ran: fp32, fp16, bf16 or int8; empty where it is not known, and in older records.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub precision: String,
    /// Number of nodes of the image graph on each execution provider.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub placement: BTreeMap<String, usize>,
    /// Defence around the model, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub defence: Option<DefenceInfo>,
    /// Side in pixels of the square pictures that the model takes; none in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_size: Option<usize>,
    /// Whether the model's maps lie in [0, 1]; none in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounded_maps: Option<bool>,
    /// Whether the model's image scores are known to lie in [0, 1]; none in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounded_scores: Option<bool>,
    /// Number of pictures that the model got at once, which decides no result; none in older records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<BatchInfo>,
}

/// The batch of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchInfo {
    /// Batch that the user asked for: a number, or `auto`.
    pub requested: String,
    /// Largest number of pictures in one call: what a probe found, fewer where memory did not suffice.
    pub used: usize,
}

/// The defence around a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefenceInfo {
    /// Names of the defence's parts in the order in which they act, joined by `+`.
    pub name: String,
    /// Number of pictures that the model sees for each evaluation.
    pub pictures_per_evaluation: usize,
}

/// The execution provider of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProviderInfo {
    /// Provider that the user asked for.
    pub requested: String,
    /// Provider that really ran.
    pub active: String,
    /// Options of the provider that were really active.
    #[serde(default)]
    pub options: toml::Table,
}

/// The ONNX Runtime library of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuntimeInfo {
    /// Path of the library.
    pub path: String,
    /// Version of the library.
    pub version: String,
}

/// The data of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatasetInfo {
    /// Name of the data set.
    pub name: String,
    /// Folder of the data set.
    pub root: String,
    /// Layout of the data, recognised or named; empty in older records.
    #[serde(default)]
    pub layout: String,
    /// Names of the categories in order.
    pub categories: Vec<String>,
    /// Most good and most anomalous samples that each category was to have; none without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Regular expression that gave scenes and conditions of the pictures from their paths; none where none was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition_pattern: Option<String>,
    /// Number of samples in all categories.
    pub samples: usize,
    /// Hash over the samples' names and file sizes; empty where it was not taken.
    #[serde(default)]
    pub fingerprint: String,
    /// Hash over what the pictures and masks hold that the run works on, for a shard only those of the shard; empty where it was
    /// not taken.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub contents: String,
    /// Height and width in pixels of the pictures of each category of the whole data, as they are stored, where all have the same; empty in
    /// older records.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub pictures: BTreeMap<String, [usize; 2]>,
}

/// One configuration of a comparison of providers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConfigurationInfo {
    /// Name of the model; `gemm` for the matrix product.
    pub model: String,
    /// SHA-256 of the bundle that was loaded; none for a matrix product.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bundle_sha256: String,
    /// Execution provider that ran, with those that took single nodes.
    pub ran: String,
    /// Precision that ran; empty where nobody knows it.
    pub precision: String,
    /// Number of pictures in one call.
    pub batch: usize,
    /// Whether the configuration took part in the rounds.
    pub timed: bool,
    /// ONNX Runtime library of the configuration.
    pub runtime: RuntimeInfo,
    /// Options of the provider that were really active.
    pub options: toml::Table,
    /// Number of nodes by ONNX Runtime's name of the provider.
    pub placement: BTreeMap<String, usize>,
}

/// A sample that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Name of the sample, `category/defect/stem`.
    pub sample: String,
    /// Reason why the sample was left out.
    pub reason: String,
}

impl RunInfo {
    /// The record of a run that starts now on this machine; the caller fills in what it runs. `commit` is
    /// that of the program, where it is known.
    pub fn start(command: impl Into<String>, commit: Option<&str>, seed: u64, settings: toml::Table) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: commit.map(str::to_owned),
            command: command.into(),
            shard_from: None,
            started: utc_now(),
            status: Status::Running,
            seed,
            save_maps: false,
            machine: Machine::detect(),
            models: Vec::new(),
            provider: ProviderInfo::default(),
            runtime: RuntimeInfo::default(),
            dataset: DatasetInfo::default(),
            settings,
            skipped: Vec::new(),
            configurations: Vec::new(),
        }
    }

    /// Reads a `run.toml`.
    ///
    /// # Errors
    /// A file error when the file is missing, not what this version writes, or not what was written.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let text = file::read_text(path, "give the folder of a run")?;
        if !checksum::agrees(&text) {
            let problem = "was cut short or changed since it was written, as its checksum says";
            let fix = "give the command of the run again, which mends one that was cut short; restore one that was changed, or delete its first line \
                       where that was on purpose, or begin anew with `fresh`";
            return Err(Error::file(path, problem, fix));
        }
        toml::from_str(&text).map_err(|e| {
            let problem = format!("is not a record of a run ({})", e.message());
            Error::file(path, problem, "restore the file, or give another `out`").caused_by(e)
        })
    }

    /// How pictures came to the models' square input; squeezed where the record does not say.
    ///
    /// # Errors
    /// A usage error where what it says is no fit.
    pub fn fit(&self) -> Result<Fitting> {
        let Some(value) = self.settings.get("fit") else { return Ok(Fitting::default()) };
        value.clone().try_into().map_err(|e: toml::de::Error| {
            let problem = format!("has no usable settings.fit ({})", e.message());
            Error::usage("run.toml", problem, "restore the file from the run that wrote it").caused_by(e)
        })
    }

    /// Writes a `run.toml`, and a copy beside it, through temporary names.
    ///
    /// # Errors
    /// A file error when the file cannot be written; a usage error when the seed does not fit into TOML.
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        if i64::try_from(self.seed).is_err() {
            return Err(Error::setting(
                "seed",
                self.seed,
                "is larger than TOML can hold",
                "give a seed below 9223372036854775808",
            ));
        }
        let path = path.as_ref();
        let text = toml::to_string(self).map_err(|e| {
            Error::file_caused(path, "cannot be written as TOML", e, "report this run's settings")
        })?;
        write_twice(path, checksum::with_line(&text).as_bytes())
    }
}

/// Reads a record that a run goes on with, and whether it is gone or was cut short: then its copy tells what it said.
///
/// # Errors
/// Those of [`RunInfo::read`].
pub(crate) fn read_mended(path: &Path) -> Result<(RunInfo, bool)> {
    RunInfo::read(path).map(|info| (info, false)).or_else(|error| {
        let copy = of_cut(path).and_then(|copy| RunInfo::read(copy).ok());
        // The command of the run has just been given: only another remedy is left.
        let fix = "restore the file (where it was changed on purpose, delete its first line), or begin anew with `fresh`";
        copy.map(|info| (info, true)).ok_or_else(|| Error { fix: fix.to_owned(), ..error })
    })
}

/// Settings of any kind as a TOML table, for [`RunInfo::settings`]. `None` is left out.
///
/// # Errors
/// A usage error when the value is not a table or holds something that TOML cannot.
pub fn to_table<S: Serialize>(settings: &S) -> Result<toml::Table> {
    toml::Table::try_from(settings).map_err(|e| {
        Error::usage("settings", format!("cannot be recorded ({e})"), "report this setting").caused_by(e)
    })
}

/// Checks that a run that left `old` may be taken up again as `new`: everything that decides a result must
/// agree. Command line, machine, start time, the data's folder, the provider as it was spelled, the library's
/// path, the number of threads and the number of the device may differ, and so may where engines are kept, and where one decides: the
/// thresholds, groups and references of `operating.csv` change no sample, and that file is written anew from the others.
///
/// # Errors
/// A usage error that names the first key that differs, with both values; pictures and masks come last.
pub fn compatible(old: &RunInfo, new: &RunInfo) -> Result<()> {
    let Some((key, before, now)) = first_difference(old, new) else { return Ok(()) };
    if FILES.contains(&key.as_str()) {
        let problem = format!("holds a run on other pictures or masks: {}", other_files(old, new));
        let fix = "put the files back as they were, or give another `out`, or begin anew with `fresh`";
        return Err(Error::usage("`out`", problem, fix));
    }
    Err(Error::usage(
        "`out`",
        format!("holds a run with another `{key}`: {before} there, {now} now"),
        "repeat the first run's settings, or give another `out`, or begin anew with `fresh`",
    ))
}

/// Keys by which pictures and masks differ.
const FILES: [&str; 2] = ["dataset.fingerprint", "dataset.samples"];

/// In words, how the files of two runs differ.
fn other_files(old: &RunInfo, new: &RunInfo) -> String {
    match (old.dataset.samples, new.dataset.samples) {
        (before, now) if before != now => {
            format!("{} there, {now} now", counted(before, "sample", "samples"))
        }
        _ => "their names, labels or sizes are not what they were".to_owned(),
    }
}

/// Whether nothing that decides a result differs but pictures and masks: files are others, fewer or more than they were.
pub(crate) fn only_files_differ(old: &RunInfo, new: &RunInfo) -> bool {
    first_difference(old, new).is_some_and(|(key, ..)| FILES.contains(&key.as_str()))
}

fn first_difference(old: &RunInfo, new: &RunInfo) -> Option<Difference> {
    let mut differences = decisive_differences(&without_points(old), &without_points(new));
    // Other data have other names and categories, of which a user may have given none.
    if differences.iter().any(|(key, ..)| key.starts_with("dataset.")) {
        differences.splice(0..0, other_layout(&old.dataset, &new.dataset));
    }
    if differences.iter().any(|(key, ..)| FILES.contains(&key.as_str())) {
        differences.extend(other_limit(&old.dataset, &new.dataset));
    }
    if let Some(at) = differences.iter().position(|(key, ..)| key.starts_with("models.")) {
        differences.splice(at..at, other_defence(old, new));
    }
    // Among equals the first stays the first.
    differences.into_iter().min_by_key(|(key, ..)| FILES.contains(&key.as_str()))
}

/// How many files of a folder are looked at, where it differs: by itself it decides no result.
fn other_limit(old: &DatasetInfo, new: &DatasetInfo) -> Option<Difference> {
    let limit = |info: &DatasetInfo| info.limit.map_or_else(|| "none".to_owned(), |limit| limit.to_string());
    (old.limit != new.limit).then(|| ("dataset.limit".to_owned(), limit(old), limit(new)))
}

/// How the files of a folder are read, where it differs: by itself it decides no result.
fn other_layout(old: &DatasetInfo, new: &DatasetInfo) -> Option<Difference> {
    let is_known = !old.layout.is_empty() && !new.layout.is_empty();
    (is_known && old.layout != new.layout)
        .then(|| ("dataset.layout".to_owned(), old.layout.clone(), new.layout.clone()))
}

/// Key of the settings of `operating.csv` in the settings of a run.
const POINTS: &str = "points";

fn without_points(info: &RunInfo) -> RunInfo {
    let mut info = info.clone();
    info.settings.remove(POINTS);
    info
}

/// A key and its two values.
type Difference = (String, String, String);

/// Every key that decides a result and in which two runs differ, with both values as TOML has them.
pub fn decisive_differences(one: &RunInfo, other: &RunInfo) -> Vec<(String, String, String)> {
    differences("", &decisive(one), &decisive(other))
}

/// Names of provider options that change no result, without the part that says whose they are.
const INDIFFERENT: [&str; 11] = [
    "by",
    "device_id",
    "force_spinning_stop",
    "intra_threads",
    "num_of_threads",
    "requested",
    "trt_engine_cache_path",
    "trt_profile_max_shapes",
    "trt_profile_min_shapes",
    "trt_profile_opt_shapes",
    "trt_timing_cache_path",
];

/// Everything that decides a result of a run, as a table: its seed, models, provider, data and settings, among others.
pub fn decisive(info: &RunInfo) -> toml::Table {
    let mut options = info.provider.options.clone();
    options.retain(|name, _| {
        let name = name.rsplit('.').next().unwrap_or(name);
        !INDIFFERENT.contains(&name)
    });
    let dataset = &info.dataset;
    let mut table = toml::Table::new();
    table.insert("version".into(), info.version.clone().into());
    table.insert("seed".into(), info.seed.to_string().into());
    let models: toml::Table =
        info.models.iter().map(|model| (model.name.clone(), model.bundle_sha256.clone().into())).collect();
    table.insert("models".into(), models.into());
    let mut provider = toml::Table::new();
    provider.insert("active".into(), without_number(&info.provider.active).into());
    provider.insert("options".into(), options.into());
    table.insert("provider".into(), provider.into());
    let mut runtime = toml::Table::new();
    runtime.insert("version".into(), info.runtime.version.clone().into());
    table.insert("runtime".into(), runtime.into());
    let mut data = toml::Table::new();
    data.insert("name".into(), dataset.name.clone().into());
    data.insert("categories".into(), dataset.categories.clone().into());
    data.insert("samples".into(), dataset.samples.to_string().into());
    data.insert("fingerprint".into(), dataset.fingerprint.clone().into());
    table.insert("dataset".into(), data.into());
    table.insert("settings".into(), in_full(info.settings.clone()).into());
    table
}

/// Settings with the fit and the glare that they leave out: what a record does not say of them is the usual, which can be named beside another.
pub fn in_full(mut settings: toml::Table) -> toml::Table {
    settings.entry("fit").or_insert_with(|| table_of(&Fitting::default()));
    if let Some(toml::Value::Table(perturb)) = settings.get_mut("perturb") {
        perturb.entry("glare").or_insert_with(|| table_of(&Glare::default()));
    }
    settings
}

fn table_of(setting: &impl Serialize) -> toml::Value {
    toml::Table::try_from(setting).unwrap_or_default().into()
}

/// The name of a provider without the number of the device: `cuda` for `cuda:1`.
fn without_number(provider: &str) -> &str {
    match provider.split_once(':') {
        Some((name, device)) if device.parse::<u32>().is_ok() => name,
        _ => provider,
    }
}

fn differences(prefix: &str, old: &toml::Table, new: &toml::Table) -> Vec<(String, String, String)> {
    let mut keys: Vec<&String> = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
    keys.sort();
    let of_key = |key: &String| {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match (old.get(key), new.get(key)) {
            (Some(toml::Value::Table(before)), Some(toml::Value::Table(now))) if !is_list(prefix, key) => {
                differences(&name, before, now)
            }
            (before, now) if before == now => Vec::new(),
            (Some(before), Some(now)) if prefix == BOUNDS => {
                vec![(name, bounds(key, before), bounds(key, now))]
            }
            (before, now) => vec![(name, shown(before), shown(now))],
        }
    };
    keys.into_iter().flat_map(of_key).collect()
}

/// Key of the bounds in a record.
const BOUNDS: &str = "settings.bounds";

/// Whether a key is that of the bounds of a list, which has one value in either spelling.
fn is_list(prefix: &str, key: &str) -> bool {
    prefix == BOUNDS && Axis::ALL.into_iter().any(|axis| axis.is_list() && axis.column() == key)
}

/// The bounds of one axis: of a list its values, as a user gives them.
fn bounds(key: &str, value: &toml::Value) -> String {
    let read = toml::Table::from_iter([(key.to_owned(), value.clone())]).try_into::<Bounds>().ok();
    let axis = Axis::ALL.into_iter().find(|axis| axis.is_list() && axis.column() == key);
    let told = read.zip(axis).map(|(bounds, axis)| bounds.told(axis).replace(", ", ","));
    told.unwrap_or_else(|| value.to_string())
}

/// The defences of two runs where they differ, which the names of their models say too.
pub(super) fn other_defence(old: &RunInfo, new: &RunInfo) -> Option<Difference> {
    let defences = |info: &RunInfo| {
        let name =
            |model: &ModelInfo| model.defence.as_ref().map_or("none", |of| of.name.as_str()).to_owned();
        info.models.iter().map(name).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join(", ")
    };
    let (before, now) = (defences(old), defences(new));
    (before != now).then(|| ("defence".to_owned(), before, now))
}

fn shown(value: Option<&toml::Value>) -> String {
    value.map_or_else(|| "nothing".to_owned(), ToString::to_string)
}
