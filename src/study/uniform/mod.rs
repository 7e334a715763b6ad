//! The worst perturbation that all samples share, of each category or of the whole data set. The same perturbations are tried on every
//! sample, whatever they do to the others; which of them is worst is found from what was kept, once all samples are together.

mod evaluate;
mod pool;

use std::collections::HashSet;

use super::plan::Uniform;
use super::session::Session;
use crate::attack::{Settings, uniform_candidates};
use crate::dataset::{Category, Sample};
use crate::error::Result;
use crate::record::SampleRow;
use crate::types::{Attack, Perturbation, SampleKey};

pub(super) use evaluate::evaluate;
pub(super) use pool::{Shared, pool};

/// The stage, as progress has it.
pub(super) const STAGE: &str = "uniform";

/// The perturbations that are tried, by attack.
pub(super) struct Tried(Vec<(Attack, Vec<Perturbation>)>);

impl Tried {
    pub(super) fn new(settings: &Settings, plan: &Uniform) -> Result<Self> {
        let mut tried = Vec::new();
        for &attack in &settings.attacks {
            let candidates = uniform_candidates(settings, attack, plan.budget)?;
            if !candidates.is_empty() {
                tried.push((attack, candidates));
            }
        }
        Ok(Self(tried))
    }

    pub(super) fn each(&self) -> impl Iterator<Item = (Attack, &[Perturbation])> {
        self.0.iter().map(|(attack, candidates)| (*attack, candidates.as_slice()))
    }

    pub(super) fn per_sample(&self) -> usize {
        self.each().map(|(_, candidates)| candidates.len()).sum()
    }
}

/// The samples of each category that the run has rows of; others could not be read and were left out.
fn members<'d>(
    session: &Session<'d>,
    model: &str,
    rows: &[SampleRow],
) -> Vec<(&'d Category, Vec<&'d Sample>)> {
    let known: HashSet<SampleKey> =
        rows.iter().filter(|row| row.attack == Attack::Clean).map(SampleRow::key).collect();
    let there = |sample: &&Sample| known.contains(&SampleKey::new(model, &sample.id));
    let categories = session.data.dataset.categories.iter();
    categories
        .map(|category| (category, category.samples.iter().filter(there).collect::<Vec<_>>()))
        .filter(|(_, samples)| !samples.is_empty())
        .collect()
}
