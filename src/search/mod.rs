//! Search for the smallest loss over a box: strategies that propose points ([`Strategy::ask`]) and are told their losses
//! ([`Strategy::tell`]). The room knows nothing of what the points mean.
//!
//! An axis may be circular (its two ends are one point). A strategy is deterministic by its seed, and its points do not
//! depend on how its calls of `ask` are cut into batches.

mod bayesian;
mod build;
mod cma;
mod cma_es;
mod eigen;
mod exhaustive;
mod fixed;
mod flip;
mod gaussian_process;
mod grid;
mod nelder_mead;
mod proposals;
mod random;
mod restart;
mod sequence;
mod sobol;
mod space;
mod strategy;
mod tracker;

pub use bayesian::{Bayesian, Known};
pub use build::{build, build_with, next_round};
pub use cma_es::{CmaEs, CmaEsSettings};
pub use exhaustive::Exhaustive;
pub use flip::FlipScan;
pub use grid::Grid;
pub use nelder_mead::NelderMead;
pub use random::Random;
pub use restart::Restarts;
pub use sobol::Sobol;
pub use space::{Dimension, Space};
pub use strategy::{Kind, Own, Strategy};
pub use tracker::{Best, Tracker};
