//! From stored maps to pooled metrics, saved maps and the examples that the figures show.

use std::collections::HashMap;

use ndarray::Array2;
use rayon::prelude::*;

use askance::attack::{Objective, Pooled, category_metrics};
use askance::dataset::{self, Category, Sample};
use askance::error::Result;
use askance::record::{RunDir, SampleRow, SummaryRow, mean_rows, write_examples, write_npy, write_rows};
use askance::types::{Attack, Frame, Label, Map, Mask, Metrics, Over};

use super::plan::Session;
use super::setup::Run;

/// Examples that the figures show, for each model.
const EXAMPLES: usize = 4;

type Rows<'r> = HashMap<(&'r str, &'r str, &'r str, Attack), &'r SampleRow>;

/// Writes `summary.csv`, `examples/` and, where asked for, `maps/`; gives the summary rows, the means last.
pub fn write(
    session: &Session<'_>,
    run: &Run,
    models: &[(&str, usize)],
    rows: &[SampleRow],
) -> Result<Vec<SummaryRow>> {
    let by_key: Rows<'_> = rows
        .iter()
        .map(|row| ((row.model.as_str(), row.category.as_str(), row.sample.as_str(), row.attack), row))
        .collect();
    let mut summary = Vec::new();
    for &(model, size) in models {
        let objective = Objective::new(&session.plan.work.settings, size);
        for category in &session.data.dataset.categories {
            summary.extend(pool_category(
                session,
                run,
                &objective,
                (model, models.len()),
                category,
                &by_key,
            )?);
        }
    }
    summary.extend(mean_rows(&summary));
    write_rows(run.dir.summary_path(), &summary)?;
    keep_examples(session, &run.dir, models, rows, &by_key)?;
    Ok(summary)
}

fn pool_category(
    session: &Session<'_>,
    run: &Run,
    objective: &Objective,
    (model, models): (&str, usize),
    category: &Category,
    rows: &Rows<'_>,
) -> Result<Vec<SummaryRow>> {
    let key = |sample: &Sample, attack| (sample.id.within_category(), attack);
    let row = |(sample, attack): &(String, Attack)| {
        rows.get(&(model, category.name.as_str(), sample.as_str(), *attack)).copied()
    };
    // Samples without rows were left out by --skip-bad.
    let samples: Vec<&Sample> =
        category.samples.iter().filter(|sample| row(&key(sample, Attack::Clean)).is_some()).collect();
    // All have a mask, or none has.
    let masks: Option<Vec<Mask>> = samples
        .par_iter()
        .map(|sample| dataset::load_mask(sample, objective.size()))
        .collect::<Result<_>>()?;
    let none = Mask::from_elem((objective.size(), objective.size()), false);
    let mut summary = Vec::new();
    for &attack in &session.plan.work.settings.attacks {
        let mut pooled = Vec::with_capacity(samples.len());
        let mut found = Vec::with_capacity(samples.len());
        for (place, sample) in samples.iter().enumerate() {
            let Some(row) = row(&key(sample, attack)) else { continue };
            pooled.push(Pooled {
                patch_map: run.dir.load_patch_map(model, &sample.id, attack)?,
                perturbation: row.perturbation(),
                image_score: row.image_score as f32,
                mask: masks.as_ref().map_or(&none, |masks| &masks[place]),
                label: sample.label,
            });
            found.push((*sample, row));
        }
        if session.plan.save_maps {
            for (item, (sample, _)) in pooled.iter().zip(&found) {
                save_maps(session, &run.dir, objective, (models > 1).then_some(model), sample, attack, item)?;
            }
        }
        let metrics = match masks {
            Some(_) => category_metrics(objective, &pooled, &session.plan.metric)?,
            None => Metrics::default(),
        };
        summary.push(SummaryRow {
            model: model.to_owned(),
            dataset: session.data.dataset.name.clone(),
            over: Over::Category(category.name.clone()),
            attack,
            samples: pooled.len(),
            metrics,
            mean_loss: askance::stats::mean(&found.iter().map(|(_, row)| row.loss).collect::<Vec<_>>()),
            evaluations: found.iter().map(|(_, row)| row.evaluations).sum(),
        });
    }
    Ok(summary)
}

/// Writes the map as float32 and the mask as uint8, both as scored: 0 normal, 1 anomalous, 255 not counted. The mask is the same
/// for all attacks unless it turns with the picture or part of it is not counted; then each attack has its own.
fn save_maps(
    session: &Session<'_>,
    dir: &RunDir,
    objective: &Objective,
    model: Option<&str>,
    sample: &Sample,
    attack: Attack,
    pooled: &Pooled<'_>,
) -> Result<()> {
    let scored = objective.scored(pooled.patch_map.view(), pooled.mask, &pooled.perturbation);
    let map: &Map = &scored.map;
    write_npy(dir.map_path(model, &sample.id, attack.name()), map.view())?;
    if sample.label == Label::Unknown {
        return Ok(());
    }
    let mut mask: Array2<u8> = scored.mask.mapv(u8::from);
    if let Some(valid) = &scored.valid {
        mask.zip_mut_with(valid, |pixel, &valid| {
            if !valid {
                *pixel = 255;
            }
        });
    }
    let own = session.plan.work.settings.frame == Frame::RotatedMask || scored.valid.is_some();
    let what = if own { format!("{attack}.mask") } else { "mask".to_owned() };
    write_npy(dir.map_path(model, &sample.id, &what), mask.view())
}

/// Keeps, for each model, the samples that lost most under the last attack (that moved most, where there is no ground truth), at
/// most one of each category.
fn keep_examples(
    session: &Session<'_>,
    dir: &RunDir,
    models: &[(&str, usize)],
    rows: &[SampleRow],
    by_key: &Rows<'_>,
) -> Result<()> {
    let Some(&attack) = session.plan.work.settings.attacks.last().filter(|&&attack| attack != Attack::Clean)
    else {
        return Ok(());
    };
    let samples: HashMap<(&str, String), &Sample> = session
        .data
        .samples()
        .map(|sample| ((sample.id.category.as_str(), sample.id.within_category()), sample))
        .collect();
    let mut chosen = Vec::new();
    for &(model, size) in models {
        let mut losers: Vec<(f64, &SampleRow, &SampleRow)> = rows
            .iter()
            .filter(|row| row.model == model && row.attack == attack && row.label != Label::Normal)
            .filter_map(|worst| {
                let clean =
                    *by_key.get(&(model, worst.category.as_str(), worst.sample.as_str(), Attack::Clean))?;
                let lost = match worst.label {
                    Label::Unknown => clean.loss - worst.loss,
                    _ => clean.sample_auroc? - worst.sample_auroc?,
                };
                Some((lost, clean, worst))
            })
            .collect();
        losers.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut categories: Vec<&str> = Vec::new();
        for (_, clean, worst) in losers {
            if categories.len() == EXAMPLES {
                break;
            }
            if categories.contains(&worst.category.as_str()) {
                continue;
            }
            categories.push(&worst.category);
            if let Some(sample) = samples.get(&(worst.category.as_str(), worst.sample.clone())) {
                chosen.push((clean, worst, dataset::load(sample, size)?));
            }
        }
    }
    let masks: Vec<Mask> = chosen
        .iter()
        .map(|(_, _, loaded)| {
            let (_, height, width) = loaded.image.dim();
            loaded.mask.clone().unwrap_or_else(|| Mask::from_elem((height, width), false))
        })
        .collect();
    let examples: Vec<_> = chosen
        .iter()
        .zip(&masks)
        .map(|((clean, worst, loaded), mask)| (*clean, *worst, loaded.image.view(), mask.view()))
        .collect();
    write_examples(dir, &examples)
}
