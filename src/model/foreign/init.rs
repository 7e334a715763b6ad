//! Beginning the bundle of a graph that came without a manifest.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use super::draft::draft;
use crate::error::{Error, Result};
use crate::file;
use crate::model::bundle::{Bundle, FOREIGN_GRAPH, MANIFEST_FILE, TEXT_GRAPH, external_weights, to_fill_in};
use crate::model::onnx::{Interface, interface};
use crate::record::write_atomic;
use crate::runtime::sha256_of_file;

/// A bundle that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Begun {
    /// Folder of the bundle.
    pub folder: PathBuf,
    /// The manifest that was written.
    pub manifest: PathBuf,
    /// Files that were copied into the folder.
    pub copied: Vec<PathBuf>,
    /// Fields of the manifest that are guesses.
    pub guesses: Vec<String>,
    /// Fields that are left to fill in, each with its line; the bundle is refused until they are.
    pub left: Vec<(String, usize)>,
}

/// Writes the manifest of an ONNX graph: what its file tells, what is likely and said to be a guess, and what is left to fill in. A graph
/// called `model.onnx` gets it beside itself, another one in a folder of its name beside it, or in `out`, to which the graph is copied
/// with the files of its weights. ONNX Runtime is not loaded. With `replace` files that are there are written anew.
///
/// # Errors
/// The file cannot be read, is cut short or no ONNX graph; weights of it lie outside its folder or are missing; no manifest makes it a
/// model from picture to map; a file is there already, or cannot be written.
pub fn init(graph: &Path, out: Option<&Path>, replace: bool) -> Result<Begun> {
    let found = read(graph)?;
    let beside = graph.parent().unwrap_or(Path::new(""));
    let stem = graph.file_stem().map_or_else(|| "graph".into(), |stem| stem.to_string_lossy());
    let is_named = graph.file_name().is_some_and(|name| name == FOREIGN_GRAPH);
    let folder = match out {
        Some(out) => out.to_owned(),
        None if is_named => beside.to_owned(),
        None => beside.join(&*stem),
    };
    let manifest = folder.join(MANIFEST_FILE);
    if !replace && file::is_there(&manifest) {
        let fix = "complete it, give another folder as `out`, or write it anew with `force`";
        return Err(Error::file(&manifest, "is there already", fix));
    }
    let whole = fs::canonicalize(&folder).unwrap_or_else(|_| folder.clone());
    let called =
        if is_named { whole.file_name().map(|name| name.to_string_lossy().into_owned()) } else { None };
    let name = called.unwrap_or_else(|| stem.clone().into_owned());
    if name.contains(char::is_control) {
        let problem = "would name the model with a line break or another control character";
        return Err(Error::file(graph, problem, "rename it"));
    }

    let mut sources = BTreeMap::from([(FOREIGN_GRAPH.to_owned(), graph.to_owned())]);
    let mut files = BTreeMap::from([(FOREIGN_GRAPH.to_owned(), sha256_of_file(graph)?)]);
    for (name, hash) in external_weights(graph)? {
        sources.insert(name.clone(), beside.join(&name));
        files.insert(name, hash);
    }
    let text = beside.join(TEXT_GRAPH);
    if found.inputs.len() > 1 && graph != text && file::is_there(&text) {
        files.insert(TEXT_GRAPH.to_owned(), sha256_of_file(&text)?);
        sources.insert(TEXT_GRAPH.to_owned(), text);
    }
    let draft = draft(&name, &graph.display().to_string(), &found, &files)
        .map_err(|error| if is_described(graph, beside) { of_bundle(graph, beside) } else { error })?;

    let missing: Vec<(&PathBuf, PathBuf)> = sources
        .iter()
        .map(|(name, source)| (source, folder.join(name), &files[name]))
        .filter_map(|(source, target, hash)| match is_same(source, &target, hash, replace) {
            Ok(true) => None,
            Ok(false) => Some(Ok((source, target))),
            Err(error) => Some(Err(error)),
        })
        .collect::<Result<_>>()?;
    for (source, target) in &missing {
        file::copy(source, target)?;
    }
    write_atomic(&manifest, draft.text.as_bytes())?;
    let left = to_fill_in(&draft.text).into_iter().map(|left| (left.field, left.line)).collect();
    let copied = missing.into_iter().map(|(_, target)| target).collect();
    Ok(Begun { folder, manifest, copied, guesses: draft.guesses, left })
}

fn read(graph: &Path) -> Result<Interface> {
    let mut source = file::open(graph, "check the path, its permissions and the disk")?;
    let mut first = Vec::new();
    let unreadable =
        |error| Error::file_caused(graph, "cannot be read", error, "check its permissions and the disk");
    source.by_ref().take(256).read_to_end(&mut first).map_err(unreadable)?;
    if file::is_lfs_pointer(&first) {
        return Err(file::lfs_pointer(graph));
    }
    source.rewind().map_err(unreadable)?;
    let damaged = |error| {
        let fix = "download, copy or export it again";
        Error::file_caused(graph, "is cut short, damaged or no ONNX graph", error, fix)
    };
    interface(&mut BufReader::new(source)).map_err(damaged)
}

/// Whether the graph is one of a bundle that is there.
fn is_described(graph: &Path, beside: &Path) -> bool {
    let name = graph.file_name().map(|name| name.to_string_lossy().into_owned());
    Bundle::open(beside)
        .is_ok_and(|bundle| name.is_some_and(|name| bundle.manifest().files().contains_key(&name)))
}

fn of_bundle(graph: &Path, beside: &Path) -> Error {
    let problem = format!("is part of a bundle, which {MANIFEST_FILE} beside it describes");
    let folder = if beside.as_os_str().is_empty() { Path::new(".") } else { beside };
    Error::file(graph, problem, format!("give its folder to `model`: {}", folder.display()))
}

/// Whether a file lies at its target already: it is that file, or one with the same bytes.
fn is_same(source: &Path, target: &Path, hash: &str, replace: bool) -> Result<bool> {
    if !file::is_there(target) {
        return Ok(false);
    }
    let whole = |path: &Path| fs::canonicalize(path).ok();
    if whole(source) == whole(target) || sha256_of_file(target)? == *hash {
        return Ok(true);
    }
    if replace {
        return Ok(false);
    }
    let fix = "give another folder as `out`, or write it anew with `force`";
    Err(Error::file(target, "is there already, with other bytes", fix))
}
