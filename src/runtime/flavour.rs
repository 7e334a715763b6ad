//! Builds of ONNX Runtime, by the providers compiled into them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// A build of ONNX Runtime, by the providers compiled into it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Flavour {
    /// CPU only.
    #[default]
    Cpu,
    /// CUDA and TensorRT. The CUDA 13 libraries and cuDNN 9 come beside it; the driver and TensorRT itself do not.
    Gpu,
    /// OpenVINO, with OpenVINO itself.
    OpenVino,
}

impl Flavour {
    /// All flavours.
    pub const ALL: [Self; 3] = [Self::Cpu, Self::Gpu, Self::OpenVino];

    /// Name as written in settings and folder names.
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
    use crate::error::Kind;

    #[test]
    fn names_read_back() {
        for flavour in Flavour::ALL {
            assert_eq!(flavour.name().parse::<Flavour>().unwrap(), flavour);
        }
        assert_eq!("cuda".parse::<Flavour>().unwrap_err().kind, Kind::Usage);
    }
}
