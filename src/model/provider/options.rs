//! The options of each provider, every one set explicitly, so that what is recorded is what was active.

use std::path::Path;

use ort::ep::{
    ArbitrarilyConfigurableExecutionProvider, CPU, CUDA, ExecutionProvider, ExecutionProviderDispatch,
    OpenVINO, TensorRT,
};

use super::device::Provider;
use super::tensorrt::{Engine, flag};
use crate::model::{Precision, SessionOptions};

/// Names and values of the options under which a provider is registered. `engine` and where it is kept matter to TensorRT.
pub(in crate::model) fn settings(
    options: &SessionOptions,
    threads: usize,
    engine: &Engine,
    engine_folder: Option<&Path>,
) -> Vec<(&'static str, String)> {
    match &options.provider {
        Provider::Cpu => vec![("arena", "1".into())],
        Provider::Cuda { device } => vec![
            ("device_id", device.to_string()),
            // On by default in ONNX Runtime, which costs ten bits of the mantissa.
            ("use_tf32", flag(options.tf32)),
            // The default, EXHAUSTIVE, times the algorithms, and may choose another one in the next run.
            ("cudnn_conv_algo_search", "HEURISTIC".into()),
            ("cudnn_conv_use_max_workspace", "1".into()),
            ("arena_extend_strategy", "kNextPowerOfTwo".into()),
            ("enable_cuda_graph", "0".into()),
            // Norms of fp16 graphs add up in float32, whatever the version.
            ("enable_skip_layer_norm_strict_mode", "1".into()),
            // Memory-efficient attention: the fastest kernels for sequences as short as a window's (results/h200).
            ("sdpa_kernel", "2".into()),
        ],
        Provider::TensorRt { device } => engine.settings(options, *device, engine_folder),
        Provider::OpenVino { device } => openvino(device, options.precision, threads),
        Provider::OpenVinoPlugin { device } => openvino_plugin(device, options.precision, threads),
        Provider::WebGpu => vec![
            ("powerPreference", "high-performance".into()),
            ("validationMode", "basic".into()),
            ("enableGraphCapture", "0".into()),
        ],
        Provider::TensorRtRtx { .. } => engine.rtx_settings(),
    }
}

fn openvino(device: &str, precision: Option<Precision>, threads: usize) -> Vec<(&'static str, String)> {
    // Left alone, the CPU plugin may compute in bf16 and the GPU plugin does compute in fp16. The NPU has no fp32.
    let precision = match (device, precision) {
        // The provider's own option knows no bf16 for the CPU.
        ("CPU", Some(Precision::Bf16)) => ("load_config", r#"{"CPU":{"INFERENCE_PRECISION_HINT":"bf16"}}"#),
        ("CPU", _) => ("load_config", r#"{"CPU":{"INFERENCE_PRECISION_HINT":"f32"}}"#),
        (_, Some(Precision::Fp16)) => ("precision", "FP16"),
        ("NPU", _) => ("precision", "ACCURACY"),
        _ => ("precision", "FP32"),
    };
    let mut settings = vec![
        ("device_type", device.to_string()),
        (precision.0, precision.1.into()),
        ("disable_dynamic_shapes", "false".into()),
    ];
    if device != "NPU" {
        settings.push(("num_streams", "1".into()));
    }
    if device == "CPU" {
        settings.push(("num_of_threads", threads.to_string()));
    }
    settings
}

/// The plugin takes everything as properties of OpenVINO's devices.
fn openvino_plugin(
    device: &str,
    precision: Option<Precision>,
    threads: usize,
) -> Vec<(&'static str, String)> {
    let hint = match (device, precision) {
        ("NPU", _) | (_, Some(Precision::Fp16)) => "f16",
        (_, Some(Precision::Bf16)) => "bf16",
        _ => "f32",
    };
    let own = match device {
        "CPU" => format!(r#","NUM_STREAMS":"1","INFERENCE_NUM_THREADS":"{threads}""#),
        "NPU" => String::new(),
        _ => r#","NUM_STREAMS":"1""#.to_owned(),
    };
    vec![("load_config", format!(r#"{{"{device}":{{"INFERENCE_PRECISION_HINT":"{hint}"{own}}}}}"#))]
}

/// Whether the loaded library was built with a provider; `None` for one that is plugged in.
pub(in crate::model) fn is_built_in(provider: &Provider) -> Option<bool> {
    let answer = match provider {
        Provider::Cpu => CPU::is_available(),
        Provider::Cuda { .. } => CUDA::is_available(),
        Provider::TensorRt { .. } => TensorRT::is_available(),
        Provider::OpenVino { .. } => OpenVINO::is_available(),
        Provider::OpenVinoPlugin { .. } | Provider::WebGpu | Provider::TensorRtRtx { .. } => return None,
    };
    Some(answer.unwrap_or(false))
}

/// Whether ONNX Runtime is to be told that no node may go to its CPU kernels, which it always is for the NPU: where that
/// compiler fails, the OpenVINO provider would otherwise compile for the CPU and still call itself NPU.
pub(in crate::model) fn forbids_cpu(options: &SessionOptions) -> bool {
    match &options.provider {
        Provider::Cpu => false,
        provider => options.strict || provider.openvino_device() == Some("NPU"),
    }
}

/// A provider that is built in, as `ort` registers it; a failure is an error. `None` for one that is plugged in.
pub(in crate::model) fn dispatch(
    provider: &Provider,
    settings: &[(&'static str, String)],
) -> Option<ExecutionProviderDispatch> {
    fn configured<P: ArbitrarilyConfigurableExecutionProvider>(
        provider: P,
        settings: &[(&'static str, String)],
    ) -> P {
        settings.iter().fold(provider, |provider, (key, value)| provider.with_arbitrary_config(key, value))
    }
    let dispatch = match provider {
        Provider::Cpu => CPU::default().with_arena_allocator(true).build(),
        Provider::Cuda { .. } => configured(CUDA::default(), settings).build(),
        Provider::TensorRt { .. } => configured(TensorRT::default(), settings).build(),
        Provider::OpenVino { .. } => configured(OpenVINO::default(), settings).build(),
        Provider::OpenVinoPlugin { .. } | Provider::WebGpu | Provider::TensorRtRtx { .. } => return None,
    };
    Some(dispatch.error_on_failure())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(provider: &str) -> SessionOptions {
        SessionOptions { provider: provider.parse().unwrap(), ..SessionOptions::default() }
    }

    fn has(options: &SessionOptions, expected: &[(&'static str, &str)]) {
        let settings = settings(options, 3, &Engine::default(), None);
        for (key, value) in expected {
            assert!(settings.contains(&(*key, (*value).into())), "{key}={value}: {settings:?}");
        }
    }

    #[test]
    fn precision_is_explicit_and_full_wherever_there_is_a_choice() {
        has(&on("cuda:2"), &[("use_tf32", "0"), ("device_id", "2"), ("sdpa_kernel", "2")]);
        has(&SessionOptions { tf32: true, ..on("cuda") }, &[("use_tf32", "1")]);
        let none = [("trt_fp16_enable", "0"), ("trt_bf16_enable", "0"), ("trt_int8_enable", "0")];
        has(&on("tensorrt:1"), &none);
        has(&on("tensorrt:1"), &[("device_id", "1")]);
        let full = r#"{"CPU":{"INFERENCE_PRECISION_HINT":"f32"}}"#;
        has(&on("openvino"), &[("load_config", full), ("num_of_threads", "3")]);
        has(&on("openvino:GPU.1"), &[("precision", "FP32"), ("device_type", "GPU.1")]);
        let full =
            r#"{"CPU":{"INFERENCE_PRECISION_HINT":"f32","NUM_STREAMS":"1","INFERENCE_NUM_THREADS":"3"}}"#;
        has(&on("openvino-plugin"), &[("load_config", full)]);
        has(&on("webgpu"), &[("enableGraphCapture", "0")]);
    }

    #[test]
    fn a_lower_precision_is_what_the_provider_is_told() {
        let at = |provider, precision| SessionOptions { precision: Some(precision), ..on(provider) };
        let halves =
            [("trt_fp16_enable", "1"), ("trt_layer_norm_fp32_fallback", "1"), ("trt_bf16_enable", "0")];
        has(&at("tensorrt", Precision::Fp16), &halves);
        has(&at("tensorrt", Precision::Bf16), &[("trt_fp16_enable", "0"), ("trt_bf16_enable", "1")]);
        let bf16 = r#"{"CPU":{"INFERENCE_PRECISION_HINT":"bf16"}}"#;
        has(&at("openvino", Precision::Bf16), &[("load_config", bf16)]);
        has(&at("openvino:GPU", Precision::Fp16), &[("precision", "FP16")]);
        has(&at("openvino:NPU", Precision::Fp16), &[("precision", "FP16")]);
    }

    #[test]
    fn the_npu_may_never_become_a_cpu() {
        assert!(forbids_cpu(&on("openvino:NPU")));
        assert!(!forbids_cpu(&on("openvino:GPU")));
        let strict = SessionOptions {
            provider: Provider::Cuda { device: 0 },
            strict: true,
            ..SessionOptions::default()
        };
        assert!(forbids_cpu(&strict));
        assert!(!forbids_cpu(&SessionOptions { strict: true, ..SessionOptions::default() }));
    }
}
