//! Running another program with a time limit.

use std::io::Read;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// The end of a program that was run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The program ended by itself.
    Exited { status: ExitStatus, stdout: String, stderr: String },
    /// The program could not be started.
    NotStarted(String),
    /// The program was still running at the limit and was stopped.
    TimedOut,
}

/// Runs `command` without standard input and collects what it prints.
pub(crate) fn run(command: &mut Command, limit: Duration) -> Ended {
    run_with_stdout(command, Stdio::piped(), limit)
}

/// Runs `command` as [`run`] does, but standard output goes where `stdout` says; what goes elsewhere is not collected.
pub(super) fn run_with_stdout(command: &mut Command, stdout: Stdio, limit: Duration) -> Ended {
    let spawned = command.stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) => return Ended::NotStarted(error.to_string()),
    };
    let stdout = collect(child.stdout.take());
    let stderr = collect(child.stderr.take());
    let start = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if start.elapsed() < limit => thread::sleep(Duration::from_millis(10)),
            Ok(None) => {
                // Killing fails only if it has ended by now; the wait then takes it off the process table.
                let _ = child.kill();
                let _ = child.wait();
                return Ended::TimedOut;
            }
            Err(error) => return Ended::NotStarted(error.to_string()),
        }
    };
    // A grandchild may hold the pipe open, so this does not wait for its end for ever.
    let text = |pipe: Receiver<String>| pipe.recv_timeout(Duration::from_secs(2)).unwrap_or_default();
    Ended::Exited { status, stdout: text(stdout), stderr: text(stderr) }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> Receiver<String> {
    let (sender, receiver) = channel();
    if let Some(mut pipe) = pipe {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let _ = pipe.read_to_end(&mut bytes);
            let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
        });
    }
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, limit: Duration) -> Ended {
        run(Command::new("sh").args(["-c", script]), limit)
    }

    #[test]
    fn output_and_status_come_back() {
        let ended = shell("echo out; echo err >&2; exit 3", Duration::from_secs(60));
        let Ended::Exited { status, stdout, stderr } = ended else { panic!("{ended:?}") };
        assert_eq!((status.code(), stdout.as_str(), stderr.as_str()), (Some(3), "out\n", "err\n"));
    }

    #[test]
    fn more_output_than_a_pipe_holds_does_not_block() {
        let ended = shell("head -c 1000000 /dev/zero", Duration::from_secs(60));
        assert!(
            matches!(ended, Ended::Exited { status, stdout, .. } if status.success() && stdout.len() == 1_000_000)
        );
    }

    #[test]
    fn what_does_not_end_is_stopped() {
        assert_eq!(shell("exec sleep 600", Duration::from_millis(50)), Ended::TimedOut);
    }

    #[test]
    fn what_does_not_exist_is_told() {
        let ended = run(&mut Command::new("askance-no-such-program"), Duration::from_secs(1));
        assert!(matches!(ended, Ended::NotStarted(_)));
    }
}
