//! WinCLIP, zero-shot (CVPR 2023, sections 3 and 4.1; anomalib and Accurate-WinCLIP agree on every detail kept here).

pub mod aggregate;
mod contract;
mod model;
pub mod windows;

pub use model::{Embeddings, WinClip, WinClipOptions};
