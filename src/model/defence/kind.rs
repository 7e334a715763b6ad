//! The parts of a defence, and how they are written.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::types::by_text;

/// The most turns: one for each degree.
const MOST_TURNS: usize = 360;

/// A combination of defences, written as a list such as `grey-world,rotate:4`, or `none`. The parts act in one order, however
/// the list is written: grey-world, desaturate, rotate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Defence {
    /// Whether the picture gets a grey-world white balance.
    pub grey_world: bool,
    /// Whether the picture is turned grey.
    pub desaturate: bool,
    /// Number of evenly spaced turns of the picture over which answers are averaged.
    pub rotate: Option<usize>,
}

by_text!(Defence);

impl Defence {
    /// Whether the combination is empty, and so no defence at all.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }

    /// Number of model calls for one answer, at least 1.
    pub fn turns(self) -> usize {
        self.rotate.unwrap_or(1)
    }
}

impl FromStr for Defence {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let refused = |problem: &str, fix: &str| Err(Error::setting("defence", text, problem, fix));
        let mut defence = Self::default();
        if text == "none" {
            return Ok(defence);
        }
        for part in text.split(',') {
            let before = defence;
            match part.split_once(':') {
                None if part == "grey-world" => defence.grey_world = true,
                None if part == "desaturate" => defence.desaturate = true,
                Some(("rotate", turns)) => match turns.parse() {
                    Ok(turns) if (1..=MOST_TURNS).contains(&turns) && before.rotate.is_none() => {
                        defence.rotate = Some(turns);
                    }
                    _ => {
                        return refused("has no such number of turns", "give rotate:K once, K from 1 to 360");
                    }
                },
                _ => {
                    return refused(
                        "is not a defence",
                        "use none, or a list of rotate:K, grey-world and desaturate",
                    );
                }
            }
            if defence == before {
                return refused("names a defence twice", "name each once");
            }
        }
        Ok(defence)
    }
}

/// The parts in the order in which they act, joined by `+`.
impl fmt::Display for Defence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.grey_world.then(|| "grey-world".to_owned()),
            self.desaturate.then(|| "desaturate".to_owned()),
            self.rotate.map(|turns| format!("rotate:{turns}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.pad(&if parts.is_empty() { "none".to_owned() } else { parts.join("+") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_in_any_order_and_written_in_one() {
        for (text, written) in [
            ("none", "none"),
            ("rotate:4", "rotate:4"),
            ("rotate:8,grey-world", "grey-world+rotate:8"),
            ("desaturate,grey-world", "grey-world+desaturate"),
        ] {
            assert_eq!(text.parse::<Defence>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn senseless_lists_are_refused() {
        for text in [
            "",
            "rotate",
            "rotate:0",
            "rotate:361",
            "rotate:2,rotate:4",
            "grey",
            "none,rotate:2",
            "desaturate,desaturate",
        ] {
            let error = text.parse::<Defence>().unwrap_err();
            assert!(error.subject.starts_with("`defence = "), "{text}: {error}");
        }
    }
}
