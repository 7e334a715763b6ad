//! Flags about the models, and how they run.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use askance::attack::{BatchSize, Preset};
use askance::error::{Error, Result};
use askance::model::{Defence, Precision, Provider};
use askance::study::ModelSpec;

use super::values::positive;

/// What a model is given as.
pub const MODEL_KINDS: &str = "A bundle folder, a graph exported by anomalib (.onnx), or the name of an embedded model (pocket, pocket-robust).";

/// Which models, how they run, and what they do with text.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Model")]
pub struct ModelArgs {
    /// Model; repeat it to compare [default: pocket]
    #[arg(long, value_name = "DIR", long_help = format!("Model; repeat it to compare [default: pocket]\n\n{MODEL_KINDS}"))]
    pub model: Vec<String>,
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Prompt set: winclip, common21, or a TOML file [default: winclip; common21 with --preset]
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

/// How models run.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Provider and defence")]
pub struct EngineArgs {
    /// What is put around each model, such as grey-world; repeat it to compare [default: none]
    ///
    /// none, or a list of grey-world, desaturate and rotate:K, which act in this order.
    #[arg(long, value_name = "LIST")]
    pub defence: Vec<Defence>,
    /// Execution provider, such as cuda:0
    ///
    /// cpu, cuda[:N], tensorrt[:N], openvino[:DEVICE], openvino-plugin[:DEVICE], webgpu, nvtensorrtrtx[:N]; attack takes several devices,
    /// such as cuda:0,cuda:1, and gives each a part of the samples.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "cpu")]
    pub provider: Vec<Provider>,
    /// Precision of matrix products: fp32, fp16, bf16 or int8 [default: the bundle's own]
    ///
    /// Computed by the provider where it can, else by the bundle MODEL-PRECISION beside the model (docs/providers.md).
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
    #[arg(long, value_name = "N", default_value_t = BatchSize::default())]
    pub batch: BatchSize,
}

impl ModelArgs {
    /// The models, with the prompts of a protocol where no others are named.
    pub fn spec(&self, preset: Option<Preset>) -> ModelSpec {
        let mut spec = self.engine.spec(&self.model);
        spec.prompts.clone_from(&self.prompts);
        spec.preset = preset;
        spec.temperature = self.temperature;
        spec.spaces = self.spaces;
        spec.stride = self.stride;
        spec
    }
}

impl EngineArgs {
    /// A setting that was given something else than its default, where there is one.
    pub fn given(&self) -> Option<&'static str> {
        let given = [
            ("defence", !self.defence.is_empty()),
            ("provider", self.provider != [Provider::Cpu]),
            ("precision", self.precision.is_some()),
            ("strict_ep", self.strict_ep),
            ("threads", self.threads.is_some()),
            ("spin", self.spin),
            ("tf32", self.tf32),
            ("batch", self.batch != BatchSize::default()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    /// Refuses several devices, for commands that use one.
    ///
    /// # Errors
    /// A usage error.
    pub fn require_one(&self) -> Result<()> {
        let [_, other, ..] = &self.provider[..] else { return Ok(()) };
        let fix = "name one device; a plain attack takes several";
        Err(Error::usage(format!("--provider {other}"), "is one device too many for this command", fix))
    }

    /// These models, with the usual prompts.
    pub fn spec(&self, models: &[String]) -> ModelSpec {
        let mut spec = ModelSpec::new(models.iter().cloned());
        spec.defence.clone_from(&self.defence);
        spec.provider.clone_from(&self.provider[0]);
        spec.precision = self.precision;
        spec.strict_ep = self.strict_ep;
        spec.threads = self.threads;
        spec.spin = self.spin;
        spec.tf32 = self.tf32;
        spec.batch = self.batch;
        spec
    }
}

/// `askance models`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, after_help = MODELS_EXAMPLES)]
pub struct ModelsArgs {
    /// Bundle folders or embedded names; all known ones if none is given
    #[arg(value_name = "BUNDLE")]
    pub bundles: Vec<String>,
    #[command(subcommand)]
    pub command: Option<ModelsCommand>,
}

#[derive(Debug, Subcommand)]
pub enum ModelsCommand {
    /// Begin the manifest of an ONNX graph from picture to map: what the file tells, and what is left to fill in
    ///
    /// Names, shapes, hashes and files of weights are read from the graph. What it cannot tell (how pixels are normalised, whether high means
    /// anomalous) stands there as "fill in" with a remark, and the model is refused until that is done; guesses are said to be some.
    Init(InitArgs),
}

/// `askance models init`
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The graph; one called model.onnx gets its bundle.toml beside itself
    #[arg(value_name = "GRAPH.onnx")]
    pub graph: PathBuf,
    /// Folder of the bundle, to which the graph is copied [default: of the graph's name, beside it]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write over files that are there already
    #[arg(long)]
    pub force: bool,
}

const MODELS_EXAMPLES: &str = "\
Examples:
  all models that are embedded or in models:
    askance models
  a bundle of your own, its files verified:
    askance models models/vit
  the manifest of a graph from picture to map:
    askance models init net.onnx";
