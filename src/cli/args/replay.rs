//! Flags of `askance replay`.

use std::path::PathBuf;

use clap::Args;

use askance::study::Replay;
use askance::types::Attack;

use super::fresh::FreshArgs;
use super::model::EngineArgs;

/// `askance replay`
#[derive(Debug, Args)]
#[command(after_help = REPLAY_EXAMPLES)]
pub struct ReplayArgs {
    /// Folder of a finished run of askance attack
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Model to replay the worst cases under; repeat it for more
    ///
    /// A bundle folder, a graph exported by anomalib (.onnx), or the name of an embedded model (pocket, pocket-robust).
    #[arg(help_heading = "Model", long, value_name = "DIR", required_unless_present = "save_images")]
    pub model: Vec<String>,
    #[command(flatten)]
    pub engine: EngineArgs,
    /// Where the pictures are now [default: where they were]
    #[arg(help_heading = "What is replayed", long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Only what was found under these models of the run; repeat it for more [default: under each]
    #[arg(help_heading = "What is replayed", long, value_name = "MODEL")]
    pub found_under: Vec<String>,
    /// Only these categories
    #[arg(help_heading = "What is replayed", long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub category: Vec<String>,
    /// Only this sample, such as crack/003; repeat it for more
    ///
    /// As its cell `sample` in samples.csv says, with its category in front where several have it.
    #[arg(help_heading = "What is replayed", long, value_name = "NAME")]
    pub sample: Vec<String>,
    /// Only these attacks of the run; the unchanged picture is always evaluated
    #[arg(help_heading = "What is replayed", long, value_name = "LIST", value_delimiter = ',')]
    pub attacks: Vec<Attack>,
    /// Evaluate all candidates that the run kept
    ///
    /// The worst for each model is chosen anew, which is a bound again.
    #[arg(help_heading = "What is replayed", long)]
    pub all: bool,
    /// Write the perturbed pictures at the size that the model takes
    ///
    /// As PNG and, unrounded, as npy; without --model nothing else is done.
    #[arg(help_heading = "Run and output", long)]
    pub save_images: bool,
    /// Folder of the replay [default: results/replay-RUN]
    #[arg(help_heading = "Run and output", long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub fresh: FreshArgs,
}

impl ReplayArgs {
    /// What is replayed.
    pub fn replay(&self) -> Replay {
        Replay {
            run: self.run.clone(),
            data: self.data.clone(),
            found_under: self.found_under.clone(),
            categories: self.category.clone(),
            samples: self.sample.clone(),
            attacks: self.attacks.clone(),
            all: self.all,
            save_images: self.save_images,
            origin: super::super::origin::origin(),
        }
    }
}

const REPLAY_EXAMPLES: &str = "\
Examples:
  do the worst cases travel to another model?
    askance replay results/mine --model pocket-robust
  the same points in another precision:
    askance replay results/mine --model models/pocket-int8 \\
      --found-under pocket
  as pictures:
    askance replay results/mine --save-images \\
      --attacks joint";
