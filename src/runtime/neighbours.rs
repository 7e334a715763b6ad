//! The libraries beside ONNX Runtime that its providers load.

use std::fs;
use std::path::Path;

use super::elf::{self, Defect};
use super::flavour::Flavour;
use crate::error::{Error, Result};

/// How the names of libraries begin that wheels bring beside ONNX Runtime.
const NAMES: [&str; 3] = ["libonnxruntime_providers_", "libopenvino", "libtbb"];

/// Refuses a library beside ONNX Runtime that is cut short: loading it would end the process without a word.
///
/// # Errors
/// A file is shorter than its headers say; the error names it.
pub(crate) fn check(onnx_runtime: &Path, flavour: Flavour) -> Result<()> {
    let Some(folder) = onnx_runtime.parent() else { return Ok(()) };
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    for path in entries.filter(|path| path.is_file() && is_provided(path)) {
        let fix = format!(
            "install it again: delete its folder where that lies in the cache, and run `askance runtime install {flavour}`; or use \
             `provider = cpu`"
        );
        require_whole(&path, &fix)?;
    }
    Ok(())
}

/// Refuses a library that is shorter than its headers say.
///
/// # Errors
/// One that names the file, with `fix`.
pub(super) fn require_whole(library: &Path, fix: &str) -> Result<()> {
    let Err(Defect::Truncated { size, needed }) = elf::check(library) else { return Ok(()) };
    let problem = format!("is truncated: it has {size} bytes, and its headers speak of {needed}");
    Err(Error::runtime(library.display().to_string(), problem, fix))
}

fn is_provided(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.contains(".so") && NAMES.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_that_is_cut_short_is_named_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libonnxruntime.so");
        let put = |name: &str, content: &[u8]| fs::write(folder.path().join(name), content).unwrap();
        put("libtbb.so", b"INPUT(libtbb.so.12)");
        put("libother.so", b"\x7fELF");
        check(&library, Flavour::OpenVino).unwrap();
        put("libopenvino.so.2541", b"\x7fELF");
        let error = check(&library, Flavour::OpenVino).unwrap_err();
        assert!(
            error.subject.ends_with("libopenvino.so.2541") && error.problem.contains("truncated"),
            "{error}"
        );
        assert!(error.fix.contains("askance runtime install openvino"), "{error}");
    }
}
