//! Builds of ONNX Runtime and the wheels they come from, pinned by SHA-256.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A build of ONNX Runtime, by the providers compiled into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    /// CPU only.
    #[default]
    Cpu,
    /// CUDA and TensorRT. The CUDA 13 libraries and cuDNN 9 are not part of it.
    Gpu,
    /// OpenVINO, with OpenVINO itself.
    OpenVino,
}

/// A wheel that holds the shared library of one flavour for one architecture.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wheel {
    pub flavour: Flavour,
    /// As [`std::env::consts::ARCH`] names it.
    pub arch: &'static str,
    pub package: &'static str,
    pub version: &'static str,
    /// Platform tag for pip.
    pub platform: &'static str,
    /// SHA-256 of the wheel, lower-case hex.
    pub sha256: &'static str,
    pub megabytes: u64,
}

/// Every wheel that can be installed.
pub(super) const WHEELS: [Wheel; 4] = [
    Wheel {
        flavour: Flavour::Cpu,
        arch: "x86_64",
        package: "onnxruntime",
        version: "1.31.1",
        platform: "manylinux_2_28_x86_64",
        sha256: "1f3dea47f2f0e5117c2404cea7d21fd253ae7836a3bf167a501cdfbb2600d536",
        megabytes: 24,
    },
    Wheel {
        flavour: Flavour::Cpu,
        arch: "aarch64",
        package: "onnxruntime",
        version: "1.31.1",
        platform: "manylinux_2_28_aarch64",
        sha256: "0b9a492176886992e0e875f06bc0367e333f5fff11711a2d642e18b02f3009cc",
        megabytes: 21,
    },
    Wheel {
        flavour: Flavour::Gpu,
        arch: "x86_64",
        package: "onnxruntime-gpu",
        version: "1.31.1",
        platform: "manylinux_2_28_x86_64",
        sha256: "05d548956197b9d01f59b625de740e0d6be3593f874e241a12dc0362650ecdf7",
        megabytes: 256,
    },
    Wheel {
        flavour: Flavour::OpenVino,
        arch: "x86_64",
        package: "onnxruntime-openvino",
        version: "1.24.1",
        platform: "manylinux_2_28_x86_64",
        sha256: "d617fac2f59a6ab5ea59a788c3e1592240a129642519aaeaa774761dfe35150e",
        megabytes: 84,
    },
];

impl Flavour {
    /// All flavours.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Gpu, Self::OpenVino];

    /// Name as written in flags and folder names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Gpu => "gpu",
            Self::OpenVino => "openvino",
        }
    }

    /// A library that only this flavour has, beside the main one.
    pub(super) fn provider_library(self) -> Option<&'static str> {
        match self {
            Self::Cpu => None,
            Self::Gpu => Some("libonnxruntime_providers_cuda.so"),
            Self::OpenVino => Some("libonnxruntime_providers_openvino.so"),
        }
    }

    /// The wheel for this machine.
    ///
    /// # Errors
    /// There is none for this operating system or architecture.
    pub(super) fn wheel(self) -> Result<&'static Wheel> {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        WHEELS.iter().find(|wheel| wheel.flavour == self && wheel.arch == arch && os == "linux").ok_or_else(
            || {
                Error::usage(
                    self.name(),
                    format!("there is no pinned ONNX Runtime of this flavour for {os} on {arch}"),
                    "give an ONNX Runtime library of your own with --ort-lib or ORT_DYLIB_PATH",
                )
            },
        )
    }
}

impl fmt::Display for Flavour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Flavour {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|flavour| flavour.name() == text)
            .ok_or_else(|| Error::usage(text, "is not a flavour of ONNX Runtime", "use cpu, gpu or openvino"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for flavour in Flavour::ALL {
            assert_eq!(flavour.name().parse::<Flavour>().unwrap(), flavour);
        }
        assert_eq!("cuda".parse::<Flavour>().unwrap_err().exit_status(), 2);
    }

    #[test]
    fn every_pin_is_a_whole_lower_case_sha256() {
        for wheel in &WHEELS {
            assert_eq!(wheel.sha256.len(), 64, "{wheel:?}");
            assert!(
                wheel.sha256.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)),
                "{wheel:?}"
            );
            assert!(wheel.platform.ends_with(wheel.arch), "{wheel:?}");
        }
    }
}
