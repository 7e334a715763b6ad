//! What is known once all samples are together, from records and stored maps alone: a run and a merge of its shards do the same.

use super::outcome::Outcome;
use super::run::Run;
use super::session::Session;
use super::settings::Work;
use super::uniform::{self, Shared};
use super::{choose, clipping, random, summary, warnings};
use crate::attack::Select;
use crate::error::Result;
use crate::record::SampleRow;
use crate::report::{above_clean, efforts, score_summary};
use crate::types::Attack;

/// The worst perturbations that samples share, the choice among the candidates of each sample, the pooled metrics and those of
/// random draws. `models` are names and input sizes.
pub(super) fn pool(
    session: &Session<'_>,
    run: &Run,
    work: &Work,
    models: &[(String, usize)],
    rows: &mut [SampleRow],
    outcome: &mut Outcome,
) -> Result<()> {
    let settings = session.settings;
    if let Some(plan) = &work.uniform {
        outcome.uniform = uniform::pool(session, plan, &run.dir, models, rows)?;
    }
    if settings.select == Select::Pooled && settings.attacks.iter().any(|&attack| attack != Attack::Clean) {
        let shared =
            work.uniform.as_ref().map(|plan| Shared::new(settings, plan, &run.dir, &outcome.uniform));
        choose::choose(session, run, models, rows, shared.transpose()?.as_ref(), None)?;
    }
    if settings.select != Select::Pooled {
        outcome.above_clean = above_clean(rows);
    }
    clipping::measure(session, run, models, rows)?;
    outcome.efforts = efforts(rows, &settings.bounds);
    summary::write(session, run, models, rows, outcome)?;
    if let Some(plan) = &work.random {
        outcome.random = random::pool(session, plan, &run.dir, models, rows)?;
    }
    for (name, _) in models {
        if let Some(warning) = warnings::upside_down(name, &outcome.summary) {
            session.observe.warn(&warning);
        }
    }
    if !session.data.is_labelled() {
        outcome.scores = score_summary(rows);
    }
    Ok(())
}
