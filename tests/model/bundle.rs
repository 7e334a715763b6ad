//! Bundles: good ones open, bad ones are refused by name.

use std::fs;
use std::path::Path;

use askance::error::Kind;
use askance::model::{
    Bundle, Precision, Segmenter as _, SessionOptions, WinClip, WinClipOptions, at_precision,
};

use crate::pocket::{edit_manifest, pocket_folder, runtime};

#[test]
fn every_embedded_bundle_opens_and_describes_itself() {
    for name in Bundle::embedded_names() {
        let bundle = Bundle::embedded(name).unwrap();
        let description = bundle.describe();
        assert_eq!((description.name.as_str(), description.origin.as_str()), (name, "embedded"));
        assert_eq!(description.hash.len(), 64);
        assert!(description.bytes > 100_000);
    }
}

#[test]
fn a_folder_and_its_embedded_copy_are_one_model() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Bundle::open(pocket_folder(folder.path())).unwrap();
    let embedded = Bundle::embedded("pocket").unwrap();
    assert_eq!(opened.hash(), embedded.hash());
    assert_eq!(opened.manifest(), embedded.manifest());
    assert_eq!(opened.describe().bytes, embedded.describe().bytes);
}

#[test]
fn what_is_named_is_a_folder_or_an_embedded_bundle() {
    let folder = tempfile::tempdir().unwrap();
    pocket_folder(folder.path());
    let by_path = Bundle::resolve(folder.path().to_str().unwrap()).unwrap();
    assert_ne!(by_path.describe().origin, "embedded");
    assert_eq!(Bundle::resolve("pocket").unwrap().name(), "pocket");
    let error = Bundle::resolve("no-such-model").unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    assert!(error.fix.contains("pocket"), "{error}");
    assert!(Bundle::embedded("no-such-model").is_err());
}

#[test]
fn a_changed_file_is_refused_with_both_hashes() {
    let folder = tempfile::tempdir().unwrap();
    let path = pocket_folder(folder.path());
    let mut bytes = fs::read(path.join("text.onnx")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path.join("text.onnx"), bytes).unwrap();
    let error = Bundle::open(&path).unwrap_err();
    assert!(error.subject.ends_with("text.onnx"), "{error}");
    assert!(error.problem.contains("SHA-256") && error.problem.contains("manifest says"), "{error}");
}

#[test]
fn missing_files_are_named() {
    for file in ["image.onnx", "text.onnx", "bundle.toml"] {
        let folder = tempfile::tempdir().unwrap();
        let path = pocket_folder(folder.path());
        fs::remove_file(path.join(file)).unwrap();
        let error = Bundle::open(&path).unwrap_err();
        assert!(error.subject.ends_with(file), "{error}");
        assert!(!error.fix.is_empty());
    }
}

#[test]
fn an_unknown_key_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = pocket_folder(folder.path());
    edit_manifest(&path, "[winclip]", "[winclip]\nwindow_scales = [2]");
    let error = Bundle::open(&path).unwrap_err();
    assert!(error.subject.ends_with("bundle.toml") && error.problem.contains("window_scales"), "{error}");
}

/// The manifest says something else than the graph: the error names file, tensor, what is there and what is meant.
#[test]
fn a_graph_that_does_not_fit_its_manifest_is_refused() {
    for (from, to, file, tensor, found, meant) in [
        ("size = 192", "size = 240", "image.onnx", "pixels", "192", "240"),
        ("embedding = 64", "embedding = 96", "image.onnx", "text", "64", "96"),
        ("scales = [2, 3]", "scales = [2, 4]", "image.onnx", "windows_4", "windows_3", "[any, 16]"),
        ("scales = [2, 3]", "scales = [2]", "image.onnx", "windows_3", "windows_3", "windows_3"),
        ("context = 77", "context = 64", "text.onnx", "tokens", "77", "64"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = pocket_folder(folder.path());
        edit_manifest(&path, from, to);
        let bundle = Bundle::open(&path).unwrap();
        let loaded = WinClip::load(&bundle, &runtime(), SessionOptions::default(), WinClipOptions::default());
        let error = loaded.and_then(|mut model| model.prepare(&["bottle"])).unwrap_err();
        assert!(error.subject.ends_with(file), "{to}: {error}");
        for word in [tensor, found, meant] {
            assert!(error.problem.contains(word), "{to}: no {word:?} in {error}");
        }
    }
}

#[test]
fn a_graph_that_is_none_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = pocket_folder(folder.path());
    let good = Bundle::open(&path).unwrap();
    let old = good.manifest().files()["image.onnx"].clone();
    fs::write(path.join("image.onnx"), b"not a graph").unwrap();
    let hash = "5b8ac19fb4c0bcd8d60ea5d5b3bb9ba7df8a5e9c1e2f6a4c9a3e6a1a8f0f2a11";
    edit_manifest(&path, &old, hash);
    let found = Bundle::open(&path).unwrap_err().problem;
    let real = found.split_whitespace().nth(2).unwrap().trim_end_matches(',').to_string();
    edit_manifest(&path, hash, &real);
    let bundle = Bundle::open(&path).unwrap();
    let error =
        WinClip::load(&bundle, &runtime(), SessionOptions::default(), WinClipOptions::default()).unwrap_err();
    assert!(error.subject.ends_with("image.onnx") && error.problem.contains("cannot be loaded"), "{error}");
}

fn at(bundle: &Bundle, precision: Precision) -> askance::error::Result<Bundle> {
    at_precision(bundle, &SessionOptions { precision: Some(precision), ..SessionOptions::default() })
}

#[test]
fn another_precision_is_the_bundle_beside_it() {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let pocket = Bundle::open(models.join("pocket")).unwrap();
    let int8 = at(&pocket, Precision::Int8).unwrap();
    assert_eq!((int8.name(), int8.precision()), ("pocket-int8", Some(Precision::Int8)));
    assert_eq!(at(&int8, Precision::Fp32).unwrap().hash(), pocket.hash(), "and back");
    assert_eq!(at(&int8, Precision::Int8).unwrap().hash(), int8.hash());
    // An embedded model's siblings lie in models/ of the working folder, which is the crate's own in tests.
    assert_eq!(at(&Bundle::embedded("pocket").unwrap(), Precision::Int8).unwrap().hash(), int8.hash());
}

#[test]
fn a_missing_sibling_is_an_error_with_the_command_that_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("own");
    fs::create_dir(&place).unwrap();
    let bundle = Bundle::open(pocket_folder(&place)).unwrap();
    for (precision, command) in
        [(Precision::Int8, "askance_export.quantise"), (Precision::Fp16, "--precision fp16")]
    {
        let error = at(&bundle, precision).unwrap_err();
        assert_eq!((error.kind, error.subject), (Kind::Usage, format!("`precision = {precision}`")));
        let sibling = folder.path().join(format!("own-{precision}")).display().to_string();
        assert!(error.problem.contains(&sibling), "{}", error.problem);
        assert!(error.fix.contains(command) && error.fix.contains(&sibling), "{}", error.fix);
    }
}

#[test]
fn what_lies_beside_it_must_be_the_same_model_in_that_precision() {
    let folder = tempfile::tempdir().unwrap();
    let (place, beside) = (folder.path().join("own"), folder.path().join("own-int8"));
    for folder in [&place, &beside] {
        fs::create_dir(folder).unwrap();
        pocket_folder(folder);
    }
    let bundle = Bundle::open(&place).unwrap();
    let error = at(&bundle, Precision::Int8).unwrap_err();
    assert!(error.subject.contains("own-int8") && error.problem.contains("has fp32"), "{error}");
    edit_manifest(&beside, "precision = \"fp32\"", "precision = \"int8\"");
    assert!(at(&bundle, Precision::Int8).is_ok());
    edit_manifest(&beside, "scales = [2, 3]", "scales = [2]");
    let error = at(&bundle, Precision::Int8).unwrap_err();
    assert!(error.problem.contains("another model"), "{error}");
}
