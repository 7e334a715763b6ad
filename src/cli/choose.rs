//! `--select pooled`: after the searches, the candidate of each sample that lowers its category's pooled pixel AUROC most.

use std::collections::HashMap;

use rayon::prelude::*;

use askance::attack::{Choices, Kept, Objective, choose_pooled};
use askance::dataset::{self, Category, Sample};
use askance::error::Result;
use askance::model::Segmentation;
use askance::record::{
    CandidateRow, Parameters, RunDir, SampleRow, read_candidates, write_candidates, write_rows,
};
use askance::types::{Attack, Mask, SampleId};

use super::plan::Session;
use super::setup::Run;

/// Keeps the candidates of one search in the run's folder.
pub fn save(dir: &RunDir, model: &str, id: &SampleId, attack: Attack, kept: &[Kept]) -> Result<()> {
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

fn load(dir: &RunDir, model: &str, id: &SampleId, attack: Attack) -> Result<Vec<Kept>> {
    let rows = read_candidates(&dir.candidates_path(model, id, attack))?;
    Ok(rows
        .into_iter()
        .map(|row| Kept {
            perturbation: row.perturbation,
            loss: row.loss,
            sample_auroc: row.sample_auroc,
            segmentation: Segmentation { map: row.map, image_score: row.image_score },
        })
        .collect())
}

/// Chooses anew from the stored candidates, for all samples of the run together: maps first, then the rows, so that a run that is
/// killed in between chooses the same again.
pub fn run(session: &Session<'_>, run: &Run, models: &[(&str, usize)], rows: &mut [SampleRow]) -> Result<()> {
    let places: HashMap<(String, String, String, Attack), usize> = rows
        .iter()
        .enumerate()
        .map(|(place, row)| {
            ((row.model.clone(), row.category.clone(), row.sample.clone(), row.attack), place)
        })
        .collect();
    for &(model, size) in models {
        let objective = Objective::new(&session.plan.work.settings, size);
        for category in &session.data.dataset.categories {
            let place = |sample: &Sample, attack| {
                let key = (model.to_owned(), category.name.clone(), sample.id.within_category(), attack);
                places.get(&key).copied()
            };
            choose(session, run, &objective, model, category, &place, rows)?;
        }
    }
    write_rows(run.dir.samples_path(), rows)
}

fn choose(
    session: &Session<'_>,
    run: &Run,
    objective: &Objective,
    model: &str,
    category: &Category,
    place: &dyn Fn(&Sample, Attack) -> Option<usize>,
    rows: &mut [SampleRow],
) -> Result<()> {
    let settings = &session.plan.work.settings;
    let (dir, axes) = (&run.dir, settings.all_axes());
    let samples: Vec<&Sample> =
        category.samples.iter().filter(|sample| place(sample, Attack::Clean).is_some()).collect();
    if samples.is_empty() {
        return Ok(());
    }
    let masks: Option<Vec<Mask>> = samples
        .par_iter()
        .map(|sample| dataset::load_mask(sample, objective.size()))
        .collect::<Result<_>>()?;
    let Some(masks) = masks else { return Ok(()) };
    // What earlier attacks chose, per attack a candidate of each sample.
    let mut earlier: Vec<(Attack, Vec<Kept>)> = Vec::new();
    for &attack in settings.attacks.iter().filter(|&&attack| attack != Attack::Clean) {
        let mut candidates: Vec<Vec<Kept>> =
            samples.iter().map(|sample| load(dir, model, &sample.id, attack)).collect::<Result<_>>()?;
        let lowest = |candidates: &Vec<Kept>| {
            let by_loss = |&a: &usize, &b: &usize| candidates[a].loss.total_cmp(&candidates[b].loss);
            (0..candidates.len()).min_by(by_loss).unwrap_or_default()
        };
        let mut starts = vec![candidates.iter().map(lowest).collect(), vec![0; samples.len()]];
        for (_, chosen) in earlier.iter().filter(|(other, _)| {
            settings.axes_of(*other).iter().all(|axis| settings.axes_of(attack).contains(axis))
        }) {
            starts.push(candidates.iter().map(Vec::len).collect());
            candidates.iter_mut().zip(chosen).for_each(|(all, chosen)| all.push(chosen.clone()));
        }
        let choices: Vec<Choices<'_>> =
            candidates.iter().zip(&masks).map(|(candidates, mask)| Choices { candidates, mask }).collect();
        let chosen: Vec<Kept> = choose_pooled(objective, &choices, &starts)
            .into_iter()
            .zip(&candidates)
            .map(|(at, candidates)| candidates[at].clone())
            .collect();
        for (sample, kept) in samples.iter().zip(&chosen) {
            let Some(at) = place(sample, attack) else { continue };
            dir.save_patch_map(model, &sample.id, attack, kept.segmentation.map.view())?;
            let row = &mut rows[at];
            row.parameters = Parameters::new(&kept.perturbation, &axes);
            row.loss = kept.loss;
            row.sample_auroc = kept.sample_auroc;
            row.image_score = f64::from(kept.segmentation.image_score);
        }
        earlier.push((attack, chosen));
    }
    Ok(())
}
