//! Budgets that follow the metrics, and worst cases of other runs that are tried first.

use std::collections::HashMap;
use std::fs;

use askance::attack::Select;
use askance::error::Kind;
use askance::record::{Parameters, SampleRow, read_rows};
use askance::search::Kind as Strategy;
use askance::study::{Plan, Source};
use askance::types::{Attack, Axis, PooledMetric};

use super::{Bench, Listener, fake, files, refusal};

const BUDGET: usize = 9;

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
        let same = |row: &&askance::record::SummaryRow| {
            row.over.category() == Some(category) && row.attack == attack
        };
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
    let folder = bench.out("stopped-11/candidates/fake/nut/red");
    fs::copy(folder.join("0.joint-rounds.npy"), folder.join("1.joint-rounds.npy")).unwrap();
    let error =
        refusal(checked.run(bench.out("stopped-11"), &bench.open(), &mut fake(), &Listener::default()));
    assert!(error.kind == Kind::File && error.problem.contains("other candidates"), "{error}");
}

#[test]
fn nothing_depends_on_the_batch_or_on_which_other_categories_there_are() {
    let bench = Bench::new();
    let checked = plan().check().unwrap();
    bench.run(&checked, "whole");
    let mut one_by_one =
        askance::study::Models::of(vec![Box::new(askance::model::Fake::new(super::SIZE, (4, 4)))], 1)
            .unwrap();
    checked.run(bench.out("single"), &bench.open(), &mut one_by_one, &Listener::default()).unwrap();
    assert_eq!(rows(&bench, "single"), rows(&bench, "whole"));
    let plate =
        askance::study::Data::open(&Source::new(bench.data()).categories(["plate"]), &Listener::default());
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
        (plan().search(askance::attack::SearchChoice::Named(Strategy::CmaEs)), "`search = cma-es`"),
        (plan().keep_traces(true), "`keep_traces`"),
        (Plan::attack().attacks([Attack::Clean]).adaptive(), "`adaptive`"),
    ] {
        assert_eq!(plan.check().unwrap_err().subject, subject);
    }
    let bench = Bench::new();
    let unlabelled = Source::new(bench.data()).layout(askance::dataset::Layout::Unlabelled);
    let data = askance::study::Data::open(&unlabelled, &Listener::default()).unwrap();
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
        let axes: Vec<Axis> = match short.attack {
            Attack::Clean => continue,
            Attack::Single(axis) => vec![axis],
            _ => vec![Axis::Angle, Axis::Hue],
        };
        assert_eq!(short.evaluations + short.coarse, 6, "they count: {short:?}");
        let trace = format!("short/traces/fake/{}/{}.{}.npy", short.category, short.sample, short.attack);
        let trace = askance::record::Trace::read(&bench.out(&trace), axes.len()).unwrap();
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

    // Nothing of it fits.
    let narrow = askance::types::Interval { low: -0.0001, high: 0.0001 };
    let narrow =
        plain().budget(4).bounds(Axis::Angle, narrow).bounds(Axis::Hue, narrow).start_from(bench.out("long"));
    let listener = Listener::default();
    let error =
        refusal(narrow.check().unwrap().run(bench.out("none"), &bench.open(), &mut fake(), &listener));
    assert_eq!(error.subject, format!("`start_from = {}`", bench.out("long").display()));
}
