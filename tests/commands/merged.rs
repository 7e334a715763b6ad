//! Whatever is asked of a run, its shards put together are the run that was not split, byte for byte; what needs all samples at once says
//! so. Shards are given by the variables of a scheduler.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use askance::record::{RunInfo, Status};
use tempfile::TempDir;

use crate::program::{askance, fail, on, run, said, synth};
use crate::trees::every_file;

/// Two categories of one good and two defective parts each.
fn parts(folder: &TempDir) -> PathBuf {
    synth(folder.path().join("parts"), "--category slate tablet --good 1 --defective 2 --size 64")
}

/// The same, the pictures with their masks as wide as one, two or three squares, by nearest pixels.
fn wide(folder: &TempDir) -> PathBuf {
    let data = parts(folder);
    for (number, (path, _)) in every_file(&data)
        .into_iter()
        .filter(|(path, _)| !path.to_str().unwrap().ends_with("_mask.png"))
        .enumerate()
    {
        let mask = PathBuf::from(
            path.to_str().unwrap().replace("test", "ground_truth").replace(".png", "_mask.png"),
        );
        for path in [path, mask] {
            let path = data.join(path);
            let Ok(picture) = image::open(&path) else { continue };
            let (width, height) = (picture.width() * (1 + number as u32 % 3), picture.height());
            picture.resize_exact(width, height, image::imageops::FilterType::Nearest).save(&path).unwrap();
        }
    }
    data
}

/// The variables of a scheduler must not come from whatever runs the tests.
const VARIABLES: [&str; 8] = [
    "ASKANCE_SHARDS",
    "SLURM_ARRAY_TASK_ID",
    "JOB_COMPLETION_INDEX",
    "RANK",
    "WORLD_SIZE",
    "OMPI_COMM_WORLD_RANK",
    "PMI_RANK",
    "SLURM_STEP_NUM_TASKS",
];

fn scheduled(mut command: Command, variables: &str) -> Command {
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.envs(variables.split(' ').filter_map(|pair| pair.split_once('=')));
    command.args(["--shard", "auto"]);
    command
}

/// What a run left, but for its shards, and for when and how it was started.
fn left(out: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let own =
        |(name, _): &(PathBuf, Vec<u8>)| !name.iter().next().unwrap().to_str().unwrap().starts_with("part-");
    let mut files: Vec<_> = every_file(out).into_iter().filter(own).collect();
    for (_, bytes) in files.iter_mut().filter(|(name, _)| name.ends_with("run.toml")) {
        let text = String::from_utf8(bytes.clone()).unwrap();
        let lines = text
            .lines()
            .filter(|line| !["# ", "started = ", "command = "].iter().any(|start| line.starts_with(start)));
        *bytes = lines.collect::<Vec<_>>().join("\n").into_bytes();
    }
    files
}

fn assert_alike(whole: &Path, merged: &Path, what: &str) {
    let (whole, merged) = (left(whole), left(merged));
    let names = |files: &[(PathBuf, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&whole), names(&merged), "{what}");
    assert!(whole.len() > 10, "{what}: records and figures are among them");
    for ((name, whole), (_, merged)) in whole.iter().zip(&merged) {
        assert!(whole == merged, "{what}: {}", name.display());
    }
}

/// Runs a command whole and in shards, which are merged, and compares all that both left. Gives the folder.
fn compare(folder: &TempDir, command: &str, data: &Path, flags: &str) -> PathBuf {
    let place = folder.path().join(flags.replace(|c: char| !c.is_ascii_alphanumeric(), "_")).join(command);
    let flags: Vec<&str> = flags.split(' ').collect();
    let (whole, merged) = (place.join("whole"), place.join("merged"));
    run(on(command, data, &whole).args(&flags));
    for rank in 0..2 {
        let mut part = on(command, data, &merged);
        part.args(&flags);
        run(&mut scheduled(part, &format!("RANK={rank} WORLD_SIZE=2")));
    }
    run(askance().arg("merge").arg(&merged));
    assert_alike(&whole, &merged, &flags.join(" "));
    place
}

const ATTACK: &str = "--attacks hue,joint --budget 3";

#[test]
fn metrics_from_draws_decisions_and_points_are_those_of_the_run() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    compare(&folder, "attack", &data, &format!("{ATTACK} --random 60 --certify 0.05 --save-maps"));
    compare(
        &folder,
        "attack",
        &data,
        &format!(
            "{ATTACK} --threshold mean+3sd --operating-points --tolerance hue --tolerance-steps 2 --random 3"
        ),
    );
    compare(
        &folder,
        "attack",
        &data,
        &format!("{ATTACK} --uniform=category,dataset --uniform-budget 3 --keep-traces"),
    );
    compare(&folder, "eval", &data, "--save-maps");
}

#[test]
fn every_search_loss_and_selection_is_that_of_the_run() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    compare(
        &folder,
        "attack",
        &data,
        "--axes angle,blur,noise --budget 3 --seed 7 --search sobol --keep-traces",
    );
    compare(
        &folder,
        "attack",
        &data,
        &format!("{ATTACK} --loss bce --select loss --decision 0.5 --tolerance hue --tolerance-steps 2"),
    );
    let first = compare(&folder, "attack", &data, &format!("{ATTACK} --limit 1 --stride 2"));
    let begun = first.join("whole").display().to_string();
    compare(&folder, "attack", &data, &format!("{ATTACK} --limit 1 --stride 2 --start-from {begun}"));
    compare(
        &folder,
        "attack",
        &data,
        "--model pocket --model pocket-robust --defence none --defence grey-world --attacks hue --budget 2",
    );
}

#[test]
fn tiles_pads_bad_pictures_and_pictures_without_truth_are_those_of_the_run() {
    let folder = TempDir::new().unwrap();
    let data = wide(&folder);
    compare(
        &folder,
        "attack",
        &data,
        &format!("{ATTACK} --fit tile --save-maps --random 3 --uniform --uniform-budget 3"),
    );
    compare(&folder, "attack", &data, &format!("{ATTACK} --fit pad"));
    compare(&folder, "eval", &data, "--fit tile --tile-score max");
    compare(&folder, "attack", &data, "--layout unlabelled --attacks hue --budget 3 --tolerance-steps 2");

    // The header of a picture alone, which tells nothing until it is decoded.
    let bad = data.join("slate/test/good/000.png");
    let bytes = fs::read(&bad).unwrap();
    fs::write(&bad, &bytes[..300]).unwrap();
    compare(&folder, "attack", &data, &format!("{ATTACK} --skip-bad --tolerance hue --tolerance-steps 2"));
}

#[test]
fn shares_of_tiles_are_balanced_by_what_the_model_sees() {
    let folder = TempDir::new().unwrap();
    let data = wide(&folder);
    let pictures = |shard: &str| -> u64 {
        let out = folder.path().join(shard.replace('/', "of"));
        let mut command = on("eval", &data, &out);
        let said = run(command.args(["--fit", "tile", "--json", "--shard", shard])).stdout;
        let said: serde_json::Value = serde_json::from_slice(&said).unwrap();
        said["model_pictures"].as_u64().unwrap()
    };
    let [all, one, two] = ["1/1", "1/2", "2/2"].map(pictures);
    assert_eq!(one + two, all);
    assert!(all > 2 * 6 - 2 && one.abs_diff(two) <= 4, "{one} and {two} of {all}");
}

#[test]
fn a_replay_of_what_was_merged_is_that_of_the_run() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let runs = compare(&folder, "attack", &data, ATTACK);
    let replayed = ["whole", "merged"].map(|name| {
        let out = runs.join(format!("{name}-replayed"));
        run(askance()
            .arg("replay")
            .arg(runs.join(name))
            .args(["--model", "pocket-robust", "--out"])
            .arg(&out));
        out
    });
    assert_alike(&replayed[0], &replayed[1], "replay");
    let said =
        fail(askance().arg("replay").arg(runs.join("merged/part-1")).args(["--model", "pocket-robust"]), 2);
    assert!(said.contains("merge the shards first"), "{said}");
}

#[test]
fn what_needs_all_samples_at_once_is_refused_with_the_reason() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    for flags in ["--adaptive", "--compare-search random", "--seeds 2"] {
        let mut command = on("attack", &data, &folder.path().join("out"));
        let said = fail(command.args(flags.split(' ')).args(["--shard", "1/2"]), 2);
        let flag = flags.split(' ').next().unwrap();
        assert!(said.contains(flag) && said.contains("needs all samples, and --shard is a part"), "{said}");
    }
}

#[test]
fn what_the_scheduler_says_is_told_recorded_and_refused_where_it_is_not_plain() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let out = folder.path().join("run");
    let part = |variables: &str| scheduled(on("eval", &data, &out), variables);
    let refused = fail(&mut part(""), 2);
    assert!(
        refused.contains("--shard auto: finds no variable") && refused.contains("such as --shard 1/4"),
        "{refused}"
    );
    assert!(fail(&mut part("JOB_COMPLETION_INDEX=1"), 2).contains("ASKANCE_SHARDS: is not set"));
    assert!(!out.exists());

    let mut loud = Command::new(env!("CARGO_BIN_EXE_askance"));
    loud.arg("eval").arg("--data").arg(&data).arg("--out").arg(&out);
    let told = run(&mut scheduled(loud, "JOB_COMPLETION_INDEX=1 ASKANCE_SHARDS=3"));
    let from = "JOB_COMPLETION_INDEX = 1, ASKANCE_SHARDS = 3";
    assert!(said(&told).contains(&format!("shard 2/3 ({from})")), "{}", said(&told));
    let info = RunInfo::read(out.join("part-2/run.toml")).unwrap();
    assert_eq!(info.settings["shard"].as_str(), Some("2/3"));
    assert_eq!(info.shard_from.as_deref(), Some(from));

    // What is missing is named, with a command that makes it.
    let merge = || {
        let mut merge = askance();
        merge.arg("merge").arg(&out);
        merge
    };
    let refused = fail(&mut merge(), 2);
    assert!(refused.contains("none of the shards 1/3, 3/3"), "{refused}");
    let command = format!("--shard 1/3 --out {}", out.join("part-1").display());
    assert!(refused.contains(&command), "{refused}");
    let words: Vec<&str> = refused.split('`').nth(1).unwrap().split(' ').collect();
    run(Command::new(words[0]).args(&words[1..]).arg("--quiet"));
    run(&mut part("JOB_COMPLETION_INDEX=2 ASKANCE_SHARDS=3"));
    run(&mut merge());
    let merged = RunInfo::read(out.join("run.toml")).unwrap();
    assert_eq!((merged.shard_from, merged.settings.get("shard")), (None, None));
    let none = folder.path().join("none");
    assert!(fail(askance().arg("merge").arg(&none), 1).contains("holds no folder part-1"));
}

#[test]
fn a_merge_that_was_killed_while_it_drew_figures_goes_on_with_the_same_command() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let out = folder.path().join("run");
    for rank in 0..2 {
        let mut part = on("attack", &data, &out);
        part.args(ATTACK.split(' '));
        run(&mut scheduled(part, &format!("RANK={rank} WORLD_SIZE=2")));
    }
    let merge = || {
        let mut merge = askance();
        merge.arg("merge").arg(&out);
        merge
    };
    run(&mut merge());
    let right = every_file(&out);
    let figures = out.join("plots");
    let of = |figures: &Path| fs::read_dir(figures).map_or(0, |drawn| drawn.count());
    let all = of(&figures);
    for (name, _) in right.iter().filter(|(name, _)| !name.to_str().unwrap().starts_with("part-")) {
        fs::remove_file(out.join(name)).unwrap();
    }
    let mut child = merge().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let began = Instant::now();
    while of(&figures) == 0 {
        assert!(child.try_wait().unwrap().is_none() && began.elapsed() < Duration::from_secs(120));
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let drawn = of(&figures);
    assert!(drawn < all, "{drawn} of {all} figures were drawn when it was killed");
    assert_eq!(RunInfo::read(out.join("run.toml")).unwrap().status, Status::Finished);
    run(&mut merge());
    assert!(every_file(&out) == right, "every byte, run.toml and figures among them");
}

#[test]
fn a_shard_that_lost_a_row_is_named_with_its_command() {
    let folder = TempDir::new().unwrap();
    let data = parts(&folder);
    let out = folder.path().join("run");
    for rank in 0..2 {
        run(&mut scheduled(on("eval", &data, &out), &format!("PMI_RANK={rank} PMI_SIZE=2")));
    }
    let samples = out.join("part-2/samples.csv");
    let text = fs::read_to_string(&samples).unwrap();
    let first = |line: fn(&str) -> &str| {
        text.lines().take(2).map(|found| format!("{}\n", line(found))).collect::<String>()
    };
    fs::write(&samples, first(|line| line)).unwrap();
    let said = fail(askance().arg("merge").arg(&out), 1);
    assert!(said.contains("part-2/samples.csv: has lost rows at its end"), "{said}");
    // Records of before there were checksums.
    fs::write(&samples, first(|line| line.rsplit_once(',').unwrap().0)).unwrap();
    let said = fail(askance().arg("merge").arg(&out), 1);
    assert!(said.contains("part-2/samples.csv") && said.contains("lost a row of pocket"), "{said}");
    assert!(said.contains(&format!("--shard 2/2 --out {}", out.join("part-2").display())), "{said}");
}
