//! All samples under the same perturbations: what the worst shared one is chosen from.

use rayon::prelude::*;

use super::{STAGE, Tried, members};
use crate::attack::{Clock, Evaluator, Objective, Work};
use crate::dataset::{self, Sample};
use crate::error::Result;
use crate::model::Segmenter;
use crate::record::SampleRow;
use crate::study::kept::Kept;
use crate::study::plan::Uniform;
use crate::study::run::Run;
use crate::study::session::Session;
use crate::types::{Input, SampleId};

/// Samples whose pictures are in memory at once.
const AT_ONCE: usize = 64;

/// Evaluates with one model every sample under the candidates of every attack, and keeps the answers. What an earlier start has kept
/// stays.
pub(in crate::study) fn evaluate(
    session: &Session<'_>,
    plan: &Uniform,
    model: &mut dyn Segmenter,
    run: &mut Run,
    rows: &[SampleRow],
) -> Result<Clock> {
    let settings = session.settings;
    let (size, name, grid) = (model.input_size(), model.name().to_owned(), model.grid());
    let tried = Tried::new(settings, plan)?;
    let samples: Vec<&Sample> =
        members(session, &name, rows).into_iter().flat_map(|(_, samples)| samples).collect();
    let stage = session.stage(STAGE, &name, samples.len() * tried.per_sample());
    model.prepare(&session.data.categories())?;
    let mut evaluator = Evaluator::new(model, Objective::new(settings, size), run.batch(&name));
    let dir = run.dir.clone();
    let is_complete = |sample: &Sample| {
        let mut complete = true;
        for (attack, candidates) in tried.each() {
            let path = |id: &SampleId| dir.uniform_maps_path(&name, id, attack);
            let kept = Kept { grid, tiled: settings.is_tiled(), path: &path };
            complete &= kept.read(&sample.id, candidates.len())?.is_some();
        }
        Ok(complete)
    };
    for samples in samples.chunks(AT_ONCE) {
        let mut missing = Vec::new();
        for &sample in samples {
            if is_complete(sample)? {
                stage.advance(tried.per_sample() as f64);
            } else {
                missing.push(sample);
            }
        }
        let works: Vec<Work> =
            missing.par_iter().map(|sample| load(sample, settings.input(size))).collect::<Result<_>>()?;
        let works: Vec<&Work> = works.iter().collect();
        for (attack, candidates) in tried.each() {
            let path = |id: &SampleId| dir.uniform_maps_path(&name, id, attack);
            let kept = Kept { grid, tiled: settings.is_tiled(), path: &path };
            kept.evaluate(&mut evaluator, &works, candidates, session.observe, &|count| {
                stage.advance(count);
            })?;
        }
    }
    let (clock, batch) = (evaluator.clock(), evaluator.batch());
    run.keep_batch(&name, batch, session.observe)?;
    stage.complete();
    Ok(clock)
}

fn load(sample: &Sample, input: Input) -> Result<Work> {
    let loaded = dataset::load(sample, input)?;
    Ok(Work { index: 0, id: sample.id.clone(), image: loaded.image, mask: loaded.mask })
}
