//! From which image score on a sample is called anomalous: a matter of all samples, also of those that other shards work on.

use std::collections::HashMap;

use rayon::prelude::*;

use crate::attack::{Clock, Evaluation, Evaluator, Objective, Work, uniform};
use crate::dataset::{self, Sample};
use crate::error::Result;
use crate::model::Segmenter;
use crate::record::SampleRow;
use crate::study::amount;
use crate::study::by_key::by_key;
use crate::study::data::Data;
use crate::study::decision::{Decisions, decisions, without_decision};
use crate::study::plan::Tolerance;
use crate::study::run::Run;
use crate::study::session::Session;
use crate::types::{Attack, Input, Perturbation, SampleId, SampleKey};

/// Samples whose pictures are in memory at once.
const AT_ONCE: usize = 64;

/// The decisions about the samples of `whole`. The unchanged pictures that are not among those of the session are evaluated here,
/// unless the threshold is given.
pub(in crate::study) fn decide(
    session: &Session<'_>,
    plan: &Tolerance,
    model: &mut dyn Segmenter,
    run: &mut Run,
    rows: &[SampleRow],
    whole: &Data,
) -> Result<(Decisions, Clock)> {
    let name = model.name().to_owned();
    let (others, clock) = match plan.decision {
        Some(_) => (HashMap::new(), Clock::default()),
        None => clean_scores(session, model, run, whole)?,
    };
    let by_key = by_key(rows);
    let score = |sample: &Sample| {
        let row = by_key.get(&(SampleKey::new(&name, &sample.id), Attack::Clean));
        row.map(|row| row.image_score as f32).or_else(|| others.get(&sample.id).copied())
    };
    let undecided = |category: &str| {
        session.observe.warn(&without_decision("nothing is said of the stability", category))
    };
    Ok((decisions(whole, plan.decision, &score, &undecided), clock))
}

/// The image scores of the unchanged pictures that are not among those of the session. One that cannot be read is left out where that
/// is allowed: the shard that works on it says so.
fn clean_scores(
    session: &Session<'_>,
    model: &mut dyn Segmenter,
    run: &mut Run,
    whole: &Data,
) -> Result<(HashMap<SampleId, f32>, Clock)> {
    let own: std::collections::HashSet<&SampleId> = session.data.samples().map(|sample| &sample.id).collect();
    let others: Vec<&Sample> = whole.samples().filter(|sample| !own.contains(&sample.id)).collect();
    if others.is_empty() {
        return Ok((HashMap::new(), Clock::default()));
    }
    let (name, size) = (model.name().to_owned(), model.input_size());
    let stage = session.stage(amount::CLEAN_SCORES, &name, others.len());
    model.prepare(&whole.categories())?;
    let mut evaluator = Evaluator::new(model, Objective::new(session.settings, size), run.batch(&name));
    let mut scores = HashMap::new();
    for samples in others.chunks(AT_ONCE) {
        let loaded: Vec<Result<Work>> =
            samples.par_iter().map(|sample| load(sample, session.settings.input(size))).collect();
        let works: Vec<Work> = match whole.skip_bad {
            true => loaded.into_iter().flatten().collect(),
            false => loaded.into_iter().collect::<Result<_>>()?,
        };
        let works: Vec<&Work> = works.iter().collect();
        let mut done = |place: usize, found: Vec<Evaluation>| {
            scores
                .extend(found.first().map(|found| (works[place].id.clone(), found.segmentation.image_score)));
            Ok(())
        };
        let unchanged = [Perturbation::IDENTITY];
        let stop = || session.observe.stop();
        uniform(&mut evaluator, &works, &unchanged, &mut done, &stop, &|count| stage.advance(count))?;
    }
    let (clock, batch) = (evaluator.clock(), evaluator.batch());
    run.keep_batch(&name, batch, session.observe)?;
    stage.complete();
    Ok((scores, clock))
}

fn load(sample: &Sample, input: Input) -> Result<Work> {
    let loaded = dataset::load(sample, input)?;
    Ok(Work { index: 0, id: sample.id.clone(), image: loaded.image, mask: loaded.mask })
}
