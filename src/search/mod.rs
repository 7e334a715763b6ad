//! Search for the smallest loss over a box: strategies that propose points ([`Strategy::ask`]) and are told their losses
//! ([`Strategy::tell`]). Knows nothing of what the points mean.
//!
//! An axis may be circular (its two ends are one point). A strategy is deterministic by its seed, and its points do not
//! depend on how its calls of `ask` are cut into batches.

mod bayesian;
mod cma;
mod cma_es;
mod eigen;
mod exhaustive;
mod fixed;
mod flip;
mod gaussian_process;
mod grid;
mod nelder_mead;
mod random;
mod restart;
mod sequence;
mod sobol;
mod space;
mod tracker;

pub use bayesian::Bayesian;
pub use cma::Parameters;
pub use cma_es::{CmaEs, Settings};
pub use exhaustive::Exhaustive;
pub use flip::FlipScan;
pub use grid::Grid;
pub use nelder_mead::NelderMead;
pub use random::Random;
pub use restart::Restarts;
pub use sobol::Sobol;
pub use space::{Dimension, Space};
pub use tracker::{Best, Tracker};

use crate::types::{Detail, named};

/// Proposes points of a [`Space`] and learns from their losses (smaller is better).
///
/// ```
/// use askance::search::{Dimension, Kind, Space, Tracker, build};
///
/// # fn main() -> askance::error::Result<()> {
/// let space = Space::new(vec![Dimension { low: -1.0, high: 1.0, circular: false }])?;
/// let mut strategy = build(Kind::CmaEs, &space, 50, 0);
/// let mut tracker = Tracker::default();
/// loop {
///     let points = strategy.ask(8);
///     if points.is_empty() {
///         break;
///     }
///     let losses: Vec<f64> = points.iter().map(|point| (point[0] - 0.3).powi(2)).collect();
///     strategy.tell(&points, &losses);
///     tracker.observe(&points, &losses);
/// }
/// assert!(tracker.best().is_some_and(|best| (best.point[0] - 0.3).abs() < 1e-2));
/// # Ok(())
/// # }
/// ```
pub trait Strategy: Send {
    /// At most `limit` new points, all within the box, circular coordinates in [low, high). Each counts as one
    /// evaluation of the budget. Nothing, when all that was asked has been told and `limit` is not 0, means finished; a
    /// strategy that needs losses which it has not been told yet returns nothing as well.
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>>;

    /// The losses of points, in the order asked, all or a part of them at a time. A point that was asked for must come
    /// back unchanged: that is how it is recognised. Others are taken as offered: a strategy may start from
    /// the best offered before the first `ask`; they do not count for the budget. NaN is as bad as infinity.
    ///
    /// # Panics
    /// If there are not as many losses as points.
    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]);

    /// Evaluations that are still to be asked for: 0 when finished.
    fn remaining(&self) -> usize;

    /// How closely the points of the last `ask` are to be looked at. Only a strategy that was told what a coarse look costs
    /// ([`build_with`]) asks for one.
    fn detail(&self) -> Detail {
        Detail::Full
    }

    /// What the most promising further evaluation is expected to lower the best loss by; `None` from a strategy that has no idea.
    fn expected_gain(&mut self) -> Option<f64> {
        None
    }

    /// Name as written in files and settings.
    fn name(&self) -> &'static str;
}

/// The strategies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A regular grid, coarse to fine: [`Grid`].
    Grid,
    /// Uniform random points: [`Random`].
    Random,
    /// An evenly filling sequence of points: [`Sobol`].
    Sobol,
    /// The downhill simplex with restarts: [`NelderMead`].
    NelderMead,
    /// Covariance matrix adaptation, restarted with the same population: [`CmaEs`].
    CmaEs,
    /// The same with doubling populations: [`Restarts::Ipop`].
    IpopCmaEs,
    /// The same with large and small populations in turn: [`Restarts::Bipop`].
    BipopCmaEs,
    /// Bayesian optimisation over a Gaussian process: [`Bayesian`].
    #[default]
    Bayesian,
    /// A dense grid and a local polish: [`Exhaustive`]. Wants thousands of evaluations.
    Exhaustive,
}

named!(Kind, "a search strategy", {
    Grid = "grid",
    Random = "random",
    Sobol = "sobol",
    NelderMead = "nelder-mead",
    CmaEs = "cma-es",
    IpopCmaEs = "ipop-cma-es",
    BipopCmaEs = "bipop-cma-es",
    Bayesian = "bayesian",
    Exhaustive = "exhaustive",
});

/// A strategy of one's own: its name in records, and what builds it for a space, a budget and a seed. Points and losses are as
/// [`Strategy`] says.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// Name in files and tables; not one of [`Kind`]'s.
    pub name: &'static str,
    /// Builds the strategy; it asks for at most as many points as the budget says.
    pub build: fn(&Space, usize, u64) -> Box<dyn Strategy>,
}

/// By name.
impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Own {}

impl Own {
    /// A strategy over the axes that have a width; the others stay at their value.
    pub fn build_over(&self, space: &Space, budget: usize, seed: u64) -> Box<dyn Strategy> {
        match space.free() {
            None => (self.build)(space, budget, seed),
            Some(free) if free.is_empty() => build(Kind::Grid, space, budget, seed),
            Some(free) => Box::new(fixed::Fixed::new(space, (self.build)(&free, budget, seed), self.name)),
        }
    }
}

/// A strategy that asks for at most `budget` points of the space. Axes of no width stay at their value and cost nothing.
pub fn build(kind: Kind, space: &Space, budget: usize, seed: u64) -> Box<dyn Strategy> {
    build_with(kind, space, budget, seed, 1.0)
}

/// The same, where a coarse look at a point costs `coarse_cost` of a full one: the budget counts full looks, of which a strategy
/// may spend a part on more coarse ones. With a cost of 1 or more none does.
pub fn build_with(
    kind: Kind,
    space: &Space,
    budget: usize,
    seed: u64,
    coarse_cost: f64,
) -> Box<dyn Strategy> {
    let cma_es = |space: &Space, budget, restarts| -> Box<dyn Strategy> {
        let settings = Settings { restarts, ..Settings::default() };
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
    Box::new(fixed::Fixed::new(space, inner, kind.name()))
}

fn check_lengths(points: &[Vec<f64>], losses: &[f64]) {
    assert_eq!(points.len(), losses.len(), "tell needs one loss per point");
}
