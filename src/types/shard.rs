use std::cmp::Reverse;
use std::fmt;
use std::str::FromStr;

use super::by_text;
use crate::error::{Error, Result};

/// A part of the work on a data set, one of `of` parts that cost about the same, written `index/of`, counting from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    index: usize,
    of: usize,
}

impl Shard {
    /// The part with a number, which counts from 1; `None` where there is no such part.
    pub fn new(index: usize, of: usize) -> Option<Self> {
        (1..=of).contains(&index).then_some(Self { index, of })
    }

    /// Number of the part, from 1 on.
    pub fn index(self) -> usize {
        self.index
    }

    /// Number of parts that the data set is split into.
    pub fn of(self) -> usize {
        self.of
    }

    /// Which samples belong to the part, given what each costs in any unit. The dearest sample first (of equal ones the first in
    /// order), each goes to the part that has least so far (of equal ones the first): no two parts differ by more than the dearest
    /// sample costs, and samples that cost the same are dealt one by one. Longest processing time first: Graham, Bounds on
    /// multiprocessing timing anomalies, SIAM Journal on Applied Mathematics 17 (1969).
    pub fn share(self, costs: &[usize]) -> Vec<bool> {
        let mut order: Vec<usize> = (0..costs.len()).collect();
        order.sort_by_key(|&sample| Reverse(costs[sample]));
        let mut loads = vec![0; self.of];
        let mut is_own = vec![false; costs.len()];
        for sample in order {
            let least = (0..self.of).min_by_key(|&part| loads[part]).unwrap_or_default();
            loads[least] += costs[sample];
            is_own[sample] = least == self.index - 1;
        }
        is_own
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
            text.split_once('/').and_then(|(index, of)| Self::new(index.parse().ok()?, of.parse().ok()?));
        parts.ok_or_else(|| {
            Error::setting(
                "shard",
                text,
                "names no part of the data",
                "give its number and how many there are, such as 1/2 and 2/2",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    fn shares(of: usize, costs: &[usize]) -> Vec<Vec<bool>> {
        (1..=of).map(|index| Shard::new(index, of).unwrap().share(costs)).collect()
    }

    #[test]
    fn every_sample_is_in_exactly_one_shard_and_no_two_differ_by_more_than_one_sample() {
        // Costs from a generator of Lehmer: pieces of pictures of any shape.
        let mut state = 1_u64;
        let mut next = || {
            state = state * 48271 % 2_147_483_647;
            state as usize % 7 + 1
        };
        for of in 1..9 {
            for samples in 0..40 {
                let costs: Vec<usize> = (0..samples).map(|_| next()).collect();
                let shares = shares(of, &costs);
                for sample in 0..samples {
                    assert_eq!(shares.iter().filter(|own| own[sample]).count(), 1, "{sample} of {costs:?}");
                }
                let loads = shares.iter().map(|own| {
                    costs.iter().zip(own).filter(|(_, own)| **own).map(|(cost, _)| cost).sum::<usize>()
                });
                let loads: Vec<usize> = loads.collect();
                let apart = loads.iter().max().unwrap() - loads.iter().min().unwrap();
                assert!(apart <= costs.iter().copied().max().unwrap_or(0), "{loads:?} of {costs:?}");
            }
        }
    }

    #[test]
    fn equal_samples_are_dealt_in_order_and_dear_ones_are_spread() {
        let second = Shard::new(2, 3).unwrap();
        assert_eq!(second.share(&[5; 7]), [false, true, false, false, true, false, false]);
        // One picture of four pieces is as much as four of one.
        assert_eq!(shares(2, &[1, 4, 1, 1, 1])[0], [false, true, false, false, false]);
    }

    #[test]
    fn what_is_no_part_is_refused() {
        for wrong in ["0/2", "3/2", "1", "1/0", "a/b", "1/2/3", "", "-1/2"] {
            assert_eq!(wrong.parse::<Shard>().unwrap_err().kind, Kind::Usage, "{wrong}");
        }
        assert_eq!("2/3".parse::<Shard>().unwrap().to_string(), "2/3");
    }
}
