//! An execution provider and its device, as they are written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::precision::Precision;
use crate::runtime::Flavour;

/// An execution provider of ONNX Runtime and its device.
///
/// Written `cpu`, `cuda[:N]`, `tensorrt[:N]` or `openvino[:DEVICE]`, where `N` is the number of a GPU (0 if left out) and
/// `DEVICE` is `CPU` (if left out), `GPU`, `GPU.N` or `NPU`. OpenVINO's `AUTO`, `MULTI` and `HETERO` are refused: they
/// choose the device themselves, and then nobody knows what ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Provider {
    /// ONNX Runtime's own CPU kernels.
    #[default]
    Cpu,
    /// CUDA.
    Cuda {
        /// Number of the GPU.
        device: u32,
    },
    /// TensorRT.
    TensorRt {
        /// Number of the GPU.
        device: u32,
    },
    /// OpenVINO.
    OpenVino {
        /// `CPU`, `GPU`, `GPU.N` or `NPU`.
        device: String,
    },
}

impl Provider {
    /// Every provider on its default device.
    pub fn all() -> [Self; 4] {
        [
            Self::Cpu,
            Self::Cuda { device: 0 },
            Self::TensorRt { device: 0 },
            Self::OpenVino { device: "CPU".into() },
        ]
    }

    /// Whether it computes elsewhere than on the processor's cores.
    pub fn is_device(&self) -> bool {
        match self {
            Self::Cpu => false,
            Self::OpenVino { device } => device != "CPU",
            Self::Cuda { .. } | Self::TensorRt { .. } => true,
        }
    }

    /// The build of ONNX Runtime that has this provider.
    pub fn flavour(&self) -> Flavour {
        match self {
            Self::Cpu => Flavour::Cpu,
            Self::Cuda { .. } | Self::TensorRt { .. } => Flavour::Gpu,
            Self::OpenVino { .. } => Flavour::OpenVino,
        }
    }

    /// Whether it can compute a graph of fp32 as it is.
    pub(in crate::model) fn has_fp32(&self) -> bool {
        !matches!(self, Self::OpenVino { device } if device == "NPU")
    }

    /// Whether it can be told to compute a graph of fp32 in a lower precision, on this machine.
    pub(in crate::model) fn computes_fp32_in(&self, precision: Precision) -> bool {
        match (self, precision) {
            (Self::Cpu, Precision::Bf16) => cfg!(target_arch = "aarch64") && processor_has_bf16(),
            (Self::OpenVino { device }, Precision::Bf16) => device == "CPU" && processor_has_bf16(),
            (Self::OpenVino { device }, Precision::Fp16) => device != "CPU",
            (Self::TensorRt { .. }, Precision::Fp16 | Precision::Bf16) => true,
            _ => false,
        }
    }

    /// ONNX Runtime's own name of the provider.
    pub fn runtime_name(&self) -> &'static str {
        match self {
            Self::Cpu => "CPUExecutionProvider",
            Self::Cuda { .. } => "CUDAExecutionProvider",
            Self::TensorRt { .. } => "TensorrtExecutionProvider",
            Self::OpenVino { .. } => "OpenVINOExecutionProvider",
        }
    }
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.pad("cpu"),
            Self::Cuda { device } => f.pad(&format!("cuda:{device}")),
            Self::TensorRt { device } => f.pad(&format!("tensorrt:{device}")),
            Self::OpenVino { device } => f.pad(&format!("openvino:{device}")),
        }
    }
}

impl FromStr for Provider {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, device) = text.split_once(':').map_or((text, None), |(name, device)| (name, Some(device)));
        let refuse = |problem: &str| {
            Error::usage(text, problem, "use cpu, cuda[:N], tensorrt[:N] or openvino[:CPU|GPU|GPU.N|NPU]")
        };
        let gpu = || {
            device.map_or(Ok(0), |n| {
                number(n).ok_or_else(|| refuse("names no GPU: what follows the colon is not a number"))
            })
        };
        match (name, device) {
            ("cpu", None) => Ok(Self::Cpu),
            ("cpu", Some(_)) => Err(refuse("names a device, and the CPU has none")),
            ("cuda", _) => Ok(Self::Cuda { device: gpu()? }),
            ("tensorrt", _) => Ok(Self::TensorRt { device: gpu()? }),
            ("openvino", None) => Ok(Self::OpenVino { device: "CPU".into() }),
            ("openvino", Some(device)) if is_openvino_device(device) => {
                Ok(Self::OpenVino { device: device.into() })
            }
            ("openvino", Some(_)) => Err(refuse(
                "names no single OpenVINO device (they are upper case; AUTO, MULTI and HETERO choose for themselves)",
            )),
            _ => Err(refuse("is not an execution provider that askance knows")),
        }
    }
}

impl TryFrom<String> for Provider {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<Provider> for String {
    fn from(provider: Provider) -> Self {
        provider.to_string()
    }
}

/// Whether this processor multiplies in bf16. OpenVINO and ONNX Runtime compute in fp32 where it does not, and say nothing.
fn processor_has_bf16() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("avx512bf16");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("bf16");
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    false
}

/// A device number in plain decimal digits (no sign, no leading zero), that fits the C interface's `int`.
fn number(text: &str) -> Option<u32> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|n| plain && i32::try_from(*n).is_ok())
}

fn is_openvino_device(text: &str) -> bool {
    ["CPU", "GPU", "NPU"].contains(&text) || text.strip_prefix("GPU.").is_some_and(|n| number(n).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn what_is_written_reads_back() {
        for (text, written) in [
            ("cpu", "cpu"),
            ("cuda", "cuda:0"),
            ("cuda:3", "cuda:3"),
            ("tensorrt", "tensorrt:0"),
            ("tensorrt:1", "tensorrt:1"),
            ("openvino", "openvino:CPU"),
            ("openvino:GPU.1", "openvino:GPU.1"),
            ("openvino:NPU", "openvino:NPU"),
        ] {
            let provider: Provider = text.parse().unwrap();
            assert_eq!(provider.to_string(), written);
            assert_eq!(written.parse::<Provider>().unwrap(), provider);
        }
    }

    #[test]
    fn anything_else_is_a_usage_error() {
        for text in [
            "",
            "CPU",
            "cpu:0",
            "cpu:",
            "gpu",
            "cuda:",
            "cuda:x",
            "cuda:-1",
            "cuda:+1",
            "cuda:01",
            "cuda:1.5",
            "cuda:4294967296",
            "cuda:2147483648",
            "cuda:0:1",
            "cuda 0",
            "tensorrt:GPU",
            "openvino:",
            "openvino:cpu",
            "openvino:AUTO",
            "openvino:HETERO:GPU,CPU",
            "openvino:GPU.",
            "openvino:GPU.x",
            "cudaa",
        ] {
            let error = text.parse::<Provider>().unwrap_err();
            assert_eq!((error.kind, error.subject.as_str()), (Kind::Usage, text), "{error}");
        }
    }
}
