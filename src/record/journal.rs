//! CSV files that grow row by row and survive a kill.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::hash::Hash;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use csv::StringRecord;

use super::checksum::{self, Chain, Place};
use super::faults::Fault;
use super::folder::write_durably;
use super::formula::{csv_cell, text_of};
use super::rows::Row;
use crate::error::{Error, Result};
use crate::file;

/// A CSV file open for appending. Each row is one line, written in one call and handed to the operating system at once, so
/// that a killed process loses at most the row that it was writing. The file is locked against other processes. Each row has a checksum;
/// that of the last one tells, once all rows are there ([`Journal::complete`]), that none follows it.
#[derive(Debug)]
pub struct Journal<T> {
    path: PathBuf,
    file: File,
    /// Number of bytes that are known to be whole rows.
    length: u64,
    rows: PhantomData<fn(&T)>,
}

/// A journal that was opened, and the rows that it held.
#[derive(Debug)]
pub struct Opened<T> {
    /// Journal, ready for the next row.
    pub journal: Journal<T>,
    /// Rows that were in the file.
    pub rows: Vec<T>,
    /// Text of the torn last line that was cut off: the row that a killed process was writing.
    pub cut: Option<String>,
}

impl<T: Row> Journal<T> {
    /// Opens a journal for appending, making the file (and its header) where it is missing, and reads its
    /// rows. A last line without its end is cut off.
    ///
    /// # Errors
    /// A file error when the file cannot be opened, is in use by another process, has another header, or holds a
    /// line that does not parse, has a [`Row::fault`] or is there twice.
    pub fn open(path: impl AsRef<Path>) -> Result<Opened<T>> {
        Self::open_checked(path.as_ref(), &|_| None)
    }

    fn open_checked(path: &Path, check: &dyn Fn(&T) -> Option<Fault>) -> Result<Opened<T>> {
        if let Ok(kind) = fs::metadata(path)
            && !kind.is_file()
        {
            return Err(file::irregular(path, kind.is_dir()));
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(|e| {
                Error::file_caused(path, "cannot be opened for writing", e, "check the folder's permissions")
            })?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::file(
                    path,
                    "is in use by another process",
                    "wait for the other run to end, or give another `out`",
                ));
            }
            // Some network file systems know no locks; that must not stop a run.
            Err(TryLockError::Error(_)) => {}
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|e| unreadable(path, e))?;
        let content = parse::<T>(path, &bytes, Stage::Growing, check)?;
        // A file that was written whole and has no row has no column for checksums either.
        let is_new = content.whole == 0 || (content.rows.is_empty() && !content.summed);
        if !is_new && (content.older || !content.summed) {
            return Err(Error::file(
                path,
                "was begun by an older version, whose rows have fewer columns",
                "give another `out`, or move the file away",
            ));
        }
        let length = if is_new { 0 } else { content.whole as u64 };
        let mut journal = Self { path: path.to_owned(), file, length, rows: PhantomData };
        journal.rewind()?;
        if is_new {
            journal.write(&header_line::<T>(path, true)?)?;
        }
        Ok(Opened { journal, rows: content.rows, cut: content.torn })
    }

    /// Opens a journal as [`Self::open`] does, to go on with what is complete: of rows with the same key
    /// either all stay, where they are `whole`, or none does. Where some go, the file is rewritten. `check` tells the fault
    /// of a row that does not belong to the run.
    ///
    /// # Errors
    /// The errors of [`Self::open`], and a file error about the first row with a fault and when the file cannot be rewritten.
    pub fn take_up<K: Eq + Hash>(
        path: impl AsRef<Path>,
        key: impl Fn(&T) -> K,
        whole: impl Fn(&[&T]) -> bool,
        check: impl Fn(&T) -> Option<Fault>,
    ) -> Result<Opened<T>> {
        let path = path.as_ref();
        let Opened { journal, rows, cut } = Self::open_checked(path, &check)?;
        let mut groups: HashMap<K, Vec<&T>> = HashMap::new();
        for row in &rows {
            groups.entry(key(row)).or_default().push(row);
        }
        let complete: HashSet<K> =
            groups.into_iter().filter(|(_, rows)| whole(rows)).map(|(key, _)| key).collect();
        if rows.iter().all(|row| complete.contains(&key(row))) {
            return Ok(Opened { journal, rows, cut });
        }
        let rows: Vec<T> = rows.into_iter().filter(|row| complete.contains(&key(row))).collect();
        // The file is written through another name, and the lock is that of the old one.
        drop(journal);
        write_durably(path, &text_of_rows(path, &rows, Stage::Growing)?)?;
        let journal = Self::open(path)?.journal;
        Ok(Opened { journal, rows, cut })
    }

    /// Appends one row and flushes it.
    ///
    /// # Errors
    /// A file error when the row cannot be written (the file is then left as it was before), when one of its cells
    /// holds a line break, and when the file is gone or was changed by somebody else.
    pub fn append(&mut self, row: &T) -> Result<()> {
        let (line, _) = summed_line(&self.path, row, None)?;
        self.require_undisturbed()?;
        self.write(&line)
    }

    /// Closes the file with these rows, which are all that it is to have, in this order: one that ends elsewhere has lost some.
    ///
    /// # Errors
    /// A file error when the file cannot be read or written.
    pub fn complete(self, rows: &[T]) -> Result<()> {
        let Self { path, file, .. } = self;
        let text = text_of_rows(&path, rows, Stage::Complete)?;
        if file::read(&path, UNREADABLE)? != text {
            write_durably(&path, &text)?;
        }
        drop(file);
        Ok(())
    }

    /// Path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A deleted file takes rows still, and they are lost.
    fn require_undisturbed(&self) -> Result<()> {
        let fix = "leave the folder alone while the run goes on; give the same command again to go on";
        let there =
            fs::metadata(&self.path).map_err(|e| Error::file_caused(&self.path, "is gone", e, fix))?;
        if there.is_file() && there.len() == self.length {
            return Ok(());
        }
        Err(Error::file(&self.path, "was changed or replaced while the run was writing it", fix))
    }

    fn write(&mut self, line: &[u8]) -> Result<()> {
        if let Err(e) = self.file.write_all(line).and_then(|()| self.file.flush()) {
            // Half a line must not run into the next row; where even this fails, opening again cuts it off.
            let _ = self.rewind();
            return Err(Error::file_caused(
                &self.path,
                "cannot be written",
                e,
                "make room on the disk, then give the same command again to go on",
            ));
        }
        self.length += line.len() as u64;
        Ok(())
    }

    fn rewind(&mut self) -> Result<()> {
        self.file
            .set_len(self.length)
            .and_then(|()| self.file.seek(SeekFrom::Start(self.length)))
            .map(|_| ())
            .map_err(|e| {
                Error::file_caused(&self.path, "cannot be cut to its whole rows", e, "check the disk")
            })
    }
}

/// Reads the rows of a table that a run is writing, or was until it was stopped: a last row that is cut short is left out, as
/// [`Journal::open`] does. No rows where there is no file.
///
/// # Errors
/// A file error when the file cannot be read, was damaged, or is another table.
pub fn read_growing<T: Row>(path: impl AsRef<Path>) -> Result<Vec<T>> {
    let path = path.as_ref();
    if !file::is_there(path) {
        return Ok(Vec::new());
    }
    let bytes = file::read(path, UNREADABLE)?;
    Ok(parse::<T>(path, &bytes, Stage::Growing, &|_| None)?.rows)
}

/// Reads all rows of a file that is complete, without changing it. In a file of an older version, which has no checksums, a torn last
/// line is left out.
///
/// # Errors
/// A file error when the file is missing, has another header, was changed or cut short since it was written, or holds a line that does
/// not parse, has a [`Row::fault`] or is there twice.
pub fn read_rows<T: Row>(path: impl AsRef<Path>) -> Result<Vec<T>> {
    read_checked(path, |_| None)
}

/// Reads rows as [`read_rows`] does; `check` tells the fault of a row that does not belong to the run.
///
/// # Errors
/// The errors of [`read_rows`], and a file error about the first row with a fault.
pub fn read_checked<T: Row>(path: impl AsRef<Path>, check: impl Fn(&T) -> Option<Fault>) -> Result<Vec<T>> {
    let path = path.as_ref();
    let bytes = file::read(path, UNREADABLE)?;
    let stage = if T::ENDLESS { Stage::Growing } else { Stage::Complete };
    Ok(parse::<T>(path, &bytes, stage, &check)?.rows)
}

/// Writes a whole file of rows, each with its checksum, through a temporary name.
///
/// # Errors
/// A file error when the file cannot be written.
pub fn write_rows<T: Row>(path: impl AsRef<Path>, rows: &[T]) -> Result<()> {
    let path = path.as_ref();
    write_durably(path, &text_of_rows(path, rows, Stage::Complete)?)
}

/// Whether a file still takes rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Growing,
    Complete,
}

/// The text of a file with these rows. Where it is complete and has none, it has no column for checksums: one that has the column
/// and no row has lost all.
fn text_of_rows<T: Row>(path: &Path, rows: &[T], stage: Stage) -> Result<Vec<u8>> {
    let mut text = header_line::<T>(path, stage == Stage::Growing || !rows.is_empty())?;
    let mut chain = Chain::default();
    for (at, row) in rows.iter().enumerate() {
        let is_last = stage == Stage::Complete && at + 1 == rows.len();
        let (line, sum) = summed_line(path, row, if is_last { Some(&chain) } else { None })?;
        text.extend(line);
        chain.add(&sum);
    }
    Ok(text)
}

fn header_line<T: Row>(path: &Path, summed: bool) -> Result<Vec<u8>> {
    let mut header = T::header();
    header.extend(summed.then_some(checksum::COLUMN));
    line(path, &header)
}

struct Content<T> {
    rows: Vec<T>,
    /// Length of the whole lines in bytes.
    whole: usize,
    torn: Option<String>,
    /// Whether the file lacks columns that only newer versions write.
    older: bool,
    /// Whether rows have checksums.
    summed: bool,
}

fn parse<T: Row>(
    path: &Path,
    bytes: &[u8],
    stage: Stage,
    check: &dyn Fn(&T) -> Option<Fault>,
) -> Result<Content<T>> {
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
    let torn = &bytes[whole..];
    let text = file::utf8(path, if whole == 0 { bytes } else { &bytes[..whole] }, ENCODING)?;
    if text.starts_with(file::BYTE_ORDER_MARK) {
        return Err(Error::file(path, "begins with a byte order mark, which no record has", ENCODING));
    }
    let header = T::header().join(",");
    if whole == 0 && !format!("{header},{}", checksum::COLUMN).as_bytes().starts_with(torn) {
        return Err(foreign(path, &String::from_utf8_lossy(torn), &header));
    }
    let torn = (!torn.is_empty()).then(|| String::from_utf8_lossy(torn).into_owned());
    if whole == 0 {
        if stage == Stage::Complete {
            return Err(shortened(path));
        }
        return Ok(Content { rows: Vec::new(), whole, torn, older: false, summed: false });
    }
    let mut reader = csv::ReaderBuilder::new().from_reader(&bytes[..whole]);
    let mut found = reader.headers().map_err(|e| damaged(path, e))?.clone();
    let summed = found.iter().next_back() == Some(checksum::COLUMN);
    if summed {
        found.truncate(found.len() - 1);
    }
    let places = places::<T>(&found)
        .ok_or_else(|| foreign(path, &found.iter().collect::<Vec<_>>().join(","), &header))?;
    let missing: Vec<&str> = T::cells()
        .into_iter()
        .zip(&places)
        .filter(|(_, place)| place.is_none())
        .map(|(name, _)| name)
        .collect();
    let older = !missing.is_empty();
    let mut rows = Vec::new();
    let mut keys = HashMap::new();
    let mut last = None;
    let mut chain = Chain::default();
    for record in reader.records() {
        let record = record.map_err(|e| damaged(path, e))?;
        let line = record.position().map_or(0, csv::Position::line);
        if summed {
            if stage == Stage::Complete && last == Some(Place::Last) {
                return Err(followed(path, line));
            }
            let given = record.iter().next_back().unwrap_or_default();
            let (own, is_sealed) = checksum::own_part(given);
            last = Some(place_of(&record, own).ok_or_else(|| changed(path, line))?);
            if is_sealed && last == Some(Place::Within) {
                return Err(changed(path, line));
            }
            // What a run that goes on misses, it makes again.
            if is_sealed && stage == Stage::Complete && chain.sealed(own) != given {
                return Err(other_rows(path));
            }
            chain.add(given);
        }
        let record = in_order(record, &places);
        let row: T = record.deserialize(None).map_err(|e| unlike_row::<T>(path, line, e))?;
        let row = if older { row.upgraded(&missing) } else { row };
        if let Some((column, problem)) = row.fault().or_else(|| check(&row)) {
            return Err(faulty(path, line, column, &problem));
        }
        if let Some(first) = key::<T>(&record).and_then(|key| keys.insert(key, line)) {
            return Err(twice(path, first, line));
        }
        rows.push(row);
    }
    if stage == Stage::Complete && summed && last != Some(Place::Last) {
        return Err(shortened(path));
    }
    Ok(Content { rows, whole, torn, older, summed })
}

/// What the checksum of a row, which stands in its last cell, says of its place; none where it is that of another row.
fn place_of(record: &StringRecord, given: &str) -> Option<Place> {
    let cells = record.len().checked_sub(1)?;
    let is_given = |place: &Place| checksum::of_row(*place, record.iter().take(cells)) == given;
    [Place::Within, Place::Last].into_iter().find(is_given)
}

/// The cells that tell a row from all others.
fn key<T: Row>(record: &StringRecord) -> Option<Vec<String>> {
    let of_key = T::cells().into_iter().zip(record).filter(|(name, _)| T::KEY.contains(name));
    let cells: Vec<String> = of_key.map(|(_, cell)| cell.to_owned()).collect();
    (!cells.is_empty()).then_some(cells)
}

/// The place in the file of each cell of a row, if it is there; `None` where the file has other columns.
fn places<T: Row>(found: &StringRecord) -> Option<Vec<Option<usize>>> {
    let mut next = 0;
    let header = T::header();
    let newer = T::NEWER.concat();
    let by_name: HashMap<&str, Option<usize>> = header
        .iter()
        .map(|&name| {
            let here = found.get(next) == Some(name);
            next += usize::from(here);
            (name, here.then(|| next - 1))
        })
        .collect();
    let mut missing = header.iter().filter(|name| by_name[*name].is_none());
    let all_newer = missing.all(|name| newer.contains(name));
    (next == found.len() && all_newer).then(|| T::cells().iter().map(|name| by_name[name]).collect())
}

/// The cells of a record in the order of the row's fields, empty where the file has no such column.
fn in_order(record: StringRecord, places: &[Option<usize>]) -> StringRecord {
    let cell = |place: &Option<usize>| place.and_then(|place| record.get(place)).map_or("", text_of);
    let mut whole: StringRecord = places.iter().map(cell).collect();
    whole.set_position(record.position().cloned());
    whole
}

/// The line of a row, its cells in the order of the header, then its checksum, which comes behind the line too. The last row of a table
/// is given what is before it.
fn summed_line<T: Row>(path: &Path, row: &T, before: Option<&Chain>) -> Result<(Vec<u8>, String)> {
    let cells = line(path, row)?;
    let (fields, header) = (T::cells(), T::header());
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(cells.as_slice());
    let mut record = StringRecord::new();
    reader.read_record(&mut record).map_err(|e| damaged(path, e))?;
    let by_name: HashMap<&str, Cow<'_, str>> = fields.into_iter().zip(record.iter().map(csv_cell)).collect();
    let mut cells: Vec<&str> =
        header.iter().map(|name| by_name.get(name).map_or("", |cell| cell.as_ref())).collect();
    let sum = match before {
        Some(chain) => chain.sealed(&checksum::of_row(Place::Last, &cells)),
        None => checksum::of_row(Place::Within, &cells),
    };
    cells.push(&sum);
    Ok((line(path, &cells)?, sum))
}

/// One line of CSV. Numbers are written in the fewest digits that read back as the same value.
fn line<R: serde::Serialize + ?Sized>(path: &Path, row: &R) -> Result<Vec<u8>> {
    let unwritable =
        |e: csv::Error| Error::file_caused(path, "cannot take a row", e, "report this row's values");
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    writer.serialize(row).map_err(unwritable)?;
    let line = writer.into_inner().map_err(|e| unwritable(e.into_error().into()))?;
    let body = line.strip_suffix(b"\n").unwrap_or(&line);
    if body.iter().any(|&byte| byte == b'\n' || byte == b'\r') {
        return Err(Error::file(
            path,
            format!("cannot take a cell with a line break: {}", String::from_utf8_lossy(body).escape_debug()),
            "rename the file or category whose name holds the line break",
        ));
    }
    Ok(line)
}

/// Remedy for a record that cannot be read.
const UNREADABLE: &str = "check the path and its permissions";

fn unreadable(path: &Path, e: std::io::Error) -> Error {
    Error::file_caused(path, "cannot be read", e, UNREADABLE)
}

/// Remedy for a record that was saved in another encoding.
const ENCODING: &str = "save it as UTF-8 without a byte order mark, or restore the file that the run wrote";

/// Remedy for a row that cannot be believed.
const REPAIR: &str = "restore the file, or delete that line and give the run's command again";

/// The error about a row that is not the one that was written.
fn changed(path: &Path, line: u64) -> Error {
    let problem =
        format!("holds a line that was changed since it was written, as its checksum says (line {line})");
    Error::file(path, problem, CHANGED)
}

/// Remedy for a row that is not the one that was written, or that is gone.
const CHANGED: &str = "restore the file, or delete that line and give the run's command again; a table that was changed on purpose is \
                       read without its column `checksum`";

fn shortened(path: &Path) -> Error {
    Error::file(path, "has lost rows at its end, as the checksum of its last row says", LOST)
}

fn other_rows(path: &Path) -> Error {
    let problem =
        "has lost rows, or has others than it was written with, as the checksum of its last row says";
    Error::file(path, problem, LOST)
}

/// Remedy for a table that has lost rows.
const LOST: &str = "restore the file, or give the run's command again, which makes what is missing";

fn followed(path: &Path, line: u64) -> Error {
    let problem = format!("goes on after what was its last row when it was written (line {line})");
    Error::file(path, problem, "restore the file, or delete that line and all below it")
}

fn damaged(path: &Path, e: csv::Error) -> Error {
    Error::file_caused(path, "holds a damaged line", e, REPAIR)
}

/// The error about a record that is no row, with the column where that is known.
fn unlike_row<T: Row>(path: &Path, line: u64, e: csv::Error) -> Error {
    let csv::ErrorKind::Deserialize { err, .. } = e.kind() else { return damaged(path, e) };
    let column = err.field().and_then(|field| T::cells().get(field as usize).copied());
    let error = match column {
        Some(column) => faulty(path, line, column, &err.kind().to_string()),
        None => Error::file(path, format!("holds a damaged line (line {line}: {})", err.kind()), REPAIR),
    };
    error.caused_by(e)
}

fn faulty(path: &Path, line: u64, column: &str, problem: &str) -> Error {
    let problem = format!("holds a damaged line (line {line}, column {column}: {problem})");
    Error::file(path, problem, REPAIR)
}

fn twice(path: &Path, first: u64, second: u64) -> Error {
    let problem = format!("holds the same row twice (lines {first} and {second})");
    Error::file(path, problem, "restore the file, or delete one of the two lines if they agree")
}

fn foreign(path: &Path, found: &str, expected: &str) -> Error {
    Error::file(
        path,
        format!("has the columns `{found}` instead of `{expected}`"),
        "it was written by another version or program: give another `out`, or move the file away",
    )
}
