//! The rounds of an adaptive run: after the searches of one attack on the samples of a category, evaluations where they lower the
//! category's metrics.

use rayon::prelude::*;

use super::candidates::KeptCandidate;
use super::choice::Chooser;
use super::sample::{space_of, to_perturbation, to_point};
use super::settings::Settings;
use super::shares::Shares;
use crate::error::Result;
use crate::search::{self, Known, Space};
use crate::stats::derive_seed;
use crate::types::{Attack, Axis, Detail, Perturbation, PooledMetric};

/// Below this a pooled metric has nothing left to lose.
const FLOOR: f64 = 0.005;

/// What a round of each aim must lower one of the metrics by, along one axis, if more are to follow: what is left goes to the joint attack.
const LEAST_WON: f64 = 5e-4;

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
    /// The values of these choices, and those before the present turns.
    values: [f64; 2],
    before: [f64; 2],
    /// Whether the last turns have won nothing.
    is_idle: bool,
    /// Rounds so far of coarse and of full evaluations.
    rounds: [usize; 2],
    /// Points of a round of coarse and of full evaluations.
    points: [usize; 2],
    coarse_cost: f64,
    /// What is left for each sample, in full evaluations.
    left: f64,
}

impl<'a> Refinement<'a> {
    /// Begins with what the searches have found. `names` are those of the samples with their category, by which their points are drawn;
    /// `extra` evaluations of each sample were saved by attacks on fewer axes.
    ///
    /// # Errors
    /// The bounds of the attack make no box.
    pub fn new(
        settings: &Settings,
        (attack, shares, extra): (Attack, Shares, f64),
        coarse_cost: f64,
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
            before: values,
            is_idle: false,
            rounds: [0; 2],
            points: [shares.coarse_round, shares.full_round],
            coarse_cost,
            left: shares.rounds as f64 + extra,
        })
    }

    /// What was not needed for each sample, in full evaluations, once nothing is asked any more.
    pub fn saved(&self) -> f64 {
        self.left.max(0.0)
    }

    /// How many points the next round has, and how closely they are evaluated: where coarse evaluations are cheaper, a round of them comes
    /// before each round of full ones that it leaves room for. None where the budget is spent.
    fn next(&self) -> Option<(usize, Detail)> {
        let [coarse, full] = self.points;
        let affordable = (self.left + 1e-9).floor() as usize;
        let both = coarse as f64 * self.coarse_cost + full as f64;
        if coarse > 0 && self.coarse_cost < 1.0 && self.rounds[0] == self.rounds[1] && self.left >= both {
            return Some((coarse, Detail::Coarse));
        }
        (affordable > 0).then_some((full.min(affordable), Detail::Full))
    }

    /// Whether nothing is to be won: neither metric is defined for a category without defects, both may have fallen to nothing, and along one
    /// axis a round of each aim may have lowered neither.
    fn is_over(&self) -> bool {
        self.is_idle || self.values.iter().all(|value| !value.is_finite() || *value < FLOOR)
    }

    /// The next points of each sample, and how closely they are evaluated; none where the budget is spent or nothing is to be won.
    pub fn ask(&self) -> Option<(Vec<Vec<Perturbation>>, Detail)> {
        let (count, detail) = self.next().filter(|_| !self.is_over())?;
        let aim = self.aim();
        let pooled = match aim {
            Aim::Pooled(metric) => Some(self.chooser.values(metric, &self.chosen[metric as usize])),
            _ => None,
        };
        let asked = (0..self.names.len()).into_par_iter().map(|sample| {
            let own = || self.alone(aim, sample);
            let losses = pooled.as_ref().map_or_else(own, |pooled| pooled[sample].clone());
            self.of_sample(sample, losses, count, detail)
        });
        let asked: Vec<Vec<Perturbation>> = asked.collect();
        // Axes of no width have no points.
        asked.iter().any(|points| !points.is_empty()).then_some((asked, detail))
    }

    /// What this round lowers. A metric that has fallen to nothing leaves its turn to the other.
    fn aim(&self) -> Aim {
        let is_low = |metric: PooledMetric| {
            let value = self.values[metric as usize];
            !value.is_finite() || value < FLOOR
        };
        match TURNS[self.rounds[1] % TURNS.len()] {
            Aim::Pooled(PooledMetric::Aupro) if is_low(PooledMetric::Aupro) => {
                Aim::Pooled(PooledMetric::PixelAuroc)
            }
            Aim::Pooled(PooledMetric::PixelAuroc) if is_low(PooledMetric::PixelAuroc) => {
                Aim::Pooled(PooledMetric::Aupro)
            }
            aim => aim,
        }
    }

    fn of_sample(&self, sample: usize, losses: Vec<f64>, count: usize, detail: Detail) -> Vec<Perturbation> {
        let mut known: Vec<Known> = Vec::with_capacity(losses.len());
        for ((kept, detail), loss) in self.chooser.evaluations(sample).zip(losses) {
            let point = to_point(&self.axes, &kept.perturbation);
            if !known.iter().any(|known| known.detail == detail && known.point == point) {
                known.push(Known { point, loss, detail });
            }
        }
        let [coarse, full] = self.rounds;
        let name = format!("{}/{}/round-{coarse}-{full}", self.names[sample], self.attack);
        let of_round = (full, derive_seed(self.seed, &name));
        let points = search::next_round(&self.space, &known, count, detail, of_round);
        points.iter().map(|point| to_perturbation(&self.axes, point)).collect()
    }

    /// Takes the answers to a round, in the order of the samples.
    ///
    /// # Panics
    /// If there is not one list for each sample.
    pub fn tell(&mut self, answers: Vec<Vec<KeptCandidate>>, detail: Detail) {
        let most = answers.iter().map(Vec::len).max().unwrap_or(0);
        self.left -= most as f64 * if detail == Detail::Coarse { self.coarse_cost } else { 1.0 };
        self.rounds[usize::from(detail == Detail::Full)] += 1;
        self.chooser.add(answers, detail);
        if detail == Detail::Coarse {
            return;
        }
        for (at, metric) in PooledMetric::ALL.into_iter().enumerate() {
            self.chosen[at] = self.chooser.lowest(metric, std::slice::from_ref(&self.chosen[at]));
            self.values[at] = self.chooser.value(metric, &self.chosen[at]);
        }
        if self.axes.len() == 1 && self.rounds[1].is_multiple_of(TURNS.len()) {
            let won =
                |at: usize| self.values[at].is_finite() && self.values[at] < self.before[at] - LEAST_WON;
            self.is_idle = !won(0) && !won(1);
            self.before = self.values;
        }
    }

    /// What each evaluation of a sample is worth to it alone. One that has lost the defect is as good for the model as any.
    fn alone(&self, aim: Aim, sample: usize) -> Vec<f64> {
        let evaluations = || self.chooser.evaluations(sample).map(|(kept, _)| kept);
        let has_auroc = evaluations().next().is_some_and(|unchanged| unchanged.sample_auroc.is_some());
        let by_auroc = aim == Aim::SampleAuroc && has_auroc;
        evaluations()
            .map(|kept| if by_auroc { kept.sample_auroc.unwrap_or(1.0) } else { kept.loss })
            .collect()
    }

    /// What is chosen now, by each metric of [`PooledMetric::ALL`].
    pub fn chosen(&self) -> [Vec<KeptCandidate>; 2] {
        self.chosen.each_ref().map(|chosen| {
            let kept = |(sample, &at): (usize, &usize)| self.chooser.evaluations(sample).nth(at);
            chosen.iter().enumerate().filter_map(kept).map(|(kept, _)| kept.clone()).collect()
        })
    }
}
