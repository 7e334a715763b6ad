//! ONNX Runtime: finding the shared library, installing it, checking it, loading it.
//!
//! The library is looked for in this order; the first place that has one decides:
//!
//! 1. [`Options::ort_lib`] (or `ORT_DYLIB_PATH`): a file, or a folder that holds `libonnxruntime.so*`;
//! 2. the user's cache, `runtime/onnxruntime-<version>-<flavour>/` (the CUDA libraries lie beside it);
//! 3. an `onnxruntime` package in the active Python environment;
//! 4. for the CPU flavour, unless [`Options::offline`] or built without the feature `install`: [`install()`] with pip into
//!    the cache.
//!
//! Plugins ([`Flavour`]) are looked for in the cache and the Python environment, and loaded by the ordinary library.
//!
//! A process loads one library. A candidate is checked (`elf`, `probe`) before `ort` touches it, so that a damaged,
//! foreign or too old file is an error that names it rather than a crash.

mod cache;
pub(crate) mod command;
mod cuda;
mod device;
mod elf;
mod event;
mod find;
mod flavour;
mod hash;
#[cfg(feature = "install")]
mod install;
mod installed;
mod keep;
mod library;
mod load;
mod neighbours;
mod options;
#[cfg(feature = "install")]
mod pip;
mod plugin;
mod probe;
mod python;
#[cfg(feature = "install")]
mod unpack;
#[cfg_attr(not(feature = "install"), allow(dead_code, reason = "only names of folders are asked for"))]
mod wheels;

pub use cache::cache_folder;
pub use device::Device;
pub use event::Event;
pub use find::{Found, Source, find};
pub use flavour::Flavour;
#[cfg(feature = "install")]
pub use install::{InstallOptions, install};
pub use installed::{Installed, installed};
pub use load::Runtime;
pub use options::Options;
pub use probe::OLDEST_VERSION;

pub(crate) use cuda::{Needed, fix as fix_missing, preload as preload_cuda};
pub(crate) use hash::{sha256, sha256_of_file};
pub(crate) use keep::load_for_good;
pub(crate) use neighbours::check as check_neighbours;
pub(crate) use plugin::{Plugin, of as plugin_of};
pub(crate) use probe::missing_library;
