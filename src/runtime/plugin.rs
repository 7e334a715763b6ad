//! Plugins: execution providers in libraries of their own, which the ordinary ONNX Runtime loads when it is told to.

use std::path::{Path, PathBuf};

use ort::util::preload_dylib;

use super::cache::{cache_folder, runtime_folder};
use super::flavour::Flavour;
use super::neighbours::require_whole;
use super::probe::missing_library;
use super::{python, wheels};
use crate::error::{Error, Result};

/// An execution provider in a library of its own.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plugin {
    flavour: Flavour,
    /// ONNX Runtime's own name of the provider.
    pub provider: &'static str,
    /// Folder of the Python package that holds the library.
    package: &'static str,
    library: &'static str,
    /// Libraries beside it that the loader would look for elsewhere, dependencies first.
    beside: &'static [&'static str],
}

/// How the names of libraries of the NVIDIA driver begin.
const OF_DRIVER: [&str; 2] = ["libcuda.so", "libnvidia-"];

static PLUGINS: [Plugin; 3] = [
    Plugin {
        flavour: Flavour::OpenVinoPlugin,
        provider: "OpenVINOExecutionProvider",
        package: "onnxruntime_ep_openvino",
        library: "libonnxruntime_providers_openvino_plugin.so",
        beside: &[],
    },
    Plugin {
        flavour: Flavour::WebGpu,
        provider: "WebGpuExecutionProvider",
        package: "onnxruntime_ep_webgpu",
        library: "libonnxruntime_providers_webgpu.so",
        beside: &[],
    },
    Plugin {
        flavour: Flavour::TensorRtRtx,
        provider: "NvTensorRTRTXExecutionProvider",
        package: "onnxruntime_ep_nv_tensorrt_rtx",
        library: "libonnxruntime_providers_nv_tensorrt_rtx.so",
        beside: &["libcudart.so.13", "libtensorrt_rtx.so.1", "libtensorrt_onnxparser_rtx.so.1"],
    },
];

/// The plugin of a flavour, where it has one.
pub(crate) fn of(flavour: Flavour) -> Option<&'static Plugin> {
    PLUGINS.iter().find(|plugin| plugin.flavour == flavour)
}

impl Plugin {
    /// Finds the library of the plugin in the user's cache, else in the active Python environment; whole, as far as its headers tell.
    ///
    /// # Errors
    /// It is nowhere, or truncated.
    pub fn find(&self) -> Result<PathBuf> {
        let found = self.in_cache().or_else(|| self.in_python());
        let library = found.ok_or_else(|| {
            Error::runtime(
                format!("the plugin of {}", self.flavour),
                "is not installed",
                format!(
                    "run `askance runtime install {}`, or `pip install {}` in the active Python environment",
                    self.flavour,
                    self.package.replace('_', "-")
                ),
            )
        })?;
        let fix = format!("delete its folder, then run `askance runtime install {}`", self.flavour);
        require_whole(&library, &fix)?;
        Ok(library)
    }

    /// Whether the library of the plugin is anywhere.
    pub fn is_installed(&self) -> bool {
        self.in_cache().or_else(|| self.in_python()).is_some()
    }

    fn in_cache(&self) -> Option<PathBuf> {
        let component = wheels::plugin(self.flavour)?;
        let library = runtime_folder(&cache_folder().ok()?).join(component.folder).join(self.library);
        library.is_file().then_some(library)
    }

    fn in_python(&self) -> Option<PathBuf> {
        let folders = python::package_folders(&[self.package]);
        folders.into_iter().map(|folder| folder.join(self.library)).find(|library| library.is_file())
    }

    /// The error where ONNX Runtime does not take the library, by its words.
    pub fn refused(&self, library: &Path, words: &str) -> Error {
        let (problem, fix) = match missing_library(words) {
            Some(name) if OF_DRIVER.iter().any(|of_driver| name.starts_with(of_driver)) => (
                format!("cannot be plugged in: the loader does not find {name}"),
                "install the NVIDIA driver, 580 or newer, on a machine with an NVIDIA GPU (`nvidia-smi` must list it); or use another \
                 `provider`"
                    .to_owned(),
            ),
            Some(name) => (
                format!("cannot be plugged in: the loader does not find {name}"),
                format!("add the folder that holds {name} to LD_LIBRARY_PATH; or use another `provider`"),
            ),
            None => (
                format!("cannot be plugged in: {words}"),
                format!(
                    "delete its folder and run `askance runtime install {}`; or use another `provider`",
                    self.flavour
                ),
            ),
        };
        Error::runtime(library.display().to_string(), problem, fix)
    }

    /// Loads what lies beside the plugin and the loader would not find there. What fails is left to the plugin, whose error names it.
    pub fn load_beside(&self, library: &Path) {
        for name in self.beside {
            let _ = preload_dylib(library.with_file_name(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_driver_lacks_is_not_looked_for_in_folders() {
        let plugin = of(Flavour::TensorRtRtx).unwrap();
        let refused = |name: &str| {
            let words = format!(
                "Failed to load library p.so with error: {name}: cannot open shared object file: No such file or directory"
            );
            plugin.refused(Path::new("p.so"), &words)
        };
        let driver = refused("libcuda.so.1");
        assert!(driver.fix.contains("NVIDIA driver") && !driver.fix.contains("LD_LIBRARY_PATH"), "{driver}");
        assert!(driver.problem.ends_with("does not find libcuda.so.1"), "{driver}");
        assert!(refused("libz.so.1").fix.contains("the folder that holds libz.so.1"));
        let other = plugin.refused(Path::new("p.so"), "needs ORT API version 99");
        assert!(
            other.problem.contains("99") && other.fix.contains("runtime install nvtensorrtrtx"),
            "{other}"
        );
    }

    #[test]
    fn every_flavour_with_a_plugin_goes_with_the_ordinary_library() {
        for flavour in Flavour::ALL {
            assert_eq!(of(flavour).is_some(), flavour.library() != flavour, "{flavour}");
        }
        assert_eq!(Flavour::WebGpu.library(), Flavour::Cpu);
        assert_eq!(Flavour::Gpu.library(), Flavour::Gpu);
    }
}
