//! The rounds of an adaptive run: after the searches of one attack on the samples of a category, evaluations where they lower the
//! category's metrics.

use rayon::prelude::*;

use super::candidates::KeptCandidate;
use super::choice::Chooser;
use super::sample::{space_of, to_perturbation, to_point};
use super::settings::Settings;
use super::shares::Shares;
use crate::error::Result;
use crate::search::{self, Space};
use crate::stats::derive_seed;
use crate::types::{Attack, Axis, Perturbation, PooledMetric};

/// Below this a pooled metric has nothing left to lose.
const FLOOR: f64 = 0.005;

/// What the points of a round are to lower, in turn: the category's pixel AUROC, the sample's loss, the category's AUPRO, and the sample's
/// own pixel AUROC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Aim {
    Pooled(PooledMetric),
    Loss,
    SampleAuroc,
}

const TURNS: [Aim; 4] =
    [Aim::Pooled(PooledMetric::PixelAuroc), Aim::Loss, Aim::Pooled(PooledMetric::Aupro), Aim::SampleAuroc];

/// The rounds of one attack on the samples of one category, by ask and tell. Each round asks for a few points of every sample; which
/// they are depends on all that is known of the category, and on nothing else.
pub struct Refinement<'a> {
    attack: Attack,
    axes: Vec<Axis>,
    space: Space,
    seed: u64,
    names: &'a [String],
    chooser: Chooser<'a>,
    /// The present choice by each metric of [`PooledMetric::ALL`].
    chosen: [Vec<usize>; 2],
    /// The values of these choices.
    values: [f64; 2],
    round: usize,
    points: usize,
    /// Evaluations of each sample that are left.
    left: usize,
}

impl<'a> Refinement<'a> {
    /// Begins with what the searches have found. `names` are those of the samples with their category, by which their points are drawn;
    /// `extra` evaluations of each sample were saved by attacks on fewer axes.
    ///
    /// # Errors
    /// The bounds of the attack make no box.
    pub fn new(
        settings: &Settings,
        (attack, shares, extra): (Attack, Shares, usize),
        names: &'a [String],
        chooser: Chooser<'a>,
        starts: &[Vec<usize>],
    ) -> Result<Self> {
        let chosen = PooledMetric::ALL.map(|metric| chooser.lowest(metric, starts));
        let values = [0, 1].map(|at| chooser.value(PooledMetric::ALL[at], &chosen[at]));
        Ok(Self {
            attack,
            axes: settings.axes_of(attack).to_vec(),
            space: space_of(settings, attack)?,
            seed: settings.seed,
            names,
            chooser,
            chosen,
            values,
            round: 0,
            points: shares.round,
            left: shares.rounds + extra,
        })
    }

    /// Evaluations of each sample that were not needed, once nothing is asked any more.
    pub fn saved(&self) -> usize {
        self.left
    }

    /// Whether there is anything to be won: neither metric is defined for a category without defects, and both may have fallen to nothing.
    fn is_over(&self) -> bool {
        self.left == 0 || self.values.iter().all(|value| !value.is_finite() || *value < FLOOR)
    }

    /// The next points of each sample; none where the budget is spent or nothing is to be won.
    pub fn ask(&self) -> Option<Vec<Vec<Perturbation>>> {
        if self.is_over() {
            return None;
        }
        let aim = self.aim();
        let pooled = match aim {
            Aim::Pooled(metric) => Some(self.chooser.values(metric, &self.chosen[metric as usize])),
            _ => None,
        };
        let asked = (0..self.names.len()).into_par_iter().map(|sample| {
            let own = || self.chooser.candidates(sample).iter().map(|kept| measure(aim, kept)).collect();
            self.of_sample(sample, pooled.as_ref().map_or_else(own, |pooled| pooled[sample].clone()))
        });
        Some(asked.collect())
    }

    /// What this round lowers. A metric that has fallen to nothing leaves its turn to the other.
    fn aim(&self) -> Aim {
        let is_low = |metric: PooledMetric| {
            let value = self.values[metric as usize];
            !value.is_finite() || value < FLOOR
        };
        match TURNS[self.round % TURNS.len()] {
            Aim::Pooled(PooledMetric::Aupro) if is_low(PooledMetric::Aupro) => {
                Aim::Pooled(PooledMetric::PixelAuroc)
            }
            Aim::Pooled(PooledMetric::PixelAuroc) if is_low(PooledMetric::PixelAuroc) => {
                Aim::Pooled(PooledMetric::Aupro)
            }
            aim => aim,
        }
    }

    fn of_sample(&self, sample: usize, losses: Vec<f64>) -> Vec<Perturbation> {
        let mut points: Vec<Vec<f64>> = Vec::with_capacity(losses.len());
        let mut pairs = Vec::with_capacity(losses.len());
        for (kept, loss) in self.chooser.candidates(sample).iter().zip(losses) {
            let point = to_point(&self.axes, &kept.perturbation);
            if !points.contains(&point) {
                points.push(point);
                pairs.push([loss; 2]);
            }
        }
        let name = format!("{}/{}/round-{}", self.names[sample], self.attack, self.round);
        let count = self.points.min(self.left);
        let mut round = search::next_round(&self.space, count, derive_seed(self.seed, &name));
        round.tell_both(&points, &pairs);
        round.ask(count).iter().map(|point| to_perturbation(&self.axes, point)).collect()
    }

    /// Takes the answers to a round, in the order of the samples.
    ///
    /// # Panics
    /// If there is not one list for each sample.
    pub fn tell(&mut self, answers: Vec<Vec<KeptCandidate>>) {
        self.chooser.add(answers);
        for (at, metric) in PooledMetric::ALL.into_iter().enumerate() {
            self.chosen[at] = self.chooser.lowest(metric, std::slice::from_ref(&self.chosen[at]));
            self.values[at] = self.chooser.value(metric, &self.chosen[at]);
        }
        self.left -= self.points.min(self.left);
        self.round += 1;
    }

    /// What is chosen now, by each metric of [`PooledMetric::ALL`].
    pub fn chosen(&self) -> [Vec<KeptCandidate>; 2] {
        self.chosen.each_ref().map(|chosen| {
            let kept = |(sample, &at): (usize, &usize)| self.chooser.candidates(sample)[at].clone();
            chosen.iter().enumerate().map(kept).collect()
        })
    }
}

/// What a candidate is worth to a sample alone.
fn measure(aim: Aim, kept: &KeptCandidate) -> f64 {
    if aim == Aim::SampleAuroc { kept.sample_auroc.unwrap_or(kept.loss) } else { kept.loss }
}
