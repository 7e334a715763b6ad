//! Search strategies compared.

use std::fs;

use askance::attack::SearchChoice;
use askance::record::{SampleRow, SearchRow, read_rows};
use askance::search::{Kind, Own, Space, Strategy};
use askance::study::{Comparison, Plan, Quiet, RivalFile};
use askance::types::{Attack, Axis, Fit, Fitting};

use super::{Bench, Listener, fake, refusal};

fn plan() -> Plan {
    Plan::attack().axes([Axis::Angle, Axis::Hue]).seed(1)
}

fn comparison() -> Comparison {
    let strategies = [Kind::Random, Kind::Grid].map(SearchChoice::Named).to_vec();
    Comparison { strategies, budgets: vec![8, 4, 8], truth: Vec::new(), rivals: Vec::new() }
}

#[test]
fn every_strategy_and_budget_has_a_run_and_a_share_of_the_gap() {
    let bench = Bench::new();
    let (data, out) = (bench.open(), bench.out("compared"));
    let compared = comparison().run(&plan(), &out, &data, &mut fake(), &Quiet).unwrap();
    assert_eq!(compared.standings.len(), 2 * 2);
    let rows: Vec<SearchRow> = read_rows(out.join("search.csv")).unwrap();
    assert_eq!(rows.len(), 2 * 2 * 10);
    for row in &rows {
        let same = |other: &&SearchRow| (&other.category, &other.sample) == (&row.category, &row.sample);
        let lowest = rows.iter().filter(same).map(|other| other.loss).fold(f64::INFINITY, f64::min);
        assert_eq!(row.reference, lowest);
        assert!(row.evaluations <= row.budget);
    }
    let text = fs::read_to_string(out.join("search.md")).unwrap();
    assert!(text.contains("| random |") && text.contains("| grid |"), "{text}");

    // What is there is taken up, and its times stay.
    let listener = Listener::default();
    let again = comparison().run(&plan(), &out, &data, &mut fake(), &listener).unwrap();
    assert!(
        listener.stages.borrow().iter().all(|(_, planned, done)| planned == done),
        "{:?}",
        listener.stages
    );
    assert_eq!(listener.asked.get(), 0, "no model call was made");
    assert_eq!(again.search_time, compared.search_time);
    assert_eq!(read_rows::<SearchRow>(out.join("search.csv")).unwrap(), rows);
}

/// Asks for points on a diagonal of the space.
struct Diagonal {
    points: Vec<Vec<f64>>,
}

impl Strategy for Diagonal {
    fn ask(&mut self, limit: usize) -> Vec<Vec<f64>> {
        let asked = limit.min(self.points.len());
        self.points.drain(..asked).collect()
    }

    fn tell(&mut self, _: &[Vec<f64>], _: &[f64]) {}

    fn remaining(&self) -> usize {
        self.points.len()
    }

    fn name(&self) -> &'static str {
        "diagonal"
    }
}

fn diagonal(space: &Space, budget: usize, _seed: u64) -> Box<dyn Strategy> {
    let at = |step: usize| {
        let share = (step + 1) as f64 / (budget + 1) as f64;
        space.dimensions().iter().map(|axis| axis.low + share * (axis.high - axis.low)).collect()
    };
    Box::new(Diagonal { points: (0..budget).map(at).collect() })
}

#[test]
fn a_strategy_of_ones_own_is_compared_and_recorded_by_its_name() {
    let bench = Bench::new();
    let own = SearchChoice::Own(Own { name: "diagonal", build: diagonal });
    let comparison = Comparison {
        strategies: vec![own, SearchChoice::Named(Kind::Grid)],
        budgets: vec![5],
        ..comparison()
    };
    let out = bench.out("compared");
    let compared = comparison.run(&plan(), &out, &bench.open(), &mut fake(), &Quiet).unwrap();
    assert!(compared.standings.iter().any(|standing| standing.strategy == "diagonal"));
    let rows: Vec<SampleRow> = read_rows(out.join("diagonal-5/samples.csv")).unwrap();
    let joint: Vec<&SampleRow> = rows.iter().filter(|row| row.attack == Attack::Joint).collect();
    assert_eq!(joint.len(), 10);
    assert!(joint.iter().all(|row| row.search == "diagonal" && row.evaluations == 5), "{joint:?}");
    let settings = fs::read_to_string(out.join("diagonal-5/run.toml")).unwrap();
    assert!(settings.contains("search = \"diagonal\""), "{settings}");
    assert!(Kind::ALL.iter().all(|kind| kind.name() != "diagonal"));
}

#[test]
fn a_truth_and_rivals_are_about_the_same_samples() {
    let bench = Bench::new();
    let (data, out) = (bench.open(), bench.out("compared"));
    let exhaustive = plan().attacks([Attack::Joint]).search(SearchChoice::Named(Kind::Exhaustive)).budget(40);
    bench.run(&exhaustive.clone().check().unwrap(), "truth");
    let truth: Vec<SampleRow> = read_rows(bench.out("truth/samples.csv")).unwrap();
    let mut steps = "model,category,sample,step,best_loss\n".to_owned();
    for row in truth.iter().filter(|row| row.attack == Attack::Clean) {
        steps += &format!("fake,{},{},3,{}\n", row.category, row.sample, row.loss - 0.01);
    }
    fs::write(bench.out("steps.csv"), &steps).unwrap();
    let rival = RivalFile { name: "adam".into(), path: bench.out("steps.csv") };
    let with = Comparison { truth: vec![bench.out("truth")], rivals: vec![rival], ..comparison() };
    let compared = with.run(&plan(), &out, &data, &mut fake(), &Quiet).unwrap();
    assert!(compared.reference.contains("exhaustive search of"), "{}", compared.reference);
    let rows: Vec<SearchRow> = read_rows(out.join("search.csv")).unwrap();
    assert_eq!(rows.iter().filter(|row| row.strategy == "adam").count(), 2 * 10);
    for row in rows.iter().filter(|row| row.strategy == "adam") {
        assert!((row.clean - row.loss - 0.01).abs() < 1e-9 && row.evaluations == 3, "{row:?}");
    }

    let endless: String =
        steps.lines().take(1).map(|header| format!("{header}\nfake,nut,red/0,3,inf\n")).collect();
    let utf_16: Vec<u8> = steps.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, problem) in [(endless.into_bytes(), "no finite number"), (utf_16, "UTF-16")] {
        fs::write(bench.out("steps.csv"), bytes).unwrap();
        let error = refusal(with.run(&plan(), &out, &data, &mut fake(), &Quiet));
        assert!(error.subject.contains("steps.csv") && error.problem.contains(problem), "{error}");
    }
    fs::write(bench.out("steps.csv"), steps.lines().next().unwrap()).unwrap();
    let error = refusal(with.run(&plan(), &out, &data, &mut fake(), &Quiet));
    assert!(error.subject.contains("`rival = adam=") && error.problem.contains("has no step"), "{error}");
    fs::remove_file(bench.out("steps.csv")).unwrap();
    crate::listing::make_pipe(&bench.out("steps.csv"));
    let error = refusal(with.run(&plan(), &out, &data, &mut fake(), &Quiet));
    assert!(error.problem.contains("no regular file"), "it is not waited for: {error}");
    bench.run(&exhaustive.clone().fit(Fitting::of(Fit::Pad)).check().unwrap(), "padded");
    let padded = Comparison { truth: vec![bench.out("padded")], ..comparison() };
    let error = refusal(padded.run(&plan(), &out, &data, &mut fake(), &Quiet));
    assert!(error.problem.contains("with `fit = pad`, not `fit = squeeze`"), "{error}");
    bench.run(&exhaustive.loss(askance::metric::Loss::Auroc).check().unwrap(), "other");
    let other = Comparison { truth: vec![bench.out("other")], ..comparison() };
    let error = refusal(other.run(&plan(), &out, &data, &mut fake(), &Quiet));
    assert!(error.subject.contains("`truth = ") && error.problem.contains("loss"), "{error}");
    let missing = Comparison { truth: vec![bench.out("nowhere")], ..comparison() };
    assert!(refusal(missing.check(&plan(), &data)).subject.contains("nowhere"));
    let shard = plan().shard("1/2".parse().unwrap());
    assert!(
        refusal(comparison().run(&shard, &out, &data, &mut fake(), &Quiet)).problem.contains("all samples")
    );
}

#[test]
fn a_comparison_that_is_stopped_goes_on_with_the_runs_that_are_there() {
    let bench = Bench::new();
    let (data, whole, stopped) = (bench.open(), bench.out("whole"), bench.out("stopped"));
    comparison().run(&plan(), &whole, &data, &mut fake(), &Quiet).unwrap();
    let stop = Listener::stopping_after(20);
    let error = refusal(comparison().run(&plan(), &stopped, &data, &mut fake(), &stop));
    assert_eq!(error.kind, askance::error::Kind::Interrupted);
    assert!(!stopped.join("search.csv").exists());
    comparison().run(&plan(), &stopped, &data, &mut fake(), &Quiet).unwrap();
    let rows = |out: &std::path::Path| read_rows::<SearchRow>(out.join("search.csv")).unwrap();
    assert_eq!(rows(&stopped), rows(&whole));
}
