//! SHA-256 as lower-case hex.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::file;

/// Remedy for a file that is not there or not whole.
const RESTORE: &str = "copy, download or export it again";

/// SHA-256 of bytes, as lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file, as lower-case hex; the file is read in pieces.
///
/// # Errors
/// The file is missing, cannot be read, is no regular file, or is a Git LFS pointer in its place.
pub(crate) fn sha256_of_file(path: &Path) -> Result<String> {
    let failed = |error: io::Error| {
        let problem = match error.kind() {
            io::ErrorKind::NotFound => "is missing".to_string(),
            _ => format!("cannot be read: {error}"),
        };
        Error::file(path, problem, RESTORE).caused_by(error)
    };
    std::fs::metadata(path).map_err(failed)?;
    let mut file = file::open(path, RESTORE)?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    let mut first = true;
    loop {
        match io::Read::read(&mut file, &mut buffer).map_err(failed)? {
            0 => return Ok(hex(&hasher.finalize())),
            read if first && file::is_lfs_pointer(&buffer[..read]) => return Err(file::lfs_pointer(path)),
            read => hasher.update(&buffer[..read]),
        }
        first = false;
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_hashes_like_its_bytes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let bytes = vec![7; (1 << 20) + 5];
        std::fs::write(file.path(), &bytes).unwrap();
        assert_eq!(sha256_of_file(file.path()).unwrap(), sha256(&bytes));
        // FIPS 180-4, the empty message.
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
    #[test]
    fn a_folder_and_a_pointer_of_git_lfs_have_no_hash() {
        let folder = tempfile::tempdir().unwrap();
        assert!(sha256_of_file(folder.path()).unwrap_err().problem.contains("no regular file"));
        let pointer = folder.path().join("model.onnx");
        std::fs::write(&pointer, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
            .unwrap();
        assert!(sha256_of_file(&pointer).unwrap_err().problem.contains("Git LFS"));
    }
}
