//! The protocol between parent and child: one JSON object a line, a [`Reply`] for each [`Request`]. The end of its input ends the
//! child.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Failure;
use crate::model::{Precision, Provenance, Provider};
use crate::types::Fitting;

/// A request of the parent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// Load and warm up; the first request.
    Prepare(Setup),
    /// Make timed calls.
    Run {
        /// Number of calls.
        calls: usize,
    },
    /// Segment every picture.
    Maps,
    /// Tell the peak memory.
    Memory,
}

/// A reply of the child.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// The reply to [`Request::Prepare`].
    Ready(Box<Ready>),
    /// The reply to [`Request::Run`].
    Ran {
        /// Milliseconds of each call.
        ms: Vec<f64>,
    },
    /// The reply to [`Request::Maps`].
    Maps {
        /// The map of each picture, in order.
        maps: Vec<Plane>,
    },
    /// The reply to [`Request::Memory`].
    Memory(Memory),
    /// The reply to any request that failed.
    Failed(Failure),
}

/// The setup of a child: everything that it must know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// The job of the child.
    pub job: Job,
    /// The execution provider that is to run it.
    pub provider: Provider,
    /// The precision that is to run; the bundle's own if `None`.
    pub precision: Option<Precision>,
    /// Pictures in one call.
    pub batch: usize,
    /// Threads inside one call; all cores if `None`.
    pub threads: Option<usize>,
    /// Whether single nodes on the CPU are refused.
    pub strict: bool,
    /// Number of untimed calls after the first one.
    pub warm_up: usize,
    /// The ONNX Runtime library, or the folder that holds it ([`runtime::Options::ort_lib`](crate::runtime::Options::ort_lib)).
    pub ort_lib: Option<PathBuf>,
    /// Whether the network may not be used.
    pub offline: bool,
}

/// The job of a child process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Job {
    /// A model over pictures.
    Model {
        /// The model, as [`Bundle::resolve`](crate::model::Bundle::resolve) takes it, or a graph without a manifest.
        model: String,
        /// The prompts, as [`PromptSet::resolve`](crate::prompt::PromptSet::resolve) takes them.
        prompts: String,
        /// The step between windows, in patches.
        stride: usize,
        /// How pictures come to the model's square; as the model itself says if `None`.
        fit: Option<Fitting>,
        /// The pictures that it segments.
        pictures: Vec<PictureFile>,
    },
    /// The matrix product that the models are measured against.
    Gemm,
}

/// The file of a picture to segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureFile {
    /// Path of the file.
    pub path: PathBuf,
    /// The category of the picture, for the prompts.
    pub category: String,
}

/// The state of a child that is ready: what was loaded, and how long that took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Name of the model that was loaded.
    pub model: String,
    /// SHA-256 of the model's bundle; empty where there is none.
    pub model_hash: String,
    /// The provider that ran.
    pub provider: String,
    /// The precision that ran; empty where nobody knows it.
    pub precision: String,
    /// Version of ONNX Runtime.
    pub runtime_version: String,
    /// The library file of ONNX Runtime.
    pub runtime_library: String,
    /// Every option that was active, by name.
    pub options: BTreeMap<String, String>,
    /// Number of nodes by ONNX Runtime's name of the provider.
    pub placement: BTreeMap<String, usize>,
    /// Time for finding and loading the library, ms.
    pub library_ms: f64,
    /// Time for reading the model and creating the session, ms.
    pub session_ms: f64,
    /// Time for the text tower, ms.
    pub text_ms: f64,
    /// Time of the first call, ms.
    pub first_ms: f64,
    /// Times of the other untimed calls, ms.
    pub warm_up_ms: Vec<f64>,
    /// Why each picture of a batch has a call of its own, where it has.
    #[serde(default)]
    pub one_by_one: Option<String>,
    /// Number of operations of one call of [`Job::Gemm`]; none for a model.
    pub flop: Option<f64>,
}

impl Ready {
    /// The state after a model was loaded, without any times.
    pub fn of(provenance: Provenance) -> Self {
        Self {
            model: provenance.model,
            model_hash: provenance.model_hash,
            provider: provenance.provider,
            precision: provenance.precision,
            runtime_version: provenance.runtime_version,
            runtime_library: provenance.runtime_library,
            options: provenance.options,
            placement: provenance.placement,
            ..Self::default()
        }
    }
}

/// Peak memory in MiB; none where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Largest resident set of the process so far.
    pub host_mib: Option<f64>,
    /// Memory of the process on the device.
    pub device_mib: Option<f64>,
}

/// A map as it is sent, row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// The values, row by row.
    pub values: Vec<f32>,
}
