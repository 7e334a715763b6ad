//! Budgets that follow the metrics, and worst cases of other runs that are tried first.

use std::collections::HashMap;
use std::fs;

use askance::attack::{Goal, SearchChoice, Select};
use askance::dataset::Layout;
use askance::error::Kind;
use askance::model::Fake;
use askance::record::{Parameters, SampleRow, SummaryRow, Trace, read_rows};
use askance::search::Kind as Strategy;
use askance::study::{Data, Models, Plan, Replay, Source};
use askance::types::{Attack, Axis, Interval, Over, PooledMetric};

use crate::coarse::WithCoarse;

use super::{Bench, Listener, fake, files, refusal};

const BUDGET: usize = 9;

/// The fake, which answers at three tenths of the cost with a map that is off by a little.
fn coarse() -> Models {
    let full = Fake::new(super::SIZE, (4, 4));
    let model = WithCoarse { full, cost: 0.3, seen: |score| 0.9 * score + 0.01 };
    Models::of(vec![Box::new(model)], 4).unwrap()
}

fn plan() -> Plan {
    Plan::attack().axes([Axis::Angle, Axis::Hue]).budget(BUDGET).seed(3).adaptive()
}

fn rows(bench: &Bench, name: &str) -> Vec<SampleRow> {
    read_rows(bench.out(name).join("samples.csv")).unwrap()
}

#[test]
fn the_budget_is_an_average_and_every_evaluation_is_counted() {
    let bench = Bench::new();
    let checked = plan().check().unwrap();
    let outcome = bench.run(&checked, "run");
    let rows = rows(&bench, "run");
    let mut of_sample: HashMap<&str, usize> = HashMap::new();
    for row in rows.iter().filter(|row| row.attack != Attack::Clean) {
        *of_sample.entry(&row.sample).or_default() += row.evaluations - 1;
        assert!(row.evaluations > 1 && row.search == "adaptive" && row.expected_gain.is_none(), "{row:?}");
        assert!(row.aupro != Parameters::default(), "each metric has a choice");
    }
    // Two categories have samples of the same names.
    let spent: Vec<usize> = of_sample.into_values().collect();
    assert!(spent.iter().all(|&spent| spent <= 2 * 3 * (BUDGET - 1)), "{spent:?}");
    assert!(spent.iter().all(|&spent| spent > 3 * (BUDGET - 1)), "{spent:?}");
    let counted: usize =
        rows.iter().map(|row| if row.attack == Attack::Clean { 1 } else { row.evaluations - 1 }).sum();
    assert_eq!(outcome.clock.evaluations, counted);
    // The joint attack gets more than either axis.
    let all =
        |attack| -> usize { rows.iter().filter(|row| row.attack == attack).map(|row| row.evaluations).sum() };
    let [angle, hue] = [Axis::Angle, Axis::Hue].map(|axis| all(Attack::Single(axis)));
    assert!(all(Attack::Joint) > angle && angle > hue, "{} {angle} {hue}", all(Attack::Joint));
    // Bounds are bounds.
    let value = |category: &str, attack: Attack, metric: PooledMetric| {
        let same = |row: &&SummaryRow| row.over.category() == Some(category) && row.attack == attack;
        metric.of(&outcome.summary.iter().find(same).unwrap().metrics).unwrap()
    };
    for category in ["nut", "plate"] {
        for metric in PooledMetric::ALL {
            for axis in [Axis::Angle, Axis::Hue].map(Attack::Single) {
                let [clean, one, joint] =
                    [Attack::Clean, axis, Attack::Joint].map(|attack| value(category, attack, metric));
                assert!(one <= clean && joint <= one, "{category} {metric:?} {axis}: {clean} {one} {joint}");
            }
        }
    }
    // A finished run has nothing left to do, and its counts stay.
    let before = files(&bench.out("run"));
    assert_eq!(bench.run(&checked, "run").clock.evaluations, 0);
    assert_eq!(files(&bench.out("run")), before);
}

#[test]
fn a_run_that_is_stopped_in_its_rounds_ends_as_if_it_had_not_been() {
    let bench = Bench::new();
    let checked = plan().check().unwrap();
    bench.run(&checked, "whole");
    for calls in [11, 23] {
        let name = format!("stopped-{calls}");
        assert!(bench.run_with_stops(&checked, &name, calls) > 1, "{calls} calls were all");
        assert_eq!(files(&bench.out(&name)), files(&bench.out("whole")), "{calls}");
    }
    // The answers of a round are believed only where they are to its questions.
    let candidates = |name: &str| bench.out("broken/candidates/fake/nut/red").join(name);
    let mut calls = 10;
    while !candidates("2.joint-rounds.npy").exists() {
        calls += 5;
        let stopping = Listener::stopping_after(calls);
        refusal(checked.run(bench.out("broken"), &bench.open(), &mut fake(), &stopping));
    }
    fs::copy(candidates("0.joint-rounds.npy"), candidates("1.joint-rounds.npy")).unwrap();
    let error = refusal(checked.run(bench.out("broken"), &bench.open(), &mut fake(), &Listener::default()));
    assert!(error.kind == Kind::File && error.problem.contains("other candidates"), "{error}");
}

#[test]
fn answers_of_rounds_that_were_deleted_are_given_again() {
    let bench = Bench::new();
    let checked = plan().check().unwrap();
    checked.run(bench.out("run"), &bench.open(), &mut coarse(), &Listener::default()).unwrap();
    let right = files(&bench.out("run"));
    let rounds: Vec<_> = right
        .iter()
        .map(|(name, _)| name)
        .filter(|name| name.to_str().unwrap().contains("-rounds"))
        .collect();
    assert!(rounds.len() > 12, "{rounds:?}");
    for name in [rounds[0], rounds[rounds.len() / 2], rounds[rounds.len() - 1]] {
        fs::remove_file(bench.out("run").join(name)).unwrap();
        checked.run(bench.out("run"), &bench.open(), &mut coarse(), &Listener::default()).unwrap();
        assert!(files(&bench.out("run")) == right, "{} was lost", name.display());
    }
    // What only reads the run misses them too.
    let lost = rounds.iter().find(|name| name.to_str().unwrap().ends_with("angle-rounds.npy")).unwrap();
    fs::remove_file(bench.out("run").join(lost)).unwrap();
    let replay = Replay { all: true, ..Replay::new(bench.out("run")) };
    let replaying = replay.open().unwrap();
    let error = refusal(replaying.run(bench.out("replay"), Some(&mut fake()), &Listener::default()));
    assert!(error.subject.ends_with("angle-rounds.npy") && error.problem.starts_with("is gone"), "{error}");
}

#[test]
fn coarse_evaluations_count_for_what_they_cost() {
    let bench = Bench::new();
    let checked = plan().budget(30).check().unwrap();
    let run = |name: &str, models: &mut Models, listener: &Listener| {
        checked.run(bench.out(name), &bench.open(), models, listener)
    };
    let outcome = run("whole", &mut coarse(), &Listener::default()).unwrap();
    let rows = rows(&bench, "whole");
    let mut spent: HashMap<(&str, &str), f64> = HashMap::new();
    for row in rows.iter().filter(|row| row.attack != Attack::Clean) {
        let cost = (row.evaluations - 1) as f64 + 0.3 * row.coarse as f64;
        *spent.entry((&row.category, &row.sample)).or_default() += cost;
        assert!(row.evaluations as f64 + 0.3 * row.coarse as f64 <= row.budget as f64 + 1e-6, "{row:?}");
        let wants_coarse = row.attack != Attack::Single(Axis::Hue);
        assert!(wants_coarse || row.coarse == 0, "along a smooth axis all are full: {row:?}");
    }
    assert!(spent.values().all(|&spent| spent <= 3.0 * 29.0 + 1e-6), "{spent:?}");
    let all = |of: fn(&SampleRow) -> usize| rows.iter().map(of).sum::<usize>();
    assert!(all(|row| row.coarse) > 100);
    assert_eq!(outcome.clock.coarse, all(|row| row.coarse));
    let clean = rows.iter().filter(|row| row.attack != Attack::Clean).count();
    assert_eq!(outcome.clock.evaluations, all(|row| row.evaluations) - clean);

    let mut stops = 0;
    while let Err(error) = run("stopped", &mut coarse(), &Listener::stopping_after(17)) {
        assert_eq!(error.kind, Kind::Interrupted, "{error}");
        stops += 1;
    }
    assert!(stops > 3);
    assert_eq!(files(&bench.out("stopped")), files(&bench.out("whole")));
}

#[test]
fn what_one_axis_does_not_need_goes_to_the_joint_attack_and_the_run_can_be_taken_up_and_replayed() {
    let bench = Bench::new();
    let checked = plan().budget(60).check().unwrap();
    bench.run(&checked, "run");
    let rows = rows(&bench, "run");
    let of = |attack| rows.iter().filter(move |row| row.attack == attack);
    let shares = |attack| checked.settings().shares(attack).unwrap().all();
    let [angle, hue] = [Axis::Angle, Axis::Hue].map(Attack::Single);
    assert!([angle, hue].iter().any(|&one| of(one).any(|row| row.evaluations < shares(one))), "{rows:?}");
    // It is allowed all of it, and takes no more than it wins by.
    let most = shares(Attack::Joint)
        + [angle, hue].map(|one| checked.settings().shares(one).unwrap().rounds).iter().sum::<usize>();
    assert!(of(Attack::Joint).all(|row| row.budget == most && row.evaluations <= most));
    assert_eq!(bench.run(&checked, "run").clock.evaluations, 0);
    let replay = Replay { all: true, ..Replay::new(bench.out("run")) };
    let outcome =
        replay.open().unwrap().run(bench.out("replay"), Some(&mut fake()), &Listener::default()).unwrap();
    // A choice made anew among all of it is never above what was chosen.
    let joint =
        outcome.transfer.iter().find(|row| row.attack == Attack::Joint && row.over == Over::Mean).unwrap();
    assert!(joint.pixel_auroc <= joint.found_pixel_auroc && joint.aupro <= joint.found_aupro, "{joint:?}");
}

#[test]
fn odd_boxes_budgets_and_categories_are_no_trouble() {
    let bench = Bench::new();
    let none = Interval { low: 0.0, high: 0.0 };
    for (name, plan) in [
        ("one", plan().budget(1)),
        ("two", plan().budget(2)),
        ("fixed", plan().bounds(Axis::Hue, none)),
        ("alone", plan().attacks([Attack::Joint])),
        ("smooth", plan().attacks([Attack::Single(Axis::Hue)])),
    ] {
        let outcome = bench.run(&plan.clone().check().unwrap(), name);
        let mean = outcome.summary.iter().rfind(|row| row.over == Over::Mean).unwrap();
        assert!(mean.metrics.pixel_auroc.is_some(), "{name}");
        assert_eq!(bench.run(&plan.check().unwrap(), name).clock.evaluations, 0, "{name}");
    }
    // Without a defect nothing is to be won after the searches.
    fs::remove_dir_all(bench.data().join("nut/test/red")).unwrap();
    fs::remove_dir_all(bench.data().join("nut/ground_truth")).unwrap();
    bench.run(&plan().check().unwrap(), "good");
    let rows = rows(&bench, "good");
    let searched = plan().check().unwrap().settings().shares(Attack::Joint).unwrap().search;
    assert!(rows.iter().filter(|row| row.category == "nut").all(|row| row.evaluations <= searched));
}

#[test]
fn nothing_depends_on_the_batch_or_on_which_other_categories_there_are() {
    let bench = Bench::new();
    let checked = plan().check().unwrap();
    bench.run(&checked, "whole");
    let mut one_by_one = Models::of(vec![Box::new(Fake::new(super::SIZE, (4, 4)))], 1).unwrap();
    checked.run(bench.out("single"), &bench.open(), &mut one_by_one, &Listener::default()).unwrap();
    assert_eq!(rows(&bench, "single"), rows(&bench, "whole"));
    let plate = Data::open(&Source::new(bench.data()).categories(["plate"]), &Listener::default());
    checked.run(bench.out("plate"), &plate.unwrap(), &mut fake(), &Listener::default()).unwrap();
    let of_plate: Vec<SampleRow> =
        rows(&bench, "whole").into_iter().filter(|row| row.category == "plate").collect();
    assert_eq!(rows(&bench, "plate"), of_plate);
}

#[test]
fn what_does_not_go_with_it_is_refused_by_name() {
    for (plan, subject) in [
        (plan().shard("1/2".parse().unwrap()), "`adaptive`"),
        (plan().select(Select::Loss), "`select = loss`"),
        (plan().search(SearchChoice::Named(Strategy::CmaEs)), "`search = cma-es`"),
        (plan().keep_traces(true), "`keep_traces`"),
        (plan().loss(Goal::Drift), "`loss = drift`"),
        (Plan::attack().attacks([Attack::Clean]).adaptive(), "`adaptive`"),
    ] {
        assert_eq!(plan.check().unwrap_err().subject, subject);
    }
    let bench = Bench::new();
    let unlabelled = Source::new(bench.data()).layout(Layout::Unlabelled);
    let data = Data::open(&unlabelled, &Listener::default()).unwrap();
    assert_eq!(plan().check().unwrap().suits(&data).unwrap_err().subject, "`adaptive`");
}

#[test]
fn worst_cases_of_another_run_are_tried_first() {
    let bench = Bench::new();
    let plain = || Plan::attack().axes([Axis::Angle, Axis::Hue]).seed(3);
    bench.run(&plain().budget(60).check().unwrap(), "long");
    let checked = plain().budget(6).seed(8).start_from(bench.out("long")).keep_traces(true).check().unwrap();
    bench.run(&checked, "short");
    for (short, long) in rows(&bench, "short").iter().zip(rows(&bench, "long")) {
        // A scan of one axis in even steps stays one.
        if short.attack != Attack::Joint {
            continue;
        }
        let axes = [Axis::Angle, Axis::Hue];
        assert_eq!(short.evaluations + short.coarse, 6, "they count: {short:?}");
        let trace = format!("short/traces/fake/{}/{}.{}.npy", short.category, short.sample, short.attack);
        let trace = Trace::read(&bench.out(&trace), axes.len()).unwrap();
        let first = trace.steps().nth(1).unwrap();
        let expected: Vec<f64> =
            axes.iter().map(|&axis| long.chosen_by(PooledMetric::PixelAuroc).get(axis)).collect();
        // What one axis alone has tried is known, and not tried again.
        if expected.iter().all(|&value| value != 0.0) {
            assert_eq!(first.point.to_vec(), expected, "{short:?}");
        }
    }
    // The run that was started from belongs to the settings.
    let other = plain().budget(6).seed(8).keep_traces(true).check().unwrap();
    let error = refusal(other.run(bench.out("short"), &bench.open(), &mut fake(), &Listener::default()));
    assert!(error.problem.contains("start_from"), "{error}");
    let stopped = bench.run_with_stops(&checked, "stopped", 7);
    assert!(stopped > 0);
    assert_eq!(files(&bench.out("stopped")), files(&bench.out("short")));

    // What lies outside the bounds is told, and not tried.
    let narrow = Interval { low: -0.0001, high: 0.0001 };
    let narrow = plain().budget(4).bounds(Axis::Angle, narrow).bounds(Axis::Hue, narrow);
    let listener = Listener::default();
    let checked = narrow.start_from(bench.out("long")).check().unwrap();
    checked.run(bench.out("narrow"), &bench.open(), &mut fake(), &listener).unwrap();
    assert!(listener.warnings.borrow().iter().any(|said| said.contains("lie outside the bounds")));
    // A run of other attacks or on other samples has nothing.
    let blur = Plan::attack().axes([Axis::Blur]).attacks([Attack::Single(Axis::Blur)]).budget(4);
    let blur = blur.start_from(bench.out("long")).check().unwrap();
    let error = refusal(blur.run(bench.out("none"), &bench.open(), &mut fake(), &Listener::default()));
    assert_eq!(error.subject, format!("`start_from = {}`", bench.out("long").display()));
}
