//! Attack, eval and sweep: what they leave, how they go on, and what they refuse.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use askance::metric;
use askance::record::{RunInfo, SampleRow, Status, SummaryRow, SweepRow, UniformRow, read_map, read_rows};
use askance::types::{Attack, Axis, Over};
use ndarray::Array2;
use ndarray_npy::ReadNpyExt as _;
use tempfile::TempDir;

use crate::needs;
use crate::program::{askance, fail, on, run, synth};

/// Two categories, two good and three defective parts each.
fn parts(folder: &TempDir) -> PathBuf {
    let flags = "--category slate tablet --seed 5 --good 2 --defective 3 --size 96";
    synth(folder.path().join("parts"), flags)
}

fn attack(data: &Path, out: &Path) -> Command {
    attack_with_budget("6", data, out)
}

fn attack_with_budget(budget: &str, data: &Path, out: &Path) -> Command {
    let mut command = on("attack", data, out);
    command.args(["--attacks", "hue,joint", "--budget", budget]);
    command
}

fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn an_attack_leaves_its_records_and_plots() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    run(attack(&data, &out).arg("--save-maps"));

    let header = fs::read_to_string(out.join("summary.csv")).unwrap();
    let columns =
        "model,dataset,category,attack,samples,over,pixel_auroc,aupro,pixel_ap,pixel_f1_max,image_auroc";
    assert!(header.starts_with(columns), "{header}");
    let summary: Vec<SummaryRow> = read_rows(out.join("summary.csv")).unwrap();
    let names: Vec<(String, Attack)> = summary.iter().map(|row| (row.over.to_string(), row.attack)).collect();
    let expected: Vec<(String, Attack)> = ["slate", "tablet", "mean"]
        .into_iter()
        .flat_map(|category| {
            [Attack::Clean, Attack::Single(Axis::Hue), Attack::Joint]
                .map(|attack| (category.to_owned(), attack))
        })
        .collect();
    assert_eq!(names, expected);

    let rows: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
    assert_eq!(rows.len(), 2 * 5 * 3);
    for sample in rows.chunks(3) {
        assert_eq!([sample[0].evaluations, sample[1].evaluations], [1, 6]);
        // Coarse evaluations cost 485 / 1750 of a full one.
        let spent = sample[2].evaluations as f64 + 485.0 / 1750.0 * sample[2].coarse as f64;
        assert!(spent <= 6.0 && spent > 5.0 && sample[2].coarse > 0, "{spent}");
    }

    // The saved maps give the reported metric again.
    for row in summary.iter().filter(|row| row.over.category() == Some("tablet")) {
        let mut scores = Vec::new();
        let mut labels = Vec::new();
        for sample in rows.iter().filter(|other| other.category == "tablet" && other.attack == row.attack) {
            let base = out.join("maps/tablet").join(&sample.sample);
            let map = read_map(&PathBuf::from(format!("{}.{}.npy", base.display(), row.attack))).unwrap();
            let mask = fs::File::open(format!("{}.mask.npy", base.display())).unwrap();
            let mask = Array2::<u8>::read_npy(mask).unwrap();
            assert_eq!(map.dim(), (192, 192));
            scores.extend(map);
            labels.extend(mask.iter().map(|&pixel| pixel == 1));
        }
        assert_eq!(metric::roc_auc(&scores, &labels), row.metrics.pixel_auroc, "{}", row.attack);
    }

    for plot in ["bars.png", "gallery.png", "histograms_joint.png", "examples_pocket.png"] {
        assert!(out.join("plots").join(plot).is_file(), "{plot}");
    }
    assert_eq!(RunInfo::read(out.join("run.toml")).unwrap().status, Status::Finished);

    // The same command again finds everything done and says the same; another setting is refused.
    let before = bytes(&out, "samples.csv");
    run(attack(&data, &out).arg("--save-maps"));
    assert_eq!(bytes(&out, "samples.csv"), before);
    let said = fail(attack(&data, &out).args(["--seed", "1"]), 2);
    assert!(said.contains("seed") && said.contains("--out"), "{said}");

    // Pictures come from the records alone.
    fs::remove_dir_all(out.join("plots")).unwrap();
    fs::rename(&data, folder.path().join("elsewhere")).unwrap();
    run(askance().arg("plot").arg(&out));
    assert!(out.join("plots/bars.png").is_file());
}

#[test]
fn batch_size_and_threads_change_no_byte() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let outs = [("1", "1"), ("3", "2"), ("16", "2")].map(|(batch, threads)| {
        let out = folder.path().join(format!("batch{batch}"));
        run(attack(&data, &out).args(["--batch", batch, "--threads", threads]));
        (bytes(&out, "samples.csv"), bytes(&out, "summary.csv"))
    });
    assert_eq!(outs[0], outs[1]);
    assert_eq!(outs[0], outs[2]);
}

#[test]
fn a_killed_run_goes_on_and_ends_as_if_it_had_not_been_killed() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let whole = folder.path().join("whole");
    run(&mut attack(&data, &whole));

    let cut = folder.path().join("cut");
    let mut child = attack(&data, &cut)
        .args(["--batch", "1"])
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let started = Instant::now();
    let lines = || fs::read_to_string(cut.join("samples.csv")).map_or(0, |text| text.lines().count());
    while lines() < 5 {
        assert!(started.elapsed() < Duration::from_secs(120), "no rows after two minutes");
        assert!(child.try_wait().unwrap().is_none(), "ended before it could be killed");
        sleep(Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines() < 31, "killed too late to show anything");
    // A row cut in half, as by a power loss.
    let torn = bytes(&cut, "samples.csv");
    fs::write(cut.join("samples.csv"), &torn[..torn.len() - 9]).unwrap();

    run(&mut attack(&data, &cut));
    for name in ["samples.csv", "summary.csv"] {
        assert_eq!(bytes(&cut, name), bytes(&whole, name), "{name}");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_saves_and_tells() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    let mut command = attack_with_budget("400", &data, &out);
    let mut child = command.stderr(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while !out.join("samples.csv").is_file() {
        assert!(started.elapsed() < Duration::from_secs(120));
        sleep(Duration::from_millis(5));
    }
    run(Command::new("kill").args(["-INT", &child.id().to_string()]));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(RunInfo::read(out.join("run.toml")).unwrap().status, Status::Interrupted);
}

#[test]
fn a_sweep_has_a_row_for_each_value_and_goes_on_from_its_maps() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("sweep"));
    let sweep = || {
        let mut command = on("sweep", &data, &out);
        command.args(["--axes", "hue,angle", "--steps", "3"]);
        command
    };
    run(&mut sweep());
    let rows: Vec<SweepRow> = read_rows(out.join("sweep.csv")).unwrap();
    assert_eq!(rows.len(), 3 * 2 * 3, "three values of two axes in two categories and their mean");
    let first = bytes(&out, "sweep.csv");
    let again: serde_json::Value = serde_json::from_slice(&run(sweep().arg("--json")).stdout).unwrap();
    assert_eq!(again["evaluations"], 0, "everything was there");
    assert_eq!(bytes(&out, "sweep.csv"), first);
    assert!(out.join("plots/sweep_hue.png").is_file());
}

/// `mean` and `all` are names as every other; rows that are over more say so.
#[test]
fn categories_called_mean_and_all_are_categories() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    for (name, other) in [("slate", "mean"), ("tablet", "all")] {
        fs::rename(data.join(name), data.join(other)).unwrap();
    }
    let mut command = askance();
    command.arg("attack").arg("--data").arg(&data).arg("--out").arg(&out);
    command.args(["--attacks", "hue", "--budget", "2", "--limit", "1", "--tolerance", "hue"]);
    command.args(["--uniform=category,dataset", "--uniform-budget", "2"]);
    let said = String::from_utf8(run(&mut command).stdout).unwrap();
    let summary: Vec<SummaryRow> = read_rows(out.join("summary.csv")).unwrap();
    let clean: Vec<&SummaryRow> = summary.iter().filter(|row| row.attack == Attack::Clean).collect();
    let category = |name: &str| Over::Category(name.to_owned());
    let overs: Vec<&Over> = clean.iter().map(|row| &row.over).collect();
    assert_eq!(overs, [&category("all"), &category("mean"), &Over::Mean]);
    assert_eq!(clean.iter().map(|row| row.samples).collect::<Vec<_>>(), [2, 2, 4]);
    let aurocs: Vec<f64> = clean.iter().map(|row| row.metrics.pixel_auroc.unwrap()).collect();
    assert!((aurocs[2] - (aurocs[0] + aurocs[1]) / 2.0).abs() < 1e-12, "{aurocs:?}");
    let uniform: Vec<UniformRow> = read_rows(out.join("uniform.csv")).unwrap();
    let overs: Vec<&Over> = uniform.iter().step_by(2).map(|row| &row.over).collect();
    assert_eq!(overs, [&category("all"), &category("mean"), &Over::All, &Over::Mean]);
    assert_eq!(uniform.iter().step_by(2).map(|row| row.samples).collect::<Vec<_>>(), [2, 2, 4, 4]);
    // Per sample, uniform, stability, false alarms: each table has a line of its own for each.
    let lines = |name: &str| said.lines().filter(|line| line.split_whitespace().next() == Some(name)).count();
    assert_eq!(["`all`", "`mean`", "all", "mean"].map(lines), [4, 4, 3, 2], "{said}");
    assert!(out.join("plots/categories_parts_pocket.png").is_file());
}

#[test]
fn eval_is_the_clean_part_of_an_attack() {
    let folder = TempDir::new().unwrap();
    let (data, evaluated, attacked) =
        (parts(&folder), folder.path().join("eval"), folder.path().join("attack"));
    run(&mut on("eval", &data, &evaluated));
    run(&mut attack(&data, &attacked));
    let clean = |folder: &Path| -> Vec<SummaryRow> {
        read_rows::<SummaryRow>(folder.join("summary.csv"))
            .unwrap()
            .into_iter()
            .filter(|row| row.attack == Attack::Clean)
            .collect()
    };
    assert_eq!(clean(&evaluated), clean(&attacked));
}

#[test]
fn limit_takes_the_first_of_each_kind() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    run(on("eval", &data, &out).args(["--limit", "1", "--category", "slate"]));
    let rows: Vec<SampleRow> = read_rows(out.join("samples.csv")).unwrap();
    let samples: Vec<bool> = rows.iter().map(|row| row.sample.starts_with("good/")).collect();
    assert_eq!(samples, [true, false]);
}

#[test]
fn a_bad_picture_stops_the_run_unless_it_may_be_skipped() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    let victim = data.join("slate/test/good/000.png");
    let content = fs::read(&victim).unwrap();
    for (bad, part) in [(&content[..0], "000.png"), (&content[..content.len() / 2], "000.png")] {
        fs::write(&victim, bad).unwrap();
        let said = fail(&mut on("eval", &data, &out), 1);
        assert!(said.contains(part) && said.contains("--skip-bad"), "{said}");
    }
    let skipped = run(on("eval", &data, &folder.path().join("skip")).arg("--skip-bad"));
    let said = String::from_utf8_lossy(&skipped.stdout).into_owned();
    assert!(said.contains("left out: slate/good/000"), "{said}");
    assert_eq!(RunInfo::read(folder.path().join("skip/run.toml")).unwrap().skipped.len(), 1);
}

#[test]
fn senseless_flags_are_usage_errors_that_name_them() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    for (flags, named) in [
        (["--angle-bounds", "10,-10"], "--angle-bounds"),
        (["--hue-bounds", "-9,9"], "--hue-bounds"),
        (["--saturation-bounds", "0.1,0.5"], "--saturation-bounds"),
        (["--budget", "0"], "--budget"),
        (["--attacks", "shear"], "shear"),
        (["--axes", "shear"], "translate-x"),
        (["--bounds", "blur=-1,2"], "--bounds blur=-1,2"),
        (["--bounds", "jpeg=0,100"], "--bounds jpeg=0,100"),
        (["--bounds", "zoom=0,1"], "zoom"),
        (["--fpr-limit", "0"], "--fpr-limit"),
        (["--batch", "0"], "--batch"),
        (["--provider", "cuda:x"], "cuda:x"),
    ] {
        let out = folder.path().join("never");
        let said = fail(on("attack", &data, &out).args(flags), 2);
        assert!(said.contains(named), "{flags:?}\n{said}");
        assert!(!out.exists(), "{flags:?} left a folder");
    }
}

#[test]
fn bad_paths_are_errors_that_name_them() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let file = folder.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let said = fail(attack(&data, &file).arg("--offline"), 1);
    assert!(said.contains("file"), "{said}");
    let said = fail(&mut attack(&folder.path().join("nothing"), &folder.path().join("out")), 1);
    assert!(said.contains("nothing"), "{said}");
    let said = fail(attack(&data, &folder.path().join("out")).args(["--model", "models/absent"]), 2);
    assert!(said.contains("models/absent") && said.contains("pocket"), "{said}");
    let said = fail(attack(&data, &folder.path().join("out")).args(["--category", "slat"]), 2);
    assert!(said.contains("slate"), "{said}");
}

#[test]
fn models_and_providers_tell_what_is_there() {
    let models: serde_json::Value =
        serde_json::from_slice(&run(askance().args(["models", "--json"])).stdout).unwrap();
    let names: Vec<&str> =
        models.as_array().unwrap().iter().filter_map(|model| model["name"].as_str()).collect();
    assert!(names.contains(&"pocket") && names.contains(&"pocket-robust"), "{names:?}");
    let text = String::from_utf8(run(askance().args(["models", "pocket"])).stdout).unwrap();
    assert!(text.contains("(verified)"), "{text}");
    let providers = String::from_utf8(run(askance().arg("providers")).stdout).unwrap();
    assert!(providers.contains("cpu") && providers.contains("tensorrt"), "{providers}");
}

#[test]
#[ignore = "needs photographs: ASKANCE_PHOTOGRAPHS, a folder that holds hazelnut_toy (CONTRIBUTING.md)"]
fn real_photographs_run_end_to_end() {
    let data = needs::folder("ASKANCE_PHOTOGRAPHS", "a folder that holds hazelnut_toy");
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/pocket");
    run(attack(&data, &out).args(["--category", "hazelnut_toy", "--limit", "2"]).arg("--model").arg(model));
    let summary: Vec<SummaryRow> = read_rows(out.join("summary.csv")).unwrap();
    assert!(summary.iter().all(|row| row.samples == 4 && row.metrics.pixel_auroc.is_some()), "{summary:?}");
}
