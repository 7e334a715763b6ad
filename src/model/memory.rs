//! Model calls that fail for want of memory.

use crate::error::{Error, Kind, Result};
use crate::types::has_room;

/// Phrases of ONNX Runtime and the libraries below it where memory cannot be had, in lower case.
const PHRASES: [&str; 8] = [
    "failed to allocate memory",
    "out of memory",
    "out_of_memory",
    "outofmemory",
    "_status_alloc_failed",
    "bad_alloc",
    "bad allocation",
    "exceeded max size of memory",
];

/// Refuses a call with more pictures of `size` pixels a side than memory can be had for. `field` of a manifest says that size, where
/// there is one.
///
/// # Errors
/// One of [`Kind::Memory`].
pub(crate) fn require_room(subject: &str, field: Option<&str>, size: usize, pictures: usize) -> Result<()> {
    if has_room(pictures, (size, size)) {
        return Ok(());
    }
    let number = if pictures == 1 { "a picture".to_owned() } else { format!("{pictures} pictures") };
    let problem = format!(
        "needs more memory than there is for {number} of {size} pixels a side{}",
        field.map_or_else(String::new, |field| format!(" ({field})"))
    );
    let correct = field.map_or_else(String::new, |field| format!(", or correct {field} in its manifest"));
    let fix = format!("use a smaller `batch` or another model, or free memory{correct}");
    Err(Error::new(Kind::Memory, subject, problem, fix))
}

/// Whether the message of a failed call says that the memory of the host or of a device did not suffice.
fn is_exhausted(message: &str) -> bool {
    let message = message.to_lowercase();
    PHRASES.iter().any(|phrase| message.contains(phrase))
}

/// The error of a call of the graph `subject` that failed on `provider`: of [`Kind::Memory`] where memory did not suffice, else of
/// [`Kind::Model`] with `fix`.
pub(super) fn failed_call(
    subject: &str,
    provider: &str,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    fix: &str,
) -> Error {
    let error = error.into();
    let message = error.to_string();
    let problem = format!("fails on {provider}: {message}");
    let failed = if is_exhausted(&message) {
        Error::new(Kind::Memory, subject, problem, "use a smaller `batch`, or free memory of the device")
    } else {
        Error::model(subject, problem, fix)
    };
    failed.caused_by(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_room_names_the_field_that_asks_for_it() {
        require_room("m", Some("input.size"), 240, 8).unwrap();
        let error = require_room("m", Some("input.size"), 8192, 1 << 16).unwrap_err();
        assert_eq!(error.kind, Kind::Memory);
        assert!(error.problem.contains("8192 pixels a side (input.size)"), "{error}");
        assert!(error.fix.contains("`batch`") && error.fix.contains("input.size"), "{error}");
    }

    #[test]
    fn messages_of_the_field_are_told_apart() {
        // The first ones are as users reported them: issues 16307, 22702, 16512, 16305 and 10770 of microsoft/onnxruntime,
        // 2198 of NVIDIA/TensorRT, 2406 of openvino.genai.
        let of_memory = [
            "Non-zero status code returned while running ReduceSum node. onnxruntime::BFCArena::AllocateRawInternal Failed to \
             allocate memory for requested buffer of size 939524096",
            "Non-zero status code returned while running Conv node. Status Message: bfc_arena.cc:376 void* \
             onnxruntime::BFCArena::AllocateRawInternal(size_t, bool, onnxruntime::Stream*, bool, \
             onnxruntime::WaitNotificationFn) Failed to allocate memory for requested buffer of size 4585490524328388608",
            "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED ; GPU=0 ; expr=cublasCreate(&cublas_handle_);",
            "CUDNN failure 2: CUDNN_STATUS_ALLOC_FAILED ; GPU=0",
            "Non-zero status code returned while running FusedMatMul node. Status Message: bad allocation",
            "Cuda Error in allocate: 2 (out of memory)",
            "defaultAllocator.cpp::nvinfer1::internal::DefaultAllocator::allocate::63] Error Code 1: Cuda Runtime (out of memory)",
            "CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc((void**)&p, size);",
            "failed to allocate 32.00M (33554432 bytes) from device: CUDA_ERROR_OUT_OF_MEMORY",
            "Error Code 2: OutOfMemory (no further information)",
            "std::bad_alloc",
            "[GPU] Exceeded max size of memory object allocation: requested 4831838208 bytes, but max alloc size supported by \
             device is 1073741824 bytes.Please try to reduce batch size or use lower precision.",
        ];
        for message in of_memory {
            assert!(is_exhausted(message), "{message}");
            assert_eq!(failed_call("image.onnx", "cuda:0", message, "x").kind, Kind::Memory);
        }
        let of_other_causes = [
            "Non-zero status code returned while running MatMul node. Name:'/blocks.0/MatMul' Status Message: matmul dimension \
             mismatch",
            "CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED ; GPU=0",
            "CUDA failure 700: an illegal memory access was encountered",
            "Got invalid dimensions for input: pixels for the following indices index: 2 Got: 224 Expected: 240",
            "onnx runtime error 2: not enough space: expected 318080, got 314240",
        ];
        for message in of_other_causes {
            assert!(!is_exhausted(message), "{message}");
            let error = failed_call("image.onnx", "cuda:0", message, "look again");
            assert_eq!((error.kind, error.fix.as_str()), (Kind::Model, "look again"));
        }
    }
}
