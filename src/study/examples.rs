//! The few samples that figures show, kept as small pictures.

use std::collections::HashMap;

use super::by_key::ByKey;
use super::session::Session;
use crate::dataset::{self, Loaded, Sample};
use crate::error::Result;
use crate::record::{RunDir, SampleRow, write_examples};
use crate::types::{Attack, Label, Mask};

/// Examples for each model.
const EXAMPLES: usize = 4;

/// Keeps, for each model, the samples that lost most under the last attack (that moved most, where there are no masks), at
/// most one of each category.
pub(super) fn write(
    session: &Session<'_>,
    dir: &RunDir,
    models: &[(String, usize)],
    rows: &[SampleRow],
    by_key: &ByKey<'_>,
) -> Result<()> {
    let last = session.settings.attacks.last().filter(|&&attack| attack != Attack::Clean);
    let Some(&attack) = last else { return Ok(()) };
    let samples: HashMap<(&str, String), &Sample> = session
        .data
        .samples()
        .map(|sample| ((sample.id.category.as_str(), sample.id.within_category()), sample))
        .collect();
    let mut chosen: Vec<(&SampleRow, &SampleRow, Loaded)> = Vec::new();
    for (model, size) in models {
        for (clean, worst) in losers((model, attack), session.data.has_masks(), rows, by_key) {
            if let Some(sample) = samples.get(&(worst.category.as_str(), worst.sample.clone())) {
                chosen.push((clean, worst, dataset::load(sample, session.settings.input(*size))?));
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

/// Clean and attacked rows of the samples that lost most, the most first, each of another category; without masks of those that moved
/// most.
fn losers<'r>(
    (model, attack): (&str, Attack),
    masked: bool,
    rows: &'r [SampleRow],
    by_key: &ByKey<'r>,
) -> Vec<(&'r SampleRow, &'r SampleRow)> {
    let mut losers: Vec<(f64, &SampleRow, &SampleRow)> = rows
        .iter()
        .filter(|row| row.model == model && row.attack == attack && row.label != Label::Normal)
        .filter_map(|worst| {
            let clean: &SampleRow = by_key.get(&(worst.key(), Attack::Clean))?;
            let lost =
                if masked { clean.sample_auroc? - worst.sample_auroc? } else { clean.loss - worst.loss };
            Some((lost, clean, worst))
        })
        .collect();
    losers.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut shown: Vec<(&SampleRow, &SampleRow)> = Vec::new();
    for (_, clean, worst) in losers {
        if shown.len() < EXAMPLES && shown.iter().all(|(_, other)| other.category != worst.category) {
            shown.push((clean, worst));
        }
    }
    shown
}
