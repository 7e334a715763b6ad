//! The active Python environment: which interpreter it has, and where its packages lie.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::command::{Ended, run};

/// The beginning of every program: takes the current folder, which Python searches first, off the search path, since nobody chose
/// the packages that lie there.
const SAFE: &str = "
import os, sys
sys.path[:] = [p for p in sys.path if p and os.path.abspath(p) != os.getcwd()]
";

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
    command
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
    fn a_package_that_is_there_is_found_and_another_is_not() {
        // `json` is part of every Python; without Python there is nothing to find.
        let found = package_folders(&["json", "askance_no_such_package"]);
        assert!(found.len() <= 1);
        assert!(found.iter().all(|folder| folder.ends_with("json")), "{found:?}");
    }
}
