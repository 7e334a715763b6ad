//! `--fit`: pictures that are not square, as a user asks for them.

use std::fs;
use std::path::{Path, PathBuf};

use askance::record::{RunDir, RunInfo, SampleRow, SummaryRow, read_rows};
use askance::types::Attack;
use tempfile::TempDir;

use crate::program::{fail, on, run, synth};

/// Generated parts of which only the middle two thirds are in the picture.
fn wide(folder: &TempDir) -> PathBuf {
    let flags = "--category tablet twill --seed 5 --good 2 --defective 2 --size 192";
    let data = synth(folder.path().join("parts"), flags);
    crop(&data);
    data
}

fn crop(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            crop(&entry);
        } else if entry.extension().is_some_and(|ending| ending == "png") {
            let picture = image::open(&entry).unwrap();
            picture.crop_imm(0, 32, picture.width(), 128).save(&entry).unwrap();
        }
    }
}

#[test]
fn every_fit_runs_to_the_end_and_is_recorded() {
    let folder = TempDir::new().unwrap();
    let data = wide(&folder);
    for (fit, rows) in [("squeeze", 12), ("pad", 12), ("tile", 24)] {
        let out = folder.path().join(fit);
        let flags = ["--attacks", "angle", "--budget", "7", "--fit", fit, "--random", "2", "--save-maps"];
        run(on("attack", &data, &out).args(flags));
        let info = RunInfo::read(out.join("run.toml")).unwrap();
        let recorded = info.settings.get("fit").and_then(|settings| settings["fit"].as_str());
        assert_eq!(recorded, (fit != "squeeze").then_some(fit));
        let samples: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
        let dir = RunDir::open(&out).unwrap();
        let map = dir.load_patch_map("pocket", &samples[0].id().unwrap(), Attack::Clean).unwrap();
        assert_eq!(map.dim(), (rows, 12), "{fit}");
        let summary: Vec<SummaryRow> = read_rows(out.join("summary.csv")).unwrap();
        let of = |attack| summary.iter().find(|row| row.attack == attack).unwrap().metrics.pixel_auroc;
        let angle = samples.iter().find(|row| row.attack != Attack::Clean).unwrap().attack;
        assert!(of(angle) <= of(Attack::Clean), "{fit}");
        assert!(out.join("plots/examples_pocket.png").exists() && out.join("plots/gallery.png").exists());
        // What was finished is taken up, and changes nothing.
        let before = fs::read(out.join("summary.csv")).unwrap();
        run(on("attack", &data, &out).args(flags));
        assert_eq!(fs::read(out.join("summary.csv")).unwrap(), before);
    }
    let text = fail(
        on("attack", &data, &folder.path().join("tile")).args(["--attacks", "angle", "--budget", "7"]),
        2,
    );
    assert!(text.contains("settings.fit"), "{text}");
}

#[test]
fn tiles_that_do_not_fit_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let data = wide(&folder);
    let out = folder.path().join("run");
    let text = fail(on("eval", &data, &out).args(["--tile-size", "100"]), 2);
    assert!(text.contains("--tile-size") && text.contains("add --fit tile"), "{text}");
    let text = fail(on("eval", &data, &out).args(["--fit", "tile", "--tile-size", "150"]), 1);
    assert!(text.contains("192 x 128") && text.contains("--tile-size 150") && text.contains("128"), "{text}");
    let text = fail(on("eval", &data, &out).args(["--fit", "tile", "--tile-overlap", "0.95"]), 2);
    assert!(text.contains("--tile-overlap 0.95"), "{text}");
}
