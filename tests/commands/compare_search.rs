//! `askance attack --compare-search` as a user gives it, on generated parts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use askance::record::{SampleRow, SearchMetricRow, SearchRow, SummaryRow, Trace, read_rows, write_rows};
use askance::types::Attack;
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{fail, on, run, synth};

/// One category, one good and one defective part.
fn parts(folder: &TempDir) -> PathBuf {
    let flags = "--category slate --seed 5 --good 1 --defective 1 --size 96";
    synth(folder.path().join("parts"), flags)
}

fn compare(data: &Path, out: &Path) -> Command {
    let mut command = on("attack", data, out);
    command.args(["--compare-search", "random,grid", "--budgets", "6,3", "--json"]);
    command
}

/// The lowest loss among the full evaluations of a trace.
fn lowest_loss(trace: &Path) -> f64 {
    let trace = Trace::read(trace, 3).unwrap();
    trace.full().map(|step| step.loss).fold(f64::INFINITY, f64::min)
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_strategy_and_budget_has_a_run_and_a_share_of_the_gap() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("out"));
    let said = json(&run(&mut compare(&data, &out)));

    let rows: Vec<SearchRow> = read_rows(out.join("search.csv")).unwrap();
    assert_eq!(rows.len(), 2 * 2 * 2, "strategies, budgets, samples");
    for strategy in ["random", "grid"] {
        for budget in [3, 6] {
            let run: Vec<SampleRow> =
                read_rows(out.join(format!("{strategy}-{budget}/samples.csv"))).unwrap();
            assert!(out.join(format!("{strategy}-{budget}/traces")).is_dir());
            for row in rows.iter().filter(|row| row.strategy == strategy && row.budget == budget) {
                let clean =
                    run.iter().find(|other| other.attack == Attack::Clean && other.sample == row.sample);
                assert_eq!(row.clean, clean.unwrap().loss);
                let trace = format!("{strategy}-{budget}/traces/pocket/slate/{}.joint.npy", row.sample);
                assert_eq!(row.loss, lowest_loss(&out.join(trace)));
                assert!(row.evaluations <= budget && row.coarse == 0);
            }
        }
    }
    for row in &rows {
        let lowest = rows.iter().filter(|other| other.sample == row.sample).map(|other| other.loss);
        assert_eq!(row.reference, lowest.fold(f64::INFINITY, f64::min));
        assert!((row.share - (row.clean - row.loss) / (row.clean - row.reference)).abs() < 1e-12);
    }
    let metrics: Vec<SearchMetricRow> = read_rows(out.join("search_metrics.csv")).unwrap();
    assert_eq!(metrics.len(), 2 * 2 * 2, "strategies, budgets, metrics");
    for row in &metrics {
        let summary: Vec<SummaryRow> =
            read_rows(out.join(format!("{}-{}/summary.csv", row.strategy, row.budget))).unwrap();
        let of = |attack| {
            let found = summary.iter().find(|other| other.attack == attack).unwrap();
            row.metric.of(&found.metrics).unwrap()
        };
        assert_eq!((row.clean, row.worst), (of(Attack::Clean), of(Attack::Joint)));
        let lowest = metrics.iter().filter(|other| other.metric == row.metric).map(|other| other.worst);
        assert_eq!(row.reference, lowest.fold(f64::INFINITY, f64::min));
        assert!((row.share - (row.clean - row.worst) / (row.clean - row.reference)).abs() < 1e-12);
    }
    assert_eq!(said["metrics"].as_array().unwrap().len(), 8);
    assert_eq!(said["standings"].as_array().unwrap().len(), 4);
    assert_eq!(said["search_time"].as_array().unwrap().len(), 4);
    assert!(out.join("plots/convergence_pocket.png").is_file());
    let tables = fs::read_to_string(out.join("search.md")).unwrap();
    assert!(
        tables.contains("| strategy \\ budget | 3 | 6 |") && tables.contains("capped at 100"),
        "{tables}"
    );

    // Half of it gone, the same command makes just that again.
    let before: Vec<_> =
        ["search.csv", "random-3/samples.csv"].map(|name| fs::read(out.join(name)).unwrap()).into();
    fs::remove_dir_all(out.join("random-3")).unwrap();
    fs::remove_file(out.join("search.csv")).unwrap();
    let kept = fs::metadata(out.join("grid-6/traces")).unwrap().modified().unwrap();
    let again = json(&run(&mut compare(&data, &out)));
    let after: Vec<_> =
        ["search.csv", "random-3/samples.csv"].map(|name| fs::read(out.join(name)).unwrap()).into();
    assert_eq!(before, after);
    assert_eq!(fs::metadata(out.join("grid-6/traces")).unwrap().modified().unwrap(), kept);
    assert_eq!(again["standings"], said["standings"]);
    assert_eq!(again["search_time"].as_array().unwrap().len(), 4, "the times of finished runs stay");
}

#[test]
fn truth_and_rivals_are_matched_by_sample() {
    let folder = TempDir::new().unwrap();
    let (data, out, truth) = (parts(&folder), folder.path().join("out"), folder.path().join("truth"));
    let exhaustive = ["--attacks", "joint", "--search", "exhaustive", "--budget", "40", "--keep-traces"];
    run(on("attack", &data, &truth).args(exhaustive));
    let losses: Vec<SampleRow> = read_rows(truth.join("samples.csv")).unwrap();
    let steps = folder.path().join("steps.csv");
    let mut text = "dataset,model,category,sample,step,loss,best_loss,seconds\n".to_owned();
    for row in losses.iter().filter(|row| row.attack == Attack::Clean) {
        for (step, drop) in [(1, 0.0), (2, 0.5), (5, 0.75)] {
            let loss = row.loss - drop;
            text += &format!("parts,pocket,slate,{},{step},9,{loss},0.1\n", row.sample);
        }
    }
    fs::write(&steps, &text).unwrap();
    let rival = format!("adam={}", steps.display());
    run(compare(&data, &out).arg("--truth").arg(&truth).args(["--rival", &rival]));
    let rows: Vec<SearchRow> = read_rows(out.join("search.csv")).unwrap();
    for row in &rows {
        let trace = truth.join(format!("traces/pocket/slate/{}.joint.npy", row.sample));
        assert_eq!(row.reference, lowest_loss(&trace));
        if row.strategy == "adam" {
            let (drop, step) = if row.budget == 3 { (0.5, 2) } else { (0.75, 5) };
            assert_eq!((row.loss, row.evaluations), (row.clean - drop, step));
        }
    }
    assert_eq!(rows.iter().filter(|row| row.strategy == "adam").count(), 4);

    // What does not fit is refused by name.
    let first = text.lines().next().unwrap();
    fs::write(&steps, format!("{first}\nparts,pocket,slate,good/000,1,9,0,0\n")).unwrap();
    let said = fail(compare(&data, &out).args(["--rival", &rival]), 2);
    assert!(said.contains("--rival adam=") && said.contains("pocket on slate/"), "{said}");
    let other = folder.path().join("other");
    run(on("attack", &data, &other).args(exhaustive).args(["--loss", "auroc"]));
    let said = fail(compare(&data, &out).arg("--truth").arg(&other), 2);
    assert!(said.contains("--truth") && said.contains("loss"), "{said}");
    let said = fail(
        compare(&data, &folder.path().join("limit")).arg("--truth").arg(&truth).args(["--fpr-limit", "0.2"]),
        2,
    );
    assert!(said.contains("another metric"), "{said}");
    let twice = [&truth, &truth].map(|truth| ["--truth".as_ref(), truth.as_os_str()]).concat();
    let said = fail(compare(&data, &out).args(twice), 2);
    assert!(said.contains("the second one with pocket"), "{said}");
    let few = folder.path().join("few");
    run(on("attack", &data, &few).args(exhaustive));
    let rows: Vec<SampleRow> = read_rows(few.join("samples.csv")).unwrap();
    let cut: Vec<SampleRow> = rows.into_iter().filter(|row| !row.sample.starts_with("good/")).collect();
    write_rows(few.join("samples.csv"), &cut).unwrap();
    let said = fail(compare(&data, &out).arg("--truth").arg(&few), 2);
    assert!(said.contains("--truth") && said.contains("pocket on slate/good/000"), "{said}");
}

#[test]
fn a_truth_about_a_glare_elsewhere_is_refused() {
    let folder = TempDir::new().unwrap();
    let (data, truth) = (parts(&folder), folder.path().join("truth"));
    let axes = ["--axes", "glare,hue"];
    run(on("attack", &data, &truth).args(axes).args([
        "--attacks",
        "joint",
        "--search",
        "exhaustive",
        "--budget",
        "20",
        "--keep-traces",
    ]));
    let mut elsewhere = compare(&data, &folder.path().join("out"));
    let said = fail(elsewhere.args(axes).args(["--glare-at", "0.2,0.2", "--truth"]).arg(&truth), 2);
    assert!(said.contains("has another perturb") && said.contains("x = 0.2"), "{said}");
}

#[test]
fn flags_that_do_not_go_together_are_refused() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("never");
    for flags in [
        &["--budgets", "3"][..],
        &["--truth", "run"],
        &["--compare-search", "simulated-annealing"],
        &["--compare-search", "--search", "grid"],
        &["--compare-search", "--budgets", "3", "--budget", "4"],
        &["--compare-search", "--rival", "steps.csv"],
    ] {
        fail(on("attack", folder.path(), &out).args(flags), 2);
        assert!(!out.exists());
    }
}
