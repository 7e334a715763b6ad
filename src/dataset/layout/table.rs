//! The common part of the layouts that are lists of paths.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::dataset::{Sample, files};
use crate::error::{Error, Result};
use crate::file;
use crate::types::{Label, SampleId};

/// One test picture of a list.
pub struct Entry {
    pub defect: String,
    pub label: Label,
    /// Path of the picture as the list gives it.
    pub image: String,
    /// Path of the mask as the list gives it; empty for none.
    pub mask: String,
}

/// The samples of one category of a list; paths are relative to `folder`. A sample's name is
/// `<defect>/<stem>`; where two pictures would share one, all of that name take their whole path for a stem
/// instead, so that a name never depends on the order of the list.
pub fn samples(folder: &Path, category: &str, entries: &[Entry]) -> Vec<Sample> {
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

/// A file's bytes without the byte order mark that spreadsheets and editors put in front.
pub fn bytes(path: &Path) -> Result<Vec<u8>> {
    let bytes = file::read(path, "check the path and its permissions")?;
    Ok(bytes.strip_prefix(b"\xef\xbb\xbf").map_or(bytes.clone(), <[u8]>::to_vec))
}

/// The lines of a CSV file that has `columns` in any order, beside any others.
pub fn csv<L: DeserializeOwned>(path: &Path, columns: &[&str]) -> Result<Vec<L>> {
    let damaged = |e: csv::Error| {
        Error::file_caused(
            path,
            "holds a damaged line",
            e,
            format!("write a cell for each of {} in every line", columns.join(",")),
        )
    };
    let bytes = bytes(path)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(bytes.as_slice());
    let header = reader.headers().map_err(damaged)?;
    if let Some(column) = columns.iter().find(|column| !header.iter().any(|name| name == **column)) {
        let found: Vec<_> = header.iter().collect();
        return Err(Error::file(
            path,
            format!("has no column `{column}`; its first line is `{}`", found.join(",")),
            format!("let the first line be {}", columns.join(",")),
        ));
    }
    reader.deserialize().collect::<Result<_, _>>().map_err(damaged)
}
