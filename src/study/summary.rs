//! From stored maps to the pooled metrics of each category, and their means.

use std::cell::OnceCell;
use std::path::PathBuf;

use rayon::prelude::*;

use super::by_key::{ByKey, by_key};
use super::run::Run;
use super::session::Session;
use super::{examples, maps};
use crate::attack::{Objective, PooledSample, category_metrics, image_metrics};
use crate::dataset::{self, Category, Sample};
use crate::error::{Error, Result};
use crate::record::{DAMAGED_MAP, RunDir, SampleRow, SummaryRow, mean_rows, read_map, write_rows};
use crate::stats;
use crate::types::{Attack, Map, Mask, Over, SampleKey};

/// Writes `summary.csv`, `examples/` and, where asked for, `maps/`; gives the summary rows, the means last.
pub(super) fn write(
    session: &Session<'_>,
    run: &Run,
    models: &[(String, usize)],
    rows: &[SampleRow],
) -> Result<Vec<SummaryRow>> {
    let by_key = by_key(rows);
    let mut summary = Vec::new();
    for (model, size) in models {
        let pool = Pool {
            session,
            dir: &run.dir,
            model,
            alone: models.len() == 1,
            objective: Objective::new(session.settings, *size),
            rows: &by_key,
            first: OnceCell::new(),
        };
        for category in &session.data.dataset.categories {
            summary.extend(pool.category(category)?);
        }
    }
    summary.extend(mean_rows(&summary));
    write_rows(run.dir.summary_path(), &summary)?;
    examples::write(session, &run.dir, models, rows, &by_key)?;
    Ok(summary)
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

impl Pool<'_> {
    /// A row for each attack.
    fn category(&self, category: &Category) -> Result<Vec<SummaryRow>> {
        // Samples without rows could not be read and were left out.
        let samples: Vec<&Sample> =
            category.samples.iter().filter(|sample| self.row(sample, Attack::Clean).is_some()).collect();
        // All have a mask, or none has.
        let size = self.objective.size();
        let masks: Option<Vec<Mask>> =
            samples.par_iter().map(|sample| dataset::load_mask(sample, size)).collect::<Result<_>>()?;
        let attacks = self.session.settings.attacks.iter();
        attacks.map(|&attack| self.attack(category, attack, &samples, masks.as_deref())).collect()
    }

    fn row(&self, sample: &Sample, attack: Attack) -> Option<&SampleRow> {
        self.rows.get(&(SampleKey::new(self.model, &sample.id), attack)).copied()
    }

    /// A stored map, of the shape that all maps of the model have.
    fn map(&self, sample: &Sample, attack: Attack) -> Result<Map> {
        let path = self.dir.patch_map_path(self.model, &sample.id, attack);
        let map = read_map(&path)?;
        let (first, shape) = self.first.get_or_init(|| (path.clone(), map.dim()));
        if map.dim() == *shape {
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

    fn attack(
        &self,
        category: &Category,
        attack: Attack,
        samples: &[&Sample],
        masks: Option<&[Mask]>,
    ) -> Result<SummaryRow> {
        let none = Mask::from_elem((self.objective.size(), self.objective.size()), false);
        let mut pooled = Vec::with_capacity(samples.len());
        let mut found = Vec::with_capacity(samples.len());
        for (place, sample) in samples.iter().enumerate() {
            let Some(row) = self.row(sample, attack) else { continue };
            let item = PooledSample {
                patch_map: self.map(sample, attack)?,
                perturbation: row.perturbation(),
                image_score: row.image_score as f32,
                mask: masks.map_or(&none, |masks| &masks[place]),
                label: sample.label,
            };
            if self.session.save_maps {
                let model = (!self.alone).then_some(self.model);
                maps::write(self.dir, &self.objective, model, sample, attack, &item)?;
            }
            pooled.push(item);
            found.push(row);
        }
        let metrics = match masks {
            Some(_) => category_metrics(&self.objective, &pooled, self.session.metric)?,
            None => image_metrics(&pooled)?,
        };
        Ok(SummaryRow {
            model: self.model.to_owned(),
            dataset: self.session.data.dataset.name.clone(),
            over: Over::Category(category.name.clone()),
            attack,
            samples: pooled.len(),
            metrics,
            mean_loss: stats::mean(&found.iter().map(|row| row.loss).collect::<Vec<_>>()),
            evaluations: found.iter().map(|row| row.evaluations).sum(),
        })
    }
}
