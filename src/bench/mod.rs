//! Providers compared: latency, throughput, memory and parity of maps.
//!
//! One ONNX Runtime library fits into a process, so each configuration of a [`BenchPlan`] runs in a child process of its own,
//! which also isolates crashes and gives each its own peak memory. Parent and child speak a protocol of JSON lines over the child's
//! standard input and output, of which [`serve`] is the child's side. All children live at the same time, and each is visited once a
//! round, beginning with another one every time, so that whatever the machine does meanwhile hits all alike.
//! [`Providers`](crate::study::Providers) runs a whole comparison.

mod configuration;
mod device;
mod executor;
mod failure;
mod folder;
mod parity;
mod plan;
mod process;
pub(crate) mod protocol;
mod ratio;
mod requirement;
pub(crate) mod rounds;
mod rows;
mod statistics;
mod verdict;
mod warning;
mod worker;

pub(crate) use configuration::Configuration;
pub(crate) use executor::Executor;
pub(crate) use failure::Failure;
pub(crate) use folder::Folder;
pub(crate) use parity::ParityMetrics;
pub use plan::BenchPlan;
pub(crate) use process::{Launch, Process};
pub use requirement::Requirement;
pub(crate) use rows::{Knowledge, rows};
pub use warning::Warning;
pub(crate) use warning::{Conditions, warnings};
pub use worker::serve;
