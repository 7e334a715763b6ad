//! What the scheduler needs of whatever runs a configuration.

use serde::{Deserialize, Serialize};

use super::protocol::{Memory, Ready};
use crate::error::Error;
use crate::types::Map;

/// Why a configuration could not be measured, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What went wrong.
    pub reason: String,
    /// The way out.
    pub fix: String,
}

impl Failure {
    /// A reason and a fix.
    pub fn new(reason: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { reason: reason.into(), fix: fix.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(format!("{}: {}", error.subject, error.problem), error.fix)
    }
}

/// Runs one configuration. After a failure it is not asked again.
pub trait Executor {
    /// Loads and warms up.
    ///
    /// # Errors
    /// Whatever keeps the configuration from running.
    fn start(&mut self) -> Result<Ready, Failure>;

    /// Makes so many timed calls; milliseconds of each.
    ///
    /// # Errors
    /// A call failed, or took longer than allowed.
    fn run(&mut self, calls: usize) -> Result<Vec<f64>, Failure>;

    /// Maps of the pictures of the comparison.
    ///
    /// # Errors
    /// As for [`Executor::run`].
    fn maps(&mut self) -> Result<Vec<Map>, Failure>;

    /// Memory so far.
    ///
    /// # Errors
    /// As for [`Executor::run`].
    fn memory(&mut self) -> Result<Memory, Failure>;
}
