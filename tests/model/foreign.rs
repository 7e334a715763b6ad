//! Graphs that this project did not design: each convention gives the maps of the same segmenter, and a manifest that
//! contradicts its graph is refused by name. `export/golden/foreign.py` writes the graphs.

use std::fs;
use std::path::{Path, PathBuf};

use askance::error::{Error, Kind, Result};
use askance::model::{
    Bundle, Fake, Segmentation, Segmenter, SessionOptions, WinClipOptions, load, recognise,
};
use ndarray::{Axis, s};
use sha2::{Digest as _, Sha256};

use crate::pocket::{pocket, runtime};
use crate::segmenter::{few_prompts, pictures};

const SIZE: usize = 24;
const PLAIN: &str = "[input]\nname = \"image\"\nsize = 24\n[output]\nmap = \"cells\"\nscore = \"score\"\nrange = [0.0, 1.0]\n";
const BYTES: &str = "[input]\nname = \"bytes\"\nsize = 24\nlayout = \"nhwc\"\nchannels = \"bgr\"\nrange = [0.0, 255.0]\n\
                     [output]\nmap = \"normality\"\npolarity = \"normal\"\nrange = [99.0, 100.0]\n";
const CHANNELS: &str =
    "[input]\nname = \"image\"\nsize = 24\nresize = \"graph\"\n[output]\nmap = \"both\"\nchannel = 1\n";
const TEXT: &str = "[input]\nname = \"image\"\nsize = 24\n[text]\nname = \"text\"\nembedding = 64\ncontext = 77\n\
                    [output]\nmap = \"map\"\n";

/// A graph that `export/golden/foreign.py` wrote.
pub fn golden(graph: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/foreign")).join(format!("{graph}.onnx"))
}

pub fn hash(path: &Path) -> String {
    Sha256::digest(fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A bundle folder around a graph; the text tower, where one is wanted, is the pocket's.
fn bundle(graph: &str, sections: &str) -> Result<(tempfile::TempDir, Bundle)> {
    let folder = tempfile::tempdir().unwrap();
    fs::copy(golden(graph), folder.path().join("model.onnx")).unwrap();
    let mut files = format!("\"model.onnx\" = \"{}\"\n", hash(&golden(graph)));
    if sections.contains("[text]") {
        let text = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket/text.onnx"));
        fs::copy(text, folder.path().join("text.onnx")).unwrap();
        files.push_str(&format!("\"text.onnx\" = \"{}\"\n", hash(text)));
    }
    let header = format!("format = 1\nname = \"{graph}\"\narchitecture = \"image-to-map\"\n");
    fs::write(folder.path().join("bundle.toml"), format!("{header}{sections}[files]\n{files}")).unwrap();
    let bundle = Bundle::open(folder.path())?;
    Ok((folder, bundle))
}

/// The model of such a bundle, on one thread.
pub fn model(graph: &str, sections: &str) -> Result<(tempfile::TempDir, Box<dyn Segmenter>)> {
    let (folder, bundle) = bundle(graph, sections)?;
    let session = SessionOptions { threads: Some(1), ..SessionOptions::default() };
    Ok((folder, load(&bundle, &runtime(), session, few_prompts())?))
}

/// The largest difference between answers, of maps or scores.
pub fn largest_difference(a: &[Segmentation], b: &[Segmentation]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .flat_map(|(a, b)| {
            assert_eq!(a.map.dim(), b.map.dim());
            let of_maps = (&a.map - &b.map).into_iter().map(f32::abs);
            of_maps.chain([(a.image_score - b.image_score).abs()]).collect::<Vec<_>>()
        })
        .fold(0.0, f32::max)
}

#[test]
fn every_convention_gives_the_same_maps() {
    let pictures = pictures(3, SIZE);
    let categories = ["a", "b", "a"];
    let expected = Fake::new(SIZE, (6, 6)).segment(pictures.view(), &categories).unwrap();
    assert!(expected[0].image_score > 0.01, "the pictures are red somewhere");
    for (graph, sections) in [("plain", PLAIN), ("bytes", BYTES), ("channels", CHANNELS)] {
        let (_folder, mut model) = model(graph, sections).unwrap();
        assert_eq!((model.name(), model.input_size(), model.grid()), (graph, SIZE, (6, 6)));
        let found = model.segment(pictures.view(), &categories).unwrap();
        let difference = largest_difference(&found, &expected);
        let tolerance = if graph == "bytes" { 2e-5 } else { 1e-6 };
        assert!(difference < tolerance, "{graph}: {difference}");
        assert_eq!(model.is_bounded(), graph != "channels");
    }
}

#[test]
fn text_goes_in_per_picture_or_per_call() {
    let pictures = pictures(4, SIZE);
    let categories = ["key", "leather", "leather", "key"];
    let plain = Fake::new(SIZE, (6, 6)).segment(pictures.view(), &categories).unwrap();
    let mut pocket = pocket();
    for graph in ["text", "shared_text", "single_text"] {
        let (_folder, mut model) = model(graph, TEXT).unwrap();
        model.prepare(&["key"]).unwrap();
        let found = model.segment(pictures.view(), &categories).unwrap();
        for ((found, plain), category) in found.iter().zip(&plain).zip(categories) {
            let text = pocket.text_embedding(category).unwrap();
            let offset = text[[1, 0]] - text[[0, 0]];
            let difference = (&found.map - &plain.map).mapv(|value| (value - offset).abs());
            assert!(difference.iter().all(|&d| d < 1e-5), "{graph} {category}: {difference}");
            assert!((found.image_score - plain.image_score - offset).abs() < 1e-5);
        }
        assert_eq!(model.provenance().prompts, "few");
    }
}

#[test]
fn a_manifest_that_contradicts_the_graph_names_the_tensor() {
    for (graph, sections, from, to, tensor, expected) in [
        ("plain", PLAIN, "\"image\"", "\"pixels\"", "\"pixels\"", "it has image"),
        ("plain", PLAIN, "size = 24", "size = 32", "\"image\"", "[any, 3, 32, 32]"),
        ("plain", PLAIN, "size = 24", "size = 24\nlayout = \"nhwc\"", "\"image\"", "[any, 24, 24, 3]"),
        ("plain", PLAIN, "size = 24", "size = 24\nresize = \"graph\"", "\"image\"", "[any, 3, any, any]"),
        ("plain", PLAIN, "\"cells\"", "\"map\"", "\"map\"", "it has cells, score"),
        ("plain", PLAIN, "\"score\"", "\"best\"", "\"best\"", "it has cells, score"),
        ("plain", PLAIN, "range = [0.0, 1.0]", "channel = 1", "\"cells\"", "no channel 1"),
        ("plain", PLAIN, "map = \"cells\"", "map = \"score\"", "\"score\"", "neither (batch, H, W)"),
        ("plain", PLAIN, "score = \"score\"", "score = \"cells\"", "\"cells\"", "[1, 1, 6, 6] for 1 picture"),
        ("channels", CHANNELS, "channel = 1", "", "\"both\"", "output.channel"),
        ("text", TEXT, "embedding = 64", "embedding = 32", "\"text\"", "[any, 2, 32]"),
        (
            "text",
            TEXT,
            "[text]\nname = \"text\"\nembedding = 64\ncontext = 77\n",
            "",
            "\"text\"",
            "gives nothing to",
        ),
    ] {
        assert!(sections.contains(from), "{from}");
        let error = model(graph, &sections.replacen(from, to, 1)).map(|_| ()).unwrap_err();
        let Error { subject, problem, .. } = &error;
        assert!(subject.ends_with("model.onnx"), "{error}");
        assert!(problem.contains(tensor) && problem.contains(expected), "{from} -> {to}: {error}");
    }
}

/// A web page, half a graph, and nothing, each with its own hash in the manifest or without one.
#[test]
fn what_is_no_whole_graph_says_so() {
    let whole = fs::read(golden("plain")).unwrap();
    let page = b"<!DOCTYPE html>\n<html><body>Sign in</body></html>\n".as_slice();
    for bytes in [page, &whole[..whole.len() / 2], &[]] {
        let folder = tempfile::tempdir().unwrap();
        let graph = folder.path().join("model.onnx");
        fs::write(&graph, bytes).unwrap();
        let header = "format = 1\nname = \"m\"\narchitecture = \"image-to-map\"\n";
        let manifest = format!("{header}{PLAIN}[files]\n\"model.onnx\" = \"{}\"\n", hash(&graph));
        fs::write(folder.path().join("bundle.toml"), manifest).unwrap();
        let bundle = Bundle::open(folder.path()).unwrap();
        let of_bundle = load(&bundle, &runtime(), SessionOptions::default(), few_prompts()).map(|_| ());
        for error in [of_bundle.unwrap_err(), recognise(&graph, &runtime()).unwrap_err()] {
            assert!(error.fix.contains("cut short, damaged or no ONNX model"), "{error}");
        }
    }
}

#[test]
fn one_map_for_every_picture_is_remarked_on() {
    let sections = "[input]\nname = \"image\"\nsize = 24\n[output]\nmap = \"map\"\n";
    let (_folder, one) = model("constant", sections).unwrap();
    let remarks = one.remarks();
    assert!(remarks.len() == 1 && remarks[0].contains("one and the same map"), "{remarks:?}");
    assert!(!one.is_one_by_one());
    let (_folder, plain) = model("plain", PLAIN).unwrap();
    assert!(plain.remarks().is_empty());
}

#[cfg(unix)]
#[test]
fn a_graph_whose_file_would_give_it_a_name_of_two_lines_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("two\nlines.onnx");
    fs::copy(golden("anomalib"), &path).unwrap();
    assert!(recognise(&path, &runtime()).unwrap_err().problem.contains("control character"));
}

#[test]
fn a_range_is_held_against_the_first_pictures_and_not_against_made_up_ones() {
    let (_folder, mut model) = model("plain", &PLAIN.replacen("[0.0, 1.0]", "[1.0, 2.0]", 1)).unwrap();
    let error = model.segment(pictures(3, SIZE).view(), &["a", "b", "a"]).unwrap_err();
    assert!(error.problem.contains("outside 1.0 to 2.0") && error.problem.contains("\"cells\""), "{error}");
    assert!(error.fix.contains("range") && error.picture.is_some(), "{error}");
}

#[test]
fn senseless_manifests_are_refused_by_key() {
    for (from, to, key) in [
        ("size = 24", "size = 0", "input.size"),
        ("size = 24", "size = 24\nstd = [0.0, 1.0, 1.0]", "input.std"),
        ("size = 24", "size = 24\nrange = [1.0, 0.0]", "input.range"),
        ("size = 24", "size = 24\nlayout = \"chwn\"", "chwn"),
        ("range = [0.0, 1.0]", "range = [1.0, 1.0]", "output.range"),
        ("range = [0.0, 1.0]", "polarity = \"up\"", "up"),
        ("range = [0.0, 1.0]", "surprise = 1", "surprise"),
        ("score = \"score\"", "score_range = [0.0, 1.0]", "output.score_range"),
        ("map = \"cells\"", "map = \"\"", "output.map"),
    ] {
        let error = bundle("plain", &PLAIN.replacen(from, to, 1)).unwrap_err();
        assert!(error.subject.ends_with("bundle.toml") && error.problem.contains(key), "{key}: {error}");
    }
}

#[test]
fn settings_that_mean_nothing_to_a_foreign_graph_are_refused() {
    let (_folder, bundle) = bundle("plain", PLAIN).unwrap();
    for (options, setting) in [
        (WinClipOptions { temperature: Some(0.1), ..few_prompts() }, "`temperature`"),
        (WinClipOptions { stride: 2, ..few_prompts() }, "`stride`"),
    ] {
        let error = load(&bundle, &runtime(), SessionOptions::default(), options).map(|_| ()).unwrap_err();
        assert_eq!((error.subject.as_str(), error.kind), (setting, Kind::Usage));
    }
    assert!(bundle.clip().is_err());
}

#[test]
fn an_export_of_anomalib_is_recognised_unless_it_cuts_out_the_middle() {
    let bundle = recognise(&golden("anomalib"), &runtime()).unwrap();
    let mut model = load(&bundle, &runtime(), SessionOptions::default(), few_prompts()).unwrap();
    assert_eq!((model.input_size(), model.grid(), model.is_bounded()), (SIZE, (6, 6), true));
    let pictures = pictures(2, SIZE);
    let expected = Fake::new(SIZE, (6, 6)).segment(pictures.view(), &["a", "b"]).unwrap();
    assert!(largest_difference(&model.segment(pictures.view(), &["a", "b"]).unwrap(), &expected) < 1e-6);
    let error = recognise(&golden("anomalib_crop"), &runtime()).unwrap_err();
    assert!(error.problem.contains("cuts out the middle") && error.fix.contains("CenterCrop"), "{error}");
}

#[test]
fn an_export_that_brings_squares_to_an_oblong_has_oblong_maps_of_the_whole_picture() {
    let bundle = recognise(&golden("anomalib_wide"), &runtime()).unwrap();
    let mut model = load(&bundle, &runtime(), SessionOptions::default(), few_prompts()).unwrap();
    assert_eq!((model.input_size(), model.grid()), (SIZE, (16, SIZE)));
    // What does not change from row to row is the same after its rows have become fewer.
    let mut stripes = pictures(1, SIZE);
    let first = stripes.slice(s![.., .., 0, ..]).insert_axis(Axis(2)).to_owned();
    stripes.assign(&first);
    let cells = Fake::new(SIZE, (6, 6)).segment(stripes.view(), &["a"]).unwrap().remove(0);
    let found = model.segment(stripes.view(), &["a"]).unwrap().remove(0);
    assert!(cells.image_score > 0.01 && (cells.image_score - found.image_score).abs() < 1e-5);
    for ((_, x), value) in found.map.indexed_iter() {
        assert!((value - cells.map[[0, x / 4]]).abs() < 1e-5, "column {x}");
    }
    let refused = recognise(&golden("anomalib_oblong"), &runtime()).unwrap_err();
    assert!(refused.problem.contains("takes pictures of 24 x 16 pixels, and is given squares"), "{refused}");
}

#[test]
fn a_graph_that_resizes_may_have_oblong_maps_by_its_manifest_and_another_may_not() {
    let sections =
        "[input]\nname = \"input\"\nsize = 24\nresize = \"graph\"\n[output]\nmap = \"anomaly_map\"\n";
    let (_folder, model) = model("anomalib_wide", sections).unwrap();
    assert_eq!(model.grid(), (16, SIZE));
    let itself = sections.replace("resize = \"graph\"\n", "");
    let error = super::foreign::model("anomalib_wide", &itself).err().unwrap();
    assert!(error.problem.contains("no map is square"), "{error}");
}

#[test]
fn an_unknown_graph_without_a_manifest_is_an_error_that_lists_its_tensors() {
    let error = recognise(&golden("plain"), &runtime()).unwrap_err();
    for words in ["\"image\" f32 [any, 3, 24, 24]", "\"cells\"", "\"score\""] {
        assert!(error.problem.contains(words), "{error}");
    }
    assert!(error.fix.contains("bundle.toml"), "{error}");
}
