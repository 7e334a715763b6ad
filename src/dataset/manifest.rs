//! Our own CSV for data in any other order: `category,split,image,mask`.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Category, Dataset, Sample, files, names};
use crate::error::{Error, Result};
use crate::types::{Label, SampleId};

const COLUMNS: [&str; 4] = ["category", "split", "image", "mask"];

#[derive(Deserialize)]
struct Line {
    category: String,
    split: String,
    image: String,
    mask: String,
}

/// Lists the chosen categories of a manifest.
pub fn open(root: &Path, path: &Path, chosen: &[String]) -> Result<Dataset> {
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut categories: BTreeMap<String, Vec<Line>> = BTreeMap::new();
    for line in read(path)?.into_iter().filter(|line| line.split == "test") {
        categories.entry(line.category.clone()).or_default().push(line);
    }
    if categories.is_empty() {
        return Err(Error::file(
            path,
            "has no rows of split `test`",
            "write `test` into the split column of what is to be tested",
        ));
    }
    names::check(chosen, categories.keys().map(String::as_str))?;
    let categories = categories
        .into_iter()
        .filter(|(name, _)| names::is_chosen(chosen, name))
        .map(|(name, lines)| Category { samples: samples(folder, &name, &lines), name })
        .collect();
    let stem = files::stem(path);
    let name = if stem == "manifest" { files::name(&absolute(folder)) } else { stem };
    Ok(Dataset { name, root: root.to_owned(), categories })
}

fn read(path: &Path) -> Result<Vec<Line>> {
    let damaged = |e: csv::Error| {
        Error::file(
            path,
            format!("holds a damaged line ({e})"),
            "write four cells a line: category,split,image,mask",
        )
    };
    let bytes = fs::read(path).map_err(|e| {
        Error::file(path, format!("cannot be read ({e})"), "check the path and its permissions")
    })?;
    // Spreadsheets put a byte order mark in front of the first column's name.
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
    let header = reader.headers().map_err(damaged)?;
    if let Some(column) = COLUMNS.iter().find(|column| !header.iter().any(|name| name == **column)) {
        let found: Vec<_> = header.iter().collect();
        return Err(Error::file(
            path,
            format!("has no column `{column}`; its first line is `{}`", found.join(",")),
            "let the first line be category,split,image,mask",
        ));
    }
    let lines: Vec<Line> = reader.deserialize().collect::<Result<_, _>>().map_err(damaged)?;
    let empty = |line: &Line| line.category.is_empty() || line.image.is_empty();
    if let Some(at) = lines.iter().position(empty) {
        return Err(Error::file(
            path,
            format!("names no category or no image in line {}", at + 2),
            "fill in or delete the line",
        ));
    }
    Ok(lines)
}

/// A sample's name is `good/<stem>` or `<folder>/<stem>`; where two pictures would share one, all of that name take their
/// whole path for a stem instead, so that a name never depends on the order of the lines.
fn samples(folder: &Path, category: &str, lines: &[Line]) -> Vec<Sample> {
    let short: Vec<(String, String)> =
        lines.iter().map(|line| (defect(line), files::stem(&unix(&line.image)))).collect();
    let mut count: HashMap<&(String, String), usize> = HashMap::new();
    for name in &short {
        *count.entry(name).or_default() += 1;
    }
    let name = |line: &Line, (defect, stem): &(String, String)| SampleId {
        category: category.to_owned(),
        defect: defect.clone(),
        stem: if count[&(defect.clone(), stem.clone())] == 1 { stem.clone() } else { whole(&line.image) },
    };
    lines
        .iter()
        .zip(&short)
        .map(|(line, short)| Sample {
            id: name(line, short),
            label: if line.mask.is_empty() { Label::Normal } else { Label::Anomalous },
            image: folder.join(unix(&line.image)),
            mask: (!line.mask.is_empty()).then(|| folder.join(unix(&line.mask))),
        })
        .collect()
}

fn defect(line: &Line) -> String {
    if line.mask.is_empty() {
        return "good".to_owned();
    }
    let image = unix(&line.image);
    let parent = image.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    parent.filter(|name| name != "good").unwrap_or_else(|| "defect".to_owned())
}

fn whole(image: &str) -> String {
    unix(image).with_extension("").to_string_lossy().replace('/', "-")
}

/// A manifest may have been written on Windows.
fn unix(path: &str) -> PathBuf {
    PathBuf::from(path.replace('\\', "/"))
}

fn absolute(folder: &Path) -> PathBuf {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    folder.canonicalize().unwrap_or_else(|_| folder.to_owned())
}
