//! What a run would take, told before it is made.

use std::fs;

use askance::attack::Goal;
use askance::record::{SampleRow, StabilityRow, Status, read_rows};
use askance::study::{Checked, Forecast, Plan, Quiet, Scope, Uniform};
use askance::types::{Attack, Axis, Fit, Fitting};

use super::{Bench, Listener, fake, refusal};
use crate::trees::every_file;

fn forecast(bench: &Bench, checked: &Checked, name: &str) -> Forecast {
    checked.forecast((&bench.out(name), false), &bench.open(), &mut fake(), &Quiet).unwrap()
}

fn attack() -> Plan {
    Plan::attack().axes([Axis::Angle, Axis::Hue]).budget(6).seed(3)
}

fn everything() -> Plan {
    let uniform = Uniform { scopes: vec![Scope::Category, Scope::Dataset], budget: 5 };
    attack().uniform(uniform).random(7).tolerance([Axis::Hue]).tolerance_steps(3)
}

/// Bytes of records, without what is made for figures.
fn stored(bench: &Bench, name: &str) -> u64 {
    let records = every_file(&bench.out(name)).into_iter().filter(|(path, _)| !path.starts_with("examples"));
    records.map(|(_, bytes)| bytes.len() as u64).sum()
}

#[test]
fn a_forecast_has_the_stages_and_evaluations_of_the_run() {
    let bench = Bench::new();
    for (name, plan) in [
        ("eval", Plan::eval()),
        ("attack", attack()),
        ("sweep", Plan::sweep([Axis::Hue, Axis::Angle], 4)),
        ("everything", everything()),
        ("shard", everything().shard("1/3".parse().unwrap())),
        ("adaptive", attack().adaptive().budget(12)),
        ("drift", attack().loss(Goal::Drift).attacks([Attack::Single(Axis::Blur)])),
        ("tiles", attack().fit(Fitting::of(Fit::Tile)).save_maps(true).keep_traces(true)),
    ] {
        let checked = plan.check().unwrap();
        let told = forecast(&bench, &checked, name);
        assert!(!bench.out(name).exists(), "{name}: nothing is written");
        assert!(told.earlier.is_none());

        let listener = Listener::default();
        let outcome = checked.run(bench.out(name), &bench.open(), &mut fake(), &listener).unwrap();
        let stages: Vec<(String, usize)> =
            told.stages.iter().map(|stage| (stage.stage.clone(), stage.evaluations)).collect();
        let made: Vec<(String, usize)> =
            listener.stages.into_inner().into_iter().map(|(stage, planned, _)| (stage, planned)).collect();
        assert_eq!(stages, made, "{name}");
        let (most, made) = (told.evaluations(), outcome.clock.evaluations);
        assert!(
            if told.is_most() { made <= most && 2 * made > most } else { made == most },
            "{name}: {made} of {most}"
        );
        assert_eq!(told.is_most(), ["everything", "shard", "adaptive"].contains(&name), "{name}");
        let (bytes, there) = (told.bytes as f64, stored(&bench, name) as f64);
        assert!(bytes > 0.4 * there && bytes < 2.0 * there, "{name}: {bytes} of {there} bytes");
        assert!(told.time() > std::time::Duration::ZERO && told.models[0].batch == 4);
    }
}

#[test]
fn what_rows_count_is_what_was_told_of_their_stages() {
    let bench = Bench::new();
    let checked = everything().check().unwrap();
    let told = forecast(&bench, &checked, "run");
    let of = |stage: &str| told.stages.iter().find(|told| told.stage == stage).unwrap();
    let outcome = bench.run(&checked, "run");
    let rows: Vec<SampleRow> = read_rows(outcome.dir.samples_path()).unwrap();
    // Each attack counts the unchanged picture, which is evaluated once.
    let searched: usize = rows.iter().map(|row| row.evaluations).sum::<usize>() - 10 * 3;
    assert_eq!((of("attack fake").evaluations, of("attack fake").is_most), (searched, false));
    let rows: Vec<StabilityRow> = read_rows(outcome.dir.stability_path()).unwrap();
    let scanned: usize = rows.iter().filter_map(|row| row.evaluations).map(|made| made - 1).sum();
    assert!(scanned <= of("tolerance fake").evaluations && of("tolerance fake").is_most);
    assert_eq!(of("random fake").evaluations, 10 * 7);
    // The unchanged picture is known: of the five four are evaluated, for each of three attacks.
    assert_eq!(of("uniform fake").evaluations, 10 * 3 * 4);
}

#[test]
fn a_run_that_is_there_is_told_and_not_touched() {
    let bench = Bench::new();
    let checked = attack().check().unwrap();
    let observe = Listener::stopping_after(37);
    refusal(checked.run(bench.out("run"), &bench.open(), &mut fake(), &observe));
    let before = every_file(&bench.out("run"));
    let earlier = forecast(&bench, &checked, "run").earlier.unwrap();
    assert_eq!(earlier.status, Status::Interrupted);
    assert!((1..10).contains(&earlier.samples), "{earlier:?}");
    bench.run(&checked, "done");
    let earlier = forecast(&bench, &checked, "done").earlier.unwrap();
    assert_eq!((earlier.status, earlier.samples), (Status::Finished, 10));

    let other = attack().budget(7).check().unwrap();
    let told = |fresh| other.forecast((&bench.out("run"), fresh), &bench.open(), &mut fake(), &Quiet);
    assert!(refusal(told(false)).problem.contains("settings.budget"));
    assert!(told(true).unwrap().earlier.is_none());
    fs::create_dir(bench.out("lost")).unwrap();
    fs::write(bench.out("lost/samples.csv"), "").unwrap();
    let lost = checked.forecast((&bench.out("lost"), false), &bench.open(), &mut fake(), &Quiet);
    assert!(refusal(lost).problem.contains("no run.toml"));
    assert_eq!(every_file(&bench.out("run")), before);
}
