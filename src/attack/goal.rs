use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::metric::{DRIFT, Loss};
use crate::types::{Interval, unknown_name};

/// The loss that a search minimises: the lower, the worse for the segmenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Goal {
    /// Drift: how far map and image score have moved from those of the unchanged picture, negated
    /// ([`metric::drift`](crate::metric::drift)). No ground truth is needed.
    Drift,
    /// A loss against the mask.
    #[serde(untagged)]
    Truth(Loss),
}

impl Goal {
    /// All values that the loss can have; `is_bounded` says that maps lie in [0, 1].
    pub fn range(self, is_bounded: bool) -> Interval {
        match self {
            Self::Truth(loss) => loss.range(is_bounded),
            Self::Drift => DRIFT,
        }
    }

    /// Whether the loss needs masks.
    pub fn needs_truth(self) -> bool {
        matches!(self, Self::Truth(_))
    }

    /// Whether the loss reads the map as probabilities, in [0, 1].
    pub fn needs_probabilities(self) -> bool {
        matches!(self, Self::Truth(loss) if loss.needs_probabilities())
    }
}

impl Default for Goal {
    fn default() -> Self {
        Self::Truth(Loss::default())
    }
}

impl From<Loss> for Goal {
    fn from(loss: Loss) -> Self {
        Self::Truth(loss)
    }
}

impl FromStr for Goal {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "drift" {
            return Ok(Self::Drift);
        }
        let names = [&Loss::ALL.map(Loss::name)[..], &["drift"]].concat();
        text.parse().map(Self::Truth).map_err(|_: Error| unknown_name(text, "a loss", &names))
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drift => f.pad("drift"),
            Self::Truth(loss) => loss.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_match_serde() {
        let all = Loss::ALL.map(Goal::Truth).into_iter().chain([Goal::Drift]);
        for goal in all {
            assert_eq!(goal.to_string().parse::<Goal>().unwrap(), goal);
            assert_eq!(serde_json::to_string(&goal).unwrap(), format!("\"{goal}\""));
            assert_eq!(serde_json::from_str::<Goal>(&format!("\"{goal}\"")).unwrap(), goal);
            assert_eq!(goal.needs_truth(), goal != Goal::Drift);
        }
        assert!("moved".parse::<Goal>().unwrap_err().fix.contains("drift"));
    }
}
