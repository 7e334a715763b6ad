//! What a machine runs out of, and the patience of its user: the same command, given again, ends as if nothing had been.
#![cfg(unix)]

use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use askance::record::{RunInfo, Status};
use tempfile::TempDir;

use crate::program::{output, run, said};
use crate::survival::{attack, attack_of, files, parts};

/// The command under a limit of the shell; what the limit ends is an error that the program is told of, not a signal.
fn under(limit: &str, command: &Command) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", &format!("trap '' XFSZ; {limit} && exec \"$0\" \"$@\"")]).arg(command.get_program());
    limited.args(command.get_args());
    limited
}

/// Gives the command under each limit, then without, and compares what it leaves with what it leaves where there is no limit. Gives what the
/// limited ones said that failed.
fn failures(limits: &[String]) -> Vec<Output> {
    let folder = TempDir::new().unwrap();
    let (data, whole, out) = (parts(&folder), folder.path().join("whole"), folder.path().join("run"));
    run(&mut attack(&data, &whole));
    let mut failed = Vec::new();
    for limit in limits {
        let ended = output(&mut under(limit, &attack(&data, &out)));
        if !ended.status.success() {
            failed.push(ended);
        }
    }
    run(&mut attack(&data, &out));
    assert!(files(&whole) == files(&out), "differs after {limits:?}");
    failed
}

/// A limit on the size of a file stops a write in its middle, as a disk does that has no more room.
#[test]
fn a_disk_without_room_is_named_with_the_file_and_nothing_is_lost() {
    let blocks = [0, 1, 2, 3, 5, 8, 12, 20];
    let failed = failures(&blocks.map(|blocks| format!("ulimit -f {blocks}")));
    assert!(failed.len() > 4, "{} of {} met the limit", failed.len(), blocks.len());
    for ended in failed {
        let told = said(&ended);
        assert_eq!(ended.status.code(), Some(1), "{told}");
        assert!(told.contains("/run") && told.contains("File too large"), "{told}");
    }
}

/// An allocation that fails ends the program, wherever it is; a limit of address space makes one fail.
#[test]
fn a_process_without_memory_loses_nothing() {
    let kib = [300_000, 600_000, 900_000, 1_200_000, 1_600_000, 2_000_000];
    let failed = failures(&kib.map(|kib| format!("ulimit -v {kib}")));
    assert!(!failed.is_empty());
}

/// The second Ctrl-C does not wait for what is under way.
#[test]
fn ctrl_c_twice_ends_at_once_and_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let (data, whole, out) = (parts(&folder), folder.path().join("whole"), folder.path().join("run"));
    let long = |out: &Path| attack_of("60", &data, out);
    run(&mut long(&whole));
    let mut child = long(&out).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !out.join("samples.csv").is_file() {
        assert!(started.elapsed() < Duration::from_secs(120));
        sleep(Duration::from_millis(2));
    }
    let process = child.id().to_string();
    run(Command::new("sh").args(["-c", "kill -INT $0 && kill -INT $0"]).arg(&process));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let status = RunInfo::read(out.join("run.toml")).unwrap().status;
    assert!(status != Status::Finished, "{status:?}");
    run(&mut long(&out));
    assert!(files(&whole) == files(&out));
}
