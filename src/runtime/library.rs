//! The library's file in a folder, and the error where there is none.

use std::fs;
use std::path::{Path, PathBuf};

use super::flavour::Flavour;
use crate::error::Error;

/// Finds the library in a folder, or in the places below it where wheels (`capi`) and release archives (`lib`) keep it.
pub(super) fn library_in(folder: &Path) -> Option<PathBuf> {
    ["", "lib", "capi", "onnxruntime/capi"].iter().find_map(|below| newest_in(&folder.join(below)))
}

/// The newest library in a folder: `libonnxruntime.so` if there is one, else the highest `libonnxruntime.so.<version>`.
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

/// The error where no library is anywhere, with the ways out.
pub(super) fn nowhere(flavour: Flavour, problem: &str) -> Error {
    let package = match flavour {
        Flavour::Cpu => "onnxruntime",
        Flavour::Gpu => "\"onnxruntime-gpu[cuda,cudnn]\"",
        Flavour::OpenVino => "onnxruntime-openvino",
        Flavour::OpenVinoPlugin => "onnxruntime onnxruntime-ep-openvino",
        Flavour::WebGpu => "onnxruntime onnxruntime-ep-webgpu",
        Flavour::TensorRtRtx => "onnxruntime onnxruntime-ep-nv-tensorrt-rtx",
    };
    let fetch = if cfg!(feature = "install") {
        String::new()
    } else {
        "; (4) build this program with the feature `install` of askance, which fetches it".to_owned()
    };
    Error::runtime(
        format!("ONNX Runtime ({flavour})"),
        problem,
        format!(
            "one of: (1) name a library with `ort_lib = FILE` or ORT_DYLIB_PATH; (2) `pip install {package}` in the active \
             Python environment; (3) `askance runtime install {flavour}` on a machine with a network, and copy its cache \
             folder (~/.cache/askance, or ASKANCE_CACHE) here{fetch}"
        ),
    )
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
    fn what_is_nowhere_names_three_ways_out() {
        let error = nowhere(Flavour::Cpu, "none");
        for way in
            ["`ort_lib = FILE`", "ORT_DYLIB_PATH", "pip install onnxruntime", "askance runtime install cpu"]
        {
            assert!(error.fix.contains(way), "{way}");
        }
        let tells_of_the_feature = error.fix.contains("feature `install`");
        assert_eq!(tells_of_the_feature, cfg!(not(feature = "install")), "{error}");
    }
}
