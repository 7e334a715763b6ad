//! Warnings about what makes a measurement doubtful, each with a remedy.

use std::fmt;
use std::fs;
use std::mem;
use std::num::NonZeroUsize;
use std::thread;

use super::rounds::{Measured, Role};
use super::verdict::{FEWEST_ROUNDS, Stability, Verdict, first_round_excess};
use crate::stats::grouped;

/// Conditions of the machine at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Conditions {
    /// Load average of the last minute.
    pub load: Option<f64>,
    /// Logical processors that the process may use.
    pub cores: usize,
    /// Share of the main memory that is available.
    pub memory: Option<f64>,
}

impl Conditions {
    /// The conditions of this machine now.
    pub fn now() -> Self {
        let read = |path| fs::read_to_string(path).ok();
        Self {
            load: read("/proc/loadavg").and_then(|text| text.split(' ').next()?.parse().ok()),
            cores: thread::available_parallelism().map_or(1, NonZeroUsize::get),
            memory: read("/proc/meminfo").and_then(|text| available(&text)),
        }
    }
}

fn available(meminfo: &str) -> Option<f64> {
    let kib = |key: &str| -> Option<f64> {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(key))?;
        line.trim().trim_end_matches("kB").trim().parse().ok()
    };
    Some(kib("MemAvailable:")? / kib("MemTotal:")?)
}

/// A warning: a reason to doubt the measurements.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The machine had other things to do.
    Busy {
        /// Load average of the last minute.
        load: f64,
        /// Number of logical processors.
        cores: usize,
    },
    /// The children together left little memory.
    LittleMemory {
        /// Share of the memory that was available.
        share: f64,
    },
    /// A batch was given to the graph picture by picture.
    OneByOne {
        /// The configuration.
        configuration: String,
        /// Pictures in the batch.
        batch: usize,
        /// The reason.
        why: String,
    },
    /// There are too few rounds for a verdict.
    FewRounds {
        /// Number of rounds.
        rounds: usize,
    },
    /// The 99th percentile is but the longest call.
    FewCalls {
        /// The configuration.
        configuration: String,
        /// Number of its timed calls.
        calls: usize,
    },
    /// The rounds differ.
    Noisy {
        /// The configuration.
        configuration: String,
        /// Spread of the rounds' medians, as a share of their median.
        spread: f64,
    },
    /// The last rounds are slower or faster than all.
    Drifting {
        /// The configuration.
        configuration: String,
        /// Drift of the last third of the rounds, as a share of the median of all.
        drift: f64,
    },
    /// The first round was slower than the later ones.
    Cold {
        /// The configuration.
        configuration: String,
        /// How many times as long the first round took.
        excess: f64,
    },
}

/// Load per processor from which on a machine counts as busy.
const BUSY: f64 = 0.5;
/// Available share of the memory below which measuring may meet the swap.
const LITTLE: f64 = 0.1;
/// Calls below which the 99th percentile lies between the two longest.
const ENOUGH_CALLS: usize = 100;
/// How much slower the first round may be.
const COLD: f64 = 1.2;

/// Finds all warnings about measurements, those about the machine first. `began` and `loaded` are the conditions before and after
/// the children were started.
pub fn warnings(began: Conditions, loaded: Conditions, measured: &[&Measured]) -> Vec<Warning> {
    let mut found = Vec::new();
    if let Some(load) = began.load.filter(|load| *load > BUSY * began.cores as f64) {
        found.push(Warning::Busy { load, cores: began.cores });
    }
    if let Some(share) = loaded.memory.filter(|share| *share < LITTLE) {
        found.push(Warning::LittleMemory { share });
    }
    let models = || {
        let timed = measured.iter().filter(|one| one.role == Role::Model && one.failure.is_none());
        timed.filter(|one| !one.rounds.is_empty())
    };
    if let Some(rounds) = models().map(|one| one.rounds.len()).min().filter(|rounds| *rounds < FEWEST_ROUNDS)
    {
        found.push(Warning::FewRounds { rounds });
    }
    for one in models() {
        if let Some(why) = one.one_by_one() {
            let (configuration, batch) = (one.configuration.to_string(), one.configuration.batch);
            found.push(Warning::OneByOne { configuration, batch, why: why.to_owned() });
        }
        let configuration = one.configuration.to_string();
        let calls = one.rounds.iter().map(Vec::len).sum();
        let stability = Stability::of(&one.rounds);
        match stability.map(|stability| (stability.verdict, stability)) {
            Some((Verdict::Noisy, Stability { spread, .. })) => {
                found.push(Warning::Noisy { configuration: configuration.clone(), spread });
            }
            Some((Verdict::Drifting, Stability { drift, .. })) => {
                found.push(Warning::Drifting { configuration: configuration.clone(), drift });
            }
            _ => {}
        }
        if let Some(excess) = first_round_excess(&one.rounds).filter(|excess| *excess > COLD) {
            found.push(Warning::Cold { configuration: configuration.clone(), excess });
        }
        if calls < ENOUGH_CALLS {
            found.push(Warning::FewCalls { configuration, calls });
        }
    }
    found
}

impl Warning {
    /// The remedy: what to do about the warning.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "stop other programs, or compare only what was interleaved in this run",
            Self::LittleMemory { .. } => "compare fewer configurations at once, or smaller batches",
            Self::OneByOne { .. } => {
                "compare with `batch = 1`; a graph whose answer to a picture depends on that picture alone can take a batch at once"
            }
            Self::FewRounds { .. } => "give more `rounds`",
            Self::FewCalls { .. } => "give more `calls` or `rounds` before quoting p99",
            Self::Noisy { .. } => {
                "stop other programs, pin the clock rate, or give fewer `threads` than cores"
            }
            Self::Drifting { .. } => {
                "stop other programs, or let the machine reach a steady temperature (a longer `warm_up`, more `rounds`), or pin the clock rate"
            }
            Self::Cold { .. } => "give a longer `warm_up`",
        }
    }
}

impl Warning {
    /// What to tell: each kind once, with its remedy.
    pub fn told(warnings: &[Self]) -> Vec<(String, &'static str)> {
        // Rounds that differ are what a busy machine makes.
        let busy = warnings.iter().any(|warning| matches!(warning, Self::Busy { .. }));
        let follows = |warning: &Self| {
            matches!(warning, Self::Noisy { .. } | Self::Drifting { .. } | Self::Cold { .. })
        };
        let told = warnings.iter().filter(|warning| !(busy && follows(warning)));
        let kinds = grouped(told, |warning| mem::discriminant(*warning));
        kinds.into_iter().map(|kind| (together(&kind), kind[0].remedy())).collect()
    }
}

/// Warnings of one kind in a line.
fn together(kind: &[&Warning]) -> String {
    let [first, _, ..] = kind else { return kind[0].to_string() };
    let most = |of: fn(&Warning) -> Option<f64>| kind.iter().filter_map(|one| of(one)).fold(0.0, f64::max);
    let count = kind.len();
    match first {
        Warning::Noisy { .. } => {
            let most = most(|one| if let Warning::Noisy { spread, .. } = one { Some(*spread) } else { None });
            format!("{count} configurations: the rounds' medians differ by up to {:.0} %", 100.0 * most)
        }
        Warning::Drifting { .. } => {
            let most =
                most(|one| if let Warning::Drifting { drift, .. } = one { Some(drift.abs()) } else { None });
            format!(
                "{count} configurations: the last rounds are up to {:.0} % slower or faster than all",
                100.0 * most
            )
        }
        Warning::Cold { .. } => {
            let most = most(|one| if let Warning::Cold { excess, .. } = one { Some(*excess) } else { None });
            format!(
                "{count} configurations: the first round took up to {most:.1} times as long as the later ones"
            )
        }
        Warning::FewCalls { .. } => {
            format!(
                "{count} configurations: p99 of fewer than {ENOUGH_CALLS} calls is hardly more than the longest one"
            )
        }
        _ => kind.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy { load, cores } => {
                write!(f, "the machine was busy at the start: load average {load:.1} on {cores} processors")
            }
            Self::LittleMemory { share } => {
                write!(f, "only {:.0} % of the memory was left once all were loaded", 100.0 * share)
            }
            Self::OneByOne { configuration, batch, why } => {
                write!(f, "{configuration}: the time is that of {batch} calls of one picture: {why}")
            }
            Self::FewRounds { rounds } => write!(f, "{rounds} rounds are too few for a verdict"),
            Self::FewCalls { configuration, calls } => {
                write!(f, "{configuration}: p99 of {calls} calls is hardly more than the longest one")
            }
            Self::Noisy { configuration, spread } => {
                write!(f, "{configuration}: the rounds' medians differ by {:.0} %", 100.0 * spread)
            }
            Self::Drifting { configuration, drift } => {
                let way = if *drift > 0.0 { "slower" } else { "faster" };
                write!(f, "{configuration}: the last rounds are {:.0} % {way} than all", 100.0 * drift.abs())
            }
            Self::Cold { configuration, excess } => {
                write!(f, "{configuration}: the first round took {excess:.1} times as long as the later ones")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Configuration;
    use super::super::protocol::{Memory, Ready};
    use super::*;

    const QUIET: Conditions = Conditions { load: Some(0.1), cores: 2, memory: Some(0.8) };

    fn measured(rounds: &[f64], calls: usize) -> Measured {
        let configuration =
            Configuration { model: "m".into(), provider: "cpu".parse().unwrap(), precision: None, batch: 1 };
        Measured {
            configuration,
            role: Role::Model,
            ready: None,
            rounds: rounds.iter().map(|&ms| vec![ms; calls]).collect(),
            memory: Memory::default(),
            maps: None,
            failure: None,
        }
    }

    fn found(rounds: &[f64], calls: usize, began: Conditions) -> Vec<Warning> {
        warnings(began, QUIET, &[&measured(rounds, calls)])
    }

    #[test]
    fn steady_calls_on_a_quiet_machine_raise_none() {
        assert_eq!(found(&[10.0; 10], 10, QUIET), []);
    }

    #[test]
    fn each_doubt_is_raised_by_its_own_cause() {
        let busy = Conditions { load: Some(3.0), ..QUIET };
        assert_eq!(found(&[10.0; 10], 10, busy), [Warning::Busy { load: 3.0, cores: 2 }]);
        assert!(matches!(found(&[10.0; 10], 9, QUIET)[..], [Warning::FewCalls { calls: 90, .. }]));
        assert!(matches!(found(&[10.0; 4], 50, QUIET)[..], [Warning::FewRounds { rounds: 4 }]));
        let noisy = [10.0, 12.0, 10.0, 12.0, 10.0, 12.0, 10.0, 11.0, 12.0, 11.0];
        assert!(matches!(found(&noisy, 10, QUIET)[..], [Warning::Noisy { .. }]));
        let mut drift = [10.0; 12];
        drift[8..].fill(12.0);
        assert!(matches!(found(&drift, 10, QUIET)[..], [Warning::Drifting { .. }]));
        let mut cold = [10.0; 20];
        cold[0] = 15.0;
        assert!(matches!(found(&cold, 10, QUIET)[..], [Warning::Cold { .. }]));
    }

    #[test]
    fn a_batch_that_is_given_picture_by_picture_is_told() {
        let ready = Ready { one_by_one: Some("it fails".into()), ..Ready::default() };
        let of_batch = |batch| {
            let mut one = measured(&[10.0; 10], 10);
            (one.configuration.batch, one.ready) = (batch, Some(ready.clone()));
            warnings(QUIET, QUIET, &[&one])
        };
        assert_eq!(of_batch(1), []);
        let found = of_batch(8);
        assert!(matches!(&found[..], [Warning::OneByOne { batch: 8, .. }]), "{found:?}");
        assert!(found[0].to_string().ends_with("the time is that of 8 calls of one picture: it fails"));
    }

    #[test]
    fn warnings_of_one_kind_are_one_line() {
        let noisy =
            |configuration: &str, spread| Warning::Noisy { configuration: configuration.into(), spread };
        let busy = Warning::Busy { load: 3.0, cores: 2 };
        let told = Warning::told(&[noisy("a", 0.2), noisy("b", 0.4)]);
        assert_eq!(told[0].0, "2 configurations: the rounds' medians differ by up to 40 %");
        let told = Warning::told(&[busy.clone(), noisy("a", 0.2), noisy("b", 0.4)]);
        assert_eq!(told, [(busy.to_string(), busy.remedy())], "a busy machine is named as that, once");
        assert_eq!(Warning::told(&[noisy("a", 0.2)])[0].0, "a: the rounds' medians differ by 20 %");
    }

    #[test]
    fn memory_is_read_from_the_systems_text() {
        assert_eq!(available("MemTotal:  1000 kB\nMemAvailable:  250 kB\n"), Some(0.25));
    }
}
