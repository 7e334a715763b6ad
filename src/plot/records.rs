//! The records of runs under the names that tell the runs apart.

use std::collections::HashSet;
use std::hash::Hash;
use std::path::Path;

use super::chosen::Run;
use super::differing::Shows;
use super::setting::setting;
use super::told::{Told, tell};
use crate::error::Result;
use crate::file;
use crate::metric::{DRIFT, Loss};
use crate::perturb::{Resampling, enlarge};
use crate::record::{
    Example, Fault, OperatingRow, Parameters, Row, RunInfo, SampleRow, StabilityRow, SummaryRow, SweepRow,
    UniformRow, mean_rows, read_checked, read_examples, require_agreement, uniform_means,
};
use crate::stats::distinct;
use crate::types::{Attack, Axis, Bounds, Fitting, Input, Interval, Over};

/// The records of one run.
pub(super) struct Records<'r> {
    run: Run<'r>,
    pub(super) bounds: Bounds,
    pub(super) resampling: Resampling,
    fit: Fitting,
    /// Axes of the joint attack and those attacked alone.
    pub(super) axes: Vec<Axis>,
    pub(super) samples: Vec<SampleRow>,
    pub(super) summary: Vec<SummaryRow>,
    pub(super) sweeps: Vec<SweepRow>,
    pub(super) stability: Vec<StabilityRow>,
    pub(super) uniform: Vec<UniformRow>,
    pub(super) operating: Vec<OperatingRow>,
}

impl<'r> Records<'r> {
    pub(super) fn read(run: Run<'r>) -> Result<Self> {
        let dir = run.dir;
        let bounds: Bounds = setting(&run.info, dir, "bounds")?;
        let axes = axes(&run)?;
        let samples = rows(&dir.samples_path(), |row: &SampleRow| {
            let searched = row.attack != Attack::Clean;
            let empty = row.parameters.empty(&axes).filter(|_| searched);
            empty.or_else(|| outside(&row.parameters, &bounds)).or_else(|| beyond(row, &run.info))
        })?;
        let summary = rows(&dir.summary_path(), |_| None)?;
        let uniform = rows(&dir.uniform_path(), |row: &UniformRow| {
            let searched = row.attack != Attack::Clean && row.over != Over::Mean;
            let empty = row.parameters.empty(&axes).filter(|_| searched);
            empty.or_else(|| outside(&row.parameters, &bounds))
        })?;
        if file::is_there(&dir.samples_path()) {
            require_agreement(&dir.summary_path(), &summary, &samples)?;
        }
        Ok(Self {
            bounds,
            resampling: setting(&run.info, dir, "perturb")?,
            fit: run.info.fit()?,
            axes,
            samples,
            summary,
            sweeps: rows(&dir.sweep_path(), |_| None)?,
            stability: rows(&dir.stability_path(), |_| None)?,
            operating: rows(&dir.operating_path(), |_| None)?,
            uniform,
            run,
        })
    }
}

fn rows<T: Row>(path: &Path, check: impl Fn(&T) -> Option<Fault>) -> Result<Vec<T>> {
    if file::is_there(path) { read_checked(path, check) } else { Ok(Vec::new()) }
}

/// The axes of a run: those of its joint attack and those attacked alone. A run of an older version has the
/// paper's three.
fn axes(run: &Run<'_>) -> Result<Vec<Axis>> {
    let Run { dir, info } = run;
    let mut axes: Vec<Axis> = match info.settings.get("axes") {
        Some(_) => setting(info, dir, "axes")?,
        None => Axis::PAPER.to_vec(),
    };
    if info.settings.contains_key("attacks") {
        let attacks: Vec<Attack> = setting(info, dir, "attacks")?;
        axes.extend(attacks.iter().flat_map(|attack| attack.axes(&[])));
    }
    Ok(axes)
}

/// The fault of a value outside the bounds of its run.
fn outside(parameters: &Parameters, bounds: &Bounds) -> Option<Fault> {
    parameters.axes().find_map(|axis| {
        let value = parameters.get(axis)?;
        let problem = || format!("{value} lies outside the bounds in run.toml, {}", bounds.told(axis));
        (!bounds.holds(axis, value) && value != 0.0).then(|| (axis.column(), problem()))
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

/// The records of the runs that take part in a figure, under the names that tell these runs apart. What several runs found of the
/// same pictures counts once.
pub(super) struct Named<'r> {
    told: Vec<(Told, &'r Records<'r>)>,
}

impl<'r> Named<'r> {
    pub(super) fn of(records: &'r [Records<'r>], shows: Shows, part: impl Fn(&Records<'_>) -> bool) -> Self {
        let taking: Vec<&Records<'_>> = records.iter().filter(|one| part(one)).collect();
        let told = tell(&taking.iter().map(|one| &one.run).collect::<Vec<_>>(), shows);
        Self { told: told.into_iter().map(|told| (told.clone(), taking[told.at])).collect() }
    }

    /// Bounds that hold those of all these runs.
    pub(super) fn bounds(&self) -> Bounds {
        self.told.iter().map(|(_, records)| records.bounds).reduce(around).unwrap_or_default()
    }

    pub(super) fn samples(&self) -> Vec<SampleRow> {
        let rows = self.once(
            |records| records.samples.iter(),
            |row| &mut row.model,
            |_, row| (row.dataset.clone(), row.category.clone(), row.sample.clone(), row.attack, row.seed),
        );
        without_seed(rows)
    }

    /// Rows of categories, those of each seed apart.
    fn summaries(&self) -> Vec<(u64, SummaryRow)> {
        self.once(
            |records| records.summary.iter(),
            |row| &mut row.model,
            |seed, row| (seed, row.dataset.clone(), row.over.clone(), row.attack),
        )
    }

    pub(super) fn summary(&self) -> Vec<SummaryRow> {
        without_seed(self.summaries())
    }

    /// Means over categories, those of each seed one after the other.
    pub(super) fn means(&self) -> Vec<SummaryRow> {
        each_seed(&self.summaries(), mean_rows)
    }

    /// Means over categories of the worst cases that samples share, those of each seed one after the other.
    pub(super) fn uniform_means(&self) -> Vec<UniformRow> {
        let rows = self.once(
            |records| records.uniform.iter(),
            |row| &mut row.model,
            |seed, row| (seed, row.dataset.clone(), row.over.clone(), row.attack),
        );
        each_seed(&rows, uniform_means)
    }

    pub(super) fn sweeps(&self, axis: Axis) -> Vec<SweepRow> {
        without_seed(self.once(
            |records| records.sweeps.iter().filter(move |row| row.axis == axis),
            |row| &mut row.model,
            |_, row| (row.dataset.clone(), row.over.clone(), row.value.to_bits()),
        ))
    }

    /// Rows of groups of pictures, those of each seed one after the other.
    pub(super) fn operating(&self) -> Vec<OperatingRow> {
        without_seed(self.once(
            |records| records.operating.iter(),
            |row| &mut row.model,
            |seed, row| {
                // The mean over some categories is another than that over others.
                let pictures = row.normal + row.anomalous;
                let of = (row.grouping.to_string(), row.group.clone());
                (seed, row.dataset.clone(), row.over.clone(), row.attack, of, pictures)
            },
        ))
    }

    /// Scanned rows: those of attacks are in no figure.
    pub(super) fn scans(&self) -> Vec<StabilityRow> {
        without_seed(self.once(
            |records| records.stability.iter().filter(|row| row.is_scanned()),
            |row| &mut row.model,
            |_, row| (row.dataset.clone(), row.category.clone(), row.sample.clone(), row.attack),
        ))
    }

    /// The examples of each model, of several seeds those of the first.
    pub(super) fn examples(&self) -> Result<Vec<Examples>> {
        let mut all: Vec<Examples> = Vec::new();
        let mut firsts: Vec<(String, usize)> = Vec::new();
        for (told, records) in &self.told {
            for mut example in read_examples(records.run.dir)? {
                let model = example.row.model.clone();
                records.put_together(&mut example);
                let all_seeds = told.name(&model);
                match firsts.iter().find(|(name, _)| *name == all_seeds) {
                    // Parts of one data set are told alike.
                    Some((_, first)) if self.told[*first].0.seed != told.seed => continue,
                    Some(_) => {}
                    None => firsts.push((all_seeds, told.at)),
                }
                let name = told.own_name(&model);
                example.row.model.clone_from(&name);
                match all.iter_mut().find(|own| own.name == name) {
                    Some(own) => own.push(example, records, told.at),
                    None => {
                        let mut own = Examples {
                            name,
                            file: told.file(&model),
                            resampling: records.resampling,
                            kept: Vec::new(),
                            samples: 0,
                            runs: Vec::new(),
                            model,
                        };
                        own.push(example, records, told.at);
                        all.push(own);
                    }
                }
            }
        }
        Ok(all)
    }

    /// The part of a file's name that stands for a model as it is named in a figure.
    pub(super) fn file(&self, name: &str) -> String {
        let named = self
            .told
            .iter()
            .flat_map(|(told, records)| records.summary.iter().map(move |row| (told, row.model.as_str())));
        let mut named = named.filter(|(told, model)| told.name(model) == name);
        named.next().map_or_else(|| name.to_owned(), |(told, model)| told.file(model))
    }

    /// The rows of all runs, each with the seed of its run, their models named as the runs are told apart. Of rows of one model that
    /// agree in `key`, which is given the seed too, the first stays.
    fn once<T: Clone + 'r, I: Iterator<Item = &'r T>, K: Eq + Hash>(
        &self,
        rows: impl Fn(&'r Records<'r>) -> I,
        model: impl Fn(&mut T) -> &mut String,
        key: impl Fn(u64, &T) -> K,
    ) -> Vec<(u64, T)> {
        let mut seen = HashSet::new();
        let mut all = Vec::new();
        for (told, records) in &self.told {
            for row in rows(records) {
                let mut row = row.clone();
                let name = told.name(model(&mut row));
                model(&mut row).clone_from(&name);
                if seen.insert((name, key(told.seed, &row))) {
                    all.push((told.seed, row));
                }
            }
        }
        all
    }
}

fn without_seed<T>(rows: Vec<(u64, T)>) -> Vec<T> {
    rows.into_iter().map(|(_, row)| row).collect()
}

impl Records<'_> {
    /// Makes the maps of an example's pieces, if there may be several, one of its canvas.
    pub(super) fn put_together(&self, example: &mut Example) {
        let models = &self.run.info.models;
        let side =
            models.iter().find(|model| model.name == example.row.model).and_then(|model| model.input_size);
        let Some(input) = side.map(|side| Input { side, fitting: self.fit }) else { return };
        let (_, height, width) = example.image.dim();
        let pieces = input.pieces((height, width)).len();
        for map in [&mut example.clean_map, &mut example.worst_map] {
            // Others are no maps of these pieces, and are found damaged or shown as they are.
            if !input.is_square() && !map.is_empty() && map.nrows().is_multiple_of(pieces) {
                *map = enlarge(map.view(), &input, (height, width));
            }
        }
    }
}

/// The examples of one model.
pub(super) struct Examples {
    name: String,
    pub(super) file: String,
    pub(super) resampling: Resampling,
    pub(super) kept: Vec<Example>,
    /// Number of samples that they were chosen from.
    pub(super) samples: usize,
    model: String,
    runs: Vec<usize>,
}

impl Examples {
    fn push(&mut self, example: Example, records: &Records<'_>, run: usize) {
        self.kept.push(example);
        if !self.runs.contains(&run) {
            self.runs.push(run);
            let own =
                records.samples.iter().filter(|row| row.attack == Attack::Clean && row.model == self.model);
            self.samples += own.count();
        }
    }
}

fn each_seed<T: Clone>(rows: &[(u64, T)], means: impl Fn(&[T]) -> Vec<T>) -> Vec<T> {
    let own = |seed: u64| -> Vec<T> {
        rows.iter().filter(|(other, _)| *other == seed).map(|(_, row)| row.clone()).collect()
    };
    distinct(rows.iter().map(|(seed, _)| *seed)).into_iter().flat_map(|seed| means(&own(seed))).collect()
}

/// The smallest bounds that hold both.
fn around(one: Bounds, other: Bounds) -> Bounds {
    Axis::ALL.into_iter().fold(one, |bounds, axis| {
        let (a, b) = (one.get(axis), other.get(axis));
        if let (Some(own), Some(others)) = (one.values(axis), other.values(axis)) {
            return bounds.with_values(axis, &[own, others].concat());
        }
        bounds.with(axis, Interval { low: a.low.min(b.low), high: a.high.max(b.high) })
    })
}
