//! One page about some runs, from their records.

use std::path::Path;

use super::run::finished;
use crate::error::{Error, Result};
use crate::file;
#[cfg(feature = "plot")]
use crate::plot;
use crate::record::{DifferenceRow, Row, RunDir, SampleRow, Trace, read_rows, write_atomic};
use crate::report::{Exhibit, PageRun, Searched, page};
use crate::types::{Attack, Axis, Bounds};

/// Longer side of the pictures in a page.
#[cfg(feature = "plot")]
const SIDE: usize = 200;

/// Writes a self-contained HTML page about these runs to `out`, the first being what the others are held against.
///
/// # Errors
/// A usage error without runs; a file error when a run is not finished, a record is damaged or the page cannot be written.
pub fn write_page(runs: &[RunDir], out: &Path) -> Result<()> {
    if runs.is_empty() {
        return Err(Error::usage("runs", "are none", "give the folder of a run"));
    }
    let names = names(runs);
    let mut read: Vec<PageRun> =
        runs.iter().zip(names).map(|(run, name)| read_run(run, name)).collect::<Result<_>>()?;
    tell_apart(&mut read);
    write_atomic(out, page(&read)?.as_bytes())
}

fn read_run(dir: &RunDir, name: String) -> Result<PageRun> {
    let info = finished(dir)?;
    let bounds: Bounds =
        info.settings.get("bounds").and_then(|bounds| bounds.clone().try_into().ok()).unwrap_or_default();
    let axes = info.settings.get("axes").and_then(|axes| axes.clone().try_into().ok());
    let axes: Vec<Axis> = axes.unwrap_or_else(|| Axis::PAPER.to_vec());
    let samples: Vec<SampleRow> = rows(&dir.samples_path())?;
    Ok(PageRun {
        searches: searches(dir, &samples, &axes)?,
        exhibits: exhibits(dir)?,
        summary: rows(&dir.summary_path())?,
        differences: rows(&dir.differences_path())?,
        sweeps: rows(&dir.sweep_path())?,
        stability: rows(&dir.stability_path())?,
        operating: rows(&dir.operating_path())?,
        uniform: rows(&dir.uniform_path())?,
        random: rows(&dir.random_path())?,
        bench: rows(&dir.bench_path())?,
        name,
        info,
        bounds,
        axes,
        samples,
    })
}

fn rows<T: Row>(path: &Path) -> Result<Vec<T>> {
    if file::is_there(path) { read_rows(path) } else { Ok(Vec::new()) }
}

#[cfg(feature = "plot")]
fn exhibits(dir: &RunDir) -> Result<Vec<Exhibit>> {
    let exhibit = |one: plot::Exhibited| Exhibit {
        model: one.worst.model,
        category: one.worst.category,
        sample: one.worst.sample,
        attack: one.worst.attack,
        parameters: one.worst.parameters,
        clean_auroc: one.clean.sample_auroc,
        clean_score: one.clean.image_score,
        sample_auroc: one.worst.sample_auroc,
        image_score: one.worst.image_score,
        tiles: one.tiles,
    };
    Ok(plot::exhibits(dir, SIDE)?.into_iter().map(exhibit).collect())
}

#[cfg(not(feature = "plot"))]
fn exhibits(_: &RunDir) -> Result<Vec<Exhibit>> {
    Ok(Vec::new())
}

/// The first joint search of each model whose trace was kept.
fn searches(dir: &RunDir, samples: &[SampleRow], axes: &[Axis]) -> Result<Vec<Searched>> {
    let mut found: Vec<Searched> = Vec::new();
    for row in samples.iter().filter(|row| row.attack == Attack::Joint) {
        let path = dir.trace_path(&row.model, &row.id()?, row.attack);
        if found.iter().all(|one| one.model != row.model) && file::is_there(&path) {
            found.push(Searched {
                model: row.model.clone(),
                sample: format!("{} {}", row.category, row.sample),
                axes: axes.to_vec(),
                trace: Trace::read(&path, axes.len())?,
            });
        }
    }
    Ok(found)
}

/// The last part of each path, or all of it where others end alike.
fn names(runs: &[RunDir]) -> Vec<String> {
    let last = |run: &RunDir| run.path().file_name().map(|name| name.to_string_lossy().into_owned());
    let alone = |run: &RunDir| runs.iter().filter(|other| last(other) == last(run)).count() == 1;
    let whole = |run: &RunDir| run.path().display().to_string();
    runs.iter().map(|run| last(run).filter(|_| alone(run)).unwrap_or_else(|| whole(run))).collect()
}

/// Adds the name of the run to those of models that several runs have.
fn tell_apart(runs: &mut [PageRun]) {
    let models: Vec<Vec<String>> = runs.iter().map(models).collect();
    for at in 0..runs.len() {
        let elsewhere = |model: &String| {
            models.iter().enumerate().any(|(other, names)| other != at && names.contains(model))
        };
        let shared: Vec<&String> = models[at].iter().filter(|model| elsewhere(model)).collect();
        let suffix = format!(" ({})", runs[at].name);
        let renamed = |model: &mut String| {
            if shared.iter().any(|name| *name == model) {
                model.push_str(&suffix);
            }
        };
        rename(&mut runs[at], &renamed);
    }
}

/// Names of the models of a run, in whatever it has.
fn models(run: &PageRun) -> Vec<String> {
    let mut names: Vec<String> = run.info.models.iter().map(|model| model.name.clone()).collect();
    names.extend(run.summary.iter().map(|row| row.model.clone()));
    names.extend(run.bench.iter().map(|row| row.model.clone()));
    names.sort_unstable();
    names.dedup();
    names
}

fn rename(run: &mut PageRun, renamed: &dyn Fn(&mut String)) {
    run.info.models.iter_mut().for_each(|model| renamed(&mut model.name));
    run.samples.iter_mut().for_each(|row| renamed(&mut row.model));
    run.summary.iter_mut().for_each(|row| renamed(&mut row.model));
    run.sweeps.iter_mut().for_each(|row| renamed(&mut row.model));
    run.stability.iter_mut().for_each(|row| renamed(&mut row.model));
    run.operating.iter_mut().for_each(|row| renamed(&mut row.model));
    run.uniform.iter_mut().for_each(|row| renamed(&mut row.model));
    run.random.iter_mut().for_each(|row| renamed(&mut row.model));
    run.bench.iter_mut().for_each(|row| renamed(&mut row.model));
    run.exhibits.iter_mut().for_each(|one| renamed(&mut one.model));
    run.searches.iter_mut().for_each(|one| renamed(&mut one.model));
    for DifferenceRow { model, against, .. } in &mut run.differences {
        renamed(model);
        renamed(against);
    }
}
