//! VisA as published. Which pictures are tested is told by `split_csv/1cls.csv`. Masks hold the number of a defect class, so
//! every value but 0 is anomalous. Samples are named as in the converted form: `good/<stem>` and `bad/<stem>`.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folders::GOOD;
use super::listing::Listing;
use super::table::{self, Entry, List, Row};
use crate::dataset::{Circumstances, Unused, Why, files, names};
use crate::error::{Error, Result, shown};
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
        let beside = root.parent().filter(|parent| files::is_there(&parent.join(SPLIT))).map(Path::to_owned);
        (beside.unwrap_or(above), Some(files::name(&absolute)))
    } else {
        (root.to_owned(), None)
    };
    let path = folder.join(SPLIT);
    if !files::is_there(&path) {
        return Err(Error::file(
            &path,
            "is missing: it tells which pictures of VisA are tested",
            "take it from VisA's archive, or read converted data (test/, ground_truth/) with `layout = mvtec-ad`",
        ));
    }
    let mut listing = Listing::default();
    let mut listed: HashSet<PathBuf> = HashSet::new();
    let mut objects: BTreeMap<String, Vec<(Row<Line>, bool)>> = BTreeMap::new();
    for row in table::csv::<Line>(&path, &COLUMNS, &[], &mut listing.problems)? {
        let Line { object, split, .. } = &row.cells;
        if only.as_ref().is_some_and(|only| only != object) {
            continue;
        }
        listed.insert(folder.join(table::unix(&row.cells.image)));
        match table::is_test(split) {
            Some(test) => objects.entry(object.clone()).or_default().push((row, test)),
            None => {
                let place = format!("line {}", row.line);
                listing.problems.push(table::unknown_split(&path, split, &place));
            }
        }
    }
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
        let pictures = lines.iter().filter(|(_, test)| *test).count();
        let folder = folder.join(&category);
        listing.unused.push(Unused { category, folder, pictures, why: Why::Absent });
    }
    let mut list = List::new(&path, &folder);
    for (name, lines) in here.into_iter().filter(|(name, _)| names::is_chosen(chosen, name)) {
        object(&path, &name, lines, &mut list, &mut listing);
        tell_unlisted(&path, &folder.join(&name), &listed, &mut listing);
    }
    Ok(listing)
}

/// Tells pictures of an object that no row of the list names.
fn tell_unlisted(path: &Path, object: &Path, listed: &HashSet<PathBuf>, listing: &mut Listing) {
    let kinds = ["Normal", "Anomaly"].map(|kind| object.join("Data/Images").join(kind));
    let pictures = kinds.iter().flat_map(|kind| files::list(kind).unwrap_or_default());
    let left: Vec<PathBuf> =
        pictures.filter(|picture| files::is_picture(picture) && !listed.contains(picture)).collect();
    if let Some(first) = left.first() {
        listing.remarks.push(format!(
            "{}: {} pictures of {} are in no row and not evaluated (first: {})",
            shown(path),
            left.len(),
            shown(files::name(object)),
            shown(first)
        ));
    }
}

fn object(
    path: &Path,
    name: &str,
    lines: Vec<(Row<Line>, bool)>,
    list: &mut List<'_>,
    listing: &mut Listing,
) {
    let (test, other): (Vec<_>, Vec<_>) = lines.into_iter().partition(|(_, test)| *test);
    if !other.is_empty() {
        listing.unused.push(Unused {
            category: name.to_owned(),
            folder: PathBuf::from(path),
            pictures: other.len(),
            why: Why::OtherSplit,
        });
    }
    let mut entries = Vec::with_capacity(test.len());
    for (row, _) in test {
        match entry(path, row) {
            Ok(entry) => entries.push(entry),
            Err(error) => listing.problems.push(error),
        }
    }
    list.add(name, &entries, listing);
}

fn entry(path: &Path, row: Row<Line>) -> Result<Entry> {
    let (place, line) = (format!("line {}", row.line), row.cells);
    if line.image.is_empty() {
        return Err(Error::file(path, format!("names no image in {place}"), "fill in or delete the line"));
    }
    let normal = match line.label.to_lowercase().as_str() {
        "normal" => true,
        "anomaly" => false,
        _ => {
            return Err(Error::file(
                path,
                format!("has the label `{}` for {} in {place}", shown(&line.label), shown(&line.image)),
                "write normal or anomaly",
            ));
        }
    };
    if normal && !line.mask.is_empty() {
        return Err(Error::file(
            path,
            format!("names a mask but says `normal` for {} in {place}", shown(&line.image)),
            "empty the mask's cell, or write anomaly",
        ));
    }
    Ok(Entry {
        defect: if normal { GOOD } else { "bad" }.to_owned(),
        label: if normal { Label::Normal } else { Label::Anomalous },
        image: line.image,
        mask: line.mask,
        place,
        circumstances: Circumstances::default(),
    })
}
