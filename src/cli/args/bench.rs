//! Flags of `askance bench`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use askance::bench::{BenchPlan, Requirement};
use askance::dataset::Layout;
use askance::error::{Error, Result};
use askance::model::{Precision, Provider};
use askance::study::Source;
use askance::types::Fitting;

use super::Global;
use super::fresh::FreshArgs;
use super::perturb::FitArgs;
use super::values::positive;

/// `askance bench`
#[derive(Debug, Args)]
#[command(after_help = BENCH_EXAMPLES)]
pub struct BenchArgs {
    /// Execution providers to compare, such as cpu,openvino
    ///
    /// cpu, cuda[:N], tensorrt[:N], openvino[:DEVICE], openvino-plugin[:DEVICE], webgpu, nvtensorrtrtx[:N].
    #[arg(
        help_heading = "Configurations",
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "cpu"
    )]
    pub providers: Vec<Provider>,
    /// Precisions to compare: fp32, fp16, bf16, int8 [default: the bundle's own]
    #[arg(help_heading = "Configurations", long, value_name = "LIST", value_delimiter = ',')]
    pub precision: Vec<Precision>,
    /// Numbers of pictures in one call to compare
    #[arg(help_heading = "Configurations", long, value_name = "LIST", value_delimiter = ',', default_value = "1,8", value_parser = positive)]
    pub batch: Vec<usize>,
    /// Bundle folder, a graph exported by anomalib (.onnx), or the name of an embedded model; repeat it to compare
    #[arg(help_heading = "Configurations", long, value_name = "DIR", default_value = "pocket")]
    pub model: Vec<String>,
    /// Prompt set: winclip, common21, or a TOML file
    #[arg(help_heading = "Configurations", long, value_name = "NAME|FILE", default_value = "winclip")]
    pub prompts: String,
    /// Step between windows, in patches
    #[arg(help_heading = "Configurations", long, value_name = "N", default_value_t = 1, value_parser = positive)]
    pub stride: usize,
    /// Threads inside one model call [default: all cores]
    #[arg(help_heading = "Configurations", long, value_name = "N", value_parser = positive)]
    pub threads: Option<usize>,
    /// Fail a configuration whose provider would hand part of the graph to the CPU
    #[arg(help_heading = "Configurations", long)]
    pub strict_ep: bool,
    /// Rounds; each visits every configuration once
    #[arg(help_heading = "Timing", long, value_name = "N", default_value_t = 20, value_parser = positive)]
    pub rounds: usize,
    /// Timed calls of a configuration in a round [default: as many as fill 0.3 s, at most 50]
    #[arg(help_heading = "Timing", long, value_name = "N", value_parser = positive)]
    pub calls: Option<usize>,
    /// Untimed calls of a configuration after its first one
    #[arg(help_heading = "Timing", long, value_name = "N", default_value_t = 3)]
    pub warm_up: usize,
    /// Seconds that a configuration may take to answer, the building of an engine included
    #[arg(help_heading = "Timing", long, value_name = "SECONDS", default_value_t = 900, value_parser = positive)]
    pub time_limit: usize,
    /// Data for the parity of maps and metrics [default: a small generated set in OUT/data]
    #[arg(help_heading = "Parity of maps and metrics", long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// How the data lie [default: recognised]
    #[arg(help_heading = "Parity of maps and metrics", long, value_name = "NAME", requires = "data")]
    pub layout: Option<Layout>,
    /// Only these categories
    #[arg(help_heading = "Parity of maps and metrics", long, value_name = "NAME", num_args = 1.., value_delimiter = ',', requires = "data")]
    pub category: Vec<String>,
    /// Only the first N good and the first N defective samples of each category
    #[arg(help_heading = "Parity of maps and metrics", long, value_name = "N", default_value_t = 2, value_parser = positive)]
    pub limit: usize,
    #[command(flatten)]
    pub fit: FitArgs,
    /// Model evaluations per sample of the attack that compares the metrics
    #[arg(help_heading = "Parity of maps and metrics", long, value_name = "N", default_value_t = 12, value_parser = positive, conflicts_with = "no_metrics")]
    pub budget: usize,
    /// Compare maps only: no attack on the data
    #[arg(help_heading = "Parity of maps and metrics", long)]
    pub no_metrics: bool,
    /// Demand a bound of every configuration, such as "map_max<=0.01,p95_ms<=20"
    ///
    /// Ends with status 1 where one misses it; docs/bench.md has the names.
    #[arg(help_heading = "Verdict", long, value_name = "LIST", value_delimiter = ',')]
    pub require: Vec<Requirement>,
    /// Do not end with status 1 where a configuration could not be measured
    #[arg(help_heading = "Verdict", long)]
    pub allow_missing: bool,
    /// Tables with all columns, for wide terminals
    #[arg(help_heading = "Run and output", long)]
    pub wide: bool,
    /// Seed of the generated data and of the attack
    #[arg(help_heading = "Parity of maps and metrics", long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Folder of the run
    #[arg(help_heading = "Run and output", long, value_name = "DIR", default_value = "results/bench")]
    pub out: PathBuf,
    #[command(flatten)]
    pub fresh: FreshArgs,
}

impl BenchArgs {
    /// What is compared.
    ///
    /// # Errors
    /// A usage error where a fit is given that does nothing.
    pub fn plan(&self, global: &Global) -> Result<BenchPlan> {
        let fit = self.fit.fitting(Fitting::default())?;
        if let Some(fit) = fit.filter(|_| self.data.is_none()) {
            let problem = "changes nothing: the generated pictures are square";
            return Err(Error::setting(
                "fit",
                fit.fit,
                problem,
                "give pictures with --data, or leave it out",
            ));
        }
        Ok(BenchPlan {
            providers: self.providers.clone(),
            precision: self.precision.clone(),
            batch: self.batch.clone(),
            model: self.model.clone(),
            prompts: self.prompts.clone(),
            stride: self.stride,
            fit,
            threads: self.threads,
            strict_ep: self.strict_ep,
            rounds: self.rounds,
            calls: self.calls,
            warm_up: self.warm_up,
            time_limit: Duration::from_secs(self.time_limit as u64),
            limit: self.limit,
            budget: self.budget,
            seed: self.seed,
            ort_lib: global.ort_lib.clone(),
            offline: global.offline,
        })
    }

    /// The data, where some are named.
    pub fn source(&self) -> Option<Source> {
        let source = Source::new(self.data.as_ref()?);
        Some(source.layout(self.layout).categories(&self.category))
    }
}

const BENCH_EXAMPLES: &str = "\
Examples:
  two providers in two precisions:
    askance bench --providers cpu,openvino \\
      --precision fp32,int8
  a bound that must hold:
    askance bench --providers cuda:0 --data mvtec \\
      --require 'map_max<=0.01,p95_ms<=20'";
