//! The user's cache folder.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The user's cache folder: `$ASKANCE_CACHE`, else `$XDG_CACHE_HOME/askance`, else `$HOME/.cache/askance`. The folder need not
/// exist.
///
/// # Errors
/// None of the variables is set.
pub fn cache_folder() -> Result<PathBuf> {
    choose(|name| std::env::var_os(name))
}

fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    // The XDG base directory specification says that relative paths there are to be ignored.
    set("ASKANCE_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").filter(|path| path.is_absolute()).map(|path| path.join("askance")))
        .or_else(|| set("HOME").map(|path| path.join(".cache").join("askance")))
        .ok_or_else(|| {
            Error::usage(
                "ASKANCE_CACHE",
                "there is no cache folder: none of ASKANCE_CACHE, XDG_CACHE_HOME and HOME is set",
                "set ASKANCE_CACHE to a folder",
            )
        })
}

/// The folder below a cache that holds what was installed.
pub(super) fn runtime_folder(cache: &Path) -> PathBuf {
    cache.join("runtime")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(set: &[(&str, &str)]) -> Option<PathBuf> {
        choose(|name| set.iter().find(|(key, _)| *key == name).map(|(_, value)| OsString::from(value))).ok()
    }

    #[test]
    fn the_most_special_variable_wins() {
        let all = [("ASKANCE_CACHE", "/a"), ("XDG_CACHE_HOME", "/x"), ("HOME", "/h")];
        assert_eq!(folder(&all), Some("/a".into()));
        assert_eq!(folder(&all[1..]), Some("/x/askance".into()));
        assert_eq!(folder(&all[2..]), Some("/h/.cache/askance".into()));
        assert_eq!(folder(&[]), None);
    }

    #[test]
    fn empty_and_relative_values_do_not_count() {
        assert_eq!(folder(&[("ASKANCE_CACHE", ""), ("HOME", "/h")]), Some("/h/.cache/askance".into()));
        assert_eq!(folder(&[("XDG_CACHE_HOME", "x"), ("HOME", "/h")]), Some("/h/.cache/askance".into()));
    }
}
