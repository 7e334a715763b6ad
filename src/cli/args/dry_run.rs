//! The flag that tells what a run would take.

use clap::Args;

/// Whether the run is made.
#[derive(Debug, Default, Args)]
pub struct DryRunArgs {
    /// Check everything, say what the run takes, and write nothing
    ///
    /// Loads model and data, times the model on a few samples, and tells how many evaluations there are, about how long they take here, how
    /// much disk, and whether the folder of the run has one to go on with. Of one run on one device.
    #[arg(help_heading = "Run and output", long)]
    pub dry_run: bool,
}
