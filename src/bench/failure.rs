//! Why a configuration could not be measured.

use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Why a configuration could not be measured, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The reason of the failure.
    pub reason: String,
    /// What to do about the failure.
    pub fix: String,
}

impl Failure {
    /// A failure with a reason and a fix.
    pub fn new(reason: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { reason: reason.into(), fix: fix.into() }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::new(format!("{}: {}", error.subject, error.problem), error.fix)
    }
}
