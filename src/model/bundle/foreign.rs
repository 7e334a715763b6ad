//! The manifest of a foreign graph: picture in, anomaly map out.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::files::{LONGEST, TEXT_GRAPH, no_offsets, no_range, no_scales};
use crate::model::precision::Precision;
use crate::types::{Fitting, senseless_side};

/// The `architecture` in the manifest of a foreign graph.
pub(crate) const ARCHITECTURE: &str = "image-to-map";
/// File name of a foreign graph.
pub(crate) const FOREIGN_GRAPH: &str = "model.onnx";

/// The manifest of a graph that this project did not write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForeignManifest {
    /// Version of the manifest's format; 1.
    pub format: u32,
    /// Short name of the model.
    pub name: String,
    /// The architecture: `image-to-map`.
    pub architecture: String,
    /// Description of the model in one sentence.
    #[serde(default)]
    pub description: String,
    /// Precision of the matrix products of the graph, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<Precision>,
    /// Origin of the graph.
    #[serde(default = "unknown")]
    pub source: String,
    /// Licence of the weights.
    #[serde(default = "unknown")]
    pub licence: String,
    /// The input of the graph: a picture.
    pub input: InputSection,
    /// The text input, for a graph that wants embeddings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextInputSection>,
    /// The output of the graph: a map, and perhaps a score.
    pub output: OutputSection,
    /// How pictures that are not square come to the input, unless a run says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fitting>,
    /// SHA-256, lower-case hex, of each file by its name: `model.onnx`, `text.onnx` where there is a text section, and files of
    /// external weights.
    pub files: BTreeMap<String, String>,
}

/// The section of a foreign graph's manifest about the picture that it takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputSection {
    /// Name of the input tensor, float32.
    pub name: String,
    /// Side of the square picture in pixels: what the graph is given, and the size at which maps are evaluated.
    pub size: usize,
    /// Order of the axes.
    #[serde(default)]
    pub layout: TensorLayout,
    /// Order of the colours.
    #[serde(default)]
    pub channels: Channels,
    /// The values of black and white, before mean and standard deviation.
    #[serde(default = "unit")]
    pub range: [f32; 2],
    /// Mean that is subtracted from each channel (in the order of `channels`); 0 where the graph normalises by itself.
    #[serde(default)]
    pub mean: [f32; 3],
    /// Standard deviation that each channel is divided by, after the mean.
    #[serde(default = "ones")]
    pub std: [f32; 3],
    /// Who brings pictures to the size that the network needs.
    #[serde(default)]
    pub resize: Resize,
}

/// Order of the axes of a picture's tensor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum TensorLayout {
    /// Channels first: (batch, 3, height, width).
    #[default]
    Nchw,
    /// Channels last: (batch, height, width, 3).
    Nhwc,
}

/// Order of the colours of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Channels {
    /// Red, green, blue.
    #[default]
    Rgb,
    /// Blue, green, red, as OpenCV reads pictures.
    Bgr,
}

/// Who brings pictures to the size that the network needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Resize {
    /// The graph takes the picture as it is and needs `input.size` pixels.
    #[default]
    Askance,
    /// The graph resizes the picture, and must take pictures of any size.
    Graph,
}

/// The section of a foreign graph's manifest about text embeddings as an input: those of the prompt set, as WinCLIP has them (mean
/// over the prompts of a class, length 1).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TextInputSection {
    /// Name of the input tensor, float32: (batch, 2, E), or (2, E) for all pictures of a call; normal, then anomalous.
    pub name: String,
    /// Length of an embedding, E.
    pub embedding: usize,
    /// Number of tokens of a prompt, for `text.onnx` (`tokens` to `embedding`, as in a CLIP bundle).
    pub context: usize,
}

/// The section of a foreign graph's manifest about what it returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSection {
    /// Name of the map, float32: (batch, H, W) or (batch, C, H, W), at any resolution.
    pub map: String,
    /// Channel of the map that is the anomaly map; may be left out where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<usize>,
    /// Name of the image score, float32, one value per picture; where it is left out, the score is the map's maximum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<String>,
    /// Whether a high value means anomalous or normal, in map and score alike.
    #[serde(default)]
    pub polarity: Polarity,
    /// Smallest and largest possible value of the map, which are brought to 0 and 1; unbounded where they are left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f32; 2]>,
    /// Smallest and largest possible value of the score, where it is an output of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_range: Option<[f32; 2]>,
}

/// The polarity of a map: what a high value means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// A high value means anomalous.
    #[default]
    Anomalous,
    /// A high value means normal: values are turned over.
    Normal,
}

fn unknown() -> String {
    "unknown".to_owned()
}

fn unit() -> [f32; 2] {
    [0.0, 1.0]
}

fn ones() -> [f32; 3] {
    [1.0; 3]
}

impl ForeignManifest {
    /// Names the first value of the manifest that makes no sense.
    pub(super) fn senseless(&self) -> Option<String> {
        let (input, output) = (&self.input, &self.output);
        let side = senseless_side(input.size);
        let checks = [
            (input.name.is_empty(), "input.name is empty".to_string()),
            (side.is_some(), format!("input.size {}", side.unwrap_or_default())),
            (output.map.is_empty(), "output.map is empty".into()),
            (
                output.score.is_none() && output.score_range.is_some(),
                "output.score_range is there without output.score".into(),
            ),
            (
                self.text.as_ref().is_some_and(|text| text.embedding == 0 || text.context < 3),
                "text.embedding is 0, or text.context too short for start, word and end".into(),
            ),
            (
                self.text.as_ref().is_some_and(|text| text.embedding > LONGEST || text.context > LONGEST),
                format!("text.embedding or text.context is more than {LONGEST}"),
            ),
        ];
        let needed = [(FOREIGN_GRAPH, true), (TEXT_GRAPH, self.text.is_some())];
        let missing = needed.into_iter().find(|&(file, needed)| needed && !self.files.contains_key(file));
        checks
            .into_iter()
            .find_map(|(wrong, problem)| wrong.then_some(problem))
            .or_else(|| no_offsets("input.range", &input.range))
            .or_else(|| no_scales("input.range, from black to white,", &[input.range[1] - input.range[0]]))
            .or_else(|| no_offsets("input.mean", &input.mean))
            .or_else(|| no_scales("input.std", &input.std))
            .or_else(|| no_range("output.range", output.range?))
            .or_else(|| no_range("output.score_range", output.score_range?))
            .or_else(|| missing.map(|(file, _)| format!("files has no entry for {file}")))
    }
}
