//! One page about some runs, from their records.

use std::path::Path;

use super::pairing::Pairing;
use super::run::finished;
use crate::error::{Error, Result};
use crate::file;
#[cfg(feature = "plot")]
use crate::plot;
use crate::record::{DifferenceRow, PairedRow, Row, RunDir, SampleRow, Trace, read_rows, write_atomic};
use crate::report::{Exhibit, PageParts, PageRun, Searched, page};
use crate::types::{Attack, Axis, Bounds};

/// Longer side of the pictures in a page.
#[cfg(feature = "plot")]
const SIDE: usize = 200;

/// One self-contained HTML page about finished runs.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct ReportPage<'p> {
    /// The runs; the first is what the others are held against.
    pub runs: &'p [RunDir],
    /// Where the pictures are now, whose masks are read where several runs are held against each other; where they were if none.
    pub data: Option<&'p Path>,
    /// How readers name settings: gets texts with settings in backticks.
    pub words: &'p dyn Fn(&str) -> String,
}

/// Writes a self-contained HTML page about these runs to `out`, the first being what the others are held against. Settings stand on it
/// as the library names them, in backticks.
///
/// # Errors
/// Those of [`ReportPage::write`].
pub fn write_page(runs: &[RunDir], out: &Path) -> Result<()> {
    ReportPage::new(runs).write(out)
}

impl<'p> ReportPage<'p> {
    /// The page about these runs.
    pub fn new(runs: &'p [RunDir]) -> Self {
        Self { runs, data: None, words: &str::to_owned }
    }

    /// Writes the page to `out`. Runs on the current rayon thread pool.
    ///
    /// # Errors
    /// A usage error without runs; a file error when a run is not finished, a record is damaged or the page cannot be written.
    pub fn write(&self, out: &Path) -> Result<()> {
        let runs = self.runs;
        if runs.is_empty() {
            return Err(Error::usage("runs", "are none", "give the folder of a run"));
        }
        let names = names(runs);
        let mut read: Vec<PageRun> =
            runs.iter().zip(names).map(|(run, name)| read_run(run, name)).collect::<Result<_>>()?;
        let shared = shared(&read);
        let (paired, remarks) = self.held_against_the_first(&read, &shared);
        read.iter_mut().for_each(|run| tell_apart(run, &shared));
        let parts = PageParts { runs: &read, paired: &paired, remarks: &remarks, words: self.words };
        write_atomic(out, page(&parts)?.as_bytes())
    }

    /// The differences between each other run and the first, from their stored maps and the masks of their pictures, and what readers
    /// have to know about them.
    fn held_against_the_first(&self, read: &[PageRun], shared: &[String]) -> (Vec<PairedRow>, Vec<String>) {
        let has_samples = |at: &usize| read.get(*at).is_some_and(|run| !run.samples.is_empty());
        let others = (1..self.runs.len()).filter(|other| has_samples(&0) && has_samples(other));
        let (mut rows, mut remarks) = (Vec::new(), Vec::new());
        for other in others {
            let (a, b) = (self.runs[0].path(), self.runs[other].path());
            let pairing = Pairing {
                a: a.to_owned(),
                b: b.to_owned(),
                data: self.data.map(Path::to_owned),
                ..Pairing::default()
            };
            let paired = pairing.named(&|(_, of_a), (_, of_b)| {
                (read_name(&read[0].name, of_a, shared), read_name(&read[other].name, of_b, shared))
            });
            let which = format!("{} against {}", read[other].name, read[0].name);
            match paired {
                Ok(paired) => {
                    let notes = paired.notes().join("\n").replace(":\n  ", ": ").replace("\n  ", "; ");
                    rows.extend(paired.rows);
                    remarks.extend(notes.lines().map(|note| format!("{which}: {note}")));
                }
                Err(Error { subject, problem, fix, .. }) => remarks.push(format!(
                    "{which}: their pixel AUROC and AUPRO are not held against each other on the same pictures, which takes the stored maps \
                     and the masks of the pictures ({subject}: {problem}; {fix})"
                )),
            }
        }
        (rows, remarks)
    }
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

/// Names of models that several runs have.
fn shared(runs: &[PageRun]) -> Vec<String> {
    let all: Vec<String> = runs.iter().flat_map(models).collect();
    let mut shared: Vec<String> =
        all.iter().filter(|name| all.iter().filter(|other| other == name).count() > 1).cloned().collect();
    shared.sort_unstable();
    shared.dedup();
    shared
}

/// The name of a model, with that of its run where several have it.
fn read_name(run: &str, model: &str, shared: &[String]) -> String {
    if shared.iter().any(|name| name == model) { format!("{model} of {run}") } else { model.to_owned() }
}

/// Adds the name of the run to those of models that several runs have.
fn tell_apart(run: &mut PageRun, shared: &[String]) {
    let name = run.name.clone();
    rename(run, &|model: &mut String| *model = read_name(&name, model, shared));
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
