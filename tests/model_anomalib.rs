//! Graphs that anomalib exported, against anomalib's own torch inference. They are made by `export/foreign.py --out DIR`; without
//! `ASKANCE_FOREIGN=DIR` these tests skip.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test fails by panicking and says that it skips"
)]

mod model_common;

use std::path::{Path, PathBuf};
use std::process::Command;

use askance::dataset::{self, Sample};
use askance::model::{Bundle, Segmenter, SessionOptions, WinClipOptions, load, recognise};
use askance::record::{SampleRow, read_rows};
use askance::types::{self, Attack, Label, SampleId};
use model_common::runtime;
use ndarray::{Array1, Array2, Axis};
use ndarray_npy::read_npy;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("ASKANCE_FOREIGN").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: ASKANCE_FOREIGN names no folder written by export/foreign.py");
    }
    folder
}

fn graph(folder: &Path, kind: &str) -> (Bundle, Box<dyn Segmenter>) {
    let bundle = recognise(&folder.join(kind).join("model.onnx"), &runtime()).unwrap();
    let model = load(&bundle, &runtime(), SessionOptions::default(), WinClipOptions::default()).unwrap();
    (bundle, model)
}

#[test]
fn exports_are_recognised_and_give_the_maps_of_anomalib() {
    let Some(folder) = folder() else { return };
    for kind in ["padim", "padim_dynamic", "padim_raw", "stfpm"] {
        let (bundle, mut model) = graph(&folder, kind);
        let expected: Array2<f32> = read_npy(folder.join(kind).join("square.map.npy")).unwrap();
        let score: Array1<f32> = read_npy(folder.join(kind).join("square.score.npy")).unwrap();
        assert_eq!((model.input_size(), model.grid()), (expected.nrows(), expected.dim()), "{kind}");
        assert_eq!(model.is_bounded(), kind != "padim_raw", "{}", bundle.describe().description);
        let sample = Sample {
            id: SampleId { category: "weave".into(), defect: "good".into(), stem: "square".into() },
            label: Label::Normal,
            image: folder.join("pictures/square.png"),
            masks: Vec::new(),
        };
        let image = dataset::load(&sample, model.input_size()).unwrap().image.insert_axis(Axis(0));
        let found = model.segment(image.view(), &["weave"]).unwrap();
        let scale = expected.iter().copied().fold(1.0, f32::max);
        let difference = (&found[0].map - &expected).iter().fold(0.0_f32, |worst, d| worst.max(d.abs()));
        assert!(difference < 1e-4 * scale, "{kind}: {difference}");
        assert!((found[0].image_score - score[0]).abs() < 1e-4 * scale, "{kind}");
    }
}

#[test]
fn an_export_is_attacked_end_to_end() {
    let Some(folder) = folder() else { return };
    let work = tempfile::tempdir().unwrap();
    let (data, out) = (work.path().join("parts"), work.path().join("run"));
    let run = |arguments: &[&str]| {
        let output =
            Command::new(env!("CARGO_BIN_EXE_askance")).arg("--quiet").args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let (data, out) = (data.to_str().unwrap(), out.to_str().unwrap());
    let counts = ["--train", "0", "--good", "1", "--defective", "2", "--size", "64"];
    run(&[&["synth", "--category", "slate", "--out", data][..], &counts].concat());
    for kind in ["padim_dynamic", "stfpm"] {
        let model = folder.join(kind).join("model.onnx");
        let out = format!("{out}-{kind}");
        run(&["attack", "--data", data, "--model", model.to_str().unwrap(), "--budget", "8", "--out", &out]);
        let rows: Vec<SampleRow> = read_rows(Path::new(&out).join("samples.csv")).unwrap();
        assert_eq!(rows.len(), 3 * Attack::over(&types::Axis::PAPER).len());
        for sample in rows.chunks(Attack::over(&types::Axis::PAPER).len()) {
            assert!(
                sample.iter().all(|row| row.loss <= sample[0].loss && sample[4].loss <= row.loss),
                "{kind}"
            );
            assert!(sample[4].loss < sample[0].loss, "{kind}: nothing was found on {}", sample[0].sample);
        }
    }
}
