//! Opening files that somebody else wrote, to read or to replace them: only regular ones, so that no pipe or device is waited for,
//! and text in UTF-8.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Read as _};
use std::path::Path;

use serde::Serializer;

use crate::error::{Error, Result, shown};

/// What a file begins with that stands for one kept in Git LFS (its specification, version 1).
const LFS: &[u8] = b"version https://git-lfs.github.com/spec/";

/// The regular file at `path`, open for reading.
///
/// # Errors
///
/// Where there is nothing, it may not be read, or it is something else than a regular file: a folder, a named pipe, a device.
/// `fix` is the remedy for a file that is missing or may not be read.
pub fn open(path: &Path, fix: &str) -> Result<File> {
    let failed = |e| Error::file_caused(path, "cannot be read", e, fix);
    let kind = fs::metadata(path).map_err(|e| dangling(path).unwrap_or_else(|| failed(e)))?;
    if !kind.is_file() {
        return Err(irregular(path, kind.is_dir()));
    }
    File::open(path).map_err(failed)
}

/// Copies a regular file, through a temporary name beside the copy, so that none is ever half there. Missing folders are made.
///
/// # Errors
///
/// Those of [`open`], or the copy cannot be written.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    let failed = |e| {
        Error::file_caused(to, "cannot be written", e, "check the free space and permissions of its folder")
    };
    let mut source = open(from, "check its permissions and the disk")?;
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let written = File::create(&part)
        .and_then(|mut copy| io::copy(&mut source, &mut copy))
        .and_then(|_| fs::rename(&part, to));
    written.map_err(|e| {
        // The first error is the one to tell.
        let _ = fs::remove_file(&part);
        failed(e)
    })
}

/// Whether there is anything at `path`, readable or not: what cannot be read is to be an error, not taken for missing.
pub fn is_there(path: &Path) -> bool {
    let missing = |e: io::Error| matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
    !fs::symlink_metadata(path).is_err_and(missing)
}

/// The error about a link at `path` whose target is not there; none for anything else.
pub fn dangling(path: &Path) -> Option<Error> {
    let target = fs::read_link(path).ok().filter(|_| !path.exists())?;
    Some(Error::file(
        path,
        format!("is a link whose target {} is missing", shown(target)),
        "bring the target back (`git annex get` where git-annex keeps it), or put the file in place of the link",
    ))
}

/// A folder that is locked until this is dropped, or its process ends, however that is.
#[derive(Debug)]
pub struct Lock {
    /// None where the file system knows no locks of folders.
    _folder: Option<File>,
}

/// Locks the folder at `path` against other processes; none where another one, or another place of this one, has it. Some network file
/// systems, and some systems, know no such locks: there nothing is locked.
pub fn lock_folder(path: &Path) -> Option<Lock> {
    let Ok(folder) = File::open(path) else { return Some(Lock { _folder: None }) };
    match folder.try_lock() {
        Ok(()) => Some(Lock { _folder: Some(folder) }),
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) => Some(Lock { _folder: None }),
    }
}

/// Waits until the disk has the names of the files in the folder at `path`, where the system can wait for that.
pub fn sync_folder(path: &Path) {
    let _ = File::open(path).and_then(|folder| folder.sync_all());
}

/// Refuses what lies at `path` and is no regular file, before it is opened, by this program or a library; nothing may lie there.
///
/// # Errors
///
/// Where there is a folder, a named pipe or a device.
pub fn refuse_irregular(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(kind) if !kind.is_file() => Err(irregular(path, kind.is_dir())),
        _ => Ok(()),
    }
}

/// The error about something at `path` that is no regular file.
pub fn irregular(path: &Path, folder: bool) -> Error {
    let what = if folder { "a folder" } else { "a named pipe, a socket or a device" };
    Error::file(
        path,
        format!("is no regular file but {what}"),
        "put a regular file in its place, or take it away",
    )
}

/// The bytes of the regular file at `path`.
///
/// # Errors
///
/// As [`open`]'s.
pub fn read(path: &Path, fix: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path, fix)?
        .read_to_end(&mut bytes)
        .map_err(|e| Error::file_caused(path, "cannot be read", e, fix))?;
    Ok(bytes)
}

/// The text of the regular file at `path`, without a byte order mark.
///
/// # Errors
///
/// As [`open`]'s, and where the text is not in UTF-8.
pub fn read_text(path: &Path, fix: &str) -> Result<String> {
    decode(path, &read(path, fix)?)
}

/// The text that `bytes`, read from `path`, hold in UTF-8, without a byte order mark.
///
/// # Errors
///
/// Where they hold another encoding or a Git LFS pointer.
pub fn decode(path: &Path, bytes: &[u8]) -> Result<String> {
    let is_csv = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"));
    let fix =
        if is_csv { "save it as UTF-8 (a spreadsheet calls it \"CSV UTF-8\")" } else { "save it as UTF-8" };
    let text = utf8(path, bytes, fix)?;
    Ok(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text).to_owned())
}

/// What a text in UTF-8 may begin with, as spreadsheets write it.
pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// The text that `bytes`, read from `path`, hold in UTF-8, as it stands there. `fix` is the remedy for another encoding.
///
/// # Errors
///
/// Where they hold another encoding or a Git LFS pointer.
pub fn utf8<'b>(path: &Path, bytes: &'b [u8], fix: &str) -> Result<&'b str> {
    if is_lfs_pointer(bytes) {
        return Err(lfs_pointer(path));
    }
    if let Some(encoding) = wide_encoding(bytes) {
        return Err(Error::file(path, format!("is text in {encoding}, not UTF-8"), fix));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        let problem = format!("is not text in UTF-8 (line {line} holds a byte of another encoding)");
        Error::file(path, problem, fix)
    })
}

/// The encoding of text in units of two or four bytes, with or without a mark in front; none for other bytes.
fn wide_encoding(bytes: &[u8]) -> Option<&'static str> {
    let start = &bytes[..bytes.len().min(4096)];
    let (units, _) = start.as_chunks::<4>();
    let scalar = |read: fn([u8; 4]) -> u32| {
        units.iter().all(|&unit| char::from_u32(read(unit)).is_some_and(|c| c != '\0'))
    };
    if !units.is_empty() && (scalar(u32::from_le_bytes) || scalar(u32::from_be_bytes)) {
        return Some("UTF-32");
    }
    if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) {
        return Some("UTF-16");
    }
    // Of text in a Latin script, one byte of two is 0, always the same one.
    let (pairs, _) = start.as_chunks::<2>();
    let zeros = |at: usize| pairs.iter().filter(|pair| pair[at] == 0).count();
    let (first, second) = (zeros(0), zeros(1));
    (first.min(second) == 0 && 2 * first.max(second) > pairs.len()).then_some("UTF-16")
}

/// Writes a path into a record or JSON, with a mark in place of bytes that are no UTF-8.
pub fn lossy<S: Serializer>(path: &Path, serializer: S) -> std::result::Result<S::Ok, S::Error> {
    serializer.serialize_str(&path.to_string_lossy())
}

/// Whether `bytes` are, or begin, the pointer that Git LFS leaves where a file was not fetched.
pub fn is_lfs_pointer(bytes: &[u8]) -> bool {
    bytes.starts_with(LFS)
}

/// The error about a Git LFS pointer at `path`.
pub fn lfs_pointer(path: &Path) -> Error {
    Error::file(
        path,
        "is a Git LFS pointer: the file itself was not fetched",
        "run `git lfs pull` in its repository",
    )
}

/// Puts a named pipe at `path`, which nobody writes to.
#[cfg(all(test, unix))]
pub(crate) fn make_pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.is_ok_and(|status| status.success()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn a_pipe_a_device_and_a_folder_are_refused_before_they_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.png");
        make_pipe(&pipe);
        for (path, what) in
            [(pipe.as_path(), "pipe"), (Path::new("/dev/zero"), "device"), (folder.path(), "folder")]
        {
            let error = read(path, "restore it").unwrap_err();
            assert!(
                error.problem.starts_with("is no regular file") && error.problem.contains(what),
                "{error}"
            );
        }
        assert!(refuse_irregular(&pipe).is_err() && refuse_irregular(folder.path()).is_err());
        assert!(refuse_irregular(&folder.path().join("none")).is_ok());
        assert!(
            read(&folder.path().join("none"), "restore it")
                .unwrap_err()
                .to_string()
                .ends_with("fix: restore it")
        );
    }

    #[test]
    fn text_of_another_encoding_is_told_from_text_that_is_damaged() {
        let text = |bytes: &[u8]| decode(Path::new("a.csv"), bytes);
        assert_eq!(text("\u{feff}caf\u{e9}".as_bytes()).unwrap(), "caf\u{e9}");
        let error = text(b"a\nb\ncaf\xe9").unwrap_err();
        assert!(error.problem.contains("line 3") && error.fix.contains("UTF-8"), "{error}");
        for utf_16 in [b"\xff\xfea\0", b"\xfe\xff\0a", b"a\0b\0", b"\0a\0b"] {
            assert!(text(utf_16).unwrap_err().problem.contains("UTF-16"));
        }
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
        assert!(text(pointer).unwrap_err().problem.contains("Git LFS"));
    }
}
