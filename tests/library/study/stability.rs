//! From where on decisions flip, with ground truth and without.

use std::fs;

use askance::attack::{Preset, Select};
use askance::dataset::Layout;
use askance::metric::Loss;
use askance::record::{DecisionRule, StabilityRow, read_rows};
use askance::study::{Data, Plan, Quiet, Source};
use askance::types::{Attack, Axis, Label};

use super::{Bench, fake, files, refusal};

fn plan() -> Plan {
    Plan::attack().axes([Axis::Hue]).budget(9)
}

fn rows(bench: &Bench, run: &str) -> Vec<StabilityRow> {
    read_rows(bench.out(run).join("stability.csv")).unwrap()
}

#[test]
fn a_decision_on_red_flips_as_the_hue_turns() {
    let bench = Bench::new();
    let outcome = bench.run(&plan().tolerance([]).check().unwrap(), "run");
    assert_eq!(outcome.stability, rows(&bench, "run"));
    assert_eq!(outcome.stability.len(), 10, "one row for each sample: its only axis is scanned and attacked");
    for row in &outcome.stability {
        assert_eq!((row.attack, row.rule), (Attack::Single(Axis::Hue), DecisionRule::BestF1));
        if row.label == Label::Anomalous {
            let tolerance = row.tolerance.expect("red parts are no longer red at some hue");
            assert!(tolerance > 0.0 && tolerance < std::f64::consts::PI, "{row:?}");
        }
    }
    let given = bench.run(&plan().tolerance([Axis::Angle]).decision(0.9).check().unwrap(), "given");
    assert!(given.stability.iter().all(|row| row.threshold == 0.9 && row.rule == DecisionRule::Given));
    assert_eq!(given.stability.len(), 2 * 10, "the scanned axis and the attacked one");
}

#[test]
fn a_scan_that_is_stopped_goes_on_with_the_rows_that_are_there() {
    let bench = Bench::new();
    let checked = plan().tolerance([Axis::Angle, Axis::Hue]).check().unwrap();
    bench.run(&checked, "whole");
    assert!(bench.run_with_stops(&checked, "stopped", 14) > 1);
    assert_eq!(files(&bench.out("stopped")), files(&bench.out("whole")));
}

#[test]
fn a_decision_without_a_scan_is_refused() {
    let bench = Bench::new();
    let checked = plan().decision(0.5).check().unwrap();
    let error = refusal(checked.suits(&bench.open()));
    assert!(error.subject.contains("`decision = 0.5`") && error.fix.contains("`tolerance`"), "{error}");
    let error = refusal(plan().tolerance([]).decision(f64::NAN).check());
    assert!(error.problem.contains("not finite"), "{error}");
}

#[test]
fn without_ground_truth_drift_is_searched_and_the_scan_is_on() {
    let bench = Bench::new();
    let pictures = bench.out("pictures");
    fs::create_dir_all(&pictures).unwrap();
    for number in 0..3 {
        let from = bench.data().join(format!("nut/test/red/{number}.png"));
        fs::copy(from, pictures.join(format!("{number}.png"))).unwrap();
    }
    let data = Data::open(&Source::new(&pictures).layout(Layout::Unlabelled), &Quiet).unwrap();
    let run = |plan: Plan, name: &str| plan.check().unwrap().run(bench.out(name), &data, &mut fake(), &Quiet);
    let outcome = run(plan().decision(0.3), "run").unwrap();
    assert!(outcome.summary.iter().all(|row| row.metrics.pixel_auroc.is_none()), "no metric is made up");
    assert_eq!(outcome.stability.len(), 3);
    assert!(outcome.stability.iter().all(|row| row.label == Label::Unknown && row.drift.unwrap() > 0.0));
    let evaluated = run(Plan::eval(), "eval").unwrap();
    assert!(evaluated.stability.is_empty());
    let table = &evaluated.tables()[0];
    assert!(
        table.title.contains("image scores") && table.to_csv().contains("\npictures,3,"),
        "{}",
        table.to_csv()
    );

    for (plan, setting) in [
        (plan().loss(Loss::Contrast), "`loss = contrast`"),
        (plan().select(Select::Pooled), "`select = pooled`"),
        (plan().preset(Preset::Authors), "`select = sample-auroc`"),
        (Plan::sweep([Axis::Hue], 3), "sweep"),
        (plan().shard("1/2".parse().unwrap()), "`tolerance`"),
    ] {
        let error = refusal(plan.check().unwrap().suits(&data));
        assert!(error.subject.contains(setting), "{setting}: {error}");
    }
}
