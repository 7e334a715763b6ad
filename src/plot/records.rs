//! The records of runs under the names that tell the runs apart.

use std::collections::HashSet;
use std::hash::Hash;
use std::path::Path;

use super::setting::setting;
use super::told::{Run, Shows, Told, tell};
use crate::error::Result;
use crate::perturb::Resampling;
use crate::record::{
    Example, Fault, Row, SampleRow, StabilityRow, SummaryRow, SweepRow, UniformRow, mean_rows, read_checked,
    read_examples, read_rows, require_agreement, uniform_means,
};
use crate::stats::distinct;
use crate::types::{Attack, Axis, Bounds, Interval};

/// The records of one run.
pub(super) struct Records<'r> {
    run: Run<'r>,
    pub(super) bounds: Bounds,
    resampling: Resampling,
    /// Axes of the joint attack and those attacked alone.
    pub(super) axes: Vec<Axis>,
    pub(super) samples: Vec<SampleRow>,
    pub(super) summary: Vec<SummaryRow>,
    pub(super) sweeps: Vec<SweepRow>,
    pub(super) stability: Vec<StabilityRow>,
    pub(super) uniform: Vec<UniformRow>,
}

impl<'r> Records<'r> {
    pub(super) fn read(run: Run<'r>) -> Result<Self> {
        let dir = run.dir;
        let bounds: Bounds = setting(&run.info, dir, "bounds")?;
        let samples = match dir.samples_path() {
            path if path.is_file() => read_checked(path, |row| outside(row, &bounds))?,
            _ => Vec::new(),
        };
        let summary = rows(&dir.summary_path())?;
        if dir.samples_path().is_file() {
            require_agreement(&dir.summary_path(), &summary, &samples)?;
        }
        Ok(Self {
            bounds,
            resampling: setting(&run.info, dir, "perturb")?,
            axes: axes(&run)?,
            samples,
            summary,
            sweeps: rows(&dir.sweep_path())?,
            stability: rows(&dir.stability_path())?,
            uniform: rows(&dir.uniform_path())?,
            run,
        })
    }
}

fn rows<T: Row>(path: &Path) -> Result<Vec<T>> {
    if path.is_file() { read_rows(path) } else { Ok(Vec::new()) }
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
fn outside(row: &SampleRow, bounds: &Bounds) -> Option<Fault> {
    row.parameters.axes().find_map(|axis| {
        let (value, within) = (row.parameters.get(axis)?, bounds.get(axis));
        let problem =
            || format!("{value} lies outside the bounds in run.toml, {} to {}", within.low, within.high);
        (!within.holds(value) && value != 0.0).then(|| (axis.column(), problem()))
    })
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
        let mut seen = HashSet::new();
        self.each(|told, records, rows| {
            for row in &records.samples {
                let row = SampleRow { model: told.name(&row.model), ..row.clone() };
                let key = (
                    row.model.clone(),
                    row.dataset.clone(),
                    row.category.clone(),
                    row.sample.clone(),
                    row.attack,
                    row.seed,
                );
                push_new(&mut seen, key, row, rows);
            }
        })
    }

    /// Rows of categories, those of each seed apart.
    fn summaries(&self) -> Vec<(u64, SummaryRow)> {
        let mut seen = HashSet::new();
        self.each(|told, records, rows| {
            for row in &records.summary {
                let row = SummaryRow { model: told.name(&row.model), ..row.clone() };
                let key = (told.seed, row.model.clone(), row.dataset.clone(), row.over.clone(), row.attack);
                push_new(&mut seen, key, (told.seed, row), rows);
            }
        })
    }

    pub(super) fn summary(&self) -> Vec<SummaryRow> {
        self.summaries().into_iter().map(|(_, row)| row).collect()
    }

    /// Means over categories, those of each seed one after the other.
    pub(super) fn means(&self) -> Vec<SummaryRow> {
        each_seed(&self.summaries(), mean_rows)
    }

    /// Means over categories of the worst cases that samples share, those of each seed one after the other.
    pub(super) fn uniform_means(&self) -> Vec<UniformRow> {
        let mut seen = HashSet::new();
        let rows: Vec<(u64, UniformRow)> = self.each(|told, records, rows| {
            for row in &records.uniform {
                let row = UniformRow { model: told.name(&row.model), ..row.clone() };
                let key = (told.seed, row.model.clone(), row.dataset.clone(), row.over.clone(), row.attack);
                push_new(&mut seen, key, (told.seed, row), rows);
            }
        });
        each_seed(&rows, uniform_means)
    }

    pub(super) fn sweeps(&self, axis: Axis) -> Vec<SweepRow> {
        let mut seen = HashSet::new();
        self.each(|told, records, rows| {
            for row in records.sweeps.iter().filter(|row| row.axis == axis) {
                let row = SweepRow { model: told.name(&row.model), ..row.clone() };
                let key = (row.model.clone(), row.dataset.clone(), row.over.clone(), row.value.to_bits());
                push_new(&mut seen, key, row, rows);
            }
        })
    }

    /// Scanned rows: those of attacks are in no figure.
    pub(super) fn scans(&self) -> Vec<StabilityRow> {
        let mut seen = HashSet::new();
        self.each(|told, records, rows| {
            for row in records.stability.iter().filter(|row| row.is_scanned()) {
                let row = StabilityRow { model: told.name(&row.model), ..row.clone() };
                let key = (
                    row.model.clone(),
                    row.dataset.clone(),
                    row.category.clone(),
                    row.sample.clone(),
                    row.attack,
                );
                push_new(&mut seen, key, row, rows);
            }
        })
    }

    /// The examples of each model, of several seeds those of the first.
    pub(super) fn examples(&self) -> Result<Vec<Examples>> {
        let mut all: Vec<Examples> = Vec::new();
        let mut firsts: Vec<(String, usize)> = Vec::new();
        for (told, records) in &self.told {
            for mut example in read_examples(records.run.dir)? {
                let model = example.row.model.clone();
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

    fn each<T>(&self, mut add: impl FnMut(&Told, &Records<'_>, &mut Vec<T>)) -> Vec<T> {
        let mut rows = Vec::new();
        for (told, records) in &self.told {
            add(told, records, &mut rows);
        }
        rows
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

fn push_new<K: Eq + Hash, T>(seen: &mut HashSet<K>, key: K, row: T, rows: &mut Vec<T>) {
    if seen.insert(key) {
        rows.push(row);
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
        bounds.with(axis, Interval { low: a.low.min(b.low), high: a.high.max(b.high) })
    })
}
