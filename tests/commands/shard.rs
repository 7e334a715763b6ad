//! Shards of a run and what `askance merge` makes of them, as a user gives the commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use askance::record::{RunInfo, Status};
use tempfile::TempDir;

use crate::program::{askance, fail, on, run, synth};
use crate::trees::every_file;

/// Two categories, three good and four defective parts each.
fn parts(folder: &TempDir) -> PathBuf {
    let flags = "--category slate tablet --good 3 --defective 4 --size 96";
    synth(folder.path().join("parts"), flags)
}

fn attack(data: &Path, out: &Path) -> Command {
    let mut command = on("attack", data, out);
    command.args(["--attacks", "hue,joint", "--budget", "5", "--keep-traces", "--save-maps"]);
    command.args(["--uniform", "--uniform-budget", "3", "--tolerance", "hue", "--tolerance-steps", "2"]);
    command
}

fn shard(data: &Path, out: &Path, shard: &str) -> PathBuf {
    let out = out.with_extension(shard.replace('/', "of"));
    run(attack(data, &out).args(["--shard", shard, "--batch", "3"]));
    out
}

/// Every file below a folder by its path in it, but for run.toml and the plots.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let is_result = |name: &Path| name != Path::new("run.toml") && !name.starts_with("plots");
    every_file(folder).into_iter().filter(|(name, _)| is_result(name)).collect()
}

#[test]
fn the_shards_put_together_are_the_run_byte_for_byte() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let out = folder.path().join("run");
    run(&mut attack(&data, &out));
    let shards = ["2/3", "1/3", "3/3"].map(|number| shard(&data, &out, number));
    assert!(!shards[0].join("summary.csv").exists(), "a part has no metrics");

    let merged = folder.path().join("merged");
    run(askance().arg("merge").arg(&merged).args(&shards));
    let (whole, together) = (files(&out), files(&merged));
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&whole), names(&together));
    for ((name, whole), (_, together)) in whole.iter().zip(&together) {
        assert!(whole == together, "{}", name.display());
    }
    assert!(whole.len() > 2 * 14 * 3, "maps and traces are among them");
    assert!(merged.join("plots").is_dir());

    // The merged run is that run: its own command finds nothing left to do in it.
    let info = RunInfo::read(merged.join("run.toml")).unwrap();
    assert_eq!(info.status, Status::Finished);
    let again = run(attack(&data, &merged).arg("--json"));
    let said: serde_json::Value = serde_json::from_slice(&again.stdout).unwrap();
    assert_eq!(said["evaluations"], 0);
}

#[test]
fn what_is_no_whole_is_refused() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let out = folder.path().join("run");
    let (one, two) = (shard(&data, &out, "1/2"), shard(&data, &out, "2/2"));
    let merged = folder.path().join("merged");
    let merge = |shards: &[&PathBuf]| fail(askance().arg("merge").arg(&merged).args(shards), 2);
    assert!(merge(&[&one]).contains("has no shard 2/2"));
    assert!(merge(&[&one, &two, &one]).contains("is shard 1/2, and so is"));

    let other = folder.path().join("other");
    run(attack(&data, &other).args(["--shard", "2/2", "--seed", "3"]));
    let said = merge(&[&one, &other]);
    assert!(said.contains("another --seed than") && said.contains("\"3\" here, \"0\" there"), "{said}");
    assert!(!merged.exists());

    // A shard is taken up as that shard and no other.
    let said = fail(attack(&data, &one).args(["--shard", "2/2"]), 2);
    assert!(said.contains("another --shard: \"1/2\" there, \"2/2\" now"), "{said}");
}

#[test]
fn other_masks_are_refused_and_a_merge_that_failed_can_be_made_again() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let shards = ["1/2", "2/2"].map(|number| shard(&data, &folder.path().join("run"), number));
    let (name, mut bytes) =
        files(&data).into_iter().find(|(name, _)| name.ends_with("000_mask.png")).unwrap();
    bytes.push(0);
    fs::write(data.join(name), bytes).unwrap();
    let merged = folder.path().join("merged");
    let said = fail(askance().arg("merge").arg(&merged).args(&shards), 1);
    assert!(
        said.contains("holds something else than when the run began") && said.contains("--data"),
        "{said}"
    );

    let elsewhere = TempDir::new().unwrap();
    let same = parts(&elsewhere);
    run(askance().arg("merge").arg(&merged).args(&shards).arg("--data").arg(&same));
    run(askance().arg("merge").arg(&merged).args(&shards).arg("--data").arg(&same));
}

#[test]
fn the_batch_that_is_found_is_recorded_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let (fixed, found) = (folder.path().join("fixed"), folder.path().join("found"));
    run(&mut attack(&data, &fixed));
    let said = run(attack(&data, &found).args(["--batch", "auto", "--json"])).stdout;
    let said: serde_json::Value = serde_json::from_slice(&said).unwrap();
    let used = said["batch"][0]["batch"]["used"].as_u64().unwrap();
    assert!(used.is_power_of_two(), "{used}");
    let info = RunInfo::read(found.join("run.toml")).unwrap();
    let batch = info.models[0].batch.as_ref().unwrap();
    assert_eq!((batch.requested.as_str(), batch.used as u64), ("auto", used));
    assert_eq!(files(&fixed), files(&found));
    assert!(fail(attack(&data, &found).args(["--batch", "0"]), 2).contains("--batch"));
}

#[test]
fn several_devices_make_the_run_of_one_byte_for_byte_and_go_on() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let (one, several) = (folder.path().join("one"), folder.path().join("several"));
    let attack = |out: &Path| {
        let mut command = on("attack", &data, out);
        command.args(["--attacks", "hue,joint", "--budget", "5", "--save-maps"]);
        command
    };
    run(&mut attack(&one));
    run(attack(&several).args(["--provider", "cpu,cpu"]));
    let of_whole = |folder: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        let own = |(name, _): &(PathBuf, Vec<u8>)| {
            !["part-1", "part-2", "candidates"].iter().any(|part| name.starts_with(part))
        };
        files(folder).into_iter().filter(own).collect()
    };
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let (whole, merged) = (of_whole(&one), of_whole(&several));
    assert_eq!(names(&merged), names(&whole));
    assert!(merged == whole, "the same bytes");
    assert_eq!(RunInfo::read(several.join("run.toml")).unwrap().status, Status::Finished);
    assert!(several.join("plots/bars.png").is_file());

    // A part that was lost is made again by the same command.
    fs::remove_dir_all(several.join("part-2")).unwrap();
    run(attack(&several).args(["--provider", "cpu,cpu"]));
    assert!(of_whole(&several) == whole);

    let said = fail(attack(&one).args(["--provider", "cpu,cpu"]), 2);
    assert!(said.contains("not made on several devices"), "{said}");
    fs::create_dir(several.join("part-3")).unwrap();
    let said = fail(attack(&several).args(["--provider", "cpu,cpu"]), 2);
    assert!(said.contains("more devices"), "{said}");
    let said = fail(attack(&folder.path().join("other")).args(["--provider", "cpu,cuda:0"]), 2);
    assert!(said.contains("several kinds of provider"), "{said}");
    let said = fail(on("eval", &data, &folder.path().join("eval")).args(["--provider", "cpu,cpu"]), 2);
    assert!(said.contains("one device too many"), "{said}");
}
