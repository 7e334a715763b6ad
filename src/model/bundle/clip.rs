//! The manifest of a CLIP: two graphs of this project's own making.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::files::{IMAGE_GRAPH, TEXT_GRAPH};
use crate::model::precision::Precision;

/// What `architecture` says in it.
pub(super) const ARCHITECTURE: &str = "clip-vit";

/// The manifest of a CLIP bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipManifest {
    /// Version of this file's format; 1.
    pub format: u32,
    /// Short name.
    pub name: String,
    /// `clip-vit`.
    pub architecture: String,
    /// One sentence.
    pub description: String,
    /// Precision of the matrix products of its graphs.
    pub precision: Precision,
    /// Where the weights come from.
    pub source: String,
    /// Licence of the weights.
    pub licence: String,
    /// What the image graph takes.
    pub image: ImageSection,
    /// What the text graph takes.
    pub text: TextSection,
    /// What WinCLIP needs to know.
    pub winclip: WinClipSection,
    /// SHA-256, lower-case hex, of each file by its name.
    pub files: BTreeMap<String, String>,
}

/// What the image graph takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSection {
    /// Side of the square input in pixels.
    pub size: usize,
    /// Rows and columns of the patch grid.
    pub patch_grid: [usize; 2],
    /// Mean that the graph subtracts, per channel, for the record.
    pub mean: [f32; 3],
    /// Standard deviation that the graph divides by, per channel, for the record.
    pub std: [f32; 3],
    /// `gelu` or `quick_gelu`, for the record.
    pub activation: String,
}

/// What the text graph takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSection {
    /// Number of tokens of a prompt.
    pub context: usize,
}

/// What WinCLIP needs to know.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WinClipSection {
    /// Length of an embedding.
    pub embedding: usize,
    /// Sides of the windows in patches.
    pub scales: Vec<usize>,
    /// Default softmax temperature.
    pub temperature: f32,
}

impl ClipManifest {
    /// The first value that makes no sense.
    pub(super) fn senseless(&self) -> Option<String> {
        let [rows, columns] = self.image.patch_grid;
        let (size, scales) = (self.image.size, &self.winclip.scales);
        let checks = [
            (size == 0, "image.size is 0".to_string()),
            (rows == 0 || columns == 0, "image.patch_grid has a 0".into()),
            (
                rows > size || columns > size,
                format!("image.patch_grid has more patches than image.size has pixels ({size})"),
            ),
            (!self.image.mean.iter().all(|m| m.is_finite()), "image.mean is not finite".into()),
            (!self.image.std.iter().all(|s| s.is_finite() && *s > 0.0), "image.std is not above 0".into()),
            (
                !["gelu", "quick_gelu"].contains(&self.image.activation.as_str()),
                format!("image.activation is {:?}, neither gelu nor quick_gelu", self.image.activation),
            ),
            (
                self.text.context < 3,
                format!("text.context is {}, too short for start, word and end", self.text.context),
            ),
            (self.winclip.embedding == 0, "winclip.embedding is 0".into()),
            (scales.is_empty(), "winclip.scales is empty".into()),
            (
                !scales.iter().all(|scale| (1..=rows.min(columns)).contains(scale)),
                format!("winclip.scales {scales:?} do not fit into the grid of {rows} x {columns} patches"),
            ),
            (!scales.is_sorted_by(|a, b| a < b), format!("winclip.scales {scales:?} do not ascend")),
            (
                !(self.winclip.temperature.is_finite() && self.winclip.temperature > 0.0),
                format!("winclip.temperature is {}, not above 0", self.winclip.temperature),
            ),
        ];
        let missing = [IMAGE_GRAPH, TEXT_GRAPH].into_iter().find(|file| !self.files.contains_key(*file));
        checks
            .into_iter()
            .find_map(|(wrong, problem)| wrong.then_some(problem))
            .or_else(|| missing.map(|file| format!("files has no entry for {file}")))
    }
}
