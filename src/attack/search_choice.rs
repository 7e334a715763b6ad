//! Which search strategy an attack uses.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::search::{self, Kind, Own, Space, Strategy};
use crate::types::{by_text, unknown_name};

/// The choice of a search strategy: one by name, or the one that suits the number of axes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SearchChoice {
    /// Grid on one axis, where it covers the interval evenly; Bayesian optimisation on several.
    #[default]
    Auto,
    /// A built-in strategy for every attack.
    Named(Kind),
    /// A strategy of the user's own for every attack. Records have its name; a record alone cannot build it again.
    Own(Own),
}

by_text!(SearchChoice);

impl SearchChoice {
    /// Name of the strategy for this many axes.
    pub fn strategy(self, axes: usize) -> &'static str {
        match self {
            Self::Auto if axes == 1 => Kind::Grid.name(),
            Self::Auto => Kind::Bayesian.name(),
            Self::Named(kind) => kind.name(),
            Self::Own(own) => own.name,
        }
    }

    /// Builds the strategy over a space; a coarse evaluation costs `coarse_cost` of a full one.
    pub(super) fn build(
        self,
        space: &Space,
        budget: usize,
        seed: u64,
        coarse_cost: f64,
    ) -> Box<dyn Strategy> {
        let kind = match self {
            Self::Own(own) => return own.build_over(space, budget, seed),
            Self::Named(kind) => kind,
            Self::Auto if space.dimensions().len() == 1 => Kind::Grid,
            Self::Auto => Kind::Bayesian,
        };
        search::build_with(kind, space, budget, seed, coarse_cost)
    }
}

impl FromStr for SearchChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let names = [&["auto"], &Kind::ALL.map(Kind::name)[..]].concat();
        text.parse().map(Self::Named).map_err(|_: Error| unknown_name(text, "a search strategy", &names))
    }
}

impl fmt::Display for SearchChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Auto => "auto",
            Self::Named(kind) => kind.name(),
            Self::Own(own) => own.name,
        })
    }
}
