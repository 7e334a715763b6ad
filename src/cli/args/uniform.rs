//! Flags about worst cases that samples share.

use clap::Args;

use askance::study::{Scope, Uniform};

use super::values::positive;

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
    /// Perturbations tried on every sample for each attack; each is a model evaluation
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = positive, requires = "uniform")]
    pub uniform_budget: usize,
}

impl UniformArgs {
    /// None where no such search is wanted.
    pub fn plan(&self) -> Option<Uniform> {
        let mut scopes = self.uniform.clone();
        scopes.sort_unstable();
        scopes.dedup();
        (!scopes.is_empty()).then_some(Uniform { scopes, budget: self.uniform_budget })
    }
}
