//! Holds the import table of the rooms: each imports only from rooms of a lower level.

mod file_graph;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use file_graph::Graph;

/// Rooms and their level, as in docs/architecture.md.
const ROOMS: [(&str, u8); 20] = [
    ("error", 0),
    ("file", 0),
    ("types", 0),
    ("stats", 0),
    ("runtime", 1),
    ("dataset", 1),
    ("synth", 1),
    ("perturb", 1),
    ("metric", 1),
    ("search", 1),
    ("prompt", 1),
    ("record", 1),
    ("model", 2),
    ("attack", 3),
    ("bench", 3),
    ("plot", 3),
    ("report", 3),
    ("study", 4),
    ("cli", 5),
    ("main", 5),
];

fn level(room: &str) -> Option<u8> {
    ROOMS.iter().find(|(name, _)| *name == room).map(|&(_, level)| level)
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn source_files() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    files
        .into_iter()
        .map(|path| {
            let inside = path.strip_prefix(&root).unwrap();
            let first = inside.components().next().unwrap().as_os_str().to_str().unwrap();
            let room = first.strip_suffix(".rs").unwrap_or(first).to_owned();
            let text = fs::read_to_string(&path).unwrap();
            (room, path, text)
        })
        .collect()
}

/// The library's code without its unit tests and comments.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or(text);
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// Rooms named after `crate::` or `askance::`, also in the first level of a braced list.
fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for root in ["crate::", "askance::"] {
        for (position, _) in code.match_indices(root) {
            let rest = &code[position + root.len()..];
            let Some(list) = rest.strip_prefix('{') else {
                found.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
                continue;
            };
            let mut depth = 0_usize;
            let mut word = String::new();
            let mut path_head = true;
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => {
                        found.push(std::mem::take(&mut word));
                        path_head = true;
                    }
                    ':' if depth == 0 => path_head = false,
                    c if depth == 0 && path_head && (c.is_alphanumeric() || c == '_') => word.push(c),
                    _ => {}
                }
            }
            found.push(word);
        }
    }
    found
}

/// The shared words report errors too, so `error` lies below the rest of its level.
#[test]
fn rooms_import_only_from_below() {
    let mut seen = 0;
    for (room, path, text) in source_files() {
        if room == "lib" {
            continue;
        }
        let own = level(&room)
            .unwrap_or_else(|| panic!("{}: `{room}` is in no level of the table", path.display()));
        for import in imports(&code(&text)) {
            let Some(other) = level(&import) else { continue };
            seen += 1;
            assert!(
                import == room || other < own || import == "error" || (room == "main" && import == "cli"),
                "{}: `{room}` (level {own}) imports `{import}` (level {other})",
                path.display()
            );
        }
    }
    assert!(seen > 30, "the reader of imports found only {seen}");
}

#[test]
fn each_engine_has_its_users() {
    let users_of: [(&str, &[&str]); 6] = [
        ("clap::", &["cli"]),
        ("ctrlc::", &["cli"]),
        ("indicatif::", &["cli"]),
        ("plotters::", &["plot"]),
        ("libloading::", &["runtime"]),
        ("ort::", &["model", "runtime"]),
    ];
    for (crate_name, rooms) in users_of {
        let users: BTreeSet<String> = source_files()
            .into_iter()
            .filter(|(_, _, text)| contains_path(&code(text), crate_name))
            .map(|(room, ..)| room)
            .collect();
        assert_eq!(users.iter().collect::<Vec<_>>(), rooms, "users of {crate_name}");
    }
}

/// Whether `path` occurs as the beginning of a path, not as the tail of a longer name.
fn contains_path(code: &str, path: &str) -> bool {
    code.match_indices(path).any(|(position, _)| {
        !code[..position].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':')
    })
}

#[test]
fn only_the_command_line_prints() {
    for (room, path, text) in source_files() {
        let code = code(&text);
        let prints = ["println!", "eprintln!", "print!(", "eprint!("].iter().any(|word| code.contains(word));
        assert!(!prints || room == "cli" || room == "main", "{} prints", path.display());
    }
}

/// Lines of other rooms that hold flags of other programs: the end of the file's path, and a part of the line.
const FLAGS_OF_OTHER_PROGRAMS: [(&str, &str); 6] = [
    ("runtime/pip.rs", ""),
    ("runtime/probe.rs", "pip install"),
    ("bench/device.rs", ""),
    ("bundle/sibling.rs", "python -m askance_export"),
    ("paper/inventory.rs", "--"),
    // Those of the command line that a record quotes.
    ("record/shards.rs", "--"),
];

/// Errors, warnings and comments of the library name settings; that a setting is a flag is for the command line to know.
#[test]
fn only_the_command_line_knows_flags() {
    let flag = |line: &str| {
        line.match_indices("--").any(|(at, _)| {
            let starts = !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '-');
            starts && line[at + 2..].starts_with(|c: char| c.is_ascii_lowercase())
        })
    };
    assert!(flag("give `--out`") && !flag("a -- b, c--d, ---"));
    for (room, path, text) in source_files() {
        if room == "cli" || room == "main" {
            continue;
        }
        for line in text.lines().filter(|line| flag(line)) {
            let known = |(file, part): &(&str, &str)| path.ends_with(file) && line.contains(part);
            assert!(FLAGS_OF_OTHER_PROGRAMS.iter().any(known), "{}: a flag in {line}", path.display());
        }
    }
}

/// Words that open a file of any kind.
const OPENERS: [&str; 9] = [
    "File::open",
    "fs::read(",
    "read_to_string(",
    "fs::copy(",
    "OpenOptions",
    "from_path(",
    "image::open(",
    "ImageReader::open(",
    "commit_from_file(",
];

/// Files outside the room `file` that open others: what they open nobody else wrote, or was looked at before.
const OPENING: [(&str, &str); 7] = [
    // Facts of the kernel.
    ("record/machine.rs", "fs::read_to_string(path)"),
    ("record/machine.rs", "path().join(\"information\")"),
    ("bench/worker.rs", "/proc/self/status"),
    ("bench/warning.rs", "fs::read_to_string(path)"),
    // Opened in a way of its own, after its kind was looked at.
    ("record/journal.rs", "OpenOptions"),
    ("session/build.rs", "commit_from_file(path)"),
    ("synth/writer.rs", "csv::Writer::from_path(&path)"),
];

/// A named pipe in the place of a file would be waited for.
#[test]
fn only_the_room_for_it_opens_files() {
    for (room, path, text) in source_files() {
        if room == "file" {
            continue;
        }
        for line in code(&text).lines() {
            let opens = OPENERS.iter().any(|opener| line.contains(opener));
            let known = OPENING.iter().any(|(file, part)| path.ends_with(file) && line.contains(part));
            assert!(!opens || known, "{} opens a file: {line}", path.display());
        }
    }
}

#[test]
fn the_reader_of_imports_reads_lists() {
    let found = imports("use crate::{metric, perturb::{a, b}, search};\nuse crate::types::X;");
    assert_eq!(found, ["metric", "perturb", "search", "types"]);
}

#[test]
fn the_files_of_a_room_need_each_other_in_one_direction() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut graph = Graph::default();
    for (_, path, text) in source_files() {
        graph.add(path.strip_prefix(&root).unwrap().to_str().unwrap(), &code(&text));
    }
    let circles: Vec<String> =
        ROOMS.iter().filter_map(|(room, _)| graph.circle(room)).map(|circle| circle.join(" -> ")).collect();
    assert!(circles.is_empty(), "circles among files:\n{}", circles.join("\n"));
}
