//! Encoded prompts that are kept from run to run.

use std::fs;
use std::path::{Path, PathBuf};

use askance::runtime::Flavour;
use tempfile::TempDir;

use crate::onnx_runtime::library;
use crate::program::{on, run, synth, text};

/// Evaluates into a new folder with a cache of its own, and gives `samples.csv`.
fn evaluated(folder: &TempDir, data: &Path, name: &str) -> String {
    let out = folder.path().join(name);
    let mut command = on("eval", data, &out);
    run(command
        .env("ASKANCE_CACHE", folder.path().join("cache"))
        .arg("--ort-lib")
        .arg(library(Flavour::Cpu).library));
    text(&out, "samples.csv")
}

#[test]
fn a_second_run_encodes_no_text_and_a_damaged_file_is_computed_again() {
    let folder = TempDir::new().unwrap();
    let data = synth(
        folder.path().join("parts"),
        "--category slate tablet --seed 5 --good 1 --defective 1 --size 96",
    );
    let first = evaluated(&folder, &data, "first");
    let kept = || -> Vec<PathBuf> {
        let files = fs::read_dir(folder.path().join("cache/text")).unwrap();
        let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        files
    };
    let files = kept();
    assert_eq!(files.len(), 2, "one for each category: {files:?}");
    assert_eq!(evaluated(&folder, &data, "second"), first);

    // What is kept is what is used: each category is given the other's text.
    let [one, other] = [0, 1].map(|at| fs::read(&files[at]).unwrap());
    fs::write(&files[0], &other).unwrap();
    fs::write(&files[1], &one).unwrap();
    assert_ne!(evaluated(&folder, &data, "exchanged"), first);

    for file in &files {
        let mut bytes = fs::read(file).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(file, bytes).unwrap();
    }
    assert_eq!(evaluated(&folder, &data, "mended"), first);
    assert_eq!((fs::read(&files[0]).unwrap(), fs::read(&files[1]).unwrap()), (one, other), "and kept again");
    assert_eq!(kept(), files);
}
