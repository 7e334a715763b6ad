//! From where on decisions flip, with ground truth and without.

use std::fs;

use askance::attack::{Preset, Select};
use askance::dataset::Layout;
use askance::metric::{Loss, MetricOptions};
use askance::record::{DecisionRule, StabilityRow, read_rows};
use askance::report::{CameraScales, tolerance_sentences};
use askance::study::{Data, Plan, Quiet, Scope, Source, Tolerance, Uniform};
use askance::types::{Attack, Axis, Label};
use image::{Rgb, RgbImage};

use super::{Bench, Listener, fake, files, refusal};

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

/// Linear light of an sRGB value of 0 to 255.
fn linear(value: u8) -> f64 {
    let value = f64::from(value) / 255.0;
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

#[test]
fn what_a_lamp_may_do_is_told_to_a_step_of_what_is_known() {
    // The score of a part of one red is that red: an exposure of log2(threshold / red) stops, in linear light, brings it to the
    // threshold.
    let bench = Bench::new();
    let data = bench.out("lamps");
    for (place, red) in [("good/0", 100), ("good/1", 80), ("worn/0", 170), ("worn/1", 210)] {
        let path = data.join("lamp").join(format!("{place}.png"));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        RgbImage::from_pixel(32, 32, Rgb([red, 0, 0])).save(path).unwrap();
    }
    let data = Data::open(&Source::new(&data).layout(Layout::ImageLabels), &Quiet).unwrap();
    let plan = Plan::attack().attacks([Attack::Clean]).tolerance([Axis::Exposure]).tolerance_steps(20);
    let run = plan.decision(0.5).check().unwrap().run(bench.out("run"), &data, &mut fake(), &Quiet).unwrap();
    let said = tolerance_sentences(&run.stability, &CameraScales::default()).join("\n");
    assert!(said.contains("all 4 decisions are right before anything moves"), "{said}");

    let threshold = ((0.5_f64 + 0.055) / 1.055).powf(2.4);
    let step = 1.0 / 20.0;
    let number = |after: &str| -> f64 {
        let rest = said.split(after).nth(1).unwrap_or_else(|| panic!("no {after} in {said}"));
        let end = rest.find(' ').unwrap();
        rest[..end].parse().unwrap()
    };
    let good = number("no further good part is rejected from -1.00 to ");
    let known = (threshold / linear(100)).log2();
    assert!(known - step <= good && good <= known, "{good} said, {known} known: {said}");
    let bad = number("no further bad part passes from ");
    let known = (threshold / linear(170)).log2();
    assert!(known <= bad && bad <= known + step, "{bad} said, {known} known: {said}");
    let below = "first to fail: good/0; below 0 none fails in all that was scanned\n";
    let above = "first to fail: worn/0; above 0 none fails in all that was scanned";
    assert!(said.contains(below) && said.ends_with(above), "{said}");
    let percent = number("stops (50 to ") / 100.0;
    let known = threshold / linear(100);
    assert!(known * (-step).exp2() <= percent && percent <= known, "{percent} said, {known} known: {said}");
}

#[test]
fn the_scan_has_a_resolution_of_its_own_whatever_the_budget() {
    let bench = Bench::new();
    let scanned = |budget: usize| {
        let plan = plan().budget(budget).tolerance([Axis::Hue]).check().unwrap();
        let rows = bench.run(&plan, &format!("budget-{budget}")).stability;
        let found = |row: &StabilityRow| (row.below, row.above, row.held_below, row.held_above, row.step);
        rows.iter().map(found).collect::<Vec<_>>()
    };
    let found = scanned(1);
    assert_eq!(found, scanned(2));
    assert_eq!(found, scanned(9));
    let step = std::f64::consts::PI / Tolerance::STEPS as f64;
    assert!(found.iter().all(|row| (row.4.unwrap() - step).abs() < 1e-12), "{found:?}");

    let coarse = plan().tolerance([Axis::Hue]).tolerance_steps(1).check().unwrap();
    let observe = Listener::default();
    let outcome = coarse.run(bench.out("coarse"), &bench.open(), &mut fake(), &observe).unwrap();
    assert!(outcome.stability.iter().all(|row| row.step == Some(std::f64::consts::PI)));
    let notes: Vec<String> = outcome.tables().into_iter().flat_map(|table| table.notes).collect();
    let said = notes.iter().filter(|said| said.contains("within the first step")).count();
    assert!(said == 1 && notes.iter().any(|said| said.contains("(step 3.142 rad)")), "{notes:?}");
    let warnings = observe.warnings.borrow();
    assert!(!warnings.iter().any(|said| said.contains("first step")), "once is enough: {warnings:?}");
    assert!(refusal(plan().tolerance([]).tolerance_steps(0).check()).subject.contains("tolerance_steps"));
    let error = refusal(plan().tolerance_steps(3).check().unwrap().suits(&bench.open()));
    assert!(error.subject.contains("tolerance_steps"), "{error}");
}

#[test]
fn old_rows_say_where_a_decision_held_and_what_was_never_scanned() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("stability.csv");
    let old = "model,dataset,category,sample,label,attack,threshold,rule,clean_score,worst_score,drift,flips,below,above,tolerance,\
               step,resolution,evaluations\n\
               m,d,nut,good/0,normal,angle,0.5,given,0.4,,,,-12,,12,3,0.5,9\n\
               m,d,nut,good/0,normal,hue,0.5,given,0.4,,,,,,,0,0,1\n";
    fs::write(&path, old).unwrap();
    let rows: Vec<StabilityRow> = read_rows(&path).unwrap();
    assert_eq!((rows[0].held(), rows[0].held_below, rows[0].held_above), (Some(11.5), Some(-11.5), None));
    assert!(rows[0].is_scanned() && !rows[1].is_scanned() && rows[1].evaluations.is_none());
}

#[test]
fn a_scan_that_is_stopped_goes_on_with_the_rows_that_are_there() {
    let bench = Bench::new();
    let checked = plan().tolerance([Axis::Angle, Axis::Hue]).tolerance_steps(4).check().unwrap();
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
    let attacked = outcome.tables();
    assert!(attacked.len() > 2 && !attacked[0].notes[0].contains("nothing"), "{:?}", attacked[0].notes);
    let evaluated = run(Plan::eval(), "eval").unwrap();
    assert!(evaluated.stability.is_empty());
    assert_eq!((evaluated.scores.len(), evaluated.scores[0].pictures), (1, 3));
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
        (
            Plan::eval().metric(MetricOptions { fpr_limit: 0.1, ..MetricOptions::default() }),
            "`fpr_limit = 0.1`",
        ),
        (plan().metric(MetricOptions::default()), "`aupro`"),
    ] {
        let error = refusal(plan.check().unwrap().suits(&data));
        assert!(error.subject.contains(setting), "{setting}: {error}");
    }
}

#[test]
fn progress_ends_at_what_was_planned_in_every_stage() {
    let bench = Bench::new();
    let uniform = Uniform { scopes: vec![Scope::Category], budget: 4 };
    let checked = plan().tolerance([Axis::Hue]).uniform(uniform).check().unwrap();
    for calls in [5, 14, 60, usize::MAX] {
        let observe = Listener::stopping_after(calls);
        let ended = checked.run(bench.out("run"), &bench.open(), &mut fake(), &observe);
        let stages = observe.stages.borrow();
        assert!(stages.iter().all(|(_, planned, done)| done <= planned), "{stages:?}");
        match ended {
            Ok(_) => assert!(stages.iter().all(|(_, planned, done)| done == planned), "{stages:?}"),
            Err(error) => assert!(error.fix.contains("the same command"), "{error}"),
        }
    }
}
