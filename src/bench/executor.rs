//! The executor of a configuration, as the rounds need it.

use super::Failure;
use super::protocol::{Memory, Ready};
use crate::types::Map;

/// An executor runs one configuration. After a failure it is not asked again.
pub trait Executor {
    /// Loads the configuration and warms it up.
    ///
    /// # Errors
    /// Whatever keeps the configuration from running.
    fn start(&mut self) -> Result<Ready, Failure>;

    /// Makes a number of timed calls and returns the milliseconds of each.
    ///
    /// # Errors
    /// A call failed, or took longer than allowed.
    fn run(&mut self, calls: usize) -> Result<Vec<f64>, Failure>;

    /// Segments the pictures of the comparison and returns their maps.
    ///
    /// # Errors
    /// The errors of [`Executor::run`].
    fn maps(&mut self) -> Result<Vec<Map>, Failure>;

    /// Returns the peak memory so far.
    ///
    /// # Errors
    /// The errors of [`Executor::run`].
    fn memory(&mut self) -> Result<Memory, Failure>;
}
