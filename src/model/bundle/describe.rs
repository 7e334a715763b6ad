//! Descriptions of bundles, for people.

use serde::Serialize;

use super::checked::Bundle;
use super::manifest::Manifest;
use crate::model::precision::Precision;

/// What a bundle is, for people.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Description {
    /// Name in the manifest.
    pub name: String,
    /// The folder, or `embedded`.
    pub origin: String,
    /// Kind of model, for example `clip-vit`.
    pub architecture: String,
    /// One sentence.
    pub description: String,
    /// Precision of the matrix products, for example `fp32`, or `unknown`.
    pub precision: String,
    /// Where the weights come from.
    pub source: String,
    /// Licence of the weights.
    pub licence: String,
    /// Side of the square input in pixels.
    pub size: usize,
    /// What only a CLIP has.
    pub clip: Option<ClipDescription>,
    /// Size of all files in bytes.
    pub bytes: u64,
    /// [`Bundle::hash`].
    pub hash: String,
}

/// The part of a [`Description`] that only a CLIP has.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClipDescription {
    /// Rows and columns of the patch grid.
    pub patch_grid: [usize; 2],
    /// Length of an embedding.
    pub embedding: usize,
    /// Sides of the windows in patches.
    pub scales: Vec<usize>,
    /// Default softmax temperature.
    pub temperature: f32,
}

impl Bundle {
    /// What the bundle is, for people.
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
