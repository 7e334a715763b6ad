//! The status of providers: which work on this machine, and why not the others.

use std::fmt;

use ndarray::Array1;
use ort::value::TensorRef;
use serde::{Deserialize, Serialize};

use super::device::Provider;
use super::options::is_built_in;
use super::tensorrt::Engine;
use super::tiny;
use crate::error::{Error, Result};
use crate::model::session::{self, SessionOptions};
use crate::runtime::{self, Flavour, Runtime};

/// The state of a provider: whether it works, and why not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ProviderState {
    /// The provider computed a small graph.
    Usable,
    /// The library was built without the provider.
    NotInThisLibrary {
        /// The build of ONNX Runtime that has it: `askance runtime install FLAVOUR`.
        flavour: Flavour,
    },
    /// The library has the provider, but it cannot be used: a library, a driver or a device is missing.
    MissingDependency {
        /// Libraries of the driver, CUDA, cuDNN and TensorRT that are nowhere.
        libraries: Vec<String>,
        /// The reason why the provider cannot be used, as far as it is known.
        reason: String,
        /// The fix: what to do about it.
        fix: String,
    },
    /// There is no library of the provider's flavour on this machine.
    NotInstalled {
        /// The build of ONNX Runtime that has it: `askance runtime install FLAVOUR`.
        flavour: Flavour,
    },
    /// The library of the provider's flavour cannot be asked: it is damaged, or the process that loaded it crashed or hung.
    LibraryFails {
        /// How the library fails.
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
            Self::NotInstalled { flavour } => {
                write!(
                    f,
                    "not installed; `askance runtime install {flavour}` fetches the flavour that has it"
                )
            }
            Self::MissingDependency { reason, .. } | Self::LibraryFails { reason } => f.pad(reason),
        }
    }
}

/// A provider and whether it works.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderStatus {
    /// The provider on its default device, for example `cuda:0`.
    #[serde(rename = "name")]
    pub provider: Provider,
    /// Every device on which it computed the small graph.
    pub devices: Vec<Provider>,
    /// The state of the provider on its default device.
    #[serde(flatten)]
    pub state: ProviderState,
}

/// Tries every provider of the loaded library, on each of its devices, on a small graph that must run there and nowhere else. Plugins
/// are tried too, unless the library has OpenVINO of its own: two of it do not go together.
pub fn providers(runtime: &Runtime) -> Vec<ProviderStatus> {
    let takes_plugins = is_built_in(&Provider::OpenVino { device: "CPU".into() }) != Some(true);
    let tried = |provider: &Provider| takes_plugins || runtime::plugin_of(provider.flavour()).is_none();
    Provider::all()
        .into_iter()
        .filter(tried)
        .map(|provider| {
            let state = state(runtime, &provider);
            let devices = devices(runtime, &provider, &state);
            ProviderStatus { provider, devices, state }
        })
        .collect()
}

/// The devices of a provider that work, given the state of the default one.
fn devices(runtime: &Runtime, provider: &Provider, default: &ProviderState) -> Vec<Provider> {
    let works = |provider: &Provider| compute(runtime, provider).is_ok();
    let own = (*default == ProviderState::Usable).then(|| provider.clone());
    // GPUs are numbered without gaps, and only the first may be missing.
    let gpus =
        own.iter().flat_map(|first| (1..).map_while(|number| first.on_nvidia(number)).take_while(works));
    let is_there = is_built_in(provider) != Some(false);
    let kinds = ["GPU", "NPU"].into_iter().filter(|_| is_there).filter_map(|name| provider.on_openvino(name));
    let others: Vec<Provider> = gpus.chain(kinds.filter(works)).collect();
    own.into_iter().chain(others).collect()
}

fn state(runtime: &Runtime, provider: &Provider) -> ProviderState {
    let flavour = provider.flavour();
    if is_built_in(provider) == Some(false) {
        return ProviderState::NotInThisLibrary { flavour };
    }
    if runtime::plugin_of(flavour).is_some_and(|plugin| !plugin.is_installed()) {
        return ProviderState::NotInstalled { flavour };
    }
    match compute(runtime, provider) {
        Ok(()) => ProviderState::Usable,
        Err(error) => ProviderState::MissingDependency {
            libraries: missing_libraries(runtime, provider),
            reason: error.problem,
            fix: error.fix,
        },
    }
}

fn missing_libraries(runtime: &Runtime, provider: &Provider) -> Vec<String> {
    let tensorrt = matches!(provider, Provider::TensorRt { .. });
    if provider.flavour() != Flavour::Gpu {
        return Vec::new();
    }
    let missing = runtime::preload_cuda(runtime.library(), tensorrt);
    missing.into_iter().map(|needed| needed.library.to_owned()).collect()
}

fn compute(runtime: &Runtime, provider: &Provider) -> Result<()> {
    let options = SessionOptions {
        provider: provider.clone(),
        threads: Some(1),
        strict: true,
        // Means nothing to an addition, and spares the demand that TensorRT's own default be overridden.
        tf32: matches!(provider, Provider::TensorRt { .. } | Provider::TensorRtRtx { .. }),
        ..SessionOptions::default()
    };
    let model = tiny::model();
    let mut built =
        session::build_from_memory(runtime, &options, &model, "a small test graph", &Engine::default())?;
    let failed = |error: ort::Error| {
        Error::runtime(provider.to_string(), error.to_string(), "see `askance providers`").caused_by(error)
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
