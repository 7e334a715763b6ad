//! What tests need and the repository does not hold. Such a test is `#[ignore]`d with the reason; it is run with
//! `--ignored` where the thing is there (`.ci/ignored` and `.ci/export` do), and fails where it is not.

use std::path::PathBuf;

/// The folder that an environment variable names; `holds` says what is to be in it.
#[track_caller]
pub fn folder(variable: &str, holds: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let Some(folder) = named.filter(|folder| folder.is_dir()) else {
        panic!("{variable} is to name {holds}")
    };
    folder
}
