//! Examples of the documents, run as a reader runs them. A comment in front of a block says what is held:
//!
//! | comment | the block |
//! |---|---|
//! | `<!-- run -->` | is a script that succeeds, in the folder that the earlier ones of its page have left |
//! | `<!-- fails -->` | is a script that fails there |
//! | `<!-- said -->` | has lines that the script before it said, in this order |

use std::env;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::documents::{Code, pages, root};
use crate::program::output;
use crate::trees::Folder;

/// A shell that finds the program, and stops at the first command that fails.
fn shell(script: &str, folder: &Path) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_askance")).parent().unwrap();
    let path = env::var_os("PATH").unwrap_or_default();
    let paths = [program.to_owned()].into_iter().chain(env::split_paths(&path));
    let mut shell = Command::new("sh");
    shell.args(["-euc", script]).current_dir(folder).stdin(Stdio::null());
    shell.env("PATH", env::join_paths(paths).unwrap());
    shell
}

/// Lines of `expected` that `said` does not have in their order.
fn missing<'a>(expected: &'a str, said: &str) -> Option<&'a str> {
    let mut lines = said.lines().map(str::trim_end);
    expected.lines().find(|expected| !lines.any(|line| line == expected.trim_end()))
}

/// Does what the marks of a page ask for, and gives the number of scripts that were run.
fn follow(name: &str, blocks: Vec<Code>) -> usize {
    let folder = Folder::new();
    for bundle in ["pocket", "pocket-int8", "pocket-robust"] {
        let name = format!("models/{bundle}");
        symlink(root().join(&name), folder.place(&name)).unwrap();
    }
    let (mut said, mut scripts) = (String::new(), 0);
    for Code { line, mark, text, .. } in blocks {
        let place = format!("{name}:{line}");
        match mark.as_deref() {
            Some(mark @ ("run" | "fails")) => {
                let output = output(&mut shell(&text, folder.path()));
                said = String::from_utf8_lossy(&output.stdout).into_owned();
                said += &String::from_utf8_lossy(&output.stderr);
                assert_eq!(
                    output.status.success(),
                    mark == "run",
                    "{place}: {}\n{text}\n{said}",
                    output.status
                );
                scripts += 1;
            }
            Some("said") => {
                let missing = missing(&text, &said);
                assert!(missing.is_none(), "{place}: nothing said {missing:?}, but\n{said}");
            }
            Some(other) => panic!("{place}: what is {other}?"),
            None => {}
        }
    }
    scripts
}

#[test]
fn the_marked_examples_of_the_documents_do_what_they_say() {
    let scripts: usize = pages().into_iter().map(|page| follow(&page.name, page.code())).sum();
    assert!(scripts > 20, "{scripts} scripts");
}

#[test]
fn lines_are_looked_for_in_their_order() {
    assert_eq!(missing("a\nc", "a\nb\nc"), None);
    assert_eq!(missing("c\na", "a\nb\nc"), Some("a"));
}
