//! Which providers work on this machine, and why not the others.

use std::fmt;

use ndarray::Array1;
use ort::ep::{CPU, CUDA, ExecutionProvider, OpenVINO, TensorRT};
use ort::value::TensorRef;
use serde::Serialize;

use super::{Engine, Provider, tiny};
use crate::error::{Error, Result};
use crate::model::runtime::{Flavour, Runtime};
use crate::model::session::{self, SessionOptions};

/// Whether a provider works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum ProviderState {
    /// It computed a small graph.
    Usable,
    /// The loaded library was built without it.
    NotInThisLibrary {
        /// The build of ONNX Runtime that has it: `askance runtime install FLAVOUR`.
        flavour: Flavour,
    },
    /// The loaded library has it, but it cannot be used: a library, a driver or a device is missing.
    MissingDependency {
        /// What is missing, as far as it is known.
        reason: String,
    },
}

impl fmt::Display for ProviderState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usable => f.pad("usable"),
            Self::NotInThisLibrary { flavour } => {
                write!(
                    f,
                    "not in this ONNX Runtime; `askance runtime install {flavour}` fetches one that has it"
                )
            }
            Self::MissingDependency { reason } => f.pad(reason),
        }
    }
}

/// A provider and whether it works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProviderStatus {
    /// The provider and its default device as [`Provider`] reads them, for example `cuda:0`.
    pub name: String,
    /// The same, read.
    #[serde(skip)]
    pub provider: Provider,
    /// Whether it works with the loaded library.
    #[serde(flatten)]
    pub state: ProviderState,
}

/// Tries every provider, on its default device, on a small graph that must run there and nowhere else.
pub fn providers(runtime: &Runtime) -> Vec<ProviderStatus> {
    Provider::all()
        .map(|provider| ProviderStatus {
            name: provider.to_string(),
            state: state(runtime, &provider),
            provider,
        })
        .into()
}

/// Whether the loaded library was built with a provider.
pub(in crate::model) fn is_built_in(provider: &Provider) -> bool {
    let answer = match provider {
        Provider::Cpu => CPU::is_available(),
        Provider::Cuda { .. } => CUDA::is_available(),
        Provider::TensorRt { .. } => TensorRT::is_available(),
        Provider::OpenVino { .. } => OpenVINO::is_available(),
    };
    answer.unwrap_or(false)
}

fn state(runtime: &Runtime, provider: &Provider) -> ProviderState {
    if !is_built_in(provider) {
        return ProviderState::NotInThisLibrary { flavour: provider.flavour() };
    }
    match compute(runtime, provider) {
        Ok(()) => ProviderState::Usable,
        Err(error) => ProviderState::MissingDependency { reason: error.problem },
    }
}

fn compute(runtime: &Runtime, provider: &Provider) -> Result<()> {
    let options = SessionOptions {
        provider: provider.clone(),
        threads: Some(1),
        strict: true,
        // Means nothing to an addition, and spares the demand that TensorRT's own default be overridden.
        tf32: matches!(provider, Provider::TensorRt { .. }),
        ..SessionOptions::default()
    };
    let model = tiny::model();
    let mut built =
        session::build_from_memory(runtime, &options, &model, "a small test graph", &Engine::default())?;
    let failed = |error: ort::Error| {
        Error::runtime(provider.to_string(), error.to_string(), "see `askance providers`")
    };
    let input = Array1::from_vec(vec![1.0_f32, -2.0, 0.5, 4.0]);
    let tensor = TensorRef::from_array_view(&input).map_err(failed)?;
    let outputs = built.session.run(ort::inputs!["x" => tensor]).map_err(failed)?;
    let (_, values) = outputs["y"].try_extract_tensor::<f32>().map_err(failed)?;
    if values == [2.0, -4.0, 1.0, 8.0] {
        Ok(())
    } else {
        Err(Error::runtime(
            provider.to_string(),
            format!("computes wrongly: 2 x {input} gave {values:?}"),
            "update its driver",
        ))
    }
}
