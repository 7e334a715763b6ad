//! Running another program with a time limit.

use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// By itself.
    Exited { success: bool, stdout: String, stderr: String },
    /// It could not be started.
    NotStarted(String),
    /// It was still running at the limit and was stopped.
    TimedOut,
}

/// Runs `command` without standard input and collects what it prints.
pub(super) fn run(command: &mut Command, limit: Duration) -> Ended {
    let spawned = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
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
    Ended::Exited { success: status.success(), stdout: text(stdout), stderr: text(stderr) }
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
        let expected = Ended::Exited { success: false, stdout: "out\n".into(), stderr: "err\n".into() };
        assert_eq!(ended, expected);
    }

    #[test]
    fn more_output_than_a_pipe_holds_does_not_block() {
        let ended = shell("head -c 1000000 /dev/zero", Duration::from_secs(60));
        assert!(matches!(ended, Ended::Exited { success: true, stdout, .. } if stdout.len() == 1_000_000));
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
