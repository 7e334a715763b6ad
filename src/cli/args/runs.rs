//! Flags of the commands that evaluate and attack.

use std::path::PathBuf;

use clap::Args;

use askance::attack::{Goal, SearchChoice, Select};
use askance::search::Kind;
use askance::types::{Attack, Axis, Frame, Group, Pair};

use super::data::DataArgs;
use super::model::ModelArgs;
use super::perturb::{FitArgs, MetricArgs, PerturbArgs, PointArgs};
use super::place::{PartArgs, PlaceArgs};
use super::search::CompareArgs;
use super::uniform::UniformArgs;
use super::values::{Axes, listed, positive};

const AXES: &str = "Axes or groups of them, each attacked alone and all jointly";
const SEARCH: &str = "Search strategy [default: auto]";

fn with_axes() -> String {
    let (axes, pairs, groups) = (
        listed(&Axis::ALL.map(Axis::name)),
        listed(&Pair::ALL.map(Pair::name)),
        listed(&Group::ALL.map(Group::name)),
    );
    format!(
        "{AXES}\n\nTwo axes of one pair are attacked together. {axes}; the pairs {pairs}; the groups {groups}."
    )
}

fn with_searches() -> String {
    let kinds = listed(&Kind::ALL.map(Kind::name));
    format!("{SEARCH}\n\nauto (grid on one axis, bayesian on several), {kinds}.")
}

/// `askance eval`
#[derive(Debug, Args)]
#[command(after_help = EVAL_EXAMPLES)]
pub struct EvalArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub fit: FitArgs,
    #[command(flatten)]
    pub metric: MetricArgs,
    #[command(flatten)]
    pub points: PointArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
    #[command(flatten)]
    pub part: PartArgs,
}

/// `askance attack`
#[derive(Debug, Args)]
#[command(after_help = ATTACK_EXAMPLES)]
pub struct AttackArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub perturb: PerturbArgs,
    #[command(flatten)]
    pub fit: FitArgs,
    #[command(flatten)]
    pub metric: MetricArgs,
    #[command(flatten)]
    pub points: PointArgs,
    #[arg(
        help_heading = "Perturbation",
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "angle,hue,saturation",
        help = AXES,
        long_help = with_axes()
    )]
    pub axes: Vec<Axes>,
    /// Attacks: any axis or pair, joint (over --axes); clean always runs [default: each of --axes, and joint]
    #[arg(help_heading = "Perturbation", long, value_name = "LIST", value_delimiter = ',')]
    pub attacks: Vec<Attack>,
    #[arg(help_heading = "Search", long, value_name = "NAME", help = SEARCH, long_help = with_searches())]
    pub search: Option<SearchChoice>,
    /// Model evaluations per sample and attack [default: 100; 8730 for --search exhaustive]
    #[arg(help_heading = "Search", long, value_name = "N", value_parser = positive)]
    pub budget: Option<usize>,
    /// Take --budget for an average: more where it lowers the metrics
    ///
    /// Each axis alone gets what it needs, the joint attack the rest, and evaluations go on after the searches where they lower the pooled
    /// metrics; needs all samples at once (no --shard).
    #[arg(help_heading = "Search", long, conflicts_with = "compare_search")]
    pub adaptive: bool,
    /// Try first what another run found for the same samples and attacks
    ///
    /// Within the budget, and under whatever model or seed it was found.
    #[arg(help_heading = "Search", long, value_name = "RUN", conflicts_with = "compare_search")]
    pub start_from: Option<PathBuf>,
    /// What the search minimises [default: contrast; drift without masks]
    ///
    /// contrast, bce, focal, dice or auroc; or drift, how far map and image score move from the clean ones, which needs no masks.
    #[arg(help_heading = "Search", long, value_name = "NAME")]
    pub loss: Option<Goal>,
    /// Where map and mask meet for the loss [default: that of --frame, or the preset's]
    ///
    /// derotated or rotated-mask, if elsewhere than for metrics.
    #[arg(help_heading = "Search", long, value_name = "NAME")]
    pub loss_frame: Option<Frame>,
    /// Which candidate is kept: pooled, loss or sample-auroc [default: pooled, or the preset's; loss without masks]
    ///
    /// pooled: after all searches, by each of pixel AUROC and AUPRO the one that lowers what is pooled over the category most. loss,
    /// sample-auroc: of each sample the one that is lowest in it.
    #[arg(help_heading = "Search", long, value_name = "NAME")]
    pub select: Option<Select>,
    /// Also find from which value of each of these axes on the decision about each sample flips
    ///
    /// Without a LIST, of each of --axes [default: off; on data without ground truth as --tolerance without a LIST].
    #[arg(help_heading = "What is asked besides", long, value_name = "LIST", value_delimiter = ',', num_args = 0..)]
    pub tolerance: Option<Vec<Axes>>,
    /// Even steps of the tolerance's scan on each side of 0 [default: 30]
    ///
    /// The step with the flip is then halved six times.
    #[arg(help_heading = "What is asked besides", long, value_name = "N", value_parser = positive)]
    pub tolerance_steps: Option<usize>,
    /// Also evaluate each sample under N random perturbations; 0 for none
    ///
    /// Drawn evenly from the box (all axes of the joint attack together): how rare the worst case is.
    #[arg(help_heading = "What is asked besides", long, value_name = "N", default_value_t = 0)]
    pub random: usize,
    /// With --random: bounds that at most this share of the box breaks, such as 0.01
    ///
    /// Metrics that at most this share of the box lies below, with 95 % confidence; 0.01 takes 299 draws (docs/random.md).
    #[arg(help_heading = "What is asked besides", long, value_name = "SHARE")]
    pub certify: Option<f64>,
    /// Image score above which a sample is called anomalous, for --tolerance and --random
    ///
    /// [default: per category that of largest F1 of the clean scores; without ground truth the one that the highest 5 % of them exceed]
    #[arg(help_heading = "What is asked besides", long, value_name = "T", allow_hyphen_values = true)]
    pub decision: Option<f64>,
    #[command(flatten)]
    pub uniform: UniformArgs,
    /// Seed of the searches [default: 0]
    #[arg(help_heading = "Search", long, value_name = "N")]
    pub seed: Option<u64>,
    /// Repeat the attack with N seeds, and tell how far they lie apart
    ///
    /// From --seed on, each a run of its own in OUT/seed-SEED, with an operating.csv of its own.
    #[arg(
        help_heading = "Search",
        long,
        value_name = "N",
        value_parser = positive,
        conflicts_with_all = ["compare_search", "operating_points"]
    )]
    pub seeds: Option<usize>,
    #[command(flatten)]
    pub place: PlaceArgs,
    #[command(flatten)]
    pub part: PartArgs,
    /// Keep every evaluation of every search, as npy: the searched axes, loss
    #[arg(help_heading = "Run and output", long)]
    pub keep_traces: bool,
    #[command(flatten)]
    pub compare: CompareArgs,
}

/// `askance sweep`
#[derive(Debug, Args)]
#[command(after_help = SWEEP_EXAMPLES)]
pub struct SweepArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub model: ModelArgs,
    #[command(flatten)]
    pub perturb: PerturbArgs,
    #[command(flatten)]
    pub fit: FitArgs,
    #[command(flatten)]
    pub metric: MetricArgs,
    /// Axes, pairs and groups, as askance attack takes them
    #[arg(
        help_heading = "Perturbation",
        long,
        value_name = "LIST",
        value_delimiter = ',',
        default_value = "angle,hue,saturation"
    )]
    pub axes: Vec<Axes>,
    /// Values on each axis
    #[arg(help_heading = "Perturbation", long, value_name = "N", default_value_t = 13)]
    pub steps: usize,
    #[command(flatten)]
    pub place: PlaceArgs,
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

const EVAL_EXAMPLES: &str = "\
Examples:
  the embedded model on your data:
    askance eval --data parts
  another model on one category:
    askance eval --data mvtec --category bottle \\
      --model models/vit";

const ATTACK_EXAMPLES: &str = "\
Examples:
  angle, hue and saturation:
    askance attack --data parts
  what lamps do:
    askance attack --data parts --axes lighting
  from which hue on decisions flip:
    askance attack --data parts --tolerance hue
  the protocol of the paper:
    askance attack --data visa --preset paper \\
      --model models/vit";

const SWEEP_EXAMPLES: &str = "\
Examples:
  every 7.5 degrees:
    askance sweep --data parts --axes angle --steps 25";
