//! A checked plan becomes a finished run.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Instant;

use super::checked::Checked;
use super::data::Data;
use super::models::Models;
use super::observe::Observe;
use super::outcome::Outcome;
use super::pixels::pixel_warnings;
use super::plan::{Random, Sweep, Tolerance, Uniform};
use super::run::Run;
use super::session::Session;
use super::settings::Work;
use super::starts::Starts;
use super::stored::in_order;
use super::{pooled, random, refine, sweep, tolerance, uniform, warnings, worst_cases};
use crate::attack::{Clock, Settings};
use crate::error::{Error, Result};
use crate::model::Segmenter;
use crate::perturb::Rotation;
use crate::record::{SampleRow, write_rows};
use crate::report::DefendedModel;

impl Checked {
    /// Makes the run in the folder `out`, or takes up the one that is there, and writes its records.
    ///
    /// # Errors
    /// Data, models or a folder that the plan does not fit; what a model, the disk or a file reports. An interrupted error where
    /// [`Observe::stop`] says so: what is finished is saved, and the same call goes on from there.
    pub fn run(
        &self,
        out: impl AsRef<Path>,
        whole: &Data,
        models: &mut Models,
        observe: &dyn Observe,
    ) -> Result<Outcome> {
        let Prepared { work, data, starts, batches } = self.prepare(whole, models, observe)?;
        let settings = self.recorded(work, models);
        let mut run = Run::begin(self, &settings, out.as_ref(), (&data, whole), models, &batches, observe)?;
        let session = Session {
            command: settings.command,
            settings: &settings.work.settings,
            metric: &settings.metric,
            points: &settings.points,
            data: &data,
            save_maps: self.plan.save_maps,
            keep_traces: self.plan.keep_traces,
            observe,
        };
        let stages =
            Stages { session, starts: &starts, whole, run: &mut run, models: &mut models.segmenters };
        let came = stages.all(&settings.work, self.plan.shard.is_none());
        Outcome::closing(run, came)
    }

    /// What is done with which samples, once data and models are known, before the run's folder is looked at. What may surprise is told.
    pub(super) fn prepare(
        &self,
        whole: &Data,
        models: &mut Models,
        observe: &dyn Observe,
    ) -> Result<Prepared> {
        let mut work = self.work(whole)?;
        work.settings.fit = self.plan.fit.map_or_else(|| models.fit(), Ok)?;
        let sizes: BTreeSet<usize> = models.segmenters.iter().map(|model| model.input_size()).collect();
        let fit = work.settings.fit;
        let data = self.plan.shard.map_or_else(|| whole.clone(), |shard| whole.shard(shard, fit, &sizes));
        warnings::of_plan(self, &data).into_iter().for_each(|warning| observe.warn(warning));
        warnings::colourless(self, &data).iter().for_each(|warning| observe.warn(warning));
        warnings::tiles_of_the_paper(self, &data, (&sizes, fit)).iter().for_each(|note| observe.note(note));
        refuse_unbounded(&work, &models.segmenters)?;
        for &side in &sizes {
            warnings::camera_pixels(self, &data, side).iter().for_each(|note| observe.note(note));
        }
        pixel_warnings(data.dataset(), (&sizes, fit), &|| ())
            .iter()
            .for_each(|warning| observe.warn(warning));
        let starts =
            self.plan.start_from.as_deref().map(|run| Starts::of_run(run, &work.settings, whole, observe));
        let starts = starts.transpose()?.unwrap_or_default();
        let work = Work { start_from_sha256: starts.rows_sha256.clone(), ..work };
        let batches = models.batch_sizes(&data, observe)?;
        Ok(Prepared { work, data, starts, batches })
    }
}

/// A plan beside its data and models.
pub(super) struct Prepared {
    pub work: Work,
    /// The samples of the run: of a shard its own.
    pub data: Data,
    pub starts: Starts,
    pub batches: Vec<usize>,
}

/// The stages of a run, one after the other; each takes up what an earlier start of the run has left.
struct Stages<'a> {
    session: Session<'a>,
    /// What searches evaluate first.
    starts: &'a Starts,
    /// All samples, where the session has a part of them.
    whole: &'a Data,
    run: &'a mut Run,
    models: &'a mut [Box<dyn Segmenter>],
}

impl Stages<'_> {
    /// `is_whole` says that all samples are there: a part has no metrics, which are pooled when all parts are put together.
    fn all(mut self, work: &Work, is_whole: bool) -> Result<Outcome> {
        let mut outcome = Outcome::of(self.run);
        if !work.settings.attacks.is_empty() {
            let mut rows = self.attack(is_whole, &mut outcome)?;
            if work.settings.adaptive {
                self.refine(&mut rows, &mut outcome)?;
            }
            if let Some(plan) = &work.uniform {
                self.uniform(plan, &rows, &mut outcome)?;
            }
            if let Some(plan) = &work.random {
                self.draw(plan, &rows, &mut outcome)?;
            }
            if is_whole {
                let sizes: Vec<(String, usize)> =
                    self.models.iter().map(|model| (model.name().to_owned(), model.input_size())).collect();
                pooled::pool(&self.session, self.run, work, &sizes, &mut rows, &mut outcome)?;
            }
            if let Some(plan) = &work.tolerance {
                self.tolerance(plan, &rows, &mut outcome)?;
            }
        }
        if let Some(plan) = &work.sweep {
            self.sweep(plan, &mut outcome)?;
        }
        Ok(outcome)
    }

    fn attack(&mut self, is_whole: bool, outcome: &mut Outcome) -> Result<Vec<SampleRow>> {
        let (mut journal, mut rows) = worst_cases::take_up(&self.session, self.run, is_whole)?;
        let start = Instant::now();
        for model in self.models.iter_mut() {
            let clock = worst_cases::attack(
                &self.session,
                self.starts,
                model.as_mut(),
                self.run,
                &mut journal,
                &mut rows,
            )?;
            outcome.defended.push(defended(model.as_ref(), clock));
            outcome.clock = outcome.clock + clock;
        }
        outcome.wall += start.elapsed();
        in_order(&mut rows, &self.session, &self.run.models(), &self.session.settings.attacks, |row| {
            (row.key(), row.attack)
        });
        journal.complete(&rows)?;
        Ok(rows)
    }

    fn refine(&mut self, rows: &mut [SampleRow], outcome: &mut Outcome) -> Result<()> {
        let start = Instant::now();
        for model in self.models.iter_mut() {
            let clock = refine::refine(&self.session, model.as_mut(), self.run, rows)?;
            outcome.clock = outcome.clock + clock;
        }
        outcome.wall += start.elapsed();
        Ok(())
    }

    fn draw(&mut self, plan: &Random, rows: &[SampleRow], outcome: &mut Outcome) -> Result<()> {
        let start = Instant::now();
        for model in self.models.iter_mut() {
            let clock = random::evaluate(&self.session, plan, model.as_mut(), self.run, rows)?;
            outcome.clock = outcome.clock + clock;
        }
        outcome.wall += start.elapsed();
        Ok(())
    }

    fn tolerance(&mut self, plan: &Tolerance, rows: &[SampleRow], outcome: &mut Outcome) -> Result<()> {
        let start = Instant::now();
        let mut decided = tolerance::Decided::new();
        for model in self.models.iter_mut() {
            let (decisions, clock) =
                tolerance::decide(&self.session, plan, model.as_mut(), self.run, rows, self.whole)?;
            decided.insert(model.name().to_owned(), decisions);
            outcome.clock = outcome.clock + clock;
        }
        let (mut journal, mut stability) = tolerance::take_up(&self.session, plan, self.run, rows, &decided)?;
        for model in self.models.iter_mut() {
            let answers = (rows, &decided[model.name()]);
            let kept = (&mut journal, &mut stability);
            let clock = tolerance::scan(&self.session, plan, model.as_mut(), self.run, answers, kept)?;
            outcome.clock = outcome.clock + clock;
        }
        outcome.wall += start.elapsed();
        in_order(
            &mut stability,
            &self.session,
            &self.run.models(),
            &plan.attacks(self.session.settings),
            |row| (row.key(), row.attack),
        );
        journal.complete(&stability)?;
        outcome.stability = stability;
        Ok(())
    }

    fn uniform(&mut self, plan: &Uniform, rows: &[SampleRow], outcome: &mut Outcome) -> Result<()> {
        let start = Instant::now();
        for model in self.models.iter_mut() {
            let clock = uniform::evaluate(&self.session, plan, model.as_mut(), self.run, rows)?;
            outcome.clock = outcome.clock + clock;
        }
        outcome.wall += start.elapsed();
        Ok(())
    }

    fn sweep(&mut self, plan: &Sweep, outcome: &mut Outcome) -> Result<()> {
        let start = Instant::now();
        let mut means = Vec::new();
        for model in self.models.iter_mut() {
            let rows = (&mut outcome.sweep, &mut means);
            let clock = sweep::sweep(&self.session, plan, model.as_mut(), self.run, rows)?;
            outcome.clock = outcome.clock + clock;
        }
        outcome.wall += start.elapsed();
        outcome.sweep.extend(means);
        write_rows(self.run.dir.sweep_path(), &outcome.sweep)
    }
}

/// A model of the run, and what it took.
fn defended(model: &dyn Segmenter, clock: Clock) -> DefendedModel {
    let (name, defence) = (model.name().to_owned(), model.provenance().defence);
    let evaluations = clock.evaluations as f64 + model.coarse_cost() * clock.coarse as f64;
    let suffix = if defence.is_empty() { String::new() } else { format!("+{defence}") };
    DefendedModel {
        model: name.strip_suffix(&suffix).unwrap_or(&name).to_owned(),
        name,
        defence: if defence.is_empty() { "none".to_owned() } else { defence },
        pictures: model.views(),
        seconds: (evaluations > 0.0).then(|| clock.model.as_secs_f64() / evaluations),
    }
}

/// Some losses read maps as probabilities, and three passes keep them in [0, 1].
pub(super) fn refuse_unbounded(work: &Work, models: &[Box<dyn Segmenter>]) -> Result<()> {
    let Settings { loss, map_rotation, .. } = work.settings;
    match models.iter().find(|model| !model.is_bounded()) {
        Some(model) if loss.needs_probabilities() => Err(Error::usage(
            format!("`loss = {loss}`"),
            format!("reads maps as probabilities, and those of {} have no range", model.name()),
            "use the loss contrast, auroc or drift, or give output.range in its manifest",
        )),
        Some(model) if map_rotation == Rotation::ThreePass && work.turns_maps_back() => Err(Error::usage(
            format!("`map_rotation = {map_rotation}`"),
            format!("cuts maps off at 0 and 1, and those of {} have no range", model.name()),
            "use `map_rotation = bilinear` (with `preset = paper` too), or give output.range in its manifest",
        )),
        _ => Ok(()),
    }
}
