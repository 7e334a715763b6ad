//! Selection by the pooled metric: after the searches, the candidate of each sample that lowers its category's pooled pixel AUROC
//! most.

use std::collections::HashMap;

use rayon::prelude::*;

use super::belonging::Belonging;
use super::run::Run;
use super::session::Session;
use crate::attack::{Choices, KeptCandidate, Objective, Settings, choose_pooled};
use crate::dataset::{self, Category, Sample};
use crate::error::{Error, Result};
use crate::model::Segmentation;
use crate::record::{
    CandidateRow, DAMAGED_MAP, Parameters, RunDir, SampleRow, read_candidates, write_candidates, write_rows,
};
use crate::types::{Attack, Mask, PooledMetric, SampleId, SampleKey};

/// Keeps the candidates of one search in the run's folder.
pub(super) fn save(
    dir: &RunDir,
    model: &str,
    id: &SampleId,
    attack: Attack,
    kept: &[KeptCandidate],
) -> Result<()> {
    let rows: Vec<CandidateRow> = kept
        .iter()
        .map(|kept| CandidateRow {
            perturbation: kept.perturbation,
            loss: kept.loss,
            sample_auroc: kept.sample_auroc,
            image_score: kept.segmentation.image_score,
            map: kept.segmentation.map.clone(),
        })
        .collect();
    write_candidates(&dir.candidates_path(model, id, attack), &rows)
}

/// The candidates that were kept of one search: at least one, within the run's bounds, with maps like that of the unchanged picture.
fn load(
    belonging: &Belonging<'_>,
    dir: &RunDir,
    model: &str,
    id: &SampleId,
    attack: Attack,
) -> Result<Vec<KeptCandidate>> {
    let path = dir.candidates_path(model, id, attack);
    let rows = read_candidates(&path)?;
    let refuse = |problem: String| Err(Error::file(&path, problem, DAMAGED_MAP));
    if rows.is_empty() {
        return refuse("holds no candidate".to_owned());
    }
    let shape = dir.load_patch_map(model, id, Attack::Clean)?.dim();
    for (number, row) in rows.iter().enumerate() {
        if let Some((column, problem)) = belonging.candidate(attack, &row.perturbation) {
            return refuse(format!("holds an impossible candidate (row {number}, {column}: {problem})"));
        }
        if row.map.dim() != shape {
            return refuse(format!(
                "holds a map of another shape than that of {id} unchanged (row {number})"
            ));
        }
    }
    Ok(rows
        .into_iter()
        .map(|row| KeptCandidate {
            perturbation: row.perturbation,
            loss: row.loss,
            sample_auroc: row.sample_auroc,
            segmentation: Segmentation { map: row.map, image_score: row.image_score },
        })
        .collect())
}

/// Chooses anew from the stored candidates, for all samples of the run together: maps first, then the rows, so that a run that is
/// killed in between chooses the same again.
pub(super) fn choose(
    session: &Session<'_>,
    run: &Run,
    models: &[(String, usize)],
    rows: &mut [SampleRow],
) -> Result<()> {
    let places: HashMap<(SampleKey, Attack), usize> =
        rows.iter().enumerate().map(|(place, row)| ((row.key(), row.attack), place)).collect();
    let belonging = Belonging::new(session.settings, &session.data.dataset, run.model_infos());
    for (model, size) in models {
        let objective = Objective::new(session.settings, *size);
        for category in &session.data.dataset.categories {
            let place =
                |sample: &Sample, attack| places.get(&(SampleKey::new(model, &sample.id), attack)).copied();
            let pool = Pool::load(category, &objective, &|sample| place(sample, Attack::Clean).is_some())?;
            let Some(pool) = pool else { continue };
            for (attack, chosen) in pool.choose(&belonging, session, &objective, &run.dir, model)? {
                keep(session.settings, &run.dir, model, attack, &pool.samples, &chosen, &place, rows)?;
            }
        }
    }
    write_rows(run.dir.samples_path(), rows)
}

/// Stores what was chosen for the samples of one category under one attack.
#[expect(clippy::too_many_arguments, reason = "what was chosen, of what, and the two places that are told")]
fn keep(
    settings: &Settings,
    dir: &RunDir,
    model: &str,
    attack: Attack,
    samples: &[&Sample],
    chosen: &[KeptCandidate],
    place: &dyn Fn(&Sample, Attack) -> Option<usize>,
    rows: &mut [SampleRow],
) -> Result<()> {
    let axes = settings.all_axes();
    for (sample, kept) in samples.iter().zip(chosen) {
        let Some(at) = place(sample, attack) else { continue };
        dir.save_patch_map(model, &sample.id, attack, kept.segmentation.map.view())?;
        let row = &mut rows[at];
        row.parameters = Parameters::new(&kept.perturbation, &axes);
        row.loss = kept.loss;
        row.sample_auroc = kept.sample_auroc;
        row.image_score = f64::from(kept.segmentation.image_score);
    }
    Ok(())
}

/// The samples of one category that the run has, with their ground truth.
struct Pool<'d> {
    samples: Vec<&'d Sample>,
    masks: Vec<Mask>,
}

impl<'d> Pool<'d> {
    /// None where there is nothing to pool, or no masks.
    fn load(
        category: &'d Category,
        objective: &Objective,
        there: &dyn Fn(&Sample) -> bool,
    ) -> Result<Option<Self>> {
        let samples: Vec<&Sample> = category.samples.iter().filter(|sample| there(sample)).collect();
        if samples.is_empty() {
            return Ok(None);
        }
        let masks: Option<Vec<Mask>> = samples
            .par_iter()
            .map(|sample| dataset::load_mask(sample, objective.size()))
            .collect::<Result<_>>()?;
        Ok(masks.map(|masks| Self { samples, masks }))
    }

    /// A candidate of each sample for every attack but the clean one. What was chosen for an attack is a candidate of each later one
    /// that searches its axes too.
    fn choose(
        &self,
        belonging: &Belonging<'_>,
        session: &Session<'_>,
        objective: &Objective,
        dir: &RunDir,
        model: &str,
    ) -> Result<Vec<(Attack, Vec<KeptCandidate>)>> {
        let settings = session.settings;
        let names: Vec<String> = self.samples.iter().map(|sample| sample.id.within_category()).collect();
        let mut earlier: Vec<(Attack, Vec<KeptCandidate>)> = Vec::new();
        for &attack in settings.attacks.iter().filter(|&&attack| attack != Attack::Clean) {
            let mut candidates: Vec<Vec<KeptCandidate>> = self
                .samples
                .iter()
                .map(|sample| load(belonging, dir, model, &sample.id, attack))
                .collect::<Result<_>>()?;
            let lowest = |measure: fn(&KeptCandidate) -> f64| {
                candidates.iter().map(|kept| lowest(kept, measure)).collect::<Vec<usize>>()
            };
            let mut starts = vec![
                lowest(|kept| kept.loss),
                vec![0; candidates.len()],
                lowest(|kept| kept.sample_auroc.unwrap_or(kept.loss)),
            ];
            let axes = settings.axes_of(attack);
            let within = |other: Attack| settings.axes_of(other).iter().all(|axis| axes.contains(axis));
            for (_, chosen) in earlier.iter().filter(|(other, _)| within(*other)) {
                starts.push(candidates.iter().map(Vec::len).collect());
                candidates.iter_mut().zip(chosen).for_each(|(all, chosen)| all.push(chosen.clone()));
            }
            let choices: Vec<Choices<'_>> = candidates
                .iter()
                .zip(&self.masks)
                .zip(&names)
                .map(|((candidates, mask), name)| Choices { name, candidates, mask })
                .collect();
            let metric = PooledMetric::PixelAuroc;
            let chosen = choose_pooled(objective, &choices, &starts, metric, session.metric)?
                .into_iter()
                .zip(&candidates)
                .map(|(at, candidates)| candidates[at].clone())
                .collect();
            earlier.push((attack, chosen));
        }
        Ok(earlier)
    }
}

/// The first of the candidates with the lowest measure.
fn lowest(candidates: &[KeptCandidate], measure: fn(&KeptCandidate) -> f64) -> usize {
    let by_measure = |&a: &usize, &b: &usize| measure(&candidates[a]).total_cmp(&measure(&candidates[b]));
    (0..candidates.len()).min_by(by_measure).unwrap_or_default()
}
