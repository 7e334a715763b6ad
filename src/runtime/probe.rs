//! Loads a library by hand and asks it for its version, before `ort` (which would panic or abort) gets it.
#![allow(unsafe_code)]

use std::ffi::CStr;
use std::path::Path;

use ort::sys::{ORT_API_VERSION, OrtApiBase};

use super::elf::{self, Defect};
use super::keep::load_for_good;
use crate::error::{Error, Result};

/// The oldest ONNX Runtime whose interface is new enough: its major and minor version.
pub const OLDEST_VERSION: (u32, u32) = (1, 24);

const OTHER_LIBRARY: &str =
    "name an intact libonnxruntime.so with `ort_lib` or ORT_DYLIB_PATH, or run `askance runtime install cpu`";

/// Checks that a file is a library that loads and is an ONNX Runtime that is new enough; returns its version.
///
/// # Errors
/// The file is missing, no library, truncated, for another processor, lacking a dependency, another library or too old; the error
/// says which.
pub(super) fn probe(path: &Path) -> Result<String> {
    elf::check(path).map_err(|defect| explain_defect(path, &defect))?;
    let api_base = open(path)?;
    let version = version(path, api_base)?;
    require_new_enough(path, &version)?;
    require_interface(path, api_base, &version)?;
    Ok(version)
}

fn open(path: &Path) -> Result<*const OrtApiBase> {
    // SAFETY: loading a library runs its initialisers. The file's headers have been checked, and the user (or the
    // installation, by its hash) named this file as ONNX Runtime, whose initialisers have no preconditions.
    let library = unsafe { load_for_good(path) }
        .map_err(|error| explain_loader(path, &with_source(&error)).caused_by(error))?;
    // SAFETY: the type is that of `OrtGetApiBase` in ONNX Runtime's C header, unchanged since its first release.
    let symbol = unsafe { library.get::<unsafe extern "C" fn() -> *const OrtApiBase>(b"OrtGetApiBase\0") };
    let get_api_base = symbol.map_err(|error| {
        Error::runtime(path.display().to_string(), "is a shared library but not ONNX Runtime", OTHER_LIBRARY)
            .caused_by(error)
    })?;
    // SAFETY: `OrtGetApiBase` takes nothing and returns a pointer to static data.
    let api_base = unsafe { get_api_base() };
    if api_base.is_null() {
        return Err(Error::runtime(
            path.display().to_string(),
            "gives no interface (OrtGetApiBase returns null)",
            OTHER_LIBRARY,
        ));
    }
    Ok(api_base)
}

fn version(path: &Path, api_base: *const OrtApiBase) -> Result<String> {
    // SAFETY: not null, see `open`; the structure has had these two members, in this order, since the first release.
    let text = unsafe { ((*api_base).GetVersionString)() };
    if text.is_null() {
        return Err(Error::runtime(path.display().to_string(), "does not tell its version", OTHER_LIBRARY));
    }
    // SAFETY: the C header promises a null-terminated string that lives as long as the library, which is never unloaded.
    Ok(unsafe { CStr::from_ptr(text.cast()) }.to_string_lossy().into_owned())
}

fn require_interface(path: &Path, api_base: *const OrtApiBase, version: &str) -> Result<()> {
    // SAFETY: as in `version`; an unknown interface number is answered with null.
    let api = unsafe { ((*api_base).GetApi)(ORT_API_VERSION) };
    if api.is_null() {
        let problem =
            format!("says that it is version {version} but does not offer interface {ORT_API_VERSION}");
        return Err(Error::runtime(path.display().to_string(), problem, OTHER_LIBRARY));
    }
    Ok(())
}

fn require_new_enough(path: &Path, version: &str) -> Result<()> {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    let found = (parts.next().flatten(), parts.next().flatten());
    let (major, minor) = OLDEST_VERSION;
    match found {
        (Some(found_major), Some(found_minor)) if (found_major, found_minor) >= OLDEST_VERSION => Ok(()),
        (Some(_), Some(_)) => Err(Error::runtime(
            path.display().to_string(),
            format!("is too old: it is ONNX Runtime {version}, and {major}.{minor} or newer is needed"),
            format!("upgrade it (pip install --upgrade onnxruntime), or {OTHER_LIBRARY}"),
        )),
        _ => Err(Error::runtime(
            path.display().to_string(),
            format!("tells a version that is none: {version:?}"),
            OTHER_LIBRARY,
        )),
    }
}

fn explain_defect(path: &Path, defect: &Defect) -> Error {
    let (problem, fix) = match defect {
        Defect::Unreadable(problem) | Defect::NotALibrary(problem) => {
            (problem.clone(), OTHER_LIBRARY.to_string())
        }
        Defect::Foreign(machine) => (
            format!("is for {machine}, and this machine is {}", std::env::consts::ARCH),
            OTHER_LIBRARY.to_string(),
        ),
        Defect::Truncated { size, needed } => (
            format!("is truncated: it has {size} bytes, and its headers speak of {needed}"),
            format!(
                "copy or install it again (delete its folder if it lies in the cache); or {OTHER_LIBRARY}"
            ),
        ),
    };
    Error::runtime(path.display().to_string(), problem, fix)
}

/// The message of an error and that of its cause, where the loader's own words are.
fn with_source(error: &libloading::Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    format!("{error}{}", cause.unwrap_or_default())
}

fn explain_loader(path: &Path, message: &str) -> Error {
    match missing_library(message) {
        Some(missing) => Error::runtime(
            path.display().to_string(),
            format!("needs {missing}, which the loader does not find"),
            format!(
                "install the package that holds {missing}, or add its folder to LD_LIBRARY_PATH; or {OTHER_LIBRARY}"
            ),
        ),
        None => {
            Error::runtime(path.display().to_string(), format!("cannot be loaded: {message}"), OTHER_LIBRARY)
        }
    }
}

/// The library that a message of the dynamic loader (glibc and musl) misses.
pub(crate) fn missing_library(message: &str) -> Option<&str> {
    let glibc = message
        .find(": cannot open shared object file")
        .map(|end| message[..end].rsplit([' ', ':']).next().unwrap_or(&message[..end]));
    let musl =
        message.split_once("Error loading shared library ").and_then(|(_, rest)| rest.split(':').next());
    glibc.or(musl).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_library_is_found_in_the_loaders_words() {
        let glibc = "libfoo.so.9: cannot open shared object file: No such file or directory";
        assert_eq!(missing_library(glibc), Some("libfoo.so.9"));
        let nested = "Failed to load library x.so with error: libcublasLt.so.13: cannot open shared object file: No such";
        assert_eq!(missing_library(nested), Some("libcublasLt.so.13"));
        let musl = "Error loading shared library libfoo.so.9: No such file or directory (needed by /a/b.so)";
        assert_eq!(missing_library(musl), Some("libfoo.so.9"));
        assert_eq!(missing_library("version `GLIBC_2.99' not found"), None);
    }

    #[test]
    fn versions_are_compared_as_numbers() {
        let verdict = |version: &str| require_new_enough(Path::new("lib"), version);
        for good in ["1.24.0", "1.31.1", "1.100.0", "2.0.0", "1.24"] {
            assert!(verdict(good).is_ok(), "{good}");
        }
        for old in ["1.9.0", "1.17.0", "1.23.9", "0.99.0"] {
            assert!(verdict(old).unwrap_err().problem.contains("too old"), "{old}");
        }
        assert!(verdict("nightly").unwrap_err().problem.contains("nightly"));
    }
}
