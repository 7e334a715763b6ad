//! Flags about the data.

use std::path::PathBuf;

use clap::Args;

use askance::dataset::Layout;
use askance::study::Source;

use super::values::listed;

const LAYOUT: &str = "How the data lie, such as mvtec-ad [default: recognised]";

fn with_layouts() -> String {
    let layouts = listed(&Layout::ALL.map(Layout::name));
    format!(
        "{LAYOUT}\n\n{layouts}. image-labels has good and defective pictures and no masks; unlabelled takes any folder of pictures and \
         ignores ground truth."
    )
}

/// Which data.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Data")]
pub struct DataArgs {
    /// Folder of pictures, by category or plain, or a list of them
    ///
    /// A folder of categories, one category, a list (manifest.csv, meta.json), or a plain folder of pictures without ground truth;
    /// docs/datasets.md has the layouts.
    #[arg(long, value_name = "DIR", required_unless_present = "config")]
    pub data: Option<PathBuf>,
    #[arg(long, value_name = "NAME", help = LAYOUT, long_help = with_layouts())]
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
    /// Leave out, and list, the samples that cannot be used
    ///
    /// These are all that `askance data` tells as a problem; without the flag they are an error.
    #[arg(long)]
    pub skip_bad: bool,
    /// Condition and scene of a picture, by a regular expression on its path [default: what the layout tells]
    ///
    /// It looks at the path below --data and has the groups scene and condition, such as '(?<scene>\d+)_(?<condition>[^/]+)\.png$'.
    /// Groups of other names are columns for --group-by.
    #[arg(long, value_name = "REGEX")]
    pub condition_pattern: Option<String>,
}

impl DataArgs {
    pub fn source(&self) -> Source {
        // Without the flag there is a run in its place, and what it names was put in here.
        Source::new(self.data.clone().unwrap_or_default())
            .layout(self.layout)
            .name(self.name.clone())
            .categories(&self.category)
            .limit(self.limit)
            .skip_bad(self.skip_bad)
            .condition_pattern(self.condition_pattern.clone())
    }
}

/// `askance data`
#[derive(Debug, Args)]
#[command(after_help = DATA_EXAMPLES)]
pub struct SurveyArgs {
    /// Folder of categories, one category, or a list of pictures (manifest.csv, meta.json)
    #[arg(value_name = "DIR")]
    pub dir: PathBuf,
    #[arg(long, value_name = "NAME", help = LAYOUT, long_help = with_layouts())]
    pub layout: Option<Layout>,
    /// Only these categories
    #[arg(long, value_name = "NAME", num_args = 1.., value_delimiter = ',')]
    pub category: Vec<String>,
    /// Side of the model's input in pixels, at which defects may vanish
    #[arg(long, value_name = "PIXELS", default_value_t = 240, value_parser = side)]
    pub size: usize,
}

/// The side of a model's input.
fn side(text: &str) -> Result<usize, String> {
    let side: usize = text.parse().map_err(|e| format!("{e}"))?;
    if (1..=MAX_SIDE).contains(&side) { Ok(side) } else { Err(format!("must be 1 to {MAX_SIDE}")) }
}

/// More pixels along a side than any model takes.
const MAX_SIDE: usize = 4096;

const DATA_EXAMPLES: &str = "\
Examples:
  what a folder holds:
    askance data mvtec
  two categories, at the input of a larger model:
    askance data mvtec --category bottle cable --size 336";
