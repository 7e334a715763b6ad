//! The flag that takes the settings of a run up again.

use std::path::PathBuf;

use clap::Args;

/// Where settings come from that no flag gives.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Run with the settings of this run; flags given beside it win
    ///
    /// RUN is the folder of a run of the same command, or its run.toml. Data and models are those of the run too. With --data the data are
    /// what the command line says, also --name, --layout, --category, --limit and --condition-pattern; with --axes the attacks are those
    /// over the axes given. Not taken over: --out, --shard, --threads, --spin, --ort-lib, --keep-traces. Not beside --preset and
    /// --compare-search, which say settings of their own.
    #[arg(help_heading = "Run and output", long, value_name = "RUN")]
    pub config: Option<PathBuf>,
}
