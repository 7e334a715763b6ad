//! Execution providers: which one, on which device.

mod device;
mod options;
mod status;
mod survey;
mod tensorrt;
mod tiny;

pub use device::Provider;
pub(super) use options::{dispatch, forbids_cpu, is_built_in, settings};
pub use status::{ProviderState, ProviderStatus, providers};
pub use survey::{Library, LibraryState, Survey, look_at, survey};
pub(super) use tensorrt::{Engine, Shapes};
