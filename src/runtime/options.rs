//! Where and how to look for the library.

use std::path::PathBuf;

use super::flavour::Flavour;

/// Where and how to look for ONNX Runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The library file, or a folder that holds it. Wins over everything else.
    pub ort_lib: Option<PathBuf>,
    /// Forbids the network, and so the installation with pip.
    pub offline: bool,
    /// Which build is wanted; see [`Provider::flavour`](crate::model::Provider::flavour).
    pub flavour: Flavour,
    /// The cache folder instead of [`cache_folder`](super::cache_folder).
    pub cache: Option<PathBuf>,
}

impl Options {
    /// The defaults, with [`Options::ort_lib`] from the environment variable `ORT_DYLIB_PATH` where that is set.
    pub fn from_env() -> Self {
        let ort_lib = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { ort_lib, ..Self::default() }
    }
}
