//! Strategies by name.

use super::bayesian::{Bayesian, Known, next_points};
use super::cma_es::{CmaEs, CmaEsSettings};
use super::exhaustive::Exhaustive;
use super::fixed::Fixed;
use super::grid::Grid;
use super::nelder_mead::NelderMead;
use super::random::Random;
use super::restart::Restarts;
use super::sobol::Sobol;
use super::space::Space;
use super::strategy::{Kind, Own, Strategy};
use crate::types::Detail;

impl Own {
    /// Builds the strategy over the axes that have a width; the others stay at their value.
    pub fn build_over(&self, space: &Space, budget: usize, seed: u64) -> Box<dyn Strategy> {
        match space.free() {
            None if !space.is_listed() => (self.build)(space, budget, seed),
            None => build(Kind::Grid, space, budget, seed),
            Some(free) if free.is_listed() => build(Kind::Grid, space, budget, seed),
            Some(free) => Box::new(Fixed::new(space, (self.build)(&free, budget, seed), self.name)),
        }
    }
}

/// Builds a strategy that asks for at most `budget` points of the space. Axes of no width stay at their value and cost nothing.
pub fn build(kind: Kind, space: &Space, budget: usize, seed: u64) -> Box<dyn Strategy> {
    build_with(kind, space, budget, seed, 1.0)
}

/// Builds a strategy as [`build`] does, where a coarse evaluation of a point costs `coarse_cost` of a full one: the budget
/// counts full evaluations, and a strategy may spend a part of it on a larger number of coarse ones. With a cost of 1 or more
/// none does.
pub fn build_with(
    kind: Kind,
    space: &Space,
    budget: usize,
    seed: u64,
    coarse_cost: f64,
) -> Box<dyn Strategy> {
    let cma_es = |space: &Space, budget, restarts| -> Box<dyn Strategy> {
        let settings = CmaEsSettings { restarts, ..CmaEsSettings::default() };
        Box::new(CmaEs::with_settings(space, budget, seed, settings))
    };
    let build = |kind: Kind, space: &Space, budget: usize| -> Box<dyn Strategy> {
        match kind {
            // What is a list is gone through.
            _ if space.is_listed() => Box::new(Grid::new(space, budget)),
            Kind::Grid => Box::new(Grid::new(space, budget)),
            Kind::Random => Box::new(Random::new(space, budget, seed)),
            Kind::Sobol => Box::new(Sobol::new(space, budget, seed)),
            Kind::NelderMead => Box::new(NelderMead::new(space, budget, seed)),
            Kind::CmaEs => cma_es(space, budget, Restarts::SamePopulation),
            Kind::IpopCmaEs => cma_es(space, budget, Restarts::Ipop),
            Kind::BipopCmaEs => cma_es(space, budget, Restarts::Bipop),
            Kind::Bayesian => Box::new(Bayesian::new(space, budget, seed, coarse_cost)),
            Kind::Exhaustive => Box::new(Exhaustive::new(space, budget)),
        }
    };
    let Some(free) = space.free() else { return build(kind, space, budget) };
    let inner =
        if free.is_empty() { build(Kind::Grid, &free, budget.min(1)) } else { build(kind, &free, budget) };
    Box::new(Fixed::new(space, inner, kind.name()))
}

/// The next `count` points of a search by Bayesian optimisation of which everything is known that was found so far, whatever found it, each to
/// be evaluated as closely as `detail` says; `round` counts the rounds before. Axes of no width stay at their value. Fewer points where there are no others.
pub fn next_round(
    space: &Space,
    known: &[Known],
    count: usize,
    detail: Detail,
    (round, seed): (usize, u64),
) -> Vec<Vec<f64>> {
    let Some(free) = space.free() else { return next_points(space, known, count, detail, (round, seed)) };
    if free.is_empty() {
        return Vec::new();
    }
    let fixed: Vec<Option<f64>> =
        space.dimensions().iter().map(|axis| (axis.low == axis.high).then_some(axis.low)).collect();
    let project = |known: &Known| {
        let point = known.point.iter().zip(&fixed).filter(|(_, fixed)| fixed.is_none());
        Known { point: point.map(|(&value, _)| value).collect(), ..known.clone() }
    };
    let known: Vec<Known> = known.iter().map(project).collect();
    let insert = |free: Vec<f64>| {
        let mut free = free.into_iter();
        fixed.iter().filter_map(|fixed| fixed.or_else(|| free.next())).collect()
    };
    next_points(&free, &known, count, detail, (round, seed)).into_iter().map(insert).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::search::Dimension;

    #[test]
    fn every_value_of_a_list_is_asked_for_once_whatever_the_strategy() {
        let list = Dimension { low: 1.0, high: 4.0, circular: false };
        let values = vec![1.0, 3.0, 4.0];
        let fixed = Dimension { low: 0.25, high: 0.25, circular: false };
        let alone = Space::new(vec![list]).unwrap().with_lists(vec![Some(values.clone())]);
        let beside = Space::new(vec![fixed, list]).unwrap().with_lists(vec![None, Some(values.clone())]);
        for (kind, space) in Kind::ALL.into_iter().flat_map(|kind| [(kind, &alone), (kind, &beside)]) {
            let mut strategy = build(kind, space, 3, 7);
            let mut asked = Vec::new();
            while strategy.remaining() > 0 {
                let points = strategy.ask(2);
                strategy.tell(&points, &vec![0.5; points.len()]);
                asked.extend(points.into_iter().filter_map(|point| point.last().copied()));
            }
            asked.sort_by(f64::total_cmp);
            assert_eq!(asked, values, "{}", kind.name());
        }
    }

    #[test]
    fn an_axis_of_no_width_stays_and_takes_no_part() {
        let line = Dimension { low: -1.0, high: 1.0, circular: false };
        let fixed = Dimension { low: 0.25, high: 0.25, circular: false };
        let space = Space::new(vec![line, fixed, line]).unwrap();
        let known = [Known { point: vec![0.0, 0.25, 0.5], loss: 1.0, detail: Detail::Full }];
        let points = next_round(&space, &known, 3, Detail::Full, (0, 7));
        assert!(
            points.len() == 3 && points.iter().all(|point| point.len() == 3 && point[1] == 0.25),
            "{points:?}"
        );
        assert_eq!(points, next_round(&space, &known, 3, Detail::Full, (0, 7)));
        let nothing = Space::new(vec![fixed]).unwrap();
        let known = [Known { point: vec![0.25], loss: 1.0, detail: Detail::Full }];
        assert_eq!(next_round(&nothing, &known, 3, Detail::Full, (0, 7)), Vec::<Vec<f64>>::new());
    }
}
