//! Where tests get their ONNX Runtime. A process loads one library and keeps to it, hence a suite for each:
//!
//! | suite | library |
//! |---|---|
//! | `model` | the CPU build, in process |
//! | `openvino` | the build with OpenVINO, in process |
//! | `commands` | the CPU build, in each process of the program |
//! | `library` | none; `bad_library` cuts a copy of the CPU build short |
//!
//! The CPU build is what the program itself would take: the library that `ORT_DYLIB_PATH` names, that of the cache,
//! that of the active Python environment, or else one that pip fetches into the cache. The build with OpenVINO is
//! never fetched: `ASKANCE_TEST_OPENVINO` names it, or `askance runtime install openvino` has put it into the cache.

use std::path::PathBuf;

use askance::runtime::{Flavour, Found, Options, find};

/// The library of a build.
pub fn library(flavour: Flavour) -> Found {
    let options = match flavour {
        Flavour::Cpu => Options::from_env(),
        _ => Options {
            ort_lib: std::env::var_os("ASKANCE_TEST_OPENVINO").map(PathBuf::from),
            offline: true,
            flavour,
            ..Options::default()
        },
    };
    find(&options, &|event| eprintln!("{event}")).unwrap_or_else(|e| panic!("{e}"))
}
