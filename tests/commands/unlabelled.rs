//! `askance attack` on a folder of pictures and no ground truth, and the tolerance of labelled data, as a user asks for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use askance::record::{DecisionRule, RunInfo, SampleRow, StabilityRow, SummaryRow, read_rows};
use askance::types::{Attack, Axis, Label};
use tempfile::TempDir;

use crate::program::{fail, on, run, synth, text};

/// One category in MVTec AD layout, and its test pictures in a plain folder.
fn pictures(folder: &TempDir) -> (PathBuf, PathBuf) {
    let flags = "--category tablet --seed 5 --good 3 --defective 3 --size 96";
    let data = synth(folder.path().join("parts"), flags);
    let plain = folder.path().join("line");
    fs::create_dir(&plain).unwrap();
    let kinds = fs::read_dir(data.join("tablet/test")).unwrap();
    for kind in kinds.map(|entry| entry.unwrap().path()) {
        for picture in fs::read_dir(&kind).unwrap().map(|entry| entry.unwrap().path()) {
            let [kind, name] = [&kind, &picture].map(|path| path.file_name().unwrap().to_str().unwrap());
            fs::copy(&picture, plain.join(format!("{kind}-{name}"))).unwrap();
        }
    }
    (data, plain)
}

fn attack(data: &Path, out: &Path) -> Command {
    let mut command = on("attack", data, out);
    command.args(["--attacks", "hue,joint", "--budget", "9"]);
    command
}

#[test]
fn a_folder_of_pictures_is_attacked_by_drift_and_its_stability_reported() {
    let folder = TempDir::new().unwrap();
    let (_, plain) = pictures(&folder);
    let out = folder.path().join("run");
    let output = run(attack(&plain, &out).args(["--tolerance-steps", "3"]));
    let (said, warned) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(warned.contains("6 pictures are read without ground truth"), "{warned}");
    assert!(said.contains("exceeded by the highest 5 %") && !said.contains("pixel AUROC"), "{said}");

    let info = RunInfo::read(out.join("run.toml")).unwrap();
    assert_eq!(info.dataset.layout, "unlabelled");
    assert_eq!(info.settings["loss"].as_str(), Some("drift"));
    assert_eq!(info.settings["tolerance"]["axes"].as_array().unwrap().len(), 3);

    let samples: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
    assert_eq!(samples.len(), 6 * 3);
    for sample in samples.chunks(3) {
        assert!(
            sample
                .iter()
                .all(|row| row.label == Label::Unknown && row.sample_auroc.is_none() && row.mask.is_none())
        );
        assert_eq!(sample[0].loss, 0.0);
        assert!(sample[1].loss < 0.0 && sample[2].loss <= sample[1].loss, "{sample:?}");
    }
    let summary: Vec<SummaryRow> = read_rows(out.join("summary.csv")).unwrap();
    assert!(summary.iter().all(|row| {
        [
            row.metrics.pixel_auroc,
            row.metrics.aupro,
            row.metrics.pixel_ap,
            row.metrics.image_auroc,
            row.metrics.image_ap,
        ]
        .iter()
        .all(Option::is_none)
    }));

    // In the attacks' order: the angle was scanned and not attacked, the joint attack cannot be scanned.
    let rows: Vec<StabilityRow> = read_rows(out.join("stability.csv")).unwrap();
    assert_eq!(rows.len(), 6 * 4);
    for sample in rows.chunks(4) {
        assert_eq!(
            [0, 1, 2, 3].map(|place| sample[place].attack),
            [
                Attack::Single(Axis::Angle),
                Attack::Single(Axis::Hue),
                Attack::Single(Axis::Saturation),
                Attack::Joint
            ]
        );
        assert!(
            sample[0].drift.is_none() && sample[0].evaluations.is_some_and(|count| count <= 1 + 2 * (3 + 6))
        );
        assert!(sample[3].step.is_none() && sample[3].tolerance.is_none() && sample[3].flips.is_some());
        let clean = samples.iter().find(|row| row.sample == sample[0].sample).unwrap();
        for row in sample {
            assert_eq!((row.clean_score, row.rule), (clean.image_score, DecisionRule::TopFivePercent));
            let nearest = [row.below, row.above].into_iter().flatten().map(f64::abs).min_by(f64::total_cmp);
            assert_eq!(row.tolerance, nearest);
        }
        // What the search minimised is what the records give again.
        let worst = samples
            .iter()
            .find(|row| row.sample == sample[1].sample && row.attack == Attack::Single(Axis::Hue));
        assert!((sample[1].drift.unwrap() + worst.unwrap().loss).abs() < 1e-12);
    }
    let called = rows
        .iter()
        .filter(|row| row.attack == Attack::Single(Axis::Hue) && row.clean_score > row.threshold)
        .count();
    assert_eq!(called, 1, "the highest of six");
    for plot in ["tolerance.png", "examples_pocket.png", "histograms.png"] {
        assert!(out.join("plots").join(plot).is_file(), "{plot}");
    }

    // Cut short in the middle of a sample, it goes on and ends with the same bytes, whatever the batch.
    let whole = text(&out, "stability.csv");
    let cut = whole.len() * 2 / 3;
    fs::write(out.join("stability.csv"), &whole[..cut]).unwrap();
    run(attack(&plain, &out).args(["--batch", "3", "--tolerance-steps", "3"]));
    assert_eq!(text(&out, "stability.csv"), whole);
}

#[test]
fn what_needs_ground_truth_is_refused_without_it() {
    let folder = TempDir::new().unwrap();
    let (data, plain) = pictures(&folder);
    let out = folder.path().join("run");
    for (flags, subject, fix) in [
        (["--loss", "contrast"], "--loss contrast", "--loss drift"),
        (["--select", "sample-auroc"], "--select sample-auroc", "--select loss"),
        (["--frame", "rotated-mask"], "--frame rotated-mask", "--frame derotated"),
        (["--decision", "nan"], "--decision NaN", "give a number"),
    ] {
        let said = fail(attack(&plain, &out).args(flags), 2);
        assert!(said.contains(subject) && said.contains(fix), "{said}");
    }
    let said = fail(&mut on("sweep", &plain, &out), 2);
    assert!(said.contains("askance attack"), "{said}");
    let said = fail(attack(&data, &out).args(["--decision", "0.5"]), 2);
    assert!(said.contains("add --tolerance"), "{said}");
    assert!(!out.exists());
}

#[test]
fn labelled_data_have_a_tolerance_too_and_may_be_read_without_their_labels() {
    let folder = TempDir::new().unwrap();
    let (data, _) = pictures(&folder);
    let out = folder.path().join("labelled");
    let flags = ["--attacks", "clean", "--tolerance", "--tolerance-steps", "3", "--json"];
    let output = run(on("attack", &data, &out).args(flags));
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let rows: Vec<StabilityRow> = read_rows(out.join("stability.csv")).unwrap();
    assert_eq!(rows.len(), 6 * 3);
    assert!(
        rows.iter().all(|row| row.rule == DecisionRule::BestF1 && row.drift.is_none() && row.flips.is_none())
    );
    let stability = said["stability"].as_array().unwrap();
    assert_eq!(stability.len(), 3);
    assert_eq!(stability[0]["scanned"], 6);
    let scanned: usize = rows.iter().map(|row| row.evaluations.unwrap() - 1).sum();
    assert_eq!(said["evaluations"], 6 + scanned);
    assert!(!said["summary"][0]["pixel_auroc"].is_null());

    let out = folder.path().join("unlabelled");
    run(attack(&data, &out).args(["--layout", "unlabelled", "--tolerance", "hue", "--decision", "0.4"]));
    let rows: Vec<StabilityRow> = read_rows(out.join("stability.csv")).unwrap();
    assert_eq!(rows.len(), 6 * 2);
    assert!(rows.iter().all(|row| row.label == Label::Unknown && row.threshold == 0.4));
    assert!(rows.iter().all(|row| row.category == "tablet" && row.rule == DecisionRule::Given));
}

#[test]
fn good_and_bad_folders_without_masks_have_image_metrics_and_a_tolerance_by_their_labels() {
    let folder = TempDir::new().unwrap();
    let (data, _) = pictures(&folder);
    fs::remove_dir_all(data.join("tablet/ground_truth")).unwrap();
    let out = folder.path().join("run");
    let said = fail(&mut attack(&data, &out), 1);
    assert!(said.contains("is missing") && said.contains("--layout image-labels"), "{said}");

    let labels = folder.path().join("labels");
    fs::create_dir(&labels).unwrap();
    fs::rename(data.join("tablet/test"), labels.join("tablet")).unwrap();
    let output = run(attack(&labels, &out).args(["--tolerance", "--tolerance-steps", "3"]));
    let (said, warned) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(warned.contains("3 good and 3 defective pictures are read without masks"), "{warned}");
    for table in ["image AUROC / image AP in %", "pixel AUROC / AUPRO: - / -", "false alarms and escapes"] {
        assert!(said.contains(table), "{table}: {said}");
    }
    let summary: Vec<SummaryRow> = read_rows(out.join("summary.csv")).unwrap();
    let of_images = |row: &SummaryRow| row.metrics.image_auroc.is_some() && !row.metrics.has_pixels();
    assert!(summary.iter().all(of_images), "{summary:?}");
    for plot in ["tolerance.png", "examples_pocket.png", "histograms.png"] {
        assert!(out.join("plots").join(plot).is_file(), "{plot}");
    }
    let said = fail(attack(&labels, &out).args(["--loss", "contrast"]), 2);
    assert!(said.contains("--loss contrast: needs masks") && said.contains("--loss drift"), "{said}");
}
