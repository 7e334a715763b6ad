//! `askance replay` as a user gives it, with the embedded models, on generated parts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use askance::record::{RunDir, SampleRow, SummaryRow, TransferRow, read_rows};
use askance::types::{Attack, Over, PooledMetric};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{askance, fail, on, run, synth};

/// An attack on two categories with both embedded models.
fn attacked(folder: &TempDir) -> PathBuf {
    let flags = "--category slate tablet --seed 5 --good 1 --defective 2 --size 96";
    let data = synth(folder.path().join("parts"), flags);
    let out = folder.path().join("run");
    let both = ["--model", "pocket", "--model", "pocket-robust"];
    run(on("attack", &data, &out).args(both).args(["--attacks", "hue,joint", "--budget", "8"]));
    out
}

fn replay(of: &Path, out: &Path, flags: &[&str]) -> Command {
    let mut command = askance();
    command.arg("replay").arg(of).arg("--out").arg(out).args(flags);
    command
}

fn samples(folder: &Path) -> Vec<SampleRow> {
    read_rows(folder.join("samples.csv")).unwrap()
}

fn worst(folder: &Path, model: &str, attack: Attack, metric: PooledMetric) -> f64 {
    let rows: Vec<SummaryRow> = read_rows(folder.join("summary.csv")).unwrap();
    let same = |row: &&SummaryRow| row.model == model && row.attack == attack && row.over == Over::Mean;
    metric.of(&rows.iter().find(same).unwrap().metrics).unwrap()
}

#[test]
fn a_model_keeps_its_own_worst_cases_and_another_is_evaluated_at_the_same_points() {
    let folder = TempDir::new().unwrap();
    let (of, out) = (attacked(&folder), folder.path().join("replay"));
    let flags = ["--model", "pocket", "--model", "pocket-robust", "--found-under", "pocket"];
    let said = run(replay(&of, &out, &flags).args(["--batch", "3"]));
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.starts_with("pocket at its own worst cases (joint): "), "{said}");
    assert!(said.contains("\nThe worst cases of pocket (joint) leave pocket-robust "), "{said}");
    assert!(said.contains("transfer of worst cases (joint)"), "{said}");

    let into = out.join("from-pocket");
    let found: Vec<SampleRow> = samples(&of).into_iter().filter(|row| row.model == "pocket").collect();
    let rows = samples(&into);
    let of_model = |name: &str| rows.iter().filter(|row| row.model == name).collect::<Vec<_>>();
    assert_eq!(found.len(), 6 * 3);
    for name in ["pocket as found", "pocket", "pocket-robust"] {
        let rows = of_model(name);
        assert_eq!(rows.len(), found.len());
        for (row, found) in rows.iter().zip(&found) {
            assert_eq!((row.key().sample, row.attack), (found.key().sample, found.attack));
            assert_eq!((row.parameters, row.aupro), (found.parameters, found.aupro), "{row:?}");
            if name == "pocket as found" {
                assert_eq!(**row, SampleRow { model: name.to_owned(), ..found.clone() });
            } else {
                let points = 1 + usize::from(row.attack != Attack::Clean);
                assert!((1..=1 + points).contains(&row.evaluations), "{row:?}");
            }
            if name == "pocket" {
                assert!((row.loss - found.loss).abs() < 1e-9, "{row:?} {found:?}");
            }
        }
    }
    let differ = of_model("pocket-robust").iter().zip(&found).any(|(row, found)| row.loss != found.loss);
    assert!(differ, "another model has another answer");

    for metric in PooledMetric::ALL {
        for attack in [Attack::Clean, Attack::Joint] {
            let first = worst(&of, "pocket", attack, metric);
            assert!((worst(&into, "pocket as found", attack, metric) - first).abs() < 1e-12);
            assert!((worst(&into, "pocket", attack, metric) - first).abs() < 1e-9);
        }
    }
    let transfer: Vec<TransferRow> = read_rows(out.join("transfer.csv")).unwrap();
    let of_mean = |model: &str| {
        let same =
            |row: &&TransferRow| row.model == model && row.over == Over::Mean && row.attack == Attack::Joint;
        transfer.iter().find(same).unwrap().clone()
    };
    let (same, other) = (of_mean("pocket"), of_mean("pocket-robust"));
    assert!(same.loss_difference_max.unwrap() < 1e-9 && same.map_difference_max.unwrap() < 1e-6, "{same:?}");
    assert!(other.map_difference_mean.unwrap() > 1e-3, "{other:?}");
    assert_eq!(
        other.pixel_auroc.unwrap(),
        worst(&into, "pocket-robust", Attack::Joint, PooledMetric::PixelAuroc)
    );
    assert_eq!(other.found_pixel_auroc, same.found_pixel_auroc);
    assert!(into.join("plots/bars.png").is_file());

    // What is there is not evaluated again, and nothing depends on the batch.
    let before = fs::read(into.join("samples.csv")).unwrap();
    let again: Value = serde_json::from_slice(&run(replay(&of, &out, &flags).arg("--json")).stdout).unwrap();
    assert_eq!(again["runs"][0]["evaluations"], 0);
    let elsewhere = folder.path().join("elsewhere");
    run(replay(&of, &elsewhere, &flags).args(["--batch", "1"]));
    assert_eq!(before, fs::read(into.join("samples.csv")).unwrap());
    assert_eq!(before, fs::read(elsewhere.join("from-pocket/samples.csv")).unwrap());
}

#[test]
fn all_candidates_give_a_bound_of_the_other_model() {
    let folder = TempDir::new().unwrap();
    let (of, out) = (attacked(&folder), folder.path().join("replay"));
    let flags = ["--model", "pocket-robust", "--found-under", "pocket", "--all"];
    let said = String::from_utf8_lossy(&run(&mut replay(&of, &out, &flags)).stdout).into_owned();
    assert!(!said.contains("parity at the same points"), "other points are chosen: {said}");
    let into = out.join("from-pocket");
    for metric in PooledMetric::ALL {
        let of = |attack| worst(&into, "pocket-robust", attack, metric);
        let (clean, hue, joint) = (of(Attack::Clean), of("hue".parse().unwrap()), of(Attack::Joint));
        assert!(hue <= clean && joint <= hue && joint < clean, "{metric:?}: {clean} {hue} {joint}");
    }
    // It is never above what the same points give that were chosen for the other model.
    let at_them = folder.path().join("at-them");
    run(&mut replay(&of, &at_them, &flags[..4]));
    for metric in PooledMetric::ALL {
        for attack in ["hue", "joint"].map(|name| name.parse().unwrap()) {
            let of = |folder: &Path| worst(&folder.join("from-pocket"), "pocket-robust", attack, metric);
            assert!(of(&out) <= of(&at_them), "{metric:?} {attack}");
        }
    }
    // The choice is written, and every candidate of the search was evaluated.
    let rows = samples(&into);
    let joint = rows.iter().find(|row| row.model == "pocket-robust" && row.attack == Attack::Joint).unwrap();
    assert!(joint.evaluations > 8 && joint.aupro.axes().next().is_some(), "{joint:?}");

    let by_loss = folder.path().join("loss");
    let data = folder.path().join("parts");
    run(on("attack", &data, &by_loss).args(["--attacks", "hue", "--budget", "3", "--select", "loss"]));
    let said = fail(&mut replay(&by_loss, &folder.path().join("none"), &["--model", "pocket", "--all"]), 2);
    assert!(said.contains("kept no candidates") && said.contains("leave --all out"), "{said}");
    // Without them, what was found by loss is replayed.
    run(&mut replay(&by_loss, &folder.path().join("chosen"), &["--model", "pocket"]));
}

#[test]
fn what_cannot_be_replayed_is_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let (of, data) = (attacked(&folder), folder.path().join("parts"));
    let out = folder.path().join("replay");
    let refused = |flags: &[&str], status: i32| fail(&mut replay(&of, &out, flags), status);
    for (flags, told) in [
        (&["--model", "pocket", "--attacks", "blur"][..], "--attacks blur: is no attack of that run"),
        (&["--model", "pocket", "--sample", "good/9"], "--sample good/9: is no sample of that run"),
        (&["--model", "pocket", "--category", "nut"], "--category nut: is no category of that run"),
        (&["--model", "pocket", "--found-under", "x"], "--found-under x: is no model of that run"),
        (&[], "--model <DIR>"),
    ] {
        let said = refused(flags, 2);
        assert!(said.contains(told), "{said}");
    }
    assert!(!out.exists(), "nothing is begun");
    let said = fail(&mut replay(&of, &of, &["--model", "pocket"]), 2);
    assert!(said.contains("holds a run, and a replay has a folder of its own"), "{said}");

    let part = folder.path().join("part");
    run(on("attack", &data, &part).args(["--attacks", "hue", "--budget", "2", "--shard", "1/2"]));
    let said = fail(&mut replay(&part, &out, &["--model", "pocket"]), 2);
    assert!(said.contains("is a shard") && said.contains("merge"), "{said}");
    let clean = folder.path().join("clean");
    run(&mut on("eval", &data, &clean));
    let said = fail(&mut replay(&clean, &out, &["--model", "pocket"]), 2);
    assert!(said.contains("has no worst cases"), "{said}");

    run(&mut replay(&of, &out, &["--model", "pocket", "--found-under", "pocket"]));
    let said =
        fail(&mut replay(&out.join("from-pocket"), &folder.path().join("x"), &["--model", "pocket"]), 2);
    assert!(said.contains("is a replay itself"), "{said}");
    // The pictures must be those that the run saw.
    let picture = data.join("slate/test/good/000.png");
    let mut bytes = fs::read(&picture).unwrap();
    bytes.push(0);
    fs::write(&picture, bytes).unwrap();
    let said = fail(&mut replay(&of, &folder.path().join("y"), &["--model", "pocket"]), 1);
    assert!(
        said.contains("holds something else than when the run began") && said.contains("--data"),
        "{said}"
    );
}

#[test]
fn any_row_becomes_its_picture_without_a_model() {
    let folder = TempDir::new().unwrap();
    let (of, out) = (attacked(&folder), folder.path().join("pictures"));
    let row =
        samples(&of).into_iter().find(|row| row.attack == Attack::Joint && row.sample != "good/000").unwrap();
    let name = format!("{}/{}", row.category, row.sample);
    let flags = ["--save-images", "--attacks", "joint", "--found-under", &row.model, "--sample", &name];
    let said = String::from_utf8_lossy(&run(&mut replay(&of, &out, &flags)).stdout).into_owned();
    // Unchanged, and what was chosen by each metric.
    assert!(said.contains("3 pictures"), "{said}");
    assert!(!out.join("transfer.csv").exists());
    let dir = RunDir::create(&out).unwrap();
    let id = row.id().unwrap();
    for (attack, chosen) in [(Attack::Clean, ""), (Attack::Joint, ""), (Attack::Joint, "-aupro")] {
        let [png, npy] = ["png", "npy"].map(|ending| dir.image_path(&row.model, &id, attack, chosen, ending));
        let picture = image::open(&png).unwrap().to_rgb8();
        assert_eq!((picture.width(), picture.height()), (192, 192), "the size that the model takes");
        assert!(npy.is_file());
    }
}
