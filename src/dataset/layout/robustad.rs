//! RobustAD: a folder for each shift, `<prefix>_test0` without one, with a list of its pictures in `metadata.jsonl`.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::conditions::{self, Found};
use super::folders::GOOD;
use super::listing::Listing;
use super::table::{self, Entry};
use crate::dataset::{Circumstances, files};
use crate::error::{Error, Result};
use crate::types::Label;

/// The list in the folder of a shift.
const LIST: &str = "metadata.jsonl";
const FIX: &str = "write {\"file_name\", \"label\": 0 or 1, \"mask\"} in each line";

#[derive(Deserialize)]
struct Item {
    file_name: String,
    label: Value,
    #[serde(default)]
    mask: Option<String>,
}

/// Whether a folder is a category: it has a folder of a shift with its list.
pub fn bears(folder: &Path) -> bool {
    !shifts(folder).is_empty()
}

pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let expected = "<prefix>_test0/metadata.jsonl";
    conditions::read(
        root,
        chosen,
        Found { bears, entries, expected, others: |name| name.ends_with("_train") },
    )
}

/// The folders of shifts in a category, and what each is called.
fn shifts(folder: &Path) -> Vec<(PathBuf, String)> {
    let inside = files::list(folder).unwrap_or_default().into_iter();
    let named = inside.filter(|path| files::is_there(&path.join(LIST))).filter_map(|path| {
        let name = files::name(&path);
        let (_, shift) = name.rsplit_once('_')?;
        let number = shift.strip_prefix("test")?;
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| (path, shift.to_owned()))
    });
    named.collect()
}

fn entries(folder: &Path, problems: &mut Vec<Error>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (inside, shift) in shifts(folder) {
        let path = inside.join(LIST);
        let text = table::text(&path).unwrap_or_else(|error| {
            problems.push(error);
            String::new()
        });
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match entry(folder, &inside, &shift, line) {
                Ok(entry) => entries.push(entry),
                Err(problem) => {
                    let problem = format!("holds a damaged line: line {} {problem}", at + 1);
                    problems.push(Error::file(&path, problem, FIX));
                }
            }
        }
    }
    entries
}

fn entry(folder: &Path, inside: &Path, shift: &str, line: &str) -> Result<Entry, String> {
    let item: Item = serde_json::from_str(line).map_err(|e| format!("cannot be read ({e})"))?;
    let label = match item.label.as_u64().or_else(|| item.label.as_str()?.trim().parse().ok()) {
        Some(0) => Label::Normal,
        Some(1) => Label::Anomalous,
        _ => return Err(format!("has the label {}, which is neither 0 nor 1", item.label)),
    };
    let good = label == Label::Normal;
    let name = files::name(inside);
    let mask = item.mask.filter(|mask| !mask.is_empty() && !good);
    // The list does not say what its paths are relative to.
    let places = [Some(inside), Some(folder), folder.parent()];
    let found = |mask: &String| {
        let mut there = places.iter().flatten().map(|place| place.join(table::unix(mask)));
        let found = there.find(|path| path.is_file()).unwrap_or_else(|| inside.join(table::unix(mask)));
        found.canonicalize().unwrap_or(found).display().to_string()
    };
    Ok(Entry {
        defect: if good { GOOD } else { "bad" }.to_owned(),
        label,
        image: format!("{name}/{}", item.file_name),
        mask: mask.as_ref().map(found).unwrap_or_default(),
        place: format!("{name}/{LIST}"),
        circumstances: Circumstances { condition: Some(shift.to_owned()), ..Circumstances::default() },
    })
}
