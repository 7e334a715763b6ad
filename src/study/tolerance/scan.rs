//! The scans of one model.

use std::cell::RefCell;
use std::collections::HashSet;

use super::Worst;
use crate::attack::{self, Clock, Evaluator, Objective, Subject, Work, tolerances};
use crate::dataset::Sample;
use crate::error::Result;
use crate::model::Segmenter;
use crate::record::{Journal, SampleRow, StabilityRow};
use crate::study::amount;
use crate::study::by_key::by_key;
use crate::study::decision::Decisions;
use crate::study::plan::Tolerance;
use crate::study::run::{Run, decoded};
use crate::study::session::Session;
use crate::types::{Attack, SampleKey};

/// Scans with one model every sample that has no rows yet. All its worst cases are in `samples`.
pub(in crate::study) fn scan(
    session: &Session<'_>,
    plan: &Tolerance,
    model: &mut dyn Segmenter,
    run: &mut Run,
    (samples, decisions): (&[SampleRow], &Decisions),
    (journal, rows): (&mut Journal<StabilityRow>, &mut Vec<StabilityRow>),
) -> Result<Clock> {
    let Session { settings, observe, .. } = session;
    let (name, size) = (model.name().to_owned(), model.input_size());
    let scan = plan.scan(settings);
    let dir = run.dir.clone();
    let worst =
        Worst { dir: &dir, model: &name, objective: Objective::new(settings, size), rows: by_key(samples) };
    let finished: HashSet<SampleKey> = rows.iter().map(StabilityRow::key).collect();
    let pending: Vec<&Sample> = session
        .data
        .samples()
        .filter(|sample| worst.row(sample, Attack::Clean).is_some())
        .filter(|sample| decisions.contains_key(&sample.id.category))
        .filter(|sample| !finished.contains(&SampleKey::new(&name, &sample.id)))
        .collect();
    let (all, per_sample) = (session.data.samples().count(), amount::scanned(settings, plan));
    let stage = session.stage(amount::SCANNED, &name, all * per_sample);
    stage.resume((all - pending.len()) * per_sample);
    model.prepare(&session.data.categories())?;
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let run = RefCell::new(run);
    let source = decoded(&pending, settings.input(size), &run).map(|work| {
        let work = Work { mask: None, ..work? };
        let sample = pending[work.index];
        let clean = worst.row(sample, Attack::Clean).ok_or_else(|| worst.missing(sample))?;
        let clean_score = clean.image_score as f32;
        Ok(Subject { clean_score, threshold: decisions[&sample.id.category].threshold, work })
    });
    let attacks = plan.attacks(settings);
    let mut done = |work: Work, found: Vec<attack::AxisTolerance>| {
        let sample = pending[work.index];
        let decision = decisions[&sample.id.category];
        let spent: usize = found.iter().map(|found| found.evaluations - 1).sum();
        stage.advance((per_sample - spent) as f64);
        attacks.iter().try_for_each(|&attack| {
            let tolerance = found.iter().find(|tolerance| attack == Attack::Single(tolerance.axis));
            let row = worst.stability(sample, attack, decision, tolerance)?;
            journal.append(&row)?;
            rows.push(row);
            Ok(())
        })
    };
    let result = tolerances(&mut evaluator, &scan, source, &mut done, &|| observe.stop(), &|count| {
        stage.advance(count)
    });
    let (clock, batch) = (evaluator.clock(), evaluator.batch());
    let run = run.into_inner();
    run.keep_batch(&name, batch, *observe)?;
    result.map_err(|error| {
        let finished = rows.iter().map(StabilityRow::key).collect::<HashSet<_>>().len();
        session.stopped(error, finished, run.models().len())
    })?;
    stage.complete();
    Ok(clock)
}
