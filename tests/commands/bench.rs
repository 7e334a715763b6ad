//! `askance bench` as a user gives it, with the embedded model on generated parts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use askance::record::{BenchRow, BenchStatus, CallRow, RunInfo, Status, read_rows};
use askance::runtime::Flavour;
use tempfile::TempDir;

use crate::onnx_runtime::library;
use crate::program::{askance, fail, run};

fn bench(out: &Path, flags: &[&str]) -> Command {
    let mut command = askance();
    command
        .args(["bench", "--threads", "1", "--calls", "2", "--warm-up", "1"])
        .args(flags)
        .arg("--out")
        .arg(out);
    command
}

fn rows(out: &Path) -> Vec<BenchRow> {
    read_rows(out.join("bench.csv")).unwrap()
}

#[test]
fn a_comparison_leaves_rows_calls_and_figures() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let output = run(&mut bench(&out, &["--batch", "1,3", "--rounds", "2", "--no-metrics"]));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("pocket: steady state, the fastest first"), "{said}");
    assert!(said.contains("give more --rounds"), "{said}");

    let header = fs::read_to_string(out.join("bench.csv")).unwrap();
    assert!(
        header.starts_with("model,provider,ran,precision,batch,status,reason,fix,library_ms,session_ms"),
        "{header}"
    );
    let rows = rows(&out);
    assert_eq!(rows.iter().map(|row| row.batch).collect::<Vec<_>>(), [1, 3]);
    for row in &rows {
        assert_eq!(
            (row.status, row.ran.as_str(), row.precision.as_str()),
            (BenchStatus::Measured, "cpu", "fp32")
        );
        assert_eq!((row.rounds, row.calls, row.warm_up_calls), (2, 4, Some(1)));
        assert!(row.min_ms <= row.p50_ms && row.p50_ms <= row.p99_ms && row.p99_ms <= row.max_ms, "{row:?}");
        // 1750 tokens and 0.42 GFLOP a picture.
        assert!((row.tokens_per_s.unwrap() / row.images_per_s.unwrap() - 1750.0).abs() < 1e-6);
        assert!(row.gflop_per_s.unwrap() / row.images_per_s.unwrap() < 1.0);
        assert!(row.gemm_gflop_per_s.unwrap() > 0.0 && row.host_mib.unwrap() > 10.0);
        assert_eq!((row.device_mib, row.build_ms), (None, None), "a processor has neither");
        assert_eq!(row.nodes_elsewhere, Some(0));
        assert!(row.map_max_difference.unwrap() < 1e-4);
        assert_eq!(row.verdict.as_deref(), Some("short"));
        // Both ratios are to the configuration that is faster, which is on the CPU and keeps the answer.
        let (best, cpu) = (row.times_best.unwrap(), row.times_cpu.unwrap());
        assert!((best * cpu - 1.0).abs() < 1e-9, "{best} {cpu}");
        assert!(row.times_best_low.unwrap() <= best && best <= row.times_best_high.unwrap());
    }
    assert!(rows.iter().any(|row| row.times_best == Some(1.0)));
    assert!(rows.iter().any(|row| row.relative == Some(1.0)));

    let calls: Vec<CallRow> = read_rows(out.join("calls.csv")).unwrap();
    assert_eq!(calls.len(), 3 * 2 * 2, "two configurations and a matrix product");
    // The second round begins with another one.
    let first = |round| calls.iter().find(|call| call.round == round).map(|call| call.batch);
    assert_eq!((first(0), first(1)), (Some(1), Some(3)));

    let info = RunInfo::read(out.join("run.toml")).unwrap();
    assert_eq!((info.status, info.configurations.len()), (Status::Finished, 3));
    assert_eq!(info.configurations[0].options["session.intra_threads"].as_str(), Some("1"));
    for name in ["latency", "relative", "parity"] {
        assert!(out.join("plots").join(format!("bench_{name}_pocket.png")).is_file(), "{name}");
    }
    fs::remove_dir_all(out.join("plots")).unwrap();
    run(askance().arg("plot").arg(&out));
    assert!(out.join("plots/bench_relative_pocket.png").is_file(), "from the records alone");
}

#[test]
fn a_provider_that_is_not_there_has_a_reason_and_no_time() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let library = library(Flavour::Cpu).library.display().to_string();
    let flags =
        ["--providers", "cpu,cuda:0", "--batch", "1", "--rounds", "1", "--no-metrics", "--ort-lib", &library];
    let said = fail(&mut bench(&folder.path().join("other"), &flags), 1);
    assert!(said.contains("pocket on cuda:0, fp32, batch 1 could not be measured"), "{said}");
    assert!(said.contains("--allow-missing"), "{said}");
    let output = run(bench(&out, &flags).arg("--allow-missing"));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("failed: pocket on cuda:0, fp32, batch 1:"), "{said}");
    assert!(said.contains("\npocket: take cpu fp32, batch 1: "), "{said}");
    assert!(said.contains("fix: run `askance runtime install gpu`"), "{said}");
    let rows = rows(&out);
    assert_eq!(rows[0].status, BenchStatus::Measured);
    let cuda = &rows[1];
    assert_eq!((cuda.provider.as_str(), cuda.status, cuda.ran.as_str()), ("cuda:0", BenchStatus::Failed, ""));
    assert!(cuda.reason.as_ref().unwrap().contains("without it"), "{cuda:?}");
    assert_eq!((cuda.p50_ms, cuda.images_per_s, cuda.calls, cuda.relative), (None, None, 0, None));
    let calls: Vec<CallRow> = read_rows(out.join("calls.csv")).unwrap();
    assert!(calls.iter().all(|call| call.ran == "cpu"), "its time is nobody's");
}

#[test]
fn what_is_required_and_missed_ends_with_an_error_that_names_it() {
    let folder = TempDir::new().unwrap();
    let flags = ["--batch", "1", "--rounds", "2", "--no-metrics"];
    let demand = |out: &str, list: &str| {
        let mut command = bench(&folder.path().join(out), &flags);
        command.args(["--require", list]);
        command
    };
    run(&mut demand("kept", "map_max<=0.01,images_per_s>=0.001"));
    let said = fail(&mut demand("missed", "map_max<=0.01,images_per_s>=1e9"), 1);
    assert!(said.contains("images_per_s>=1000000000 is required") && !said.contains("map_max"), "{said}");
    assert!(rows(&folder.path().join("missed"))[0].images_per_s.is_some(), "and all is there");
    // No attack was compared.
    assert!(fail(&mut demand("unknown", "worst_pauroc<=0.2"), 1).contains("worst_pauroc is not known"));
    assert!(fail(&mut demand("wrong", "speed>=3"), 2).contains("images_per_s"));
}

#[test]
fn nothing_measured_is_a_failure() {
    let folder = TempDir::new().unwrap();
    let library = library(Flavour::Cpu).library.display().to_string();
    let flags =
        ["--providers", "tensorrt", "--batch", "1", "--rounds", "1", "--no-metrics", "--ort-lib", &library];
    let said = fail(&mut bench(&folder.path().join("run"), &flags), 1);
    assert!(said.contains("no configuration could be measured"), "{said}");
}

/// A copy of the embedded model, and another one beside it that says it was in int8.
fn siblings(folder: &Path) -> PathBuf {
    let source = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/pocket"));
    for (name, precision) in [("small", "fp32"), ("small-int8", "int8")] {
        let target = folder.join(name);
        fs::create_dir(&target).unwrap();
        for file in ["image.onnx", "text.onnx"] {
            fs::copy(source.join(file), target.join(file)).unwrap();
        }
        let manifest = fs::read_to_string(source.join("bundle.toml")).unwrap();
        let manifest = manifest.replace("name = \"pocket\"", &format!("name = \"{name}\""));
        let manifest = manifest.replace("precision = \"fp32\"", &format!("precision = \"{precision}\""));
        fs::write(target.join("bundle.toml"), manifest).unwrap();
    }
    folder.join("small")
}

#[test]
fn metrics_are_compared_with_a_reference_that_is_not_timed() {
    let folder = TempDir::new().unwrap();
    let (out, model) = (folder.path().join("run"), siblings(folder.path()));
    let model = model.to_str().unwrap();
    let flags = [
        "--model",
        model,
        "--precision",
        "int8",
        "--batch",
        "2",
        "--rounds",
        "1",
        "--limit",
        "1",
        "--budget",
        "6",
    ];
    run(&mut bench(&out, &flags));
    let found = rows(&out);
    let [row] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((row.precision.as_str(), row.status), ("int8", BenchStatus::Measured));
    // The graphs are the same.
    assert!(row.map_max_difference.unwrap() < 1e-4, "{row:?}");
    for change in [row.clean_pixel_auroc, row.clean_aupro, row.worst_pixel_auroc, row.worst_aupro] {
        assert!(change.unwrap().abs() < 0.05, "{row:?}");
    }
    let info = RunInfo::read(out.join("run.toml")).unwrap();
    let timed: Vec<bool> = info.configurations.iter().map(|one| one.timed).collect();
    assert_eq!(timed, [false, true, true], "the reference, the model, the matrix product");
    let calls: Vec<CallRow> = read_rows(out.join("calls.csv")).unwrap();
    assert!(calls.iter().all(|call| call.precision == "int8"));
}

#[test]
fn another_comparison_does_not_mix_in() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let flags = ["--batch", "1", "--rounds", "1", "--no-metrics"];
    run(&mut bench(&out, &flags));
    // The same again measures again and keeps both starts apart.
    sleep(Duration::from_millis(1100));
    run(&mut bench(&out, &flags));
    let calls: Vec<CallRow> = read_rows(out.join("calls.csv")).unwrap();
    assert_eq!(rows(&out)[0].calls, 2);
    assert_eq!(calls.len(), 8);
    assert_ne!(calls[0].started, calls[7].started);

    let said = fail(&mut bench(&out, &["--batch", "2", "--rounds", "1", "--no-metrics"]), 2);
    assert!(said.contains("another --batch") && said.contains("--out"), "{said}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_is_measured() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let mut command = bench(&out, &["--batch", "1", "--rounds", "100000", "--no-metrics"]);
    let mut child = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    let measured = || out.join("bench.csv").is_file() && rows(&out)[0].rounds > 1;
    while !measured() {
        assert!(started.elapsed() < Duration::from_secs(120));
        sleep(Duration::from_millis(20));
    }
    run(Command::new("kill").args(["-INT", &child.id().to_string()]));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(RunInfo::read(out.join("run.toml")).unwrap().status, Status::Interrupted);
    let row = &rows(&out)[0];
    let calls: Vec<CallRow> = read_rows(out.join("calls.csv")).unwrap();
    assert_eq!(row.calls, calls.iter().filter(|call| call.model == "pocket").count());
    assert_eq!(row.status, BenchStatus::Measured);
    assert!(out.join("plots/bench_relative_pocket.png").is_file());
}
