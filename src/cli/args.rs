//! Arguments as clap sees them. What they mean is decided in the commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use askance::attack::{BatchSize, Border, Goal, Preset, SearchChoice, Select, Settings};
use askance::dataset::Layout;
use askance::error::{Error, Result};
use askance::metric::AuproMode;
use askance::model::runtime::Flavour;
use askance::model::{Defence, Precision, Provider};
use askance::perturb::{self, Fill, Rotation};
use askance::synth::World;
use askance::types::{Attack, Axis, Bounds, Frame, Interval, Shard};

use super::bench::BenchArgs;
use super::compare_search::CompareArgs;
use super::uniform::UniformArgs;

/// Worst-case rotation, hue and saturation for zero-shot anomaly segmenters, over ONNX Runtime.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub struct Global {
    /// Print the summary as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Draw no progress bars
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// ONNX Runtime library, or the folder that holds it (version 1.24 or newer)
    #[arg(long, global = true, value_name = "FILE", env = "ORT_DYLIB_PATH")]
    pub ort_lib: Option<PathBuf>,
    /// Never use the network: do not fetch ONNX Runtime
    #[arg(long, global = true)]
    pub offline: bool,
}

#[derive(Debug, Subcommand)]
#[allow(clippy::large_enum_variant, reason = "there is one, for as long as the program runs")]
pub enum Command {
    /// The whole story on generated parts and the two embedded models: clean metrics, sweeps, worst cases, table, plots
    Demo(DemoArgs),
    /// Clean metrics
    Eval(EvalArgs),
    /// One uniform perturbation over a range: metrics against angle, hue, saturation or another axis
    Sweep(SweepArgs),
    /// The worst case of each sample, and what remains of the metrics there
    Attack(AttackArgs),
    /// Execution providers compared on this machine: latency, throughput, memory, and whether maps and metrics stay the same
    Bench(BenchArgs),
    /// One configuration of `bench`, told what to do on standard input
    #[command(hide = true)]
    BenchWorker,
    /// What a data set holds: layout, counts, sizes, masks, and every file that cannot be used
    Data(SurveyArgs),
    /// The paper's whole protocol over the data sets and backbones that are there: attacks, sweeps, tables and figures
    Paper(PaperArgs),
    /// Put the shards of one run together: records, maps, metrics of all samples, plots; needs no model
    Merge(MergeArgs),
    /// Draw the plots of finished runs from their records
    Plot(PlotArgs),
    /// What this machine can run, and why not the rest
    Providers,
    /// Fetch ONNX Runtime builds into the cache, and list them
    Runtime {
        #[command(subcommand)]
        command: RuntimeCommand,
    },
    /// List, verify and describe model bundles
    Models(ModelsArgs),
    /// Write the procedural data set in MVTec AD layout
    Synth(SynthArgs),
}

#[derive(Debug, Subcommand)]
pub enum RuntimeCommand {
    /// Fetch a build with pip, verify it by its pinned SHA-256 and keep it in the cache; what was stopped goes on
    Install {
        /// Which build: cpu, openvino, or gpu (1.6 GB, with CUDA 13 and cuDNN 9)
        #[arg(default_value = "cpu")]
        flavour: Flavour,
        /// Leave CUDA and cuDNN out, where the machine has them
        #[arg(long)]
        without_cuda: bool,
    },
    /// What the cache holds, and its size
    List,
    /// Load one library and print what it can run as JSON, for `askance providers`
    #[command(hide = true)]
    Probe {
        /// The library
        library: PathBuf,
    },
}

/// Which data.
#[derive(Debug, Clone, Args)]
pub struct DataArgs {
    /// Folder of categories, one category, a list of pictures (manifest.csv, meta.json), or a plain folder of pictures without
    /// ground truth; docs/datasets.md has the layouts
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// How the data lie: mvtec-ad, visa, mvtec-ad-2, mvtec-loco, btad, meta-json, manifest or
    /// unlabelled, which takes any folder of pictures and ignores ground truth [default: recognised]
    #[arg(long, value_name = "NAME")]
    pub layout: Option<Layout>,
    /// Name of the data in records and figures [default: that of the folder or list]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Only these categories
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub category: Vec<String>,
    /// Only the first N good and the first N defective samples of each category
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Leave unreadable samples out, and list them, instead of stopping
    #[arg(long)]
    pub skip_bad: bool,
}

impl DataArgs {
    /// All of the data in a folder.
    pub fn of(data: PathBuf) -> Self {
        Self { data, layout: None, name: None, category: Vec::new(), limit: None, skip_bad: false }
    }
}

/// Which model, and how it runs.
#[derive(Debug, Clone, Args)]
pub struct ModelArgs {
    /// Bundle folder, a graph exported by anomalib (.onnx), or the name of an embedded model (pocket, pocket-robust); repeat it
    /// to compare [default: pocket; for the paper its three backbones]
    #[arg(long, value_name = "DIR")]
    pub model: Vec<String>,
    /// What is put around each model: none, or a list of grey-world, desaturate and rotate:K, which act in this order; repeat it
    /// to compare [default: none]
    #[arg(long, value_name = "LIST")]
    pub defence: Vec<Defence>,
    /// Execution provider: cpu, cuda[:N], tensorrt[:N], openvino[:DEVICE]
    #[arg(long, default_value = "cpu")]
    pub provider: Provider,
    /// Precision of matrix products: fp32, fp16, bf16 or int8; computed by the provider where it can, else by the bundle
    /// MODEL-PRECISION beside the model (docs/providers.md) [default: the bundle's own]
    #[arg(long, value_name = "NAME")]
    pub precision: Option<Precision>,
    /// Fail where the provider would hand part of the graph to the CPU
    #[arg(long)]
    pub strict_ep: bool,
    /// Threads inside one model call [default: all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
    /// Let idle threads spin: a little faster for one model alone, at the cost of the other cores' work
    #[arg(long)]
    pub spin: bool,
    /// Let CUDA and TensorRT multiply fp32 in TF32: faster, with thirteen bits less
    #[arg(long)]
    pub tf32: bool,
    /// Pictures in one model call, at most: a number, or auto, which tries what is fastest; results do not depend on it
    #[arg(long, value_name = "N", default_value_t = BatchSize::Of(8))]
    pub batch: BatchSize,
    /// Prompt set: winclip, common21, or a TOML file [default: winclip; common21 with --preset and for the paper]
    #[arg(long, value_name = "NAME|FILE")]
    pub prompts: Option<String>,
    /// Softmax temperature [default: the bundle's]
    #[arg(long, value_name = "T")]
    pub temperature: Option<f32>,
    /// Replace underscores in category names by spaces before they go into the prompts
    #[arg(long)]
    pub spaces: bool,
    /// Step between windows, in patches; 2 is coarser and cheaper
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = positive)]
    pub stride: usize,
}

impl Default for ModelArgs {
    /// The defaults of the flags.
    fn default() -> Self {
        Self {
            model: Vec::new(),
            defence: Vec::new(),
            provider: Provider::Cpu,
            precision: None,
            strict_ep: false,
            threads: None,
            spin: false,
            tf32: false,
            batch: BatchSize::Of(8),
            prompts: None,
            temperature: None,
            spaces: false,
            stride: 1,
        }
    }
}

/// What the metrics are.
#[derive(Debug, Clone, Args)]
pub struct MetricArgs {
    /// Upper end of the false positive rate for AUPRO
    #[arg(long, value_name = "RATE", default_value_t = 0.3)]
    pub fpr_limit: f64,
    /// How AUPRO is computed: exact or thresholds-200
    #[arg(long, value_name = "MODE", default_value_t = AuproMode::Exact)]
    pub aupro: AuproMode,
}

/// How a picture is perturbed and its map compared.
#[derive(Debug, Clone, Default, Args)]
pub struct PerturbArgs {
    /// A published protocol: paper (arXiv 2405.07969) or authors (their code); other flags override what it says
    #[arg(long, value_name = "NAME")]
    pub preset: Option<Preset>,
    /// Angle bounds in degrees, clockwise positive [default: -90,90]
    #[arg(long, value_name = "LOW,HIGH", value_parser = interval, allow_hyphen_values = true)]
    pub angle_bounds: Option<Interval>,
    /// Hue bounds in radians [default: the whole circle]
    #[arg(long, value_name = "LOW,HIGH", value_parser = interval, allow_hyphen_values = true)]
    pub hue_bounds: Option<Interval>,
    /// Bounds of the saturation shift [default: -0.5,0.5]
    #[arg(long, value_name = "LOW,HIGH", value_parser = interval, allow_hyphen_values = true)]
    pub saturation_bounds: Option<Interval>,
    /// Bounds of any axis, repeatable, such as brightness=-0.3,0.3; docs/perturbations.md has units and defaults
    #[arg(long, value_name = "AXIS=LOW,HIGH", value_parser = axis_interval)]
    pub bounds: Vec<(Axis, Interval)>,
    /// Interpolation of the rotation: bilinear or three-pass [default: bilinear]
    #[arg(long, value_name = "NAME")]
    pub rotation: Option<Rotation>,
    /// What a rotation, zoom or shift brings in from outside: replicate, zeros or reflect [default: replicate]
    #[arg(long, value_name = "NAME")]
    pub fill: Option<Fill>,
    /// Where map and mask meet: derotated (the map is brought back) or rotated-mask [default: derotated]
    #[arg(long, value_name = "NAME")]
    pub frame: Option<Frame>,
    /// Map pixels from outside the moved picture: zeros or ignore [default: zeros]
    #[arg(long, value_name = "NAME")]
    pub border: Option<Border>,
}

impl PerturbArgs {
    /// The preset, or the defaults, with what the flags say instead.
    ///
    /// # Errors
    /// A usage error when the bounds of an axis are given twice.
    pub fn settings(&self) -> Result<Settings> {
        let base = self.preset.map_or_else(Settings::default, Preset::settings);
        Ok(Settings {
            bounds: self.bounds(base.bounds)?,
            perturb: perturb::Settings {
                rotation: self.rotation.unwrap_or(base.perturb.rotation),
                fill: self.fill.unwrap_or(base.perturb.fill),
            },
            frame: self.frame.unwrap_or(base.frame),
            border: self.border.unwrap_or(base.border),
            ..base
        })
    }

    fn bounds(&self, base: Bounds) -> Result<Bounds> {
        let own = [
            (Axis::Angle, self.angle_bounds),
            (Axis::Hue, self.hue_bounds),
            (Axis::Saturation, self.saturation_bounds),
        ];
        let own = own.into_iter().filter_map(|(axis, interval)| Some((axis, interval?)));
        let given: Vec<(Axis, Interval)> = own.chain(self.bounds.iter().copied()).collect();
        for (index, (axis, Interval { low, high })) in given.iter().enumerate() {
            if given[..index].iter().any(|(other, _)| other == axis) {
                return Err(Error::usage(
                    format!("--bounds {axis}={low},{high}"),
                    "gives the bounds of an axis that has some already",
                    "give them once",
                ));
            }
        }
        Ok(given.into_iter().fold(base, |bounds, (axis, interval)| bounds.with(axis, interval)))
    }
}

/// `askance eval`
#[derive(Debug, Args)]
pub struct EvalArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub metric: MetricArgs,
    /// Only part I of N of the samples of each category, such as 1/2, to be put together by askance merge
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Folder of the run [default: results/eval-DATA]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write each map at evaluation size as npy
    #[arg(long)]
    pub save_maps: bool,
}

/// `askance attack`
#[derive(Debug, Args)]
pub struct AttackArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub perturb: PerturbArgs,
    #[command(flatten)]
    pub metric: MetricArgs,
    /// Axes, each attacked alone and all jointly: angle, hue, saturation, scale, translate-x, translate-y, temperature, blur,
    /// brightness, contrast, gamma, jpeg
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "angle,hue,saturation")]
    pub axes: Vec<Axis>,
    /// Attacks: any axis, joint (over --axes); clean always runs [default: each of --axes, and joint]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub attacks: Vec<Attack>,
    /// Search strategy: auto (grid on one axis, bayesian on several), grid, random, sobol, nelder-mead, cma-es, ipop-cma-es,
    /// bipop-cma-es, bayesian or exhaustive
    #[arg(long, value_name = "NAME", default_value_t = SearchChoice::Auto)]
    pub search: SearchChoice,
    /// Model evaluations per sample and attack [default: 100; 8730 for --search exhaustive]
    #[arg(long, value_name = "N", value_parser = positive)]
    pub budget: Option<usize>,
    /// What the search minimises: contrast, bce, focal, dice or auroc; or drift, how far map and image score move from the clean
    /// ones, which needs no masks [default: contrast; drift without ground truth]
    #[arg(long, value_name = "NAME")]
    pub loss: Option<Goal>,
    /// Which candidate is kept: the one of lowest loss, of lowest sample-auroc, or (pooled, after all searches) the one that
    /// lowers the pooled pixel AUROC of the category most [default: loss, or the preset's]
    #[arg(long, value_name = "NAME")]
    pub select: Option<Select>,
    /// Also find from which value of each of these axes on the decision about each sample flips; those of --axes where none is
    /// named [default: without ground truth as if it was given]
    #[arg(long, value_name = "LIST", value_delimiter = ',', num_args = 0..)]
    pub tolerance: Option<Vec<Axis>>,
    /// Image score above which a sample is called anomalous, for the tolerance [default: per category that of largest F1 of the
    /// clean scores; without ground truth the one that the highest 5 % of them exceed]
    #[arg(long, value_name = "T", allow_hyphen_values = true)]
    pub decision: Option<f64>,
    #[command(flatten)]
    pub uniform: UniformArgs,
    /// Seed of the searches
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Only part I of N of the samples of each category, such as 1/2, to be put together by askance merge
    #[arg(long, value_name = "I/N")]
    pub shard: Option<Shard>,
    /// Folder of the run [default: results/attack-DATA]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write each map at evaluation size as npy
    #[arg(long)]
    pub save_maps: bool,
    /// Keep every evaluation of every search, as npy: the searched axes, loss
    #[arg(long)]
    pub keep_traces: bool,
    #[command(flatten)]
    pub compare: CompareArgs,
}

/// `askance sweep`
#[derive(Debug, Args)]
pub struct SweepArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub perturb: PerturbArgs,
    #[command(flatten)]
    pub metric: MetricArgs,
    /// Axes: angle, hue, saturation, scale, translate-x, translate-y, temperature, blur, brightness, contrast, gamma, jpeg
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "angle,hue,saturation")]
    pub axes: Vec<Axis>,
    /// Values on each axis
    #[arg(long, value_name = "N", default_value_t = 13)]
    pub steps: usize,
    /// Folder of the run [default: results/sweep-DATA]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `askance demo`
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Folder of the run
    #[arg(long, value_name = "DIR", default_value = "results/demo")]
    pub out: PathBuf,
    /// Seed of the generated parts and of the searches
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Threads inside one model call [default: all cores]
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `askance paper`
#[derive(Debug, Args)]
pub struct PaperArgs {
    /// Folder that holds the data sets, each in a folder of its own
    #[arg(long, value_name = "DIR")]
    pub data_root: PathBuf,
    /// Folder that holds the backbones' bundles; --model names other ones
    #[arg(long, value_name = "DIR", default_value = "models")]
    pub models_dir: PathBuf,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub metric: MetricArgs,
    /// Protocol: paper (maps turned back) or authors (masks turned)
    #[arg(long, value_name = "NAME", default_value_t = Preset::Paper)]
    pub preset: Preset,
    /// Objects of MVTec AD without an upright position, for the uniform sweeps; the paper does not list its own
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "bottle,hazelnut,metal_nut,screw"
    )]
    pub invariant: Vec<String>,
    /// Values on each axis of the uniform sweeps
    #[arg(long, value_name = "N", default_value_t = 13)]
    pub steps: usize,
    /// Model evaluations per sample and attack
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = positive)]
    pub budget: usize,
    /// Seed of the searches
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Only the first N good and the first N defective samples of each category
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Leave unreadable samples out, and list them, instead of stopping
    #[arg(long)]
    pub skip_bad: bool,
    /// Folder of runs, tables and figures
    #[arg(long, value_name = "DIR", default_value = "results/paper")]
    pub out: PathBuf,
}

/// `askance synth`
#[derive(Debug, Args)]
pub struct SynthArgs {
    /// Folder to write
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// test (never seen by the embedded models) or train
    #[arg(long, value_name = "NAME", default_value_t = World::Test)]
    pub world: World,
    /// Seed; the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Side of the pictures in pixels
    #[arg(long, value_name = "N", default_value_t = 192)]
    pub size: usize,
    /// Only these categories
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub category: Vec<String>,
    /// Good pictures for training in each category
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub train: usize,
    /// Good test pictures in each category
    #[arg(long, value_name = "N", default_value_t = 8)]
    pub good: usize,
    /// Defective test pictures in each category
    #[arg(long, value_name = "N", default_value_t = 12)]
    pub defective: usize,
}

/// `askance data`
#[derive(Debug, Args)]
pub struct SurveyArgs {
    /// Folder of categories, one category, or a list of pictures (manifest.csv, meta.json)
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    /// How the data lie: mvtec-ad, visa, mvtec-ad-2, mvtec-loco, btad, meta-json, manifest or
    /// unlabelled [default: recognised]
    #[arg(long, value_name = "NAME")]
    pub layout: Option<Layout>,
    /// Only these categories
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub category: Vec<String>,
}

/// `askance merge`
#[derive(Debug, Args)]
pub struct MergeArgs {
    /// Folder of the whole run, which must not hold one yet
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// Folders of all its shards
    #[arg(required = true, value_name = "SHARD")]
    pub shards: Vec<PathBuf>,
    /// Where the pictures are now [default: where they were]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Write each map at evaluation size as npy
    #[arg(long)]
    pub save_maps: bool,
}

/// `askance plot`
#[derive(Debug, Args)]
pub struct PlotArgs {
    /// Run folders
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Where the pictures go [default: plots/ in the first run]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// `askance models`
#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// Bundle folders or embedded names; all known ones if none is given
    #[arg(value_name = "BUNDLE")]
    pub bundles: Vec<String>,
}

pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("give at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("give a whole number of at least 1".to_owned()),
    }
}

fn interval(text: &str) -> Result<Interval, String> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match numbers.as_deref() {
        Ok(&[low, high]) => Ok(Interval { low, high }),
        _ => Err("give two numbers with a comma between, such as -90,90".to_owned()),
    }
}

fn axis_interval(text: &str) -> Result<(Axis, Interval), String> {
    let (axis, bounds) =
        text.split_once('=').ok_or("give an axis and its bounds, such as brightness=-0.3,0.3")?;
    let axis = axis.trim().parse().map_err(|e: Error| format!("{} {}; {}", e.subject, e.problem, e.fix))?;
    Ok((axis, interval(bounds)?))
}
