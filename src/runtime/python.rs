//! The active Python environment: which interpreter it has, and where its packages lie.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::command::{Ended, run};

/// The beginning of every program: takes the current folder, which Python searches first, off the search path, since nobody chose
/// the packages that lie there. What [`SEARCH`] names of it is taken away before Python starts, which imports modules by itself.
const SAFE: &str = "
import os, sys
sys.path[:] = [p for p in sys.path if p and os.path.abspath(p) != os.getcwd()]
";

/// Folders that Python searches before its own; an empty one is the current folder.
const SEARCH: &str = "PYTHONPATH";

const LIMIT: Duration = Duration::from_secs(10);

/// A program that prints the folders of packages, without importing them, one a line: `name<TAB>folder`.
const WHERE: &str = "
import importlib.util
for name in sys.argv[1:]:
    spec = importlib.util.find_spec(name)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        print(name + '\\t' + folder)
";

/// Interpreters to try, the active environment's first.
pub(super) fn interpreters() -> Vec<PathBuf> {
    let active = std::env::var_os("VIRTUAL_ENV")
        .filter(|folder| !folder.is_empty())
        .map(|folder| Path::new(&folder).join("bin").join("python3"));
    active.into_iter().chain(["python3".into(), "python".into()]).collect()
}

/// A call of `program` that imports nothing from the current folder.
pub(super) fn command(interpreter: &Path, program: &str) -> Command {
    let mut command = Command::new(interpreter);
    command.arg("-c").arg(format!("{SAFE}{program}"));
    if let Some(folders) = std::env::var_os(SEARCH) {
        search(&mut command, &folders, &std::env::current_dir().unwrap_or_default());
    }
    command
}

/// Has `command` search `folders` but for the current one, `here`, however it is named.
fn search(command: &mut Command, folders: &OsStr, here: &Path) {
    let is_here = |folder: &Path| {
        let same = |path: &Path| path.canonicalize().ok();
        folder.as_os_str().is_empty() || same(&here.join(folder)).is_some_and(|at| Some(at) == same(here))
    };
    let kept = std::env::split_paths(folders).filter(|folder| !is_here(folder));
    match std::env::join_paths(kept) {
        Ok(kept) if kept != OsString::new() => command.env(SEARCH, kept),
        _ => command.env_remove(SEARCH),
    };
}

/// Folders of the packages `names` in the active environment, or nothing if there is no Python or it does not answer
/// within ten seconds.
pub(super) fn package_folders(names: &[&str]) -> Vec<PathBuf> {
    for interpreter in interpreters() {
        let mut command = command(&interpreter, WHERE);
        command.args(names);
        match run(&mut command, LIMIT) {
            Ended::Exited { status, stdout, .. } if status.success() => return parse(&stdout),
            Ended::TimedOut => return Vec::new(),
            // A broken interpreter of the environment: the next one may work.
            Ended::Exited { .. } | Ended::NotStarted(_) => {}
        }
    }
    Vec::new()
}

fn parse(output: &str) -> Vec<PathBuf> {
    output.lines().filter_map(|line| line.split_once('\t')).map(|(_, folder)| PathBuf::from(folder)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_lines_count() {
        assert_eq!(parse("a warning\nnvidia\t/site/nvidia\n"), vec![PathBuf::from("/site/nvidia")]);
    }

    #[test]
    fn a_package_in_the_current_folder_is_not_found() {
        let here = tempfile::tempdir().unwrap();
        std::fs::create_dir(here.path().join("askance_planted")).unwrap();
        std::fs::write(here.path().join("askance_planted/__init__.py"), "").unwrap();
        let found = |program: &str| {
            let mut command = command(Path::new("python3"), program);
            command.arg("askance_planted").current_dir(here.path()).env("PYTHONPATH", "");
            match run(&mut command, LIMIT) {
                Ended::Exited { stdout, .. } => stdout,
                Ended::NotStarted(_) | Ended::TimedOut => String::new(),
            }
        };
        assert_eq!(found(WHERE), "");
        let folder = here.path().display();
        let chosen = format!("sys.path.append({:?})\n{WHERE}", format!("{folder}/."));
        assert!(
            found(&chosen).contains("askance_planted") || found("print('no')").is_empty(),
            "a test that can fail"
        );
    }

    #[test]
    fn the_current_folder_is_not_searched_whatever_its_name_in_the_search_path() {
        let here = tempfile::tempdir().unwrap();
        let sub = here.path().join("chosen");
        std::fs::create_dir(&sub).unwrap();
        // Python imports this by itself, before any program.
        std::fs::write(here.path().join("sitecustomize.py"), "print('planted')\n").unwrap();
        let absolute = here.path().to_str().unwrap().to_owned();
        let chosen = sub.to_str().unwrap();
        for folders in
            ["", ":", "::", ".", "./.", &format!("{chosen}::"), &absolute, &format!("{absolute}/chosen/..")]
        {
            let mut command = command(Path::new("python3"), "print('ran')");
            search(&mut command, OsStr::new(folders), here.path());
            let told = command.get_envs().find(|(name, _)| *name == SEARCH).and_then(|(_, value)| value);
            assert_eq!(
                told,
                folders.contains("::").then_some(OsStr::new(chosen)).filter(|_| folders != "::"),
                "{folders:?}"
            );
            if let Ended::Exited { stdout, .. } = run(command.current_dir(here.path()), LIMIT) {
                assert_eq!(stdout, "ran\n", "{folders:?}");
            }
        }
    }

    #[test]
    fn a_package_that_is_there_is_found_and_another_is_not() {
        // `json` is part of every Python; without Python there is nothing to find.
        let found = package_folders(&["json", "askance_no_such_package"]);
        assert!(found.len() <= 1);
        assert!(found.iter().all(|folder| folder.ends_with("json")), "{found:?}");
    }
}
