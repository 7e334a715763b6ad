//! `--fit`: pictures that are not square, as a user asks for them.

use std::fs;
use std::path::{Path, PathBuf};

use askance::record::{RunDir, RunInfo, SampleRow, SummaryRow, read_rows};
use askance::types::Attack;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::program::{askance, fail, on, run, synth};

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
        for row in &samples {
            // Candidates are counted, however many pieces each has.
            let searched = if row.attack == Attack::Clean { 1 } else { 7 };
            assert_eq!((row.fit.name(), row.pieces, row.evaluations), (fit, rows / 12, searched));
        }
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
    assert!(text.contains("another --fit: "), "{text}");
    let runs = ["tile", "squeeze"].map(|name| folder.path().join(name));
    let text = fail(askance().arg("plot").args(&runs), 2);
    assert!(text.contains("with --fit squeeze") && text.contains("other pixels"), "{text}");
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

/// A bundle around a graph that takes 24 x 24 pixels, with these sections beside the usual ones.
fn bundle(folder: &TempDir, name: &str, sections: &str) -> PathBuf {
    let graph = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/foreign/plain.onnx"));
    let bundle = folder.path().join(name);
    fs::create_dir(&bundle).unwrap();
    fs::copy(graph, bundle.join("model.onnx")).unwrap();
    let hash: String =
        Sha256::digest(fs::read(graph).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect();
    let manifest = format!(
        "format = 1\nname = \"{name}\"\narchitecture = \"image-to-map\"\n[input]\nname = \"image\"\nsize = 24\n\
         [output]\nmap = \"cells\"\nscore = \"score\"\nrange = [0.0, 1.0]\n{sections}[files]\n\"model.onnx\" = \"{hash}\"\n"
    );
    fs::write(bundle.join("bundle.toml"), manifest).unwrap();
    bundle
}

fn fit_of(run: &Path) -> Option<toml::Value> {
    RunInfo::read(run.join("run.toml")).unwrap().settings.get("fit").cloned()
}

#[test]
fn a_bundle_names_its_own_fit_and_the_flag_overrules_it() {
    let folder = TempDir::new().unwrap();
    let data = wide(&folder);
    let out = |name: &str| folder.path().join(name);
    let tiled = bundle(&folder, "tiled", "[fit]\nfit = \"tile\"\ntile_overlap = 0.5\n");
    let plain = bundle(&folder, "plain", "");
    let eval = |name: &str, models: &[&PathBuf], flags: &[&str]| {
        let mut command = on("eval", &data, &out(name));
        models.iter().for_each(|model| {
            command.arg("--model").arg(model);
        });
        command.args(flags);
        command
    };
    run(&mut eval("own", &[&tiled], &[]));
    let own = fit_of(&out("own")).unwrap();
    assert_eq!((own["fit"].as_str(), own["tile_overlap"].as_float()), (Some("tile"), Some(0.5)));
    let rows: Vec<SampleRow> = read_rows(out("own/samples.csv")).unwrap();
    assert!(rows.iter().all(|row| (row.fit.name(), row.pieces) == ("tile", 2)), "{rows:?}");

    run(&mut eval("squeezed", &[&tiled], &["--fit", "squeeze"]));
    assert_eq!(fit_of(&out("squeezed")), None, "what is usual is not written");
    run(&mut eval("flag", &[&tiled], &["--fit", "tile"]));
    assert_eq!(fit_of(&out("flag")).unwrap()["tile_overlap"].as_float(), Some(0.2), "all of it");

    // A run has one fit, and its models are compared.
    let text = fail(&mut eval("both", &[&plain, &tiled], &[]), 2);
    assert!(
        text.contains("--model tiled") && text.contains("--fit tile") && text.contains("run has one"),
        "{text}"
    );
    run(&mut eval("both", &[&plain, &tiled], &["--fit", "pad"]));

    // Worst cases are replayed as they were found.
    let attacked = out("attacked");
    let flags = ["--attacks", "hue", "--budget", "4"];
    run(on("attack", &data, &attacked).arg("--model").arg(&plain).args(flags));
    let replayed = out("replayed");
    run(askance().arg("replay").arg(&attacked).arg("--model").arg(&tiled).arg("--out").arg(&replayed));
    assert_eq!(fit_of(&replayed.join("from-plain")), None);

    let said = run(askance().arg("models").arg(&tiled)).stdout;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("--fit tile with --tile-overlap 0.5"), "{said}");
}

#[test]
fn a_senseless_fit_of_a_bundle_is_refused_by_its_name() {
    let folder = TempDir::new().unwrap();
    for (name, sections, problem) in [
        (
            "a",
            "[fit]\nfit = \"tile\"\ntile_overlap = 0.95\n",
            "fit.tile_overlap = 0.95 is no share of a tile",
        ),
        ("b", "[fit]\nfit = \"pad\"\ntile_size = 64\n", "fit has settings of tiles, and fit.fit is \"pad\""),
        ("c", "[fit]\nfit = \"crop\"\n", "squeeze, pad or tile"),
    ] {
        let text = fail(askance().arg("models").arg(bundle(&folder, name, sections)), 1);
        assert!(text.contains(problem), "{text}");
    }
}

#[test]
fn providers_are_compared_on_the_pieces_of_pictures() {
    let folder = TempDir::new().unwrap();
    let data = wide(&folder);
    let out = |name: &str| folder.path().join(name);
    let bench = |name: &str, flags: &[&str]| {
        let mut command = askance();
        command.args([
            "bench",
            "--threads",
            "1",
            "--rounds",
            "1",
            "--calls",
            "1",
            "--warm-up",
            "0",
            "--batch",
            "1",
        ]);
        command.args(flags).arg("--out").arg(out(name));
        command
    };
    let compared = |name: &str, fit: &[&str]| {
        let graph = bundle(&folder, name, "");
        let mut command = bench(&format!("{name}-out"), &["--no-metrics", "--json"]);
        let said = run(command.arg("--data").arg(&data).arg("--model").arg(&graph).args(fit)).stdout;
        let said: serde_json::Value = serde_json::from_slice(&said).unwrap();
        assert_eq!(said["rows"][0]["map_max_difference"], 0.0, "a graph of one precision on one provider");
        fit_of(&out(&format!("{name}-out")))
    };
    assert_eq!(compared("squeezed", &[]), None);
    let tiled = compared("tiled", &["--fit", "tile", "--tile-overlap", "0.4"]).unwrap();
    assert_eq!((tiled["fit"].as_str(), tiled["tile_overlap"].as_float()), (Some("tile"), Some(0.4)));

    let text = fail(&mut bench("square", &["--fit", "tile"]), 2);
    assert!(text.contains("--fit tile") && text.contains("generated pictures are square"), "{text}");
    let mut small = bench("small", &["--no-metrics", "--fit", "tile", "--tile-size", "150"]);
    let text = fail(small.arg("--data").arg(&data), 1);
    assert!(text.contains("--tile-size 150") && text.contains("192 x 128"), "{text}");
}
