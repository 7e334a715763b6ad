//! How much the records of a run take on disk, before there are any.

use std::collections::BTreeSet;

use super::data::Data;
use super::settings::Work;
use super::uniform::Tried;
use crate::attack::{Select, drawn_axes};
use crate::model::Segmenter;
use crate::types::{Attack, Axis};

/// Header and checksum of a `.npy`.
const HEADER: usize = 160;
/// A row of `samples.csv` or `stability.csv`.
const ROW: usize = 450;
/// What a candidate has beside its axes and its map.
const FACTS: usize = 4;
const SINGLE: usize = size_of::<f32>();
const DOUBLE: usize = size_of::<f64>();

/// About how many bytes a run keeps of all samples under one model: maps, candidates, draws and rows, full-size maps and traces where
/// these are asked for. Tables of metrics, figures and examples come on top.
pub(super) fn stored(
    work: &Work,
    (save_maps, keep_traces): (bool, bool),
    data: &Data,
    model: &dyn Segmenter,
) -> u64 {
    let settings = &work.settings;
    let (samples, size) = (data.samples().count(), model.input_size());
    let pieces = data.pieces(settings.fit, &BTreeSet::from([size]));
    let of_maps = pieces * model.grid().0 * model.grid().1;
    // Maps of all samples, so many of each in one file with so many numbers beside each.
    let files = |count: usize, beside: usize, number: usize| {
        samples * HEADER + count * number * (samples * beside + of_maps)
    };
    let mut bytes = 0;
    for &attack in &settings.attacks {
        bytes += files(1, 0, SINGLE) + samples * ROW;
        if attack == Attack::Clean {
            continue;
        }
        if settings.select == Select::Pooled {
            let kept = settings.searched(attack).min(2 * settings.candidates());
            let rounds = settings.shares(attack).map_or(0, |shares| shares.rounds);
            bytes += files(kept + rounds, Axis::COUNT + FACTS, DOUBLE) + files(1, 0, SINGLE);
        }
        if keep_traces {
            let axes = settings.axes_of(attack).len();
            bytes += samples * (HEADER + settings.budget_of(attack) * (axes + 2) * DOUBLE);
        }
    }
    if save_maps {
        let pixels = pieces * size * size;
        bytes += settings.attacks.len() * pixels * SINGLE + pixels;
    }
    if let Some(plan) = &work.uniform
        && let Ok(tried) = Tried::new(settings, plan)
    {
        bytes += tried.each().map(|(_, candidates)| files(candidates.len(), 1, SINGLE)).sum::<usize>();
    }
    if let Some(plan) = &work.random {
        bytes += files(plan.draws, drawn_axes(settings).len() + 1, SINGLE);
    }
    if let Some(plan) = &work.tolerance {
        bytes += samples * plan.attacks(settings).len() * ROW;
    }
    if let Some(plan) = &work.sweep {
        bytes += plan.axes.len() * files(plan.steps, 1, SINGLE);
    }
    bytes as u64
}
