//! Bayesian optimisation as a search strategy.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::gaussian_process::{GaussianProcess, Kernel};
use super::sequence::halton;
use super::tracker::finite_or_infinity;
use super::{Space, Strategy, check_lengths};
use crate::types::Detail;

/// Share of the budget that goes into the first, space-filling design.
const DESIGN: f64 = 0.2;
/// Share of what is spent that goes into coarse looks, as long as there is enough left.
const COARSE: f64 = 0.65;
/// Share of the budget that is left to full looks alone, at the end.
const LAST: f64 = 0.15;
/// Share of the budget in which nothing is tried any more for the sake of learning.
const CLOSING: f64 = 0.1;
/// Points of one round of coarse looks, or of full ones where there are no coarse ones; and of a round of full ones between coarse
/// ones.
const ROUND: usize = 4;
const FULL_ROUND: usize = 2;
/// Points among which a round chooses.
const CANDIDATES: usize = 200;
/// Observations of the lowest losses that are looked at again.
const PROMISING: usize = 30;
/// Places around which candidates are drawn.
const PLACES: usize = 5;
/// How many deviations below the mean a candidate is judged by, in turn.
const OPTIMISM: [f64; 4] = [0.0, 0.5, 1.0, 2.0];
/// Probability that a coordinate of a random point is moved to the nearest landmark: an end of its axis, or the coordinate of the
/// first point that was offered.
const SNAP: f64 = 0.25;
/// First and least standard deviation of steps from a good place, in units of an axis, and what is left of it after a round.
const STEPS: (f64, f64, f64) = (0.08, 0.02, 0.97);

/// Bayesian optimisation (Jones, Schonlau and Welch 1998) for losses that are rough along some axes and smooth along others, with
/// coarse and full looks at a point in one Gaussian process (a co-kriging after Kennedy and O'Hagan 2000).
///
/// - **Design.** A fifth of the budget goes to a Halton sequence, of which a quarter of the coordinates is moved to the ends of
///   their axes or to the coordinates of the first offered point: worst cases often lie exactly there.
/// - **Rounds.** Each round fits the process to all that is known and takes the candidates of the lowest confidence bounds
///   (Srinivas et al. 2010), with 0, 1/2, 1 and 2 deviations in turn. Candidates are random points, good places with other
///   values of the rough axes, and good values of the rough axes with other places.
/// - **Coarse looks** take about two thirds of the budget where they are cheaper; full looks go to the points that promise the
///   lowest full loss, seen coarsely before or not, and have the last part of the budget to themselves.
///
/// Points offered before the first `ask` count as full looks.
#[derive(Clone, Debug)]
pub struct Bayesian {
    space: Space,
    rng: ChaCha8Rng,
    budget: f64,
    left: f64,
    coarse_cost: f64,
    spent_coarse: f64,
    shift: Vec<f64>,
    landmarks: Vec<Vec<f64>>,
    process: GaussianProcess,
    step: f64,
    turn: usize,
    detail: Detail,
    /// This round: unit coordinates, the point that was made of them, whether it was asked for, its loss.
    round: Vec<Member>,
}

#[derive(Clone, Debug)]
struct Member {
    unit: Vec<f64>,
    point: Vec<f64>,
    asked: bool,
    loss: Option<f64>,
}

impl Bayesian {
    /// With at most `budget` full looks, or more looks of which some are coarse and count `coarse_cost` each; no coarse ones where
    /// that is 1 or more.
    pub fn new(space: &Space, budget: usize, seed: u64, coarse_cost: f64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let shift = (0..space.len()).map(|_| rng.random()).collect();
        let ends = |circular: bool| if circular { Vec::new() } else { vec![0.0, 1.0] };
        Self {
            landmarks: space.dimensions().iter().map(|dimension| ends(dimension.circular)).collect(),
            process: GaussianProcess::new(Kernel::new(space)),
            space: space.clone(),
            rng,
            budget: budget as f64,
            left: budget as f64,
            coarse_cost,
            spent_coarse: 0.0,
            shift,
            step: STEPS.0,
            turn: 0,
            detail: Detail::Full,
            round: Vec::new(),
        }
    }

    fn has_coarse(&self) -> bool {
        self.coarse_cost < 1.0
    }

    fn cost(&self, detail: Detail) -> f64 {
        match detail {
            Detail::Full => 1.0,
            Detail::Coarse => self.coarse_cost,
        }
    }

    /// How many looks the rest of the budget has.
    fn affordable(&self, detail: Detail) -> usize {
        // A sum of many costs must not lose a look to rounding.
        ((self.left + 1e-9) / self.cost(detail)).floor() as usize
    }

    /// The first round.
    fn design(&mut self) -> Vec<Vec<f64>> {
        self.detail = if self.has_coarse() { Detail::Coarse } else { Detail::Full };
        // One full look is kept, so that a coarse design is of some use.
        let most = if self.has_coarse() { self.left - 1.0 } else { self.left };
        let count = (DESIGN * self.budget).max(6.0 * self.coarse_cost.min(1.0)).min(most);
        let count = (count / self.cost(self.detail) + 1e-9).floor() as usize;
        if count == 0 {
            self.detail = Detail::Full;
            return vec![self.halton(0)];
        }
        let mut points: Vec<Vec<f64>> = (0..count as u64).map(|index| self.halton(index)).collect();
        // What the coarse look makes of the point that is known best ties both levels together.
        if let (Detail::Coarse, Some(first)) = (self.detail, self.process.points().first()) {
            points[0].clone_from(first);
        }
        points
    }

    fn halton(&mut self, index: u64) -> Vec<f64> {
        let mut unit = halton(index + 1, &self.shift);
        self.snap(&mut unit);
        unit
    }

    /// Moves some coordinates to their landmarks.
    fn snap(&mut self, unit: &mut [f64]) {
        for (value, landmarks) in unit.iter_mut().zip(&self.landmarks) {
            if self.rng.random::<f64>() < SNAP {
                let distance = |mark: &&f64| (**mark - *value).abs();
                if let Some(mark) = landmarks.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))) {
                    *value = *mark;
                }
            }
        }
    }

    fn random(&mut self) -> Vec<f64> {
        let mut unit: Vec<f64> = (0..self.space.len()).map(|_| self.rng.random()).collect();
        self.snap(&mut unit);
        unit
    }

    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.rng.random::<f64>()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.rng.random::<f64>()).cos()
    }

    /// Points to choose from.
    fn candidates(&mut self) -> Vec<Vec<f64>> {
        let mut ranked: Vec<(f64, usize)> = self
            .lowest(PROMISING)
            .into_iter()
            .map(|index| (self.process.glance(&self.process.points()[index], Detail::Full).mean, index))
            .collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        let places: Vec<Vec<f64>> =
            ranked.iter().take(PLACES).map(|&(_, index)| self.process.points()[index].clone()).collect();
        (0..CANDIDATES)
            .map(|index| {
                let place = &places[self.rng.random_range(0..places.len())];
                match index % 5 {
                    0 => self.random(),
                    1 | 2 => self.elsewhere(place.clone()),
                    _ => self.beside(place.clone()),
                }
            })
            .collect()
    }

    /// Observations of the lowest losses.
    fn lowest(&self, count: usize) -> Vec<usize> {
        let losses = self.process.losses();
        let mut order: Vec<usize> = (0..losses.len()).collect();
        order.sort_by(|&a, &b| losses[a].total_cmp(&losses[b]));
        order.truncate(count);
        order
    }

    /// A good place with other values of its rough axes.
    fn elsewhere(&mut self, mut unit: Vec<f64>) -> Vec<f64> {
        let other = self.random();
        let moved = self.rng.random::<f64>() < 0.5;
        for axis in 0..unit.len() {
            if self.space.is_rough(axis) {
                unit[axis] = other[axis];
            } else if moved {
                unit[axis] += 0.04 * self.normal();
            }
        }
        self.fold(unit)
    }

    /// Another place with the same, or almost the same, values of the rough axes.
    fn beside(&mut self, mut unit: Vec<f64>) -> Vec<f64> {
        let step = self.step * (0.8 * self.normal()).exp();
        let moved = self.rng.random::<f64>() < 0.3;
        for (axis, value) in unit.iter_mut().enumerate() {
            let rough = self.space.is_rough(axis);
            if !rough {
                *value += step * self.normal();
            } else if moved {
                *value += 0.008 * self.normal();
            }
        }
        let mut unit = self.fold(unit);
        if self.rng.random::<f64>() < 0.2 {
            self.snap(&mut unit);
        }
        unit
    }

    /// Unit coordinates inside the box.
    fn fold(&self, unit: Vec<f64>) -> Vec<f64> {
        self.space.unit(&self.space.point(unit))
    }

    /// Chooses what is looked at next.
    fn next_round(&mut self) -> Vec<Vec<f64>> {
        let spent = (self.budget - self.left).max(f64::MIN_POSITIVE);
        let enough = self.left > (LAST * self.budget).max(ROUND as f64 * self.coarse_cost + 1.0);
        let coarse = self.has_coarse() && enough && self.spent_coarse / spent < COARSE;
        self.detail = if coarse { Detail::Coarse } else { Detail::Full };
        let size = if self.has_coarse() && !coarse { FULL_ROUND } else { ROUND };
        let size = size.min(self.affordable(self.detail));
        self.process.fit();
        let mut candidates = self.candidates();
        if self.detail == Detail::Full {
            let seen = self.lowest(PROMISING).into_iter();
            candidates.extend(seen.map(|index| self.process.points()[index].clone()));
        }
        let known: Vec<&Vec<f64>> = self
            .process
            .points()
            .iter()
            .zip(self.process.details())
            .filter_map(|(point, &detail)| (detail == self.detail).then_some(point))
            .collect();
        candidates.retain(|candidate| known.iter().all(|other| far(candidate, other, 2e-3)));
        let beliefs: Vec<_> =
            candidates.iter().map(|candidate| self.process.glance(candidate, self.detail)).collect();
        let caution = if self.left > CLOSING * self.budget { 1.0 } else { 0.3 };
        let mut chosen: Vec<usize> = Vec::with_capacity(size);
        let mut exact: Vec<Option<f64>> = vec![None; candidates.len()];
        for _ in 0..size {
            let optimism = caution * OPTIMISM[self.turn % OPTIMISM.len()];
            self.turn += 1;
            let free = |index: &usize| {
                chosen.iter().all(|&other| far(&candidates[*index], &candidates[other], 0.02))
            };
            // The bound from the deviation's bound is never above the exact one, so that few exact ones need be known.
            let mut order: Vec<(f64, usize)> = (0..candidates.len())
                .filter(free)
                .map(|index| (beliefs[index].mean - optimism * beliefs[index].deviation, index))
                .collect();
            order.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut best: Option<(f64, usize)> = None;
            for (bound, index) in order {
                if best.is_some_and(|(value, _)| value <= bound) {
                    break;
                }
                let deviation = *exact[index]
                    .get_or_insert_with(|| self.process.deviation(&candidates[index], self.detail));
                let value = beliefs[index].mean - optimism * deviation;
                if best.is_none_or(|(least, _)| value < least) {
                    best = Some((value, index));
                }
            }
            let Some((_, index)) = best else { break };
            chosen.push(index);
        }
        self.step = (self.step * STEPS.2).max(STEPS.1);
        if chosen.is_empty() {
            return vec![self.random()];
        }
        chosen.into_iter().map(|index| candidates[index].clone()).collect()
    }

    /// Fills the next round, if there is a budget for one.
    fn refill(&mut self) {
        if self.affordable(Detail::Full) == 0 {
            return;
        }
        let units = if self.spent_coarse == 0.0 && self.left == self.budget {
            self.design()
        } else {
            self.next_round()
        };
        self.round = units
            .into_iter()
            .map(|unit| Member { point: self.space.point(unit.clone()), unit, asked: false, loss: None })
            .collect();
    }
}

/// Whether two points are apart by a share of an axis.
fn far(a: &[f64], b: &[f64], by: f64) -> bool {
    a.iter().zip(b).any(|(a, b)| (a - b).abs() > by)
}

impl Strategy for Bayesian {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        if self.round.is_empty() && limit > 0 {
            self.refill();
        }
        let waiting = self.round.iter_mut().filter(|member| !member.asked).take(limit);
        let points: Vec<Vec<f64>> = waiting
            .map(|member| {
                member.asked = true;
                member.point.clone()
            })
            .collect();
        let cost = points.len() as f64 * self.cost(self.detail);
        self.left -= cost;
        if self.detail == Detail::Coarse {
            self.spent_coarse += cost;
        }
        points
    }

    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]) {
        check_lengths(points, losses);
        for (point, &loss) in points.iter().zip(losses) {
            let loss = finite_or_infinity(loss);
            let waiting = self
                .round
                .iter_mut()
                .find(|member| member.asked && member.loss.is_none() && member.point == *point);
            if let Some(member) = waiting {
                member.loss = Some(loss);
            } else if self.round.is_empty() {
                let unit = self.space.unit(point);
                if self.process.points().is_empty() {
                    let free = self.landmarks.iter_mut().zip(&unit).zip(self.space.dimensions());
                    for ((marks, &value), dimension) in free {
                        if !dimension.circular {
                            marks.push(value);
                        }
                    }
                }
                self.process.observe(unit, Detail::Full, loss);
            }
        }
        if !self.round.is_empty() && self.round.iter().all(|member| member.loss.is_some()) {
            for member in std::mem::take(&mut self.round) {
                self.process.observe(member.unit, self.detail, member.loss.unwrap_or(f64::INFINITY));
            }
        }
    }

    fn remaining(&self) -> usize {
        self.affordable(Detail::Full)
    }

    fn detail(&self) -> Detail {
        self.detail
    }

    fn name(&self) -> &'static str {
        super::Kind::Bayesian.name()
    }
}
