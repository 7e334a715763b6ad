//! The average case: every sample under perturbations drawn from the box. The answers of each sample are kept as they are known, so
//! that an interrupted run goes on where it was; `random.csv` is pooled from them, without the model.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView2, s};
use rayon::prelude::*;

use super::amount;
use super::by_key::{ByKey, by_key};
use super::decision::{Decision, decisions, without_decision};
use super::plan::Random;
use super::run::{Run, decoded};
use super::session::Session;
use crate::attack::{
    Clock, Evaluator, Objective, PooledSample, Work, answers, category_metrics, drawn_axes, draws,
    image_metrics,
};
use crate::dataset::{self, Category, Sample};
use crate::error::{Error, Result};
use crate::file;
use crate::model::{Segmentation, Segmenter};
use crate::record::{RandomRow, RunDir, SampleRow, is_whole, read_map, write_npy, write_rows};
use crate::stats;
use crate::types::{Attack, Axis, Detail, Input, Mask, Metrics, Over, Perturbation, SampleKey};

/// Remedy for kept answers that cannot be used.
const DELETE: &str = "delete the file and give the same command again";

/// Lets one model answer to the draws of every sample that has rows, as far as an earlier start has not.
pub(super) fn evaluate(
    session: &Session<'_>,
    plan: &Random,
    model: &mut dyn Segmenter,
    run: &mut Run,
    samples: &[SampleRow],
) -> Result<Clock> {
    let Session { settings, observe, .. } = *session;
    let name = model.name().to_owned();
    let (grid, input) = (model.grid(), settings.input(model.input_size()));
    let rows = by_key(samples);
    let kept = Answered { session, plan, dir: run.dir.clone(), model: &name };
    let all: Vec<&Sample> =
        session.data.samples().filter(|sample| clean(&rows, &name, sample).is_some()).collect();
    let there: Vec<bool> = all
        .iter()
        .map(|sample| {
            let path = kept.path(sample);
            if file::is_there(&path) && !is_whole(&path, DELETE)? {
                observe.warn(&format!("{} is cut short, and made again", path.display()));
                return Ok(false);
            }
            Ok(kept.read(sample, stacked(sample, input, grid)?)?.is_some())
        })
        .collect::<Result<_>>()?;
    let pending: Vec<&Sample> =
        all.iter().zip(there).filter(|(_, there)| !there).map(|(&sample, _)| sample).collect();
    let stage = session.stage(amount::DRAWN, &name, all.len() * amount::drawn(plan));
    stage.resume((all.len() - pending.len()) * amount::drawn(plan));
    model.prepare(&session.data.categories())?;
    let size = model.input_size();
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let run = RefCell::new(run);
    let source = decoded(&pending, input, &run).map(|work| {
        let work = Work { mask: None, ..work? };
        let draws = draws(settings, &work.id, plan.draws)?;
        Ok((work, draws))
    });
    let mut finished = all.len() - pending.len();
    let mut done = |work: Work, draws: &[Perturbation], answers: Vec<Segmentation>| {
        finished += 1;
        kept.write(pending[work.index], draws, &answers)
    };
    let stop = || observe.stop();
    let result = answers(&mut evaluator, source, &mut done, Detail::Full, "random", &stop, &|cost| {
        stage.advance(cost)
    });
    let (clock, batch) = (evaluator.clock(), evaluator.batch());
    let run = run.into_inner();
    run.keep_batch(&name, batch, observe)?;
    result.map_err(|error| session.stopped(error, finished, 1))?;
    stage.complete();
    Ok(clock)
}

/// Pools what the models answered, writes `random.csv` and gives its rows, the mean over categories last.
pub(super) fn pool(
    session: &Session<'_>,
    plan: &Random,
    dir: &RunDir,
    models: &[(String, usize)],
    samples: &[SampleRow],
) -> Result<Vec<RandomRow>> {
    let rows = by_key(samples);
    let (mut found, mut means) = (Vec::new(), Vec::new());
    for (model, size) in models {
        let objective = Objective::new(session.settings, *size);
        let kept = Answered { session, plan, dir: dir.clone(), model };
        let mut categories = Vec::new();
        for category in &session.data.dataset.categories {
            categories.extend(Drawn::of(&kept, &objective, category, &rows)?);
        }
        found.extend(categories.iter().map(|drawn| kept.row(drawn)));
        means.extend(Drawn::mean(&categories).map(|drawn| kept.row(&drawn)));
    }
    found.extend(means);
    write_rows(dir.random_path(), &found)?;
    Ok(found)
}

fn clean<'r>(rows: &ByKey<'r>, model: &str, sample: &Sample) -> Option<&'r SampleRow> {
    rows.get(&(SampleKey::new(model, &sample.id), Attack::Clean)).copied()
}

/// The answers of one model to the draws, in a file for each sample: a row for each draw, with its value on each axis, the image score
/// and the patch-level map.
struct Answered<'a> {
    session: &'a Session<'a>,
    plan: &'a Random,
    dir: RunDir,
    model: &'a str,
}

impl Answered<'_> {
    fn path(&self, sample: &Sample) -> PathBuf {
        self.dir.random_maps_path(self.model, &sample.id)
    }

    fn axes(&self) -> Vec<Axis> {
        drawn_axes(self.session.settings)
    }

    fn write(&self, sample: &Sample, draws: &[Perturbation], answers: &[Segmentation]) -> Result<()> {
        let axes = self.axes();
        let scores = answers.first().map_or(0, |answer| 1 + answer.map.len());
        let mut packed = Array2::zeros((draws.len(), axes.len() + scores));
        for ((mut row, draw), answer) in packed.rows_mut().into_iter().zip(draws).zip(answers) {
            let values = axes.iter().map(|&axis| draw.get(axis) as f32);
            let cells = values.chain([answer.image_score]).chain(answer.map.iter().copied());
            row.iter_mut().zip(cells).for_each(|(place, cell)| *place = cell);
        }
        write_npy(self.path(sample), packed.view())
    }

    /// What is kept of a sample: image score and map of each draw. `None` where there is nothing. What is there must be of the run's
    /// draws and of maps of this shape.
    fn read(&self, sample: &Sample, grid: (usize, usize)) -> Result<Option<Array2<f32>>> {
        let path = self.path(sample);
        if !file::is_there(&path) {
            return Ok(None);
        }
        let packed = read_map(&path).map_err(|error| Error { fix: DELETE.to_owned(), ..error })?;
        let axes = self.axes();
        let shape = (self.plan.draws, axes.len() + 1 + grid.0 * grid.1);
        if packed.dim() != shape {
            let (found, expected) = (packed.dim(), shape);
            let problem = format!(
                "holds {} x {} values, where the run has {} x {}",
                found.0, found.1, expected.0, expected.1
            );
            return Err(Error::file(path, problem, DELETE));
        }
        let draws = draws(self.session.settings, &sample.id, self.plan.draws)?;
        let expected = draws.iter().flat_map(|draw| axes.iter().map(|&axis| draw.get(axis) as f32));
        let found = packed.slice(s![.., ..axes.len()]);
        if !found.iter().copied().eq(expected) {
            return Err(Error::file(path, "holds answers to other draws than those of the run", DELETE));
        }
        Ok(Some(packed.slice(s![.., axes.len()..]).to_owned()))
    }

    fn row(&self, drawn: &Drawn) -> RandomRow {
        let ends = |metric: fn(&Metrics) -> Option<f64>| {
            let values = || drawn.metrics.iter().filter_map(metric);
            (values().min_by(f64::total_cmp), values().max_by(f64::total_cmp))
        };
        let (pixel_auroc_min, pixel_auroc_max) = ends(|metrics| metrics.pixel_auroc);
        let (aupro_min, aupro_max) = ends(|metrics| metrics.aupro);
        // Checked before the run.
        let rank = self
            .plan
            .certify
            .and_then(|share| stats::tolerance_rank(self.plan.draws, share, Random::CONFIDENCE));
        let certified = |metric: fn(&Metrics) -> Option<f64>| {
            let mut values: Vec<f64> = drawn.metrics.iter().map(metric).collect::<Option<_>>()?;
            values.sort_by(f64::total_cmp);
            values.get(rank? - 1).copied()
        };
        let counted = drawn.flips;
        let interval =
            counted.map(|(flips, decisions)| stats::clopper_pearson(flips, decisions, Random::CONFIDENCE));
        RandomRow {
            model: self.model.to_owned(),
            dataset: self.session.data.dataset.name.clone(),
            over: drawn.over.clone(),
            draws: self.plan.draws,
            samples: drawn.samples,
            metrics: Metrics::mean(drawn.metrics.iter().copied()),
            pixel_auroc_min,
            pixel_auroc_max,
            aupro_min,
            aupro_max,
            threshold: drawn.decision.map(|decision| decision.threshold),
            rule: drawn.decision.map(|decision| decision.rule),
            flips: counted.map(|(flips, _)| flips),
            decisions: counted.map(|(_, decisions)| decisions),
            flip_share: counted.map(|(flips, decisions)| flips as f64 / decisions as f64),
            flip_low: interval.map(|(low, _)| low),
            flip_high: interval.map(|(_, high)| high),
            certified_share: self.plan.certify,
            certified_rank: rank,
            certified_pixel_auroc: certified(|metrics| metrics.pixel_auroc),
            certified_aupro: certified(|metrics| metrics.aupro),
            certified_image_auroc: certified(|metrics| metrics.image_auroc),
        }
    }
}

/// The draws of one category, or of the mean over all.
struct Drawn {
    over: Over,
    samples: usize,
    /// Metrics of each draw, pooled over the samples.
    metrics: Vec<Metrics>,
    decision: Option<Decision>,
    /// Decisions that flip, and all that were made; none where there is no threshold.
    flips: Option<(usize, usize)>,
}

impl Drawn {
    /// `None` for a category without samples.
    fn of(
        kept: &Answered<'_>,
        objective: &Objective,
        category: &Category,
        rows: &ByKey<'_>,
    ) -> Result<Option<Self>> {
        let members: Vec<(&Sample, &SampleRow)> = category
            .samples
            .iter()
            .filter_map(|sample| Some((sample, clean(rows, kept.model, sample)?)))
            .collect();
        if members.is_empty() {
            return Ok(None);
        }
        let grid =
            |sample: &Sample| Ok(kept.dir.load_patch_map(kept.model, &sample.id, Attack::Clean)?.dim());
        let grids: Vec<(usize, usize)> =
            members.iter().map(|(sample, _)| grid(sample)).collect::<Result<_>>()?;
        let answers: Vec<Array2<f32>> = members
            .iter()
            .zip(&grids)
            .map(|((sample, _), &grid)| kept.read(sample, grid)?.ok_or_else(|| missing(&kept.path(sample))))
            .collect::<Result<_>>()?;
        let decision = kept.decision(category, rows);
        let flips = decision.map(|decision| {
            let anomalous = |score: f64| score > decision.threshold;
            let flips = members.iter().zip(&answers).flat_map(|((_, row), answers)| {
                let clean = anomalous(row.image_score);
                answers.column(0).into_iter().map(move |&score| anomalous(f64::from(score)) != clean)
            });
            let flips: Vec<bool> = flips.collect();
            (flips.iter().filter(|&&flips| flips).count(), flips.len())
        });
        let metrics = kept.metrics(objective, &members, &answers, &grids)?;
        let over = Over::Category(category.name.clone());
        Ok(Some(Self { over, samples: members.len(), metrics, decision, flips }))
    }

    /// The mean over categories of each draw. `None` for none.
    fn mean(categories: &[Self]) -> Option<Self> {
        let draws = categories.first()?.metrics.len();
        let of_draw = |draw: usize| Metrics::mean(categories.iter().map(|one| one.metrics[draw]));
        let add =
            |(flips, decisions): (usize, usize), more: (usize, usize)| (flips + more.0, decisions + more.1);
        Some(Self {
            over: Over::Mean,
            samples: categories.iter().map(|one| one.samples).sum(),
            metrics: (0..draws).map(of_draw).collect(),
            decision: None,
            flips: categories.iter().filter_map(|one| one.flips).reduce(add),
        })
    }
}

impl Answered<'_> {
    /// How the decisions about a category are made. Metrics are there without them, so that none is no error.
    fn decision(&self, category: &Category, rows: &ByKey<'_>) -> Option<Decision> {
        let score = |sample: &Sample| {
            let row = (sample.id.category == category.name).then(|| clean(rows, self.model, sample));
            Some(row.flatten()?.image_score as f32)
        };
        let undecided =
            |category: &str| self.session.observe.warn(&without_decision("no flips are counted", category));
        decisions(self.session.data, self.plan.decision, &score, &undecided).get(&category.name).copied()
    }

    /// Metrics of each draw, pooled over the samples.
    fn metrics(
        &self,
        objective: &Objective,
        members: &[(&Sample, &SampleRow)],
        answers: &[Array2<f32>],
        grids: &[(usize, usize)],
    ) -> Result<Vec<Metrics>> {
        let side = objective.size();
        let none = Mask::from_elem((side, side), false);
        // All have a mask, or none has.
        let masks: Option<Vec<Mask>> = members
            .par_iter()
            .map(|(sample, _)| dataset::load_mask(sample, objective.input()))
            .collect::<Result<_>>()?;
        let draws: Vec<Vec<Perturbation>> = members
            .iter()
            .map(|(sample, _)| draws(self.session.settings, &sample.id, self.plan.draws))
            .collect::<Result<_>>()?;
        let of_draw = |draw: usize| {
            let pooled: Vec<PooledSample<'_>> = members
                .iter()
                .zip(answers)
                .enumerate()
                .map(|(place, ((sample, _), answers))| {
                    let row = answers.row(draw);
                    let map = ArrayView2::from_shape(grids[place], &row.as_slice().unwrap_or_default()[1..]);
                    Ok(PooledSample {
                        patch_map: map.map_err(|e| Error::model("random map", e, DELETE))?.to_owned(),
                        perturbation: draws[place][draw],
                        image_score: row[0],
                        mask: masks.as_ref().map_or(&none, |masks| &masks[place]),
                        label: sample.label,
                    })
                })
                .collect::<Result<_>>()?;
            match masks {
                Some(_) => category_metrics(objective, &pooled, self.session.metric),
                None => image_metrics(&pooled),
            }
        };
        (0..self.plan.draws).map(of_draw).collect()
    }
}

/// Rows and columns of the maps of a sample's pieces, one below the other, given those of one.
fn stacked(sample: &Sample, input: Input, (rows, columns): (usize, usize)) -> Result<(usize, usize)> {
    let pieces = input.pieces(dataset::canvas_of(sample, &input)?).len();
    Ok((pieces * rows, columns))
}

fn missing(path: &Path) -> Error {
    Error::file(path, "is not there", "give the command that made the run, or its shards, again")
}
