//! Every figure that the records of some runs allow.

use std::path::Path;

use super::drawn::Drawn;
use super::setting::setting;
use super::told::{Told, tell};
use super::{
    AttackKind, bars, bench, bounds as bounds_figure, categories, examples, gallery, histograms, searches,
    survival, sweep,
};
use crate::error::Result;
use crate::file;
use crate::metric::{DRIFT, Loss};
use crate::perturb::Resampling;
use crate::record::{
    Example, Fault, Parameters, Row, RunDir, RunInfo, SampleRow, StabilityRow, SummaryRow, SweepRow,
    UniformRow, file_name, mean_rows, read_checked, read_examples, require_agreement, uniform_means,
};
use crate::stats::{distinct, grouped};
use crate::types::{Attack, Axis, Bounds, Interval, Over};

/// Draws into the folder `out` every figure that the records of these runs allow, from their files alone. Runs that differ in
/// settings stand side by side under names that say in what; runs that differ in the seed alone become mean and spread, runs of
/// different categories of one data set one whole. Comparisons of providers are shown by themselves.
///
/// # Errors
/// A file error when a record is damaged or a figure cannot be written. What a run simply does not have is no
/// error, but listed in [`Drawn::skipped`].
pub fn all(runs: &[RunDir], out: &Path) -> Result<Drawn> {
    let (benches, others): (Vec<RunDir>, Vec<RunDir>) =
        runs.iter().cloned().partition(|run| file::is_there(&run.bench_path()));
    let mut drawn = Drawn::default();
    if !benches.is_empty() {
        drawn = bench(&benches, out)?;
    }
    if !others.is_empty() {
        let Drawn { written, skipped } = of_attacks(&others, out)?;
        drawn.written.extend(written);
        drawn.skipped.extend(skipped);
    }
    Ok(drawn)
}

/// Draws the figures of attacks and sweeps.
fn of_attacks(runs: &[RunDir], out: &Path) -> Result<Drawn> {
    let (told, repeated) = tell(runs, &[])?;
    let records = Records::read(&told)?;
    let mut drawn = Drawn { skipped: repeated, ..Drawn::default() };
    let Records { samples, summary, means, sweeps, stability, uniform_means, examples: kept, axes, bounds } =
        &records;

    let picture = kept.first().ok_or("no run kept examples");
    drawn.add(out, "gallery", picture, |(example, resampling), path| {
        gallery(&example.image, *resampling, axes, bounds, path)
    })?;
    for axis in Axis::ALL {
        let rows = sweeps.iter().any(|row| row.axis == axis && row.metrics.has_pixels());
        let rows = rows.then_some(sweeps).ok_or("no run swept this parameter");
        if rows.is_err() && !Axis::PAPER.contains(&axis) {
            continue;
        }
        drawn.add(out, &format!("sweep_{axis}"), rows, |rows, path| sweep(rows, axis, path))?;
    }
    let any = means.iter().any(|row| row.metrics.has_pixels());
    drawn.add(
        out,
        "bars",
        any.then_some(means).ok_or("no run has a summary with pAUROC or AUPRO"),
        |rows, path| bars(rows, path),
    )?;
    let any = uniform_means.iter().any(|row| row.attack != Attack::Clean);
    drawn.add(
        out,
        "bounds",
        any.then_some(uniform_means).ok_or("no run searched a uniform worst case"),
        |rows, path| bounds_figure(means, rows, path),
    )?;
    drawn.add_categories(out, summary)?;
    for (name, kind) in [("histograms", AttackKind::Single), ("histograms_joint", AttackKind::Joint)] {
        let any = samples.iter().any(|row| match kind {
            AttackKind::Single => matches!(row.attack, Attack::Single(_)),
            AttackKind::Joint => row.attack == Attack::Joint,
        });
        let rows = any.then_some(samples).ok_or("no run made this attack");
        drawn.add(out, name, rows, |rows, path| histograms(rows, kind, bounds, path))?;
    }
    let any = stability.iter().any(|row| row.step.is_some());
    let scanned = any.then_some(stability).ok_or("no run looked for flips of the decision");
    drawn.add(out, "tolerance", scanned, |rows, path| survival(rows, bounds, path))?;
    if kept.is_empty() {
        drawn.skipped.push(("examples.png".to_owned(), "no run kept examples".to_owned()));
    }
    let mut models: Vec<&str> = kept.iter().map(|(example, _)| example.row.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    for model in models {
        let own = kept.iter().filter(|(example, _)| example.row.model == model);
        let (of_model, resampling): (Vec<Example>, Vec<Resampling>) = own.cloned().unzip();
        let name = format!("examples_{}", file_name(model));
        drawn.add(out, &name, Ok(&of_model), |kept, path| examples(kept, resampling[0], path))?;
    }
    let Drawn { written, skipped } = searches(runs, out)?;
    drawn.written.extend(written);
    drawn.skipped.extend(skipped);
    Ok(drawn)
}

impl Drawn {
    /// Draws one figure for each model and data set with several categories.
    fn add_categories(&mut self, out: &Path, summary: &[SummaryRow]) -> Result<()> {
        let each = summary.iter().filter(|row| row.over.category().is_some());
        for group in grouped(each, |row| (&row.model, &row.dataset)) {
            let group: Vec<SummaryRow> = group.into_iter().cloned().collect();
            let first = &group[0];
            let several = group.iter().any(|row| row.over != first.over);
            let any = group.iter().any(|row| row.metrics.has_pixels());
            let name = format!("categories_{}_{}", file_name(&first.dataset), file_name(&first.model));
            let rows =
                (several && any).then_some(&group).ok_or("no run has two categories with pAUROC or AUPRO");
            self.add(out, &name, rows, |rows, path| categories(rows, path))?;
        }
        Ok(())
    }
}

/// The rows of all runs, with the names of models that tell the runs apart.
#[derive(Default)]
struct Records {
    samples: Vec<SampleRow>,
    summary: Vec<SummaryRow>,
    /// Means over categories, those of each seed one after the other.
    means: Vec<SummaryRow>,
    sweeps: Vec<SweepRow>,
    stability: Vec<StabilityRow>,
    uniform_means: Vec<UniformRow>,
    /// Of several seeds those of the first.
    examples: Vec<(Example, Resampling)>,
    /// Axes of all runs together.
    axes: Vec<Axis>,
    /// Bounds that hold those of all runs.
    bounds: Bounds,
}

impl Records {
    fn read(runs: &[Told<'_>]) -> Result<Self> {
        let mut records = Self::default();
        let mut summaries: Vec<(u64, SummaryRow)> = Vec::new();
        let mut uniforms: Vec<(u64, UniformRow)> = Vec::new();
        let mut with_examples: Vec<(String, u64)> = Vec::new();
        for (number, told) in runs.iter().enumerate() {
            let Told { run, info, .. } = told;
            let bounds: Bounds = setting(info, run, "bounds")?;
            let resampling: Resampling = setting(info, run, "perturb")?;
            records.bounds = if number == 0 { bounds } else { around(records.bounds, bounds) };
            let own_axes = axes(info, run)?;
            records.axes.extend(&own_axes);
            let first = records.samples.len();
            if file::is_there(&run.samples_path()) {
                let own = read_checked(run.samples_path(), |row: &SampleRow| {
                    let searched = row.attack != Attack::Clean;
                    let empty = row.parameters.empty(&own_axes).filter(|_| searched);
                    empty.or_else(|| outside(&row.parameters, &bounds)).or_else(|| beyond(row, info))
                })?;
                let named = |row: SampleRow| SampleRow { model: told.name(&row.model), ..row };
                records.samples.extend(own.into_iter().map(named));
            }
            append(
                &mut records.sweeps,
                &run.sweep_path(),
                |_| None,
                |row| row.model = told.name(&row.model),
            )?;
            append(
                &mut records.stability,
                &run.stability_path(),
                |_| None,
                |row| row.model = told.name(&row.model),
            )?;
            let mut own = Vec::new();
            append(
                &mut own,
                &run.summary_path(),
                |_| None,
                |row: &mut SummaryRow| row.model = told.name(&row.model),
            )?;
            if file::is_there(&run.samples_path()) {
                require_agreement(&run.summary_path(), &own, &records.samples[first..])?;
            }
            summaries.extend(own.into_iter().map(|row| (info.seed, row)));
            let mut own = Vec::new();
            let fault = |row: &UniformRow| {
                let searched = row.attack != Attack::Clean && row.over != Over::Mean;
                let empty = row.parameters.empty(&own_axes).filter(|_| searched);
                empty.or_else(|| outside(&row.parameters, &bounds))
            };
            append(&mut own, &run.uniform_path(), fault, |row| row.model = told.name(&row.model))?;
            uniforms.extend(own.into_iter().map(|row| (info.seed, row)));
            for mut example in read_examples(run)? {
                let all_seeds = told.name(&example.row.model);
                let shown = with_examples.iter().find(|(name, _)| *name == all_seeds);
                if shown.is_some_and(|(_, seed)| *seed != info.seed) {
                    continue;
                }
                with_examples.push((all_seeds, info.seed));
                example.row.model = told.own_name(&example.row.model);
                records.examples.push((example, resampling));
            }
        }
        // What two commands found of the same pictures, such as the clean ones, counts once.
        let once = grouped(summaries, |(seed, row)| {
            (*seed, row.model.clone(), row.dataset.clone(), row.over.clone(), row.attack)
        });
        let summaries: Vec<(u64, SummaryRow)> =
            once.into_iter().filter_map(|same| same.into_iter().next()).collect();
        for seed in distinct(summaries.iter().map(|(seed, _)| *seed)) {
            let own: Vec<SummaryRow> =
                summaries.iter().filter(|(other, _)| *other == seed).map(|(_, row)| row.clone()).collect();
            records.means.extend(mean_rows(&own));
        }
        for seed in distinct(uniforms.iter().map(|(seed, _)| *seed)) {
            let own: Vec<UniformRow> =
                uniforms.iter().filter(|(other, _)| *other == seed).map(|(_, row)| row.clone()).collect();
            records.uniform_means.extend(uniform_means(&own));
        }
        records.summary = summaries.into_iter().map(|(_, row)| row).collect();
        records.axes.sort_unstable();
        records.axes.dedup();
        Ok(records)
    }
}

/// The smallest bounds that hold both.
fn around(one: Bounds, other: Bounds) -> Bounds {
    Axis::ALL.into_iter().fold(one, |bounds, axis| {
        let (a, b) = (one.get(axis), other.get(axis));
        bounds.with(axis, Interval { low: a.low.min(b.low), high: a.high.max(b.high) })
    })
}

/// The fault of a value outside the bounds of its run, but for what walking in steps loses.
fn outside(parameters: &Parameters, bounds: &Bounds) -> Option<Fault> {
    parameters.axes().find_map(|axis| {
        let (value, within) = (parameters.get(axis)?, bounds.get(axis));
        let slack = 1e-9 * within.width();
        let problem =
            || format!("{value} lies outside the bounds in run.toml, {} to {}", within.low, within.high);
        let inside = (within.low - slack..=within.high + slack).contains(&value);
        (!inside && value != 0.0).then(|| (axis.column(), problem()))
    })
}

/// The fault of a loss or an image score that the run's loss and models cannot have given.
fn beyond(row: &SampleRow, info: &RunInfo) -> Option<Fault> {
    let model = info.models.iter().find(|model| model.name == row.model)?;
    let losses = match info.settings.get("loss")?.as_str()? {
        "drift" => DRIFT,
        loss => loss.parse::<Loss>().ok()?.range(model.bounded_maps.unwrap_or(false)),
    };
    row.beyond(losses, model.bounded_scores.unwrap_or(false))
}

fn append<T: Row>(
    rows: &mut Vec<T>,
    path: &Path,
    check: impl Fn(&T) -> Option<Fault>,
    name: impl FnMut(&mut T),
) -> Result<()> {
    if file::is_there(path) {
        let mut own: Vec<T> = read_checked(path, check)?;
        own.iter_mut().for_each(name);
        rows.extend(own);
    }
    Ok(())
}

/// The axes of a run: those of its joint attack and those attacked alone. A run of an older version has the
/// paper's three.
fn axes(info: &RunInfo, run: &RunDir) -> Result<Vec<Axis>> {
    let mut axes: Vec<Axis> = match info.settings.get("axes") {
        Some(_) => setting(info, run, "axes")?,
        None => Axis::PAPER.to_vec(),
    };
    if info.settings.contains_key("attacks") {
        let attacks: Vec<Attack> = setting(info, run, "attacks")?;
        axes.extend(attacks.iter().flat_map(|attack| attack.axes(&[])));
    }
    Ok(axes)
}
