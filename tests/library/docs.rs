//! The documents hold together: what they point at is there, and the book has all of its pages.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;
use serde_json::{Value, json};

use crate::documents::{Page, files, pages, root};

/// A line without its spans of code.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// Targets of the links and pictures of a page, with the number of their line.
fn links(page: &Page) -> Vec<(usize, String)> {
    let link = Regex::new(r#"\]\(([^)\s]+)(?:\s+"[^"]*")?\)|(?:href|src)="([^"]+)""#).unwrap();
    let mut found = Vec::new();
    for (line, text) in page.prose() {
        for hit in link.captures_iter(&without_code(&text)) {
            let target = hit.get(1).or_else(|| hit.get(2)).unwrap();
            found.push((line, target.as_str().to_owned()));
        }
    }
    found
}

/// Names that GitHub gives the headings of a page: lower case, without punctuation, hyphens for spaces, numbered where two
/// are alike.
fn anchors(page: &Page) -> BTreeSet<String> {
    let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").unwrap();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    for (_, line) in page.prose() {
        let text = line.trim_start_matches('#');
        let level = line.len() - text.len();
        if level == 0 || level > 6 || !text.starts_with(' ') {
            continue;
        }
        let text = link.replace_all(text.trim(), "$1").to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let count = seen.entry(slug.clone()).or_default();
        found.insert(if *count == 0 { slug } else { format!("{slug}-{count}") });
        *count += 1;
    }
    found
}

/// `folder/../file` as `file`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// What is wrong with the links of these pages, which lie in the repository.
fn broken(pages: &[Page]) -> Vec<String> {
    let headings: BTreeMap<&str, BTreeSet<String>> =
        pages.iter().map(|page| (page.name.as_str(), anchors(page))).collect();
    let mut broken = Vec::new();
    for page in pages {
        for (line, link) in links(page) {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(f, a)| (f, Some(a)));
            let folder = Path::new(&page.name).parent().unwrap();
            let target = if file.is_empty() { page.name.clone().into() } else { plain(&folder.join(file)) };
            let problem = if file.starts_with('/') {
                Some("is a path of one machine")
            } else if !headings.contains_key(target.to_str().unwrap()) && !root().join(&target).exists() {
                Some("is not there")
            } else if anchor.is_some_and(|anchor| {
                !headings.get(target.to_str().unwrap()).is_some_and(|all| all.contains(anchor))
            }) {
                Some("names no heading")
            } else {
                None
            };
            broken.extend(problem.map(|problem| format!("{}:{line}: {link} {problem}", page.name)));
        }
    }
    broken
}

#[test]
fn every_link_leads_somewhere() {
    let pages = pages();
    let count: usize = pages.iter().map(|page| links(page).len()).sum();
    assert!(pages.len() > 30 && count > 200, "{} pages, {count} links", pages.len());
    let broken = broken(&pages);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_link_to_nothing_is_noticed() {
    let text = "# One `--flag`: two\n# Same\n# Same\n[a](#one---flag-two) [b](#same-1) [c](../Cargo.toml)\n\
                ```sh\n# no heading\n[no](link)\n```\n`[no](link)` [d](#same-2) [e](nothing.md) [f](/etc) [g](../README.md#nothing) ![h](no.png)";
    let page = Page { name: "docs/made-up.md".into(), text: text.into() };
    let found: Vec<String> =
        broken(&[page]).iter().map(|line| line.split(' ').nth(1).unwrap().into()).collect();
    assert_eq!(found, ["#same-2", "nothing.md", "/etc", "../README.md#nothing", "no.png"]);
}

#[test]
fn no_document_names_a_path_of_one_machine() {
    let path = Regex::new(r"(^|[\s`(=])/(home|root|Users|tmp|work)/").unwrap();
    for page in pages() {
        for (number, line) in page.text.lines().enumerate() {
            assert!(!path.is_match(line), "{}:{}: {line}", page.name, number + 1);
        }
    }
}

/// Pages of the book, in the order of its summary.
fn listed() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    let entry = Regex::new(r"^ *(?:- )?\[[^\]]+\]\(([^)]+)\)$").unwrap();
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("# ")) {
        let page =
            entry.captures(line).unwrap_or_else(|| panic!("SUMMARY.md: mdBook reads no entry in {line:?}"));
        found.push(page[1].to_owned());
    }
    found
}

#[test]
fn the_summary_has_every_page_once() {
    let mut listed = listed();
    listed.sort();
    let mut there: Vec<String> = files("docs", &["md"])
        .iter()
        .map(|path| path.strip_prefix(root().join("docs")).unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "SUMMARY.md")
        .collect();
    there.sort();
    assert_eq!(listed, there);
}

/// Pages of the book as `.ci/book` hands them to mdBook's renderer, each by its path below docs/.
fn rendered() -> Vec<Page> {
    let chapter = |name: &String| {
        let content = fs::read_to_string(root().join("docs").join(name)).unwrap();
        let place = name.replace("README.md", "index.md");
        json!({ "Chapter": { "name": name, "content": content, "sub_items": [], "path": place, "source_path": name } })
    };
    let book = json!({ "items": listed().iter().map(chapter).collect::<Vec<_>>() });
    let context = json!({ "root": root(), "config": { "book": { "src": "docs" } } });
    let mut program = Command::new("python3");
    program.arg(root().join(".ci/book")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = program.spawn().unwrap();
    child.stdin.take().unwrap().write_all(json!([context, book]).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let book: Value = serde_json::from_slice(&output.stdout).unwrap();
    let chapters = book["items"].as_array().unwrap().iter().filter_map(|item| item.get("Chapter"));
    let text = |chapter: &Value, key: &str| chapter[key].as_str().unwrap().to_owned();
    chapters.map(|chapter| Page { name: text(chapter, "path"), text: text(chapter, "content") }).collect()
}

#[test]
fn every_link_of_the_book_leads_somewhere() {
    let pages = rendered();
    let headings: BTreeMap<&str, BTreeSet<String>> =
        pages.iter().map(|page| (page.name.as_str(), anchors(page))).collect();
    assert!(
        headings.contains_key("repository/export.md")
            && headings.contains_key("repository/examples/study.rs.md")
    );
    let mut broken = Vec::new();
    for page in &pages {
        for (line, link) in links(page) {
            if link.contains("://") || link.starts_with("mailto:") || link.starts_with("data:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').map_or((link.as_str(), None), |(f, a)| (f, Some(a)));
            let target = plain(&Path::new(&page.name).parent().unwrap().join(file));
            let target = if file.is_empty() { page.name.as_str() } else { target.to_str().unwrap() };
            let found = match headings.get(target) {
                Some(headings) => anchor.is_none_or(|anchor| headings.contains(anchor)),
                None => !target.ends_with(".md") && root().join("docs").join(target).is_file(),
            };
            if !found {
                broken.push(format!("{}:{line}: {link}", page.name));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn blocks_of_code_say_what_they_are_and_spans_end_in_their_line() {
    for page in pages() {
        for block in page.code() {
            assert!(!block.language.is_empty(), "{}:{}: write ```sh, or ```text", page.name, block.line - 1);
        }
        for (line, text) in page.prose() {
            let marks = text.chars().filter(|&letter| letter == '`').count();
            assert!(marks % 2 == 0, "{}:{line}: a span of code goes over the end of the line", page.name);
        }
    }
}

#[test]
fn every_page_that_the_code_names_is_there() {
    let name = Regex::new(r"\bdocs/[a-z0-9-]+\.md\b").unwrap();
    let mut seen = 0;
    let folders = ["src", "tests", "examples", "export", "deploy", "models", "results", "docs"];
    for path in folders.iter().flat_map(|folder| files(folder, &["rs", "py", "md", "sh", "sbatch", "yaml"])) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        for hit in name.find_iter(&text).filter(|hit| hit.as_str() != "docs/made-up.md") {
            seen += 1;
            assert!(root().join(hit.as_str()).is_file(), "{}: {} is not there", path.display(), hit.as_str());
        }
    }
    assert!(seen > 20, "{seen} names");
}
