//! Providers compared: latency, throughput, memory and parity of maps.
//!
//! One ONNX Runtime library fits into a process, so each [`Configuration`] runs in a child process of its own, which also
//! isolates crashes and gives each its own peak memory. Parent and child speak [`protocol`] over the child's standard input
//! and output: [`serve`] is the child's side, [`Process`] the parent's. All children live at the same time, and
//! [`rounds::run`] visits each once a round, beginning with another one every time, so that whatever the machine does
//! meanwhile hits all alike. The rounds know nothing but [`Executor`]s: tests give them made-up ones.

mod configuration;
mod device;
mod executor;
mod failure;
mod folder;
mod parity;
mod plan;
mod process;
pub mod protocol;
pub mod rounds;
mod rows;
mod statistics;
mod verdict;
mod warning;
mod worker;

pub use configuration::Configuration;
pub use executor::Executor;
pub use failure::Failure;
pub use folder::Folder;
pub use parity::{Difference, ParityMetrics, ParityMetricsOf, difference};
pub use plan::BenchPlan;
pub use process::{Launch, Process};
pub use rows::{Knowledge, ran, rows};
pub use statistics::Latency;
pub use verdict::{Stability, Verdict};
pub use warning::{Conditions, Warning, warnings};
pub use worker::serve;
