//! What the pictures and masks of a run hold: files that were replaced since are other data, whatever their size.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::data::Data;
use crate::dataset::Sample;
use crate::error::{Error, Result, shown};
use crate::file;
use crate::record::{Row, RunDir, RunInfo, SampleRow, read_rows, write_rows};
use crate::types::counted;

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

const FIX: &str = "restore the file, or give another `out`, or begin anew with `fresh`";

/// Hashes every picture and mask, refuses those that differ from what the run in the folder has seen, and keeps the hashes there.
/// `expected` is the hash over them all in its `run.toml`, empty where there is none yet; gives what it is now.
pub(super) fn keep(dir: &RunDir, data: &Data, expected: &str) -> Result<String> {
    let path = dir.files_path();
    file::refuse_irregular(&path)?;
    // Rows that were lost or changed tell nothing: everything is hashed again, and held against the hash over all.
    let seen = if expected.is_empty() { seen(&path)? } else { seen(&path).unwrap_or_default() };
    let rows = compare(data, &seen, true)?;
    let found = over_all(&rows);
    if !expected.is_empty() && found != expected {
        let own: HashSet<&str> = rows.iter().map(|row| row.sample.as_str()).collect();
        let other = seen.iter().find(|row| !own.contains(row.sample.as_str()));
        return Err(other.map_or_else(|| all_differ(data, FIX), |row| dealt_otherwise(dir, &row.sample)));
    }
    write_rows(path, &rows)?;
    Ok(found)
}

/// Refuses pictures and masks that differ from those that a run in another folder has seen; `expected` is the hash over them all in
/// its `run.toml`, empty where it does not tell or other samples were seen, `fix` the remedy.
fn require(dir: &RunDir, data: &Data, expected: &str, fix: &str) -> Result<()> {
    let rows = compare(data, &seen(&dir.files_path())?, !expected.is_empty())
        .map_err(|error| Error { fix: fix.to_owned(), ..error })?;
    if !expected.is_empty() && over_all(&rows) != expected {
        return Err(all_differ(data, fix));
    }
    Ok(())
}

/// Remedy where pictures or masks are not those that a finished run saw.
pub(super) const OTHER_FILES: &str = "name the folder of the same pictures and masks with `data`";

/// Refuses pictures and masks other than those that the run in a folder has seen, which may be some of these. Where it left samples
/// out, it saw others than its rows tell.
pub(super) fn require_seen(dir: &RunDir, data: &Data) -> Result<()> {
    let info = RunInfo::read(dir.info_path())?;
    let part = if info.settings.contains_key("shard") { data.named(&names(dir)?) } else { data.clone() };
    let expected = if info.skipped.is_empty() { info.dataset.contents.as_str() } else { "" };
    require(dir, &part, expected, OTHER_FILES)
}

/// Refuses pictures and masks other than those that the run in a folder has seen, of samples that are some of its own.
pub(super) fn require_part(dir: &RunDir, part: &Data) -> Result<()> {
    require(dir, part, "", OTHER_FILES)
}

/// Names of the samples that a run in a folder has seen, or of those that it has rows of where files.csv is gone.
pub(super) fn names(dir: &RunDir) -> Result<HashSet<String>> {
    if file::is_there(&dir.files_path()) {
        return Ok(seen(&dir.files_path())?.into_iter().map(|row| row.sample).collect());
    }
    let rows: Vec<SampleRow> = read_rows(dir.samples_path())?;
    Ok(rows.into_iter().map(|row| format!("{}/{}", row.category, row.sample)).collect())
}

fn seen(path: &Path) -> Result<Vec<FileRow>> {
    if file::is_there(path) { read_rows(path) } else { Ok(Vec::new()) }
}

/// The error where a run has seen a sample that is not among its data now.
fn dealt_otherwise(dir: &RunDir, sample: &str) -> Error {
    let problem = format!(
        "was begun with {sample}, which is none of its samples now: an older version shared them out otherwise"
    );
    let fix = "let the version go on that began it (`askance merge` takes its shards), or delete the folder to start over";
    Error::file(dir.path(), problem, fix)
}

/// The error where files.csv does not tell which file is another.
fn all_differ(data: &Data, fix: &str) -> Error {
    let problem = "holds a picture or mask that is not what it was when the run began, and files.csv, which would tell which, is \
                   gone or was changed";
    Error::file(&data.dataset().root, problem, fix)
}

/// One hash over what all files hold, wherever they lie.
fn over_all(rows: &[FileRow]) -> String {
    let mut hash = Sha256::new();
    for row in rows {
        hash.update(format!("{}\n{}\n{}\n", row.sample, row.part, row.sha256));
    }
    hexadecimal(&hash.finalize())
}

/// SHA-256 of the rows of another run, lower-case hexadecimal.
pub(super) fn sha256(path: &Path) -> Result<String> {
    Ok(hexadecimal(&Sha256::digest(file::read(path, "check its permissions")?)))
}

fn hexadecimal(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The files of the data as they are now; `all`, or only those that were seen.
fn compare(data: &Data, seen: &[FileRow], all: bool) -> Result<Vec<FileRow>> {
    let looked = look(data, seen, all)?;
    let mut changed = looked.iter().filter(|looked| looked.is_changed).map(|looked| looked.path);
    let Some(first) = changed.next() else {
        return Ok(looked.into_iter().map(|looked| looked.row).collect());
    };
    let others: Vec<String> = changed.map(|path| below(path, data)).collect();
    let so_do = if others.is_empty() {
        String::new()
    } else {
        format!(", and so {} {}", if others.len() == 1 { "does" } else { "do" }, counted_names(&others))
    };
    Err(Error::file(first, format!("holds something else than when the run began{so_do}"), FIX))
}

/// The error about a run that saw other files, which cannot be gone on with: it names them where files.csv tells. Of a part of a run
/// it tells of the files of that part.
pub(super) fn by_file(dir: &RunDir, old: &RunInfo, whole: &Data, error: Error) -> Error {
    let seen = match seen(&dir.files_path()) {
        Ok(seen) if !seen.is_empty() => seen,
        _ => {
            let problem =
                format!("{}; files.csv, which would tell which, is gone or was changed", error.problem);
            return Error { problem, ..error };
        }
    };
    let is_part = old.settings.contains_key("shard");
    match differences(whole, &seen, &paths(dir, old, whole), is_part) {
        Err(unreadable) => unreadable,
        Ok(told) if told.is_empty() => error,
        Ok(told) => {
            let root = &whole.dataset().root;
            let problem = format!(
                "holds other pictures or masks than when the run in {} began: {}",
                dir.path().display(),
                told.join("; ")
            );
            let fix = "put the files back as they were, or give another `out`, or begin anew with `fresh`";
            Error { kind: error.kind, ..Error::file(root, problem, fix) }
        }
    }
}

/// Paths of pictures and masks as the rows of a run have them, by sample and part; of data that were moved where they are now.
fn paths(dir: &RunDir, old: &RunInfo, whole: &Data) -> HashMap<(String, String), PathBuf> {
    let now = |path: String| match Path::new(&path).strip_prefix(&old.dataset.root) {
        Ok(below) => whole.dataset().root.join(below),
        Err(_) => PathBuf::from(&path),
    };
    let rows: Vec<SampleRow> = read_rows(dir.samples_path()).unwrap_or_default();
    let of_row = |row: SampleRow| {
        let sample = format!("{}/{}", row.category, row.sample);
        let masks: Vec<String> =
            row.mask.iter().flat_map(|mask| mask.split(';')).map(str::to_owned).collect();
        let masks = masks.into_iter().enumerate().map(|(number, path)| (format!("mask {number}"), path));
        let files = std::iter::once(("image".to_owned(), row.image)).chain(masks);
        files.map(|(part, path)| ((sample.clone(), part), now(path))).collect::<Vec<_>>()
    };
    rows.into_iter().flat_map(of_row).collect()
}

/// What has become of the files that a run has seen, and which are new where it saw all. A file that is there as it was, but of another
/// sample, was named or labelled otherwise; one that is there and of none was left out. `paths` are those of the rows of the run.
fn differences(
    whole: &Data,
    seen: &[FileRow],
    paths: &HashMap<(String, String), PathBuf>,
    is_part: bool,
) -> Result<Vec<String>> {
    let looked = look(whole, seen, false)?;
    let changed = looked.iter().filter(|looked| looked.is_changed).map(|looked| below(looked.path, whole));
    let there: HashSet<(&str, &str)> =
        looked.iter().map(|looked| (looked.row.sample.as_str(), looked.row.part.as_str())).collect();
    let gone: Vec<&FileRow> =
        seen.iter().filter(|row| !there.contains(&(row.sample.as_str(), row.part.as_str()))).collect();
    let known: HashSet<(String, &str)> =
        seen.iter().map(|row| (row.sample.clone(), row.part.as_str())).collect();
    let files =
        whole.samples().flat_map(|sample| files_of(sample).map(move |(part, path)| (sample, part, path)));
    let unknown: Vec<&Path> = files
        .filter(|(sample, part, _)| !known.contains(&(sample.id.to_string(), part.as_str())))
        .map(|(_, _, path)| path)
        .collect();
    let same = |row: &FileRow| unknown.iter().copied().find(|path| is_same(path, row));
    let (mut renamed, mut left_out, mut missing) = (Vec::new(), Vec::new(), Vec::new());
    for row in gone {
        let path = paths.get(&(row.sample.clone(), row.part.clone()));
        match (same(row), path) {
            (Some(now), _) => renamed.push(now),
            (None, Some(path)) if file::is_there(path) => left_out.push(below(path, whole)),
            (None, Some(path)) => missing.push(below(path, whole)),
            (None, None) => missing.push(format!("{} of {}", row.part, row.sample)),
        }
    }
    let new = unknown.iter().filter(|path| !is_part && !renamed.contains(path));
    let new = new.map(|path| below(path, whole)).collect();
    let renamed = renamed.iter().map(|path| below(path, whole)).collect();
    let told = [
        ("changed", changed.collect::<Vec<_>>()),
        ("missing", missing),
        ("there, but not among the samples now", left_out),
        ("named or labelled otherwise", renamed),
        ("new", new),
    ];
    let told = told.into_iter().filter(|(_, names)| !names.is_empty());
    Ok(told.map(|(what, names)| format!("{what}: {}", counted_names(&names))).collect())
}

/// Whether a file is the one that a run has seen, wherever it belongs now.
fn is_same(path: &Path, row: &FileRow) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.len() == row.size && state(&metadata) == row.state)
}

/// How many files are named.
const NAMED: usize = 3;

/// So many files, with the names of the first.
fn counted_names(names: &[String]) -> String {
    let named = names[..names.len().min(NAMED)].join(", ");
    let more = if names.len() > NAMED { " and others" } else { "" };
    format!("{} ({named}{more})", counted(names.len(), "file", "files"))
}

/// A path below the folder of the data.
fn below(path: &Path, data: &Data) -> String {
    shown(path.strip_prefix(folder(&data.dataset().root)).unwrap_or(path))
}

/// The folder of data: of a list the one in which it lies.
fn folder(root: &Path) -> &Path {
    if root.is_dir() { root } else { root.parent().unwrap_or(root) }
}

/// Picture and masks of a sample, each with the name of its part.
fn files_of(sample: &Sample) -> impl Iterator<Item = (String, &Path)> {
    let masks = sample.masks.iter().enumerate();
    let masks = masks.map(|(number, path)| (format!("mask {number}"), path.as_path()));
    std::iter::once(("image".to_owned(), sample.image.as_path())).chain(masks)
}

/// A file as it is now.
struct Looked<'d> {
    row: FileRow,
    path: &'d Path,
    /// Whether it holds something else than it did.
    is_changed: bool,
}

/// The files of the data as they are now, in order; `all`, or only those that were seen.
fn look<'d>(data: &'d Data, seen: &[FileRow], all: bool) -> Result<Vec<Looked<'d>>> {
    let seen: HashMap<(&str, &str), &FileRow> =
        seen.iter().map(|row| ((row.sample.as_str(), row.part.as_str()), row)).collect();
    let samples: Vec<&'d Sample> = data.samples().collect();
    let looked: Vec<Vec<Looked<'d>>> = samples
        .into_par_iter()
        .map(|sample| {
            let mut looked = Vec::with_capacity(1 + sample.masks.len());
            for (part, path) in files_of(sample) {
                let sample = sample.id.to_string();
                let before = seen.get(&(sample.as_str(), part.as_str())).copied();
                if all || before.is_some() {
                    looked.push(look_at(path, sample, part, before)?);
                }
            }
            Ok(looked)
        })
        .collect::<Result<_>>()?;
    Ok(looked.into_iter().flatten().collect())
}

fn look_at<'d>(path: &'d Path, sample: String, part: String, before: Option<&FileRow>) -> Result<Looked<'d>> {
    let metadata = std::fs::metadata(path).map_err(|e| Error::file_caused(path, "cannot be read", e, FIX))?;
    let (size, state) = (metadata.len(), state(&metadata));
    if let Some(before) = before.filter(|before| before.size == size && before.state == state) {
        return Ok(Looked { row: before.clone(), path, is_changed: false });
    }
    let sha256 = hexadecimal(&Sha256::digest(file::read(path, FIX)?));
    let is_changed = before.is_some_and(|before| before.sha256 != sha256);
    Ok(Looked { row: FileRow { sample, part, size, state, sha256 }, path, is_changed })
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
