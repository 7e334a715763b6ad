//! Models in process, on the CPU build of ONNX Runtime, which is the one that this process loads.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

#[path = "../support/needs.rs"]
mod needs;
#[path = "../support/onnx_runtime.rs"]
mod onnx_runtime;
#[path = "../support/segmenter.rs"]
mod segmenter;

mod pocket;

mod anomalib;
mod backbones;
mod bundle;
mod company;
mod foreign;
mod replay;
mod runtime;
mod winclip;
