//! Where a run goes, how it begins, and which part of it is made.

use std::path::PathBuf;

use clap::Args;

use super::fresh::FreshArgs;
use super::values::ShardChoice;

/// Where a run goes, and how it begins.
#[derive(Debug, Default, Args)]
pub struct PlaceArgs {
    /// Folder of the run [default: results/COMMAND-DATA]
    ///
    /// Of several runs: results/seeds-DATA with --seeds, results/compare-search-DATA with --compare-search.
    #[arg(help_heading = "Run and output", long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub fresh: FreshArgs,
    /// Run with the settings of this run; flags given beside it win
    ///
    /// RUN is the folder of a run of the same command, or its run.toml. Data and models are those of the run too. With --data the data are
    /// what the command line says, also --name, --layout, --category, --limit, --condition-pattern, --reference-condition and --group-by;
    /// with --axes the attacks are those over the axes given. Not taken over: --out, --shard, --threads, --spin, --ort-lib, --keep-traces.
    /// Not beside --preset and --compare-search, which say settings of their own.
    #[arg(help_heading = "Run and output", long, value_name = "RUN")]
    pub config: Option<PathBuf>,
    /// Check everything, say what the run takes, and write nothing
    ///
    /// Loads model and data, times the model on a few samples, and tells how many evaluations there are, about how long they take here, how
    /// much disk, and whether the folder of the run has one to go on with. Of one run on one device.
    #[arg(help_heading = "Run and output", long)]
    pub dry_run: bool,
}

/// Which part of a run is made, and whether its maps are written.
#[derive(Debug, Args)]
pub struct PartArgs {
    /// Only part I of N of the work, such as 1/2, or auto
    ///
    /// askance merge puts the parts together. auto: the part that the variables of Slurm, Kubernetes, torchrun or MPI say, in OUT/part-I
    /// (docs/scaling.md).
    #[arg(help_heading = "Run and output", long, value_name = "I/N|auto")]
    pub shard: Option<ShardChoice>,
    /// Write each map at evaluation size as npy
    #[arg(help_heading = "Run and output", long)]
    pub save_maps: bool,
}
