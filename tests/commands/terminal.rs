//! What a terminal, a pipe and a signal get from the program.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::program::{askance, fail, on, output, run, said, synth};

/// A command whose standard output nobody reads.
fn unread(command: &mut Command) -> std::process::Output {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    output(command.stdout(writer))
}

#[test]
fn a_reader_that_is_gone_ends_no_command_and_loses_no_record() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    let out = folder.path().join("run");
    for command in [
        askance().arg("models"),
        askance().arg("data").arg(&data),
        &mut on("eval", &data, &out),
        on("eval", &data, &out).arg("--json"),
        askance().arg("plot").arg(&out),
        askance().args(["attack", "--help"]),
    ] {
        let output = unread(command);
        assert!(
            output.status.success() && !said(&output).contains("panicked"),
            "{command:?}: {}",
            said(&output)
        );
    }
    assert!(out.join("summary.csv").is_file());
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_an_error() {
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = output(askance().arg("models").stdout(full));
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("standard output: cannot be written"), "{}", said(&output));
}

#[test]
fn control_characters_of_names_are_printed_escaped() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    fs::rename(data.join("tablet"), data.join("red\u{1b}[31m\u{7}")).unwrap();
    for command in [askance().arg("data").arg(&data), &mut on("eval", &data, &folder.path().join("run"))] {
        let output = output(command);
        let printed = [output.stdout, output.stderr].concat();
        assert!(!printed.contains(&0x1b) && !printed.contains(&7), "{}", String::from_utf8_lossy(&printed));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn folders_may_have_names_that_are_no_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = TempDir::new().unwrap();
    let named = |bytes| folder.path().join(std::ffi::OsStr::from_bytes(bytes));
    let data = synth(named(b"d\xff"), "--category tablet --good 1 --defective 1");
    let out = named(b"r\xff");
    run(&mut on("eval", &data, &out));
    run(on("eval", &data, &out).arg("--json"));
    run(askance().arg("plot").arg(&out).arg("--json"));
    run(askance().arg("data").arg(&data).arg("--json"));
    assert!(out.join("run.toml").is_file());
}

#[test]
fn an_empty_variable_is_unset() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    run(askance().arg("data").arg(&data).env("ORT_DYLIB_PATH", ""));
    run(on("eval", &data, &folder.path().join("run")).env("ORT_DYLIB_PATH", ""));
}

#[test]
fn numbers_that_no_machine_can_use_are_refused() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    let out = folder.path().join("run");
    for (command, flags) in [
        ("attack", "--batch 1000000000000"),
        ("attack", "--budget 1000000000000"),
        ("attack", "--uniform --uniform-budget 999999999999"),
        ("attack", "--threads 1000000000"),
        ("sweep", "--steps 99999999999"),
        ("bench", "--rounds 99999999999"),
        ("bench", "--time-limit 18446744073709551615"),
    ] {
        let said = fail(on(command, &data, &out).args(flags.split(' ')), 2);
        assert!(said.contains(flags.split(' ').rev().nth(1).unwrap()), "{flags}: {said}");
        assert!(said.contains("at most"), "{flags}: {said}");
    }
    assert!(!out.join("samples.csv").exists());
}

/// A library that takes longer to load than anybody waits.
#[cfg(target_os = "linux")]
fn slow_library(folder: &Path) -> std::path::PathBuf {
    let (source, library) = (folder.join("slow.c"), folder.join("libonnxruntime.so"));
    let text = "#include <unistd.h>\n__attribute__((constructor)) static void hold(void) {\n\
    for (unsigned left = 120; left;) left = sleep(left);\n}\n";
    fs::write(&source, text).unwrap();
    let status =
        Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).status().unwrap();
    assert!(status.success());
    library
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_ends_a_command_that_waits_for_something_that_does_not_look() {
    let folder = TempDir::new().unwrap();
    let data = synth(folder.path().join("data"), "--category tablet --good 1 --defective 1");
    let mut command = on("eval", &data, &folder.path().join("run"));
    command.arg("--ort-lib").arg(slow_library(folder.path())).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    std::thread::sleep(Duration::from_secs(2));
    let begin = Instant::now();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(begin.elapsed() < Duration::from_secs(60));
    assert!(said(&output).contains("stopping"), "{}", said(&output));
}
