//! The library in process, without ONNX Runtime: a segmenter is a [`Fake`](askance::model::Fake). Libraries that
//! cannot be loaded are tested here too (`bad_library`), which a test that loads a good one would break: a process
//! keeps to the first.
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails by panicking")]

#[path = "../support/documents.rs"]
mod documents;
#[path = "../support/needs.rs"]
mod needs;
#[path = "../support/onnx_runtime.rs"]
mod onnx_runtime;
#[path = "../support/hostile.rs"]
mod support_hostile;
#[path = "../support/trees.rs"]
mod trees;

mod coarse;
mod figures;
mod listing;

mod aggregate_golden;
mod architecture;
mod attack;
mod attack_axes;
mod attack_choice;
mod axes_golden;
mod axes_properties;
mod bad_library;
mod bench_figures;
mod dataset_files;
mod dataset_golden;
mod dataset_layouts;
mod dataset_lists;
mod dataset_traps;
mod docs;
mod fit;
mod hostile;
mod metric_bootstrap;
mod metric_closed_form;
mod metric_golden;
mod metric_invariance;
mod operating_golden;
mod perturb_golden;
mod perturb_properties;
mod plot_figures;
mod plot_groups;
mod plot_intervals;
mod plot_lists;
mod plot_many;
mod plot_pages;
mod plot_runs;
mod prompt_files;
mod prompt_golden;
mod record_run;
mod search_figures;
mod search_golden;
mod search_properties;
mod stability;
mod study;
mod suites;
mod supply_chain;
mod synth;
