//! Descriptions of bundles, for people.

use serde::Serialize;

use super::checked::Bundle;
use super::manifest::Manifest;
use crate::model::precision::Precision;
use crate::types::Fitting;

/// The description of a bundle, for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// Name of the model in the manifest.
    pub name: String,
    /// Folder of the bundle, or `embedded`.
    pub origin: String,
    /// Kind of model, for example `clip-vit`.
    pub architecture: String,
    /// Description of the model in one sentence.
    pub description: String,
    /// Precision of the matrix products, for example `fp32`, or `unknown`.
    pub precision: String,
    /// Origin of the weights.
    pub source: String,
    /// Licence of the weights.
    pub licence: String,
    /// Side of the square input in pixels.
    pub size: usize,
    /// How pictures that are not square come to the input, where the manifest says so.
    pub fit: Option<Fitting>,
    /// The values that only a CLIP has.
    pub clip: Option<ClipDescription>,
    /// Size of all files in bytes.
    pub bytes: u64,
    /// Hash of the bundle ([`Bundle::hash`]).
    pub hash: String,
}

/// The part of a bundle's [`Description`] that only a CLIP has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClipDescription {
    /// Rows and columns of the patch grid.
    pub patch_grid: [usize; 2],
    /// Length of an embedding.
    pub embedding: usize,
    /// Sides of the windows, in patches.
    pub scales: Vec<usize>,
    /// Default softmax temperature.
    pub temperature: f32,
}

impl Bundle {
    /// Describes the bundle for people.
    pub fn describe(&self) -> Description {
        let common = Description {
            name: self.name().to_owned(),
            origin: self.origin_name(),
            architecture: String::new(),
            description: String::new(),
            precision: self.precision().map_or("unknown", Precision::name).to_owned(),
            source: String::new(),
            licence: String::new(),
            size: 0,
            fit: self.manifest.fit(),
            clip: None,
            bytes: self.bytes,
            hash: self.hash(),
        };
        match self.manifest.clone() {
            Manifest::Clip(manifest) => Description {
                architecture: manifest.architecture,
                description: manifest.description,
                source: manifest.source,
                licence: manifest.licence,
                size: manifest.image.size,
                clip: Some(ClipDescription {
                    patch_grid: manifest.image.patch_grid,
                    embedding: manifest.winclip.embedding,
                    scales: manifest.winclip.scales,
                    temperature: manifest.winclip.temperature,
                }),
                ..common
            },
            Manifest::Foreign(manifest) => Description {
                architecture: manifest.architecture,
                description: manifest.description,
                source: manifest.source,
                licence: manifest.licence,
                size: manifest.input.size,
                ..common
            },
        }
    }
}
