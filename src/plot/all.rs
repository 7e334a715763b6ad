//! Every figure that the records of some runs allow.

use std::path::Path;

use super::chosen::choose;
use super::differing::Shows;
use super::drawn::Drawn;
use super::format::Format;
use super::groups::{groupings, groups, noun};
use super::page::Page;
use super::records::{Named, Records};
use super::searches::of_searches;
use super::{
    AttackKind, bars, bench, bounds as bounds_figure, categories, examples, gallery, histograms, stale,
    survival, sweep,
};
use crate::error::Result;
use crate::file;
use crate::record::{OperatingRow, RunDir, SummaryRow, file_name};
use crate::stats::grouped;
use crate::types::{Attack, Axis};

/// Draws into the folder `out` every figure that the records of these runs allow, from their files alone. Runs that differ in
/// settings that a figure shows stand side by side in it under names that say in what; runs that differ in the seed alone become mean
/// and spread, runs of different categories of one data set one whole, and clean pictures alone join the attacks of their settings.
/// Runs that are not finished are left out. Comparisons of providers are shown by themselves.
///
/// # Errors
/// A file error when a record is damaged or a figure cannot be written. What a run simply does not have is no
/// error, but listed in [`Drawn::skipped`].
pub fn all(runs: &[RunDir], out: &Path) -> Result<Drawn> {
    all_as(runs, out, Format::Png, Page::default())
}

/// As [`all`], in another format and on another page.
///
/// # Errors
/// Those of [`all`].
pub fn all_as(runs: &[RunDir], out: &Path, format: Format, page: Page) -> Result<Drawn> {
    let (benches, others): (Vec<RunDir>, Vec<RunDir>) =
        runs.iter().cloned().partition(|run| file::is_there(&run.bench_path()));
    let mut drawn = Drawn::of(format, page);
    if !benches.is_empty() {
        drawn.join(bench(&benches, out, format, page)?);
    }
    if !others.is_empty() {
        drawn.join(of_attacks(&others, out, format, page)?);
    }
    Ok(drawn)
}

/// Draws the figures of attacks and sweeps.
fn of_attacks(dirs: &[RunDir], out: &Path, format: Format, page: Page) -> Result<Drawn> {
    let (runs, left_out) = choose(dirs)?;
    let mut drawn = Drawn::of(format, page);
    drawn.skipped = left_out;
    let own = dirs.first().filter(|_| dirs.len() == 1 && runs.len() == 1);
    let searches = of_searches(&runs, out, format, page)?;
    let records: Vec<Records<'_>> = runs.into_iter().map(Records::read).collect::<Result<_>>()?;

    let worst =
        Named::of(&records, Shows::WorstCases, |one| !one.samples.is_empty() || !one.summary.is_empty());
    let (bounds, kept) = (worst.bounds(), worst.examples()?);
    let picture = kept.first().ok_or("no run kept examples");
    drawn.add(out, "gallery", picture, |own, path| {
        let mut axes: Vec<Axis> = records.iter().flat_map(|one| one.axes.iter().copied()).collect();
        axes.sort_unstable();
        axes.dedup();
        gallery(&own.kept[0].image, own.resampling, &axes, &bounds, page, path)
    })?;
    for axis in Axis::ALL {
        let swept =
            Named::of(&records, Shows::Sweep(axis), |one| one.sweeps.iter().any(|row| row.axis == axis));
        let rows = swept.sweeps(axis);
        let any = rows.iter().any(|row| row.metrics.has_pixels());
        if any || Axis::PAPER.contains(&axis) {
            let rows = any.then_some(&rows).ok_or("no run swept this parameter");
            drawn.add(out, &format!("sweep_{axis}"), rows, |rows, path| sweep(rows, axis, page, path))?;
        }
    }
    let means = worst.means();
    let any = means.iter().any(|row| row.metrics.has_pixels());
    drawn.add(
        out,
        "bars",
        any.then_some(&means).ok_or("no run has a summary with pAUROC or AUPRO"),
        |rows, path| bars(rows, page, path),
    )?;
    let uniform = Named::of(&records, Shows::Uniform, |one| !one.uniform.is_empty());
    let uniform_means = uniform.uniform_means();
    let any = uniform_means.iter().any(|row| row.attack != Attack::Clean);
    drawn.add(
        out,
        "bounds",
        any.then_some(&uniform_means).ok_or("no run searched a uniform worst case"),
        |rows, path| bounds_figure(&uniform.means(), rows, page, path),
    )?;
    drawn.add_categories(out, &worst)?;
    drawn.add_groups(out, &worst)?;
    if let Some(own) = own {
        stale::remove(own, out, &drawn)?;
    }
    let samples = worst.samples();
    for (name, kind) in [("histograms", AttackKind::Single), ("histograms_joint", AttackKind::Joint)] {
        let any = samples.iter().any(|row| match kind {
            AttackKind::Single => matches!(row.attack, Attack::Single(_) | Attack::Pair(_)),
            AttackKind::Joint => row.attack == Attack::Joint,
        });
        let rows = any.then_some(&samples).ok_or("no run made this attack");
        drawn.add(out, name, rows, |rows, path| histograms(rows, kind, &bounds, page, path))?;
    }
    let tolerant =
        Named::of(&records, Shows::Tolerance, |one| one.stability.iter().any(|row| row.is_scanned()));
    let scans = tolerant.scans();
    let scanned = (!scans.is_empty()).then_some(&scans).ok_or("no run looked for flips of the decision");
    drawn.add(out, "tolerance", scanned, |rows, path| survival(rows, &tolerant.bounds(), page, path))?;
    if kept.is_empty() {
        drawn.skipped.push((format!("examples.{format}"), "no run kept examples".to_owned()));
    }
    for own in &kept {
        let name = format!("examples_{}", file_name(&own.file));
        drawn.add(out, &name, Ok(own), |own, path| {
            examples(&own.kept, own.resampling, own.samples, page, path)
        })?;
    }
    drawn.join(searches);
    Ok(drawn)
}

impl Drawn {
    /// Draws one figure for each grouping of the pictures, model and data set that has groups.
    fn add_groups(&mut self, out: &Path, worst: &Named<'_>) -> Result<()> {
        let rows = worst.operating();
        for group in grouped(&rows, |row| (&row.model, &row.dataset)) {
            let group: Vec<OperatingRow> = group.into_iter().cloned().collect();
            let (model, dataset) = (&group[0].model, &group[0].dataset);
            for grouping in groupings(&group) {
                let by = noun(&grouping).replace(' ', "-");
                let (by, file) = (file_name(&by), file_name(&worst.file(model)));
                let name = format!("groups_{by}_{}_{file}", file_name(dataset));
                let page = self.page;
                self.add(out, &name, Ok(&group), |rows, path| groups(rows, &grouping, page, path))?;
            }
        }
        Ok(())
    }

    /// Draws one figure for each model and data set with several categories.
    fn add_categories(&mut self, out: &Path, worst: &Named<'_>) -> Result<()> {
        let summary = worst.summary();
        let each = summary.iter().filter(|row| row.over.category().is_some());
        for group in grouped(each, |row| (&row.model, &row.dataset)) {
            let group: Vec<SummaryRow> = group.into_iter().cloned().collect();
            let first = &group[0];
            let several = group.iter().any(|row| row.over != first.over);
            let any = group.iter().any(|row| row.metrics.has_pixels());
            let file = worst.file(&first.model);
            let name = format!("categories_{}_{}", file_name(&first.dataset), file_name(&file));
            let rows =
                (several && any).then_some(&group).ok_or("no run has two categories with pAUROC or AUPRO");
            let page = self.page;
            self.add(out, &name, rows, |rows, path| categories(rows, page, path))?;
        }
        Ok(())
    }
}
