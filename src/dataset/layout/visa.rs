//! VisA as published. Which pictures are tested is told by `split_csv/1cls.csv`. Masks hold the number of a defect class, so
//! every value but 0 is anomalous. Samples are named as in the converted form: `good/<stem>` and `bad/<stem>`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folders::GOOD;
use super::listing::Listing;
use super::table::{self, Entry};
use crate::dataset::{Unused, Why, files, names};
use crate::error::{Error, Result};
use crate::types::Label;

const COLUMNS: [&str; 5] = ["object", "split", "label", "image", "mask"];
const SPLIT: &str = "split_csv/1cls.csv";

#[derive(Deserialize)]
struct Line {
    object: String,
    split: String,
    label: String,
    image: String,
    mask: String,
}

pub fn bears(folder: &Path) -> bool {
    folder.join("Data/Images").is_dir()
}

/// Lists the chosen objects of VisA. `root` may be one object; the split then lies beside it.
pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let (folder, only) = if bears(root) {
        let absolute = root.canonicalize().unwrap_or_else(|_| root.to_owned());
        let above = root.join("..");
        let beside = root.parent().filter(|parent| parent.join(SPLIT).is_file()).map(Path::to_owned);
        (beside.unwrap_or(above), Some(files::name(&absolute)))
    } else {
        (root.to_owned(), None)
    };
    let path = folder.join(SPLIT);
    if !path.is_file() {
        return Err(Error::file(
            &path,
            "is missing: it tells which pictures of VisA are tested",
            "take it from VisA's archive, or read converted data (test/, ground_truth/) with `layout = mvtec-ad`",
        ));
    }
    let mut objects: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for line in table::csv::<Line>(&path, &COLUMNS)? {
        if only.as_ref().is_none_or(|only| *only == line.object) {
            objects.entry(line.object.clone()).or_default().push(line);
        }
    }
    let mut listing = Listing::default();
    let (here, absent): (BTreeMap<_, _>, BTreeMap<_, _>) =
        objects.into_iter().partition(|(name, _)| folder.join(name).is_dir());
    listing.names = here.keys().cloned().collect();
    if here.is_empty() {
        return Err(Error::file(
            &path,
            "names no object that has a folder",
            "unpack VisA's archive beside it",
        ));
    }
    names::check(chosen, listing.names.iter().map(String::as_str))?;
    for (category, lines) in absent.into_iter().filter(|(name, _)| names::is_chosen(chosen, name)) {
        let pictures = lines.iter().filter(|line| line.split == "test").count();
        let folder = folder.join(&category);
        listing.unused.push(Unused { category, folder, pictures, why: Why::Absent });
    }
    for (name, lines) in here.into_iter().filter(|(name, _)| names::is_chosen(chosen, name)) {
        object(&folder, &path, name, lines, &mut listing);
    }
    Ok(listing)
}

fn object(folder: &Path, path: &Path, name: String, lines: Vec<Line>, listing: &mut Listing) {
    let (test, other): (Vec<Line>, Vec<Line>) = lines.into_iter().partition(|line| line.split == "test");
    if !other.is_empty() {
        listing.unused.push(Unused {
            category: name.clone(),
            folder: PathBuf::from(path),
            pictures: other.len(),
            why: Why::OtherSplit,
        });
    }
    let mut entries = Vec::with_capacity(test.len());
    for line in test {
        match entry(path, line) {
            Ok(entry) => entries.push(entry),
            Err(error) => listing.problems.push(error),
        }
    }
    let samples = table::samples(folder, &name, &entries);
    listing.categories.push((name, samples));
}

fn entry(path: &Path, line: Line) -> Result<Entry> {
    let normal = match line.label.as_str() {
        "normal" => true,
        "anomaly" => false,
        other => {
            return Err(Error::file(
                path,
                format!("has the label `{other}` for {}", line.image),
                "write normal or anomaly",
            ));
        }
    };
    if normal && !line.mask.is_empty() {
        return Err(Error::file(
            path,
            format!("names a mask but says `normal` for {}", line.image),
            "empty the mask's cell, or write anomaly",
        ));
    }
    Ok(Entry {
        defect: if normal { GOOD } else { "bad" }.to_owned(),
        label: if normal { Label::Normal } else { Label::Anomalous },
        image: line.image,
        mask: line.mask,
    })
}
