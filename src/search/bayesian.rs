//! Bayesian optimisation as a search strategy.

use super::gaussian_process::{Belief, GaussianProcess, Kernel};
use super::proposals::Proposals;
use super::space::Space;
use super::strategy::{Kind, Strategy, check_lengths};
use super::tracker::finite_or_infinity;
use crate::stats;
use crate::types::Detail;

/// Share of the budget that goes into the first, space-filling design.
const DESIGN: f64 = 0.2;
/// Share of what is spent that goes into coarse evaluations, as long as there is enough left.
const COARSE: f64 = 0.65;
/// Share of the budget that is left to full evaluations alone, at the end.
const LAST: f64 = 0.15;
/// Share of the budget in which nothing is tried any more for the sake of learning.
const CLOSING: f64 = 0.1;
/// Observations of the lowest losses that a round considers again.
const PROMISING: usize = 30;
/// Places around which candidates are drawn.
const PLACES: usize = 5;
/// How many deviations below the mean a candidate is judged by, in turn.
const OPTIMISM: [f64; 4] = [0.0, 0.5, 1.0, 2.0];
/// Bayesian optimisation (Jones, Schonlau and Welch 1998) for losses that are rough along some axes and smooth along others, with
/// coarse and full evaluations of points in one Gaussian process (a co-kriging after Kennedy and O'Hagan 2000).
///
/// - **Design.** A fifth of the budget goes to a Halton sequence, of which a quarter of the coordinates is moved to the ends of
///   their axes or to the coordinates of the first offered point: worst cases often lie exactly there.
/// - **Rounds.** Each round fits the process to all that is known and takes the candidates of the lowest confidence bounds
///   (Srinivas et al. 2010), with 0, 1/2, 1 and 2 deviations in turn; the deviation is what the closest observation leaves,
///   which takes a hundredth of the time of the exact one and finds as much. Candidates are random points, good places with other
///   values of the rough axes, and good values of the rough axes with other places.
/// - **Coarse evaluations** take about two thirds of the budget where they are cheaper; full ones go to the points that promise
///   the lowest full loss, evaluated coarsely before or not, and have the last part of the budget to themselves.
///
/// Where points have two losses, the process knows both, and rounds of either kind lower them in turn.
///
/// Points offered before the first `ask` count as full evaluations.
#[derive(Clone, Debug)]
pub struct Bayesian {
    space: Space,
    proposals: Proposals,
    budget: f64,
    left: f64,
    coarse_cost: f64,
    spent_coarse: f64,
    process: GaussianProcess,
    turn: usize,
    /// Rounds of coarse and of full evaluations so far.
    rounds: [usize; 2],
    detail: Detail,
    /// The points of this round.
    round: Vec<Member>,
}

/// A point of a round, whether it was asked for, and its loss.
#[derive(Clone, Debug)]
struct Member {
    /// Unit coordinates of the point.
    unit: Vec<f64>,
    point: Vec<f64>,
    asked: bool,
    losses: Option<[f64; 2]>,
}

impl Bayesian {
    /// A search with at most `budget` full evaluations, or more evaluations of which the coarse ones count `coarse_cost` each;
    /// where that is 1 or more, all are full.
    pub fn new(space: &Space, budget: usize, seed: u64, coarse_cost: f64) -> Self {
        Self {
            proposals: Proposals::new(space, seed),
            process: GaussianProcess::new(Kernel::new(space)),
            space: space.clone(),
            budget: budget as f64,
            left: budget as f64,
            coarse_cost,
            spent_coarse: 0.0,
            turn: 0,
            rounds: [0; 2],
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

    /// How many evaluations the rest of the budget has.
    fn affordable(&self, detail: Detail) -> usize {
        // A sum of many costs must not lose an evaluation to rounding.
        ((self.left + 1e-9) / self.cost(detail)).floor() as usize
    }

    /// The first round.
    fn design(&mut self) -> Vec<Vec<f64>> {
        self.detail = if self.has_coarse() { Detail::Coarse } else { Detail::Full };
        // One full evaluation is kept, so that a coarse design is of some use.
        let most = if self.has_coarse() { self.left - 1.0 } else { self.left };
        let count = (DESIGN * self.budget).max(6.0 * self.coarse_cost.min(1.0)).min(most);
        let count = (count / self.cost(self.detail) + 1e-9).floor() as usize;
        if count == 0 {
            self.detail = Detail::Full;
            return vec![self.proposals.halton(0)];
        }
        let mut points: Vec<Vec<f64>> = (0..count as u64).map(|index| self.proposals.halton(index)).collect();
        // A coarse evaluation of the first point offered ties both levels together.
        if let (Detail::Coarse, Some(first)) = (self.detail, self.process.points().first()) {
            points[0].clone_from(first);
        }
        points
    }

    /// Candidates around the best observations.
    fn candidates(&mut self) -> Vec<Vec<f64>> {
        let mut ranked: Vec<(f64, usize)> = self
            .lowest(PROMISING)
            .into_iter()
            .map(|index| (self.process.glance(&self.process.points()[index], Detail::Full).mean, index))
            .collect();
        ranked.sort_by(|a, b| a.0.total_cmp(&b.0));
        let places: Vec<Vec<f64>> =
            ranked.iter().take(PLACES).map(|&(_, index)| self.process.points()[index].clone()).collect();
        self.proposals.candidates(&places)
    }

    /// Observations of the lowest losses.
    fn lowest(&self, count: usize) -> Vec<usize> {
        let losses = self.process.fitted();
        let mut order: Vec<usize> = (0..losses.len()).collect();
        order.sort_by(|&a, &b| losses[a].total_cmp(&losses[b]));
        order.truncate(count);
        order
    }

    /// Points of one round of coarse evaluations, or of full ones where there are no coarse ones: few where the budget is small and
    /// each must be chosen well, more where it is large and choosing takes longer.
    fn usual_round(&self) -> usize {
        (self.budget / 8.0).clamp(4.0, 12.0) as usize
    }

    /// Chooses what is evaluated next.
    fn next_round(&mut self) -> Vec<Vec<f64>> {
        let spent = (self.budget - self.left).max(f64::MIN_POSITIVE);
        let round = self.usual_round();
        let enough = self.left > (LAST * self.budget).max(round as f64 * self.coarse_cost + 1.0);
        let coarse = self.has_coarse() && enough && self.spent_coarse / spent < COARSE;
        self.detail = if coarse { Detail::Coarse } else { Detail::Full };
        // Between coarse evaluations, full ones come a few at a time.
        let size = if self.has_coarse() && !coarse { round / 4 + 1 } else { round };
        let size = size.min(self.affordable(self.detail));
        let rounds = &mut self.rounds[usize::from(self.detail == Detail::Full)];
        self.process.fit(*rounds % 2);
        *rounds += 1;
        let caution = if self.left > CLOSING * self.budget { 1.0 } else { 0.3 };
        self.choose(size, caution)
    }

    /// Points that a process which was fitted expects the most of, as closely evaluated as `detail` says.
    fn choose(&mut self, size: usize, caution: f64) -> Vec<Vec<f64>> {
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
        let mut beliefs: Vec<(Belief, Vec<f64>)> = candidates
            .into_iter()
            .map(|candidate| (self.process.glance(&candidate, self.detail), candidate))
            .collect();
        let mut chosen: Vec<Vec<f64>> = Vec::with_capacity(size);
        for _ in 0..size {
            let optimism = caution * OPTIMISM[self.turn % OPTIMISM.len()];
            self.turn += 1;
            let bound = |belief: &Belief| belief.mean - optimism * belief.deviation;
            let lowest = beliefs.iter().min_by(|a, b| bound(&a.0).total_cmp(&bound(&b.0)));
            let Some((_, point)) = lowest else { break };
            let point = point.clone();
            beliefs.retain(|(_, other)| far(&point, other, 0.02));
            chosen.push(point);
        }
        self.proposals.narrow();
        if chosen.is_empty() {
            chosen.push(self.proposals.random());
        }
        chosen
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
            .map(|unit| {
                let point = self.space.point(unit.clone());
                Member { unit: self.space.settled(unit, &point), point, asked: false, losses: None }
            })
            .collect();
    }
}

/// What is known of one point.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The point.
    pub point: Vec<f64>,
    /// Its loss.
    pub loss: f64,
    /// How closely it was evaluated.
    pub detail: Detail,
}

/// The next points of a Bayesian search of which everything is known that was found so far, whatever found it: `count` of them, evaluated
/// as closely as `detail` says. The first point known is the one whose coordinates are tried again.
/// `round` counts those that were asked for before.
pub(super) fn next_points(
    space: &Space,
    known: &[Known],
    count: usize,
    detail: Detail,
    (round, seed): (usize, u64),
) -> Vec<Vec<f64>> {
    // One more turn for each four rounds, so that rounds which take turns in something else do not always meet the same optimism.
    let turn = round + round / OPTIMISM.len();
    let mut search = Bayesian { detail, turn, ..Bayesian::new(space, count, seed, 1.0) };
    (0..round).for_each(|_| search.proposals.narrow());
    for Known { point, loss, detail } in known {
        let unit = space.unit(point);
        if search.process.points().is_empty() {
            search.proposals.add_landmarks(&unit);
        }
        search.process.observe(unit, *detail, [finite_or_infinity(*loss); 2]);
    }
    let units = if known.is_empty() {
        (0..count as u64).map(|index| search.proposals.halton(index)).collect()
    } else {
        search.process.fit(0);
        search.choose(count, 1.0)
    };
    units.into_iter().map(|unit| space.point(unit)).collect()
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
        self.tell_both(points, &losses.iter().map(|&loss| [loss; 2]).collect::<Vec<_>>());
    }

    fn tell_both(&mut self, points: &[Vec<f64>], losses: &[[f64; 2]]) {
        check_lengths(points, losses);
        for (point, losses) in points.iter().zip(losses) {
            let losses = losses.map(finite_or_infinity);
            let waiting = self
                .round
                .iter_mut()
                .find(|member| member.asked && member.losses.is_none() && member.point == *point);
            if let Some(member) = waiting {
                member.losses = Some(losses);
            } else if self.round.is_empty() {
                let unit = self.space.unit(point);
                if self.process.points().is_empty() {
                    self.proposals.add_landmarks(&unit);
                }
                self.process.observe(unit, Detail::Full, losses);
            }
        }
        if !self.round.is_empty() && self.round.iter().all(|member| member.losses.is_some()) {
            for member in std::mem::take(&mut self.round) {
                self.process.observe(member.unit, self.detail, member.losses.unwrap_or([f64::INFINITY; 2]));
            }
        }
    }

    fn remaining(&self) -> usize {
        self.affordable(Detail::Full)
    }

    fn detail(&self) -> Detail {
        self.detail
    }

    fn expected_gain(&mut self) -> Option<f64> {
        let full = self.process.details().iter().zip(self.process.losses(0));
        let best = full.filter(|(detail, _)| **detail == Detail::Full).map(|(_, &loss)| loss);
        let best = best.fold(f64::INFINITY, f64::min);
        if !best.is_finite() {
            return None;
        }
        self.process.fit(0);
        let gain = |deviation: f64, mean: f64| stats::expected_improvement(best, mean, deviation);
        let mut promising: Vec<(f64, f64, Vec<f64>)> = self
            .candidates()
            .into_iter()
            .map(|point| {
                let Belief { mean, deviation } = self.process.glance(&point, Detail::Full);
                (gain(deviation, mean), mean, point)
            })
            .collect();
        promising.sort_by(|a, b| b.0.total_cmp(&a.0));
        let exact = promising
            .iter()
            .take(PROMISING)
            .map(|(_, mean, point)| gain(self.process.deviation(point, Detail::Full), *mean));
        exact.reduce(f64::max)
    }

    fn name(&self) -> &'static str {
        Kind::Bayesian.name()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::{Dimension, Kind, Tracker, build};

    fn space() -> Space {
        let line = Dimension { low: -1.0, high: 1.0, circular: false };
        let space = Space::new(vec![line, Dimension { circular: true, ..line }, line]).unwrap();
        space.with_rough(vec![true, false, false])
    }

    /// Rough along the first axis, smooth along the others, as a rotation and two colours are.
    fn loss(point: &[f64], number: usize) -> f64 {
        let teeth = (point[0] * 397.0 + number as f64).sin() + (point[0] * 229.0).cos();
        let shift = 0.1 * number as f64;
        0.3 * teeth - (std::f64::consts::PI * (point[1] - shift)).cos() + (point[2] - 0.4).powi(2)
    }

    /// The lowest full loss, and what all evaluations cost.
    fn run(strategy: &mut dyn Strategy, number: usize, coarse_cost: f64) -> (f64, f64) {
        let (mut best, mut cost) = (Tracker::default(), 0.0);
        let identity = vec![vec![0.0; 3]];
        strategy.tell(&identity, &[loss(&identity[0], number)]);
        loop {
            let points = strategy.ask(usize::MAX);
            if points.is_empty() {
                return (best.best().unwrap().loss, cost);
            }
            let losses: Vec<f64> = match strategy.detail() {
                Detail::Full => points.iter().map(|point| loss(point, number)).collect(),
                Detail::Coarse => {
                    points.iter().map(|point| loss(point, number) + 0.1 * (9.0 * point[2]).sin()).collect()
                }
            };
            if strategy.detail() == Detail::Full {
                best.observe(&points, &losses);
                cost += points.len() as f64;
            } else {
                cost += coarse_cost * points.len() as f64;
            }
            strategy.tell(&points, &losses);
        }
    }

    #[test]
    fn rough_losses_are_searched_better_than_by_others_and_better_still_with_coarse_evaluations() {
        let mean = |search: &dyn Fn(u64) -> (Box<dyn Strategy>, f64)| {
            let found = (0..20).map(|number| {
                let (mut strategy, coarse_cost) = search(number as u64);
                run(strategy.as_mut(), number, coarse_cost).0
            });
            found.sum::<f64>() / 20.0
        };
        let other = |kind: Kind| mean(&move |seed| (build(kind, &space(), 25, seed), 1.0));
        let full = other(Kind::Bayesian);
        let coarse = mean(&|seed| (Box::new(Bayesian::new(&space(), 25, seed, 0.28)) as _, 0.28));
        for kind in [Kind::Grid, Kind::Random, Kind::CmaEs] {
            assert!(full < other(kind) - 0.05, "{kind}: {} {full}", other(kind));
        }
        assert!(coarse < full - 0.01, "{coarse} {full}");
    }

    #[test]
    fn of_two_losses_both_are_lowered() {
        // The second is low where the first is not.
        let second = |point: &[f64], number: usize| -loss(point, number);
        let lowest = |both: bool| {
            let found = (0..10).map(|number| {
                let mut strategy = Bayesian::new(&space(), 40, number as u64, 1.0);
                let mut least = [f64::INFINITY; 2];
                loop {
                    let points = strategy.ask(usize::MAX);
                    if points.is_empty() {
                        return least;
                    }
                    let pair = |point: &Vec<f64>| [loss(point, number), second(point, number)];
                    let losses: Vec<[f64; 2]> = points.iter().map(pair).collect();
                    losses.iter().for_each(|pair| {
                        least = [least[0].min(pair[0]), least[1].min(pair[1])];
                    });
                    if both {
                        strategy.tell_both(&points, &losses);
                    } else {
                        strategy.tell(&points, &losses.iter().map(|pair| pair[0]).collect::<Vec<_>>());
                    }
                }
            });
            found.fold([0.0; 2], |sum, least| [sum[0] + least[0] / 10.0, sum[1] + least[1] / 10.0])
        };
        let (both, first) = (lowest(true), lowest(false));
        assert!(both[1] < first[1] - 0.5, "{both:?} {first:?}");
        assert!(first[0] <= both[0] && both[0] < first[0] + 0.3, "{both:?} {first:?}");
    }

    #[test]
    fn evaluations_of_both_kinds_keep_to_the_budget() {
        for budget in [1, 2, 3, 7, 24, 99] {
            for coarse_cost in [0.1, 0.28, 0.7] {
                let mut strategy = Bayesian::new(&space(), budget, 3, coarse_cost);
                let (_, cost) = run(&mut strategy, 0, coarse_cost);
                let budget = budget as f64;
                assert!(cost <= budget + 1e-6 && cost > budget - 1.0, "{budget} {coarse_cost}: {cost}");
            }
        }
    }

    #[test]
    fn rounds_of_what_is_known_find_more_than_chance_and_no_point_twice() {
        let rounds = |seed: u64, informed: bool| {
            let mut known =
                vec![Known { point: vec![0.0; 3], loss: loss(&[0.0; 3], 0), detail: Detail::Full }];
            for round in 0..15 {
                // Without what is known, the points are those of the first round.
                let given = if informed { known.as_slice() } else { &[] };
                let points =
                    next_points(&space(), given, 3, Detail::Full, (round, 100 * seed + round as u64));
                assert_eq!(points.len(), 3);
                for point in points {
                    assert!(space().contains(&point), "{point:?}");
                    assert!(!informed || known.iter().all(|known| known.point != point), "{point:?} twice");
                    known.push(Known { loss: loss(&point, 0), point, detail: Detail::Full });
                }
            }
            known.iter().map(|known| known.loss).fold(f64::INFINITY, f64::min)
        };
        let mean = |informed: bool| (0..8).map(|seed| rounds(seed, informed)).sum::<f64>() / 8.0;
        let (informed, chance) = (mean(true), mean(false));
        assert!(informed < chance - 0.1, "{informed} {chance}");
    }

    #[test]
    fn a_coarse_evaluation_of_a_point_leaves_the_full_one_open() {
        let at = |x: f64, loss: f64| Known { point: vec![x, 0.0, 0.0], loss, detail: Detail::Coarse };
        let known = [at(-0.8, 5.0), at(0.1, -30.0), at(0.9, 5.0)];
        let full = next_points(&space(), &known, 4, Detail::Full, (0, 1));
        let is_it = |point: &Vec<f64>| (point[0] - 0.1).abs() + point[1].abs() + point[2].abs() < 1e-9;
        assert!(full.iter().any(is_it), "what looks best by far is evaluated fully: {full:?}");
        let coarse = next_points(&space(), &known, 4, Detail::Coarse, (0, 1));
        assert!(coarse.iter().all(|point| known.iter().all(|known| known.point != *point)), "{coarse:?}");
    }

    #[test]
    fn the_expected_gain_shrinks_as_the_search_goes_on() {
        let gain = |budget| {
            let smooth = space().with_rough(vec![false; 3]);
            let mut strategy = Bayesian::new(&smooth, budget, 5, 1.0);
            loop {
                let points = strategy.ask(usize::MAX);
                if points.is_empty() {
                    return strategy.expected_gain().unwrap();
                }
                let losses: Vec<f64> =
                    points.iter().map(|point| point[0].powi(2) + point[2].powi(2)).collect();
                strategy.tell(&points, &losses);
            }
        };
        let (early, late) = (gain(10), gain(120));
        assert!(late >= 0.0 && late < 0.3 * early, "{early} {late}");
    }
}
