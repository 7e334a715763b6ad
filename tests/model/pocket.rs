//! The embedded model, loaded, and copies of it to damage.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use askance::model::{Bundle, SessionOptions, WinClip, WinClipOptions};
use askance::runtime::{Flavour, Runtime};

use crate::onnx_runtime::library;
use crate::segmenter::few_prompts;

/// The CPU build of ONNX Runtime.
pub fn runtime() -> Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let load = || Runtime::load(&library(Flavour::Cpu)).unwrap_or_else(|e| panic!("{e}"));
    RUNTIME.get_or_init(load).clone()
}

/// The embedded model on one CPU thread, with few prompts.
pub fn pocket() -> WinClip {
    load(&Bundle::embedded("pocket").unwrap(), few_prompts())
}

/// A bundle on one CPU thread.
pub fn load(bundle: &Bundle, options: WinClipOptions) -> WinClip {
    let session = SessionOptions { threads: Some(1), ..SessionOptions::default() };
    WinClip::load(bundle, &runtime(), session, options).unwrap_or_else(|e| panic!("{e}"))
}

/// A copy of the pocket bundle in `folder`, for damaging.
pub fn pocket_folder(folder: &Path) -> PathBuf {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket"));
    for file in ["bundle.toml", "image.onnx", "text.onnx"] {
        fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    folder.to_path_buf()
}

/// Replaces a text in a bundle's manifest, which must contain it.
pub fn edit_manifest(folder: &Path, from: &str, to: &str) {
    let path = folder.join("bundle.toml");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from:?} is not in the manifest");
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}
