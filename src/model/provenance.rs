//! The record of what ran.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lowering::Lowered;
use super::precision::Precision;
use super::provider::Provider;
use crate::runtime::Runtime;

/// What ran: model, library, provider and every option as it was really set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Provenance {
    /// Name of the bundle, and of the defence around it.
    pub model: String,
    /// The defence; empty for none.
    pub defence: String,
    /// [`Bundle::hash`](super::Bundle::hash); empty for a model without files.
    pub model_hash: String,
    /// The precision that ran, as [`Precision`] names it; empty where it is not known.
    pub precision: String,
    /// The provider that ran, in the form that [`Provider`] reads, for example `cuda:0`.
    pub provider: String,
    /// Version of ONNX Runtime, for example `1.31.1`; empty where none was used.
    pub runtime_version: String,
    /// The library file that was loaded.
    pub runtime_library: String,
    /// How that file was found, for example `cache`.
    pub runtime_source: String,
    /// Name of the prompt set.
    pub prompts: String,
    /// Every option of the model, the session and the provider that was set, by name.
    pub options: BTreeMap<String, String>,
    /// Number of nodes of the image graph that each execution provider took, by ONNX Runtime's provider name.
    pub placement: BTreeMap<String, usize>,
}

impl Provenance {
    /// Whether the model ran elsewhere than on the processor's cores, which are free for other work during its calls.
    pub fn is_on_device(&self) -> bool {
        self.provider.parse::<Provider>().is_ok_and(|provider| provider.is_device())
    }

    /// What ran, but for the prompts.
    pub(super) fn of(
        lowered: &Lowered,
        runtime: &Runtime,
        options: BTreeMap<String, String>,
        placement: BTreeMap<String, usize>,
    ) -> Self {
        Self {
            model: lowered.bundle.name().into(),
            model_hash: lowered.bundle.hash(),
            precision: lowered.active().map_or("", Precision::name).into(),
            provider: lowered.options.provider.to_string(),
            runtime_version: runtime.version().into(),
            runtime_library: runtime.library().display().to_string(),
            runtime_source: runtime.source().name().into(),
            options: options.into_iter().chain(lowered.entries()).collect(),
            placement,
            ..Self::default()
        }
    }
}
