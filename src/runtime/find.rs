//! Looking for the library in the places listed in the module's documentation.

use std::path::{Path, PathBuf};

use super::cache::{cache_folder, runtime_folder};
use super::event::Event;
use super::flavour::Flavour;
use super::library::{library_in, nowhere};
use super::options::Options;
use super::{probe, python, wheels};
use crate::error::{Error, Result};
use crate::file;
use crate::types::named;

/// The source of a library: where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// The user named it ([`Options::ort_lib`]).
    Given,
    /// The user's cache.
    Cache,
    /// The active Python environment.
    Python,
    /// The user's cache, into which it was just installed.
    Installed,
}

named!(Source, "a source of ONNX Runtime", {
    Given = "given",
    Cache = "cache",
    Python = "python",
    Installed = "installed",
});

/// A library file that was found, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// File of the library.
    pub library: PathBuf,
    /// How the library was found.
    pub source: Source,
}

/// Finds ONNX Runtime, installing the CPU flavour if there is none. `announce` hears what happens.
///
/// # Errors
/// [`Options::ort_lib`] does not exist or holds no library; there is no library anywhere and none could be installed.
pub fn find(options: &Options, announce: &dyn Fn(&Event)) -> Result<Found> {
    if let Some(given) = &options.ort_lib {
        return Ok(Found { library: given_library(given)?, source: Source::Given });
    }
    let flavour = options.flavour.library();
    let cache = options.cache.clone().map_or_else(cache_folder, Ok)?;
    if let Ok(component) = wheels::onnx_runtime(flavour)
        && let Some(library) = library_in(&runtime_folder(&cache).join(component.folder))
    {
        return Ok(Found { library, source: Source::Cache });
    }
    if let Some(library) = in_python(flavour, announce) {
        return Ok(Found { library, source: Source::Python });
    }
    if flavour != Flavour::Cpu {
        return Err(nowhere(flavour, "none was found in the cache or the active Python environment"));
    }
    if options.offline {
        return Err(nowhere(flavour, "none was found, and `offline` forbids to download it"));
    }
    installed_now(flavour, &cache, announce)
}

#[cfg(feature = "install")]
fn installed_now(flavour: Flavour, cache: &Path, announce: &dyn Fn(&Event)) -> Result<Found> {
    let folder = super::install(flavour, cache, super::InstallOptions::default(), announce)?;
    let library = library_in(&folder).ok_or_else(|| {
        Error::file(&folder, "holds no libonnxruntime.so", "delete the folder and try again")
    })?;
    Ok(Found { library, source: Source::Installed })
}

#[cfg(not(feature = "install"))]
fn installed_now(flavour: Flavour, _: &Path, _: &dyn Fn(&Event)) -> Result<Found> {
    Err(nowhere(flavour, "none was found, and this program cannot fetch one"))
}

fn given_library(given: &Path) -> Result<PathBuf> {
    if given.is_dir() {
        return library_in(given).ok_or_else(|| {
            Error::file(
                given,
                "holds no libonnxruntime.so",
                "name the library file itself, or the folder that holds it",
            )
        });
    }
    if given.exists() {
        file::refuse_irregular(given)?;
        return Ok(given.to_path_buf());
    }
    Err(Error::file(
        given,
        "does not exist",
        "give `ort_lib` (or ORT_DYLIB_PATH) a libonnxruntime.so or the folder that holds it, or leave it out",
    ))
}

fn in_python(flavour: Flavour, announce: &dyn Fn(&Event)) -> Option<PathBuf> {
    for folder in python::package_folders(&["onnxruntime"]) {
        let Some(library) = library_in(&folder) else { continue };
        let beside = |name: &str| library.with_file_name(name).is_file();
        if !flavour.provider_library().is_none_or(beside) {
            let reason = format!("it is not the {flavour} flavour");
            announce(&Event::Skipped { library, reason });
            continue;
        }
        match probe::probe(&library) {
            Ok(_) => return Some(library),
            Err(error) => announce(&Event::Skipped { library, reason: error.problem }),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_must_exist_and_hold_a_library() {
        let folder = tempfile::tempdir().unwrap();
        let options = |path: PathBuf| Options { ort_lib: Some(path), ..Options::default() };
        let empty = find(&options(folder.path().into()), &|_| ()).unwrap_err();
        assert!(empty.problem.contains("holds no libonnxruntime.so"), "{empty}");
        let missing = find(&options(folder.path().join("none.so")), &|_| ()).unwrap_err();
        assert!(missing.fix.contains("`ort_lib`"), "{missing}");
        #[cfg(unix)]
        {
            let pipe = folder.path().join("pipe.so");
            file::make_pipe(&pipe);
            assert!(find(&options(pipe), &|_| ()).unwrap_err().problem.contains("no regular file"));
        }
    }
}
