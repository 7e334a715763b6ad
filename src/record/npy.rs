//! Arrays in `.npy` files, which a run left and somebody may have changed since.

use std::path::Path;

use ndarray_npy::ReadNpyExt;

use crate::error::{Error, Result};
use crate::file;

/// Reads an array. The header is looked at first: a parser that is given nested brackets takes twice as long for each.
///
/// # Errors
/// A file error that says that the file is not `what`.
pub(super) fn read_npy<A: ReadNpyExt>(path: &Path, what: &str, fix: &str) -> Result<A> {
    let bytes = file::read(path, fix)?;
    let problem = format!("is not {what}");
    if let Err(found) = check_header(&bytes) {
        return Err(Error::file(path, format!("{problem} ({found})"), fix));
    }
    A::read_npy(bytes.as_slice()).map_err(|e| Error::file_caused(path, problem, e, fix))
}

/// The longest header: numpy pads that of a small array to 128 bytes.
const LONGEST: usize = 512;

/// Refuses a header that is not the flat dictionary that numpy writes, `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.
fn check_header(bytes: &[u8]) -> Result<(), &'static str> {
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
    let inner = header
        .trim()
        .strip_prefix('{')
        .and_then(|header| header.strip_suffix('}'))
        .ok_or("its header is no dictionary")?;
    let count = |wanted: &[char]| inner.chars().filter(|found| wanted.contains(found)).count();
    let flat = count(&['[', ']', '{', '}']) == 0 && count(&['(']) == 1 && count(&[')']) == 1;
    let known =
        ["'descr':", "'fortran_order':", "'shape':"].iter().all(|key| inner.matches(key).count() == 1);
    if flat && known && count(&[':']) == 3 {
        return Ok(());
    }
    Err("its header has other entries than descr, fortran_order and shape")
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
            assert!(check_header(&file(header)).is_err(), "{header}");
        }
        assert_eq!(check_header(&file(right)), Ok(()));
        assert!(check_header(&file(right)[..40]).is_err() && check_header(b"").is_err());
        assert!(start.elapsed().as_secs() < 5);
    }
}
