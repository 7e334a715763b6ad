//! The options of each provider, every one set explicitly, so that what is recorded is what was active.

use ort::ep::{
    ArbitrarilyConfigurableExecutionProvider, CPU, CUDA, ExecutionProviderDispatch, OpenVINO, TensorRT,
};

use super::Provider;
use crate::model::SessionOptions;

/// Names and values of the options under which a provider is registered.
pub(in crate::model) fn settings(options: &SessionOptions, threads: usize) -> Vec<(&'static str, String)> {
    match &options.provider {
        Provider::Cpu => vec![("arena", "1".into())],
        Provider::Cuda { device } => vec![
            ("device_id", device.to_string()),
            // On by default in ONNX Runtime, which costs ten bits of the mantissa.
            ("use_tf32", u8::from(options.tf32).to_string()),
            // The default, EXHAUSTIVE, times the algorithms, and may choose another one in the next run.
            ("cudnn_conv_algo_search", "HEURISTIC".into()),
            ("cudnn_conv_use_max_workspace", "1".into()),
            ("arena_extend_strategy", "kNextPowerOfTwo".into()),
            ("enable_cuda_graph", "0".into()),
        ],
        Provider::TensorRt { device } => vec![
            ("device_id", device.to_string()),
            ("trt_fp16_enable", "0".into()),
            ("trt_bf16_enable", "0".into()),
            ("trt_int8_enable", "0".into()),
            ("trt_cuda_graph_enable", "0".into()),
        ],
        Provider::OpenVino { device } => openvino(device, threads),
    }
}

fn openvino(device: &str, threads: usize) -> Vec<(&'static str, String)> {
    // Left alone, the CPU plugin may compute in bf16 and the GPU plugin does compute in fp16. The NPU has no fp32.
    let precision = if device == "NPU" { "ACCURACY" } else { "FP32" };
    let mut settings = vec![
        ("device_type", device.to_string()),
        ("precision", precision.into()),
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

/// Whether ONNX Runtime is to be told that no node may go to its CPU kernels. Always for the NPU: where its compiler fails,
/// the OpenVINO provider would otherwise compile for the CPU and still call itself NPU.
pub(in crate::model) fn forbids_cpu(options: &SessionOptions) -> bool {
    match &options.provider {
        Provider::Cpu => false,
        Provider::OpenVino { device } if device == "NPU" => true,
        Provider::Cuda { .. } | Provider::TensorRt { .. } | Provider::OpenVino { .. } => options.strict,
    }
}

/// The provider as `ort` registers it; a failure is an error.
pub(in crate::model) fn dispatch(
    provider: &Provider,
    settings: &[(&'static str, String)],
) -> ExecutionProviderDispatch {
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
    };
    dispatch.error_on_failure()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(provider: &str, tf32: bool) -> (Vec<(&'static str, String)>, bool) {
        let options =
            SessionOptions { provider: provider.parse().unwrap(), tf32, ..SessionOptions::default() };
        (settings(&options, 3), forbids_cpu(&options))
    }

    #[test]
    fn precision_is_explicit_and_full_wherever_there_is_a_choice() {
        let has = |provider: &str, tf32: bool, key: &str, value: &str| {
            let (settings, _) = of(provider, tf32);
            assert!(
                settings.contains(&(settings.iter().find(|(k, _)| *k == key).unwrap().0, value.into())),
                "{settings:?}"
            );
        };
        has("cuda:2", false, "use_tf32", "0");
        has("cuda:2", true, "use_tf32", "1");
        has("cuda:2", false, "device_id", "2");
        has("tensorrt:1", false, "trt_fp16_enable", "0");
        has("tensorrt:1", false, "device_id", "1");
        has("openvino", false, "precision", "FP32");
        has("openvino", false, "num_of_threads", "3");
        has("openvino:GPU.1", false, "precision", "FP32");
        has("openvino:GPU.1", false, "device_type", "GPU.1");
    }

    #[test]
    fn the_npu_may_never_become_a_cpu() {
        assert!(of("openvino:NPU", false).1);
        assert!(!of("openvino:GPU", false).1);
        let strict = SessionOptions {
            provider: Provider::Cuda { device: 0 },
            strict: true,
            ..SessionOptions::default()
        };
        assert!(forbids_cpu(&strict));
        assert!(!forbids_cpu(&SessionOptions { strict: true, ..SessionOptions::default() }));
    }
}
