//! What parent and child say to each other: one JSON object a line, a [`Reply`] for each [`Request`]. The end of its input
//! ends the child.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Failure;
use crate::model::{Precision, Provenance, Provider};

/// What the parent wants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// Load and warm up. The first one.
    Prepare(Setup),
    /// Make timed calls.
    Run {
        /// How many.
        calls: usize,
    },
    /// Segment every picture.
    Maps,
    /// Tell the memory.
    Memory,
}

/// What the child answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "kebab-case")]
pub enum Reply {
    /// To [`Request::Prepare`].
    Ready(Box<Ready>),
    /// To [`Request::Run`].
    Ran {
        /// Milliseconds of each call.
        ms: Vec<f64>,
    },
    /// To [`Request::Maps`].
    Maps {
        /// Of each picture, in order.
        maps: Vec<Plane>,
    },
    /// To [`Request::Memory`].
    Memory(Memory),
    /// To any.
    Failed(Failure),
}

/// Everything that a child must know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Setup {
    /// What to run.
    pub job: Job,
    /// Where.
    pub provider: Provider,
    /// In what precision.
    pub precision: Option<Precision>,
    /// Pictures in one call.
    pub batch: usize,
    /// Threads inside one call.
    pub threads: Option<usize>,
    /// Refuse single nodes on the CPU.
    pub strict: bool,
    /// Untimed calls after the first one.
    pub warm_up: usize,
    /// As in [`runtime::Options::ort_lib`](crate::model::runtime::Options::ort_lib).
    pub ort_lib: Option<PathBuf>,
    /// Forbids the network.
    pub offline: bool,
}

/// What a child runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Job {
    /// A model.
    Model {
        /// The model, as [`Bundle::resolve`](crate::model::Bundle::resolve) takes it, or a graph without a manifest.
        model: String,
        /// The prompts, as [`PromptSet::resolve`](crate::prompt::PromptSet::resolve) takes them.
        prompts: String,
        /// The step between windows, in patches.
        stride: usize,
        /// What it sees.
        pictures: Vec<Picture>,
    },
    /// The matrix product that the models are measured against.
    Gemm,
}

/// A picture to segment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Its file.
    pub path: PathBuf,
    /// The category for the prompts.
    pub category: String,
}

/// What was loaded, and how long that took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ready {
    /// Name of what was loaded.
    pub model: String,
    /// SHA-256 of its bundle; empty where there is none.
    pub model_hash: String,
    /// The provider that ran.
    pub provider: String,
    /// The precision that ran; empty where nobody knows it.
    pub precision: String,
    /// Version of ONNX Runtime.
    pub runtime_version: String,
    /// Its library.
    pub runtime_library: String,
    /// Every option that was active.
    pub options: BTreeMap<String, String>,
    /// Nodes by ONNX Runtime's name of the provider.
    pub placement: BTreeMap<String, usize>,
    /// Finding and loading the library, ms.
    pub library_ms: f64,
    /// Reading the model and creating the session, ms.
    pub session_ms: f64,
    /// The text tower, ms.
    pub text_ms: f64,
    /// The first call, ms.
    pub first_ms: f64,
    /// The other untimed calls, ms.
    pub warm_up_ms: Vec<f64>,
    /// Operations of one call of [`Job::Gemm`].
    pub flop: Option<f64>,
}

impl Ready {
    /// What was loaded, without any times.
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

/// Memory in MiB; none where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Memory {
    /// Largest resident set of the process so far.
    pub host_mib: Option<f64>,
    /// On the device.
    pub device_mib: Option<f64>,
}

/// A map, row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Values.
    pub values: Vec<f32>,
}
