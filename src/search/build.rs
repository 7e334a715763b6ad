//! Strategies by name.

use super::bayesian::Bayesian;
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

impl Own {
    /// Builds the strategy over the axes that have a width; the others stay at their value.
    pub fn build_over(&self, space: &Space, budget: usize, seed: u64) -> Box<dyn Strategy> {
        match space.free() {
            None => (self.build)(space, budget, seed),
            Some(free) if free.is_empty() => build(Kind::Grid, space, budget, seed),
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

/// One round of at most `budget` points of a Bayesian search that is under way: what is known of it, its losses the same in both places,
/// is offered before the points are asked for.
pub fn next_round(space: &Space, budget: usize, seed: u64) -> Box<dyn Strategy> {
    match space.free() {
        None => Box::new(Bayesian::informed(space, budget, seed)),
        Some(free) if free.is_empty() => build(Kind::Grid, space, budget, seed),
        Some(free) => Box::new(Fixed::new(
            space,
            Box::new(Bayesian::informed(&free, budget, seed)),
            Kind::Bayesian.name(),
        )),
    }
}
