//! Selection by the pooled metrics: after the searches, the candidates that lower a category's pooled pixel AUROC most, and those that
//! lower its AUPRO most.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

use super::belonging::Belonging;
use super::run::Run;
use super::session::Session;
use super::uniform::Shared;
use crate::attack::{Choices, Chooser, KeptCandidate, Objective, Settings};
use crate::dataset::{self, Category, Sample};
use crate::error::{Error, Result};
use crate::file;
use crate::model::Segmentation;
use crate::record::{
    CandidateRow, DAMAGED_MAP, Parameters, RunDir, SampleRow, read_candidates, write_candidates, write_npy,
    write_rows,
};
use crate::types::{Attack, Detail, Mask, Perturbation, PooledMetric, SampleId, SampleKey};

/// Keeps the candidates of one search in the run's folder.
pub(super) fn save(
    dir: &RunDir,
    model: &str,
    id: &SampleId,
    attack: Attack,
    kept: &[KeptCandidate],
) -> Result<()> {
    write(&dir.candidates_path(model, id, attack), kept)
}

/// Writes candidates into a file.
pub(super) fn write(path: &Path, kept: &[KeptCandidate]) -> Result<()> {
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
    write_candidates(path, &rows)
}

/// The candidates in a file of one search: at least one, within the run's bounds, with maps like that of the unchanged picture.
pub(super) fn load(
    belonging: &Belonging<'_>,
    dir: &RunDir,
    path: &Path,
    (model, id): (&str, &SampleId),
    attack: Attack,
) -> Result<Vec<KeptCandidate>> {
    let rows = read_candidates(path)?;
    let refuse = |problem: String| Err(Error::file(path, problem, DAMAGED_MAP));
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
    shared: Option<&Shared<'_>>,
    elsewhere: Option<&Elsewhere<'_>>,
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
            let search = Searches {
                session,
                belonging: &belonging,
                objective: &objective,
                dir: &run.dir,
                model,
                shared,
                elsewhere,
            };
            for chosen in search.choose(&pool)? {
                let place = |sample: &Sample| place(sample, chosen.attack);
                chosen.keep(session.settings, &run.dir, model, &pool.samples, &place, rows)?;
            }
        }
    }
    write_rows(run.dir.samples_path(), rows)
}

/// What was chosen for the samples of one category under one attack.
pub(super) struct Chosen {
    pub attack: Attack,
    pub by_auroc: Vec<KeptCandidate>,
    pub by_aupro: Vec<KeptCandidate>,
}

impl Chosen {
    /// Stores the choices; `place` tells where in `rows` a sample has its row.
    fn keep(
        &self,
        settings: &Settings,
        dir: &RunDir,
        model: &str,
        samples: &[&Sample],
        place: &dyn Fn(&Sample) -> Option<usize>,
        rows: &mut [SampleRow],
    ) -> Result<()> {
        let axes = settings.all_axes();
        for ((sample, by_auroc), by_aupro) in samples.iter().zip(&self.by_auroc).zip(&self.by_aupro) {
            let Some(at) = place(sample) else { continue };
            dir.save_patch_map(model, &sample.id, self.attack, by_auroc.segmentation.map.view())?;
            write_npy(dir.aupro_map_path(model, &sample.id, self.attack), by_aupro.segmentation.map.view())?;
            let row = &mut rows[at];
            row.parameters = Parameters::new(&by_auroc.perturbation, &axes);
            row.aupro = Parameters::new(&by_aupro.perturbation, &axes);
            row.loss = by_auroc.loss;
            row.sample_auroc = by_auroc.sample_auroc;
            row.image_score = f64::from(by_auroc.segmentation.image_score);
        }
        Ok(())
    }
}

/// The samples of one category that the run has, with their ground truth.
pub(super) struct Pool<'d> {
    pub category: &'d Category,
    pub samples: Vec<&'d Sample>,
    pub masks: Vec<Mask>,
    /// Names of the samples within the category.
    names: Vec<String>,
}

impl<'d> Pool<'d> {
    /// None where there is nothing to pool, or no masks.
    pub fn load(
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
            .map(|sample| dataset::load_mask(sample, objective.input()))
            .collect::<Result<_>>()?;
        let names = samples.iter().map(|sample| sample.id.within_category()).collect();
        Ok(masks.map(|masks| Self { category, samples, masks, names }))
    }

    /// What a chooser takes.
    pub fn choices<'c>(&'c self, candidates: &'c [Vec<KeptCandidate>]) -> Vec<Choices<'c>> {
        let all = candidates.iter().zip(&self.masks).zip(&self.names);
        all.map(|((candidates, mask), name)| Choices { name, candidates, mask }).collect()
    }
}

/// The candidates of each sample, and the choices that are started from.
pub(super) type Found = (Vec<Vec<KeptCandidate>>, Vec<Vec<usize>>);

/// What was chosen for a sample under another model, by each metric of [`PooledMetric::ALL`]: candidates of this one too.
pub(super) type Elsewhere<'a> = dyn Fn(&SampleId, Attack) -> Result<[Perturbation; 2]> + 'a;

/// The searches with one model, as their candidates were kept.
pub(super) struct Searches<'a> {
    pub session: &'a Session<'a>,
    pub belonging: &'a Belonging<'a>,
    pub objective: &'a Objective,
    pub dir: &'a RunDir,
    pub model: &'a str,
    pub shared: Option<&'a Shared<'a>>,
    pub elsewhere: Option<&'a Elsewhere<'a>>,
}

impl Searches<'_> {
    /// A candidate of each sample for every attack but the clean one, by each metric. What was chosen for an attack, and what all
    /// samples share, is a candidate of each later attack that searches its axes too.
    fn choose(&self, pool: &Pool<'_>) -> Result<Vec<Chosen>> {
        let mut earlier: Vec<Chosen> = Vec::new();
        for attack in self.attacks() {
            let mut found = self.found(pool, attack)?;
            found
                .0
                .iter_mut()
                .zip(self.rounds(pool, attack, Detail::Full)?)
                .for_each(|(all, more)| all.extend(more));
            let (candidates, starts) = self.with_offers(found, pool, attack, &earlier)?;
            let choices = pool.choices(&candidates);
            let chooser = Chooser::new(self.objective, &choices, &starts, self.session.metric);
            let chosen = |metric| -> Result<Vec<KeptCandidate>> {
                let places = chooser.choose(metric, &starts)?;
                Ok(places.into_iter().zip(&candidates).map(|(at, all)| all[at].clone()).collect())
            };
            let (by_auroc, by_aupro) = (chosen(PooledMetric::PixelAuroc)?, chosen(PooledMetric::Aupro)?);
            earlier.push(Chosen { attack, by_auroc, by_aupro });
        }
        Ok(earlier)
    }

    /// The attacks that search, in order.
    pub fn attacks(&self) -> impl Iterator<Item = Attack> {
        self.session.settings.attacks.iter().copied().filter(|&attack| attack != Attack::Clean)
    }

    /// Adds to what searches have found what was chosen for attacks on fewer axes, and what all samples share.
    pub fn with_offers(
        &self,
        (mut candidates, mut starts): Found,
        pool: &Pool<'_>,
        attack: Attack,
        earlier: &[Chosen],
    ) -> Result<Found> {
        let settings = self.session.settings;
        let axes = settings.axes_of(attack);
        let within = |other: Attack| settings.axes_of(other).iter().all(|axis| axes.contains(axis));
        let chosen = earlier.iter().filter(|other| within(other.attack));
        let chosen = chosen.flat_map(|other| [other.by_auroc.clone(), other.by_aupro.clone()]);
        let shared = self.shared.map(|shared| {
            let of = (self.model, pool.category, attack);
            shared.candidates(self.objective, of, &pool.samples, &pool.masks)
        });
        for offered in chosen.chain(shared.transpose()?.into_iter().flatten()) {
            starts.push(candidates.iter().map(Vec::len).collect());
            candidates.iter_mut().zip(offered).for_each(|(all, offered)| all.push(offered));
        }
        Ok((candidates, starts))
    }

    /// What the searches of one attack have found, and what a choice starts from.
    pub fn found(&self, pool: &Pool<'_>, attack: Attack) -> Result<Found> {
        let load = |sample: &&Sample| {
            let path = self.dir.candidates_path(self.model, &sample.id, attack);
            load(self.belonging, self.dir, &path, (self.model, &sample.id), attack)
        };
        let candidates: Vec<Vec<KeptCandidate>> = pool.samples.iter().map(load).collect::<Result<_>>()?;
        let lowest = |measure: fn(&KeptCandidate) -> f64| {
            candidates.iter().map(|kept| lowest(kept, measure)).collect::<Vec<usize>>()
        };
        let mut starts = vec![
            lowest(|kept| kept.loss),
            vec![0; candidates.len()],
            lowest(|kept| kept.sample_auroc.unwrap_or(kept.loss)),
        ];
        if let Some(elsewhere) = self.elsewhere {
            let mut chosen = [Vec::new(), Vec::new()];
            for (sample, candidates) in pool.samples.iter().zip(&candidates) {
                for (places, perturbation) in chosen.iter_mut().zip(elsewhere(&sample.id, attack)?) {
                    places.extend(candidates.iter().position(|kept| kept.perturbation == perturbation));
                }
            }
            starts.extend(chosen.into_iter().filter(|places| places.len() == candidates.len()));
        }
        Ok((candidates, starts))
    }

    /// What the rounds after the searches have evaluated, of each sample; nothing where none was made.
    pub fn rounds(&self, pool: &Pool<'_>, attack: Attack, detail: Detail) -> Result<Vec<Vec<KeptCandidate>>> {
        let load = |sample: &&Sample| {
            let path = self.dir.rounds_path(self.model, &sample.id, attack, detail);
            if !self.session.settings.adaptive || !file::is_there(&path) {
                return Ok(Vec::new());
            }
            load(self.belonging, self.dir, &path, (self.model, &sample.id), attack)
        };
        pool.samples.iter().map(load).collect()
    }
}

/// The first of the candidates with the lowest measure.
fn lowest(candidates: &[KeptCandidate], measure: fn(&KeptCandidate) -> f64) -> usize {
    let by_measure = |&a: &usize, &b: &usize| measure(&candidates[a]).total_cmp(&measure(&candidates[b]));
    (0..candidates.len()).min_by(by_measure).unwrap_or_default()
}
