//! `askance merge`.

use std::fs;
use std::path::{Path, PathBuf};

use askance::error::{Error, Result};
use askance::study::Merge;

use super::args::{Global, MergeArgs};
use super::origin::origin;
use super::output;
use super::output::figures;
use super::terminal::Terminal;

/// Puts the shards together, draws the plots and prints the summary.
pub fn run(global: &Global, args: &MergeArgs) -> Result<()> {
    let shards = if args.shards.is_empty() { parts(&args.out)? } else { args.shards.clone() };
    let merge =
        Merge { shards, data: args.data.clone(), save_maps: args.save_maps, renew: false, origin: origin() };
    let outcome = merge.run(&args.out, &Terminal::new(global.quiet))?;
    let figures = figures(&outcome.dir)?;
    output::report(global, &outcome, &figures, args.operating_points);
    Ok(())
}

/// The folders `part-N` of a folder in the order of their numbers.
fn parts(out: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(out)
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut numbers: Vec<usize> =
        entries.filter_map(|name| name.strip_prefix("part-")?.parse().ok()).collect();
    numbers.sort_unstable();
    if numbers.is_empty() {
        return Err(Error::file(out, "holds no folder part-1 of a shard", "name the folders of all shards"));
    }
    Ok(numbers.into_iter().map(|number| out.join(format!("part-{number}"))).collect())
}
