//! Downloading one wheel with pip, whose settings (index, proxy, certificates) are the user's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::command::{Ended, run_with_stdout};
use super::python;
use super::wheels::Wheel;

/// What `python -m pip` does.
const PIP: &str = "
import runpy
runpy.run_module('pip', run_name='__main__', alter_sys=True)
";

const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Downloads a wheel into `folder`, which must be empty, with the first of the interpreters that has pip; returns the file, whose
/// hash is not checked yet, or why there is none. pip's bar is drawn on standard error where that is wanted.
pub(super) fn download(
    interpreters: &[PathBuf],
    wheel: &Wheel,
    folder: &Path,
    show_progress: bool,
) -> Result<PathBuf, String> {
    let mut reasons = Vec::new();
    for interpreter in interpreters {
        let stdout = if show_progress { Stdio::from(std::io::stderr()) } else { Stdio::null() };
        let mut command = command(interpreter, wheel, folder, show_progress);
        let reason = match run_with_stdout(&mut command, stdout, LIMIT) {
            Ended::Exited { status, .. } if status.success() => return only_wheel(folder),
            Ended::Exited { stderr, .. } => last_error(&stderr),
            Ended::NotStarted(error) => error,
            Ended::TimedOut => "pip did not end within half an hour".into(),
        };
        // Another interpreter helps where this one lacks pip, not where the network is missing.
        let pip_failed = reason.starts_with("ERROR");
        reasons.push(format!("{}: {reason}", interpreter.display()));
        if pip_failed {
            break;
        }
    }
    Err(reasons.join("; "))
}

fn command(interpreter: &Path, wheel: &Wheel, folder: &Path, show_progress: bool) -> Command {
    let mut command = python::command(interpreter, PIP);
    command.args(["download", "--no-input", "--disable-pip-version-check", "--no-deps"]);
    if !show_progress {
        command.arg("--quiet");
    }
    command.args(["--only-binary=:all:", "--python-version", "3.12", "--implementation", "cp"]);
    command.args(["--abi", "cp312", "--platform", wheel.platform, "--dest"]).arg(folder);
    command.arg(format!("{}=={}", wheel.package, wheel.version));
    // Where pip keeps what it has not finished: on the disk of the cache, and removed with the folder.
    command.env("TMPDIR", folder);
    // pip 25.1 and newer go on with a broken download; older ones do not know this and begin the wheel again.
    if std::env::var_os("PIP_RESUME_RETRIES").is_none() {
        command.env("PIP_RESUME_RETRIES", "5");
    }
    command
}

/// The most telling line of pip's messages: the last that says ERROR, else the last.
fn last_error(stderr: &str) -> String {
    let mut lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let telling = lines.clone().rfind(|line| line.starts_with("ERROR")).or_else(|| lines.next_back());
    telling.unwrap_or("it failed without a word").to_string()
}

fn only_wheel(folder: &Path) -> Result<PathBuf, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| "pip ended well but left no wheel; a newer pip may help".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHEEL: Wheel =
        Wheel { package: "parts", version: "1.2", platform: "manylinux1_x86_64", sha256: "", megabytes: 1 };

    /// An interpreter that does as a shell script says; `$@` are its arguments, `$dest` the folder. Another process writes it:
    /// a file that this one has open for writing, or a child forked meanwhile, cannot be executed.
    fn interpreter(folder: &Path, name: &str, script: &str) -> PathBuf {
        let path = folder.join(name);
        let dest = r#"for a; do [ "$previous" = --dest ] && dest=$a; previous=$a; done"#;
        let write = r#"printf '%s\n' '#!/bin/sh' "$1" "$2" > "$0" && chmod +x "$0""#;
        let status = Command::new("sh").args(["-c", write]).arg(&path).args([dest, script]).status().unwrap();
        assert!(status.success());
        path
    }

    fn download_with(scripts: &[&str]) -> (Result<PathBuf, String>, String) {
        let folder = tempfile::tempdir().unwrap();
        let dest = folder.path().join("dest");
        fs::create_dir(&dest).unwrap();
        let interpreters: Vec<PathBuf> = scripts
            .iter()
            .enumerate()
            .map(|(index, script)| interpreter(folder.path(), &format!("python{index}"), script))
            .collect();
        let result = download(&interpreters, &WHEEL, &dest, false);
        (result, fs::read_to_string(dest.join("said")).unwrap_or_default())
    }

    #[test]
    fn pip_is_asked_for_exactly_one_version_of_one_platform() {
        let (wheel, said) = download_with(&[r#"echo "$@" > "$dest/said"; touch "$dest/parts.whl""#]);
        assert!(wheel.unwrap().ends_with("dest/parts.whl"));
        for words in [
            "run_module('pip'",
            "download",
            "--no-deps",
            "--quiet",
            "--platform manylinux1_x86_64",
            "parts==1.2",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }

    #[test]
    fn the_next_interpreter_is_tried_where_pip_is_missing_but_not_where_pip_fails() {
        let no_pip = "echo 'No module named pip' >&2; exit 1";
        let works = r#"touch "$dest/parts.whl""#;
        assert!(download_with(&[no_pip, works]).0.is_ok());
        let reason = download_with(&["echo 'ERROR: no network' >&2; exit 1", works]).0.unwrap_err();
        assert!(reason.ends_with("python0: ERROR: no network"), "{reason}");
        let reason = download_with(&["exit 0"]).0.unwrap_err();
        assert!(reason.contains("left no wheel"), "{reason}");
    }

    #[test]
    fn what_pip_says_last_is_told() {
        let stderr = "WARNING: retrying\nERROR: first\nERROR: No matching distribution\n\n[notice] new pip\n";
        assert_eq!(last_error(stderr), "ERROR: No matching distribution");
        assert_eq!(
            last_error("/usr/bin/python3: No module named pip\n"),
            "/usr/bin/python3: No module named pip"
        );
    }
}
