//! The copy of `run.toml` that lies beside it: without its record nobody knows of what run the rows of a folder are.

use std::path::{Path, PathBuf};

use super::folder::{copy_beside, write_durably};
use crate::error::Result;
use crate::file;

/// Writes a record and its copy. The copy comes first, so that it is never older.
pub(super) fn write_twice(record: &Path, bytes: &[u8]) -> Result<()> {
    write_durably(&copy_beside(record), bytes)?;
    write_durably(record, bytes)
}

/// The copy that stands for a record which is gone or was cut short, as a loss of power leaves a file; none where the record is anything
/// but the beginning of its copy: then it was changed.
pub(super) fn of_cut(record: &Path) -> Option<PathBuf> {
    let (copy, fix) = (copy_beside(record), "check its permissions");
    let found = if file::is_there(record) { file::read(record, fix).ok()? } else { Vec::new() };
    let whole = file::read(&copy, fix).ok()?;
    (found.len() < whole.len() && whole.starts_with(&found)).then_some(copy)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::{RunInfo, read_mended};
    use super::*;

    #[test]
    fn a_cut_record_is_mended_from_its_copy_and_a_changed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.toml");
        let info = RunInfo::start("askance eval", None, 3, toml::Table::new());
        info.write(&path).unwrap();
        assert_eq!(read_mended(&path).unwrap(), (info.clone(), false));
        let whole = fs::read(&path).unwrap();
        for length in [1].into_iter().chain((0..whole.len()).step_by(5)) {
            fs::write(&path, &whole[..length]).unwrap();
            let error = RunInfo::read(&path).unwrap_err();
            assert!(error.fix.contains("the command of the run again"), "{length}: {error}");
            assert_eq!(read_mended(&path).unwrap(), (info.clone(), true), "{length}");
        }
        fs::remove_file(&path).unwrap();
        assert_eq!(read_mended(&path).unwrap(), (info.clone(), true), "gone");
        for bit in (0..whole.len() * 8).step_by(37) {
            let mut changed = whole.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, changed).unwrap();
            // A line that is no checksum any more is a comment: what it stood above is as it was.
            assert!(
                read_mended(&path).is_err() || RunInfo::read(&path).is_ok_and(|read| read == info),
                "{bit}"
            );
        }
        fs::write(&path, &whole[..40]).unwrap();
        let copy = copy_beside(&path);
        for length in [0, 39, 41, whole.len() - 1] {
            fs::write(&copy, &whole[..length]).unwrap();
            let error = read_mended(&path).unwrap_err();
            assert!(!error.fix.contains("again") && error.fix.contains("`fresh`"), "{length}: {error}");
        }
        fs::remove_file(&copy).unwrap();
        assert!(read_mended(&path).is_err());
        fs::write(&path, &whole).unwrap();
        assert_eq!(read_mended(&path).unwrap(), (info, false), "a record of before there were copies");
    }
}
