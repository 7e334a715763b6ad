//! An execution provider and its device, as they are written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::model::precision::Precision;
use crate::runtime::Flavour;

/// An execution provider of ONNX Runtime and its device.
///
/// A provider is written `cpu`, `cuda[:N]`, `tensorrt[:N]`, `nvtensorrtrtx[:N]`, `webgpu`, `openvino[:DEVICE]` or
/// `openvino-plugin[:DEVICE]`, where `N` is the number of a GPU (0 if left out) and `DEVICE` is `CPU` (if left out), `GPU`, `GPU.N` or
/// `NPU`. OpenVINO's `AUTO`, `MULTI` and `HETERO` are refused: they
/// choose the device themselves, and then nobody knows what ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Provider {
    /// ONNX Runtime's own CPU kernels.
    #[default]
    Cpu,
    /// CUDA on an NVIDIA GPU.
    Cuda {
        /// Number of the GPU.
        device: u32,
    },
    /// TensorRT on an NVIDIA GPU.
    TensorRt {
        /// Number of the GPU.
        device: u32,
    },
    /// OpenVINO on a processor, a GPU or an NPU.
    OpenVino {
        /// OpenVINO's name of the device: `CPU`, `GPU`, `GPU.N` or `NPU`.
        device: String,
    },
    /// OpenVINO on a processor, a GPU or an NPU of Intel, as a plugin of the ordinary ONNX Runtime.
    OpenVinoPlugin {
        /// OpenVINO's name of the device: `CPU`, `GPU`, `GPU.N` or `NPU`.
        device: String,
    },
    /// WebGPU (Dawn, over Vulkan) on the GPU that it chooses, as a plugin.
    WebGpu,
    /// TensorRT for RTX on an NVIDIA GPU, Ampere or newer, as a plugin.
    TensorRtRtx {
        /// Number of the GPU.
        device: u32,
    },
}

impl Provider {
    /// Every provider on its default device.
    pub fn all() -> [Self; 7] {
        [
            Self::Cpu,
            Self::Cuda { device: 0 },
            Self::TensorRt { device: 0 },
            Self::OpenVino { device: "CPU".into() },
            Self::OpenVinoPlugin { device: "CPU".into() },
            Self::WebGpu,
            Self::TensorRtRtx { device: 0 },
        ]
    }

    /// Number of the GPU, where the provider is one of NVIDIA's.
    pub(crate) fn nvidia_device(&self) -> Option<u32> {
        match self {
            Self::Cuda { device } | Self::TensorRt { device } | Self::TensorRtRtx { device } => Some(*device),
            _ => None,
        }
    }

    /// The same provider on another GPU, where it is one of NVIDIA's.
    pub(super) fn on_nvidia(&self, device: u32) -> Option<Self> {
        match self {
            Self::Cuda { .. } => Some(Self::Cuda { device }),
            Self::TensorRt { .. } => Some(Self::TensorRt { device }),
            Self::TensorRtRtx { .. } => Some(Self::TensorRtRtx { device }),
            _ => None,
        }
    }

    /// The same provider on another device, where it is OpenVINO, of whichever build.
    pub(super) fn on_openvino(&self, device: &str) -> Option<Self> {
        match self {
            Self::OpenVino { .. } => Some(Self::OpenVino { device: device.to_owned() }),
            Self::OpenVinoPlugin { .. } => Some(Self::OpenVinoPlugin { device: device.to_owned() }),
            _ => None,
        }
    }

    /// OpenVINO's name of the device, where the provider is OpenVINO, of whichever build.
    pub(crate) fn openvino_device(&self) -> Option<&str> {
        match self {
            Self::OpenVino { device } | Self::OpenVinoPlugin { device } => Some(device),
            _ => None,
        }
    }

    /// Whether the provider computes elsewhere than on the processor's cores.
    pub(in crate::model) fn is_device(&self) -> bool {
        *self != Self::Cpu && self.openvino_device() != Some("CPU")
    }

    /// The build of ONNX Runtime that has this provider.
    pub fn flavour(&self) -> Flavour {
        match self {
            Self::Cpu => Flavour::Cpu,
            Self::Cuda { .. } | Self::TensorRt { .. } => Flavour::Gpu,
            Self::OpenVino { .. } => Flavour::OpenVino,
            Self::OpenVinoPlugin { .. } => Flavour::OpenVinoPlugin,
            Self::WebGpu => Flavour::WebGpu,
            Self::TensorRtRtx { .. } => Flavour::TensorRtRtx,
        }
    }

    /// Whether the provider can compute a graph of fp32 as it is.
    pub(in crate::model) fn has_fp32(&self) -> bool {
        self.openvino_device() != Some("NPU")
    }

    /// Whether the provider can be told to compute a graph of fp32 in a lower precision, on this machine.
    pub(in crate::model) fn computes_fp32_in(&self, precision: Precision) -> bool {
        match (self, self.openvino_device(), precision) {
            (Self::Cpu, _, Precision::Bf16) => cfg!(target_arch = "aarch64") && processor_has_bf16(),
            (_, Some(device), Precision::Bf16) => device == "CPU" && processor_has_bf16(),
            (_, Some(device), Precision::Fp16) => device != "CPU",
            (Self::TensorRt { .. }, _, Precision::Fp16 | Precision::Bf16) => true,
            _ => false,
        }
    }

    /// ONNX Runtime's own name of the provider.
    pub fn runtime_name(&self) -> &'static str {
        match self {
            Self::Cpu => "CPUExecutionProvider",
            Self::Cuda { .. } => "CUDAExecutionProvider",
            Self::TensorRt { .. } => "TensorrtExecutionProvider",
            Self::OpenVino { .. } | Self::OpenVinoPlugin { .. } => "OpenVINOExecutionProvider",
            Self::WebGpu => "WebGpuExecutionProvider",
            Self::TensorRtRtx { .. } => "NvTensorRTRTXExecutionProvider",
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
            Self::OpenVinoPlugin { device } => f.pad(&format!("openvino-plugin:{device}")),
            Self::WebGpu => f.pad("webgpu"),
            Self::TensorRtRtx { device } => f.pad(&format!("nvtensorrtrtx:{device}")),
        }
    }
}

impl FromStr for Provider {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, device) = text.split_once(':').map_or((text, None), |(name, device)| (name, Some(device)));
        let refuse = |problem: &str| {
            let fix = "use cpu, cuda[:N], tensorrt[:N], openvino[:CPU|GPU|GPU.N|NPU], openvino-plugin[:CPU|GPU|GPU.N|NPU], webgpu or \
                       nvtensorrtrtx[:N]";
            Error::usage(text, problem, fix)
        };
        let of_openvino = |device: &str| {
            if is_openvino_device(device) {
                return Ok(device.to_owned());
            }
            Err(refuse(
                "names no single OpenVINO device (they are upper case; AUTO, MULTI and HETERO choose for themselves)",
            ))
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
            ("nvtensorrtrtx", _) => Ok(Self::TensorRtRtx { device: gpu()? }),
            ("openvino", _) => Ok(Self::OpenVino { device: of_openvino(device.unwrap_or("CPU"))? }),
            ("openvino-plugin", _) => {
                Ok(Self::OpenVinoPlugin { device: of_openvino(device.unwrap_or("CPU"))? })
            }
            ("webgpu", None) => Ok(Self::WebGpu),
            ("webgpu", Some(_)) => Err(refuse("names a device, and WebGPU chooses the GPU itself")),
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
            ("openvino-plugin", "openvino-plugin:CPU"),
            ("openvino-plugin:GPU", "openvino-plugin:GPU"),
            ("webgpu", "webgpu"),
            ("nvtensorrtrtx:1", "nvtensorrtrtx:1"),
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
            "webgpu:0",
            "openvino-plugin:AUTO",
            "nvtensorrtrtx:GPU",
        ] {
            let error = text.parse::<Provider>().unwrap_err();
            assert_eq!((error.kind, error.subject.as_str()), (Kind::Usage, text), "{error}");
        }
    }
}
