//! Putting the CUDA libraries that the GPU flavour needs within reach of the loader.
//!
//! ONNX Runtime's CUDA provider names its dependencies by soname only. They may lie on the loader's path, in a CUDA
//! installation, or in the `nvidia-*` wheels of the active Python environment. Whatever is loaded beforehand is found
//! by its soname, whatever folder it came from.

use std::fs;
use std::path::{Path, PathBuf};

use ort::util::preload_dylib;

use super::python;

/// CUDA 13 and cuDNN 9, dependencies before those that need them.
const LIBRARIES: [&str; 9] = [
    "libcuda.so.1",
    "libcudart.so.13",
    "libcublasLt.so.13",
    "libcublas.so.13",
    "libnvrtc.so.13",
    "libcurand.so.10",
    "libcufft.so.12",
    "libcudnn_graph.so.9",
    "libcudnn.so.9",
];

/// TensorRT 10.
const TENSORRT: [&str; 2] = ["libnvinfer.so.10", "libnvonnxparser.so.10"];

/// Loads what CUDA (and TensorRT) needs, from wherever it is; returns the names of what is nowhere.
pub(crate) fn preload(tensorrt: bool) -> Vec<&'static str> {
    let wanted = LIBRARIES.iter().chain(tensorrt.then_some(&TENSORRT).into_iter().flatten());
    let on_path: Vec<&str> = wanted.copied().filter(|name| preload_dylib(*name).is_err()).collect();
    if on_path.is_empty() {
        return Vec::new();
    }
    let folders = folders();
    on_path.into_iter().filter(|name| !folders.iter().any(|folder| loads(&folder.join(name)))).collect()
}

fn loads(path: &Path) -> bool {
    path.is_file() && preload_dylib(path).is_ok()
}

/// Folders of CUDA installations and of the libraries in `nvidia-*` and `tensorrt-*` wheels.
fn folders() -> Vec<PathBuf> {
    let install =
        std::env::var_os("CUDA_PATH").map_or_else(|| PathBuf::from("/usr/local/cuda"), PathBuf::from);
    let mut folders = vec![install.join("lib64")];
    for package in python::package_folders(&["nvidia", "tensorrt_libs"]) {
        let below = fs::read_dir(&package)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path().join("lib")));
        folders.extend(below.filter(|folder| folder.is_dir()));
        folders.push(package);
    }
    folders
}
