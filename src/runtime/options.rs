//! Options for finding the library.

use std::path::PathBuf;

use super::flavour::Flavour;

/// Options for finding ONNX Runtime.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The library file, or a folder that holds it, before all other places.
    pub ort_lib: Option<PathBuf>,
    /// Whether the network may not be used, and so nothing be installed with pip.
    pub offline: bool,
    /// The build that is wanted; see [`Provider::flavour`](crate::model::Provider::flavour).
    pub flavour: Flavour,
    /// A cache folder instead of [`cache_folder`](super::cache_folder).
    pub cache: Option<PathBuf>,
}

impl Options {
    /// The default options, with [`Options::ort_lib`] from the environment variable `ORT_DYLIB_PATH` where that is set.
    pub fn from_env() -> Self {
        let ort_lib = std::env::var_os("ORT_DYLIB_PATH").filter(|path| !path.is_empty()).map(PathBuf::from);
        Self { ort_lib, ..Self::default() }
    }
}
