//! Execution providers compared on this machine, in time and in answers.

mod compare;
mod metrics;
mod program;

pub use compare::{Providers, ProvidersCompared};
pub use program::{Program, serve};
