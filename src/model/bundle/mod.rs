//! Bundles: a folder (or an embedded copy of one) with a manifest `bundle.toml` and the ONNX graphs that it describes.

mod checked;
mod clip;
mod describe;
mod embedded;
mod external;
mod files;
mod foreign;
mod left;
mod manifest;
mod sibling;

pub use checked::Bundle;
pub(crate) use checked::Graph;
pub use clip::{ClipManifest, ImageSection, TextSection, WinClipSection};
pub use describe::{ClipDescription, Description};
pub(super) use external::weights as external_weights;
pub(crate) use files::{IMAGE_GRAPH, SCALES, TEXT_GRAPH};
pub(crate) use foreign::{ARCHITECTURE as FOREIGN_ARCHITECTURE, FOREIGN_GRAPH};
pub use foreign::{
    Channels, ForeignManifest, InputSection, OutputSection, Polarity, Resize, TensorLayout, TextInputSection,
};
pub(crate) use left::{FILL_IN, to_fill_in};
pub(crate) use manifest::MANIFEST_FILE;
pub use manifest::Manifest;
