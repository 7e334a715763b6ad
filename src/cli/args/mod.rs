//! Arguments as clap sees them. Each group of flags turns into what the library takes by one method.

mod bench;
mod data;
mod fresh;
mod model;
mod others;
mod paper;
mod perturb;
mod place;
mod recalled;
mod replay;
mod runs;
mod search;
mod uniform;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use askance::error::Result;
use askance::runtime::{self, Flavour};
use askance::study::{Data, Observe, Source};

pub use bench::BenchArgs;
pub use data::SurveyArgs;
pub use model::{InitArgs, ModelsArgs, ModelsCommand};
pub use others::{MergeArgs, PairingArgs, PlotArgs, ReportArgs, SubmitArgs, SynthArgs};
pub use paper::PaperArgs;
pub use place::PlaceArgs;
pub use recalled::Recalled;
pub use replay::ReplayArgs;
pub use runs::{AttackArgs, DemoArgs, EvalArgs, SweepArgs};
pub use search::CompareArgs;
pub use values::{Axes, AxisRange, ShardChoice};

/// Worst-case rotation, hue and saturation for zero-shot anomaly segmenters, over ONNX Runtime.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, max_term_width = 80)]
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
    #[arg(help_heading = "For every command", long, global = true)]
    pub json: bool,
    /// Draw no progress bars
    #[arg(help_heading = "For every command", long, short, global = true)]
    pub quiet: bool,
    /// ONNX Runtime library, or the folder that holds it (version 1.24 or newer)
    /// [env: ORT_DYLIB_PATH]
    #[arg(help_heading = "For every command", long, global = true, value_name = "FILE")]
    pub ort_lib: Option<PathBuf>,
    /// Never use the network: do not fetch ONNX Runtime
    #[arg(help_heading = "For every command", long, global = true)]
    pub offline: bool,
    /// What a run gave to the command line.
    #[arg(skip)]
    pub recalled: Option<Recalled>,
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
    /// What a data set holds: layout, counts, sizes, masks, and every file that cannot be used
    Data(SurveyArgs),
    /// The paper's whole protocol over the data sets and backbones that are there: attacks, sweeps, tables and figures
    Paper(PaperArgs),
    /// The worst cases of a finished run under another model, precision, provider or defence, at the same points; or as pictures
    Replay(ReplayArgs),
    /// Put the shards of one run together: records, maps, metrics of all samples, plots; needs no model
    Merge(MergeArgs),
    /// Write the submission archive of MVTec AD 2 from a finished run on its private test sets, and check it; needs no model
    Submit(SubmitArgs),
    /// Two finished runs on the same pictures: how far they lie apart, how sure that is, and what is beyond chance; needs no model
    Compare(PairingArgs),
    /// Draw the plots of finished runs from their records
    Plot(PlotArgs),
    /// One self-contained HTML page about finished runs: the answer in two sentences, and all that it stands on
    Report(ReportArgs),
    /// What this machine can run, and why not the rest
    Providers,
    /// Fetch ONNX Runtime builds into the cache, and list them
    Runtime {
        #[command(subcommand)]
        command: RuntimeCommand,
    },
    /// List, verify and describe model bundles; begin the manifest of a graph of your own
    Models(ModelsArgs),
    /// Write the procedural data set in MVTec AD layout
    Synth(SynthArgs),
    /// Print the completions of a shell
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write a manual page for every command
    Man {
        /// Folder to write them in
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
}

/// Where completions belong.
const COMPLETIONS: &str = "\
What is printed belongs in a file of this name:
  bash, in ~/.local/share/bash-completion/completions:
    askance
  zsh, in a folder of $fpath:
    _askance
  fish, in ~/.config/fish/completions:
    askance.fish

Example:
  cd ~/.config/fish/completions
  askance completions fish > askance.fish";

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
}

impl Global {
    /// Opens the data of a run; warns where they or this program are others than those of the run that gave settings.
    ///
    /// # Errors
    /// Those of [`Data::open`].
    pub fn open(&self, source: &Source, observe: &dyn Observe) -> Result<Data> {
        let data = Data::open(source, observe)?;
        if let Some(recalled) = &self.recalled {
            recalled.differences(&data.info().fingerprint).iter().for_each(|told| observe.warn(told));
        }
        Ok(data)
    }

    /// Where ONNX Runtime may come from.
    pub fn runtime(&self) -> runtime::Options {
        let from_env = runtime::Options::from_env();
        runtime::Options {
            ort_lib: self.ort_lib.clone().or(from_env.ort_lib),
            offline: self.offline,
            ..runtime::Options::default()
        }
    }
}
