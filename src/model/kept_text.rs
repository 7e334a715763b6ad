//! Text embeddings kept on disk from run to run, so that a second run encodes no text.
//!
//! One small file for each category below `text/` of the cache folder, named by a hash of all that decides its values. What cannot be read,
//! written or trusted is computed instead, as if nothing were kept.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ndarray::Array2;

use crate::file;
use crate::runtime::{cache_folder, sha256};

/// First bytes of a file; the SHA-256 of the values follows in hex, then the values.
const MAGIC: &[u8] = b"askance text 1\n";
const HASH: usize = 64;
/// Environment variable that keeps nothing where it is 0.
pub(crate) const SWITCH: &str = "ASKANCE_TEXT_CACHE";
/// The most files that are kept: 8 MB for embeddings of 1,024 numbers.
const MOST: usize = 1_000;

/// The kept embeddings; without a cache folder there are none.
#[derive(Clone, Debug)]
pub(super) struct KeptText {
    folder: Option<PathBuf>,
}

impl KeptText {
    /// Those of the user's cache folder; none where `ASKANCE_TEXT_CACHE=0` is in the environment.
    pub fn of_user() -> Self {
        let wanted = env::var(SWITCH).as_deref() != Ok("0");
        Self { folder: wanted.then(cache_folder).and_then(Result::ok).map(|cache| cache.join("text")) }
    }

    /// The embedding (2, `length`) under a key, if it is there and whole.
    pub fn get(&self, key: &str, length: usize) -> Option<Array2<f32>> {
        let bytes = file::read(&self.file(key)?, "delete it").ok()?;
        let rest = bytes.strip_prefix(MAGIC)?;
        let (hash, values) = rest.split_at_checked(HASH)?;
        if sha256(values).as_bytes() != hash {
            return None;
        }
        let values =
            values.chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().expect("four bytes")));
        Array2::from_shape_vec((2, length), values.collect()).ok()
    }

    /// Keeps an embedding. Where that fails, the next run computes it again.
    pub fn put(&self, key: &str, embedding: &Array2<f32>) {
        let Some(file) = self.file(key) else { return };
        let values: Vec<u8> = embedding.iter().flat_map(|value| value.to_le_bytes()).collect();
        let bytes = [MAGIC, sha256(&values).as_bytes(), &values].concat();
        let unfinished = file.with_extension(format!("{}.part", std::process::id()));
        let folder = file.parent().expect("it lies in a folder");
        let written = fs::create_dir_all(folder)
            .and_then(|()| fs::write(&unfinished, bytes))
            .and_then(|()| fs::rename(&unfinished, &file));
        if written.is_err() {
            let _ = fs::remove_file(&unfinished);
        }
        thin_out(folder, MOST);
    }

    fn file(&self, key: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(sha256(key.as_bytes())))
    }
}

/// Removes the oldest files beyond `most`.
fn thin_out(folder: &Path, most: usize) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let dated = |entry: fs::DirEntry| {
        let written = entry.metadata().and_then(|metadata| metadata.modified());
        (written.unwrap_or(SystemTime::UNIX_EPOCH), entry.path())
    };
    let mut files: Vec<(SystemTime, PathBuf)> = entries.flatten().map(dated).collect();
    files.sort();
    for (_, file) in files.iter().take(files.len().saturating_sub(most)) {
        let _ = fs::remove_file(file);
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    fn kept() -> (tempfile::TempDir, KeptText) {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptText { folder: Some(folder.path().join("text")) };
        (folder, kept)
    }

    #[test]
    fn what_is_kept_comes_back_under_its_key_alone() {
        let (_folder, kept) = kept();
        let embedding = array![[0.25, -1.0, 3.5], [f32::MIN_POSITIVE, 0.0, 1.0]];
        assert_eq!(kept.get("a", 3), None);
        kept.put("a", &embedding);
        assert_eq!(kept.get("a", 3), Some(embedding));
        assert_eq!((kept.get("b", 3), kept.get("a", 4)), (None, None));
        let nowhere = KeptText { folder: None };
        nowhere.put("a", &array![[1.0], [2.0]]);
        assert_eq!(nowhere.get("a", 1), None);
    }

    #[test]
    fn a_damaged_file_is_as_good_as_none_wherever_a_bit_flips() {
        let (_folder, kept) = kept();
        kept.put("a", &array![[0.5, 0.5], [0.5, -0.5]]);
        let file = kept.file("a").unwrap();
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&file, &bytes).unwrap();
            assert_eq!(kept.get("a", 2), None, "byte {at}");
            fs::write(&file, &whole[..at]).unwrap();
            assert_eq!(kept.get("a", 2), None, "cut at {at}");
        }
        fs::write(&file, whole).unwrap();
        assert!(kept.get("a", 2).is_some());
    }

    #[test]
    fn the_oldest_make_room() {
        let folder = tempfile::tempdir().unwrap();
        for (age, name) in [(3, "old"), (1, "new"), (2, "middle")] {
            let file = fs::File::create(folder.path().join(name)).unwrap();
            file.set_modified(SystemTime::now() - std::time::Duration::from_secs(100 * age)).unwrap();
        }
        thin_out(folder.path(), 2);
        let mut left: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, ["middle", "new"]);
    }

    #[test]
    fn changed_texts_are_not_taken() {
        let (folder, kept) = kept();
        let embedding = array![[1.0, 2.0], [3.0, 4.0]];
        kept.put("key", &embedding);
        let path = kept.file("key").unwrap();
        let whole = fs::read(&path).unwrap();
        crate::hostile::try_changed_at("text", &path, &[whole], |_| {
            assert!(kept.get("key", 2).is_none_or(|found| found == embedding));
        });
        drop(folder);
    }
}
