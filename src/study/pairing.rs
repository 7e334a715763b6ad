//! Two finished runs, paired: how far their metrics lie apart on the samples that both have, from records and stored maps.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::belonging::Belonging;
use super::contents;
use super::data::Data;
use super::intervals::{Estimated, around};
use super::observe::Quiet;
use super::run::{finished, input_sizes};
use super::session::Session;
use super::settings::RunSettings;
use super::summary;
use crate::attack::Settings;
use crate::dataset::Dataset;
use crate::error::{Error, Result};
use crate::file;
use crate::metric::{Estimate, Estimates};
use crate::record::{PairedRow, RunDir, RunInfo, SampleRow, decisive_differences, read_checked, read_rows};
use crate::stats::{distinct, grouped, holm, mean};
use crate::types::{Attack, Metrics, Over, PooledMetric, counted};

/// Probability of calling even one difference beyond chance that is not.
const LEVEL: f64 = 0.05;

/// Which runs are compared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairing {
    /// Folder of the run A.
    pub a: PathBuf,
    /// Folder of the run B.
    pub b: PathBuf,
    /// Which model of A belongs to which of B; where there is none, those of the same name, or the only ones.
    pub models: Vec<(String, String)>,
    /// Where the pictures are now; where they were if none.
    pub data: Option<PathBuf>,
}

/// Two runs compared.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Paired {
    /// Of each pair of models the categories, then the mean over them where there are several; for each attack that both runs have and
    /// each metric that both know.
    pub rows: Vec<PairedRow>,
    /// Settings in which the runs differ, by their name in `run.toml`, with the value of each.
    pub settings: Vec<(String, String, String)>,
    /// Models of either run that nothing was held against.
    pub alone: Vec<String>,
    /// How many samples both runs have, then how many only A and only B has.
    pub samples: [usize; 3],
}

impl Pairing {
    /// Pools the metrics of both runs over the samples that both have, in the same redraws, and subtracts A from B. Runs on the
    /// current rayon thread pool.
    ///
    /// # Errors
    /// A run that is not finished, or whose records are damaged; runs without a sample, attack or model in common, or whose metrics are
    /// not the same quantity; pictures other than those that both saw.
    pub fn run(&self) -> Result<Paired> {
        self.named(&|(a, of_a), (b, of_b)| names((a, of_a), (b, of_b)))
    }

    /// The same, with a reader's names for a model of A and one of B.
    pub(super) fn named(&self, names: &Named<'_>) -> Result<Paired> {
        let (a, b) = (Side::open(&self.a)?, Side::open(&self.b)?);
        refuse_other_quantities(&a, &b)?;
        let pairs = pairs(&a, &b, &self.models)?;
        let attacks = a.settings.work.settings.attacks.iter().copied();
        let attacks: Vec<Attack> =
            attacks.filter(|attack| b.settings.work.settings.attacks.contains(attack)).collect();
        let all = Data::recorded(&a.info, self.data.as_deref())?;
        let (of_a, of_b) = (a.names()?, b.names()?);
        let common: HashSet<String> = of_a.intersection(&of_b).cloned().collect();
        let data = all.only(|sample| common.contains(&sample.id.to_string()));
        if attacks.is_empty() || data.samples().next().is_none() {
            let what = if attacks.is_empty() { "attack" } else { "sample" };
            let problem = format!("has no {what} that {} has", a.dir.path().display());
            return Err(Error::file(b.dir.path(), problem, "give two runs on the same pictures"));
        }
        contents::require_part(&a.dir, &data)?;
        contents::require_part(&b.dir, &data)?;
        let (rows_a, rows_b) = (a.rows_of(&data)?, b.rows_of(&data)?);

        let mut rows = Vec::new();
        for (of_a, of_b) in &pairs {
            let (name_a, name_b) = names((&a.dir, &of_a.0), (&b.dir, &of_b.0));
            let seed = a.settings.work.settings.seed;
            let found_a = a.pool(of_a, &attacks, (&data, &rows_a), seed)?;
            let found_b = b.pool(of_b, &attacks, (&data, &rows_b), seed)?;
            rows.extend(subtracted((&name_a, &name_b), &found_a, &found_b));
        }
        if rows.is_empty() {
            let problem = "have no metric in common: pixel AUROC and AUPRO need masks";
            return Err(Error::usage("runs", problem, "give runs on pictures with masks"));
        }
        correct(&mut rows);
        let samples = data.samples().count();
        let alone = |side: &Side, paired: Vec<&str>| -> Vec<String> {
            let others = side.models.iter().filter(|(name, _)| !paired.contains(&name.as_str()));
            others.map(|(name, _)| format!("{name} of {}", side.dir.path().display())).collect()
        };
        let mut unpaired = alone(&a, pairs.iter().map(|(of_a, _)| of_a.0.as_str()).collect());
        unpaired.extend(alone(&b, pairs.iter().map(|(_, of_b)| of_b.0.as_str()).collect()));
        Ok(Paired {
            rows,
            settings: settings(&a.info, &b.info),
            alone: unpaired,
            samples: [samples, of_a.len() - samples, of_b.len() - samples],
        })
    }
}

impl Paired {
    /// What else is unlike between the runs, in lines.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let [both, only_a, only_b] = self.samples;
        if only_a + only_b > 0 {
            let samples = counted(both, "sample", "samples");
            notes.push(format!(
                "compared on the {samples} of both runs; left out: {only_a} of A alone, {only_b} of B alone"
            ));
        }
        if !self.settings.is_empty() {
            notes.push("settings that differ (A, B):".to_owned());
            notes.extend(
                self.settings.iter().map(|(name, a, b)| format!("  {name}: {}, {}", short(a), short(b))),
            );
        }
        if !self.alone.is_empty() {
            notes.push(format!("not compared: {}", self.alone.join(", ")));
        }
        notes
    }
}

/// A value as far as it is told.
fn short(value: &str) -> String {
    const LONGEST: usize = 40;
    if value.chars().count() <= LONGEST {
        return value.to_owned();
    }
    value.chars().take(LONGEST).chain(['\u{2026}']).collect()
}

/// Names for readers of a model of the run A and of one of the run B.
pub(super) type Named<'n> = dyn Fn((&RunDir, &str), (&RunDir, &str)) -> (String, String) + 'n;

/// One of the two runs.
struct Side {
    dir: RunDir,
    info: RunInfo,
    settings: RunSettings,
    /// Names and input sizes.
    models: Vec<(String, usize)>,
}

impl Side {
    fn open(path: &Path) -> Result<Self> {
        let dir = RunDir::open(path)?;
        let info = finished(&dir)?;
        if !file::is_there(&dir.samples_path()) {
            let fix = "give runs of `askance eval`, `askance attack` or `askance replay`";
            return Err(Error::file(path, "holds no samples.csv", fix));
        }
        let settings = RunSettings::of(&info)?;
        let models = input_sizes(&info)?;
        Ok(Self { dir, info, settings, models })
    }

    /// Names of the samples that the run has rows of.
    fn names(&self) -> Result<HashSet<String>> {
        let rows: Vec<SampleRow> = read_rows(self.dir.samples_path())?;
        Ok(rows.iter().map(name_of).collect())
    }

    /// Rows of the samples that are among the data, which must be of this run.
    fn rows_of(&self, data: &Data) -> Result<Vec<SampleRow>> {
        let names: HashSet<String> = data.samples().map(|sample| sample.id.to_string()).collect();
        // The same pictures may have another name, or lie in another folder, for the other run.
        let named = Dataset { name: self.info.dataset.name.clone(), ..data.dataset().clone() };
        let belonging = Belonging::new(&self.settings.work.settings, &named, &self.info.models);
        let belonging = if self.settings.work.replay.is_some() { belonging.replayed() } else { belonging };
        let is_own = |row: &SampleRow| names.contains(&name_of(row));
        let mut rows = read_checked(self.dir.samples_path(), |row| {
            is_own(row).then(|| belonging.sample(row)).flatten()
        })?;
        rows.retain(is_own);
        Ok(rows)
    }

    /// Pools the maps of a model under these attacks.
    fn pool(
        &self,
        model: &(String, usize),
        attacks: &[Attack],
        (data, rows): (&Data, &[SampleRow]),
        seed: u64,
    ) -> Result<Vec<Estimated>> {
        let settings = Settings { seed, attacks: attacks.to_vec(), ..self.settings.work.settings.clone() };
        let session = Session {
            command: self.settings.command,
            settings: &settings,
            metric: &self.settings.metric,
            points: &self.settings.points,
            data,
            save_maps: false,
            keep_traces: false,
            observe: &Quiet,
        };
        summary::of_model(&session, &self.dir, model, rows)
    }
}

/// The name of a sample as the data have it.
fn name_of(row: &SampleRow) -> String {
    format!("{}/{}", row.category, row.sample)
}

/// Metrics of other fits, frames or options are other quantities.
fn refuse_other_quantities(a: &Side, b: &Side) -> Result<()> {
    let differences = decisive_differences(&a.info, &b.info);
    let quantity = |key: &str| {
        let key = key.strip_prefix("settings.").unwrap_or_default();
        ["fit", "frame", "metric"].iter().any(|one| key.split('.').next() == Some(*one))
    };
    let Some((key, of_a, of_b)) = differences.into_iter().find(|(key, ..)| quantity(key)) else {
        return Ok(());
    };
    let problem = format!(
        "was made with another `{key}` ({of_b}) than {} ({of_a}): their metrics are not the same quantity",
        a.dir.path().display()
    );
    Err(Error::file(b.dir.path(), problem, "make one of the runs again with the other's setting"))
}

/// A model of A and one of B, each with its input size.
type ModelPair = ((String, usize), (String, usize));

fn pairs(a: &Side, b: &Side, wanted: &[(String, String)]) -> Result<Vec<ModelPair>> {
    let find = |side: &Side, name: &str| {
        side.models.iter().find(|(model, _)| model == name).cloned().ok_or_else(|| {
            let known: Vec<&str> = side.models.iter().map(|(name, _)| name.as_str()).collect();
            let problem = format!("is no model of {}", side.dir.path().display());
            Error::setting("pair", name, problem, format!("give one of {}", known.join(", ")))
        })
    };
    if !wanted.is_empty() {
        return wanted.iter().map(|(of_a, of_b)| Ok((find(a, of_a)?, find(b, of_b)?))).collect();
    }
    let same = |of_a: &(String, usize)| {
        b.models.iter().find(|of_b| of_b.0 == of_a.0).map(|of_b| (of_a.clone(), of_b.clone()))
    };
    let mut pairs: Vec<ModelPair> = a.models.iter().filter_map(same).collect();
    if let ([of_a], [of_b]) = (a.models.as_slice(), b.models.as_slice()) {
        pairs = vec![(of_a.clone(), of_b.clone())];
    }
    if pairs.is_empty() {
        let list =
            |side: &Side| side.models.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        let problem = format!("have no model in common: {} in A, {} in B", list(a), list(b));
        return Err(Error::usage("runs", problem, "say with `pair` which belong together"));
    }
    if a.dir.path() == b.dir.path() && pairs.iter().all(|(of_a, of_b)| of_a.0 == of_b.0) {
        let fix = "give two runs, or say with `pair` which of its models to compare";
        return Err(Error::file(a.dir.path(), "was given twice", fix));
    }
    Ok(pairs)
}

/// What readers call the two: the models, or where these have the same name the runs too.
fn names((a, of_a): (&RunDir, &str), (b, of_b): (&RunDir, &str)) -> (String, String) {
    if of_a != of_b {
        return (of_a.to_owned(), of_b.to_owned());
    }
    let last = |dir: &RunDir| dir.path().file_name().map(|name| name.to_string_lossy().into_owned());
    let run = |dir: &RunDir| match (last(a), last(b)) {
        (one, other) if one != other => last(dir).unwrap_or_default(),
        _ => dir.path().display().to_string(),
    };
    (format!("{of_a} of {}", run(a)), format!("{of_b} of {}", run(b)))
}

/// What both runs found of one category under one attack.
struct Both<'f> {
    a: &'f Estimated,
    b: &'f Estimated,
    /// B minus A.
    difference: Estimates,
    /// The drop of B minus that of A.
    fall: Estimates,
}

impl<'f> Both<'f> {
    fn of(a: &'f Estimated, found_b: &'f [Estimated]) -> Option<Self> {
        let b = found_b.iter().find(|b| (&b.row.over, b.row.attack) == (&a.row.over, a.row.attack))?;
        let (difference, fall) = (b.estimates.minus(&a.estimates), b.drops.minus(&a.drops));
        (a.row.samples == b.row.samples).then_some(Self { a, b, difference, fall })
    }
}

/// The rows of a pair of models: those of each category, then of the mean over several.
fn subtracted(names: (&str, &str), found_a: &[Estimated], found_b: &[Estimated]) -> Vec<PairedRow> {
    let both: Vec<Both<'_>> = found_a.iter().filter_map(|a| Both::of(a, found_b)).collect();
    let rows_of = |over: &Over, both: &[&Both<'_>]| -> Vec<PairedRow> {
        PooledMetric::ALL.iter().filter_map(|&metric| row(names, over, both, metric)).collect()
    };
    let mut rows: Vec<PairedRow> = both.iter().flat_map(|one| rows_of(&one.a.row.over, &[one])).collect();
    if distinct(both.iter().map(|one| &one.a.row.over)).len() > 1 {
        let of_attacks = grouped(&both, |one| one.a.row.attack);
        rows.extend(of_attacks.iter().flat_map(|both| rows_of(&Over::Mean, both)));
    }
    rows
}

/// The row of one category, or of the mean over several, under one attack; `None` of a metric that is not defined.
fn row((a, b): (&str, &str), over: &Over, both: &[&Both<'_>], metric: PooledMetric) -> Option<PairedRow> {
    let value = |side: fn(&Both<'_>) -> Metrics| -> Option<f64> {
        mean(&both.iter().filter_map(|one| metric.of(&side(one))).collect::<Vec<f64>>())
    };
    let (value_a, value_b) = (value(|one| one.a.row.metrics)?, value(|one| one.b.row.metrics)?);
    let known = || both.iter().filter(|one| metric.of(&one.a.row.metrics).is_some());
    let estimate = |of: for<'o> fn(&'o Both<'_>) -> &'o Estimates| -> Option<Estimate> {
        let each = known().map(|one| of(one).of(metric).clone());
        Estimate::mean(&each.collect::<Option<Vec<_>>>()?)
    };
    let (difference, fall) = (estimate(|one| &one.difference), estimate(|one| &one.fall));
    let drop = |of: &Estimated| of.row.drops.of(metric);
    let falls: Option<Vec<f64>> = known().map(|one| Some(drop(one.b)? - drop(one.a)?)).collect();
    let fell = falls.and_then(|falls| mean(&falls));
    let (ends, ends_of_fall) = (around(Some(value_b - value_a), &difference), around(fell, &fall));
    let first = both.first()?;
    Some(PairedRow {
        a: a.to_owned(),
        b: b.to_owned(),
        dataset: first.a.row.dataset.clone(),
        over: over.clone(),
        samples: both.iter().map(|one| one.a.row.samples).sum(),
        attack: first.a.row.attack,
        metric,
        value_a,
        value_b,
        difference: value_b - value_a,
        low: ends.map(|ends| ends.low),
        high: ends.map(|ends| ends.high),
        chance: difference.and_then(|difference| difference.chance()),
        beyond_chance: None,
        fall: fell,
        fall_low: ends_of_fall.map(|ends| ends.low),
        fall_high: ends_of_fall.map(|ends| ends.high),
    })
}

/// Says which differences are beyond chance, those over categories and those over the mean each as one family. An interval that holds 0 is
/// never contradicted.
fn correct(rows: &mut [PairedRow]) {
    for is_mean in [false, true] {
        let of_family = |row: &PairedRow| (row.over == Over::Mean) == is_mean && row.chance.is_some();
        let chances: Vec<f64> =
            rows.iter().filter(|row| of_family(row)).filter_map(|row| row.chance).collect();
        let mut rejected = holm(&chances, LEVEL).into_iter();
        for row in rows.iter_mut().filter(|row| of_family(row)) {
            let holds_zero = row.interval().is_none_or(|ends| ends.low <= 0.0 && 0.0 <= ends.high);
            row.beyond_chance = rejected.next().map(|rejected| rejected && !holds_zero);
        }
    }
}

/// Settings in which two runs differ. That their models and pictures do is said elsewhere, and the seed is one of the settings.
fn settings(a: &RunInfo, b: &RunInfo) -> Vec<(String, String, String)> {
    let told = |key: &str| {
        !["models", "dataset", "seed"].contains(&key.split('.').next().unwrap_or_default())
            && key != "settings.shard"
    };
    let differences = decisive_differences(a, b).into_iter().filter(|(key, ..)| told(key));
    differences
        .map(|(key, of_a, of_b)| (key.strip_prefix("settings.").unwrap_or(&key).to_owned(), of_a, of_b))
        .collect()
}
