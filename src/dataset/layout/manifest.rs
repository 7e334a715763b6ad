//! Our own CSV for data in any other order: `category,split,image,mask`, and `condition`, `scene` and columns of the user's where these are
//! known.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folders::GOOD;
use super::listing::Listing;
use super::table::{self, Entry, List, Row};
use crate::dataset::{Circumstances, Unused, Why, names};
use crate::error::{Error, Result};
use crate::types::Label;

const COLUMNS: [&str; 4] = ["category", "split", "image", "mask"];
const OPTIONAL: [&str; 2] = ["condition", "scene"];

#[derive(Deserialize)]
struct Line {
    category: String,
    split: String,
    image: String,
    mask: String,
    condition: Option<String>,
    scene: Option<String>,
}

/// Path of the manifest: that in a folder, or `root` itself where it is no folder.
pub fn path(root: &Path) -> PathBuf {
    if root.is_dir() { root.join("manifest.csv") } else { root.to_owned() }
}

/// The categories of a manifest that have test pictures.
pub fn names(root: &Path) -> Result<Vec<String>> {
    Ok(by_category(&path(root), &mut Vec::new())?.into_keys().collect())
}

/// Lists the chosen categories of a manifest.
pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let path = path(root);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut listing = Listing::default();
    let categories = by_category(&path, &mut listing.problems)?;
    listing.names = categories.keys().cloned().collect();
    names::check(chosen, listing.names.iter().map(String::as_str))?;
    let mut list = List::new(&path, folder);
    for (name, Rows { test, others }) in
        categories.into_iter().filter(|(name, _)| names::is_chosen(chosen, name))
    {
        if others > 0 {
            let category = name.clone();
            listing.unused.push(Unused {
                category,
                folder: path.clone(),
                pictures: others,
                why: Why::OtherSplit,
            });
        }
        let entries: Vec<Entry> = test.into_iter().map(entry).collect();
        list.add(&name, &entries, &mut listing);
    }
    Ok(listing)
}

/// The lines of one category.
#[derive(Default)]
struct Rows {
    test: Vec<Row<Line>>,
    /// Number of lines of other splits.
    others: usize,
}

/// Lines of a manifest by category, for the categories that have test lines.
fn by_category(path: &Path, problems: &mut Vec<Error>) -> Result<BTreeMap<String, Rows>> {
    let mut categories: BTreeMap<String, Rows> = BTreeMap::new();
    for row in table::csv::<Line>(path, &COLUMNS, &OPTIONAL, problems)? {
        let Line { category, split, image, .. } = &row.cells;
        if category.is_empty() || image.is_empty() {
            problems.push(Error::file(
                path,
                format!("names no category or no image in line {}", row.line),
                "fill in or delete the line",
            ));
            continue;
        }
        match table::is_test(split) {
            Some(true) => categories.entry(category.clone()).or_default().test.push(row),
            Some(false) => categories.entry(category.clone()).or_default().others += 1,
            None => problems.push(table::unknown_split(path, split, &format!("line {}", row.line))),
        }
    }
    categories.retain(|_, rows| !rows.test.is_empty());
    if categories.is_empty() {
        return Err(problems.pop().unwrap_or_else(|| {
            Error::file(
                path,
                "has no rows of split `test`",
                "write `test` into the split column of what is to be tested",
            )
        }));
    }
    Ok(categories)
}

fn entry(row: Row<Line>) -> Entry {
    let line = row.cells;
    let circumstances =
        Circumstances { condition: line.condition.clone(), scene: line.scene.clone(), columns: row.others };
    Entry {
        circumstances,
        defect: defect(&line),
        label: if line.mask.is_empty() { Label::Normal } else { Label::Anomalous },
        image: line.image,
        mask: line.mask,
        place: format!("line {}", row.line),
    }
}

/// The folder that a defective picture lies in.
fn defect(line: &Line) -> String {
    if line.mask.is_empty() {
        return GOOD.to_owned();
    }
    let image = table::unix(&line.image);
    let parent = image.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    parent.filter(|name| name != GOOD).unwrap_or_else(|| "defect".to_owned())
}
