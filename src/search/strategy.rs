//! The interface of a search strategy, and the names of those that are built in.

use super::space::Space;
use crate::types::{Detail, named};

/// A search strategy: it proposes points of a [`Space`] and learns from their losses (smaller is better).
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
    /// Proposes at most `limit` new points, all within the box, circular coordinates in [low, high). Each counts as one
    /// evaluation of the budget. No points, when all losses have been told and `limit` is not 0, means finished; a strategy
    /// that waits for losses returns no points as well.
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>>;

    /// Takes the losses of points, in the order asked, all or a part of them at a time. A point that was asked for must come
    /// back unchanged, by which it is recognised. Other points count as offered: a strategy may start from the best one
    /// offered before the first `ask`; offered points do not count for the budget. NaN is as bad as infinity.
    ///
    /// # Panics
    /// If there are not as many losses as points.
    fn tell(&mut self, points: &[Vec<f64>], losses: &[f64]);

    /// Takes two losses of each point, where a low value of either is worth finding. A strategy that can lower but one takes the first.
    ///
    /// # Panics
    /// If there are not as many losses as points.
    fn tell_both(&mut self, points: &[Vec<f64>], losses: &[[f64; 2]]) {
        self.tell(points, &losses.iter().map(|losses| losses[0]).collect::<Vec<_>>());
    }

    /// Evaluations that are still to be asked for: 0 when finished.
    fn remaining(&self) -> usize;

    /// How closely the points of the last `ask` are to be evaluated. Only a strategy that was told what a coarse evaluation
    /// costs ([`build_with`](super::build_with)) asks for coarse ones.
    fn detail(&self) -> Detail {
        Detail::Full
    }

    /// By how much the most promising further evaluation is expected to lower the best loss; `None` from a strategy without
    /// a model of the loss.
    fn expected_gain(&mut self) -> Option<f64> {
        None
    }

    /// Name of the strategy in files and settings.
    fn name(&self) -> &'static str;
}

/// The search strategies that are built in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A regular grid, coarse to fine: [`Grid`](super::Grid).
    Grid,
    /// Uniform random points: [`Random`](super::Random).
    Random,
    /// An evenly filling sequence of points: [`Sobol`](super::Sobol).
    Sobol,
    /// The downhill simplex with restarts: [`NelderMead`](super::NelderMead).
    NelderMead,
    /// Covariance matrix adaptation, restarted with the same population: [`CmaEs`](super::CmaEs).
    CmaEs,
    /// CMA-ES with doubling populations: [`Restarts::Ipop`](super::Restarts::Ipop).
    IpopCmaEs,
    /// CMA-ES with large and small populations in turn: [`Restarts::Bipop`](super::Restarts::Bipop).
    BipopCmaEs,
    /// Bayesian optimisation over a Gaussian process: [`Bayesian`](super::Bayesian).
    #[default]
    Bayesian,
    /// A dense grid and a local polish, which want thousands of evaluations: [`Exhaustive`](super::Exhaustive).
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

/// A strategy of the user's own: its name in records, and what builds it for a space, a budget and a seed. Points and losses
/// are as [`Strategy`] says.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// Name of the strategy in files and tables; none of the names of [`Kind`].
    pub name: &'static str,
    /// Function that builds the strategy, which asks for at most as many points as the budget says.
    pub build: fn(&Space, usize, u64) -> Box<dyn Strategy>,
}

/// Two strategies of one name are equal.
impl PartialEq for Own {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Own {}

/// Panics unless there is one loss, or pair of losses, for each point.
pub(super) fn check_lengths<L>(points: &[Vec<f64>], losses: &[L]) {
    assert_eq!(points.len(), losses.len(), "tell needs one loss per point");
}
