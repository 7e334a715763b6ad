//! Looking for the library in the places listed in the module's documentation.

use std::fs;
use std::path::{Path, PathBuf};

use super::cache::{cache_folder, runtime_folder};
use super::event::Event;
use super::flavour::Flavour;
use super::install::{InstallOptions, install};
use super::{Options, probe, python, wheels};
use crate::error::{Error, Result};
use crate::types::named;

/// Where a library was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// [`Options::ort_lib`].
    Given,
    /// The user's cache.
    Cache,
    /// The active Python environment.
    Python,
    /// The user's cache, just installed.
    Installed,
}

named!(Source, "a source of ONNX Runtime", {
    Given = "given",
    Cache = "cache",
    Python = "python",
    Installed = "installed",
});

/// A library file, not yet checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub library: PathBuf,
    /// How it was found.
    pub source: Source,
}

/// Finds the library, installing the CPU flavour if there is none. `announce` hears what happens.
///
/// # Errors
/// [`Options::ort_lib`] does not exist or holds no library; there is no library anywhere and none could be installed.
pub fn find(options: &Options, announce: &dyn Fn(&Event)) -> Result<Found> {
    if let Some(given) = &options.ort_lib {
        return Ok(Found { library: given_library(given)?, source: Source::Given });
    }
    let cache = options.cache.clone().map_or_else(cache_folder, Ok)?;
    if let Ok(component) = wheels::onnx_runtime(options.flavour)
        && let Some(library) = library_in(&runtime_folder(&cache).join(component.folder))
    {
        return Ok(Found { library, source: Source::Cache });
    }
    if let Some(library) = in_python(options.flavour, announce) {
        return Ok(Found { library, source: Source::Python });
    }
    if options.flavour != Flavour::Cpu {
        return Err(nowhere(options.flavour, "none was found in the cache or the active Python environment"));
    }
    if options.offline {
        return Err(nowhere(options.flavour, "none was found, and --offline forbids to download it"));
    }
    let folder = install(options.flavour, &cache, InstallOptions::default(), announce)?;
    let library = library_in(&folder).ok_or_else(|| {
        Error::file(&folder, "holds no libonnxruntime.so", "delete the folder and try again")
    })?;
    Ok(Found { library, source: Source::Installed })
}

/// No library anywhere: the ways out.
pub(super) fn nowhere(flavour: Flavour, problem: &str) -> Error {
    let package = match flavour {
        Flavour::Cpu => "onnxruntime",
        Flavour::Gpu => "\"onnxruntime-gpu[cuda,cudnn]\"",
        Flavour::OpenVino => "onnxruntime-openvino",
    };
    Error::runtime(
        format!("ONNX Runtime ({flavour})"),
        problem,
        format!(
            "one of: (1) name a library with --ort-lib FILE or ORT_DYLIB_PATH; (2) `pip install {package}` in the active \
             Python environment; (3) `askance runtime install {flavour}` on a machine with a network, and copy its cache \
             folder (~/.cache/askance, or ASKANCE_CACHE) here"
        ),
    )
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
    if given.is_file() {
        return Ok(given.to_path_buf());
    }
    Err(Error::file(
        given,
        "does not exist",
        "give --ort-lib (or ORT_DYLIB_PATH) a libonnxruntime.so or the folder that holds it, or leave it out",
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

/// The library in a folder, or in the places below it where wheels (`capi`) and release archives (`lib`) keep it.
pub(super) fn library_in(folder: &Path) -> Option<PathBuf> {
    ["", "lib", "capi", "onnxruntime/capi"].iter().find_map(|below| newest_in(&folder.join(below)))
}

/// `libonnxruntime.so` if there is one, else the highest `libonnxruntime.so.<version>`.
fn newest_in(folder: &Path) -> Option<PathBuf> {
    let names = fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let best = names.filter_map(|name| Some((version_of(&name)?, name))).max()?;
    Some(folder.join(best.1)).filter(|path| path.is_file())
}

/// Sort key of a library's file name; `None` for any other file. The bare name sorts above every version.
fn version_of(name: &str) -> Option<(bool, Vec<u32>)> {
    let rest = name.strip_prefix("libonnxruntime.so")?;
    if rest.is_empty() {
        return Some((true, Vec::new()));
    }
    let version =
        rest.strip_prefix('.')?.split('.').map(|part| part.parse().ok()).collect::<Option<Vec<u32>>>()?;
    Some((false, version))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bare_name_wins_then_the_highest_version() {
        let folder = tempfile::tempdir().unwrap();
        let add = |name: &str| fs::write(folder.path().join(name), b"").unwrap();
        let chosen = || library_in(folder.path()).map(|path| path.file_name().unwrap().to_owned());
        add("libonnxruntime_providers_shared.so");
        add("libonnxruntime.so.bak");
        assert_eq!(chosen(), None);
        add("libonnxruntime.so.1.9.0");
        add("libonnxruntime.so.1.31.1");
        assert_eq!(chosen().unwrap(), "libonnxruntime.so.1.31.1");
        add("libonnxruntime.so");
        assert_eq!(chosen().unwrap(), "libonnxruntime.so");
    }

    #[test]
    fn a_wheels_and_a_releases_layout_are_known() {
        for below in ["capi", "lib", "onnxruntime/capi"] {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir_all(folder.path().join(below)).unwrap();
            let library = folder.path().join(below).join("libonnxruntime.so.1.31.1");
            fs::write(&library, b"").unwrap();
            assert_eq!(library_in(folder.path()), Some(library));
        }
    }

    #[test]
    fn what_is_given_must_exist_and_hold_a_library() {
        let folder = tempfile::tempdir().unwrap();
        let options = |path: PathBuf| Options { ort_lib: Some(path), ..Options::default() };
        let empty = find(&options(folder.path().into()), &|_| ()).unwrap_err();
        assert!(empty.problem.contains("holds no libonnxruntime.so"), "{empty}");
        let missing = find(&options(folder.path().join("none.so")), &|_| ()).unwrap_err();
        assert!(missing.fix.contains("--ort-lib"), "{missing}");
    }

    #[test]
    fn what_is_nowhere_names_three_ways_out() {
        let error = nowhere(Flavour::Cpu, "none");
        for way in ["--ort-lib", "ORT_DYLIB_PATH", "pip install onnxruntime", "askance runtime install cpu"] {
            assert!(error.fix.contains(way), "{way}");
        }
    }
}
