//! The verdict on times: whether they can be trusted.

use crate::stats::{mean, median, quantile};

/// The fewest rounds that allow a verdict.
pub const FEWEST_ROUNDS: usize = 6;
/// Largest spread of a stable configuration.
const NOISY: f64 = 0.10;
/// Largest drift of a stable configuration.
const DRIFTING: f64 = 0.05;

/// Stability of the times over the rounds, by the median of each round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stability {
    /// Spread from the 10th to the 90th percentile of the rounds' medians, as a share of their median.
    pub spread: f64,
    /// Drift: the median of the last third of the rounds against the median of all, as a share; positive is slower.
    pub drift: f64,
    /// Stability in a word.
    pub verdict: Verdict,
}

/// A verdict on the stability of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The rounds agree.
    Stable,
    /// The rounds differ by more than a tenth.
    Noisy,
    /// The last rounds are more than a twentieth slower or faster than all.
    Drifting,
    /// There are too few rounds to tell.
    Short,
}

impl Verdict {
    /// Name of the verdict in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stable => "stable",
            Self::Noisy => "noisy",
            Self::Drifting => "drifting",
            Self::Short => "short",
        }
    }
}

impl Stability {
    /// The stability of the calls of each round, in milliseconds; `None` without any.
    pub fn of(rounds: &[Vec<f64>]) -> Option<Self> {
        let medians: Vec<f64> = rounds.iter().filter_map(|calls| median(calls)).collect();
        let all = median(&medians).filter(|all| *all > 0.0)?;
        let spread = (quantile(&medians, 0.9)? - quantile(&medians, 0.1)?) / all;
        let last = &medians[medians.len() - medians.len().div_ceil(3)..];
        let drift = median(last)? / all - 1.0;
        let verdict = if medians.len() < FEWEST_ROUNDS {
            Verdict::Short
        } else if drift.abs() > DRIFTING {
            Verdict::Drifting
        } else if spread > NOISY {
            Verdict::Noisy
        } else {
            Verdict::Stable
        };
        Some(Self { spread, drift, verdict })
    }
}

/// How many times as long the first round took as the later ones; `None` for fewer than [`FEWEST_ROUNDS`].
pub fn first_round_excess(rounds: &[Vec<f64>]) -> Option<f64> {
    let means: Vec<f64> = rounds.iter().filter_map(|calls| mean(calls)).collect();
    let (first, later) = means.split_first().filter(|_| means.len() >= FEWEST_ROUNDS)?;
    median(later).filter(|later| *later > 0.0).map(|later| first / later)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(medians: &[f64]) -> Verdict {
        let rounds: Vec<Vec<f64>> = medians.iter().map(|&m| vec![m - 0.1, m, m + 5.0]).collect();
        Stability::of(&rounds).unwrap().verdict
    }

    #[test]
    fn each_verdict_has_its_sample() {
        assert_eq!(verdict(&[10.0, 10.1, 9.9, 10.0, 10.2, 10.0]), Verdict::Stable);
        assert_eq!(verdict(&[10.0, 10.1, 9.9, 10.0, 10.2]), Verdict::Short);
        assert_eq!(
            verdict(&[10.0, 10.0, 10.0, 10.0, 11.0, 11.2]),
            Verdict::Drifting,
            "the last third is slower"
        );
        assert_eq!(verdict(&[11.2, 11.0, 11.1, 11.0, 10.0, 10.1]), Verdict::Drifting, "or faster");
        assert_eq!(verdict(&[9.0, 11.0, 9.0, 11.0, 10.0, 10.0]), Verdict::Noisy);
        assert_eq!(Stability::of(&[]), None);
    }

    #[test]
    fn a_single_slow_call_does_not_make_a_round_slow() {
        let rounds = vec![vec![10.0, 10.0, 500.0]; 6];
        assert_eq!(Stability::of(&rounds).unwrap().verdict, Verdict::Stable);
    }

    #[test]
    fn a_first_round_that_was_not_warm_shows() {
        let mut rounds = vec![vec![10.0]; 6];
        rounds[0] = vec![15.0];
        assert_eq!(first_round_excess(&rounds), Some(1.5));
        assert_eq!(first_round_excess(&rounds[..3]), None);
    }
}
