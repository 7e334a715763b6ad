//! Every figure that the records of some runs allow.

use std::path::Path;

use super::drawn::Drawn;
use super::setting::setting;
use super::{
    AttackKind, bars, bench, bounds as bounds_figure, categories, examples, gallery, histograms, searches,
    survival, sweep,
};
use crate::error::{Error, Result};
use crate::perturb::Resampling;
use crate::record::{
    Example, Row, RunDir, RunInfo, SampleRow, StabilityRow, SummaryRow, SweepRow, UniformRow, file_name,
    mean_rows, read_examples, read_rows, uniform_means,
};
use crate::stats::grouped;
use crate::types::{Attack, Axis, Bounds};

/// Draws into the folder `out` every figure that the records of these runs allow, from their files alone. The rows of all
/// runs are shown together; comparisons of providers by themselves.
///
/// # Errors
/// A file error when a record is damaged or a figure cannot be written. What a run simply does not have is no error, but
/// listed in [`Drawn::skipped`].
pub fn all(runs: &[RunDir], out: &Path) -> Result<Drawn> {
    let (benches, others): (Vec<RunDir>, Vec<RunDir>) =
        runs.iter().cloned().partition(|run| run.bench_path().is_file());
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
    let records = Records::read(runs)?;
    let mut drawn = Drawn::default();
    let Records { samples, summary, sweeps, stability, uniform, examples: kept, axes, bounds, resampling } =
        &records;

    let picture = kept.first().ok_or("no run kept examples");
    drawn.add(out, "gallery", picture, |example, path| {
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
    let means = mean_rows(summary);
    let any = means.iter().any(|row| row.metrics.has_pixels());
    drawn.add(
        out,
        "bars",
        any.then_some(&means).ok_or("no run has a summary with pAUROC or AUPRO"),
        |rows, path| bars(rows, path),
    )?;
    let uniform_means = uniform_means(uniform);
    let any = uniform_means.iter().any(|row| row.attack != Attack::Clean);
    drawn.add(
        out,
        "bounds",
        any.then_some(&uniform_means).ok_or("no run searched a uniform worst case"),
        |rows, path| bounds_figure(&means, rows, path),
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
    let mut models: Vec<&str> = kept.iter().map(|example| example.row.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    for model in models {
        let of_model: Vec<Example> =
            kept.iter().filter(|example| example.row.model == model).cloned().collect();
        let name = format!("examples_{}", file_name(model));
        drawn.add(out, &name, Ok(&of_model), |kept, path| examples(kept, *resampling, path))?;
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

struct Records {
    samples: Vec<SampleRow>,
    summary: Vec<SummaryRow>,
    sweeps: Vec<SweepRow>,
    stability: Vec<StabilityRow>,
    uniform: Vec<UniformRow>,
    examples: Vec<Example>,
    /// Axes of all runs together.
    axes: Vec<Axis>,
    bounds: Bounds,
    resampling: Resampling,
}

impl Records {
    fn read(runs: &[RunDir]) -> Result<Self> {
        let mut records = Self {
            samples: Vec::new(),
            summary: Vec::new(),
            sweeps: Vec::new(),
            stability: Vec::new(),
            uniform: Vec::new(),
            examples: Vec::new(),
            axes: Vec::new(),
            bounds: Bounds::default(),
            resampling: Resampling::default(),
        };
        for (number, run) in runs.iter().enumerate() {
            let info = RunInfo::read(run.info_path())?;
            let bounds: Bounds = setting(&info, run, "bounds")?;
            let resampling: Resampling = setting(&info, run, "perturb")?;
            if number == 0 {
                (records.bounds, records.resampling) = (bounds, resampling);
            } else if (bounds, resampling) != (records.bounds, records.resampling) {
                return Err(Error::file(
                    run.info_path(),
                    format!("has other bounds or another rotation than {}", runs[0].path().display()),
                    "plot runs of one kind together, the others by themselves",
                ));
            }
            append(&mut records.samples, &run.samples_path())?;
            records.axes.extend(axes(&info, run)?);
            append(&mut records.summary, &run.summary_path())?;
            append(&mut records.sweeps, &run.sweep_path())?;
            append(&mut records.stability, &run.stability_path())?;
            append(&mut records.uniform, &run.uniform_path())?;
            records.examples.extend(read_examples(run)?);
        }
        records.axes.sort_unstable();
        records.axes.dedup();
        Ok(records)
    }
}

fn append<T: Row>(rows: &mut Vec<T>, path: &Path) -> Result<()> {
    if path.is_file() {
        rows.extend(read_rows(path)?);
    }
    Ok(())
}

/// The axes of a run: those of its joint attack and those attacked alone. A run of an older version has the paper's three.
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
