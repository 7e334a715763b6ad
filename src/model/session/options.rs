//! The options of a session.

use std::num::NonZeroUsize;

use crate::error::{Error, Result, at_most};
use crate::model::{Precision, Provider};

/// The most threads within an operator; ONNX Runtime makes as many as it is told.
const MOST_THREADS: usize = 1024;

/// The options of a session: how a graph is to be run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionOptions {
    /// The execution provider.
    pub provider: Provider,
    /// The precision of matrix products; the bundle's own, computed exactly, if `None`. Another precision than the bundle's is
    /// computed by the provider where it can, and else by the bundle's sibling in that precision (`docs/providers.md`).
    pub precision: Option<Precision>,
    /// Number of threads within an operator; as many as the process may use if `None`.
    pub threads: Option<usize>,
    /// Whether idle threads spin between operators and after a call: a little faster, at the cost of the cores that do other work.
    /// An error for OpenVINO, which has threads of its own.
    pub spin: bool,
    /// Whether a graph is refused of which the provider leaves single nodes to the CPU; without meaning for the CPU itself.
    pub strict: bool,
    /// Whether NVIDIA's providers may multiply fp32 in TF32, faster and with thirteen bits less. An error for any other provider.
    pub tf32: bool,
    /// The largest batch of a call, for which TensorRT tunes its engine; 8 if `None`. Without meaning for other providers.
    pub batch: Option<usize>,
}

impl SessionOptions {
    pub(super) fn validate(&self) -> Result<()> {
        if self.tf32 && self.provider.nvidia_device().is_none() {
            let problem = format!("is for cuda, tensorrt and nvtensorrtrtx, and this is {}", self.provider);
            return Err(Error::usage("`tf32`", problem, "leave it out, or choose `provider = cuda`"));
        }
        if self.spin && self.provider.openvino_device().is_some() {
            let problem = format!("is for the threads of ONNX Runtime, and {} has its own", self.provider);
            return Err(Error::usage("`spin`", problem, "leave it out"));
        }
        at_most("threads", self.threads.unwrap_or(0), MOST_THREADS)?;
        if self.threads == Some(0) {
            return Err(Error::setting(
                "threads",
                0,
                "is no number of threads",
                "give 1 or more, or leave it out",
            ));
        }
        Ok(())
    }

    /// Refuses TensorRT in fp32 unless the driver is told so: it would multiply in TF32, and ONNX Runtime has no option against that.
    pub(super) fn require_fp32(
        &self,
        computed: Option<Precision>,
        tf32_override: Option<&str>,
    ) -> Result<()> {
        let is_full = computed.is_none_or(|precision| precision == Precision::Fp32);
        let by_tensorrt = matches!(self.provider, Provider::TensorRt { .. } | Provider::TensorRtRtx { .. });
        let in_fp32 = is_full && by_tensorrt;
        if in_fp32 && !self.tf32 && tf32_override != Some("0") {
            return Err(Error::setting(
                "provider",
                &self.provider,
                "would multiply fp32 in TF32, with thirteen bits less",
                format!(
                    "set {TF32_OVERRIDE}=0 in the environment, or allow it with `tf32`, or say `precision = fp16`"
                ),
            ));
        }
        Ok(())
    }

    pub(super) fn threads(&self) -> usize {
        let available = || std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        self.threads.unwrap_or_else(available)
    }
}

/// NVIDIA's own switch, of which 0 forbids TF32 to every library of the process.
pub(in crate::model) const TF32_OVERRIDE: &str = "NVIDIA_TF32_OVERRIDE";
