//! The common part of the layouts that are lists of paths.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::listing::Listing;
use crate::dataset::{Circumstances, Sample, files};
use crate::error::{Error, Result, shown};
use crate::file;
use crate::types::{Label, SampleId};

/// What other parts of a data set than the test set are called.
const OTHER_SPLITS: [&str; 7] = ["train", "training", "val", "valid", "validation", "dev", "unused"];

/// One test picture of a list.
pub struct Entry {
    pub defect: String,
    pub label: Label,
    /// Path of the picture as the list gives it.
    pub image: String,
    /// Path of the mask as the list gives it; empty for none.
    pub mask: String,
    /// Place in the list.
    pub place: String,
    pub circumstances: Circumstances,
}

/// A list of pictures, and where it names each.
pub struct List<'a> {
    path: &'a Path,
    folder: &'a Path,
    named: HashMap<PathBuf, Named>,
}

struct Named {
    category: String,
    label: Label,
    image: PathBuf,
    place: String,
}

impl<'a> List<'a> {
    /// The list in a file; its paths are relative to the file's folder or to the one given.
    pub fn new(path: &'a Path, folder: &'a Path) -> Self {
        Self { path, folder, named: HashMap::new() }
    }

    /// Adds the samples of one category to `listing`. A sample's name is `<defect>/<stem>`; where two pictures would share
    /// one, all of that name take their whole path for a stem instead, so that a name never depends on the order of the list.
    /// A picture that is named twice in a category, or as good and as defective, is a problem.
    pub fn add(&mut self, category: &str, entries: &[Entry], listing: &mut Listing) {
        let samples = samples(self.folder, category, entries);
        for (entry, sample) in entries.iter().zip(&samples) {
            let image = sample.image.clone();
            let real = image.canonicalize().unwrap_or_else(|_| image.clone());
            let named = Named {
                category: category.to_owned(),
                label: entry.label,
                image,
                place: entry.place.clone(),
            };
            let Some(other) = self.named.insert(real, named) else { continue };
            if other.label != entry.label || other.category == category {
                let (first, second) = (word(other.label), word(entry.label));
                listing.problems.push(Error::file(
                    self.path,
                    format!(
                        "names the picture {} twice: as {first} in {}, as {second} in {}",
                        shown(&entry.image),
                        other.place,
                        entry.place
                    ),
                    "delete the one that is wrong",
                ));
                listing.unusable.extend([other.image, sample.image.clone()]);
            }
        }
        listing.categories.push((category.to_owned(), samples));
    }
}

fn word(label: Label) -> &'static str {
    if label == Label::Normal { "good" } else { "defective" }
}

/// Whether the word for a split, in upper or lower case, is that of the test set; none for an unknown word.
pub fn is_test(split: &str) -> Option<bool> {
    let split = split.trim().to_lowercase();
    (split == "test" || OTHER_SPLITS.contains(&split.as_str())).then_some(split == "test")
}

/// The error about an unknown word for a split.
pub fn unknown_split(path: &Path, split: &str, place: &str) -> Error {
    Error::file(
        path,
        format!("has the split `{split}` in {place}"),
        format!("write `test` for what is to be tested, or one of {} for the rest", OTHER_SPLITS.join(", ")),
    )
}

fn samples(folder: &Path, category: &str, entries: &[Entry]) -> Vec<Sample> {
    let mut count: HashMap<(&str, String), usize> = HashMap::new();
    for entry in entries {
        *count.entry((&entry.defect, files::stem(&unix(&entry.image)))).or_default() += 1;
    }
    let stem = |entry: &Entry| {
        let short = files::stem(&unix(&entry.image));
        if count[&(entry.defect.as_str(), short.clone())] == 1 { short } else { whole(&entry.image) }
    };
    entries
        .iter()
        .map(|entry| Sample {
            id: SampleId { category: category.to_owned(), defect: entry.defect.clone(), stem: stem(entry) },
            label: entry.label,
            image: folder.join(unix(&entry.image)),
            masks: if entry.mask.is_empty() { Vec::new() } else { vec![folder.join(unix(&entry.mask))] },
            masked: true,
            circumstances: entry.circumstances.clone(),
        })
        .collect()
}

fn whole(image: &str) -> String {
    unix(image).with_extension("").to_string_lossy().replace('/', "-")
}

/// A path of a list with `/` for the `\` of lists that were written on Windows.
pub fn unix(path: &str) -> PathBuf {
    PathBuf::from(path.replace('\\', "/"))
}

/// The text of a list.
pub fn text(path: &Path) -> Result<String> {
    file::read_text(path, "check the path and its permissions")
}

/// One line of a CSV file, and its number in the file.
pub struct Row<L> {
    pub line: u64,
    pub cells: L,
    /// What the columns hold that were not asked for, by name; empty cells are left out.
    pub others: BTreeMap<String, String>,
}

/// The lines of a CSV file that has `columns` in any order, those that are `optional` or not, beside any others. A line that cannot be
/// read is a problem.
pub fn csv<L: DeserializeOwned>(
    path: &Path,
    columns: &[&str],
    optional: &[&str],
    problems: &mut Vec<Error>,
) -> Result<Vec<Row<L>>> {
    let fix = format!("write a cell for each of {} in every line", columns.join(","));
    let damaged = |what: String, e: csv::Error| Error::file_caused(path, what, e, fix.clone());
    let text = text(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|e| damaged("holds a damaged line".into(), e))?.clone();
    if let Some(column) = columns.iter().find(|column| !header.iter().any(|name| name == **column)) {
        let found: Vec<_> = header.iter().collect();
        return Err(Error::file(
            path,
            format!("has no column `{column}`; its first line is `{}`", found.join(",")),
            format!("let the first line be {}", columns.join(",")),
        ));
    }
    let is_other = |name: &str| !name.is_empty() && ![columns, optional].concat().contains(&name);
    let mut seen = HashSet::new();
    if let Some(column) = header.iter().find(|name| !name.is_empty() && !seen.insert(*name)) {
        return Err(Error::file(
            path,
            format!("has the column `{column}` twice"),
            "delete one of the two, or rename it",
        ));
    }
    let others: Vec<(usize, &str)> = header.iter().enumerate().filter(|(_, name)| is_other(name)).collect();
    let of_others = |record: &csv::StringRecord| -> BTreeMap<String, String> {
        let cells = others.iter().map(|&(at, name)| (name, record.get(at).unwrap_or_default()));
        let filled = cells.filter(|(_, cell)| !cell.is_empty());
        filled.map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect()
    };
    let mut rows = Vec::new();
    for record in reader.records() {
        let place = match &record {
            Ok(record) => record.position(),
            Err(error) => error.position(),
        };
        let line = place.map_or(0, |place| line_of(&text, place));
        let read = |record: csv::StringRecord| Ok((record.deserialize(Some(&header))?, of_others(&record)));
        match record.and_then(read) {
            Ok((cells, others)) => rows.push(Row { line, cells, others }),
            Err(e) => problems.push(match e.kind() {
                csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                    let what = format!(
                        "holds a damaged line: line {line} has {len} cells instead of {expected_len}"
                    );
                    Error::file(path, what, fix.clone()).caused_by(e)
                }
                _ => damaged(format!("holds a damaged line: line {line}"), e),
            }),
        }
    }
    Ok(rows)
}

/// Number of the line in which a record begins: its position is before the empty lines that precede it.
fn line_of(text: &str, place: &csv::Position) -> u64 {
    let rest = text.as_bytes().get(usize::try_from(place.byte()).unwrap_or(usize::MAX)..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    place.line() + empty.filter(|byte| **byte == b'\n').count() as u64
}
