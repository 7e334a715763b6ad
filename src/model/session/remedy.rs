//! What is wrong where no session can be had, and what to do about it.

use crate::model::provider::Provider;
use crate::runtime;

/// The most telling reason for a failure: libraries that the loader does not find, else the words of ONNX Runtime. `missing` are
/// libraries that the provider may need and that are nowhere.
pub(super) fn reason(error: &str, log: &[String], missing: &[String]) -> String {
    let of_loader = log.iter().map(String::as_str).chain([error]).find_map(runtime::missing_library);
    let not_found = match (of_loader, missing) {
        (_, [_, ..]) => format!("{NOT_FOUND}{}", missing.join(", ")),
        (Some(library), []) => format!("{NOT_FOUND}{library}"),
        (None, []) => String::new(),
    };
    if of_loader.is_some() {
        return not_found;
    }
    let last = log.last().map(String::as_str).filter(|last| !error.contains(*last));
    let words = [error, last.unwrap_or_default(), &not_found];
    words.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ")
}

const NOT_FOUND: &str = "the loader does not find ";

/// The remedy for the failure to make a session on a provider, by its reason.
pub(super) fn for_failure(provider: &Provider, reason: &str) -> String {
    let of_openvino = matches!(provider, Provider::OpenVino { .. });
    if let Some((_, library)) = reason.split_once(NOT_FOUND) {
        let place =
            format!("add the folder that holds {library} to LD_LIBRARY_PATH; or use `provider = cpu`");
        return if of_openvino {
            format!("{OPENVINO}, or {place}")
        } else {
            format!("install the package that holds {library}, or {place}")
        };
    }
    if let (true, Provider::OpenVino { device }) =
        (NO_PLUGIN.iter().any(|words| reason.contains(words)), provider)
        && device == "CPU"
    {
        return format!("{OPENVINO}; or use `provider = cpu`");
    }
    if let Some(newest) = newest(reason) {
        return format!(
            "export the model again with {newest}, or use a newer ONNX Runtime (one that `ort_lib` names, or a newer Askance brings)"
        );
    }
    if UNKNOWN_OPERATOR.iter().any(|words| reason.contains(words)) {
        let newer = "or use a newer ONNX Runtime with `ort_lib`, where it is a newer operator";
        return format!("export the model again with standard operators of ONNX, {newer}");
    }
    if NO_MODEL.iter().any(|words| reason.contains(words)) {
        return DAMAGED.to_owned();
    }
    match OF_WEIGHTS.iter().find(|(words, _)| reason.contains(words)) {
        Some((_, fix)) => (*fix).to_owned(),
        None => by_provider(provider).to_owned(),
    }
}

/// Where OpenVINO comes from.
const OPENVINO: &str = "run `askance runtime install openvino`, which brings all of OpenVINO (where a damaged one lies in the cache, \
                        delete its folder first), or `pip install onnxruntime-openvino` in the active Python environment";
/// Words of OpenVINO for the processor as a device whose library is not there.
const NO_PLUGIN: [&str; 2] = ["is not registered in the OpenVINO Runtime", "Device CPU is not available"];
/// Words of ONNX Runtime for an operator that it does not have.
const UNKNOWN_OPERATOR: [&str; 3] =
    ["is not a registered function/op", "No Op registered for", "Could not find an implementation for"];

/// Words of ONNX Runtime for a file that is no model, or not a whole one.
const NO_MODEL: [&str; 2] = ["Protobuf parsing failed", "No graph was found in the protobuf"];
const DAMAGED: &str = "download, copy or export it again: the file is cut short, damaged or no ONNX model (a web page that was saved in its \
                       place, an archive or weights alone?)";

/// Words of ONNX Runtime about files of weights beside a graph, and what helps.
const OF_WEIGHTS: [(&str, &str); 2] = [
    (
        "escapes model directory",
        "copy the file of weights that the link leads to into the graph's folder, in place of the link",
    ),
    (
        "External initializer",
        "copy or export the graph and its file of weights again: they do not fit together",
    ),
];

/// The newest opset or version of the format that this ONNX Runtime takes, where a model is newer.
fn newest(reason: &str) -> Option<String> {
    let number = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    };
    if let Some((_, rest)) = reason.split_once("max supported IR version: ") {
        return Some(format!("IR version {} or lower", number(rest)?));
    }
    let (_, rest) = reason.split_once("Current official support for domain ")?;
    let (domain, rest) = rest.split_once(" is till opset ")?;
    Some(format!("opset {} of {domain} or lower", number(rest)?))
}

fn by_provider(provider: &Provider) -> &'static str {
    match provider {
        Provider::Cpu => "check the bundle with `askance models`, or export it again",
        Provider::Cuda { .. } => {
            "check the GPU's number with `nvidia-smi`, and `askance providers`, which says what is missing; or use `provider = cpu`"
        }
        Provider::TensorRt { .. } => {
            "check the GPU's number with `nvidia-smi`, and `askance providers`, which says what is missing; or use `provider = cuda`"
        }
        Provider::WebGpu => "check `askance providers`, and the driver of the GPU; or use `provider = cpu`",
        Provider::TensorRtRtx { .. } => {
            "check the GPU's number with `nvidia-smi`, and `askance providers`; or use `provider = cuda`"
        }
        _ if provider.openvino_device() == Some("CPU") => {
            "use `provider = cpu`, or another `precision`: OpenVINO itself refuses this"
        }
        Provider::OpenVino { .. } | Provider::OpenVinoPlugin { .. } => {
            "check the device's name and driver; or use `provider = openvino:CPU` or cpu"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_that_is_too_new_is_told_the_newest_that_is_taken() {
        let of = |reason: &str| for_failure(&Provider::Cpu, reason);
        let ir = of("Unsupported model IR version: 14, max supported IR version: 13");
        assert!(ir.contains("with IR version 13 or lower") && ir.contains("`ort_lib`"), "{ir}");
        let opset = of(
            "ONNX Runtime only *guarantees* support for models stamped with official released onnx opset versions. Opset 99 is \
             under development and support for this is limited. Current official support for domain ai.onnx is till opset 25.",
        );
        assert!(opset.contains("with opset 25 of ai.onnx or lower"), "{opset}");
        assert!(!of("Protobuf parsing failed").contains("newer"));
    }

    #[test]
    fn an_operator_that_is_unknown_is_no_damaged_bundle() {
        let fix = for_failure(&Provider::Cpu, "Fatal error: com.me:Mine(-1) is not a registered function/op");
        assert!(fix.contains("standard operators"), "{fix}");
    }

    #[test]
    fn weights_that_a_link_leads_out_to_are_to_be_copied() {
        let reason = "External data path validation failed for initializer: w. Error: External data path escapes model directory.";
        assert!(for_failure(&Provider::Cpu, reason).contains("in place of the link"));
    }

    #[test]
    fn what_is_no_model_is_to_be_got_again() {
        for words in ["failed:Protobuf parsing failed.", "failed:No graph was found in the protobuf."] {
            let fix = for_failure(&Provider::Cpu, &format!("Load model from m.onnx {words}"));
            assert!(fix.contains("web page") && fix.contains("cut short"), "{fix}");
        }
    }

    #[test]
    fn a_library_of_openvino_that_is_missing_is_named_with_where_it_comes_from() {
        let openvino = Provider::OpenVino { device: "CPU".into() };
        let reason = reason(
            "Failed to load library libonnxruntime_providers_openvino.so with error: libopenvino.so.2541: cannot open shared object \
             file: No such file or directory",
            &[],
            &[],
        );
        let fix = for_failure(&openvino, &reason);
        for words in
            ["libopenvino.so.2541", "askance runtime install openvino", "pip install onnxruntime-openvino"]
        {
            assert!(fix.contains(words), "{fix}");
        }
        let plugin = "[ERROR] [OpenVINO] Device CPU is not available";
        assert!(for_failure(&openvino, plugin).contains("runtime install openvino"));
        let cuda = for_failure(&Provider::Cuda { device: 0 }, "the loader does not find libz.so.1");
        assert!(cuda.contains("package that holds libz.so.1") && !cuda.contains("openvino"), "{cuda}");
    }

    #[test]
    fn the_reason_names_the_missing_library() {
        let log = ["Failed to load library: libcublasLt.so.13: cannot open shared object file: No such file"
            .to_string()];
        assert_eq!(reason("EP failed", &log, &[]), "the loader does not find libcublasLt.so.13");
        assert_eq!(
            reason("EP failed", &log, &["libcuda.so.1".into()]),
            "the loader does not find libcuda.so.1"
        );
        assert_eq!(reason("EP failed", &[], &[]), "EP failed");
        let other_cause = reason("no GPU 7", &["CUDA error".to_string()], &["libcufft.so.12".into()]);
        assert_eq!(other_cause, "no GPU 7; CUDA error; the loader does not find libcufft.so.12");
    }
}
