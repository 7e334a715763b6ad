//! Flags about worst cases that samples share.

use clap::Args;

use askance::error::{Error, Result};
use askance::study::{Scope, Uniform};

use super::values::positive;

/// Perturbations of a search for shared worst cases unless told otherwise.
const UNIFORM_BUDGET: usize = 50;

/// Flags about uniform worst cases.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is asked besides")]
pub struct UniformArgs {
    /// Also find the one perturbation that hurts all samples of a category together most
    ///
    /// Of each category (--uniform), of all of them together (--uniform=dataset), or both (--uniform=category,dataset).
    #[arg(
        long,
        value_name = "SCOPE",
        num_args = 0..=2,
        require_equals = true,
        value_delimiter = ',',
        default_missing_value = "category"
    )]
    pub uniform: Vec<Scope>,
    /// Perturbations tried on every sample for each attack, with --uniform [default: 50]
    ///
    /// Each is a model evaluation.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub uniform_budget: Option<usize>,
}

impl UniformArgs {
    /// None where no such search is wanted.
    ///
    /// # Errors
    /// A usage error where a budget is given for none.
    pub fn plan(&self) -> Result<Option<Uniform>> {
        let mut scopes = self.uniform.clone();
        scopes.sort_unstable();
        scopes.dedup();
        match (scopes.is_empty(), self.uniform_budget) {
            (true, None) => Ok(None),
            (true, Some(budget)) => {
                let problem = "is for a search that was not asked for";
                Err(Error::setting("uniform_budget", budget, problem, "add `uniform`, or leave it out"))
            }
            (false, budget) => Ok(Some(Uniform { scopes, budget: budget.unwrap_or(UNIFORM_BUDGET) })),
        }
    }
}
