//! Sessions: one graph on one provider, with every option set explicitly.

mod bound;
mod build;
mod options;
mod placement;
mod plugged;
mod remedy;

pub(super) use bound::Bound;
pub(super) use build::{build, build_from_memory};
pub use options::SessionOptions;
pub(super) use options::TF32_OVERRIDE;
