//! Arrays in `.npy` files, which a run left and somebody may have changed since. Each has a checksum in the padding of its header,
//! which every reader of such files skips.

use std::ops::Range;
use std::path::Path;

use ndarray_npy::ReadNpyExt;

use crate::error::{Error, Result};
use crate::file;

/// Reads an array. The header is looked at first: a parser that is given nested brackets takes twice as long for each, and one that is told
/// of more values than there are asks for their memory.
///
/// # Errors
/// A file error that says that the file is not `what`, or is not what was written.
pub(super) fn read_npy<A: ReadNpyExt>(path: &Path, what: &str, fix: &str) -> Result<A> {
    let bytes = file::read(path, fix)?;
    let problem = format!("is not {what}");
    let checked = Header::of(&bytes).and_then(|header| {
        header.check(&bytes)?;
        header.fits(&bytes)
    });
    if let Err(found) = checked {
        return Err(Error::file(path, format!("{problem} ({found})"), fix));
    }
    A::read_npy(bytes.as_slice()).map_err(|e| Error::file_caused(path, problem, e, fix))
}

/// Whether an array is there as it was written; not where the file is missing, empty or only the beginning of one, as a loss of power
/// leaves it. Of a file without a checksum, which an older version wrote, only the size is looked at.
///
/// # Errors
/// A file error when the file is something else, or cannot be read.
pub(crate) fn is_whole(path: &Path, fix: &str) -> Result<bool> {
    if !file::is_there(path) {
        return Ok(false);
    }
    let bytes = file::read(path, fix)?;
    if is_beginning(&bytes) {
        return Ok(false);
    }
    let checked = Header::of(&bytes).and_then(|header| header.check(&bytes));
    checked.map(|()| true).map_err(|found| Error::file(path, format!("is damaged ({found})"), fix))
}

/// Refuses an array that is not there as it was written.
///
/// # Errors
/// A file error when the file is missing, cut short or something else, or cannot be read.
pub(crate) fn require_whole(path: &Path, fix: &str) -> Result<()> {
    if is_whole(path, fix)? { Ok(()) } else { Err(Error::file(path, "is missing or cut short", fix)) }
}

/// Whether these bytes are only the beginning of an array, or none that were ever written.
fn is_beginning(bytes: &[u8]) -> bool {
    if bytes.iter().all(|&byte| byte == 0) || FIRST.starts_with(bytes) {
        return true;
    }
    let Ok(header) = Header::of(bytes) else {
        let text = bytes.get(FIRST.len() + 2..).unwrap_or_default();
        let length = |at: usize| bytes.get(FIRST.len() + at).copied().map_or(0, usize::from);
        let is_short = bytes.len() < FIRST.len() + 2 + length(0) + 256 * length(1);
        let begins = text.starts_with(DESCR.as_bytes()) || DESCR.as_bytes().starts_with(text);
        return bytes.starts_with(FIRST) && is_short && begins;
    };
    header.data().is_some_and(|data| bytes.len() < header.end + data)
}

/// How every array begins that is written here: magic bytes and version of the format.
const FIRST: &[u8] = b"\x93NUMPY\x01\x00";
/// How the header begins.
const DESCR: &str = "{'descr': '";
/// The longest header: numpy pads that of a small array to 128 bytes.
const LONGEST: usize = 512;
/// Headers are padded so that the data begin at a multiple of this.
const ALIGNMENT: usize = 64;

/// What stands in front of the checksum, in spaces and tabs.
const MARK: &[u8; 8] = b"\t \t\t \t  ";
/// Number of bytes of the mark and of a checksum, each bit of which is a space (0) or a tab (1).
const SEAL: usize = MARK.len() + 32;

/// Bytes of an array with their checksum in the padding of the header.
pub(super) fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let Ok(Header { end, padding, .. }) = Header::of(&bytes) else { return bytes };
    let length = end - FIRST.len() - 2;
    let room = if padding.len() < SEAL { ALIGNMENT } else { 0 };
    let Some(length) = u16::try_from(length + room).ok().filter(|_| bytes.starts_with(FIRST)) else {
        return bytes;
    };
    bytes.splice(padding.end..padding.end, vec![b' '; room]);
    bytes[FIRST.len()..FIRST.len() + 2].copy_from_slice(&length.to_le_bytes());
    let seal = padding.end + room - SEAL..padding.end + room;
    let written = seal_of(&bytes, &seal);
    bytes[seal].copy_from_slice(&written);
    bytes
}

/// What stands at `seal` in an array that is as it was written: the mark and the checksum of everything else.
fn seal_of(bytes: &[u8], seal: &Range<usize>) -> [u8; SEAL] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&bytes[..seal.start]);
    hasher.update(&bytes[seal.end..]);
    let checksum = hasher.finalize();
    std::array::from_fn(|at| match MARK.get(at) {
        Some(&mark) => mark,
        None if checksum >> (SEAL - 1 - at) & 1 == 1 => b'\t',
        None => b' ',
    })
}

/// The header of an array: the flat dictionary that numpy writes, `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
struct Header<'b> {
    /// What stands between the braces.
    inner: &'b str,
    /// Where the spaces behind it are.
    padding: Range<usize>,
    /// Where the data begin.
    end: usize,
}

impl<'b> Header<'b> {
    fn of(bytes: &'b [u8]) -> Result<Self, &'static str> {
        let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("it does not begin as such a file")?;
        let (length, start) = match rest {
            [1, _, low, high, ..] => (usize::from(u16::from_le_bytes([*low, *high])), 4),
            [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 6),
            _ => return Err("its version is not known"),
        };
        if length > LONGEST {
            return Err("its header is too long");
        }
        let header = rest.get(start..start + length).ok_or("it ends within its header")?;
        let header = std::str::from_utf8(header).map_err(|_| "its header is no text")?;
        let end = bytes.len() - rest.len() + start + length;
        let (inner, padding) = header
            .trim_start()
            .strip_prefix('{')
            .and_then(|header| header.rsplit_once('}'))
            .filter(|(_, padding)| padding.trim().is_empty())
            .ok_or("its header is no dictionary")?;
        let count = |wanted: &[char]| inner.chars().filter(|found| wanted.contains(found)).count();
        let flat = count(&['[', ']', '{', '}']) == 0 && count(&['(']) == 1 && count(&[')']) == 1;
        let known =
            ["'descr':", "'fortran_order':", "'shape':"].iter().all(|key| inner.matches(key).count() == 1);
        if flat && known && count(&[':']) == 3 {
            let behind = padding.strip_suffix('\n').unwrap_or(padding);
            let start = end - padding.len();
            return Ok(Self { inner, padding: start..start + behind.len(), end });
        }
        Err("its header has other entries than descr, fortran_order and shape")
    }

    /// Compares the checksum, where there is one.
    fn check(&self, bytes: &[u8]) -> Result<(), &'static str> {
        let Range { start, end } = self.padding;
        if bytes[start..end].iter().all(|&byte| byte == b' ') {
            return Ok(());
        }
        let seal = end.saturating_sub(SEAL).max(start)..end;
        let is_right = seal.len() == SEAL
            && bytes[start..seal.start].iter().all(|&byte| byte == b' ')
            && bytes[seal.clone()] == seal_of(bytes, &seal);
        if is_right { Ok(()) } else { Err("its checksum says that it was cut short or changed") }
    }

    /// Refuses a header that tells of more or fewer values than there are.
    fn fits(&self, bytes: &[u8]) -> Result<(), &'static str> {
        let is_told = self.data().is_some_and(|data| data == bytes.len() - self.end);
        if is_told { Ok(()) } else { Err("its header tells of another number of values than there are") }
    }

    /// Number of bytes of the data, where the header tells.
    fn data(&self) -> Option<usize> {
        let kind = self.inner.split_once("'descr':")?.1.trim_start().strip_prefix('\'')?;
        let size: usize = kind.split_once('\'')?.0.get(2..)?.parse().ok()?;
        let shape = self.inner.split_once('(')?.1.split_once(')')?.0;
        let mut sides = shape.split(',').map(str::trim).filter(|side| !side.is_empty());
        sides.try_fold(size, |product, side| product.checked_mul(side.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use ndarray::{Array2, arr2};

    use super::*;
    use crate::record::write_npy;

    fn file(header: &str) -> Vec<u8> {
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        [b"\x93NUMPY\x01\x00", length.as_slice(), header.as_bytes()].concat()
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        let array = arr2(&[[1.5_f32, 2.0], [-3.0, 0.25]]);
        write_npy(&path, array.view()).unwrap();
        assert_eq!(read_npy::<Array2<f32>>(&path, "an array", "").unwrap(), array);
    }

    #[test]
    fn a_header_that_is_nested_or_too_long_is_refused_at_once() {
        let start = Instant::now();
        let right = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }";
        let nested = ["(", "[", "{"].map(|bracket| right.replace("(1, 1)", &bracket.repeat(40)));
        let long = format!("{right}{}", " ".repeat(1000));
        let other = right.replace("'shape'", "'size'");
        let twice = right.replace("'descr': '<f4'", "'shape': (1, 1), 'descr': '<f4'");
        for header in nested.iter().chain([&long, &other, &twice]) {
            assert!(Header::of(&file(header)).is_err(), "{header}");
            assert!(!is_beginning(&file(header)), "{header}");
        }
        assert!(Header::of(&file(right)).is_ok());
        assert!(Header::of(&file(right)[..40]).is_err() && Header::of(b"").is_err());
        assert!(start.elapsed().as_secs() < 5);
    }

    #[test]
    fn a_header_that_tells_of_more_values_than_there_are_is_refused_before_they_get_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for shape in ["(131072, 131072)", "(4294967296, 4294967296)", "(1, 2)", "(0, 1)", "(1, -1)", "(1, )"]
        {
            let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }} \n");
            std::fs::write(&path, [file(&header), vec![0, 0, 128, 63]].concat()).unwrap();
            assert!(read_npy::<Array2<f32>>(&path, "an array", "").is_err(), "{shape}");
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed_and_every_cut_is_known_as_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for array in
            [arr2(&[[1.5_f32, 2.0], [-3.0, 0.25]]), Array2::zeros((0, 7)), Array2::ones((100_000, 1))]
        {
            write_npy(&path, array.view()).unwrap();
            let right = std::fs::read(&path).unwrap();
            assert_eq!(right.len() % 4, 0);
            let places: Vec<usize> = (0..right.len().min(200) * 8).chain([right.len() * 8 - 1]).collect();
            for bit in places {
                let mut wrong = right.clone();
                wrong[bit / 8] ^= 1 << (bit % 8);
                std::fs::write(&path, &wrong).unwrap();
                // A shape that grew looks like an array that was cut, which is made again.
                assert!(!is_whole(&path, "").is_ok_and(|whole| whole), "bit {bit}");
                assert!(read_npy::<Array2<f32>>(&path, "an array", "").is_err(), "bit {bit}");
            }
            let lengths = (0..right.len().min(200)).chain([right.len() - 1]);
            for length in lengths.filter(|&length| length < right.len()) {
                std::fs::write(&path, &right[..length]).unwrap();
                assert_eq!(is_whole(&path, "").map_err(|e| e.to_string()), Ok(false), "{length}");
                assert!(read_npy::<Array2<f32>>(&path, "an array", "").is_err(), "{length}");
            }
        }
    }

    #[test]
    fn arrays_of_older_versions_and_short_headers_are_read() {
        let old =
            [file("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), } \n"), vec![0, 0, 128, 63]]
                .concat();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        for bytes in [old.clone(), sealed(old)] {
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(is_whole(&path, "").map_err(|e| e.to_string()), Ok(true));
            assert_eq!(read_npy::<Array2<f32>>(&path, "an array", "").unwrap()[[0, 0]], 1.0);
        }
        assert_eq!(is_whole(&folder.path().join("none.npy"), "").map_err(|e| e.to_string()), Ok(false));
    }
}
