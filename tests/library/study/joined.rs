//! Shards of a run, and the run that they become.

use std::fs;
use std::path::PathBuf;

use askance::record::{RunInfo, StabilityRow, read_rows, write_rows};
use askance::study::{Data, Merge, Plan, Quiet, Scope, Source, Uniform};
use askance::types::{Axis, Fit, Fitting};

use super::{Bench, fake, files, refusal};

fn plan() -> Plan {
    Plan::attack().axes([Axis::Hue]).budget(4).keep_traces(true)
}

fn shards(bench: &Bench, of: usize) -> Vec<PathBuf> {
    (1..=of)
        .map(|index| {
            let name = format!("shard-{index}");
            let shard = format!("{index}/{of}").parse().unwrap();
            let outcome = bench.run(&plan().shard(shard).check().unwrap(), &name);
            assert!(outcome.summary.is_empty(), "a part has no metrics");
            bench.out(&name)
        })
        .collect()
}

#[test]
fn the_shards_put_together_are_the_run_byte_for_byte() {
    let bench = Bench::new();
    bench.run(&plan().check().unwrap(), "whole");
    let mut shards = shards(&bench, 3);
    shards.reverse();
    let merge = Merge { shards, ..Merge::default() };
    let outcome = merge.run(bench.out("merged"), &Quiet).unwrap();
    assert_eq!(files(&bench.out("merged")), files(&bench.out("whole")));
    assert_eq!(outcome.summary.len(), 2 * 3);
    let error = refusal(merge.run(bench.out("shard-1"), &Quiet));
    assert!(error.problem.contains("holds a run with another `settings.shard`"), "{error}");
    assert!(error.fix.starts_with("give a folder that does not exist yet"), "{error}");
}

#[test]
fn a_merge_that_has_its_records_goes_on_with_what_is_missing_and_no_other_does() {
    let bench = Bench::new();
    let shards = shards(&bench, 2);
    let merge = Merge { shards, ..Merge::default() };
    merge.run(bench.out("merged"), &Quiet).unwrap();
    let (right, record) = (files(&bench.out("merged")), bench.out("merged/run.toml"));
    let finished = fs::read(&record).unwrap();
    fs::write(bench.out("merged/samples.csv"), "cut").unwrap();
    fs::remove_file(bench.out("merged/files.csv")).unwrap();
    merge.run(bench.out("merged"), &Quiet).unwrap();
    assert!(files(&bench.out("merged")) == right && fs::read(&record).unwrap() == finished);

    let maps = Merge { save_maps: true, ..merge.clone() };
    let error = refusal(maps.run(bench.out("merged"), &Quiet));
    assert!(error.problem.contains("holds a run already"), "{error}");
    let mut info = RunInfo::read(&record).unwrap();
    // Of shards that were begun at another time.
    info.started = "2020-01-01T00:00:00Z".into();
    info.write(&record).unwrap();
    let error = refusal(merge.run(bench.out("merged"), &Quiet));
    assert!(error.problem.contains("holds a run already"), "{error}");
    assert!(files(&bench.out("merged")) == right);
}

#[test]
fn a_shard_whose_samples_were_others_is_merged_and_not_gone_on_with() {
    let bench = Bench::new();
    bench.run(&plan().check().unwrap(), "whole");
    let shards = shards(&bench, 2);
    // As if the shards had been shared out the other way round.
    for (shard, number) in shards.iter().zip(["2/2", "1/2"]) {
        let path = shard.join("run.toml");
        let mut info = RunInfo::read(&path).unwrap();
        info.settings.insert("shard".into(), number.into());
        info.write(&path).unwrap();
    }
    let other = plan().shard("2/2".parse().unwrap()).check().unwrap();
    let error = refusal(other.run(&shards[0], &bench.open(), &mut fake(), &Quiet));
    assert!(error.problem.contains("an older version shared them out otherwise"), "{error}");
    Merge { shards: shards.to_vec(), ..Merge::default() }.run(bench.out("merged"), &Quiet).unwrap();
    assert_eq!(files(&bench.out("merged")), files(&bench.out("whole")));
}

#[test]
fn shards_of_the_first_samples_are_put_together() {
    let bench = Bench::new();
    let limited = || Data::open(&Source::new(bench.data()).limit(1), &Quiet).unwrap();
    let run = |plan: Plan, name: &str| {
        plan.check().unwrap().run(bench.out(name), &limited(), &mut fake(), &Quiet).unwrap();
        bench.out(name)
    };
    let whole = run(plan(), "whole");
    let shards =
        ["1/2", "2/2"].map(|shard| run(plan().shard(shard.parse().unwrap()), &shard.replace('/', "-")));
    Merge { shards: shards.to_vec(), ..Merge::default() }.run(bench.out("merged"), &Quiet).unwrap();
    assert_eq!(files(&bench.out("merged")), files(&whole));
}

#[test]
fn what_needs_all_samples_is_made_when_the_shards_are_put_together() {
    let bench = Bench::new();
    let scopes = vec![Scope::Category, Scope::Dataset];
    let plan = || {
        let plan = Plan::attack().axes([Axis::Hue, Axis::Saturation]).budget(4);
        let uniform = Uniform { scopes: scopes.clone(), budget: 4 };
        plan.uniform(uniform).tolerance([Axis::Hue]).tolerance_steps(3).save_maps(true)
    };
    let whole = bench.run(&plan().check().unwrap(), "whole");
    let shards = ["1/3", "2/3", "3/3"].map(|shard| {
        let name = shard.replace('/', "-");
        bench.run(&plan().shard(shard.parse().unwrap()).check().unwrap(), &name);
        bench.out(&name)
    });
    assert!(!bench.out("1-3/uniform.csv").exists() && !bench.out("1-3/maps").exists());
    let merge = Merge { shards: shards.to_vec(), ..Merge::default() };
    let merged = merge.run(bench.out("merged"), &Quiet).unwrap();
    assert_eq!((&merged.uniform, &merged.stability), (&whole.uniform, &whole.stability));
    assert!(!whole.uniform.is_empty() && whole.stability.iter().any(StabilityRow::is_scanned));
    assert_eq!(files(&bench.out("merged")), files(&bench.out("whole")));

    // A scan with another threshold is none of this run.
    let path = bench.out("2-3/stability.csv");
    let mut rows: Vec<StabilityRow> = read_rows(&path).unwrap();
    (rows[0].threshold, rows[0].clean_score) = (0.75, 0.5);
    (rows[0].flips, rows[0].worst_score, rows[0].drift) = (None, None, None);
    write_rows(&path, &rows).unwrap();
    let error = refusal(merge.run(bench.out("again"), &Quiet));
    assert!(error.problem.contains("threshold 0.75"), "{error}");
}

#[test]
fn a_merge_without_all_shards_or_with_other_pictures_is_refused() {
    let bench = Bench::new();
    let shards = shards(&bench, 2);
    let some = Merge { shards: shards[..1].to_vec(), ..Merge::default() };
    assert!(refusal(some.run(bench.out("merged"), &Quiet)).problem.contains("no shard 2/2"));

    let all = Merge { shards, ..Merge::default() };
    fs::rename(bench.data(), bench.out("moved")).unwrap();
    let error = refusal(all.run(bench.out("merged"), &Quiet));
    assert!(error.fix.contains("`data`"), "{error}");
    let moved = Merge { data: Some(bench.out("moved")), save_maps: true, ..all };
    moved.run(bench.out("merged"), &Quiet).unwrap();
    assert!(bench.out("merged/maps/nut/red/0.hue.npy").is_file());

    fs::copy(bench.out("moved/nut/test/red/0.png"), bench.out("moved/nut/test/red/1.png")).unwrap();
    let other = fs::read(bench.out("moved/plate/ground_truth/red/0_mask.png")).unwrap();
    fs::write(bench.out("moved/nut/ground_truth/red/1_mask.png"), [other, vec![0]].concat()).unwrap();
    let error = refusal(moved.run(bench.out("again"), &Quiet));
    assert!(error.problem.contains("holds something else than when the run began"), "{error}");
}

#[test]
fn shards_of_different_fits_are_no_shards_of_one_run() {
    let bench = Bench::new();
    let shard = |name: &str, index: &str, plan: Plan| {
        bench.run(&plan.shard(index.parse().unwrap()).check().unwrap(), name);
        bench.out(name)
    };
    let shards = vec![shard("a", "1/2", plan()), shard("b", "2/2", plan().fit(Fitting::of(Fit::Tile)))];
    let error = refusal(Merge { shards, ..Merge::default() }.run(bench.out("merged"), &Quiet));
    assert!(error.problem.contains("settings.fit.fit") && error.problem.contains("squeeze"), "{error}");
}
