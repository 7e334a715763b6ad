//! The wheels that a flavour is made of, pinned by version and SHA-256.

use super::flavour::Flavour;
use crate::error::{Error, Result};

/// A wheel on the Python package index.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wheel {
    pub package: &'static str,
    pub version: &'static str,
    /// Platform tag for pip.
    pub platform: &'static str,
    /// SHA-256 of the wheel, lower-case hex.
    pub sha256: &'static str,
    /// Size of the wheel in units of 10^6 bytes.
    pub megabytes: u64,
}

/// A component of a flavour: wheels that are unpacked into one folder of the cache, which is there whole or not at all.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Component {
    /// Name of the folder of the component.
    pub folder: String,
    pub wheels: &'static [Wheel],
}

/// Name of the folder of the CUDA libraries: version of CUDA, then of cuDNN.
pub(super) const CUDA_FOLDER: &str = "cuda-13.5-cudnn-9.28";

/// A wheel that holds ONNX Runtime, its flavour, and its architecture as [`std::env::consts::ARCH`] names it.
type Build = (Flavour, &'static str, Wheel);

static ONNX_RUNTIME: [Build; 4] = [
    (
        Flavour::Cpu,
        "x86_64",
        Wheel {
            package: "onnxruntime",
            version: "1.31.1",
            platform: "manylinux_2_28_x86_64",
            sha256: "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
            megabytes: 24,
        },
    ),
    (
        Flavour::Cpu,
        "aarch64",
        Wheel {
            package: "onnxruntime",
            version: "1.31.1",
            platform: "manylinux_2_28_aarch64",
            sha256: "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
            megabytes: 21,
        },
    ),
    (
        Flavour::Gpu,
        "x86_64",
        Wheel {
            package: "onnxruntime-gpu",
            version: "1.31.1",
            platform: "manylinux_2_28_x86_64",
            sha256: "05d548956197b9d01f59b625de740e0d6be3593f874e241a12dc0362650ecdf7",
            megabytes: 256,
        },
    ),
    (
        Flavour::OpenVino,
        "x86_64",
        Wheel {
            package: "onnxruntime-openvino",
            version: "1.24.1",
            platform: "manylinux_2_28_x86_64",
            sha256: "d617fac2f59a6ab5ea59a788c3e1592240a129642519aaeaa774761dfe35150e",
            megabytes: 84,
        },
    ),
];

/// The wheels that pip resolves for `onnxruntime-gpu[cuda,cudnn]==1.31.1` beside ONNX Runtime itself, for `x86_64`.
static CUDA: [Wheel; 7] = [
    Wheel {
        package: "nvidia-cuda-runtime",
        version: "13.5.37",
        platform: "manylinux2014_x86_64",
        sha256: "df2b79a8852f10d1fef8c848489c49eebb5754051bf870202a862831412b179d",
        megabytes: 3,
    },
    Wheel {
        package: "nvidia-nvjitlink",
        version: "13.5.37",
        platform: "manylinux2010_x86_64",
        sha256: "280d7cb9649704145f074b8dbde500de04ce02d0872e066e20a83c17bcaa93eb",
        megabytes: 47,
    },
    Wheel {
        package: "nvidia-cuda-nvrtc",
        version: "13.5.37",
        platform: "manylinux2010_x86_64",
        sha256: "86b4d68058807988b7d9af5b44917a0601e9c337f35ccd657bfb3c759ff8d8bc",
        megabytes: 58,
    },
    Wheel {
        package: "nvidia-curand",
        version: "10.4.5.25",
        platform: "manylinux_2_27_x86_64",
        sha256: "22bb226a857e5888fe6b54ae465fc4371296bcff13a35f79e19691bcf454f529",
        megabytes: 77,
    },
    Wheel {
        package: "nvidia-cufft",
        version: "12.5.0.14",
        platform: "manylinux2014_x86_64",
        sha256: "b8be26837a5abad2b5b74f3e92dd29f622a42934b355be0961a48712cbba23ad",
        megabytes: 165,
    },
    Wheel {
        package: "nvidia-cublas",
        version: "13.10.0.20",
        platform: "manylinux1_x86_64",
        sha256: "dcc6d63884c53d07e267ce7e6feac17b2538cebaafec5db865736c3e28e4dc84",
        megabytes: 444,
    },
    Wheel {
        package: "nvidia-cudnn-cu13",
        version: "9.28.1.4",
        platform: "manylinux_2_27_x86_64",
        sha256: "a54f205b1db1f2895d99f398754db1369816f0569dd459731f925635cf7b65ec",
        megabytes: 517,
    },
];

/// The wheels of plugins, one for each flavour that has one.
static PLUGINS: [Build; 4] = [
    (
        Flavour::OpenVinoPlugin,
        "x86_64",
        Wheel {
            package: "onnxruntime-ep-openvino",
            version: "1.8.1",
            platform: "manylinux_2_28_x86_64",
            sha256: "3832643158c8c187fcab6db661cde2a8c06a2b3559d95d0f2411ac0e51c5e924",
            megabytes: 53,
        },
    ),
    (
        Flavour::WebGpu,
        "x86_64",
        Wheel {
            package: "onnxruntime-ep-webgpu",
            version: "0.4.0",
            platform: "manylinux_2_28_x86_64",
            sha256: "5d8c961eda91a88961cad1fb7621f389f006b18497d6ea9ecf96f729f066cbfb",
            megabytes: 7,
        },
    ),
    (
        Flavour::WebGpu,
        "aarch64",
        Wheel {
            package: "onnxruntime-ep-webgpu",
            version: "0.4.0",
            platform: "manylinux_2_28_aarch64",
            sha256: "17f660db53b1a509c63e721ac6784a2daa1c4e91a968523ee9986505ee5b0a55",
            megabytes: 6,
        },
    ),
    (
        Flavour::TensorRtRtx,
        "x86_64",
        Wheel {
            package: "onnxruntime-ep-nv-tensorrt-rtx-cu13",
            version: "0.5.0",
            platform: "manylinux_2_28_x86_64",
            sha256: "32f575c633d171b4edf4b53d3bb22b72a6c9c0a850d2982ce9a788a5d40d3298",
            megabytes: 146,
        },
    ),
];

impl Wheel {
    /// Package and version of the wheel, as people write them.
    pub fn name(&self) -> String {
        format!("{} {}", self.package, self.version)
    }
}

/// The component with ONNX Runtime itself of a flavour, for this machine.
///
/// # Errors
/// No wheel is pinned for this operating system or architecture.
pub(super) fn onnx_runtime(flavour: Flavour) -> Result<Component> {
    let flavour = flavour.library();
    let wheel = for_this_machine(&ONNX_RUNTIME, flavour).ok_or_else(|| not_pinned(flavour))?;
    let folder = format!("onnxruntime-{}-{flavour}", wheel.version);
    Ok(Component { folder, wheels: std::slice::from_ref(wheel) })
}

/// The component with the plugin of a flavour; `None` where it has none, or none is pinned for this machine.
pub(super) fn plugin(flavour: Flavour) -> Option<Component> {
    let wheel = for_this_machine(&PLUGINS, flavour)?;
    Some(Component { folder: format!("{flavour}-{}", wheel.version), wheels: std::slice::from_ref(wheel) })
}

fn for_this_machine(builds: &'static [Build], flavour: Flavour) -> Option<&'static Wheel> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let fits = |(of, on, _): &&Build| *of == flavour && *on == arch && os == "linux";
    builds.iter().find(fits).map(|(_, _, wheel)| wheel)
}

fn not_pinned(flavour: Flavour) -> Error {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    Error::usage(
        flavour.name(),
        format!("there is no pinned ONNX Runtime of this flavour for {os} on {arch}"),
        "give an ONNX Runtime library of your own with `ort_lib` or ORT_DYLIB_PATH",
    )
}

/// The components of a flavour; without CUDA and cuDNN where the user has them.
///
/// # Errors
/// No wheel is pinned for this operating system or architecture.
pub(super) fn components(flavour: Flavour, without_cuda: bool) -> Result<Vec<Component>> {
    let mut components = vec![onnx_runtime(flavour)?];
    if flavour.library() != flavour {
        components.push(plugin(flavour).ok_or_else(|| not_pinned(flavour))?);
    }
    if flavour == Flavour::Gpu && !without_cuda {
        components.push(Component { folder: CUDA_FOLDER.into(), wheels: &CUDA });
    }
    Ok(components)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pin_is_a_whole_lower_case_sha256() {
        let builds = ONNX_RUNTIME.iter().chain(&PLUGINS).map(|(_, arch, wheel)| (*arch, wheel));
        for (arch, wheel) in builds.chain(CUDA.iter().map(|wheel| ("x86_64", wheel))) {
            assert_eq!(wheel.sha256.len(), 64, "{wheel:?}");
            assert!(
                wheel.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
                "{wheel:?}"
            );
            assert!(wheel.platform.ends_with(arch), "{wheel:?}");
        }
    }

    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    #[test]
    fn only_the_gpu_flavour_brings_cuda_and_only_if_wanted() {
        let folders = |flavour, without| {
            let components = components(flavour, without).unwrap();
            components.into_iter().map(|component| component.folder).collect::<Vec<_>>()
        };
        assert_eq!(folders(Flavour::Gpu, false), ["onnxruntime-1.31.1-gpu", CUDA_FOLDER]);
        assert_eq!(folders(Flavour::Gpu, true), ["onnxruntime-1.31.1-gpu"]);
        assert_eq!(folders(Flavour::OpenVino, false), ["onnxruntime-1.24.1-openvino"]);
        assert_eq!(folders(Flavour::WebGpu, false), ["onnxruntime-1.31.1-cpu", "webgpu-0.4.0"]);
    }

    #[test]
    fn the_folder_of_cuda_tells_the_versions_of_its_wheels() {
        let version = |package: &str| CUDA.iter().find(|wheel| wheel.package == package).unwrap().version;
        let short = |version: &str| version.split('.').take(2).collect::<Vec<_>>().join(".");
        let (cuda, cudnn) = (version("nvidia-cuda-runtime"), version("nvidia-cudnn-cu13"));
        assert_eq!(CUDA_FOLDER, format!("cuda-{}-cudnn-{}", short(cuda), short(cudnn)));
    }
}
