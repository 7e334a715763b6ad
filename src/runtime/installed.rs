//! Installed folders of the cache.

use std::collections::HashSet;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::cache::runtime_folder;
use crate::error::{Error, Result};

/// An installed folder of the cache: a flavour of ONNX Runtime, the CUDA libraries, or the downloads of an installation that was
/// stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Installed {
    /// Name of the folder, for example `onnxruntime-1.31.1-cpu`.
    pub name: String,
    /// Path of the folder.
    #[serde(serialize_with = "crate::file::lossy")]
    pub folder: PathBuf,
    /// Size on disk in bytes, a file of several names counted once.
    pub bytes: u64,
}

/// Every folder that [`install`](super::install()) made in `cache` and that is not empty, by name.
///
/// # Errors
/// A folder that cannot be read.
pub fn installed(cache: &Path) -> Result<Vec<Installed>> {
    let root = runtime_folder(cache);
    if !root.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for folder in entries(&root)? {
        let Some(name) = folder.file_name().and_then(|name| name.to_str()) else { continue };
        if !folder.is_dir() || name.starts_with('.') {
            continue;
        }
        let bytes = size(&folder)?;
        if bytes > 0 {
            found.push(Installed { name: name.into(), bytes, folder });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Size of the files of a folder, none of which lies deeper.
fn size(folder: &Path) -> Result<u64> {
    let files: Vec<Metadata> = entries(folder)?
        .iter()
        .filter_map(|path| fs::metadata(path).ok())
        .filter(Metadata::is_file)
        .collect();
    let mut seen = HashSet::new();
    Ok(files.iter().filter(|file| seen.insert((file.dev(), file.ino()))).map(Metadata::len).sum())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |error: std::io::Error| {
        Error::file(folder, format!("cannot be read: {error}"), "check its permissions").caused_by(error)
    };
    fs::read_dir(folder)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(unreadable))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_count_once_and_what_is_not_in_place_does_not_count() {
        let cache = tempfile::tempdir().unwrap();
        assert_eq!(installed(cache.path()).unwrap(), []);
        let root = cache.path().join("runtime");
        for folder in ["onnxruntime-2-cpu", "downloads", ".staging-x"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        let folder = root.join("onnxruntime-2-cpu");
        fs::write(folder.join("liba.so"), [0; 100]).unwrap();
        fs::hard_link(folder.join("liba.so"), folder.join("liba.so.1")).unwrap();
        fs::write(folder.join("LICENSE"), [0; 10]).unwrap();
        fs::write(root.join(".staging-x/part"), [0; 10]).unwrap();
        let expected = Installed { name: "onnxruntime-2-cpu".into(), folder, bytes: 110 };
        assert_eq!(installed(cache.path()).unwrap(), [expected]);
    }
}
