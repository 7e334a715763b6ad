//! Putting the libraries that the GPU flavour needs within reach of the loader.
//!
//! ONNX Runtime's CUDA provider names its dependencies by soname only. They are taken from the folder that the installation
//! made in the cache; else they may lie on the loader's path, in a CUDA installation, or in the `nvidia-*` wheels of the
//! active Python environment. Whatever is loaded beforehand is found by its soname, whatever folder it came from.

use std::cell::OnceCell;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use ort::util::preload_dylib;

use super::cache::{cache_folder, runtime_folder};
use super::python;
use super::wheels::CUDA_FOLDER;

/// The owner of a library, and so where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Driver,
    Cuda,
    TensorRt,
}

/// A library that a provider of the GPU flavour needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Needed {
    /// Soname of the library.
    pub library: &'static str,
    owner: Owner,
}

impl fmt::Display for Needed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = match self.owner {
            Owner::Driver => "the NVIDIA driver",
            Owner::Cuda => "CUDA 13 and cuDNN 9",
            Owner::TensorRt => "TensorRT 10",
        };
        write!(f, "{} (part of {owner})", self.library)
    }
}

const fn needed(owner: Owner, library: &'static str) -> Needed {
    Needed { library, owner }
}

/// The libraries of CUDA and cuDNN, dependencies before those that need them.
const CUDA: [Needed; 9] = [
    needed(Owner::Driver, "libcuda.so.1"),
    needed(Owner::Cuda, "libcudart.so.13"),
    needed(Owner::Cuda, "libcublasLt.so.13"),
    needed(Owner::Cuda, "libcublas.so.13"),
    needed(Owner::Cuda, "libnvrtc.so.13"),
    needed(Owner::Cuda, "libcurand.so.10"),
    needed(Owner::Cuda, "libcufft.so.12"),
    needed(Owner::Cuda, "libcudnn_graph.so.9"),
    needed(Owner::Cuda, "libcudnn.so.9"),
];

const TENSORRT: [Needed; 2] =
    [needed(Owner::TensorRt, "libnvinfer.so.10"), needed(Owner::TensorRt, "libnvonnxparser.so.10")];

/// Loads what CUDA (and TensorRT) needs for an ONNX Runtime, from wherever it is; returns what is nowhere.
pub(crate) fn preload(onnx_runtime: &Path, tensorrt: bool) -> Vec<Needed> {
    let installed = installed_folders(onnx_runtime);
    let elsewhere = OnceCell::new();
    let in_any = |folders: &[PathBuf], name: &str| folders.iter().any(|folder| loads(&folder.join(name)));
    let wanted = CUDA.iter().chain(tensorrt.then_some(&TENSORRT).into_iter().flatten()).copied();
    wanted
        .filter(|Needed { library, .. }| {
            !(in_any(&installed, library)
                || preload_dylib(*library).is_ok()
                || in_any(elsewhere.get_or_init(folders_elsewhere), library))
        })
        .collect()
}

fn loads(path: &Path) -> bool {
    path.is_file() && preload_dylib(path).is_ok()
}

/// The CUDA folder of the cache that the library lies in, and that of the user's cache.
fn installed_folders(onnx_runtime: &Path) -> Vec<PathBuf> {
    let beside = onnx_runtime.parent().and_then(Path::parent).map(Path::to_path_buf);
    let of_user = cache_folder().ok().map(|cache| runtime_folder(&cache));
    beside.into_iter().chain(of_user).map(|root| root.join(CUDA_FOLDER)).collect()
}

/// Folders of CUDA installations and of the libraries in `nvidia-*` and `tensorrt-*` wheels.
fn folders_elsewhere() -> Vec<PathBuf> {
    let install = std::env::var_os("CUDA_PATH")
        .filter(|path| !path.is_empty())
        .map_or_else(|| PathBuf::from("/usr/local/cuda"), PathBuf::from);
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

/// The fix for missing libraries; `None` where nothing is missing.
pub(crate) fn fix(missing: &[Needed]) -> Option<String> {
    let ways = [
        (
            Owner::Driver,
            "install the NVIDIA driver, 580 or newer, on a machine with an NVIDIA GPU (`nvidia-smi` must list it)",
        ),
        (
            Owner::Cuda,
            "run `askance runtime install gpu`, which brings CUDA 13 and cuDNN 9 (or `pip install \
             \"onnxruntime-gpu[cuda,cudnn]\"` in the active Python environment)",
        ),
        (
            Owner::TensorRt,
            "run `pip install \"tensorrt-cu13-libs==10.*\"` in the active Python environment (or add the lib folder of \
             TensorRT 10 to LD_LIBRARY_PATH)",
        ),
    ];
    let wanted: Vec<&str> = ways
        .into_iter()
        .filter(|(owner, _)| missing.iter().any(|needed| needed.owner == *owner))
        .map(|(_, way)| way)
        .collect();
    (!wanted.is_empty()).then(|| format!("{}; or use another `provider`", wanted.join("; and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_missing_library_has_its_own_way_out() {
        assert_eq!(fix(&[]), None);
        let driver = fix(&CUDA[..1]).unwrap();
        assert!(driver.contains("NVIDIA driver") && !driver.contains("runtime install"), "{driver}");
        let all = fix(&[CUDA[0], CUDA[3], TENSORRT[0]]).unwrap();
        for way in ["580", "askance runtime install gpu", "tensorrt-cu13-libs==10.*"] {
            assert!(all.contains(way), "{way}: {all}");
        }
        assert_eq!(TENSORRT[0].to_string(), "libnvinfer.so.10 (part of TensorRT 10)");
    }

    #[test]
    fn the_folder_beside_the_library_comes_first() {
        let library = Path::new("/cache/runtime/onnxruntime-1.31.1-gpu/libonnxruntime.so.1.31.1");
        assert_eq!(installed_folders(library)[0], Path::new("/cache/runtime").join(CUDA_FOLDER));
    }
}
