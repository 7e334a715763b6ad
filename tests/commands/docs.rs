//! Examples of the documents, run as a reader runs them. A comment in front of a block says what is held:
//!
//! | comment | the block |
//! |---|---|
//! | `<!-- run -->` | is a script that succeeds, in the folder that the earlier ones of its page have left |
//! | `<!-- fails -->` | is a script that fails there |
//! | `<!-- rehearsed -->` | is a script that succeeds there where every `eval`, `attack` and `sweep` is one with `--dry-run` |
//! | `<!-- said -->` | has lines that the script before it said, in this order |
//! | `<!-- not run: REASON -->` | is a script that no test can run in seconds on this machine alone |
//!
//! What a page leaves to its reader is there in the folder, by the name that pages give it: [`PLACEHOLDERS`].

use std::env;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::documents::{Code, Page, pages, root};
use crate::program::output;
use crate::trees::Folder;

/// Makes what stands for the reader's own: data and a plain folder of pictures, a model, a finished run.
const PLACEHOLDERS: [(&str, &str); 4] = [
    ("DIR", "askance synth --out DIR --category hex_nut tablet --train 0 --good 1 --defective 1 --size 64"),
    (
        "pictures",
        "askance synth --out own --category tablet --train 0 --good 2 --defective 1 --size 64\nln -s own/tablet/test/good pictures",
    ),
    ("MODEL", "ln -s models/pocket MODEL"),
    (
        "RUN",
        "askance synth --out seen --category tablet --train 0 --good 2 --defective 2 --size 64\naskance attack --data seen --attacks hue --budget 6 --out RUN",
    ),
];

/// Put in front of a script of which runs are only rehearsed.
const REHEARSAL: &str = "askance() { case $1 in eval|attack|sweep) command askance \"$@\" --dry-run;; *) command askance \"$@\";; esac; }\n";

/// Makes what the script names and the folder lacks.
fn provide(script: &str, folder: &Path) {
    let is_word_end = |c: char| !c.is_ascii_alphanumeric();
    for (name, made_by) in PLACEHOLDERS {
        if script.split(is_word_end).any(|word| word == name) && !folder.join(name).exists() {
            let output = output(&mut shell(made_by, folder));
            assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
}

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

/// Whether a mark says why a script is not run.
fn is_excuse(mark: &str) -> bool {
    mark.strip_prefix("not run:").is_some_and(|reason| !reason.trim().is_empty())
}

/// Scripts of a page of the handbook that neither are run nor say why not.
fn unmarked(page: &Page) -> Vec<String> {
    let is_held = |mark: &str| ["run", "rehearsed", "fails"].contains(&mark) || is_excuse(mark);
    let scripts = page.code().into_iter().filter(|block| block.language == "sh");
    let loose = scripts.filter(|block| !block.mark.as_deref().is_some_and(is_held));
    loose.map(|block| format!("{}:{}", page.name, block.line)).collect()
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
            Some(mark @ ("run" | "rehearsed" | "fails")) => {
                if mark != "fails" {
                    provide(&text, folder.path());
                }
                let before = if mark == "rehearsed" { REHEARSAL } else { "" };
                let output = output(&mut shell(&format!("{before}{text}"), folder.path()));
                said = String::from_utf8_lossy(&output.stdout).into_owned();
                said += &String::from_utf8_lossy(&output.stderr);
                assert_eq!(
                    output.status.success(),
                    mark != "fails",
                    "{place}: {}\n{text}\n{said}",
                    output.status
                );
                scripts += 1;
            }
            Some("said") => {
                let missing = missing(&text, &said);
                assert!(missing.is_none(), "{place}: nothing said {missing:?}, but\n{said}");
            }
            Some(other) if is_excuse(other) => {}
            Some(other) => panic!("{place}: what is {other}?"),
            None => {}
        }
    }
    scripts
}

#[test]
fn the_marked_examples_of_the_documents_do_what_they_say() {
    let scripts: usize = pages().into_iter().map(|page| follow(&page.name, page.code())).sum();
    assert!(scripts > 35, "{scripts} scripts");
}

#[test]
fn every_script_of_the_handbook_is_run_or_says_why_not() {
    let is_handbook = |page: &Page| page.name == "README.md" || page.name.starts_with("docs/");
    let loose: Vec<String> = pages().iter().filter(|page| is_handbook(page)).flat_map(unmarked).collect();
    assert!(
        loose.is_empty(),
        "write <!-- run -->, <!-- rehearsed --> or <!-- not run: REASON --> in front of {}",
        loose.join(", ")
    );
}

#[test]
fn a_script_without_a_mark_or_a_reason_is_noticed() {
    let block = |mark: &str| format!("{mark}\n```sh\naskance demo\n```\n");
    let text = ["", "<!-- run -->", "<!-- not run: fetches -->", "<!-- not run: -->", "<!-- said -->"]
        .map(block)
        .concat();
    let page = Page { name: "docs/made-up.md".into(), text };
    assert_eq!(unmarked(&page), ["docs/made-up.md:3", "docs/made-up.md:15", "docs/made-up.md:19"]);
}

#[test]
fn lines_are_looked_for_in_their_order() {
    assert_eq!(missing("a\nc", "a\nb\nc"), None);
    assert_eq!(missing("c\na", "a\nb\nc"), Some("a"));
}
