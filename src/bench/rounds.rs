//! The rounds of a comparison: in which order the configurations are measured, and how often.

use super::protocol::{Memory, Ready};
use super::{Configuration, Executor, Failure};
use crate::error::Result;
use crate::stats::median;
use crate::types::Map;

/// The role of a task in a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A configuration that is measured.
    Model,
    /// A reference, which gives maps to compare with; it is not timed, and ends before the rounds begin.
    Reference,
    /// The matrix product that models on its provider and in its precision are measured against.
    Gemm,
}

/// The measurements of one configuration, as far as they are known.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The configuration that is measured.
    pub configuration: Configuration,
    /// The role of the configuration.
    pub role: Role,
    /// What was loaded, once it is.
    pub ready: Option<Ready>,
    /// Milliseconds of the calls of each round.
    pub rounds: Vec<Vec<f64>>,
    /// Peak memory.
    pub memory: Memory,
    /// Maps of the pictures of the comparison, once there are any.
    pub maps: Option<Vec<Map>>,
    /// The failure that ended the measurements.
    pub failure: Option<Failure>,
}

/// A task: a configuration, its measurements, and the executor that runs it.
#[derive(Debug)]
pub struct Task<E> {
    /// The measurements so far.
    pub measured: Measured,
    /// The executor; `None` when it has failed or is done.
    executor: Option<E>,
}

/// How often each configuration is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeats {
    /// Number of rounds.
    pub rounds: usize,
    /// Timed calls of a configuration in a round; as many as fill [`VISIT_MS`] if `None`, at least 1 and at most [`MOST_CALLS`].
    pub calls: Option<usize>,
}

/// How long a visit aims to take, in milliseconds.
pub const VISIT_MS: f64 = 300.0;
/// The most calls in a visit that aims at a time.
pub const MOST_CALLS: usize = 50;

/// An event of the rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A task, by its index, was started or failed to start.
    Started(usize),
    /// Calls of a task were timed.
    Ran {
        /// Index of the task.
        task: usize,
        /// Number of the round, from 0.
        round: usize,
        /// Milliseconds of each call.
        ms: &'a [f64],
    },
    /// A round, by its number, has visited every living task.
    RoundEnded(usize),
}

/// A listener to the events of the rounds, who sees all tasks as they are then.
pub type Observe<'o, E> = dyn FnMut(Event<'_>, &[Task<E>]) -> Result<()> + 'o;

impl Measured {
    /// Why a batch was given to the graph picture by picture; `None` where it was not, or has one picture.
    pub fn one_by_one(&self) -> Option<&str> {
        let ready = self.ready.as_ref().filter(|_| self.configuration.batch > 1)?;
        ready.one_by_one.as_deref()
    }
}

impl<E> Task<E> {
    /// A task that has not been started.
    pub fn new(configuration: Configuration, role: Role, executor: E) -> Self {
        let measured = Measured {
            configuration,
            role,
            ready: None,
            rounds: Vec::new(),
            memory: Memory::default(),
            maps: None,
            failure: None,
        };
        Self { measured, executor: Some(executor) }
    }

    fn is_living(&self) -> bool {
        self.executor.is_some()
    }
}

/// Starts every task, one after the other, then makes the rounds, and tells `observe` of all of it. The rounds end early when
/// `stop` says so, between two calls of an executor; returns whether they did not. Executors end with their tasks.
///
/// # Errors
/// Errors of `observe`. The failure of an executor is kept in [`Measured::failure`].
pub fn run<E: Executor>(
    tasks: &mut [Task<E>],
    repeats: Repeats,
    observe: &mut Observe<'_, E>,
    stop: &dyn Fn() -> bool,
) -> Result<bool> {
    for index in 0..tasks.len() {
        if stop() {
            return Ok(false);
        }
        start(&mut tasks[index]);
        observe(Event::Started(index), tasks)?;
    }
    for round in 0..repeats.rounds {
        for index in order(round, tasks.len()) {
            if !tasks[index].is_living() {
                continue;
            }
            if stop() {
                return Ok(false);
            }
            visit(&mut tasks[index], repeats, round);
            if let Some(ms) = tasks[index].measured.rounds.get(round) {
                observe(Event::Ran { task: index, round, ms }, tasks)?;
            }
        }
        observe(Event::RoundEnded(round), tasks)?;
    }
    Ok(true)
}

/// The order of the tasks in a round: each of `count` once, beginning with another one in each round.
pub fn order(round: usize, count: usize) -> impl Iterator<Item = usize> {
    (0..count).map(move |place| (place + round) % count)
}

/// Number of calls in a visit, given how many milliseconds a call takes.
fn calls(repeats: Repeats, call_ms: f64) -> usize {
    repeats.calls.unwrap_or_else(|| ((VISIT_MS / call_ms).ceil() as usize).clamp(1, MOST_CALLS))
}

fn start<E: Executor>(task: &mut Task<E>) {
    let Some(executor) = &mut task.executor else { return };
    let measured = &mut task.measured;
    let started = executor.start().and_then(|ready| {
        require_as_asked(&measured.configuration, &ready)?;
        measured.ready = Some(ready);
        if measured.role != Role::Gemm {
            measured.maps = Some(executor.maps()?);
        }
        measured.memory = executor.memory()?;
        Ok(())
    });
    measured.failure = started.err();
    if measured.failure.is_some() || measured.role == Role::Reference {
        task.executor = None;
    }
}

/// Refuses another provider or precision than was asked for: its time is not that of the configuration.
fn require_as_asked(asked: &Configuration, ready: &Ready) -> Result<(), Failure> {
    let provider = asked.provider.to_string();
    if ready.provider != provider {
        let reason = format!("{} ran in place of {provider}", ready.provider);
        return Err(Failure::new(
            reason,
            "see `askance providers`; the time is not shown, being another provider's",
        ));
    }
    match asked.precision {
        Some(precision) if ready.precision != precision.name() => {
            let reason = format!("{} ran in place of {precision}", ready.precision);
            Err(Failure::new(reason, "see docs/providers.md for the precisions that the provider has"))
        }
        _ => Ok(()),
    }
}

fn visit<E: Executor>(task: &mut Task<E>, repeats: Repeats, round: usize) {
    let (Some(executor), Some(ready)) = (&mut task.executor, &task.measured.ready) else { return };
    let call_ms = median(&ready.warm_up_ms).unwrap_or(ready.first_ms);
    let last = round + 1 == repeats.rounds;
    let visited = executor.run(calls(repeats, call_ms)).and_then(|ms| {
        task.measured.rounds.push(ms);
        if last {
            task.measured.memory = executor.memory()?;
        }
        Ok(())
    });
    if let Err(failure) = visited {
        let reason = format!("{} (in round {})", failure.reason, round + 1);
        task.measured.failure = Some(Failure { reason, ..failure });
        task.executor = None;
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::rc::Rc;

    use super::*;
    use crate::model::Precision;

    /// Answers as told and notes when it is asked.
    struct Fake {
        name: usize,
        ms: f64,
        fails_in_round: Option<usize>,
        runs: usize,
        ready: Ready,
        log: Rc<RefCell<Vec<usize>>>,
    }

    impl Executor for Fake {
        fn start(&mut self) -> Result<Ready, Failure> {
            Ok(self.ready.clone())
        }

        fn run(&mut self, calls: usize) -> Result<Vec<f64>, Failure> {
            self.log.borrow_mut().push(self.name);
            self.runs += 1;
            match self.fails_in_round {
                Some(round) if round < self.runs => Err(Failure::new("crashed", "mend it")),
                _ => Ok(vec![self.ms; calls]),
            }
        }

        fn maps(&mut self) -> Result<Vec<Map>, Failure> {
            Ok(vec![Map::zeros((1, 1))])
        }

        fn memory(&mut self) -> Result<Memory, Failure> {
            Ok(Memory { host_mib: Some(self.runs as f64), device_mib: None })
        }
    }

    fn configuration(batch: usize) -> Configuration {
        let precision = Some(Precision::Fp32);
        Configuration { model: "m".into(), provider: "cpu".parse().unwrap(), precision, batch }
    }

    fn task(name: usize, role: Role, log: &Rc<RefCell<Vec<usize>>>) -> Task<Fake> {
        let ready = Ready {
            provider: "cpu".into(),
            precision: "fp32".into(),
            warm_up_ms: vec![100.0],
            ..Ready::default()
        };
        let fake = Fake { name, ms: 10.0, fails_in_round: None, runs: 0, ready, log: log.clone() };
        Task::new(configuration(name), role, fake)
    }

    fn all(tasks: &mut [Task<Fake>], rounds: usize) -> bool {
        run(tasks, Repeats { rounds, calls: None }, &mut |_, _| Ok(()), &|| false).unwrap()
    }

    #[test]
    fn every_round_visits_each_once_and_begins_with_another() {
        let log = Rc::default();
        let mut tasks: Vec<_> = (0..3).map(|name| task(name, Role::Model, &log)).collect();
        assert!(all(&mut tasks, 4));
        assert_eq!(*log.borrow(), [0, 1, 2, 1, 2, 0, 2, 0, 1, 0, 1, 2]);
        assert_eq!(tasks[1].measured.rounds, vec![vec![10.0; 3]; 4], "3 calls of 100 ms fill 300");
        assert_eq!(tasks[1].measured.memory.host_mib, Some(4.0), "memory is asked after the last round");
    }

    #[test]
    fn one_that_fails_is_left_out_and_the_others_go_on() {
        let log = Rc::default();
        let mut tasks: Vec<_> = (0..3).map(|name| task(name, Role::Model, &log)).collect();
        tasks[1].executor.as_mut().unwrap().fails_in_round = Some(1);
        all(&mut tasks, 3);
        assert_eq!(*log.borrow(), [0, 1, 2, 1, 2, 0, 2, 0]);
        let failure = tasks[1].measured.failure.as_ref().unwrap();
        assert_eq!((failure.reason.as_str(), failure.fix.as_str()), ("crashed (in round 2)", "mend it"));
        assert!(tasks[0].measured.failure.is_none() && tasks[0].measured.rounds.len() == 3);
    }

    #[test]
    fn a_reference_gives_maps_and_is_never_timed() {
        let log = Rc::default();
        let mut tasks = [task(0, Role::Reference, &log), task(1, Role::Model, &log)];
        all(&mut tasks, 2);
        assert_eq!(*log.borrow(), [1, 1]);
        assert!(tasks[0].measured.maps.is_some() && tasks[0].measured.rounds.is_empty());
    }

    #[test]
    fn what_ran_elsewhere_or_in_another_precision_is_a_failure_and_never_timed() {
        let log = Rc::default();
        let mut tasks = [task(0, Role::Model, &log), task(1, Role::Model, &log)];
        tasks[0].executor.as_mut().unwrap().ready.provider = "cuda:0".into();
        tasks[1].executor.as_mut().unwrap().ready.precision = "fp16".into();
        all(&mut tasks, 2);
        assert!(log.borrow().is_empty());
        let reasons = tasks.each_ref().map(|task| task.measured.failure.clone().unwrap().reason);
        assert_eq!(reasons, ["cuda:0 ran in place of cpu", "fp16 ran in place of fp32"]);
    }

    #[test]
    fn a_stop_keeps_what_was_measured() {
        let log = Rc::default();
        let mut tasks: Vec<_> = (0..2).map(|name| task(name, Role::Model, &log)).collect();
        let events = Cell::new(0);
        let mut count = |event: Event<'_>, _: &[Task<Fake>]| {
            events.set(events.get() + usize::from(matches!(event, Event::Ran { .. })));
            Ok(())
        };
        let repeats = Repeats { rounds: 9, calls: Some(1) };
        assert!(!run(&mut tasks, repeats, &mut count, &|| events.get() == 3).unwrap());
        let rounds: Vec<usize> = tasks.iter().map(|task| task.measured.rounds.len()).collect();
        assert_eq!(rounds, [1, 2]);
    }

    #[test]
    fn calls_fill_a_visit_within_limits() {
        let of = |ms| calls(Repeats { rounds: 1, calls: None }, ms);
        assert_eq!([of(0.0), of(1.0), of(100.0), of(140.0), of(5000.0)], [50, 50, 3, 3, 1]);
        assert_eq!(calls(Repeats { rounds: 1, calls: Some(7) }, 5000.0), 7);
    }
}
