//! From the answers that were kept to the worst perturbation of each set of samples.

use rayon::prelude::*;

use super::{Tried, members};
use crate::attack::{
    Effect, KeptCandidate, Objective, PooledSample, Settings, UniformCase, category_metrics,
    uniform_strategy, worst_uniform,
};
use crate::dataset::{self, Category, Sample};
use crate::error::Result;
use crate::model::Segmentation;
use crate::record::{Parameters, RunDir, SampleRow, UniformRow, uniform_means, write_rows};
use crate::stats;
use crate::study::by_key::{ByKey, by_key};
use crate::study::kept::Kept;
use crate::study::plan::{Scope, Uniform};
use crate::study::session::Session;
use crate::types::{Attack, Input, Mask, Metrics, Over, Perturbation, PooledMetric, SampleId, SampleKey};

/// Finds the worst shared perturbations from what is kept in the folder of a run, and writes `uniform.csv`, the means last.
pub(in crate::study) fn pool(
    session: &Session<'_>,
    plan: &Uniform,
    dir: &RunDir,
    models: &[(String, usize)],
    samples: &[SampleRow],
) -> Result<Vec<UniformRow>> {
    let tried = Tried::new(session.settings, plan)?;
    let by_key = by_key(samples);
    let mut rows = Vec::new();
    for (model, size) in models {
        let objective = Objective::new(session.settings, *size);
        let answers = Answers { session, dir, model, objective: &objective, tried: &tried, rows: &by_key };
        let mut sets = Vec::new();
        for (category, samples) in members(session, model, samples) {
            sets.push(answers.effects(category, &samples)?);
        }
        for scope in &plan.scopes {
            match scope {
                Scope::Category => rows.extend(sets.iter().flat_map(|set| answers.worst(set, plan))),
                Scope::Dataset => rows.extend(answers.worst(&together(&sets), plan)),
            }
        }
    }
    rows.extend(uniform_means(&rows));
    write_rows(dir.uniform_path(), &rows)?;
    Ok(rows)
}

/// What each perturbation does to one set of samples.
struct Effects {
    over: Over,
    samples: usize,
    clean: Effect,
    /// In the order of what was tried.
    tried: Vec<Vec<Effect>>,
}

/// All categories as one set, each of the same weight.
fn together(sets: &[Effects]) -> Effects {
    let none = Effect { metrics: Metrics::default(), mean_loss: f64::INFINITY };
    let mean = |of: &dyn Fn(&Effects) -> Effect| {
        let mut mean = Effect::mean(&sets.iter().map(of).collect::<Vec<_>>()).unwrap_or(none);
        // A mean over fewer categories than the clean one says nothing beside it.
        let lost = |metric: PooledMetric| {
            sets.iter()
                .any(|set| metric.of(&set.clean.metrics).is_some() && metric.of(&of(set).metrics).is_none())
        };
        if lost(PooledMetric::PixelAuroc) {
            mean.metrics.pixel_auroc = None;
        }
        if lost(PooledMetric::Aupro) {
            mean.metrics.aupro = None;
        }
        mean
    };
    let lists = sets.first().map_or(&[][..], |set| &set.tried);
    Effects {
        over: Over::All,
        samples: sets.iter().map(|set| set.samples).sum(),
        clean: mean(&|set| set.clean),
        tried: lists
            .iter()
            .enumerate()
            .map(|(list, effects)| {
                (0..effects.len()).map(|place| mean(&|set| set.tried[list][place])).collect()
            })
            .collect(),
    }
}

/// The answers of one model, as they were kept.
struct Answers<'a> {
    session: &'a Session<'a>,
    dir: &'a RunDir,
    model: &'a str,
    objective: &'a Objective,
    tried: &'a Tried,
    rows: &'a ByKey<'a>,
}

impl Answers<'_> {
    fn effects(&self, category: &Category, samples: &[&Sample]) -> Result<Effects> {
        let masks = masks(samples, self.objective.input())?;
        let clean = samples.iter().map(|sample| self.clean(sample)).collect::<Result<Vec<_>>>()?;
        let Some(whole) = clean.first().map(|answer| answer.map.dim()) else {
            return Ok(Effects { tried: Vec::new(), ..together(&[]) });
        };
        let tiled = !self.objective.input().is_square();
        let grid = if tiled { (1, whole.1) } else { whole };
        let unchanged = self.effect(samples, &masks, clean, Perturbation::IDENTITY)?;
        let mut lists = Vec::new();
        for (attack, candidates) in self.tried.each() {
            let path = |id: &SampleId| self.dir.uniform_maps_path(self.model, id, attack);
            let kept = Kept { grid, tiled, path: &path };
            let tables = samples
                .iter()
                .map(|sample| kept.require(&sample.id, candidates.len()))
                .collect::<Result<Vec<_>>>()?;
            let effect = |(place, &perturbation): (usize, &Perturbation)| {
                let answers =
                    tables.iter().map(|table| kept.answer(table.row(place))).collect::<Result<Vec<_>>>()?;
                self.effect(samples, &masks, answers, perturbation)
            };
            lists.push(candidates.iter().enumerate().map(effect).collect::<Result<Vec<_>>>()?);
        }
        let over = Over::Category(category.name.clone());
        Ok(Effects { over, samples: samples.len(), clean: unchanged, tried: lists })
    }

    fn clean(&self, sample: &Sample) -> Result<Segmentation> {
        let map = self.dir.load_patch_map(self.model, &sample.id, Attack::Clean)?;
        let row = self.rows.get(&(SampleKey::new(self.model, &sample.id), Attack::Clean));
        Ok(Segmentation { map, image_score: row.map_or(0.0, |row| row.image_score as f32) })
    }

    fn effect(
        &self,
        samples: &[&Sample],
        masks: &[Mask],
        answers: Vec<Segmentation>,
        perturbation: Perturbation,
    ) -> Result<Effect> {
        let objective = self.objective;
        let losses: Vec<f64> = answers
            .par_iter()
            .zip(masks)
            .map(|(answer, mask)| objective.loss_of(answer, mask.dim(), Some(mask), None, perturbation))
            .collect::<Result<_>>()?;
        let pooled: Vec<PooledSample<'_>> = samples
            .iter()
            .zip(masks)
            .zip(answers)
            .map(|((sample, mask), Segmentation { map, image_score })| PooledSample {
                patch_map: map,
                perturbation,
                image_score,
                mask,
                label: sample.label,
            })
            .collect();
        let metrics = category_metrics(objective, &pooled, self.session.metric)?;
        Ok(Effect { metrics, mean_loss: stats::mean(&losses).unwrap_or(f64::INFINITY) })
    }

    /// A row for each attack. What is worst on fewer axes is a candidate of every attack on more.
    fn worst(&self, set: &Effects, plan: &Uniform) -> Vec<UniformRow> {
        let settings = self.session.settings;
        let clean =
            UniformCase { attack: Attack::Clean, perturbation: Perturbation::IDENTITY, effect: set.clean };
        let mut known = vec![clean];
        let mut rows = Vec::new();
        for &attack in &settings.attacks {
            let axes = settings.axes_of(attack);
            let within =
                |case: &&UniformCase| settings.axes_of(case.attack).iter().all(|axis| axes.contains(axis));
            let own = self.tried.each().zip(&set.tried).filter(|((of, _), _)| *of == attack).flat_map(
                |((_, candidates), effects)| {
                    candidates.iter().zip(effects).map(move |(&perturbation, &effect)| UniformCase {
                        attack,
                        perturbation,
                        effect,
                    })
                },
            );
            let cases: Vec<UniformCase> = known.iter().filter(within).copied().chain(own).collect();
            let worst = |metric| worst_uniform(&cases, metric).unwrap_or(clean);
            let [by_auroc, by_aupro] = PooledMetric::ALL.map(worst);
            known.extend([by_auroc, by_aupro].map(|case| UniformCase { attack, ..case }));
            rows.push(self.row(set, plan, attack, &by_auroc, &by_aupro));
        }
        rows
    }

    fn row(
        &self,
        set: &Effects,
        plan: &Uniform,
        attack: Attack,
        by_auroc: &UniformCase,
        by_aupro: &UniformCase,
    ) -> UniformRow {
        let settings = self.session.settings;
        let axes = settings.all_axes();
        let is_clean = attack == Attack::Clean;
        let tried = self.tried.each().find(|(of, _)| *of == attack).map_or(0, |(_, tried)| tried.len());
        let mut metrics = by_auroc.effect.metrics;
        metrics.aupro = by_aupro.effect.metrics.aupro;
        UniformRow {
            model: self.model.to_owned(),
            dataset: self.session.data.dataset.name.clone(),
            over: set.over.clone(),
            attack,
            parameters: Parameters::new(&by_auroc.perturbation, &axes),
            search: uniform_strategy(settings, attack).to_owned(),
            budget: if is_clean { 1 } else { plan.budget },
            samples: set.samples,
            evaluations: (1 + tried) * set.samples,
            metrics,
            mean_loss: Some(by_auroc.effect.mean_loss).filter(|loss| loss.is_finite()),
            aupro: if is_clean {
                Parameters::default()
            } else {
                Parameters::new(&by_aupro.perturbation, &axes)
            },
        }
    }
}

/// The masks of samples, which all have one.
fn masks(samples: &[&Sample], input: Input) -> Result<Vec<Mask>> {
    let masks: Option<Vec<Mask>> =
        samples.par_iter().map(|sample| dataset::load_mask(sample, input)).collect::<Result<_>>()?;
    Ok(masks.unwrap_or_default())
}

/// What was found for whole sets of samples, and the answers to it: candidates of each of these samples too.
pub(in crate::study) struct Shared<'a> {
    dir: &'a RunDir,
    tried: Tried,
    rows: &'a [UniformRow],
}

impl<'a> Shared<'a> {
    pub fn new(settings: &Settings, plan: &Uniform, dir: &'a RunDir, rows: &'a [UniformRow]) -> Result<Self> {
        Ok(Self { dir, tried: Tried::new(settings, plan)?, rows })
    }

    /// The perturbations that the samples of a category share under an attack, each with the answer to every sample.
    pub fn candidates(
        &self,
        objective: &Objective,
        (model, category, attack): (&str, &Category, Attack),
        samples: &[&Sample],
        masks: &[Mask],
    ) -> Result<Vec<Vec<KeptCandidate>>> {
        let concerns = |row: &&UniformRow| {
            let over = row.over == Over::All || row.over.category() == Some(category.name.as_str());
            row.model == model && row.attack == attack && over
        };
        let found = self
            .rows
            .iter()
            .filter(concerns)
            .flat_map(|row| PooledMetric::ALL.map(|metric| row.chosen_by(metric)));
        let mut distinct: Vec<Perturbation> = Vec::new();
        for perturbation in found {
            if !distinct.contains(&perturbation) {
                distinct.push(perturbation);
            }
        }
        let mut shared = Vec::new();
        for perturbation in distinct {
            let place = self.tried.each().find_map(|(of, candidates)| {
                let place = candidates.iter().position(|candidate| *candidate == perturbation)?;
                Some((of, place, candidates.len()))
            });
            let Some((of, place, count)) = place else { continue };
            let path = |id: &SampleId| self.dir.uniform_maps_path(model, id, of);
            let candidate = |(sample, mask): (&&Sample, &Mask)| {
                let grid = self.dir.load_patch_map(model, &sample.id, Attack::Clean)?.dim();
                let tiled = !objective.input().is_square();
                let kept = Kept { grid, tiled, path: &path };
                let segmentation = kept.answer(kept.require(&sample.id, count)?.row(place))?;
                Ok(KeptCandidate {
                    perturbation,
                    loss: objective.loss_of(&segmentation, mask.dim(), Some(mask), None, perturbation)?,
                    sample_auroc: objective.sample_auroc(segmentation.map.view(), mask, perturbation),
                    segmentation,
                })
            };
            shared.push(samples.iter().zip(masks).map(candidate).collect::<Result<Vec<_>>>()?);
        }
        Ok(shared)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_that_lacks_a_category_is_none() {
        let effect = |pixel_auroc| {
            let metrics = Metrics { pixel_auroc, aupro: Some(0.5), ..Metrics::default() };
            Effect { metrics, mean_loss: 0.0 }
        };
        let set = |clean, turned| Effects {
            over: Over::All,
            samples: 1,
            clean: effect(clean),
            tried: vec![vec![effect(clean), effect(turned)]],
        };
        let both = together(&[set(Some(0.75), Some(0.25)), set(Some(0.25), None)]);
        assert_eq!(both.clean.metrics.pixel_auroc, Some(0.5));
        assert_eq!(both.tried[0][0].metrics.pixel_auroc, Some(0.5));
        assert_eq!(both.tried[0][1].metrics.pixel_auroc, None, "0.25 is of one category alone");
        assert_eq!(both.tried[0][1].metrics.aupro, Some(0.5));
        // A category that has no metric at all counts nowhere.
        let one = together(&[set(Some(0.75), Some(0.25)), set(None, None)]);
        assert_eq!(one.tried[0][1].metrics.pixel_auroc, Some(0.25));
    }
}
