//! The flag that begins a run anew.

use std::path::Path;

use clap::Args;

use askance::error::Result;
use askance::record::RunDir;
use askance::study::Data;

use super::super::say;

/// Whether what an earlier start has left is gone on with.
#[derive(Debug, Default, Args)]
pub struct FreshArgs {
    /// Begin anew instead of going on
    ///
    /// A run that is in the folder already is moved to DIR.old-1 (or the next free number), not deleted; a folder that holds something else
    /// is refused.
    #[arg(help_heading = "Run and output", long)]
    fresh: bool,
}

impl FreshArgs {
    /// Whether a run begins anew.
    pub fn is_asked(&self) -> bool {
        self.fresh
    }

    /// Makes room for a run on these data in the folder `out`, where that is asked for.
    pub fn make_room_beside(&self, data: &Data, out: &Path) -> Result<()> {
        data.keep_apart(out)?;
        self.make_room(out)
    }

    /// Makes room for a run in the folder `out`, where that is asked for.
    pub fn make_room(&self, out: &Path) -> Result<()> {
        if !self.fresh {
            return Ok(());
        }
        if let Some(aside) = RunDir::set_aside(out)? {
            say::error(format_args!("the run that was in {} is now in {}", out.display(), aside.display()));
        }
        Ok(())
    }
}
