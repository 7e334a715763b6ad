//! Figures of groups that a run no longer has.

use std::fs;
use std::path::Path;

use super::drawn::Drawn;
use crate::error::{Error, Result};
use crate::record::RunDir;

/// What the names of figures of groups begin with, as [`super::all`] gives them.
const OF_GROUPS: [&str; 4] =
    ["groups_kind-of-defect_", "groups_size-of-defect_", "groups_condition_", "groups_column-"];

/// Removes from the folder of figures of a run those of groups that were not drawn now, of the format that was: another list of columns
/// leaves them behind, and nothing tells them from those of today. Other folders and links stay as they are.
///
/// # Errors
/// A file error when the folder cannot be read or a figure in it not be removed.
pub(super) fn remove(run: &RunDir, out: &Path, drawn: &Drawn) -> Result<()> {
    let own = run.plots();
    let is_folder = fs::symlink_metadata(&own).is_ok_and(|own| own.is_dir());
    let same = fs::canonicalize(&own).ok().zip(fs::canonicalize(out).ok()).is_some_and(|(a, b)| a == b);
    if !is_folder || !same {
        return Ok(());
    }
    let written: Vec<&str> =
        drawn.written.iter().filter_map(|path| path.file_name().and_then(|name| name.to_str())).collect();
    for entry in fs::read_dir(&own).map_err(|error| failed(&own, error))? {
        let entry = entry.map_err(|error| failed(&own, error))?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let is_of_groups = OF_GROUPS.iter().any(|begin| name.starts_with(begin))
            && name.ends_with(&format!(".{}", drawn.format()));
        let is_drawn = written.iter().any(|other| other.eq_ignore_ascii_case(name));
        if is_of_groups && !is_drawn && entry.file_type().is_ok_and(|of| of.is_file()) {
            fs::remove_file(entry.path()).map_err(|error| failed(&entry.path(), error))?;
        }
    }
    Ok(())
}

fn failed(path: &Path, error: std::io::Error) -> Error {
    Error::file_caused(
        path,
        "cannot be cleared of figures that are gone",
        error,
        "check the permissions of the folder",
    )
}
