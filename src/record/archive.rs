//! Files put together in one.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use super::folder::temporary_name;
use crate::error::{Error, Result};
use crate::file;

/// Writes files into a gzipped tar archive through a temporary name, each under the name that is given with it, with `/` between folders.
/// The same files give the same bytes, whenever and by whom they were written.
///
/// # Errors
/// A file error when a file cannot be read or the archive cannot be written; the temporary file is removed.
pub fn write_tar_gz(path: impl AsRef<Path>, files: &[(String, PathBuf)]) -> Result<()> {
    let path = path.as_ref();
    let unwritable = |e: io::Error| {
        Error::file_caused(path, "cannot be written", e, "check the free space and permissions of its folder")
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let temporary = path.with_file_name(temporary_name(&name));
    let written = (|| {
        let archive = fs::File::create(&temporary).map_err(unwritable)?;
        // What is in it is compressed already.
        let mut archive = Builder::new(GzEncoder::new(io::BufWriter::new(archive), Compression::fast()));
        for (name, from) in files {
            let bytes = file::read(from, "write the files again")?;
            let mut header = Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            archive.append_data(&mut header, name, bytes.as_slice()).map_err(unwritable)?;
        }
        let mut rest = archive.into_inner().and_then(GzEncoder::finish).map_err(unwritable)?;
        rest.flush().and_then(|()| fs::rename(&temporary, path)).map_err(unwritable)
    })();
    if written.is_err() {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
    }
    written
}
