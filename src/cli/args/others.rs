//! Flags of the commands that need no model.

use std::path::PathBuf;

use clap::Args;

use askance::metric::ThresholdRule;
use askance::plot::Format;
use askance::synth::{Aspect, World};

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
    /// Side of the pictures in pixels, the shorter one
    #[arg(long, value_name = "N", default_value_t = 192)]
    pub size: usize,
    /// Width to height of the pictures: parts are as large as in a square, with more around them
    #[arg(long, value_name = "W:H", default_value_t = Aspect::default())]
    pub aspect: Aspect,
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

/// `askance merge`
#[derive(Debug, Args)]
#[command(after_help = MERGE_EXAMPLES)]
pub struct MergeArgs {
    /// Folder of the whole run, which must not hold another
    #[arg(value_name = "OUT")]
    pub out: PathBuf,
    /// Folders of all its shards [default: all OUT/part-N]
    #[arg(value_name = "SHARD")]
    pub shards: Vec<PathBuf>,
    /// Where the pictures are now [default: where they were]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Write each map at evaluation size as npy
    #[arg(long)]
    pub save_maps: bool,
    /// Also print what operating.csv holds: decisions at the thresholds, by kind of defect, size, condition and column
    #[arg(long)]
    pub operating_points: bool,
}

/// `askance submit`
#[derive(Debug, Args)]
#[command(after_help = SUBMIT_EXAMPLES)]
pub struct SubmitArgs {
    /// Folder of a finished run of askance eval with --layout mvtec-ad-2-private
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Folder of maps and thresholded maps; the archive beside it is DIR.tar.gz
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
    /// Where the pictures are now [default: where they were]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Which model of the run, where it has several
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Threshold of each category, from its validation pictures [default: mean+3sd]
    ///
    /// mean+3sd or quantile-0.99 of their pixels, or a number for all categories.
    #[arg(long, value_name = "RULE", allow_hyphen_values = true)]
    pub threshold: Option<ThresholdRule>,
    /// Take the thresholds of another run, from its operating.csv
    ///
    /// Such as one on the public test set with --threshold best-f1.
    #[arg(long, value_name = "RUN")]
    pub threshold_from: Option<PathBuf>,
    /// Also with other categories or numbers of pictures than the server asks for
    #[arg(long)]
    pub partial: bool,
}

/// `askance plot`
#[derive(Debug, Args)]
#[command(after_help = PLOT_EXAMPLES)]
pub struct PlotArgs {
    /// Run folders
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Where the pictures go [default: plots/ in the first run]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Formats of the figures, such as svg,pdf
    ///
    /// png has 1600 pixels across, or with --width or --font-size 300 dots an inch. svg and pdf can be scaled without loss: texts stay texts, lines lines; pictures and maps are PNG
    /// inside. pdf has the font inside too.
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "png")]
    pub format: Vec<Format>,
    /// Width of the figures in millimetres, such as that of a column [default: 170]
    ///
    /// 40 to 500. Figures are laid out for it: what has no room beside each other stands below each other.
    #[arg(long, value_name = "MM", allow_hyphen_values = true)]
    pub width: Option<f64>,
    /// Size of the usual letters in points, at the width of the figures [default: 7]
    ///
    /// 4 to 24. Of ticks, legends and notes; titles of axes and headings are larger in proportion, numbers on many bars smaller.
    #[arg(long, value_name = "PT", allow_hyphen_values = true)]
    pub font_size: Option<f64>,
}

/// `askance compare`
#[derive(Debug, Args)]
#[command(after_help = PAIRING_EXAMPLES)]
pub struct PairingArgs {
    /// Folder of a finished run
    #[arg(value_name = "A")]
    pub a: PathBuf,
    /// Folder of another finished run on the same pictures
    #[arg(value_name = "B")]
    pub b: PathBuf,
    /// Which model of A belongs to which of B, as a=b; repeat it for more
    ///
    /// Without it models of the same name are compared, or the only one of each run.
    #[arg(long, value_name = "MODEL=MODEL", value_parser = model_pair)]
    pub pair: Vec<(String, String)>,
    /// Where the pictures are now [default: where they were]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Write every difference as CSV, those of each category too
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

fn model_pair(text: &str) -> Result<(String, String), String> {
    let pair = text.split_once('=').filter(|(a, b)| !a.is_empty() && !b.is_empty());
    let (a, b) = pair.ok_or("give the two models with = between, such as pocket=pocket-robust")?;
    Ok((a.to_owned(), b.to_owned()))
}

/// `askance report`
#[derive(Debug, Args)]
#[command(after_help = REPORT_EXAMPLES)]
pub struct ReportArgs {
    /// Run folders; others are held against the first
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Where the pictures are now, for several runs [default: where they were]
    ///
    /// Runs are held against each other by their stored maps and the masks of the pictures. Where these are missing the page says so.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// The page [default: report.html in the first run]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

const MERGE_EXAMPLES: &str = "\
Examples:
  all shards in results/mine/part-1, part-2 and so on:
    askance merge results/mine
  shards brought together from other machines:
    askance merge whole shard-1 shard-2 --data parts";

const SUBMIT_EXAMPLES: &str = "\
Examples:
  the run that is submitted, and its archive:
    askance eval --data mvtec_ad_2 \\
      --layout mvtec-ad-2-private --model models/vit \\
      --out results/private
    askance submit results/private --out mine
  with the thresholds of a run on the public test set:
    askance submit results/private --out mine \\
      --threshold-from results/public";

const PLOT_EXAMPLES: &str = "\
Examples:
  all figures of a run, in its folder plots:
    askance plot results/mine
  for a column of a paper, 85 mm wide:
    askance plot results/mine --format pdf --width 85 \\
      --font-size 8 --out figures
  two runs beside each other:
    askance plot results/a results/b --out figures";

const PAIRING_EXAMPLES: &str = "\
Examples:
  models of the same name in two runs:
    askance compare results/before results/after
  two models of one run, and every difference as CSV:
    askance compare results/mine results/mine \\
      --pair pocket=pocket-robust --out differences.csv";

const REPORT_EXAMPLES: &str = "\
Examples:
  a page in the folder of the run, report.html:
    askance report results/mine
  two runs, the second held against the first:
    askance report results/a results/b --out both.html";
