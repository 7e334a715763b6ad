//! Graphs whose answer to a picture depends on the others of its batch, is random, or is not there for every picture.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use askance::attack::probe_batch;
use askance::model::{Bundle, SessionOptions, defend, load, recognise};
use ndarray::{Axis, s};

use crate::foreign::{golden, hash, largest_difference, model};
use crate::pocket::{edit_manifest, pocket_folder, runtime};
use crate::segmenter::{few_prompts, pictures};

const SIZE: usize = 24;

fn sections(map: &str) -> String {
    format!("[input]\nname = \"image\"\nsize = 24\n[output]\nmap = \"{map}\"\n")
}

fn channels_last(map: &str, more: &str) -> String {
    format!("[input]\nname = \"image\"\nsize = 24\nlayout = \"nhwc\"\n[output]\nmap = \"{map}\"\n{more}")
}

#[test]
fn a_graph_that_looks_at_the_whole_batch_is_run_one_by_one_with_a_remark() {
    for (graph, map, reason) in [
        ("batch_minmax", "map", "in the company of others"),
        ("dynamic_int8", "cells", "in the company of others"),
        ("one_inside", "map", "fails for several pictures at once"),
    ] {
        let (_folder, mut model) = model(graph, &sections(map)).unwrap();
        let remarks = model.remarks();
        assert_eq!(remarks.len(), 1, "{graph}");
        assert!(remarks[0].contains(reason) && remarks[0].contains("model.onnx"), "{graph}: {remarks:?}");
        assert!(model.is_one_by_one());
        let eight = pictures(8, SIZE);
        let together = model.segment(eight.view(), &["a"; 8]).unwrap();
        let alone: Vec<_> = eight
            .axis_chunks_iter(Axis(0), 1)
            .map(|one| model.segment(one, &["a"]).unwrap().remove(0))
            .collect();
        assert_eq!(together, alone, "{graph}");
        let defended = defend(vec![model], &["rotate:2".parse().unwrap()]).unwrap();
        assert_eq!((defended[0].remarks(), defended[0].is_one_by_one()), (remarks, true));
    }
}

#[test]
fn a_graph_that_answers_each_picture_by_itself_takes_whole_batches() {
    for (graph, map) in [("plain", "cells"), ("picture_minmax", "map")] {
        let (_folder, mut model) = model(graph, &sections(map)).unwrap();
        assert_eq!((model.remarks(), model.is_one_by_one()), (Vec::new(), false), "{graph}");
        let four = pictures(4, SIZE);
        let together = model.segment(four.view(), &["a"; 4]).unwrap();
        let alone = model.segment(four.slice(s![2..3, .., .., ..]), &["a"]).unwrap();
        assert!(largest_difference(&together[2..3], &alone) < 1e-6);
    }
}

#[test]
fn a_random_graph_is_refused() {
    let error = model("random", &sections("map")).map(|_| ()).unwrap_err();
    assert!(
        error.problem.contains("differently each time") && error.fix.contains("evaluation mode"),
        "{error}"
    );
}

#[test]
fn a_graph_of_several_pictures_and_no_other_number_is_refused_with_what_helps() {
    let error = model("four", &sections("anomaly_map")).map(|_| ()).unwrap_err();
    assert!(error.problem.contains("4 pictures") && error.fix.contains("free batch"), "{error}");
    let error = recognise(&golden("four"), &runtime()).unwrap_err();
    assert!(error.fix.contains("free batch"), "{error}");
}

#[test]
fn a_map_with_its_channels_last_is_that_of_the_same_network_with_channels_first() {
    let three = pictures(3, SIZE);
    let categories = ["a", "b", "a"];
    let (_folder, mut first) = model("plain", &sections("cells")).unwrap();
    let wanted = first.segment(three.view(), &categories).unwrap();
    for (graph, more) in [("last", ""), ("last", "channel = 0\n"), ("last_of_two", "channel = 1\n")] {
        let (_folder, mut last) = model(graph, &channels_last("map", more)).unwrap();
        let found = last.segment(three.view(), &categories).unwrap();
        assert!(largest_difference(&found, &wanted) < 1e-6, "{graph} {more}");
    }
    for (graph, more, problem) in [
        ("last", "channel = 1\n", "no channel 1"),
        ("last_of_two", "", "output.channel must say which"),
        ("column", "", "square"),
    ] {
        let error = model(graph, &channels_last("map", more)).map(|_| ()).unwrap_err();
        assert!(error.problem.contains(problem), "{graph} {more}: {error}");
    }
}

#[test]
fn a_picture_of_one_value_that_has_no_answer_refuses_no_graph_and_is_named_where_it_comes() {
    let (_folder, mut model) = model("picture_minmax", &sections("map")).unwrap();
    probe_batch(model.as_mut(), "a").unwrap();
    let mut five = pictures(5, SIZE);
    five.index_axis_mut(Axis(0), 3).fill(0.5);
    let error = model.segment(five.view(), &["a"; 5]).unwrap_err();
    assert_eq!(error.picture, Some(3), "{error}");
    assert!(error.problem.contains("not finite") && error.fix.contains("picture"), "{error}");
    let mut defended = defend(vec![model], &["rotate:2".parse().unwrap()]).unwrap();
    assert_eq!(defended[0].segment(five.view(), &["a"; 5]).unwrap_err().picture, Some(3));
}

/// A field of a Protocol Buffers message with a length, of fewer than 16 numbers and 128 bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

/// Gives the graph of a bundle one more node, which quantises `input` and whose outputs nobody takes.
fn quantise(folder: &Path, graph: &str, input: &str) {
    let graph = folder.join(graph);
    let before = hash(&graph);
    let names =
        [field(1, input.as_bytes()), field(2, b"bytes"), field(2, b"step"), field(2, b"zero")].concat();
    let node = [names, field(4, b"DynamicQuantizeLinear")].concat();
    // What is appended to a message is merged into it.
    fs::OpenOptions::new().append(true).open(&graph).unwrap().write_all(&field(7, &field(1, &node))).unwrap();
    edit_manifest(folder, &before, &hash(&graph));
}

#[test]
fn a_graph_that_quantises_over_the_batch_is_run_one_by_one_also_where_that_hardly_shows() {
    let (folder, _) = model("plain", &sections("cells")).unwrap();
    quantise(folder.path(), "model.onnx", "image");
    let bundle = Bundle::open(folder.path()).unwrap();
    let model = load(&bundle, &runtime(), SessionOptions::default(), few_prompts()).unwrap();
    assert!(model.is_one_by_one());
    assert!(model.remarks()[0].contains("quantises over the whole batch"), "{:?}", model.remarks());
}

#[test]
fn a_clip_that_quantises_over_the_batch_is_run_one_by_one_with_a_remark() {
    let folder = tempfile::tempdir().unwrap();
    let folder = pocket_folder(folder.path());
    quantise(&folder, "image.onnx", "pixels");
    let open = |bundle: &Bundle| load(bundle, &runtime(), SessionOptions::default(), few_prompts()).unwrap();
    let mut quantised = open(&Bundle::open(&folder).unwrap());
    let mut plain = open(&Bundle::embedded("pocket").unwrap());
    assert!(quantised.remarks()[0].contains("quantises over the whole batch"), "{:?}", quantised.remarks());
    assert!(quantised.is_one_by_one() && !plain.is_one_by_one() && plain.remarks().is_empty());
    let (three, categories) = (pictures(3, plain.input_size()), ["key", "leather", "key"]);
    let found = quantised.segment(three.view(), &categories).unwrap();
    assert!(largest_difference(&found, &plain.segment(three.view(), &categories).unwrap()) < 1e-6);
    let coarse = quantised.segment_coarse(three.view(), &categories).unwrap();
    assert!(largest_difference(&coarse, &plain.segment_coarse(three.view(), &categories).unwrap()) < 1e-6);
    let mut broken = three;
    broken[[2, 0, 0, 0]] = f32::NAN;
    assert_eq!(quantised.segment(broken.view(), &categories).unwrap_err().picture, Some(2));
}
