//! The program's commands as a user gives them, with the embedded model, on generated parts. Each command is a
//! process of its own; this one loads no ONNX Runtime.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

#[path = "../support/documents.rs"]
mod documents;
#[path = "../support/needs.rs"]
mod needs;
#[path = "../support/onnx_runtime.rs"]
mod onnx_runtime;
mod program;
#[path = "../support/trees.rs"]
mod trees;

mod anomalib;
mod axes;
mod bench;
mod bounds;
mod compare;
mod compare_search;
mod config;
mod data;
mod defence;
mod docs;
mod fit;
mod kept_text;
mod memory;
mod merged;
mod models_init;
mod paper;
mod providers;
mod replay;
mod report;
mod runs;
mod shard;
mod shortage;
mod submit;
mod survival;
mod terminal;
mod unlabelled;
