//! A bundle whose files have been checked.

use std::borrow::Cow;
use std::fs;
use std::path::{Path, PathBuf};

use super::clip::ClipManifest;
use super::embedded::{self, EmbeddedBundle};
use super::external;
use super::foreign::ForeignManifest;
use super::manifest::{self, MANIFEST_FILE, Manifest};
use crate::error::{Error, Result};
use crate::file;
use crate::model::precision::Precision;
use crate::runtime::{sha256, sha256_of_file};
use crate::types::did_you_mean;

/// A bundle: a model with its manifest, every file of which has been checked against its hash.
#[derive(Clone, Debug)]
pub struct Bundle {
    pub(super) manifest: Manifest,
    pub(super) origin: Origin,
    pub(super) bytes: u64,
}

/// The origin of a bundle.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Folder(PathBuf),
    Embedded(&'static EmbeddedBundle),
    /// One graph without a manifest of its own.
    Graph(PathBuf),
}

/// The place from which a graph is to be read.
pub(crate) enum Graph {
    File(PathBuf),
    Memory(&'static [u8]),
}

impl Bundle {
    /// Opens the bundle in a folder and checks the manifest and the hash of every file.
    ///
    /// # Errors
    /// The folder or a file is missing, the manifest is not TOML, has an unknown key, another format number or a value
    /// that makes no sense, a file has another SHA-256 than the manifest says, or a graph keeps weights in a file that the manifest
    /// does not list. The error names the file and the fix.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let path = folder.join(MANIFEST_FILE);
        let text = file::read_text(&path, "give `model` a folder that holds a bundle.toml")?;
        let manifest = manifest::parse(&text, &path.display().to_string())?;
        let mut bytes = text.len() as u64;
        for (name, expected) in manifest.files() {
            let file = folder.join(name);
            require_hash(&file.display().to_string(), &sha256_of_file(&file)?, expected)?;
            bytes += fs::metadata(&file).map_or(0, |metadata| metadata.len());
        }
        for graph in manifest.files().keys().filter(|name| name.ends_with(".onnx")) {
            let graph = folder.join(graph);
            let unlisted = external::weights(&graph)?;
            if let Some((name, hash)) =
                unlisted.iter().find(|(name, _)| !manifest.files().contains_key(*name))
            {
                return Err(Error::file(
                    graph,
                    format!(
                        "keeps weights in {name}, which bundle.toml does not list: its hash would not cover them"
                    ),
                    format!("write `{name:?} = {hash:?}` below [files] in bundle.toml"),
                ));
            }
        }
        Ok(Self { manifest, origin: Origin::Folder(folder.to_path_buf()), bytes })
    }

    /// Names of the bundles that are part of this program.
    pub fn embedded_names() -> Vec<&'static str> {
        embedded::ALL.iter().map(|bundle| bundle.name).collect()
    }

    /// Opens a bundle that is part of this program; see [`Bundle::embedded_names`].
    ///
    /// # Errors
    /// There is no embedded bundle of that name.
    pub fn embedded(name: &str) -> Result<Self> {
        let Some(bundle) = embedded::ALL.iter().find(|bundle| bundle.name == name) else {
            return Err(unknown(name));
        };
        let manifest = manifest::parse(bundle.manifest, &format!("embedded {name}/{MANIFEST_FILE}"))?;
        let mut bytes = bundle.manifest.len() as u64;
        for (file, content) in bundle.files {
            let expected = manifest.files().get(file).map_or("", String::as_str);
            require_hash(&format!("embedded {name}/{file}"), &sha256(content), expected)?;
            bytes += content.len() as u64;
        }
        Ok(Self { manifest, origin: Origin::Embedded(bundle), bytes })
    }

    /// Opens the bundle of a name: a folder that holds a `bundle.toml`, else an embedded name.
    ///
    /// # Errors
    /// The name is neither (the error lists what there is); those of [`Bundle::open`].
    pub fn resolve(spec: &str) -> Result<Self> {
        let folder = Path::new(spec);
        if folder.join(MANIFEST_FILE).is_file() {
            return Self::open(folder);
        }
        if Self::embedded_names().contains(&spec) {
            return Self::embedded(spec);
        }
        match fs::metadata(folder) {
            Ok(kind) if kind.is_dir() => Self::open(folder),
            Ok(kind) if !kind.is_file() => Err(file::irregular(folder, false)),
            _ => Err(unknown(spec)),
        }
    }

    /// Whether a name is that of a graph without a manifest: an existing `.onnx` file.
    pub fn is_graph(spec: &str) -> bool {
        let path = Path::new(spec);
        path.is_file() && path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("onnx"))
    }

    /// The bundle of a graph without a manifest of its own, with the manifest that was recognised in it.
    pub(in crate::model) fn of_graph(path: &Path, manifest: ForeignManifest) -> Self {
        let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
        Self { manifest: Manifest::Foreign(manifest), origin: Origin::Graph(path.to_path_buf()), bytes }
    }

    /// The manifest of the bundle, which must be a CLIP.
    ///
    /// # Errors
    /// The bundle is a foreign graph.
    pub fn clip(&self) -> Result<&ClipManifest> {
        match &self.manifest {
            Manifest::Clip(manifest) => Ok(manifest),
            Manifest::Foreign(_) => {
                let fix = "export a CLIP with `python -m askance_export`, or use one of the embedded models";
                Err(Error::model(self.origin_name(), "is no CLIP, which WinCLIP needs", fix))
            }
        }
    }

    /// Folders directly below `parent` that hold a `bundle.toml`, sorted; none if `parent` is not there.
    pub fn folders_in(parent: impl AsRef<Path>) -> Vec<PathBuf> {
        let entries = fs::read_dir(parent).into_iter().flatten();
        let mut folders: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.join(MANIFEST_FILE).is_file())
            .collect();
        folders.sort();
        folders
    }

    /// The manifest of the bundle.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Name of the model in the manifest.
    pub fn name(&self) -> &str {
        self.manifest.name()
    }

    /// Precision of the model in the manifest; `None` for a foreign graph that does not tell.
    pub fn precision(&self) -> Option<Precision> {
        self.manifest.precision()
    }

    /// SHA-256, lower-case hex, over the names and hashes of the files in order of name: one value for the whole model.
    pub fn hash(&self) -> String {
        let lines: String =
            self.manifest.files().iter().map(|(name, hash)| format!("{hash}  {name}\n")).collect();
        sha256(lines.as_bytes())
    }

    /// The name of a file of the bundle in messages.
    pub(crate) fn file_name(&self, file: &str) -> String {
        match &self.origin {
            Origin::Folder(folder) => folder.join(file).display().to_string(),
            Origin::Embedded(bundle) => format!("embedded {}/{file}", bundle.name),
            Origin::Graph(path) => path.display().to_string(),
        }
    }

    /// The place of a graph of the bundle.
    pub(crate) fn graph(&self, file: &str) -> Graph {
        match &self.origin {
            Origin::Folder(folder) => Graph::File(folder.join(file)),
            Origin::Graph(path) => Graph::File(path.clone()),
            Origin::Embedded(bundle) => {
                let content =
                    bundle.files.iter().find(|(name, _)| *name == file).map(|(_, content)| *content);
                Graph::Memory(content.unwrap_or_default())
            }
        }
    }

    pub(super) fn origin_name(&self) -> String {
        match &self.origin {
            Origin::Folder(folder) => folder.display().to_string(),
            Origin::Embedded(_) => "embedded".into(),
            Origin::Graph(path) => path.display().to_string(),
        }
    }
}

fn require_hash(file: &str, found: &str, expected: &str) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::new(
        crate::error::Kind::File,
        file,
        format!("has SHA-256 {found}, and the manifest says {expected}"),
        "copy or export the bundle again; if the file was changed on purpose, write its hash into bundle.toml",
    ))
}

fn unknown(spec: &str) -> Error {
    let folders = Bundle::folders_in("models");
    let known: Vec<Cow<str>> = Bundle::embedded_names()
        .into_iter()
        .map(Cow::from)
        .chain(folders.iter().map(|folder| folder.to_string_lossy()))
        .collect();
    let meant = did_you_mean(spec, &known.iter().map(AsRef::as_ref).collect::<Vec<_>>());
    Error::setting(
        "model",
        spec,
        "is neither a folder that holds a bundle.toml, nor an .onnx file, nor an embedded model",
        format!("{meant}use one of {}, or the path of a bundle's folder", known.join(", ")),
    )
}
