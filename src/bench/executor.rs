//! What the scheduler needs of whatever runs a configuration.

use super::Failure;
use super::protocol::{Memory, Ready};
use crate::types::Map;

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
