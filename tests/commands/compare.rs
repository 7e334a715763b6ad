//! `askance compare`: what it says of two runs is what their records say, and its intervals are paired.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use askance::record::{DifferenceRow, Row, SummaryRow, read_rows, to_json};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{askance, fail, on, run, synth};

/// Two categories of which each has enough defective pictures for an interval.
fn parts(folder: &Path) -> PathBuf {
    let data = folder.join("parts");
    synth(data.clone(), "--category slate tablet --good 3 --defective 8 --size 96");
    data
}

fn attack(data: &Path, out: &Path, more: &str) {
    let attacks = ["--attacks", "hue", "--budget", "4", "--search", "grid"];
    run(on("attack", data, out).args(attacks).args(more.split_whitespace()));
}

fn compared(a: &Path, b: &Path) -> Value {
    let said = run(askance().arg("--json").arg("compare").args([a, b]));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// The rows of a table as `--json` would tell them.
fn table<T: Row>(path: &Path) -> Vec<Value> {
    read_rows::<T>(path).unwrap().iter().map(to_json).collect()
}

fn rows<'v>(found: &'v Value, over: &str) -> Vec<&'v Value> {
    found["differences"].as_array().unwrap().iter().filter(|row| row["over"] == over).collect()
}

#[test]
fn two_models_of_two_runs_are_compared_as_two_models_of_one() {
    let folder = TempDir::new().unwrap();
    let data = parts(folder.path());
    let [a, b, both] = ["a", "b", "both"].map(|name| folder.path().join(name));
    attack(&data, &a, "--model pocket");
    // Another seed, which no grid asks for: the redraws are those of A.
    attack(&data, &b, "--model pocket-robust --seed 5");
    attack(&data, &both, "--model pocket --model pocket-robust");
    let found = compared(&a, &b);
    // One run has both models in the same redraws: differences.csv must say the same.
    let differences = table::<DifferenceRow>(&both.join("differences.csv"));
    for expected in &differences {
        let same = |row: &&Value| {
            ["over", "category", "attack", "metric"].iter().all(|&name| row[name] == expected[name])
        };
        let row = found["differences"].as_array().unwrap().iter().find(same).unwrap();
        for name in ["difference", "low", "high"] {
            assert_eq!(row[name].is_null(), expected[name].is_null(), "{name}: {row}");
            let distance =
                row[name].as_f64().zip(expected[name].as_f64()).map_or(0.0, |(a, b)| (a - b).abs());
            assert!(distance < 1e-12, "{name}: {row} against {expected}");
        }
    }
    assert_eq!(differences.len(), found["differences"].as_array().unwrap().len());
    assert_eq!(differences.len(), 12, "two categories and their mean, two attacks, two metrics");

    // The same pictures in a folder of another name.
    let moved = folder.path().join("moved");
    run(Command::new("cp").arg("-r").args([&data, &moved]));
    let c = folder.path().join("c");
    attack(&moved, &c, "--model pocket-robust --seed 5");
    assert_eq!(compared(&a, &c)["differences"], found["differences"]);

    // The values are those of the summaries, and the fall is that of the drops.
    let [of_a, of_b] = [&a, &b].map(|run| table::<SummaryRow>(&run.join("summary.csv")));
    for row in rows(&found, "mean") {
        let name = if row["metric"] == "aupro" { "aupro" } else { "pixel_auroc" };
        let summary = |rows: &[Value], column: &str| -> Option<f64> {
            let own = rows.iter().find(|one| one["over"] == "mean" && one["attack"] == row["attack"]);
            own.unwrap()[column].as_f64()
        };
        assert!((row["value_a"].as_f64().unwrap() - summary(&of_a, name).unwrap()).abs() < 1e-12);
        assert!((row["value_b"].as_f64().unwrap() - summary(&of_b, name).unwrap()).abs() < 1e-12);
        let drop = format!("{name}_drop");
        let fall = summary(&of_b, &drop).zip(summary(&of_a, &drop)).map(|(b, a)| b - a);
        assert_eq!(row["fall"].as_f64().is_some(), fall.is_some(), "{row}");
        assert!(fall.is_none_or(|fall| (row["fall"].as_f64().unwrap() - fall).abs() < 1e-12), "{row}");
        let chance = row["chance"].as_f64().unwrap();
        let holds_zero = row["low"].as_f64().unwrap() <= 0.0 && row["high"].as_f64().unwrap() >= 0.0;
        let beyond = row["beyond_chance"].as_bool().unwrap();
        assert!(!beyond || (chance < 0.05 && !holds_zero), "{row}");
    }
    let differ: Vec<&Value> = found["settings"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(differ, ["seed"]);

    let said = run(askance().arg("compare").args([&a, &b]));
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.starts_with("Under the worst of attack hue, pocket-robust lies above pocket by "), "{said}");
    assert!(said.contains("A: pocket; B: pocket-robust"), "{said}");
}

#[test]
fn settings_that_differ_are_told_and_samples_of_one_run_left_out() {
    let folder = TempDir::new().unwrap();
    let data = parts(folder.path());
    let [a, b] = ["a", "b"].map(|name| folder.path().join(name));
    attack(&data, &a, "--model pocket --seed 1");
    attack(&data, &b, "--model pocket --category slate --hue-bounds -0.1,0.1");
    let found = compared(&a, &b);
    let names: Vec<&str> =
        found["settings"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(names.contains(&"seed") && names.iter().any(|name| name.starts_with("bounds.hue")), "{names:?}");
    assert_eq!((&found["samples"]["both"], &found["samples"]["only_a"]), (&11.into(), &11.into()), "{found}");
    // The same model on the same unchanged pictures.
    let clean: Vec<&Value> =
        rows(&found, "category").into_iter().filter(|row| row["attack"] == "clean").collect();
    assert_eq!(clean.len(), 2);
    for row in clean {
        assert_eq!((row["difference"].as_f64(), row["chance"].as_f64()), (Some(0.0), Some(1.0)), "{row}");
    }
    let out = folder.path().join("differences.csv");
    run(askance().arg("compare").args([&a, &b]).arg("--out").arg(&out));
    assert!(fs::read_to_string(out).unwrap().starts_with("a,b,dataset,"));
}

#[test]
fn what_is_no_comparison_is_refused() {
    let folder = TempDir::new().unwrap();
    let data = parts(folder.path());
    let [a, b, other] = ["a", "b", "other"].map(|name| folder.path().join(name));
    attack(&data, &a, "--model pocket --category slate");
    attack(&data, &b, "--model pocket --category tablet");
    let refused = |status: i32, more: &[&str], a: &Path, b: &Path| {
        fail(askance().arg("compare").args([a, b]).args(more), status)
    };
    let said = refused(1, &[], &a, &b);
    assert!(said.contains("has no sample that") && said.contains("the same pictures"), "{said}");
    assert!(refused(1, &[], &a, &a).contains("was given twice"));
    let said = refused(2, &["--pair", "pocket=packet"], &a, &b);
    assert!(said.contains("--pair packet") && said.contains("give one of pocket"), "{said}");
    assert!(refused(2, &["--pair", "pocket"], &a, &b).contains("with = between"));
    attack(&data, &other, "--model pocket --category slate --fpr-limit 0.1");
    let said = refused(1, &[], &a, &other);
    assert!(said.contains("not the same quantity") && said.contains("0.1"), "{said}");
    // Pictures that changed since.
    let picture = data.join("slate/test/good/000.png");
    fs::copy(data.join("slate/test/good/001.png"), picture).unwrap();
    let said = refused(1, &[], &a, &a.join("..").join("a"));
    assert!(said.contains("000.png") && said.contains("holds something else"), "{said}");
}
