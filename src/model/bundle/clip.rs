//! The manifest of a CLIP: two graphs of this project's own making.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::files::{IMAGE_GRAPH, LONGEST, TEXT_GRAPH, no_offsets, no_scales};
use crate::model::precision::Precision;
use crate::types::{Fitting, senseless_side};

/// The `architecture` in the manifest of a CLIP.
pub(super) const ARCHITECTURE: &str = "clip-vit";

/// The manifest of a CLIP bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipManifest {
    /// Version of the manifest's format; 1.
    pub format: u32,
    /// Short name of the model.
    pub name: String,
    /// The architecture: `clip-vit`.
    pub architecture: String,
    /// Description of the model in one sentence.
    pub description: String,
    /// Precision of the matrix products of the graphs.
    pub precision: Precision,
    /// Origin of the weights.
    pub source: String,
    /// Licence of the weights.
    pub licence: String,
    /// The input of the image graph.
    pub image: ImageSection,
    /// The input of the text graph.
    pub text: TextSection,
    /// The windows, embeddings and temperature of WinCLIP.
    pub winclip: WinClipSection,
    /// How pictures that are not square come to the input, unless a run says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fitting>,
    /// SHA-256, lower-case hex, of each file by its name.
    pub files: BTreeMap<String, String>,
}

/// The section of a CLIP's manifest about the input of the image graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSection {
    /// Side of the square input in pixels.
    pub size: usize,
    /// Rows and columns of the patch grid.
    pub patch_grid: [usize; 2],
    /// Mean that the graph subtracts from each channel, for the record.
    pub mean: [f32; 3],
    /// Standard deviation that the graph divides each channel by, for the record.
    pub std: [f32; 3],
    /// Activation function, `gelu` or `quick_gelu`, for the record.
    pub activation: String,
}

/// The section of a CLIP's manifest about the input of the text graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextSection {
    /// Number of tokens of a prompt.
    pub context: usize,
}

/// The section of a CLIP's manifest about WinCLIP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WinClipSection {
    /// Length of an embedding.
    pub embedding: usize,
    /// Sides of the windows, in patches.
    pub scales: Vec<usize>,
    /// Default softmax temperature.
    pub temperature: f32,
}

/// Most patches in all windows together: far more than any model has, and few enough for memory.
const MOST_PATCHES: usize = 1 << 24;

/// Number of patches in all windows together, for scales that fit into the grid.
fn patches_of_windows(rows: usize, columns: usize, scales: &[usize]) -> usize {
    let of_scale = |k: usize| (rows + 1 - k).saturating_mul(columns + 1 - k).saturating_mul(k * k);
    scales.iter().fold(0, |all: usize, &k| all.saturating_add(of_scale(k)))
}

impl ClipManifest {
    /// Names the first value of the manifest that makes no sense.
    pub(super) fn senseless(&self) -> Option<String> {
        let [rows, columns] = self.image.patch_grid;
        let (size, scales) = (self.image.size, &self.winclip.scales);
        let side = senseless_side(size);
        let checks = [
            (side.is_some(), format!("image.size {}", side.unwrap_or_default())),
            (rows == 0 || columns == 0, "image.patch_grid has a 0".into()),
            (
                rows > size || columns > size,
                format!("image.patch_grid has more patches than image.size has pixels ({size})"),
            ),
            (
                !["gelu", "quick_gelu"].contains(&self.image.activation.as_str()),
                format!("image.activation is {:?}, neither gelu nor quick_gelu", self.image.activation),
            ),
            (
                self.text.context < 3,
                format!("text.context is {}, too short for start, word and end", self.text.context),
            ),
            (self.text.context > LONGEST, format!("text.context is more than {LONGEST}")),
            (self.winclip.embedding == 0, "winclip.embedding is 0".into()),
            (self.winclip.embedding > LONGEST, format!("winclip.embedding is more than {LONGEST}")),
            (
                rows.saturating_mul(columns) > LONGEST,
                format!("image.patch_grid has more than {LONGEST} patches"),
            ),
            (scales.is_empty(), "winclip.scales is empty".into()),
            (
                !scales.iter().all(|scale| (1..=rows.min(columns)).contains(scale)),
                format!("winclip.scales {scales:?} do not fit into the grid of {rows} x {columns} patches"),
            ),
            (!scales.is_sorted_by(|a, b| a < b), format!("winclip.scales {scales:?} do not ascend")),
        ];
        let missing = [IMAGE_GRAPH, TEXT_GRAPH].into_iter().find(|file| !self.files.contains_key(*file));
        checks
            .into_iter()
            .find_map(|(wrong, problem)| wrong.then_some(problem))
            .or_else(|| {
                (patches_of_windows(rows, columns, scales) > MOST_PATCHES).then(|| {
                    format!(
                        "winclip.scales {scales:?} on image.patch_grid name more than {MOST_PATCHES} patches"
                    )
                })
            })
            .or_else(|| no_offsets("image.mean", &self.image.mean))
            .or_else(|| no_scales("image.std", &self.image.std))
            .or_else(|| no_scales("winclip.temperature", &[self.winclip.temperature]))
            .or_else(|| missing.map(|file| format!("files has no entry for {file}")))
    }
}
