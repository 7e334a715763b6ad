//! What the pictures and masks of a run hold: files that were replaced since are other data, whatever their size.

use std::collections::HashMap;
use std::fs::Metadata;
use std::path::Path;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::data::Data;
use crate::error::{Error, Result};
use crate::file;
use crate::record::{Row, RunDir, read_rows, write_rows};

/// One picture or mask as a run has seen it (`files.csv`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct FileRow {
    /// Name of the sample, `category/defect/stem`.
    sample: String,
    /// `image`, or `mask` and its number.
    part: String,
    /// Size in bytes.
    size: u64,
    /// When the file was changed last and which file it is, as the file system tells: one that is the same is not read again.
    state: String,
    /// SHA-256 of the bytes, lower-case hexadecimal.
    sha256: String,
}

impl Row for FileRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[&["sample", "part", "size", "state", "sha256"]];
    const KEY: &'static [&'static str] = &["sample", "part"];
}

const FIX: &str = "restore the file, or give another `out`";

/// Hashes every picture and mask, refuses those that differ from what the run in the folder has seen, and keeps the hashes there.
pub(super) fn keep(dir: &RunDir, data: &Data) -> Result<()> {
    let path = dir.files_path();
    let seen = if path.exists() { read_rows::<FileRow>(&path)? } else { Vec::new() };
    write_rows(path, &compare(data, &seen, true)?)
}

/// Refuses pictures and masks that differ from those that a run in another folder has seen; `fix` is the remedy.
pub(super) fn require(dir: &RunDir, data: &Data, fix: &str) -> Result<()> {
    if dir.files_path().exists() {
        let seen = read_rows::<FileRow>(dir.files_path())?;
        compare(data, &seen, false).map_err(|error| Error { fix: fix.to_owned(), ..error })?;
    }
    Ok(())
}

/// The files of the data as they are now; `all`, or only those that were seen.
fn compare(data: &Data, seen: &[FileRow], all: bool) -> Result<Vec<FileRow>> {
    let seen: HashMap<(&str, &str), &FileRow> =
        seen.iter().map(|row| ((row.sample.as_str(), row.part.as_str()), row)).collect();
    let samples: Vec<_> = data.samples().collect();
    let rows: Vec<Vec<FileRow>> = samples
        .par_iter()
        .map(|sample| {
            let masks = sample.masks.iter().enumerate();
            let masks = masks.map(|(number, path)| (format!("mask {number}"), path));
            let mut rows = Vec::with_capacity(1 + sample.masks.len());
            for (part, path) in std::iter::once(("image".to_owned(), &sample.image)).chain(masks) {
                let sample = sample.id.to_string();
                let before = seen.get(&(sample.as_str(), part.as_str())).copied();
                if all || before.is_some() {
                    rows.push(look(path, sample, part, before)?);
                }
            }
            Ok(rows)
        })
        .collect::<Result<_>>()?;
    Ok(rows.into_iter().flatten().collect())
}

fn look(path: &Path, sample: String, part: String, before: Option<&FileRow>) -> Result<FileRow> {
    let metadata = std::fs::metadata(path).map_err(|e| Error::file_caused(path, "cannot be read", e, FIX))?;
    let (size, state) = (metadata.len(), state(&metadata));
    if let Some(before) = before.filter(|before| before.size == size && before.state == state) {
        return Ok(before.clone());
    }
    let hash = Sha256::digest(file::read(path, FIX)?);
    let sha256: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    if before.is_some_and(|before| before.sha256 != sha256) {
        let problem = "holds something else than when the run began";
        return Err(Error::file(path, problem, FIX));
    }
    Ok(FileRow { sample, part, size, state, sha256 })
}

fn state(metadata: &Metadata) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (modified, changed) =
            ((metadata.mtime(), metadata.mtime_nsec()), (metadata.ctime(), metadata.ctime_nsec()));
        format!("{}.{:09} {}.{:09} {}", modified.0, modified.1, changed.0, changed.1, metadata.ino())
    }
    #[cfg(not(unix))]
    {
        let modified = metadata.modified().ok();
        let since = modified.and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
        since.map_or_else(|| "unknown".to_owned(), |since| since.as_nanos().to_string())
    }
}
