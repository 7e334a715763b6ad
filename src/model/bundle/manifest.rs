//! `bundle.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{IMAGE_GRAPH, TEXT_GRAPH};
use crate::error::{Error, Result};

/// File name of the manifest.
pub(crate) const MANIFEST_FILE: &str = "bundle.toml";
const FORMAT: u32 = 1;

/// The manifest of a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this file's format; 1.
    pub format: u32,
    /// Short name.
    pub name: String,
    /// Kind of model; `clip-vit` is the only one so far.
    pub architecture: String,
    /// One sentence.
    pub description: String,
    /// Precision of the weights, for example `fp32`.
    pub precision: String,
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

impl Manifest {
    /// Reads and checks a manifest; `subject` names it in errors.
    pub(super) fn parse(text: &str, subject: &str) -> Result<Self> {
        let invalid =
            |problem: String, fix: &str| Error::new(crate::error::Kind::File, subject, problem, fix);
        if let Ok(table) = text.parse::<toml::Table>() {
            let format = table.get("format");
            if format.and_then(toml::Value::as_integer) != Some(i64::from(FORMAT)) {
                let found = format.map_or("none".into(), toml::Value::to_string);
                return Err(invalid(
                    format!("has format {found}, and this version reads format {FORMAT}"),
                    "export the bundle again with the scripts of this version",
                ));
            }
        }
        let manifest: Self = toml::from_str(text).map_err(|error| {
            invalid(error.to_string().trim_end().to_string(), "correct that line, or export the bundle again")
        })?;
        match manifest.senseless() {
            Some(problem) => Err(invalid(problem, "correct it, or export the bundle again")),
            None => Ok(manifest),
        }
    }

    /// The first value that makes no sense.
    fn senseless(&self) -> Option<String> {
        let [rows, columns] = self.image.patch_grid;
        let (size, scales) = (self.image.size, &self.winclip.scales);
        let is_hash = |hash: &str| {
            hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let is_plain =
            |name: &str| !name.is_empty() && !name.contains(['/', '\\']) && name != ".." && name != ".";
        let checks = [
            (self.name.is_empty(), "name is empty".to_string()),
            (
                self.architecture != "clip-vit",
                format!("architecture is {:?}, and only clip-vit is known", self.architecture),
            ),
            (size == 0, "image.size is 0".into()),
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
        let bad_file = self.files.iter().find(|(name, hash)| !is_plain(name) || !is_hash(hash));
        checks
            .into_iter()
            .find_map(|(wrong, problem)| wrong.then_some(problem))
            .or_else(|| missing.map(|file| format!("files has no entry for {file}")))
            .or_else(|| {
                bad_file.map(|(name, hash)| {
                    format!("files has {name:?} = {hash:?}: not a file name and SHA-256 in hex")
                })
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
format = 1
name = "small"
architecture = "clip-vit"
description = "For tests"
precision = "fp32"
source = "none"
licence = "MIT"
[image]
size = 192
patch_grid = [12, 12]
mean = [0.5, 0.5, 0.5]
std = [0.3, 0.3, 0.3]
activation = "gelu"
[text]
context = 77
[winclip]
embedding = 64
scales = [2, 3]
temperature = 0.07
[files]
"image.onnx" = "224545594553c1bdb7bcbf8a694c40fa2d407c541f3d4b75b335fae25c33fa59"
"text.onnx" = "cb1ce2f603cfaf336fb5d52840a546a89c3fbd59eddd534689c925307a76f173"
"#;

    fn problem(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "the manifest has no {from:?}");
        let error = Manifest::parse(&GOOD.replacen(from, to, 1), "m/bundle.toml").unwrap_err();
        assert_eq!(error.subject, "m/bundle.toml");
        error.problem
    }

    #[test]
    fn a_good_manifest_is_read() {
        let manifest = Manifest::parse(GOOD, "m").unwrap();
        assert_eq!((manifest.image.size, manifest.winclip.scales.as_slice()), (192, [2, 3].as_slice()));
    }

    #[test]
    fn senseless_values_are_named() {
        for (from, to, key) in [
            ("format = 1", "format = 2", "format 2"),
            ("format = 1\n", "", "format none"),
            ("[text]\n", "[text]\nunknown = 1\n", "unknown"),
            ("size = 192", "size = 0", "image.size"),
            ("size = 192", "size = \"big\"", "size"),
            ("patch_grid = [12, 12]", "patch_grid = [0, 12]", "patch_grid"),
            ("scales = [2, 3]", "scales = [2, 13]", "winclip.scales"),
            ("scales = [2, 3]", "scales = [3, 2]", "winclip.scales"),
            ("scales = [2, 3]", "scales = []", "winclip.scales"),
            ("temperature = 0.07", "temperature = 0.0", "temperature"),
            ("temperature = 0.07", "temperature = nan", "temperature"),
            ("activation = \"gelu\"", "activation = \"relu\"", "activation"),
            ("\"text.onnx\" = ", "\"other.onnx\" = ", "text.onnx"),
            ("\"text.onnx\" = \"", "\"../text.onnx\" = \"", "text.onnx"),
            ("\"text.onnx\" = \"", "\"text.onnx\" = \"X", "SHA-256"),
            ("architecture = \"clip-vit\"", "architecture = \"other\"", "architecture"),
        ] {
            let problem = problem(from, to);
            assert!(problem.contains(key), "{key}: {problem}");
        }
    }
}
