//! How many model evaluations each stage of a run takes: what its progress is measured against, and what a forecast tells.

use super::data::Data;
use super::plan::{Random, Sweep, Tolerance, Uniform};
use super::settings::Work;
use super::uniform::{self, Tried};
use crate::attack::{SearchChoice, Settings, sweep_values};
use crate::error::Result;
use crate::search;

/// The work of one stage with one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Amount {
    /// The stage, as progress has it.
    pub stage: String,
    pub samples: usize,
    /// Evaluations of each sample.
    pub per_sample: usize,
    /// Whether there may be fewer.
    pub is_most: bool,
}

/// Evaluations of one sample in all searches, the unchanged picture included.
pub(super) fn searched(settings: &Settings) -> usize {
    settings.evaluations_per_sample()
}

/// Evaluations of one sample in the rounds of an adaptive run.
pub(super) fn rounds(settings: &Settings) -> usize {
    settings.attacks.iter().filter_map(|&attack| settings.shares(attack)).map(|shares| shares.rounds).sum()
}

/// Evaluations of one sample under the perturbations that all samples share.
pub(super) fn shared(settings: &Settings, plan: &Uniform) -> Result<usize> {
    Ok(Tried::new(settings, plan)?.per_sample())
}

/// Evaluations of one sample under random draws.
pub(super) fn drawn(plan: &Random) -> usize {
    plan.draws
}

/// Evaluations of one sample in the scans for flips.
pub(super) fn scanned(settings: &Settings, plan: &Tolerance) -> usize {
    plan.scan(settings).evaluations_per_sample()
}

/// Evaluations of one sample in a sweep.
pub(super) fn swept(settings: &Settings, plan: &Sweep) -> Result<usize> {
    let values = |&axis| Ok(sweep_values(&settings.bounds, axis, plan.steps)?.len());
    plan.axes.iter().map(values).sum()
}

/// The stages of a run with one model, in their order. `whole` are all samples, `own` those of the run where it is a shard; `is_coarse`
/// says that the model has coarse evaluations, which fill a budget less evenly.
pub(super) fn stages(
    work: &Work,
    command: &str,
    (own, whole): (&Data, &Data),
    is_coarse: bool,
) -> Result<Vec<Amount>> {
    let settings = &work.settings;
    let samples = own.samples().count();
    let mut stages = Vec::new();
    let mut add = |stage: &str, samples, per_sample, is_most| {
        stages.push(Amount { stage: stage.to_owned(), samples, per_sample, is_most });
    };
    if !settings.attacks.is_empty() {
        let on_several = settings.attacks.iter().any(|&attack| settings.axes_of(attack).len() > 1);
        let exhaustive = settings.search == SearchChoice::Named(search::Kind::Exhaustive);
        let searches = settings.attacks.len() > 1;
        let is_most = searches && (exhaustive || is_coarse && (on_several || settings.adaptive));
        add(command, samples, searched(settings), is_most);
        if settings.adaptive {
            add(ROUNDS, samples, rounds(settings), true);
        }
        if let Some(plan) = &work.uniform {
            add(uniform::STAGE, samples, shared(settings, plan)?, false);
        }
        if let Some(plan) = &work.random {
            add(DRAWN, samples, drawn(plan), false);
        }
        if let Some(plan) = &work.tolerance {
            let others = whole.samples().count() - samples;
            if plan.decision.is_none() && others > 0 {
                add(CLEAN_SCORES, others, 1, false);
            }
            add(SCANNED, samples, scanned(settings, plan), true);
        }
    }
    if let Some(plan) = &work.sweep {
        add(SWEPT, samples, swept(settings, plan)?, false);
    }
    Ok(stages)
}

pub(super) const ROUNDS: &str = "rounds of";
pub(super) const DRAWN: &str = "random";
pub(super) const CLEAN_SCORES: &str = "clean scores of all shards,";
pub(super) const SCANNED: &str = "tolerance";
pub(super) const SWEPT: &str = "sweep";
