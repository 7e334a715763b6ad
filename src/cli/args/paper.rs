//! Flags of `askance paper`.

use std::path::PathBuf;

use clap::Args;

use askance::attack::Preset;

use super::fresh::FreshArgs;
use super::model::{MODEL_KINDS, ModelArgs};
use super::perturb::MetricArgs;
use super::values::positive;

const MODELS: &str =
    "Model in place of those in --models-dir; repeat it for more [default: the three backbones of the paper]";
const PROMPTS: &str = "Prompt set: winclip, common21, or a TOML file [default: common21]";

/// `askance paper`
#[derive(Debug, Args)]
#[command(
    after_help = PAPER_EXAMPLES,
    mut_arg("model", |model| model.help(MODELS).long_help(format!("{MODELS}\n\n{MODEL_KINDS}"))),
    mut_arg("prompts", |prompts| prompts.help(PROMPTS))
)]
pub struct PaperArgs {
    /// Folder that holds the data sets, each in a folder of its own
    #[arg(help_heading = "Data and models", long, value_name = "DIR")]
    pub data_root: PathBuf,
    /// Folder that holds the backbones' bundles; --model names other ones
    #[arg(help_heading = "Data and models", long, value_name = "DIR", default_value = "models")]
    pub models_dir: PathBuf,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub metric: MetricArgs,
    /// Protocol: paper (maps turned back) or authors (masks turned)
    #[arg(help_heading = "Protocol", long, value_name = "NAME", default_value_t = Preset::Paper)]
    pub preset: Preset,
    /// Objects of MVTec AD without an upright position, for the uniform sweeps
    ///
    /// The paper does not list its own.
    #[arg(
        help_heading = "Protocol",
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "bottle,hazelnut,metal_nut,screw"
    )]
    pub invariant: Vec<String>,
    /// Values on each axis of the uniform sweeps
    #[arg(help_heading = "Protocol", long, value_name = "N", default_value_t = 13)]
    pub steps: usize,
    /// Model evaluations per sample and attack
    #[arg(help_heading = "Protocol", long, value_name = "N", default_value_t = 100, value_parser = positive)]
    pub budget: usize,
    /// Seed of the searches
    #[arg(help_heading = "Protocol", long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// Only the first N good and the first N defective samples of each category
    #[arg(help_heading = "Data and models", long, value_name = "N")]
    pub limit: Option<usize>,
    /// Leave out, and list, the samples that cannot be used
    ///
    /// These are all that `askance data` tells as a problem; without the flag they are an error.
    #[arg(help_heading = "Data and models", long)]
    pub skip_bad: bool,
    /// In the LaTeX tables, behind each number its 95 % interval over samples; CSV has it always
    #[arg(help_heading = "Run and output", long)]
    pub latex_intervals: bool,
    /// Folder of runs, tables and figures
    #[arg(help_heading = "Run and output", long, value_name = "DIR", default_value = "results/paper")]
    pub out: PathBuf,
    #[command(flatten)]
    pub fresh: FreshArgs,
}

const PAPER_EXAMPLES: &str = "\
Examples:
  all that is there, with the backbones in models:
    askance paper --data-root datasets
  a rehearsal with the embedded model:
    askance paper --data-root datasets --model pocket \\
      --limit 2 --budget 10 --out results/rehearsal";
