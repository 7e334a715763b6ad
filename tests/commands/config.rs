//! `--config RUN`: the settings of a run once more.

use std::fs;
use std::path::Path;

use askance::record::RunInfo;
use tempfile::TempDir;

use crate::program::{askance, fail, run, said, synth, text};

const ATTACK: &str = "--limit 1 --category tablet --axes angle,blur --attacks angle,joint --budget 5 --seed 3 --search sobol --border ignore \
                      --bounds angle=-12.5,0.1 --rotation three-pass --fit pad --defence grey-world --defence none --prompts common21 --spaces \
                      --threshold mean+2sd --fpr-limit 0.1 --tolerance hue --tolerance-steps 3 --decision 0.5 --random 3 \
                      --uniform=category,dataset --uniform-budget 4 ";

fn info(run: &Path) -> RunInfo {
    RunInfo::read(run.join("run.toml")).unwrap()
}

/// Runs a command with the settings of a run, and more flags, from the folder in which the run was made.
fn again(command: &str, folder: &Path, out: &str, flags: &str) -> String {
    let mut askance = askance();
    askance.args([command, "--config", "first", "--out", out]).args(flags.split_whitespace());
    said(&run(askance.current_dir(folder)))
}

#[test]
fn a_run_made_again_from_its_record_is_the_same_run() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    synth(
        here.join("parts"),
        "--category slate tablet --seed 5 --good 2 --defective 3 --size 96 --aspect 3:2",
    );
    let flags = ATTACK.split_whitespace();
    run(askance()
        .args(["attack", "--data", "parts", "--name", "line 3", "--out", "first"])
        .args(flags)
        .current_dir(here));

    again("attack", here, "second", "");
    for file in ["samples.csv", "summary.csv", "stability.csv", "random.csv", "uniform.csv", "operating.csv"]
    {
        assert_eq!(text(&here.join("second"), file), text(&here.join("first"), file), "{file}");
    }
    let (first, second) = (info(&here.join("first")), info(&here.join("second")));
    assert_eq!(second.settings, first.settings);
    assert_eq!((second.dataset, second.models, second.seed), (first.dataset, first.models, 3));

    // The path of the file does as well, and what is given beside it is all that changes.
    let mut askance = askance();
    askance
        .args(["attack", "--config", "first/run.toml", "--budget", "4", "--out", "third"])
        .current_dir(here);
    run(&mut askance);
    let third = info(&here.join("third"));
    let mut expected = first.settings.clone();
    expected.insert("budget".into(), 4.into());
    assert_eq!(third.settings, expected);
    assert_ne!(text(&here.join("third"), "samples.csv"), text(&here.join("first"), "samples.csv"));
}

#[test]
fn eval_and_sweep_are_made_again_as_well() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    synth(here.join("parts"), "--category tablet --seed 5 --good 1 --defective 2 --size 96");
    for (command, flags, file) in [
        ("eval", "--aupro thresholds-200 --temperature 0.05 --save-maps", "operating.csv"),
        ("sweep", "--axes angle --steps 3 --angle-bounds=-20,20 --frame rotated-mask", "sweep.csv"),
    ] {
        let first = here.join(command).join("first");
        let data = ["--data", "../parts", "--out", "first"];
        fs::create_dir(here.join(command)).unwrap();
        run(askance().arg(command).args(data).args(flags.split_whitespace()).current_dir(here.join(command)));
        again(command, &here.join(command), "second", "");
        let second = here.join(command).join("second");
        assert_eq!(text(&second, file), text(&first, file));
        assert_eq!(
            (info(&second).settings, info(&second).save_maps),
            (info(&first).settings, command == "eval")
        );
    }

    // Another command says whose the record is; data that changed are told; a folder that is gone is explained.
    let here = here.join("eval");
    let mut sweep = askance();
    let said = fail(sweep.args(["sweep", "--config", "first"]).current_dir(&here), 2);
    assert!(said.contains("first/run.toml") && said.contains("askance eval --config"), "{said}");
    let good = folder.path().join("parts/tablet/test/good");
    fs::copy(good.join("000.png"), good.join("001.png")).unwrap();
    let said = again("eval", &here, "third", "");
    assert!(said.contains("the data are not those of first/run.toml"), "{said}");
    fs::rename(folder.path().join("parts"), folder.path().join("moved")).unwrap();
    let said = fail(askance().args(["eval", "--config", "first", "--out", "fourth"]).current_dir(&here), 1);
    assert!(said.contains("--data=../parts comes from first/run.toml"), "{said}");
    assert!(!here.join("fourth").exists());
    again("eval", &here, "fifth", "--data ../moved");
}

#[test]
fn a_dry_run_tells_what_a_run_takes_and_writes_nothing() {
    let folder = TempDir::new().unwrap();
    let here = folder.path();
    synth(here.join("parts"), "--category tablet --seed 5 --good 1 --defective 2 --size 96");
    let told = |flags: &str| {
        let mut askance = askance();
        let words = flags.split_whitespace();
        run(askance.args(words).args(["--data", "parts", "--dry-run", "--json"]).current_dir(here)).stdout
    };
    let number = |said: &[u8], key: &str| {
        let said: serde_json::Value = serde_json::from_slice(said).unwrap();
        said[key].as_u64().unwrap_or_else(|| panic!("{key}: {said}")) as usize
    };
    for (flags, stages) in [
        ("eval", "evaluations"),
        ("attack --axes hue --budget 4 --random 3 --uniform", "evaluations"),
        ("sweep --axes hue --steps 3", "evaluations"),
    ] {
        let before = fs::read_dir(here).unwrap().count();
        let dry = told(&format!("{flags} --out out"));
        assert!(!here.join("out").exists() && fs::read_dir(here).unwrap().count() == before);
        let mut askance = askance();
        let made = run(askance
            .args(flags.split_whitespace())
            .args(["--data", "parts", "--json", "--out", "out"])
            .current_dir(here));
        assert_eq!(number(&dry, stages), number(&made.stdout, stages), "{flags}");
        let files = crate::trees::every_file(&here.join("out"));
        let again: serde_json::Value = serde_json::from_slice(&told(&format!("{flags} --out out"))).unwrap();
        assert_eq!(again["earlier"]["status"], "finished");
        assert_eq!(crate::trees::every_file(&here.join("out")), files, "{flags}");
        told(&format!("{flags} --out out --fresh"));
        assert_eq!(crate::trees::every_file(&here.join("out")), files, "{flags}");
        fs::remove_dir_all(here.join("out")).unwrap();
    }

    for several in ["--seeds 2", "--compare-search", "--provider cpu,cpu"] {
        let mut askance = askance();
        let flags = several.split_whitespace();
        let said =
            fail(askance.args(["attack", "--data", "parts", "--dry-run"]).args(flags).current_dir(here), 2);
        assert!(said.contains("--dry-run tells what one takes"), "{said}");
    }
}
