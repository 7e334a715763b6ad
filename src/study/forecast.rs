//! What a run would take, told before it is made: evaluations, time and disk. Nothing is written.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::amount::{self, Amount};
use super::checked::Checked;
use super::data::Data;
use super::execute::Prepared;
use super::models::Models;
use super::observe::Observe;
use super::run::{described, earlier, load, start};
use super::settings::Work;
use super::stored_size::stored;
use crate::attack::{self, Evaluator, Goal, Objective, Settings, answers, draws, uniform};
use crate::dataset::Sample;
use crate::error::Result;
use crate::model::Segmenter;
use crate::record::{RunDir, RunInfo, SampleRow, Status, read_growing};
use crate::stats::distinct;
use crate::types::{Attack, Detail, Perturbation};

/// Samples that a probe looks at.
const PROBED: usize = 3;
/// How long a probe goes on once the first timed batch is done, and how long at least.
const LONGEST: Duration = Duration::from_secs(5);
const SHORTEST: Duration = Duration::from_millis(500);

/// What a run would take on this machine.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Forecast {
    /// Samples of the run; those of the shard where it is one.
    pub samples: usize,
    /// The attacks on each sample, clean among them.
    pub attacks: Vec<Attack>,
    /// Stages in order, model by model.
    pub stages: Vec<ForecastStage>,
    /// Speed of each model.
    pub models: Vec<ProbedModel>,
    /// About how many bytes the records of all samples take, without figures.
    pub bytes: u64,
    /// The folder that the run would go into.
    pub out: PathBuf,
    /// The run that is there and would be gone on with.
    pub earlier: Option<EarlierRun>,
}

/// One stage of a run with one model.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ForecastStage {
    /// Name of the stage as progress has it, with the model's.
    pub stage: String,
    /// Samples that it works on.
    pub samples: usize,
    /// Evaluations of all of them, in full ones.
    pub evaluations: usize,
    /// Whether there may be fewer.
    pub is_most: bool,
    /// How long it takes at the speed of the probe.
    pub time: Duration,
}

/// The speed of one model in a short probe.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ProbedModel {
    /// Name of the model and of the defence around it.
    pub name: String,
    /// Pictures in one call, at most.
    pub batch: usize,
    /// Time of one evaluation of a picture that is one piece: perturbation, model, back-rotation and loss.
    pub evaluation: Duration,
    /// Time to decode one sample.
    pub decoding: Duration,
}

/// A run that lies where another would go, and has the same settings, models and data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EarlierRun {
    /// How far it came.
    pub status: Status,
    /// Samples with all their rows under every model; none where the run has no rows of samples.
    pub samples: usize,
}

impl Forecast {
    /// Evaluations of all stages, in full ones.
    pub fn evaluations(&self) -> usize {
        self.stages.iter().map(|stage| stage.evaluations).sum()
    }

    /// Whether there may be fewer evaluations.
    pub fn is_most(&self) -> bool {
        self.stages.iter().any(|stage| stage.is_most)
    }

    /// How long all stages take from the first sample on.
    pub fn time(&self) -> Duration {
        self.stages.iter().map(|stage| stage.time).sum()
    }
}

impl Checked {
    /// Tells what the run in the folder `out` would take: checks what [`Checked::run`] checks before its first model call, but for the
    /// pictures' content, and times each model on a few samples. With `fresh` what is in the folder is not looked at, since it makes room.
    ///
    /// # Errors
    /// Those of [`Checked::run`].
    pub fn forecast(
        &self,
        (out, fresh): (&Path, bool),
        data: &Data,
        models: &mut Models,
        observe: &dyn Observe,
    ) -> Result<Forecast> {
        let Prepared { work, data: own, starts: _, batches } = self.prepare(data, models, observe)?;
        let settings = self.recorded(work, models);
        let info = described(start(&self.plan.origin, &settings)?, models, &batches)?;
        let rows_each = work_rows(&settings.work, &info);
        let earlier = if fresh { None } else { look(info, out, data, (rows_each, observe))? };
        let work = settings.work;
        let mut forecast = Forecast {
            samples: own.samples().count(),
            attacks: work.settings.attacks.clone(),
            stages: Vec::new(),
            models: Vec::new(),
            bytes: 0,
            out: out.to_owned(),
            earlier,
        };
        for (model, &batch) in models.segmenters.iter_mut().zip(&batches) {
            forecast.add(self, &work, (&own, data), (model.as_mut(), batch), observe)?;
        }
        Ok(forecast)
    }
}

impl Forecast {
    fn add(
        &mut self,
        checked: &Checked,
        work: &Work,
        (own, whole): (&Data, &Data),
        (model, batch): (&mut dyn Segmenter, usize),
        observe: &dyn Observe,
    ) -> Result<()> {
        let settings = &work.settings;
        let (name, size) = (model.name().to_owned(), model.input_size());
        let is_coarse = settings.loss != Goal::Drift && model.coarse_cost() < 1.0;
        let command = checked.command().name();
        let stages = amount::stages(work, command, (own, whole), is_coarse)?;
        self.bytes += stored(work, (checked.plan.save_maps, checked.plan.keep_traces), own, model);
        model.prepare(&whole.categories())?;
        let probed = probe(settings, work, own, (model, batch), observe)?;
        let mean_pieces = |data: &Data| {
            data.pieces(settings.fit, &BTreeSet::from([size])) as f64 / data.samples().count().max(1) as f64
        };
        let pieces = mean_pieces(own);
        self.stages.extend(stages.into_iter().map(|Amount { stage, samples, per_sample, is_most }| {
            let evaluations = samples * per_sample;
            let time = probed.evaluation.mul_f64(evaluations as f64 * pieces)
                + probed.decoding.mul_f64(samples as f64);
            ForecastStage { stage: format!("{stage} {name}"), samples, evaluations, is_most, time }
        }));
        self.models.push(probed);
        Ok(())
    }
}

/// Times a model on a few samples, evenly spaced, under perturbations of the run, after a batch that is not timed.
fn probe(
    settings: &Settings,
    work: &Work,
    data: &Data,
    (model, batch): (&mut dyn Segmenter, usize),
    observe: &dyn Observe,
) -> Result<ProbedModel> {
    let (name, size, input) =
        (model.name().to_owned(), model.input_size(), settings.input(model.input_size()));
    let all: Vec<&Sample> = data.samples().collect();
    let places = distinct((0..PROBED).map(|place| place * all.len().saturating_sub(1) / (PROBED - 1)));
    let mut probed = ProbedModel { name, batch, evaluation: Duration::ZERO, decoding: Duration::ZERO };
    let start = Instant::now();
    // What cannot be decoded is left out by the run, or ends it.
    let samples: Vec<&Sample> = places.into_iter().filter_map(|place| all.get(place).copied()).collect();
    let loaded = samples.iter().map(|sample| load(0, sample, input));
    let works: Vec<attack::Work> = match data.skip_bad {
        true => loaded.flatten().collect(),
        false => loaded.collect::<Result<_>>()?,
    };
    if works.is_empty() {
        return Ok(probed);
    }
    probed.decoding = start.elapsed().div_f64(works.len() as f64);
    let depth = if model.provenance().is_on_device() { 2 } else { 1 };
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), batch);
    let mut call = |sample: &attack::Work| -> Result<usize> {
        let pieces = input.pieces((sample.image.dim().1, sample.image.dim().2)).len();
        let perturbations = perturbations(settings, work, sample, depth * batch.div_ceil(pieces))?;
        evaluate(&mut evaluator, settings, sample, &perturbations, &|| observe.stop())?;
        Ok(perturbations.len() * pieces)
    };
    call(&works[0])?;
    let (start, mut pieces) = (Instant::now(), 0);
    while start.elapsed() < SHORTEST {
        for sample in &works {
            pieces += call(sample)?;
            if start.elapsed() > LONGEST {
                break;
            }
        }
    }
    probed.evaluation = start.elapsed().div_f64(pieces as f64);
    probed.batch = evaluator.batch();
    Ok(probed)
}

/// Evaluates a sample as the searches do, or without a loss where it is measured against the clean answer.
fn evaluate(
    evaluator: &mut Evaluator<'_>,
    settings: &Settings,
    sample: &attack::Work,
    perturbations: &[Perturbation],
    stop: &dyn Fn() -> bool,
) -> Result<()> {
    if settings.loss != Goal::Drift {
        return uniform(evaluator, &[sample], perturbations, &mut |_, _| Ok(()), stop, &|_| ());
    }
    let source = [Ok((sample.clone(), perturbations.to_vec()))];
    answers(evaluator, source, &mut |_, _, _| Ok(()), Detail::Full, "dry run", stop, &|_| ())
}

/// So many perturbations like those that the run makes: drawn from the box of its attacks, or evenly along what it sweeps; the unchanged
/// picture where it changes none.
fn perturbations(
    settings: &Settings,
    work: &Work,
    sample: &attack::Work,
    count: usize,
) -> Result<Vec<Perturbation>> {
    if settings.attacks.iter().any(|&attack| attack != Attack::Clean) {
        return draws(settings, &sample.id, count);
    }
    let scanned = work.tolerance.iter().flat_map(|tolerance| &tolerance.axes);
    let swept = work.sweep.iter().flat_map(|sweep| &sweep.axes);
    let axes: Vec<_> = swept.chain(scanned).copied().collect();
    let along = |place: usize| {
        let Some(&axis) = axes.get(place % axes.len().max(1)) else { return Perturbation::IDENTITY };
        let interval = settings.bounds.get(axis);
        let share = (place + 1) as f64 / count as f64;
        Perturbation::IDENTITY.with(axis, interval.low + share * interval.width())
    };
    Ok((0..count).map(along).collect())
}

/// Rows that a sample has under all models together.
fn work_rows(work: &Work, info: &RunInfo) -> usize {
    work.settings.attacks.len() * info.models.len()
}

/// The run in a folder, where there is one that would be gone on with.
fn look(
    mut info: RunInfo,
    out: &Path,
    data: &Data,
    (rows_each, observe): (usize, &dyn Observe),
) -> Result<Option<EarlierRun>> {
    info.dataset = data.info();
    let dir = RunDir::at(out);
    let Some(old) = earlier(&dir, &info, data, observe)? else { return Ok(None) };
    let rows: Vec<SampleRow> = read_growing(dir.samples_path())?;
    let mut of_sample: HashMap<(&str, &str), usize> = HashMap::new();
    rows.iter().for_each(|row| *of_sample.entry((&row.category, &row.sample)).or_default() += 1);
    let samples = of_sample.into_values().filter(|&rows| rows == rows_each).count();
    Ok(Some(EarlierRun { status: old.status, samples }))
}
