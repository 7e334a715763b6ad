//! `--uniform` and `--select pooled` as a user gives them, with the embedded model, on generated parts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use askance::record::{SampleRow, SummaryRow, UniformRow, read_rows};
use askance::types::{Attack, Axis, Over, Perturbation, PooledMetric};
use tempfile::TempDir;

use crate::program::{on, run, synth, text};

/// Two categories, one good and two defective parts each.
fn parts(folder: &TempDir) -> PathBuf {
    let flags = "--category slate tablet --seed 5 --good 1 --defective 2 --size 96";
    synth(folder.path().join("parts"), flags)
}

fn attack(data: &Path, out: &Path, flags: &[&str]) -> Command {
    let mut command = on("attack", data, out);
    command.args(["--attacks", "hue,joint", "--budget", "6"]).args(flags);
    command
}

const UNIFORM: [&str; 3] = ["--uniform=category,dataset", "--uniform-budget", "7"];

#[test]
fn a_uniform_worst_case_lies_between_clean_and_what_was_searched() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    let said = run(&mut attack(&data, &out, &UNIFORM));
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("that all samples of a category share"), "{said}");
    let rows: Vec<UniformRow> = read_rows(out.join("uniform.csv")).unwrap();
    let names: Vec<(Over, &str)> = rows.iter().map(|row| (row.over.clone(), row.attack.name())).collect();
    let category = |name: &str| Over::Category(name.to_owned());
    let expected: Vec<(Over, &str)> = [category("slate"), category("tablet"), Over::All, Over::Mean]
        .into_iter()
        .flat_map(|over| ["clean", "hue", "joint"].map(|attack| (over.clone(), attack)))
        .collect();
    assert_eq!(names, expected);
    for rows in rows.chunks(3) {
        let auroc = [0, 1, 2].map(|at| rows[at].metrics.pixel_auroc.unwrap());
        assert!(auroc[1] <= auroc[0] && auroc[2] <= auroc[1], "{rows:?}");
        assert!(auroc[2] < auroc[0], "seven evaluations find something: {rows:?}");
        let samples = rows[0].samples;
        assert_eq!(rows[0].chosen_by(PooledMetric::PixelAuroc), Perturbation::IDENTITY);
        assert!(rows.iter().all(|row| row.evaluations <= 7 * samples), "{rows:?}");
        assert_eq!(rows[1].evaluations, 7 * samples);
    }
    // One perturbation for both categories cannot hurt more than the worst one of each.
    let auroc = |over: &Over, attack: &str| {
        let same = |row: &&UniformRow| row.over == *over && row.attack.name() == attack;
        rows.iter().find(same).unwrap().metrics.pixel_auroc.unwrap()
    };
    assert!(auroc(&Over::Mean, "hue") <= auroc(&Over::All, "hue") + 1e-12);
    // Clean is what the summary says.
    let summary: Vec<SummaryRow> = read_rows(out.join("summary.csv")).unwrap();
    let clean =
        summary.iter().find(|row| row.over == category("slate") && row.attack == Attack::Clean).unwrap();
    assert_eq!(rows[0].metrics.pixel_auroc, clean.metrics.pixel_auroc);
    assert!(out.join("plots/bounds.png").is_file());

    // A finished run is taken up without an evaluation; one that has lost a sample's answers comes to the same file.
    let whole = text(&out, "uniform.csv");
    let evaluations = || -> u64 {
        let output = run(attack(&data, &out, &UNIFORM).arg("--json"));
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["evaluations"].as_u64().unwrap()
    };
    assert_eq!(evaluations(), 0);
    assert_eq!(text(&out, "uniform.csv"), whole);
    let kept = out.join("patch_maps/pocket/slate/good/000.uniform-joint.npy");
    fs::remove_file(&kept).unwrap();
    fs::remove_file(out.join("uniform.csv")).unwrap();
    assert_eq!(evaluations(), 6);
    assert!(kept.is_file());
    assert_eq!(text(&out, "uniform.csv"), whole);

    // What a row says can be had again: the hue of a category, as the only value of a sweep.
    let row =
        rows.iter().find(|row| row.over == category("slate") && row.attack == Attack::Single(Axis::Hue));
    let row = row.unwrap();
    let hue = row.parameters.get(Axis::Hue).unwrap();
    let sweep = folder.path().join("sweep");
    let bounds = if hue < 0.0 { format!("{hue},0") } else { format!("0,{hue}") };
    let flags = ["--category", "slate", "--axes", "hue", "--steps", "2", "--hue-bounds", &bounds];
    run(on("sweep", &data, &sweep).args(flags));
    let swept: Vec<askance::record::SweepRow> = read_rows(sweep.join("sweep.csv")).unwrap();
    let found =
        swept.iter().find(|swept| (swept.value - hue).abs() < 1e-12 && swept.over == category("slate"));
    assert_eq!(found.unwrap().metrics.pixel_auroc, row.metrics.pixel_auroc);
}

#[test]
fn a_pooled_choice_is_never_weaker_and_survives_a_restart() {
    let folder = TempDir::new().unwrap();
    let (data, by_loss, pooled) = (parts(&folder), folder.path().join("loss"), folder.path().join("pooled"));
    run(&mut attack(&data, &by_loss, &["--select", "loss"]));
    run(&mut attack(&data, &pooled, &[]));
    let summary = |folder: &Path| read_rows::<SummaryRow>(folder.join("summary.csv")).unwrap();
    let (losses, chosen) = (summary(&by_loss), summary(&pooled));
    let mut lower = 0;
    for (loss, chosen) in losses.iter().zip(&chosen) {
        assert_eq!((&loss.over, loss.attack), (&chosen.over, chosen.attack));
        assert_eq!(loss.evaluations, chosen.evaluations);
        assert!(chosen.metrics.pixel_auroc <= loss.metrics.pixel_auroc, "{chosen:?}");
        lower += usize::from(chosen.metrics.pixel_auroc < loss.metrics.pixel_auroc);
    }
    assert!(lower > 0, "the choice changes nothing");
    for rows in chosen.chunks(3) {
        assert!(
            rows[2].metrics.pixel_auroc <= rows[1].metrics.pixel_auroc
                && rows[1].metrics.pixel_auroc <= rows[0].metrics.pixel_auroc
        );
    }

    // Rows and maps agree, and the same command says the same again, after a loss of rows too.
    let names = ["samples.csv", "summary.csv"];
    let before = names.map(|name| text(&pooled, name));
    run(&mut attack(&data, &pooled, &[]));
    assert_eq!(names.map(|name| text(&pooled, name)), before);
    let rows: Vec<SampleRow> = read_rows(pooled.join("samples.csv")).unwrap();
    assert!(rows.iter().all(|row| row.evaluations <= 6));
    let kept: Vec<&str> = before[0].lines().take(1 + 7).collect();
    fs::write(pooled.join("samples.csv"), format!("{}\n", kept.join("\n"))).unwrap();
    run(&mut attack(&data, &pooled, &[]));
    assert_eq!(names.map(|name| text(&pooled, name)), before);
}
