//! The program as a user starts it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{PoisonError, RwLock};

/// Held by many commands at a time, or by one whose times are compared.
static MACHINE: RwLock<()> = RwLock::new(());

/// The program, without progress bars and without input.
pub fn askance() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_askance"));
    command.arg("--quiet").stdin(Stdio::null());
    command
}

/// One of the program's commands, from a data set into a folder.
pub fn on(command: &str, data: &Path, out: &Path) -> Command {
    let mut askance = askance();
    askance.arg(command).arg("--data").arg(data).arg("--out").arg(out);
    askance
}

/// Runs a command to its end, however that is.
pub fn output(command: &mut Command) -> Output {
    let _shared = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
    command.output().unwrap()
}

/// Runs a command, which must succeed.
pub fn run(command: &mut Command) -> Output {
    let output = output(command);
    succeeded(command, output)
}

/// Runs a command, which must succeed, with no other of these functions' commands beside it: for times that are
/// compared.
pub fn run_alone(command: &mut Command) -> Output {
    let _alone = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
    let output = command.output().unwrap();
    succeeded(command, output)
}

fn succeeded(command: &Command, output: Output) -> Output {
    assert!(output.status.success(), "{command:?}\n{}", said(&output));
    output
}

/// Runs a command that must fail with this status, and gives what it says.
pub fn fail(command: &mut Command, status: i32) -> String {
    let output = output(command);
    assert_eq!(output.status.code(), Some(status), "{command:?}\n{}", said(&output));
    said(&output)
}

/// What a command said to the user: warnings and the error.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Makes parts in `data` as the flags of `askance synth` say, without training pictures.
pub fn synth(data: PathBuf, flags: &str) -> PathBuf {
    run(askance().args(["synth", "--train", "0"]).args(flags.split(' ')).arg("--out").arg(&data));
    data
}

/// A text file of a folder.
pub fn text(folder: &Path, name: &str) -> String {
    let path = folder.join(name);
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}
