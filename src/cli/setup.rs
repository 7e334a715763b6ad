//! What `eval`, `attack` and `sweep` do before and after the work itself: open the data, load the models, record the run.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::Serialize;

use askance::attack::{BatchSize, Preset, probe_batch};
use askance::dataset::{self, Dataset, Facts, Sample, Selection};
use askance::error::{Error, Result};
use askance::metric::MetricOptions;
use askance::model::{
    self, Bundle, Manifest, Provenance, Provider, Runtime, Segmenter, SessionOptions, WinClipOptions, runtime,
};
use askance::prompt::PromptSet;
use askance::record::{
    BatchInfo, DatasetInfo, DefenceInfo, ModelInfo, ProviderInfo, RunDir, RunInfo, RuntimeInfo, Skipped,
    Status, compatible, file_name, to_table,
};
use askance::types::Shard;

use super::args::{DataArgs, Global, MetricArgs, ModelArgs};
use super::plan::{Plan, WorkPlan};

/// The data of a run, checked.
pub struct Data {
    pub dataset: Dataset,
    pub skipped: Vec<Skipped>,
    warnings: Vec<String>,
    /// The whole, also where a shard is all that is worked on.
    info: DatasetInfo,
}

impl Data {
    /// Reads the data and warns of what the user should know about them.
    pub fn open(args: &DataArgs) -> Result<Self> {
        let data = Self::read(args)?;
        for warning in &data.warnings {
            eprintln!("warning: {warning}");
        }
        Ok(data)
    }

    /// Lists the samples and looks at every header, so that a bad file is found before the first model call.
    pub fn read(args: &DataArgs) -> Result<Self> {
        let selection =
            Selection { categories: args.category.clone(), limit: args.limit, layout: args.layout };
        let mut dataset = dataset::open(&args.data, &selection)?;
        let checks: Vec<Vec<Result<Facts>>> = dataset
            .categories
            .par_iter()
            .map(|category| category.samples.par_iter().map(dataset::inspect).collect())
            .collect();
        let mut skipped = Vec::new();
        let mut remarks = Vec::new();
        for (category, checks) in dataset.categories.iter_mut().zip(checks) {
            let samples = std::mem::take(&mut category.samples);
            for (sample, check) in samples.into_iter().zip(checks) {
                match check {
                    Ok(facts) => {
                        remarks.extend(facts.remarks);
                        category.samples.push(sample);
                    }
                    Err(error) if args.skip_bad => {
                        skipped.push(Skipped { sample: sample.id.to_string(), reason: reason(&error) });
                    }
                    Err(error) => return Err(with_skip_bad(error)),
                }
            }
        }
        let mut warnings = dataset.warnings();
        warnings.extend(dataset::sum_up(&remarks));
        if let Some(name) = &args.name {
            dataset.name.clone_from(name);
        }
        let info = info(&dataset);
        Ok(Self { dataset, skipped, warnings, info })
    }

    /// Data of which there are records already.
    pub fn merged(dataset: Dataset, run: &RunInfo) -> Self {
        Self { dataset, skipped: run.skipped.clone(), warnings: Vec::new(), info: run.dataset.clone() }
    }

    /// Leaves all other samples out.
    pub fn keep(&mut self, shard: Shard) {
        for category in &mut self.dataset.categories {
            let mut places = 0..;
            category.samples.retain(|_| places.next().is_some_and(|place| shard.has(place)));
        }
    }

    /// All samples in order.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.dataset.categories.iter().flat_map(|category| &category.samples)
    }

    /// Categories in order.
    pub fn category_names(&self) -> Vec<&str> {
        self.dataset.categories.iter().map(|category| category.name.as_str()).collect()
    }

    pub fn info(&self) -> DatasetInfo {
        self.info.clone()
    }
}

fn info(dataset: &Dataset) -> DatasetInfo {
    DatasetInfo {
        name: dataset.name.clone(),
        root: dataset.root.display().to_string(),
        layout: dataset.layout.to_string(),
        categories: dataset.categories.iter().map(|category| category.name.clone()).collect(),
        samples: dataset.categories.iter().map(|category| category.samples.len()).sum(),
        fingerprint: dataset.fingerprint(),
    }
}

/// An error in words for a list of what was left out.
pub fn reason(error: &Error) -> String {
    format!("{}: {}", error.subject, error.problem)
}

/// Offers `--skip-bad` in the error about a bad sample.
pub fn with_skip_bad(mut error: Error) -> Error {
    error.fix.push_str(", or leave such samples out with --skip-bad");
    error
}

/// Where the global flags allow ONNX Runtime to come from.
pub fn runtime_options(global: &Global) -> runtime::Options {
    // `--ort-lib` already took ORT_DYLIB_PATH into account.
    runtime::Options {
        ort_lib: global.ort_lib.clone(),
        offline: global.offline,
        ..runtime::Options::default()
    }
}

/// Finds the ONNX Runtime that has a provider, fetching it where that is allowed and needed, and says so.
pub fn acquire_runtime(global: &Global, provider: &Provider) -> Result<Runtime> {
    let options = runtime::Options { flavour: provider.flavour(), ..runtime_options(global) };
    Runtime::acquire(&options, &|event| eprintln!("{event}"))
}

/// The model of a run that names none.
const DEFAULT_MODEL: &str = "pocket";

/// Verifies every bundle, then loads every model.
pub fn load_models(global: &Global, args: &ModelArgs) -> Result<Vec<Box<dyn Segmenter>>> {
    // What needs no runtime is looked at first.
    let default = [DEFAULT_MODEL.to_owned()];
    let specs: &[String] = if args.model.is_empty() { &default } else { &args.model };
    let known: Vec<Option<Bundle>> = specs
        .iter()
        .map(|spec| (!Bundle::is_graph(spec)).then(|| Bundle::resolve(spec)).transpose())
        .collect::<Result<_>>()?;
    let runtime = acquire_runtime(global, &args.provider)?;
    let session = session_options(args);
    let bundles: Vec<Bundle> = known
        .into_iter()
        .zip(specs)
        .map(|(bundle, spec)| bundle.map_or_else(|| model::recognise(Path::new(spec), &runtime), Ok))
        .map(|bundle| model::at_precision(&bundle?, &session))
        .collect::<Result<_>>()?;
    for (index, bundle) in bundles.iter().enumerate() {
        if bundles[..index].iter().any(|other| other.name() == bundle.name()) {
            return Err(Error::usage(
                format!("--model {}", specs[index]),
                format!("has the same name as another model of this run: {}", bundle.name()),
                "compare bundles of different names, or make two runs",
            ));
        }
    }
    let options = WinClipOptions {
        prompts: prompt_set(args)?,
        temperature: args.temperature,
        underscores_to_spaces: args.spaces,
        stride: args.stride,
    };
    refuse_unused_text(args, &bundles)?;
    let models = bundles
        .iter()
        .map(|bundle| model::load(bundle, &runtime, session.clone(), options.clone()))
        .collect::<Result<Vec<_>>>()?;
    model::defend(models, &args.defence)
}

/// How the flags want a session to be.
pub fn session_options(args: &ModelArgs) -> SessionOptions {
    SessionOptions {
        provider: args.provider.clone(),
        precision: args.precision,
        threads: args.threads,
        spin: args.spin,
        strict: args.strict_ep,
        tf32: args.tf32,
        batch: Some(args.batch.largest()),
    }
}

/// The batch of each model, in their order: `--batch`, or what a probe finds.
pub fn batch_sizes(args: &ModelArgs, models: &mut [Box<dyn Segmenter>], data: &Data) -> Result<Vec<usize>> {
    let categories = data.category_names();
    models
        .iter_mut()
        .map(|model| match (args.batch, categories.first()) {
            (BatchSize::Of(pictures), _) => Ok(pictures),
            (BatchSize::Auto, None) => Ok(1),
            (BatchSize::Auto, Some(category)) => {
                model.prepare(&categories)?;
                let batch = probe_batch(model.as_mut(), category)?;
                eprintln!("{}: {batch} pictures a call", model.name());
                Ok(batch)
            }
        })
        .collect()
}

/// Refuses flags about text where no model of the run takes any. A preset's own prompts are no flag.
fn refuse_unused_text(args: &ModelArgs, bundles: &[Bundle]) -> Result<()> {
    let takes_text =
        |bundle: &Bundle| !matches!(bundle.manifest(), Manifest::Foreign(foreign) if foreign.text.is_none());
    let given = args.prompts.as_deref().filter(|prompts| *prompts != Preset::PROMPTS);
    let flag = if args.spaces { Some("--spaces") } else { given.map(|_| "--prompts") };
    match flag {
        Some(flag) if !bundles.iter().any(takes_text) => {
            Err(Error::usage(flag, "means nothing here: no model of this run takes text", "leave it out"))
        }
        _ => Ok(()),
    }
}

fn prompt_set(args: &ModelArgs) -> Result<PromptSet> {
    PromptSet::resolve(args.prompts.as_deref().unwrap_or("winclip"))
}

/// The metric options, checked.
pub fn metric_options(args: &MetricArgs) -> Result<MetricOptions> {
    let options = MetricOptions { fpr_limit: args.fpr_limit, aupro: args.aupro };
    options.validate()?;
    Ok(options)
}

/// What decides the numbers of a run, for `run.toml`.
#[derive(Serialize)]
struct Recorded<'a> {
    command: &'a str,
    /// None where no model takes text.
    prompts: Option<PromptSet>,
    temperature: Option<f32>,
    underscores_to_spaces: bool,
    stride: usize,
    metric: &'a MetricOptions,
    shard: Option<String>,
    #[serde(flatten)]
    work: &'a WorkPlan,
}

/// The folder and the record of a run.
pub struct Run {
    pub dir: RunDir,
    info: RunInfo,
    skip_bad: bool,
}

impl Run {
    /// Makes the folder and `run.toml`, or takes up the run that is there if its settings agree.
    pub fn begin(
        plan: &Plan,
        out: &Path,
        data: &Data,
        models: &[Box<dyn Segmenter>],
        batches: &[usize],
    ) -> Result<Self> {
        let dir = RunDir::create(out)?;
        let provenances: Vec<Provenance> = models.iter().map(|model| model.provenance()).collect();
        let takes_text = provenances.iter().any(|provenance| !provenance.prompts.is_empty());
        let settings = to_table(&Recorded {
            command: plan.command,
            prompts: if takes_text { Some(prompt_set(&plan.model)?) } else { None },
            temperature: plan.model.temperature,
            underscores_to_spaces: plan.model.spaces,
            stride: plan.model.stride,
            metric: &plan.metric,
            shard: plan.shard.map(|shard| shard.to_string()),
            work: &plan.work,
        })?;
        let seed = plan.work.settings.seed;
        let mut info = RunInfo::start(command_line(), seed, settings);
        info.models = provenances
            .iter()
            .zip(models.iter().zip(batches))
            .map(|(provenance, (model, &batch))| ModelInfo {
                name: provenance.model.clone(),
                bundle_sha256: provenance.model_hash.clone(),
                precision: provenance.precision.clone(),
                placement: provenance.placement.clone(),
                defence: (!provenance.defence.is_empty()).then(|| DefenceInfo {
                    name: provenance.defence.clone(),
                    pictures_per_evaluation: model.views(),
                }),
                input_size: Some(model.input_size()),
                batch: Some(BatchInfo { requested: plan.model.batch.to_string(), used: batch }),
            })
            .collect();
        if let Some(provenance) = provenances.first() {
            info.provider = ProviderInfo {
                requested: plan.model.provider.to_string(),
                active: provenance.provider.clone(),
                options: to_table(&provenance.options)?,
            };
            info.runtime = RuntimeInfo {
                path: provenance.runtime_library.clone(),
                version: provenance.runtime_version.clone(),
            };
        }
        info.dataset = data.info();
        info.skipped.clone_from(&data.skipped);
        if dir.info_path().exists() {
            let old = RunInfo::read(dir.info_path())?;
            compatible(&old, &info)
                .map_err(|error| Error { subject: format!("--out {}", out.display()), ..error })?;
            info.started = old.started;
        }
        info.write(dir.info_path())?;
        Ok(Self { dir, info, skip_bad: plan.data.skip_bad })
    }

    /// A run in an empty folder, with what is known about it.
    pub fn with(dir: RunDir, info: RunInfo) -> Result<Self> {
        info.write(dir.info_path())?;
        Ok(Self { dir, info, skip_bad: false })
    }

    /// The models, with how many pictures they get at once.
    pub fn models(&self) -> &[ModelInfo] {
        &self.info.models
    }

    /// Most pictures in one call of a model.
    pub fn batch(&self, model: &str) -> usize {
        let batch =
            self.info.models.iter().find(|info| info.name == model).and_then(|info| info.batch.as_ref());
        batch.map_or(1, |batch| batch.used)
    }

    /// Records what a model's batch has come to, and warns where that is less than it was: memory did not suffice for more.
    pub fn keep_batch(&mut self, model: &str, batch: usize) -> Result<()> {
        let info = self.info.models.iter_mut().find(|info| info.name == model);
        let Some(kept) = info.and_then(|info| info.batch.as_mut()).filter(|kept| batch < kept.used) else {
            return Ok(());
        };
        eprintln!(
            "warning: {model}: memory did not suffice for {} pictures a call; it went on with {batch}",
            kept.used
        );
        kept.used = batch;
        self.info.write(self.dir.info_path())
    }

    /// Records that a sample is left out, or passes the error on where that was not allowed.
    pub fn skip(&mut self, sample: &Sample, error: Error) -> Result<()> {
        if !self.skip_bad {
            return Err(with_skip_bad(error));
        }
        self.info.skipped.push(Skipped { sample: sample.id.to_string(), reason: reason(&error) });
        self.info.write(self.dir.info_path())
    }

    /// Samples left out so far.
    pub fn skipped(&self) -> &[Skipped] {
        &self.info.skipped
    }

    /// Records how the run ended.
    pub fn end(&mut self, status: Status) -> Result<()> {
        self.info.status = status;
        self.info.write(self.dir.info_path())
    }
}

/// `--out`, or a folder under `results/` named after the command and the data.
pub fn out_dir(out: Option<&PathBuf>, command: &str, dataset: &Dataset) -> PathBuf {
    out.cloned()
        .unwrap_or_else(|| Path::new("results").join(format!("{command}-{}", file_name(&dataset.name))))
}

/// The command line of this process.
pub fn command_line() -> String {
    std::env::args().collect::<Vec<_>>().join(" ")
}
