//! The documents of the repository, read as text.
#![allow(dead_code, reason = "each suite needs a part of it")]

use std::fs;
use std::path::{Path, PathBuf};

/// Folders whose Markdown files are documents.
const FOLDERS: [&str; 5] = ["docs", "models", "export", "results", "deploy"];
/// Documents beside them.
const FILES: [&str; 2] = ["README.md", "CONTRIBUTING.md"];

/// A Markdown file.
pub struct Page {
    /// Path from the root of the repository, with `/`.
    pub name: String,
    pub text: String,
}

/// A piece of a page.
pub enum Part {
    /// A line of prose, and its number from 1.
    Prose(usize, String),
    Code(Code),
}

/// A block of code.
pub struct Code {
    /// Number of its first line, from 1.
    pub line: usize,
    pub language: String,
    /// Word of the comment in front of it: `run` in `<!-- run -->`.
    pub mark: Option<String>,
    pub text: String,
}

/// The repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Files with one of the extensions in a folder of the repository, and below it, but for what a run or an environment left there.
pub fn files(folder: &str, extensions: &[&str]) -> Vec<PathBuf> {
    let (mut folders, mut found) = (vec![root().join(folder)], Vec::new());
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                let is_left = name.starts_with('.')
                    || path.join("run.toml").is_file()
                    || path.join("pyvenv.cfg").is_file();
                folders.extend((!is_left).then_some(path));
            } else if extensions.iter().any(|extension| path.extension().is_some_and(|own| own == *extension))
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// All documents.
pub fn pages() -> Vec<Page> {
    let listed = FILES.iter().map(|name| root().join(name));
    let found = FOLDERS.iter().flat_map(|folder| files(folder, &["md"]));
    let page = |path: PathBuf| Page {
        name: path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(),
        text: fs::read_to_string(&path).unwrap(),
    };
    listed.chain(found).map(page).collect()
}

impl Page {
    /// Prose and code, in order.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut mark = None;
        let mut lines = self.text.lines().zip(1..);
        while let Some((line, number)) = lines.next() {
            if let Some(language) = line.trim_start().strip_prefix("```") {
                let text: Vec<&str> =
                    lines.by_ref().map(|(line, _)| line).take_while(|line| line.trim() != "```").collect();
                let (language, text) = (language.to_owned(), text.join("\n"));
                parts.push(Part::Code(Code { line: number + 1, language, mark: mark.take(), text }));
            } else {
                let comment = line.trim().strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->"));
                mark = comment.map(|word| word.trim().to_owned());
                parts.push(Part::Prose(number, line.to_owned()));
            }
        }
        parts
    }

    /// Lines of prose with their numbers.
    pub fn prose(&self) -> Vec<(usize, String)> {
        let prose = |part| match part {
            Part::Prose(line, text) => Some((line, text)),
            Part::Code(_) => None,
        };
        self.parts().into_iter().filter_map(prose).collect()
    }

    /// Blocks of code.
    pub fn code(&self) -> Vec<Code> {
        let code = |part| match part {
            Part::Code(code) => Some(code),
            Part::Prose(..) => None,
        };
        self.parts().into_iter().filter_map(code).collect()
    }
}

/// Spans of code in a line of prose, without their backticks.
pub fn spans(line: &str) -> Vec<&str> {
    line.split('`').skip(1).step_by(2).collect()
}
