use std::fmt;
use std::str::FromStr;

use super::by_text;
use crate::error::{Error, Result};

/// A part of a data set, one of `of`, written `index/of`: every `of`-th sample of each category, from the `index`-th on, counting
/// from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    index: usize,
    of: usize,
}

impl Shard {
    /// Number of the part, from 1 on.
    pub fn index(self) -> usize {
        self.index
    }

    /// Number of parts that the data set is split into.
    pub fn of(self) -> usize {
        self.of
    }

    /// Whether the part holds the sample at `place` of its category, counted from 0.
    pub fn has(self, place: usize) -> bool {
        place % self.of == self.index - 1
    }
}

by_text!(Shard);

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

impl FromStr for Shard {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts =
            text.split_once('/').and_then(|(index, of)| Some((index.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((index @ 1.., of)) if index <= of => Ok(Self { index, of }),
            _ => Err(Error::setting(
                "shard",
                text,
                "names no part of the data",
                "give its number and how many there are, such as 1/2 and 2/2",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn every_sample_is_in_exactly_one_shard() {
        for of in 1..6 {
            let shards: Vec<Shard> = (1..=of).map(|index| format!("{index}/{of}").parse().unwrap()).collect();
            for place in 0..20 {
                assert_eq!(shards.iter().filter(|shard| shard.has(place)).count(), 1, "{place} of {of}");
            }
        }
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for wrong in ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", "", "-1/2"] {
            assert_eq!(wrong.parse::<Shard>().unwrap_err().kind, Kind::Usage, "{wrong}");
        }
        assert_eq!("2/3".parse::<Shard>().unwrap().to_string(), "2/3");
    }
}
