//! Sizes and batches for which this machine, or what it grants, has no memory.
#![cfg(unix)]

use std::fs;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::program::{fail, on, synth};

/// An allocation that fails would end the program by a signal, without a word.
#[test]
fn a_size_that_there_is_no_memory_for_is_refused_by_its_field() {
    let work = tempfile::tempdir().unwrap();
    let data = synth(work.path().join("parts"), "--category slate --good 1 --defective 1 --size 64");
    let graph = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/foreign/free.onnx"));
    let bundle = work.path().join("bundle");
    fs::create_dir(&bundle).unwrap();
    fs::copy(graph, bundle.join("model.onnx")).unwrap();
    let hash: String =
        Sha256::digest(fs::read(graph).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = format!(
        "format = 1\nname = \"large\"\narchitecture = \"image-to-map\"\n[input]\nname = \"image\"\nsize = 8192\n\
         [output]\nmap = \"cells\"\n[files]\n\"model.onnx\" = \"{hash}\"\n"
    );
    fs::write(bundle.join("bundle.toml"), manifest).unwrap();
    let command = on("eval", &data, &work.path().join("out"));
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -v 6000000 && exec \"$0\" \"$@\""]).arg(command.get_program());
    limited.args(command.get_args()).args(["--threads", "1", "--model"]).arg(&bundle);
    let said = fail(limited.env("RAYON_NUM_THREADS", "1"), 1);
    assert!(said.contains("3 pictures of 8192 pixels a side (input.size)"), "{said}");
}
