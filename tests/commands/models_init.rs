//! `askance models init`: the manifest of a graph as far as its file tells, and what is done about the rest.

use std::fs;
use std::path::{Path, PathBuf};

use askance::record::{SummaryRow, read_rows};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{askance, fail, on, run, synth, text};

fn golden(graph: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/foreign").join(format!("{graph}.onnx"))
}

/// A folder with one of the golden graphs under a name.
fn graph(golden_graph: &str, name: &str) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join(name);
    fs::copy(golden(golden_graph), &path).unwrap();
    (folder, path)
}

fn printed(output: &std::process::Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Writes values in place of what a manifest leaves to fill in, and its size where that is one.
fn fill_in(manifest: &Path) {
    let mut text = fs::read_to_string(manifest).unwrap();
    for (field, value) in [
        ("range", "[0.0, 1.0]"),
        ("mean", "[0.0, 0.0, 0.0]"),
        ("std", "[1.0, 1.0, 1.0]"),
        ("polarity", "\"anomalous\""),
    ] {
        let left = format!("\n{field} = \"fill in\"\n");
        assert!(text.contains(&left), "{field}: {text}");
        text = text.replace(&left, &format!("\n{field} = {value}\n"));
    }
    fs::write(manifest, text).unwrap();
}

#[test]
fn a_graph_becomes_a_model_when_what_is_left_is_filled_in() {
    let (folder, graph) = graph("plain", "net.onnx");
    let bundle = folder.path().join("net");
    let said = printed(&run(askance().args(["models", "init"]).arg(&graph)));
    let told: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("to fill in: ")).collect();
    let fields: Vec<&str> = told.iter().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(fields, ["input.range", "input.mean", "input.std", "output.polarity"], "{said}");
    assert!(said.contains("guesses, to be looked at: input.channels"), "{said}");
    assert_eq!(fs::read(bundle.join("model.onnx")).unwrap(), fs::read(&graph).unwrap());

    // Before that it is refused, with the same places.
    let data = synth(folder.path().join("parts"), "--category slate --good 1 --defective 2 --size 64");
    let out = folder.path().join("run");
    for refused in [
        fail(askance().arg("models").arg(&bundle), 1),
        fail(on("eval", &data, &out).arg("--model").arg(&bundle), 1),
    ] {
        assert!(refused.contains("bundle.toml") && refused.contains("fill in"), "{refused}");
        for place in &told {
            assert!(refused.contains(place), "{place}: {refused}");
        }
    }
    assert!(!out.join("summary.csv").exists());

    fill_in(&bundle.join("bundle.toml"));
    let next = said.lines().find_map(|line| line.strip_prefix("then: askance models ")).unwrap();
    let described = printed(&run(askance().args(["models", next])));
    assert!(described.contains("name          net") && described.contains("24 x 24"), "{described}");
    run(on("eval", &data, &out).arg("--model").arg(&bundle));
    let rows: Vec<SummaryRow> = read_rows(out.join("summary.csv")).unwrap();
    assert!(rows.iter().all(|row| row.model == "net" && row.metrics.pixel_auroc.is_some()));
}

#[test]
fn an_export_of_anomalib_can_be_used_at_once() {
    let (folder, graph) = graph("anomalib", "model.onnx");
    let said = printed(&run(askance().args(["models", "init"]).arg(&graph)));
    assert!(!said.contains("to fill in") && !said.contains("a copy"), "{said}");
    assert!(said.contains("next: askance models "), "{said}");
    let described = printed(&run(askance().arg("models").arg(folder.path())));
    assert!(described.contains("image-to-map"), "{described}");
    // The graph lies where its folder says what it is called.
    let name = folder.path().canonicalize().unwrap();
    assert!(described.contains(&*name.file_name().unwrap().to_string_lossy()), "{described}");
}

#[test]
fn what_is_there_is_kept_unless_it_is_asked_for() {
    let (folder, graph) = graph("plain", "net.onnx");
    let out = folder.path().join("mine");
    let init = || {
        let mut command = askance();
        command.args(["models", "init", "--json"]).arg(&graph).arg("--out").arg(&out);
        command
    };
    let said: Value = serde_json::from_slice(&run(&mut init()).stdout).unwrap();
    assert_eq!(said["fill_in"].as_array().unwrap().len(), 4, "{said}");
    let first = text(&out, "bundle.toml");
    fill_in(&out.join("bundle.toml"));
    let filled = text(&out, "bundle.toml");
    let refused = fail(&mut init(), 1);
    assert!(refused.contains("bundle.toml") && refused.contains("--force"), "{refused}");
    assert_eq!(text(&out, "bundle.toml"), filled);
    run(init().arg("--force"));
    assert_eq!(text(&out, "bundle.toml"), first);

    // A graph of that name with other bytes is no less somebody's.
    fs::remove_file(out.join("bundle.toml")).unwrap();
    fs::write(out.join("model.onnx"), "another").unwrap();
    let refused = fail(&mut init(), 1);
    assert!(refused.contains("model.onnx") && refused.contains("other bytes"), "{refused}");
    assert!(!out.join("bundle.toml").exists());
}

/// A field with a length, of fewer than 16 numbers and 128 bytes.
fn field(number: u8, content: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, content.len() as u8], content].concat()
}

#[test]
fn graphs_that_are_none_or_hold_weights_elsewhere_are_refused_and_nothing_is_written() {
    let (folder, graph) = graph("plain", "net.onnx");
    let whole = fs::read(&graph).unwrap();
    let weights = |location: &str| {
        let entry = [field(1, b"location"), field(2, location.as_bytes())].concat();
        let tensor = [field(8, b"w"), field(13, &entry), vec![14 << 3, 1]].concat();
        [whole.clone(), field(7, &field(5, &tensor))].concat()
    };
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("cut.onnx", whole[..whole.len() / 2].to_vec(), "cut short"),
        ("page.onnx", b"<!doctype html><title>404</title>".to_vec(), "no ONNX graph"),
        ("empty.onnx", Vec::new(), "no input"),
        ("outside.onnx", weights("../w.bin"), "not in its folder"),
        ("missing.onnx", weights("w.bin"), "w.bin"),
        ("lfs.onnx", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n".to_vec(), "LFS"),
    ];
    for (name, bytes, words) in cases {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let said = fail(askance().args(["models", "init"]).arg(&path), 1);
        // Weights that are missing are named themselves.
        let named = said.contains(name) || name == "missing.onnx";
        assert!(said.contains(words) && named && said.contains("fix: "), "{name}: {said}");
        assert!(!path.with_extension("").exists(), "{name}");
    }
    fail(askance().args(["models", "init"]).arg(folder.path().join("none.onnx")), 1);

    // Weights below the folder come along.
    fs::create_dir(folder.path().join("below")).unwrap();
    fs::write(folder.path().join("below/w.bin"), "weights").unwrap();
    let path = folder.path().join("net.onnx");
    fs::write(&path, weights("below/w.bin")).unwrap();
    run(askance().args(["models", "init"]).arg(&path));
    assert_eq!(text(&folder.path().join("net/below"), "w.bin"), "weights");
    assert!(text(&folder.path().join("net"), "bundle.toml").contains("\"below/w.bin\" = \""));
}

#[test]
fn a_graph_of_a_bundle_is_told_as_one() {
    let graph = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/pocket/image.onnx");
    let out = TempDir::new().unwrap();
    let said = fail(askance().args(["models", "init"]).arg(graph).arg("--out").arg(out.path().join("x")), 1);
    assert!(said.contains("part of a bundle") && said.contains("--model"), "{said}");
}
