//! Flags of a comparison of search strategies.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;

use askance::attack::SearchChoice;
use askance::error::{Error, Result};
use askance::study::{Comparison, RivalFile};

use super::values::positive;

/// The flags of a comparison.
#[derive(Debug, Args)]
#[command(next_help_heading = "Searches compared")]
pub struct CompareArgs {
    /// Compare search strategies on the joint attack: all but exhaustive, or those listed
    ///
    /// Each has a run of its own in OUT/STRATEGY-BUDGET.
    #[arg(
        long,
        value_name = "LIST",
        num_args = 0..=1,
        default_missing_value = "all",
        conflicts_with_all = ["search", "attacks", "tolerance", "tolerance_steps", "decision", "uniform", "random", "operating_points"]
    )]
    pub compare_search: Option<Strategies>,
    /// Budgets of --compare-search [default: that of --budget]
    #[arg(
        long,
        value_name = "LIST",
        value_delimiter = ',',
        value_parser = positive,
        requires = "compare_search",
        conflicts_with = "budget"
    )]
    pub budgets: Vec<usize>,
    /// Run whose losses and metrics are the reference [default: the lowest that any strategy found]
    ///
    /// A run of --search exhaustive over the same data and models; repeat it where each model has its own.
    #[arg(long, value_name = "RUN", requires = "compare_search")]
    pub truth: Vec<PathBuf>,
    /// An external attack beside the strategies; repeat it for more
    ///
    /// A CSV with the columns model, category, sample, step and best_loss.
    #[arg(long, value_name = "NAME=FILE", requires = "compare_search")]
    pub rival: Vec<RivalFile>,
}

/// A list of strategies.
#[derive(Clone, Debug)]
pub struct Strategies(Vec<SearchChoice>);

impl FromStr for Strategies {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "all" {
            return Ok(Self(Comparison::all()));
        }
        let kinds = text.split(',').map(|name| Ok(SearchChoice::Named(name.trim().parse()?)));
        Ok(Self(kinds.collect::<Result<_>>()?))
    }
}

impl CompareArgs {
    /// What is compared, where that is asked for; `budget` is the one that was given without a list.
    pub fn comparison(&self, budget: usize) -> Option<Comparison> {
        let Strategies(strategies) = self.compare_search.clone()?;
        Some(Comparison {
            strategies,
            budgets: if self.budgets.is_empty() { vec![budget] } else { self.budgets.clone() },
            truth: self.truth.clone(),
            rivals: self.rival.clone(),
        })
    }
}
