//! From stored maps to the pooled metrics of each category, and their means.

use std::cell::OnceCell;
use std::path::PathBuf;

use rayon::prelude::*;

use super::by_key::{ByKey, by_key};
use super::differences::differences;
use super::intervals::{self, Estimated};
use super::operating::{self, Operating};
use super::outcome::Outcome;
use super::run::Run;
use super::session::Session;
use super::{examples, maps};
use crate::attack::{
    Objective, PooledSample, Select, category_estimates, category_metrics, image_estimates, image_metrics,
};
use crate::dataset::{self, Category, Sample};
use crate::error::{Error, Result};
use crate::metric::{Estimate, Estimates, Redraws};
use crate::model::Segmentation;
use crate::record::{
    DAMAGED_MAP, Drops, Fault, Intervals, RunDir, SampleRow, SummaryRow, read_map, write_rows,
};
use crate::stats;
use crate::types::{Attack, Map, Mask, Metrics, Over, PooledMetric, SampleKey};

/// Writes `summary.csv`, `operating.csv`, `differences.csv` of several models, `examples/` and, where asked for, `maps/`; tells the rows
/// of the first three, the means last.
pub(super) fn write(
    session: &Session<'_>,
    run: &Run,
    models: &[(String, usize)],
    rows: &[SampleRow],
    outcome: &mut Outcome,
) -> Result<()> {
    let by_key = by_key(rows);
    let (mut found, mut operating) = (Vec::new(), Vec::new());
    for model in models {
        let pool = Pool::new(session, &run.dir, model, models.len() == 1, &by_key);
        for category in &session.data.dataset.categories {
            found.extend(pool.category(category, Some(&mut operating))?);
        }
    }
    let summary = intervals::rows(&found);
    write_rows(run.dir.summary_path(), &summary)?;
    let differences = differences(&found, &summary);
    if models.len() > 1 {
        write_rows(run.dir.differences_path(), &differences)?;
    }
    if session.data.is_labelled() {
        outcome.operating = operating::rows(&operating);
        write_rows(run.dir.operating_path(), &outcome.operating)?;
    }
    examples::write(session, &run.dir, models, rows, &by_key)?;
    (outcome.summary, outcome.differences) = (summary, differences);
    Ok(())
}

/// The rows of one model of a run whose maps are in a folder, with their values in the redraws, a category after the other.
pub(super) fn of_model(
    session: &Session<'_>,
    dir: &RunDir,
    model: &(String, usize),
    rows: &[SampleRow],
) -> Result<Vec<Estimated>> {
    let by_key = by_key(rows);
    let pool = Pool::new(session, dir, model, true, &by_key);
    let mut found = Vec::new();
    for category in &session.data.dataset.categories {
        found.extend(pool.category(category, None)?);
    }
    Ok(found)
}

/// Remedy for a row and a map that do not belong together.
const CONTRADICTED: &str = "restore samples.csv, the map, or the input_size in run.toml; or delete the sample's rows and give the \
                            run's command again";

/// How far a number of a row may lie from what its map gives: shards may come from machines that round sines otherwise, so that a
/// pixel of a turned mask or map moves.
const ROUNDING: f64 = 1e-3;

/// The first cell of a row that is not what its stored map gives.
fn contradicted(
    objective: &Objective,
    item: &PooledSample<'_>,
    mask: Option<&Mask>,
    clean: Option<&Segmentation>,
    row: &SampleRow,
) -> Result<Option<Fault>> {
    let map = item.patch_map.view();
    let auroc = mask.and_then(|mask| objective.sample_auroc(map, mask, item.perturbation));
    let differ = |found: f64, given: f64| (found - given).abs() > ROUNDING * given.abs().max(1.0);
    let shown = |value: Option<f64>| value.map_or_else(|| "nothing".to_owned(), |value| value.to_string());
    let size = objective.size();
    let problem = |found, given| {
        format!("{}, where the map gives {} at {size} pixels a side", shown(found), shown(given))
    };
    let unlike = match (row.sample_auroc, auroc) {
        (Some(found), Some(given)) => differ(found, given),
        (found, given) => found.is_some() != given.is_some(),
    };
    if unlike {
        return Ok(Some(("sample_auroc", problem(row.sample_auroc, auroc))));
    }
    let answer = Segmentation { map: item.patch_map.clone(), image_score: item.image_score };
    let loss = objective.loss_of(&answer, item.mask.dim(), mask, clean, item.perturbation)?;
    Ok(differ(row.loss, loss).then(|| ("loss", problem(Some(row.loss), Some(loss)))))
}

/// The ground truth of samples on their canvases.
#[derive(Clone, Copy)]
struct Truth<'a> {
    /// All have a mask, or none has.
    masks: Option<&'a [Mask]>,
    /// Masks without a pixel, where there are no others.
    blanks: &'a [Mask],
}

/// Pools the maps of one model.
struct Pool<'a> {
    session: &'a Session<'a>,
    dir: &'a RunDir,
    model: &'a str,
    /// Whether it is the only model of the run.
    alone: bool,
    objective: Objective,
    rows: &'a ByKey<'a>,
    /// The first map that was read, and its shape, which all must have.
    first: OnceCell<(PathBuf, (usize, usize))>,
}

impl<'a> Pool<'a> {
    fn new(
        session: &'a Session<'a>,
        dir: &'a RunDir,
        (model, size): &'a (String, usize),
        alone: bool,
        rows: &'a ByKey<'a>,
    ) -> Self {
        let objective = Objective::new(session.settings, *size);
        Self { session, dir, model, alone, objective, rows, first: OnceCell::new() }
    }

    /// A row for each attack; what is decided about its groups is added where it is asked for.
    fn category(
        &self,
        category: &Category,
        decided: Option<&mut Vec<operating::Found>>,
    ) -> Result<Vec<Estimated>> {
        // Samples without rows could not be read and were left out.
        let samples: Vec<&Sample> =
            category.samples.iter().filter(|sample| self.row(sample, Attack::Clean).is_some()).collect();
        let input = self.objective.input();
        let masks: Option<Vec<Mask>> =
            samples.par_iter().map(|sample| dataset::load_mask(sample, input)).collect::<Result<_>>()?;
        let blank = |sample: &&Sample| Ok(Mask::from_elem(dataset::canvas_of(sample, &input)?, false));
        let blanks: Vec<Mask> =
            if masks.is_some() { Vec::new() } else { samples.iter().map(blank).collect::<Result<_>>()? };
        let truth = Truth { masks: masks.as_deref(), blanks: &blanks };
        let redraws = intervals::redraws(self.session, category, &samples, Redraws::COUNT);
        let shared = (masks.is_some(), redraws.as_ref());
        let mut operating =
            decided.is_some().then(|| Operating::new(self.session, self.model, category, &samples, shared));
        let attacks = self.session.settings.attacks.iter();
        let found = attacks.map(|&attack| {
            self.attack((category, attack), &samples, truth, redraws.as_ref(), operating.as_mut())
        });
        let found = intervals::with_drops(found.collect::<Result<_>>()?);
        if let (Some(decided), Some(operating)) = (decided, operating) {
            decided.extend(operating.into_found());
        }
        Ok(found)
    }

    fn row(&self, sample: &Sample, attack: Attack) -> Option<&SampleRow> {
        self.rows.get(&(SampleKey::new(self.model, &sample.id), attack)).copied()
    }

    fn map(&self, sample: &Sample, attack: Attack) -> Result<Map> {
        self.read_map(self.dir.patch_map_path(self.model, &sample.id, attack))
    }

    /// A stored map, of the shape that all maps of the model have.
    fn read_map(&self, path: PathBuf) -> Result<Map> {
        let map = read_map(&path)?;
        let (first, shape) = self.first.get_or_init(|| (path.clone(), map.dim()));
        let is_alike =
            if self.objective.input().is_square() { map.dim() == *shape } else { map.ncols() == shape.1 };
        if is_alike {
            return Ok(map);
        }
        let (rows, columns) = map.dim();
        let problem = format!(
            "is a map of {rows} x {columns} values, where {} has {} x {}",
            first.display(),
            shape.0,
            shape.1
        );
        Err(Error::file(path, problem, DAMAGED_MAP))
    }

    /// AUPRO of what was chosen by it, which `pooled` is turned into.
    fn aupro(
        &self,
        attack: Attack,
        samples: &[&Sample],
        rows: &[&SampleRow],
        mut pooled: Vec<PooledSample<'_>>,
        redraws: Option<&Redraws>,
    ) -> Result<(Option<f64>, Option<Estimate>)> {
        for ((item, row), sample) in pooled.iter_mut().zip(rows).zip(samples) {
            item.perturbation = row.chosen_by(PooledMetric::Aupro);
            item.patch_map = self.read_map(self.dir.aupro_map_path(self.model, &sample.id, attack))?;
        }
        let (metrics, estimates) = self.measured(&pooled, true, redraws.map(|redraws| (redraws, true)))?;
        Ok((metrics.aupro, estimates.aupro))
    }

    /// The pooled metrics of samples, and their values in the redraws, those of AUPRO where it says so beside these.
    fn measured(
        &self,
        pooled: &[PooledSample<'_>],
        has_masks: bool,
        redraws: Option<(&Redraws, bool)>,
    ) -> Result<(Metrics, Estimates)> {
        let (objective, options) = (&self.objective, self.session.metric);
        Ok(match (has_masks, redraws) {
            (true, Some(redraws)) => category_estimates(objective, pooled, options, redraws)?,
            (true, None) => (category_metrics(objective, pooled, options)?, Estimates::default()),
            (false, Some((redraws, _))) => (image_metrics(pooled)?, image_estimates(pooled, redraws)),
            (false, None) => (image_metrics(pooled)?, Estimates::default()),
        })
    }

    /// The answer to the unchanged picture, from which drift is measured; none where it is not needed.
    fn clean_answer(&self, sample: &Sample, attack: Attack) -> Result<Option<Segmentation>> {
        let row =
            self.row(sample, Attack::Clean).filter(|_| self.objective.is_drift() && attack != Attack::Clean);
        let answer = |row: &SampleRow| {
            Ok(Segmentation { map: self.map(sample, Attack::Clean)?, image_score: row.image_score as f32 })
        };
        row.map(answer).transpose()
    }

    fn attack(
        &self,
        (category, attack): (&Category, Attack),
        samples: &[&Sample],
        truth: Truth<'_>,
        redraws: Option<&Redraws>,
        mut operating: Option<&mut Operating<'_>>,
    ) -> Result<Estimated> {
        let masks = truth.masks;
        let mut pooled: Vec<PooledSample<'_>> = Vec::with_capacity(samples.len());
        let mut clean = Vec::with_capacity(samples.len());
        let mut found = Vec::with_capacity(samples.len());
        let mut places = Vec::with_capacity(samples.len());
        for (place, sample) in samples.iter().enumerate() {
            let Some(row) = self.row(sample, attack) else { continue };
            let item = PooledSample {
                patch_map: self.map(sample, attack)?,
                perturbation: row.perturbation(),
                image_score: row.image_score as f32,
                mask: &masks.unwrap_or(truth.blanks)[place],
                label: sample.label,
            };
            if self.session.save_maps {
                let model = (!self.alone).then_some(self.model);
                maps::write(self.dir, &self.objective, model, sample, attack, &item)?;
            }
            pooled.push(item);
            places.push(place);
            found.push(row);
            clean.push(self.clean_answer(sample, attack)?);
        }
        let objective = &self.objective;
        let faults = pooled.par_iter().zip(&clean).zip(&found).map(|((item, clean), row)| {
            let mask = masks.is_some().then_some(item.mask);
            contradicted(objective, item, mask, clean.as_ref(), row)
        });
        let faults: Vec<Option<Fault>> = faults.collect::<Result<_>>()?;
        if let Some((row, (column, problem))) = found.iter().zip(faults).find_map(|(row, f)| Some((row, f?)))
        {
            let SampleRow { category, sample, .. } = row;
            let place = format!("{category}/{sample}, attack {attack}, column {column}");
            let problem = format!("holds a row that its stored map contradicts ({place}: {problem})");
            return Err(Error::file(self.dir.samples_path(), problem, CONTRADICTED));
        }
        if let Some(operating) = &mut operating {
            operating.attack(attack, &self.objective, &pooled, &places)?;
        }
        let by_aupro =
            masks.is_some() && self.session.settings.select == Select::Pooled && attack != Attack::Clean;
        let redraws = redraws.filter(|_| pooled.len() == samples.len());
        let (mut metrics, mut estimates) =
            self.measured(&pooled, masks.is_some(), redraws.map(|redraws| (redraws, !by_aupro)))?;
        if by_aupro {
            (metrics.aupro, estimates.aupro) = self.aupro(attack, samples, &found, pooled, redraws)?;
        }
        if let Some(operating) = operating {
            operating.aupro(attack, metrics.aupro);
        }
        let row = SummaryRow {
            model: self.model.to_owned(),
            dataset: self.session.data.dataset.name.clone(),
            over: Over::Category(category.name.clone()),
            attack,
            samples: found.len(),
            metrics,
            mean_loss: stats::mean(&found.iter().map(|row| row.loss).collect::<Vec<_>>()),
            evaluations: found.iter().map(|row| row.evaluations).sum(),
            intervals: Intervals::default(),
            drops: Drops::default(),
        };
        Ok(Estimated::new(row, estimates))
    }
}
