//! The bundles that are part of the program.

use super::files::{IMAGE_GRAPH, TEXT_GRAPH};

/// A bundle that is part of the program.
#[derive(Clone, Copy, Debug)]
pub(super) struct EmbeddedBundle {
    pub name: &'static str,
    pub manifest: &'static str,
    pub files: [(&'static str, &'static [u8]); 2],
}

macro_rules! embed {
    ($name:literal) => {
        EmbeddedBundle {
            name: $name,
            manifest: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/", $name, "/bundle.toml")),
            files: [
                (
                    IMAGE_GRAPH,
                    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/", $name, "/image.onnx")),
                ),
                (
                    TEXT_GRAPH,
                    include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/models/", $name, "/text.onnx")),
                ),
            ],
        }
    };
}

pub(super) static ALL: [EmbeddedBundle; 2] = [embed!("pocket"), embed!("pocket-robust")];
