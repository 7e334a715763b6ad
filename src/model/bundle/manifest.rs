//! The manifest of a bundle, `bundle.toml`.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::clip::{self, ClipManifest};
use super::foreign::{self, ForeignManifest};
use super::left::require_filled;
use crate::error::{Error, Kind, Result};
use crate::model::precision::Precision;
use crate::types::{Fit, Fitting};

/// File name of a bundle's manifest.
pub(crate) const MANIFEST_FILE: &str = "bundle.toml";
const FORMAT: u32 = 1;

/// The manifest of a bundle, of a kind for each `architecture`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Manifest {
    /// A CLIP whose graphs this project wrote (`clip-vit`).
    Clip(ClipManifest),
    /// A graph of any origin that turns a picture into an anomaly map (`image-to-map`).
    Foreign(ForeignManifest),
}

impl Manifest {
    /// Short name of the model.
    pub fn name(&self) -> &str {
        match self {
            Self::Clip(manifest) => &manifest.name,
            Self::Foreign(manifest) => &manifest.name,
        }
    }

    /// SHA-256, lower-case hex, of each file by its name.
    pub fn files(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Clip(manifest) => &manifest.files,
            Self::Foreign(manifest) => &manifest.files,
        }
    }

    /// Precision of the matrix products; `None` for a foreign graph that does not tell.
    pub fn precision(&self) -> Option<Precision> {
        match self {
            Self::Clip(manifest) => Some(manifest.precision),
            Self::Foreign(manifest) => manifest.precision,
        }
    }

    /// How pictures that are not square come to the input, unless a run says otherwise; `None` where the manifest leaves it to the run.
    pub fn fit(&self) -> Option<Fitting> {
        match self {
            Self::Clip(manifest) => manifest.fit,
            Self::Foreign(manifest) => manifest.fit,
        }
    }

    /// Whether two manifests are of one model, whatever their precision: its graphs take and return the same tensors.
    pub(super) fn fits(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Clip(one), Self::Clip(other)) => {
                (&one.image, &one.text, &one.winclip) == (&other.image, &other.text, &other.winclip)
            }
            (Self::Foreign(one), Self::Foreign(other)) => {
                (&one.input, &one.text, &one.output) == (&other.input, &other.text, &other.output)
            }
            _ => false,
        }
    }

    fn senseless(&self) -> Option<String> {
        let of_kind = match self {
            Self::Clip(manifest) => manifest.senseless(),
            Self::Foreign(manifest) => manifest.senseless(),
        };
        let name = self.name();
        let no_name = if name.trim().is_empty() {
            Some("name is empty".to_owned())
        } else {
            let has_control = name.contains(char::is_control);
            has_control.then(|| format!("name is {name:?}, with a line break or another control character"))
        };
        no_name.or(of_kind).or_else(|| self.fit().and_then(senseless_fit)).or_else(|| {
            let (name, hash) = self.files().iter().find(|(name, hash)| !is_inside(name) || !is_hash(hash))?;
            Some(format!("files has {name:?} = {hash:?}: not a file in its folder and SHA-256 in hex"))
        })
    }
}

fn senseless_fit(fitting: Fitting) -> Option<String> {
    if let Err(error) = fitting.validate() {
        return Some(format!("fit.{} {}", error.subject.trim_matches('`'), error.problem));
    }
    let for_nothing = fitting.fit != Fit::Tile && fitting != Fitting::of(fitting.fit);
    for_nothing.then(|| format!("fit has settings of tiles, and fit.fit is {:?}", fitting.fit.name()))
}

fn is_hash(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// Whether a name is that of a file in the bundle's folder or below it.
fn is_inside(name: &str) -> bool {
    !name.contains('\\') && name.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Reads and checks a manifest; `subject` names it in errors.
pub(super) fn parse(text: &str, subject: &str) -> Result<Manifest> {
    let invalid = |problem: String, fix: &str| Error::new(Kind::File, subject, problem, fix);
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| unreadable(error, subject))?;
    let format = table.get("format");
    if format.and_then(toml::Value::as_integer) != Some(i64::from(FORMAT)) {
        let found = format.map_or("none".into(), toml::Value::to_string);
        return Err(invalid(
            format!("has format {found}, and this version reads format {FORMAT}"),
            "export the bundle again with the scripts of this version",
        ));
    }
    require_filled(text, subject)?;
    let architecture = table.get("architecture").and_then(toml::Value::as_str).unwrap_or_default();
    let manifest = match architecture {
        clip::ARCHITECTURE => Manifest::Clip(sections(text, subject)?),
        foreign::ARCHITECTURE => Manifest::Foreign(sections(text, subject)?),
        other => {
            let known = format!("{} and {}", clip::ARCHITECTURE, foreign::ARCHITECTURE);
            return Err(invalid(
                format!("has architecture {other:?}, and only {known} are known"),
                "write image-to-map for a graph that was not exported by export/",
            ));
        }
    };
    match manifest.senseless() {
        Some(problem) => Err(invalid(problem, "correct it, or export the bundle again")),
        None => Ok(manifest),
    }
}

fn sections<T: DeserializeOwned>(text: &str, subject: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| unreadable(error, subject))
}

fn unreadable(error: toml::de::Error, subject: &str) -> Error {
    let problem = error.to_string();
    let fix = "correct that line, or export the bundle again";
    Error::new(Kind::File, subject, problem.trim_end(), fix).caused_by(error)
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
        let error = parse(&GOOD.replacen(from, to, 1), "m/bundle.toml").unwrap_err();
        assert_eq!(error.subject, "m/bundle.toml");
        error.problem
    }

    const FOREIGN: &str = r#"
format = 1
name = "m"
architecture = "image-to-map"
[input]
name = "x"
size = 8
range = [0.0, 255.0]
mean = [123.7, 116.3, 103.5]
std = [58.4, 57.1, 57.4]
[output]
map = "y"
range = [-3.0, 1e9]
[files]
"model.onnx" = "224545594553c1bdb7bcbf8a694c40fa2d407c541f3d4b75b335fae25c33fa59"
"#;

    #[test]
    fn numbers_that_no_picture_survives_are_refused_by_field() {
        parse(FOREIGN, "m").unwrap();
        for (from, to) in [
            ("std = [58.4", "std = [1e-40"),
            ("std = [58.4", "std = [0.0"),
            ("std = [58.4", "std = [-1.0"),
            ("std = [58.4", "std = [nan"),
            ("std = [58.4", "std = [1e30"),
            ("mean = [123.7", "mean = [inf"),
            ("mean = [123.7", "mean = [-1e30"),
            ("range = [0.0, 255.0]", "range = [255.0, 0.0]"),
            ("range = [0.0, 255.0]", "range = [0.0, 1e38]"),
            ("range = [0.0, 255.0]", "range = [0.0, 1e-40]"),
            ("range = [-3.0, 1e9]", "range = [1e9, 1e9]"),
            ("range = [-3.0, 1e9]", "range = [-3e38, 3e38]"),
            ("range = [-3.0, 1e9]", "range = [0.0, 1e-40]"),
        ] {
            assert!(FOREIGN.contains(from));
            let problem = parse(&FOREIGN.replacen(from, to, 1), "m").unwrap_err().problem;
            let field = from.split(' ').next().unwrap();
            let section = if from.contains("1e9") { "output" } else { "input" };
            assert!(problem.starts_with(&format!("{section}.{field}")), "{to}: {problem}");
            assert!(problem.len() < 120, "{problem}");
        }
    }

    #[test]
    fn windows_of_more_patches_than_memory_holds_are_refused() {
        let wide = GOOD
            .replacen("size = 192\npatch_grid = [12, 12]", "size = 256\npatch_grid = [256, 256]", 1)
            .replacen("scales = [2, 3]", "scales = [128]", 1);
        assert!(parse(&wide, "m").unwrap_err().problem.contains("winclip.scales [128]"));
    }

    #[test]
    fn a_good_manifest_is_read() {
        let Manifest::Clip(manifest) = parse(GOOD, "m").unwrap() else { panic!("not a CLIP") };
        assert_eq!((manifest.image.size, manifest.winclip.scales.as_slice()), (192, [2, 3].as_slice()));
    }

    #[test]
    fn senseless_values_are_named() {
        for (from, to, key) in [
            ("format = 1", "format = 2", "format 2"),
            ("format = 1\n", "", "format none"),
            ("precision = \"fp32\"", "precision = \"fp8\"", "not a precision"),
            ("[text]\n", "[text]\nunknown = 1\n", "unknown"),
            ("size = 192", "size = 0", "image.size"),
            ("size = 192", "size = \"big\"", "size"),
            ("size = 192", "size = 1000000", "image.size is 1000000"),
            ("size = 192", "size = 9223372036854775807", "image.size"),
            ("size = 192\npatch_grid = [12, 12]", "size = 8192\npatch_grid = [8192, 8192]", "patches"),
            ("context = 77", "context = 4000000000", "text.context"),
            ("embedding = 64", "embedding = 4000000000", "winclip.embedding"),
            ("patch_grid = [12, 12]", "patch_grid = [0, 12]", "patch_grid"),
            ("scales = [2, 3]", "scales = [2, 13]", "winclip.scales"),
            ("scales = [2, 3]", "scales = [3, 2]", "winclip.scales"),
            ("scales = [2, 3]", "scales = []", "winclip.scales"),
            ("temperature = 0.07", "temperature = 0.0", "temperature"),
            ("temperature = 0.07", "temperature = nan", "temperature"),
            ("temperature = 0.07", "temperature = 1e38", "winclip.temperature is 1e38"),
            ("temperature = 0.07", "temperature = 1e-40", "winclip.temperature is 1e-40"),
            ("std = [0.3, 0.3, 0.3]", "std = [0.3, 1e-40, 0.3]", "image.std is [0.3, 1e-40, 0.3]"),
            ("mean = [0.5, 0.5, 0.5]", "mean = [0.5, 0.5, inf]", "image.mean"),
            ("name = \"small\"", "name = \"two\\nlines\"", "name is \"two\\nlines\""),
            ("name = \"small\"", "name = \"\\u001b[2J\"", "control character"),
            ("name = \"small\"", "name = \" \"", "name is empty"),
            ("activation = \"gelu\"", "activation = \"relu\"", "activation"),
            ("\"text.onnx\" = ", "\"other.onnx\" = ", "text.onnx"),
            ("\"text.onnx\" = \"", "\"../text.onnx\" = \"", "text.onnx"),
            (
                "[files]\n",
                "[files]\n\"a/../w.bin\" = \"cb1ce2f603cfaf336fb5d52840a546a89c3fbd59eddd534689c925307a76f173\"\n",
                "\"a/../w.bin\"",
            ),
            (
                "[files]\n",
                "[files]\n\"/w.bin\" = \"cb1ce2f603cfaf336fb5d52840a546a89c3fbd59eddd534689c925307a76f173\"\n",
                "\"/w.bin\"",
            ),
            ("\"text.onnx\" = \"", "\"text.onnx\" = \"X", "SHA-256"),
            ("architecture = \"clip-vit\"", "architecture = \"other\"", "architecture"),
        ] {
            let problem = problem(from, to);
            assert!(problem.contains(key), "{key}: {problem}");
        }
    }

    #[test]
    fn changed_manifests_are_read_or_refused() {
        let seeds = [GOOD, FOREIGN].map(|text| text.as_bytes().to_vec());
        crate::hostile::try_changed("manifest", "bundle.toml", &seeds, |path| {
            drop(parse(&String::from_utf8_lossy(&std::fs::read(path).unwrap()), "bundle.toml"));
        });
    }
}
