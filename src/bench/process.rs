//! A child process that runs one configuration, seen from the parent.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::device;
use super::protocol::{Memory, Plane, Ready, Reply, Request, Setup};
use super::{Executor, Failure};
use crate::model::TEXT_CACHE;
use crate::types::Map;

/// How a child process is started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program of the child.
    pub program: PathBuf,
    /// The arguments of the program.
    pub arguments: Vec<String>,
    /// A variable of the child's environment, besides those of this process.
    pub environment: Option<(&'static str, &'static str)>,
    /// How long the child may take for one answer.
    pub time_limit: Duration,
}

/// A child process, which [`Executor::start`] starts and which ends when this value is dropped.
#[derive(Debug)]
pub struct Process {
    launch: Launch,
    setup: Setup,
    child: Option<Running>,
    /// Memory in use on the device before the child was there, in MiB.
    device_before: Option<f64>,
    /// Memory that the device held more when the child was ready and the next one not there yet, in MiB.
    device_grown: Option<f64>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// `None` once the child is asked to end.
    input: Option<ChildStdin>,
    replies: Receiver<String>,
    log: Log,
    /// Whether the child owes an answer that took too long.
    is_silent: bool,
    /// The thread that reads the child's standard error, and ends with it.
    listener: Option<JoinHandle<()>>,
}

/// The last lines that a child said on standard error.
type Log = Arc<Mutex<VecDeque<String>>>;

/// How long a child that was asked to end may take before it is killed.
const GRACE: Duration = Duration::from_secs(5);
/// Longest part of a wrong answer that is quoted.
const QUOTED: usize = 80;

impl Process {
    /// A child process for a setup, not started yet.
    pub fn new(launch: Launch, setup: Setup) -> Self {
        Self { launch, setup, child: None, device_before: None, device_grown: None }
    }

    fn ask(&mut self, request: &Request) -> Result<Reply, Failure> {
        let limit = self.launch.time_limit;
        let Some(running) = &mut self.child else {
            return Err(Failure::new("the process was not started", "report this"));
        };
        let answer = running.ask(request, limit);
        if answer.is_err() {
            // Whatever it does now, it is not what was asked.
            self.child = None;
        }
        answer
    }

    /// Gives the child up: its answer was of another kind than the question.
    fn confused<T>(&mut self, reply: &Reply) -> Result<T, Failure> {
        self.child = None;
        Err(wrong_answer(&format!("{reply:?}")))
    }
}

impl Executor for Process {
    fn start(&mut self) -> Result<Ready, Failure> {
        self.device_before = device::used_mib(&self.setup.provider);
        self.child = Some(Running::start(&self.launch)?);
        match self.ask(&Request::Prepare(self.setup.clone()))? {
            Reply::Ready(ready) => Ok(*ready),
            other => self.confused(&other),
        }
    }

    fn run(&mut self, calls: usize) -> Result<Vec<f64>, Failure> {
        match self.ask(&Request::Run { calls })? {
            Reply::Ran { ms } if ms.len() == calls && ms.iter().all(|ms| *ms >= 0.0) => Ok(ms),
            other => self.confused(&other),
        }
    }

    fn maps(&mut self) -> Result<Vec<Map>, Failure> {
        match self.ask(&Request::Maps)? {
            Reply::Maps { maps } => maps.into_iter().map(Plane::into_map).collect(),
            other => self.confused(&other),
        }
    }

    fn memory(&mut self) -> Result<Memory, Failure> {
        match self.ask(&Request::Memory)? {
            Reply::Memory(memory) => {
                let pid = self.child.as_ref().map_or(0, |running| running.child.id());
                let provider = &self.setup.provider;
                let listed = device::of_process_mib(provider, pid);
                if listed.is_none() && self.device_grown.is_none() {
                    self.device_grown =
                        self.device_before.and_then(|before| device::grown_mib(provider, before));
                }
                let device_mib = listed.or(self.device_grown);
                Ok(Memory { device_mib, ..memory })
            }
            other => self.confused(&other),
        }
    }
}

impl Running {
    fn start(launch: &Launch) -> Result<Self, Failure> {
        let mut command = Command::new(&launch.program);
        command.args(&launch.arguments).envs(launch.environment);
        // What other runs left in the cache would change times and memory.
        command.env(TEXT_CACHE, "0");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Ctrl-C is for the parent, which lets the call in progress end.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| {
            let reason = format!("{} cannot be started: {error}", launch.program.display());
            Failure::new(reason, "check that the program is still where it was, and the number of processes")
        })?;
        let (Some(input), Some(output), Some(errors)) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            return Err(Failure::new("the process has no pipes", "report this"));
        };
        let (sender, replies) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let log = Log::default();
        let listener = Some(listen(errors, log.clone()));
        Ok(Self { child, input: Some(input), replies, log, is_silent: false, listener })
    }

    fn ask(&mut self, request: &Request, limit: Duration) -> Result<Reply, Failure> {
        let line = serde_json::to_string(request).map_err(|error| {
            Failure::new(format!("the request cannot be written: {error}"), "give paths in UTF-8")
        })?;
        let written = self.input.as_mut().map(|input| writeln!(input, "{line}").and_then(|()| input.flush()));
        if !matches!(written, Some(Ok(()))) {
            return Err(self.ended());
        }
        let line = match self.replies.recv_timeout(limit) {
            Ok(line) => line,
            Err(RecvTimeoutError::Disconnected) => return Err(self.ended()),
            Err(RecvTimeoutError::Timeout) => {
                self.is_silent = true;
                let reason = format!("no answer within {} s", limit.as_secs_f64());
                return Err(Failure::new(
                    reason + &self.last_words(),
                    "give a longer `time_limit` (an engine may take minutes to build), or a smaller `batch`",
                ));
            }
        };
        match serde_json::from_str(&line) {
            Ok(Reply::Failed(failure)) => Err(failure),
            Ok(reply) => Ok(reply),
            Err(_) => Err(wrong_answer(&line)),
        }
    }

    /// The failure of a child that is gone.
    fn ended(&mut self) -> Failure {
        self.input = None;
        let status = self.end();
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
        let reason = format!("the process ended unasked ({status})");
        Failure::new(
            reason + &self.last_words(),
            "check that memory suffices (fewer configurations at once, or a smaller `batch`) and that the library fits this machine",
        )
    }

    /// Waits for the child's end, and forces it after a while.
    fn end(&mut self) -> String {
        self.input = None;
        let start = Instant::now();
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return status.to_string(),
                Ok(None) if start.elapsed() < GRACE => thread::sleep(Duration::from_millis(5)),
                Ok(None) => {
                    let _ = self.child.kill();
                    return self.child.wait().map_or_else(|e| e.to_string(), |status| status.to_string());
                }
                Err(error) => return error.to_string(),
            }
        }
    }

    /// The last line of standard error, where there is one.
    fn last_words(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.back().map_or_else(String::new, |line| format!("; it last said: {line}"))
    }
}

impl Drop for Running {
    /// An idle child ends with its input; one that hangs is killed after a while.
    fn drop(&mut self) {
        if self.is_silent {
            let _ = self.child.kill();
        }
        self.end();
    }
}

/// Keeps the last lines of a child's standard error.
fn listen(errors: impl Read + Send + 'static, log: Log) -> JoinHandle<()> {
    const KEPT: usize = 20;
    thread::spawn(move || {
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            if line.trim().is_empty() {
                continue;
            }
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if log.len() == KEPT {
                log.pop_front();
            }
            log.push_back(line);
        }
    })
}

fn wrong_answer(line: &str) -> Failure {
    let quoted: String = line.chars().take(QUOTED).collect();
    Failure::new(
        format!("the process said something else than an answer: {quoted:?}"),
        "a library that prints to standard output does that; report it with the library's version",
    )
}

impl Plane {
    /// The map as it is sent.
    pub fn of(map: &Map) -> Self {
        let (rows, columns) = map.dim();
        Self { rows, columns, values: map.iter().copied().collect() }
    }

    fn into_map(self) -> Result<Map, Failure> {
        Map::from_shape_vec((self.rows, self.columns), self.values)
            .map_err(|error| Failure::new(format!("a map came damaged: {error}"), "report this"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::protocol::Job;

    /// A child that runs a shell script.
    fn child(script: &str, limit_ms: u64) -> Process {
        let launch = Launch {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: None,
            time_limit: Duration::from_millis(limit_ms),
        };
        let setup = Setup {
            job: Job::Gemm,
            provider: "cpu".parse().unwrap(),
            precision: None,
            batch: 1,
            threads: None,
            strict: false,
            warm_up: 0,
            ort_lib: None,
            offline: true,
        };
        Process::new(launch, setup)
    }

    const LONG: u64 = 20_000;

    #[test]
    fn an_answer_is_read() {
        let mut process = child(r#"read request; echo '{"reply":"ran","ms":[1.5,2]}'; read request"#, LONG);
        process.child = Some(Running::start(&process.launch).unwrap());
        assert_eq!(process.run(2).unwrap(), [1.5, 2.0]);
    }

    #[test]
    fn a_crash_is_a_failure_with_the_last_words() {
        let failure =
            child("read request; echo 'out of cheese' >&2; kill -SEGV $$", LONG).start().unwrap_err();
        assert!(failure.reason.contains("SIGSEGV"), "{failure:?}");
        assert!(failure.reason.ends_with("it last said: out of cheese"), "{failure:?}");
        assert!(failure.fix.contains("`batch`"), "{failure:?}");
    }

    #[test]
    fn a_child_that_hangs_is_given_up() {
        let failure = child("read request; exec sleep 600", 300).start().unwrap_err();
        assert!(failure.reason.contains("no answer within 0.3 s"), "{failure:?}");
        assert!(failure.fix.contains("`time_limit`"), "{failure:?}");
    }

    #[test]
    fn garbage_and_the_wrong_kind_of_answer_are_failures() {
        let failure = child("read request; echo Segmenting...; read request", LONG).start().unwrap_err();
        assert!(failure.reason.contains("\"Segmenting...\""), "{failure:?}");
        let failure =
            child(r#"read request; echo '{"reply":"ran","ms":[]}'; read x"#, LONG).start().unwrap_err();
        assert!(failure.reason.contains("Ran"), "{failure:?}");
    }

    #[test]
    fn a_childs_own_failure_is_passed_on() {
        let script = r#"read request; echo '{"reply":"failed","reason":"no GPU 7","fix":"count"}'"#;
        assert_eq!(child(script, LONG).start().unwrap_err(), Failure::new("no GPU 7", "count"));
    }

    #[test]
    fn a_program_that_is_not_there_is_a_failure() {
        let mut process = child("", LONG);
        process.launch.program = "/nowhere/askance".into();
        assert!(process.start().unwrap_err().reason.contains("cannot be started"));
    }
}
