//! Builds of ONNX Runtime, by the providers that they have.

use crate::types::named;

/// A build of ONNX Runtime, by the providers compiled into it or plugged in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Flavour {
    /// The CPU alone.
    #[default]
    Cpu,
    /// CUDA and TensorRT. The CUDA 13 libraries and cuDNN 9 come beside it; the driver and TensorRT itself do not.
    Gpu,
    /// OpenVINO, with OpenVINO itself.
    OpenVino,
    /// The ordinary ONNX Runtime with the plugin of OpenVINO, for Intel's processors, GPUs and NPUs.
    OpenVinoPlugin,
    /// The ordinary ONNX Runtime with the plugin of WebGPU, for GPUs of any maker.
    WebGpu,
    /// The ordinary ONNX Runtime with the plugin of TensorRT for RTX, for NVIDIA's cards from Ampere on.
    TensorRtRtx,
}

named!(Flavour, "a flavour of ONNX Runtime", {
    Cpu = "cpu",
    Gpu = "gpu",
    OpenVino = "openvino",
    OpenVinoPlugin = "openvino-plugin",
    WebGpu = "webgpu",
    TensorRtRtx = "nvtensorrtrtx",
});

impl Flavour {
    /// The flavour whose ONNX Runtime is loaded: plugins go with the ordinary one.
    pub fn library(self) -> Self {
        match self {
            Self::OpenVinoPlugin | Self::WebGpu | Self::TensorRtRtx => Self::Cpu,
            Self::Cpu | Self::Gpu | Self::OpenVino => self,
        }
    }

    /// A library that only this flavour has, beside the main one.
    pub(super) fn provider_library(self) -> Option<&'static str> {
        match self {
            Self::Cpu | Self::OpenVinoPlugin | Self::WebGpu | Self::TensorRtRtx => None,
            Self::Gpu => Some("libonnxruntime_providers_cuda.so"),
            Self::OpenVino => Some("libonnxruntime_providers_openvino.so"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn names_read_back() {
        for flavour in Flavour::ALL {
            assert_eq!(flavour.name().parse::<Flavour>().unwrap(), flavour);
        }
        assert_eq!("cuda".parse::<Flavour>().unwrap_err().kind, Kind::Usage);
    }
}
