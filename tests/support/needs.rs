//! What tests need and the repository does not hold. Such a test is `#[ignore]`d with the reason; it is run with `--ignored` where
//! the thing is there (`.ci/run` and `.ci/export` do), and fails where it is not.

use std::path::PathBuf;

/// The folder that an environment variable names; `holds` says what is to be in it.
pub fn folder(variable: &str, holds: &str) -> PathBuf {
    let named = std::env::var_os(variable).map(PathBuf::from);
    named.filter(|folder| folder.is_dir()).unwrap_or_else(|| panic!("{variable} is to name {holds}"))
}
