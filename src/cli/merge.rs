//! `askance merge`.

use askance::error::Result;
use askance::study::Merge;

use super::args::{Global, MergeArgs};
use super::origin::origin;
use super::output;
use super::output::figures;
use super::terminal::Terminal;

/// Puts the shards together, draws the plots and prints the summary.
pub fn run(global: &Global, args: &MergeArgs) -> Result<()> {
    let merge = Merge {
        shards: args.shards.clone(),
        data: args.data.clone(),
        save_maps: args.save_maps,
        renew: false,
        origin: origin(),
    };
    let outcome = merge.run(&args.out, &Terminal::new(global.quiet))?;
    let figures = figures(&outcome.dir)?;
    output::report(global, &outcome, &figures, args.operating_points);
    Ok(())
}
