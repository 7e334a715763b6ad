//! Building a session: one graph on one provider, with every option set explicitly.

use std::collections::BTreeMap;

use ort::device::Device;
use ort::session::Session;
use ort::session::builder::{GraphOptimizationLevel, SessionBuilder};

use super::options::{SessionOptions, TF32_OVERRIDE};
use super::placement;
use super::plugged::Plugged;
use super::remedy::{self, reason};
use crate::error::{Error, Result};
use crate::model::bundle::Graph;
use crate::model::precision::Precision;
use crate::model::provider::{self, Engine, Provider};
use crate::runtime::{self, Runtime};

/// A session that was built, its options and its placement.
pub(in crate::model) struct Built {
    pub session: Session,
    /// Every option of session and provider, by name.
    pub options: BTreeMap<String, String>,
    /// Number of nodes by execution provider.
    pub placement: BTreeMap<String, usize>,
}

/// Builds a session for a graph of a bundle; `name` names the graph in errors.
pub(in crate::model) fn build(
    runtime: &Runtime,
    options: &SessionOptions,
    graph: &Graph,
    name: &str,
    engine: &Engine,
) -> Result<Built> {
    match graph {
        Graph::File(path) => {
            build_with(runtime, options, name, engine, |builder| builder.commit_from_file(path))
        }
        Graph::Memory(bytes) => build_from_memory(runtime, options, bytes, name, engine),
    }
}

/// Builds a session for a graph in memory.
pub(in crate::model) fn build_from_memory(
    runtime: &Runtime,
    options: &SessionOptions,
    bytes: &[u8],
    name: &str,
    engine: &Engine,
) -> Result<Built> {
    build_with(runtime, options, name, engine, |builder| builder.commit_from_memory(bytes))
}

fn build_with(
    runtime: &Runtime,
    options: &SessionOptions,
    name: &str,
    engine: &Engine,
    commit: impl FnOnce(&mut SessionBuilder) -> ort::Result<Session>,
) -> Result<Built> {
    options.validate()?;
    let provider = &options.provider;
    if provider::is_built_in(provider) == Some(false) {
        return Err(not_built_in(runtime, provider));
    }
    options.require_fp32(engine.computed(options), std::env::var(TF32_OVERRIDE).ok().as_deref())?;
    let (plugged, device) = match runtime::plugin_of(provider.flavour()) {
        Some(plugin) => {
            Plugged::find(runtime, provider, plugin).map(|(plugged, device)| (Some(plugged), Some(device)))?
        }
        None => (None, None),
    };
    if *provider != Provider::Cpu && plugged.is_none() {
        runtime::check_neighbours(runtime.library(), provider.flavour())?;
    }
    let missing: Vec<runtime::Needed> = match provider {
        Provider::Cuda { .. } => runtime::preload_cuda(runtime.library(), false),
        Provider::TensorRt { .. } => runtime::preload_cuda(runtime.library(), true),
        _ => Vec::new(),
    };
    runtime.take_log();
    let engine_folder = match provider {
        Provider::TensorRt { device } => engine.folder(options, *device, &runtime::cache_folder()?),
        _ => None,
    };
    if let Some(folder) = &engine_folder {
        std::fs::create_dir_all(folder).map_err(|error| {
            let problem = format!("cannot be made, to keep TensorRT's engine: {error}");
            Error::file(folder, problem, "set ASKANCE_CACHE to a folder that can be written").caused_by(error)
        })?;
    }
    let settings = provider::settings(options, options.threads(), engine, engine_folder.as_deref());
    let mut builder =
        configure(runtime, options, &settings, plugged.as_ref().zip(device)).map_err(|error| {
            let names: Vec<String> = missing.iter().map(ToString::to_string).collect();
            let reason = reason(&error.to_string(), &runtime.take_log(), &names);
            let fix =
                runtime::fix_missing(&missing).unwrap_or_else(|| remedy::for_failure(provider, &reason));
            Error::runtime(format!("`provider = {provider}`"), format!("cannot be used: {reason}"), fix)
                .caused_by(error)
        })?;
    let session = commit(&mut builder).map_err(|error| {
        let reason = reason(&error.to_string(), &runtime.take_log(), &[]);
        let fix = remedy::for_failure(provider, &reason);
        Error::model(name, format!("cannot be loaded on {provider}: {reason}"), fix).caused_by(error)
    })?;
    let placement = placement::nodes_by_provider(&session).map_err(|error| {
        Error::runtime(name, format!("placement is unknown: {error}"), "report this with the version")
            .caused_by(error)
    })?;
    if !placement.contains_key(provider.runtime_name()) {
        let problem = format!("runs no node on {provider}; it went to {placement:?}");
        return Err(Error::model(
            name,
            problem,
            "choose the provider that takes it, for example `provider = cpu`",
        ));
    }
    let mut active = active(options, &settings);
    active.extend(plugged.iter().flat_map(Plugged::recorded));
    Ok(Built { session, options: active, placement })
}

fn configure(
    runtime: &Runtime,
    options: &SessionOptions,
    settings: &[(&'static str, String)],
    plugged: Option<(&Plugged, Device)>,
) -> ort::Result<SessionBuilder> {
    let builder = Session::builder(runtime.environment())?
        .with_optimization_level(GraphOptimizationLevel::All)?
        .with_parallel_execution(false)?
        .with_inter_threads(1)?
        .with_intra_threads(options.threads())?
        .with_memory_pattern(true)?
        .with_deterministic_compute(true)?
        // Its threads would otherwise spin on after a call, on the cores that perturb the next batch.
        .with_config_entry("session.force_spinning_stop", flag(!options.spin))?
        .with_config_entry(ARM_BF16, flag(arm_bf16(options)))?
        .with_config_entry(placement::RECORD_KEY, "1")?;
    let builder = if provider::forbids_cpu(options) { builder.with_disable_cpu_fallback()? } else { builder };
    match plugged {
        Some((plugged, device)) => Ok(builder.with_devices([device], Some(&plugged.options(settings)))?),
        None => {
            Ok(builder
                .with_execution_providers(provider::dispatch(&options.provider, settings).as_slice())?)
        }
    }
}

/// Session option that lets the CPU provider multiply fp32 in bf16, on 64-bit ARM; elsewhere it does nothing.
const ARM_BF16: &str = "mlas.enable_gemm_fastmath_arm64_bfloat16";

fn arm_bf16(options: &SessionOptions) -> bool {
    options.provider == Provider::Cpu && options.precision == Some(Precision::Bf16)
}

fn flag(on: bool) -> &'static str {
    if on { "1" } else { "0" }
}

/// The options that [`configure`] set, for the record.
fn active(options: &SessionOptions, settings: &[(&'static str, String)]) -> BTreeMap<String, String> {
    let name = options.provider.to_string();
    let prefix = name.split(':').next().unwrap_or(&name);
    let of_provider = settings.iter().map(|(key, value)| (format!("{prefix}.{key}"), value.clone()));
    let of_session = [
        ("session.graph_optimization", "all".to_string()),
        ("session.execution_mode", "sequential".into()),
        ("session.intra_threads", options.threads().to_string()),
        ("session.force_spinning_stop", flag(!options.spin).into()),
        ("session.memory_pattern", "1".into()),
        ("session.deterministic_compute", "1".into()),
        (ARM_BF16, flag(arm_bf16(options)).into()),
        ("session.disable_cpu_ep_fallback", flag(provider::forbids_cpu(options)).into()),
    ];
    of_session.into_iter().map(|(key, value)| (key.to_string(), value)).chain(of_provider).collect()
}

fn not_built_in(runtime: &Runtime, provider: &Provider) -> Error {
    let (library, flavour) = (runtime.library().display(), provider.flavour());
    Error::runtime(
        format!("`provider = {provider}`"),
        format!("the loaded ONNX Runtime {library} was built without it"),
        format!(
            "run `askance runtime install {flavour}`, or name a library that has it with `ort_lib`; see `askance providers`"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn settings_that_would_do_nothing_are_refused() {
        let cuda = SessionOptions {
            provider: Provider::Cuda { device: 0 },
            tf32: true,
            ..SessionOptions::default()
        };
        assert!(cuda.validate().is_ok());
        let cpu = SessionOptions { tf32: true, ..SessionOptions::default() };
        assert_eq!(cpu.validate().unwrap_err().subject, "`tf32`");
        let tensorrt =
            SessionOptions { provider: Provider::TensorRt { device: 0 }, ..SessionOptions::default() };
        let full = Some(Precision::Fp32);
        assert!(tensorrt.require_fp32(full, Some("0")).is_ok());
        for other in [None, Some("1"), Some("")] {
            let error = tensorrt.require_fp32(full, other).unwrap_err();
            assert!(error.fix.contains("NVIDIA_TF32_OVERRIDE=0") && error.fix.contains("`tf32`"), "{error}");
            assert!(tensorrt.require_fp32(None, other).is_err(), "nobody knows that it is less");
            assert!(SessionOptions { tf32: true, ..tensorrt.clone() }.require_fp32(full, other).is_ok());
            assert!(cuda.require_fp32(full, other).is_ok());
            for lower in [Precision::Fp16, Precision::Bf16, Precision::Int8] {
                // Of a bundle in that precision, and of one in fp32 that TensorRT rounds.
                let graph = Engine::in_precision(lower);
                assert!(tensorrt.require_fp32(graph.computed(&tensorrt), other).is_ok());
                let rounded = SessionOptions { precision: Some(lower), ..tensorrt.clone() };
                let graph = Engine::in_precision(Precision::Fp32);
                assert!(rounded.require_fp32(graph.computed(&rounded), other).is_ok());
            }
        }
        let openvino = Provider::OpenVino { device: "CPU".into() };
        let spin = SessionOptions { provider: openvino, spin: true, ..SessionOptions::default() };
        assert_eq!(spin.validate().unwrap_err().subject, "`spin`");
        let none = SessionOptions { threads: Some(0), ..SessionOptions::default() };
        assert_eq!(none.validate().unwrap_err().kind, Kind::Usage);
    }
}
