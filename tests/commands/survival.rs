//! Processes that are killed at any moment, folders that two of them want, and runs that begin anew. `ASKANCE_KILLS=500` makes a soak of
//! the kills, `ASKANCE_KILLS_SEED` other moments.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use askance::record::{BenchRow, CallRow, RunInfo, Status, read_rows};
use tempfile::TempDir;

use crate::program::{askance, fail, on, output, run, said, synth};
use crate::trees::every_file;

/// One category, one good and one defective part.
pub fn parts(folder: &TempDir) -> PathBuf {
    synth(folder.path().join("parts"), "--category slate --seed 5 --good 1 --defective 1 --size 64")
}

pub fn attack(data: &Path, out: &Path) -> Command {
    attack_of("5", data, out)
}

pub fn attack_of(budget: &str, data: &Path, out: &Path) -> Command {
    let mut command = on("attack", data, out);
    command.args(["--attacks", "hue,joint", "--budget", budget, "--keep-traces", "--threads", "1"]);
    command.args(["--uniform", "--uniform-budget", "3", "--tolerance", "hue", "--tolerance-steps", "2"]);
    command.args(["--random", "2"]);
    command
}

/// Every file below a folder that an uninterrupted run has too, byte for byte: all but what holds times, and the figures.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    const TIMED: [&str; 6] = ["run.toml", "plots", "search_time.csv", "search.md", "calls.csv", "bench.csv"];
    let is_result = |name: &Path| {
        name.iter().all(|part| {
            let part = part.to_str().unwrap();
            // What was being written when the process was killed has a name of its own.
            !TIMED.contains(&part) && !part.ends_with(".tmp")
        })
    };
    every_file(folder).into_iter().filter(|(name, _)| is_result(name)).collect()
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).map_or(default, |value| value.parse().unwrap())
}

/// Numbers from 0 to 1 that a seed repeats (SplitMix64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

fn silent(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Kills a command again and again, each time at a random moment of what is left of it, lets it come to its end and compares what it
/// leaves with `whole`. Gives the number of kills.
fn kill(whole: &Path, out: &Path, command: &dyn Fn(&Path) -> Command, kills: u64, dice: &mut Dice) -> u64 {
    let (mut killed, mut left) = (0, kills);
    while left > 0 {
        let _ = fs::remove_dir_all(out);
        // A few kills for each run, so that its later stages have theirs.
        let mut of_this = left.min(4);
        while of_this > 0 {
            let began = Instant::now();
            let mut child = silent(&mut command(out));
            sleep(Duration::from_secs_f64(0.02 + 1.2 * dice.roll() * dice.roll()));
            if child.try_wait().unwrap().is_some() {
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(began.elapsed() < Duration::from_secs(60));
            (killed, of_this, left) = (killed + 1, of_this - 1, left - 1);
        }
        // One that ended before it was to be killed counts as nothing, and is tried again, but not for ever.
        left = left.saturating_sub(u64::from(of_this > 0));
        run(&mut command(out));
        let (right, now) = (files(whole), files(out));
        let other = right.iter().zip(&now).find(|(right, now)| right != now).map(|(right, _)| &right.0);
        assert!(right == now, "{:?} differs after {killed} kills of {:?}", other, command(out));
    }
    killed
}

#[test]
fn every_long_command_ends_as_if_it_had_not_been_killed() {
    let (folder, seed) = (TempDir::new().unwrap(), number("ASKANCE_KILLS_SEED", 1));
    let parts = parts(&folder);
    let data = parts.as_path();
    let place = |name: &str| folder.path().join(name);
    let mut dice = Dice(seed);
    let found = place("found");
    run(on("attack", data, &found).args(["--attacks", "hue", "--budget", "4"]));
    let root = place("sets");
    fs::create_dir_all(root.join("mine")).unwrap();
    fs::rename(
        synth(place("more"), "--category key --seed 6 --good 1 --defective 1 --size 64").join("key"),
        root.join("mine/key"),
    )
    .unwrap();
    type Make<'a> = Box<dyn Fn(&Path) -> Command + 'a>;
    let with = |command: &'static str, flags: &'static [&'static str]| -> Make<'_> {
        Box::new(move |out: &Path| {
            let mut made = on(command, data, out);
            made.args(flags);
            made
        })
    };
    let commands: Vec<(&str, Make<'_>)> = vec![
        ("attack", Box::new(|out: &Path| attack(data, out))),
        (
            "attack-loss",
            Box::new(|out: &Path| {
                let mut made = attack(data, out);
                made.args(["--select", "loss", "--save-maps"]);
                made
            }),
        ),
        ("adaptive", with("attack", &["--attacks", "hue,joint", "--budget", "9", "--adaptive"])),
        ("seeds", with("attack", &["--attacks", "hue", "--budget", "4", "--seeds", "2"])),
        ("shard", with("attack", &["--attacks", "hue,joint", "--budget", "6", "--shard", "1/2"])),
        ("sweep", with("sweep", &["--axes", "hue,angle", "--steps", "5"])),
        ("compare-search", with("attack", &["--compare-search", "random,grid", "--budgets", "4"])),
        (
            "replay",
            Box::new(|out: &Path| {
                let mut made = askance();
                made.arg("replay").arg(&found).args(["--model", "pocket-robust", "--out"]).arg(out);
                made
            }),
        ),
        (
            "paper",
            Box::new(|out: &Path| {
                let mut made = askance();
                made.args(["paper", "--model", "pocket", "--budget", "2", "--steps", "2", "--data-root"]);
                made.arg(&root).arg("--out").arg(out);
                made
            }),
        ),
    ];
    let kills = number("ASKANCE_KILLS", 36).div_ceil(commands.len() as u64);
    let mut all = 0;
    for (name, command) in &commands {
        let whole = place(&format!("whole-{name}"));
        run(&mut command(&whole));
        let killed = kill(&whole, &place(&format!("killed-{name}")), command.as_ref(), kills, &mut dice);
        eprintln!("{name}: {killed} kills");
        all += killed;
    }
    let wanted = kills * commands.len() as u64;
    eprintln!("{all} kills with the seed {seed}; all ended as if there had been none");
    assert!(2 * all >= wanted, "only {all} of {wanted} kills met a process that was alive");
}

#[test]
fn a_bench_that_was_killed_ends_with_a_row_for_each_configuration() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("bench");
    let bench = || {
        let mut command = askance();
        command.args(["bench", "--threads", "1", "--calls", "2", "--warm-up", "1", "--rounds", "2"]);
        command.args(["--batch", "1,2", "--no-metrics", "--out"]).arg(&out);
        command
    };
    let mut dice = Dice(number("ASKANCE_KILLS_SEED", 1));
    for _ in 0..number("ASKANCE_KILLS", 36).div_ceil(9) {
        let mut child = silent(&mut bench());
        sleep(Duration::from_secs_f64(0.05 + 2.0 * dice.roll()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    run(&mut bench());
    let rows: Vec<BenchRow> = read_rows(out.join("bench.csv")).unwrap();
    assert_eq!(rows.iter().map(|row| row.batch).collect::<Vec<_>>(), [1, 2]);
    let calls: Vec<CallRow> = read_rows(out.join("calls.csv")).unwrap();
    let last = &calls.last().unwrap().started;
    assert_eq!(
        calls.iter().filter(|call| call.started == *last && call.model == "pocket").count(),
        2 * 2 * 2
    );
    assert_eq!(RunInfo::read(out.join("run.toml")).unwrap().status, Status::Finished);
}

/// Starts a long attack and waits until it has its folder.
fn under_way(data: &Path, out: &Path) -> Child {
    let mut child = silent(on("attack", data, out).args(["--attacks", "joint", "--budget", "2000"]));
    let began = Instant::now();
    while !out.join("run.toml").is_file() {
        assert!(began.elapsed() < Duration::from_secs(120));
        assert!(child.try_wait().unwrap().is_none(), "ended before its folder was there");
        sleep(Duration::from_millis(5));
    }
    child
}

#[cfg(unix)]
#[test]
fn a_folder_is_taken_until_its_process_dies_however_that_is() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    let short = || {
        let mut command = on("attack", &data, &out);
        command.args(["--attacks", "joint", "--budget", "2000", "--limit", "1"]);
        command
    };
    let mut child = under_way(&data, &out);
    for flags in [&[][..], &["--fresh"]] {
        let refused = fail(short().args(flags), 1);
        assert!(refused.contains("in use by another process") && refused.contains("--out"), "{refused}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Another setting is refused, and is no longer in the way with --fresh.
    let other = |flags: &[&str]| {
        let mut command = on("attack", &data, &out);
        command.args(["--attacks", "joint", "--budget", "3"]).args(flags);
        command
    };
    let refused = fail(&mut other(&[]), 2);
    assert!(
        refused.contains("another --budget: 2000 there, 3 now") && refused.contains("--fresh"),
        "{refused}"
    );
    let told = output(&mut other(&["--fresh"]));
    assert!(told.status.success() && said(&told).contains("run.old-1"), "{}", said(&told));
    let names =
        ["run", "run.old-1"].map(|name| RunInfo::read(folder.path().join(name).join("run.toml")).unwrap());
    assert_eq!(names.map(|info| info.status), [Status::Finished, Status::Running]);
    run(&mut other(&["--fresh"]));
    assert!(folder.path().join("run.old-2/summary.csv").is_file());

    // Nothing but a run is moved.
    let photos = folder.path().join("photos");
    fs::create_dir(&photos).unwrap();
    fs::write(photos.join("a.png"), "a picture").unwrap();
    let refused = fail(on("eval", &data, &photos).arg("--fresh"), 1);
    assert!(refused.contains("no run") && photos.join("a.png").is_file(), "{refused}");
}

fn plot(out: &Path) -> Command {
    let mut command = askance();
    command.arg("plot").arg(out);
    command
}

#[test]
fn a_table_that_was_changed_by_hand_is_refused_with_what_to_do() {
    let folder = TempDir::new().unwrap();
    let (data, out) = (parts(&folder), folder.path().join("run"));
    let eval = || on("eval", &data, &out);
    run(&mut eval());
    let samples = out.join("samples.csv");
    let right = fs::read_to_string(&samples).unwrap();
    assert!(right.lines().next().unwrap().ends_with(",checksum"), "{right}");
    assert!(right.lines().last().unwrap().contains(",end-"), "{right}");
    // As a spreadsheet ends its lines.
    fs::write(&samples, right.replace('\n', "\r\n")).unwrap();
    run(&mut plot(&out));
    // Rows that are gone from the end.
    let lines: Vec<&str> = right.lines().collect();
    let cut = lines[..lines.len() - 1].join("\n") + "\n";
    fs::write(&samples, &cut).unwrap();
    let refused = fail(&mut plot(&out), 1);
    assert!(refused.contains("samples.csv") && refused.contains("lost rows"), "{refused}");
    let changed = right.replacen(",normal,", ",anomalous,", 1);
    fs::write(&samples, changed).unwrap();
    // A run that was begun again and refused is in no figure.
    for mut command in [plot(&out), eval()] {
        let refused = fail(&mut command, 1);
        assert!(refused.contains("samples.csv") && refused.contains("line 2"), "{refused}");
        assert!(refused.contains("delete that line") && refused.contains("checksum"), "{refused}");
    }
    fs::write(&samples, cut).unwrap();
    run(&mut eval());
    assert_eq!(fs::read_to_string(&samples).unwrap(), right);
}
