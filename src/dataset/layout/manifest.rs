//! Our own CSV for data in any other order: `category,split,image,mask`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folders::GOOD;
use super::listing::Listing;
use super::table::{self, Entry};
use crate::dataset::{Unused, Why, names};
use crate::error::{Error, Result};
use crate::types::Label;

const COLUMNS: [&str; 4] = ["category", "split", "image", "mask"];

#[derive(Deserialize)]
struct Line {
    category: String,
    split: String,
    image: String,
    mask: String,
}

/// Path of the manifest: that in a folder, or `root` itself where it is no folder.
pub fn path(root: &Path) -> PathBuf {
    if root.is_dir() { root.join("manifest.csv") } else { root.to_owned() }
}

/// The categories of a manifest that have test pictures.
pub fn names(root: &Path) -> Result<Vec<String>> {
    Ok(by_category(&path(root))?.into_keys().collect())
}

/// Lists the chosen categories of a manifest.
pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let path = path(root);
    let folder = path.parent().unwrap_or(Path::new(""));
    let categories = by_category(&path)?;
    let mut listing = Listing { names: categories.keys().cloned().collect(), ..Listing::default() };
    names::check(chosen, listing.names.iter().map(String::as_str))?;
    for (name, lines) in categories.into_iter().filter(|(name, _)| names::is_chosen(chosen, name)) {
        let (test, other): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| line.split == "test");
        if !other.is_empty() {
            let (category, pictures) = (name.clone(), other.len());
            listing.unused.push(Unused { category, folder: path.clone(), pictures, why: Why::OtherSplit });
        }
        let entries: Vec<Entry> = test.into_iter().map(entry).collect();
        let samples = table::samples(folder, &name, &entries);
        listing.categories.push((name, samples));
    }
    Ok(listing)
}

/// Lines of a manifest, of all splits, by category, for the categories that have test lines.
fn by_category(path: &Path) -> Result<BTreeMap<String, Vec<Line>>> {
    let lines: Vec<Line> = table::csv(path, &COLUMNS)?;
    let empty = |line: &Line| line.category.is_empty() || line.image.is_empty();
    if let Some(at) = lines.iter().position(empty) {
        return Err(Error::file(
            path,
            format!("names no category or no image in line {}", at + 2),
            "fill in or delete the line",
        ));
    }
    let mut categories: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for line in lines {
        categories.entry(line.category.clone()).or_default().push(line);
    }
    categories.retain(|_, lines| lines.iter().any(|line| line.split == "test"));
    if categories.is_empty() {
        return Err(Error::file(
            path,
            "has no rows of split `test`",
            "write `test` into the split column of what is to be tested",
        ));
    }
    Ok(categories)
}

fn entry(line: Line) -> Entry {
    Entry {
        defect: defect(&line),
        label: if line.mask.is_empty() { Label::Normal } else { Label::Anomalous },
        image: line.image,
        mask: line.mask,
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
