//! What is measured where one decides, against scikit-learn and anomalib (`export/golden/operating.py`).

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use askance::metric::{
    Counts, FalseAlarms, MetricOptions, ScoredSet, ThresholdRule, decide_pixels, evaluate, pixel_threshold,
    portion_bad, portion_good,
};
use ndarray::{Array2, Array3, ArrayView2, Axis};
use ndarray_npy::{ReadableElement, read_npy};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    fixed: BTreeMap<String, Fixed>,
    lists: Vec<List>,
    aupimo: Vec<Aupimo>,
}

#[derive(Deserialize)]
struct Fixed {
    best_f1: f64,
    rules: Vec<Rule>,
    anomalib_aupro_05: Option<f64>,
}

#[derive(Deserialize)]
struct Rule {
    rule: ThresholdRule,
    threshold: f64,
    precision: Option<f64>,
    recall: Option<f64>,
    f1: Option<f64>,
    false_alarms: Option<f64>,
}

#[derive(Deserialize)]
struct List {
    scores: Vec<f32>,
    labels: Vec<bool>,
    shares: Vec<Shares>,
}

#[derive(Deserialize)]
struct Shares {
    share: f64,
    pg: f64,
    pb: f64,
}

#[derive(Deserialize)]
struct Aupimo {
    good: usize,
    bad: usize,
    side: usize,
    /// Sum of all scores and number of anomalous pixels, which prove that the pictures are the same.
    checks: (f64, usize),
    aupimo: Vec<f64>,
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/metric")).join(name)
}

fn golden() -> Golden {
    let file = File::open(path("operating.json")).expect("golden values are committed");
    serde_json::from_reader(file).expect("golden values are as the script wrote them")
}

fn stack<T: ReadableElement>(name: &str) -> Array3<T> {
    read_npy(path(name)).expect("golden values are committed")
}

fn views<T>(stack: &Array3<T>) -> Vec<ArrayView2<'_, T>> {
    stack.axis_iter(Axis(0)).collect()
}

#[track_caller]
fn agree(what: &str, found: Option<f64>, expected: Option<f64>, tolerance: f64) {
    match (found, expected) {
        (None, None) => {}
        (Some(found), Some(expected)) if (found - expected).abs() <= tolerance => {}
        _ => panic!("{what}: found {found:?}, expected {expected:?}"),
    }
}

fn with_stack(name: &str, check: impl Fn(&ScoredSet<'_>)) {
    let (maps, masks): (Array3<f32>, Array3<bool>) =
        (stack(&format!("{name}_maps.npy")), stack(&format!("{name}_masks.npy")));
    let valid: Option<Array3<bool>> = (name == "valid").then(|| stack("valid_valid.npy"));
    let (maps, masks) = (views(&maps), views(&masks));
    let labels: Vec<bool> = masks.iter().map(|mask| mask.iter().any(|&anomalous| anomalous)).collect();
    let scores = vec![0.0; labels.len()];
    check(&ScoredSet {
        maps: &maps,
        masks: &masks,
        valid: valid.as_ref().map(views).as_deref(),
        image_scores: &scores,
        image_labels: &labels,
    });
}

fn pooled(set: &ScoredSet<'_>, threshold: f64) -> Counts {
    decide_pixels(set, threshold).unwrap().into_iter().map(|picture| picture.pixels).sum()
}

#[test]
fn rates_at_a_threshold_agree_with_scikit_learn() {
    let fixed = golden().fixed;
    assert!(fixed.len() >= 6);
    for (name, case) in fixed {
        with_stack(&name, |set| {
            for rule in &case.rules {
                let what = format!("{name} {}", rule.rule);
                let threshold = pixel_threshold(rule.rule, set).unwrap().unwrap();
                let slack = 1e-12 * rule.threshold.abs().max(1.0);
                agree(&format!("{what} threshold"), Some(threshold), Some(rule.threshold), slack);
                // At the golden one, since rounding may put a pixel on the other side of a quantile that is a score itself.
                let rates = pooled(set, rule.threshold).rates();
                agree(&format!("{what} precision"), rates.precision, rule.precision, 1e-12);
                agree(&format!("{what} recall"), rates.recall, rule.recall, 1e-12);
                agree(&format!("{what} F1"), rates.f1, rule.f1, 1e-12);
                agree(&format!("{what} false alarms"), rates.false_alarms, rule.false_alarms, 1e-12);
            }
        });
    }
}

#[test]
fn the_threshold_of_the_largest_f1_reaches_it() {
    for (name, case) in golden().fixed {
        with_stack(&name, |set| {
            let threshold = pixel_threshold(ThresholdRule::BestF1, set).unwrap().unwrap();
            let f1 = pooled(set, threshold).rates().f1;
            agree(&format!("{name} best F1"), f1, Some(case.best_f1), 1e-12);
            assert_eq!(f1, evaluate(set, &MetricOptions::default()).unwrap().pixel_f1_max);
        });
    }
}

/// anomalib computes it in single precision.
#[test]
fn aupro_up_to_a_twentieth_agrees_with_anomalib() {
    let mut compared = 0;
    for (name, case) in golden().fixed {
        let Some(expected) = case.anomalib_aupro_05 else { continue };
        with_stack(&name, |set| {
            let options = MetricOptions { fpr_limit: 0.05, ..MetricOptions::default() };
            agree(&name, evaluate(set, &options).unwrap().aupro, Some(expected), 1e-7);
        });
        compared += 1;
    }
    assert!(compared >= 5);
}

#[test]
fn portions_agree_with_anomalib() {
    for (at, List { scores, labels, shares }) in golden().lists.into_iter().enumerate() {
        for Shares { share, pg, pb } in shares {
            agree(&format!("PG {share} of list {at}"), portion_good(&scores, &labels, share), Some(pg), 1e-7);
            agree(&format!("PB {share} of list {at}"), portion_bad(&scores, &labels, share), Some(pb), 1e-7);
        }
    }
}

/// As `hashed` and `pixels` of the script.
fn picture(number: usize, side: usize, good: usize) -> (Array2<f32>, Array2<bool>) {
    let (place, edge) = ((number * 37) % (side / 2), side / 8 + number % 5);
    let mask = Array2::from_shape_fn((side, side), |(y, x)| {
        number >= good && (place..place + edge).contains(&y) && (place + 3..place + 3 + edge).contains(&x)
    });
    let map = Array2::from_shape_fn((side, side), |(y, x)| {
        let mut bits = (y * side + x + number * side * side) as u32;
        for (shift, factor) in [(16, 0x85EB_CA6B), (13, 0xC2B2_AE35), (16, 1)] {
            bits = (bits ^ (bits >> shift)).wrapping_mul(factor);
        }
        let whole = bits >> 8;
        let value = match (mask[[y, x]], bits % 16) {
            (true, _) => (1 << 24) - 1 - (whole >> (5 + number % 6)),
            (false, 0) => whole,
            (false, _) => whole >> 4,
        };
        value as f32 / (1 << 24) as f32
    });
    (map, mask)
}

/// anomalib samples its curve at 300,000 thresholds, takes the nearest point for an end of the axis and joins points by trapezoids.
#[test]
fn aupimo_agrees_with_anomalib_within_two_hundredths() {
    let mut largest = 0.0f64;
    for case in golden().aupimo {
        let pictures: Vec<_> =
            (0..case.good + case.bad).map(|number| picture(number, case.side, case.good)).collect();
        let maps: Vec<_> = pictures.iter().map(|(map, _)| map.view()).collect();
        let masks: Vec<_> = pictures.iter().map(|(_, mask)| mask.view()).collect();
        let sum: f64 = maps.iter().flat_map(|map| map.iter()).map(|&score| f64::from(score)).sum();
        let anomalous = masks.iter().flat_map(|mask| mask.iter()).filter(|&&anomalous| anomalous).count();
        assert!((sum - case.checks.0).abs() < 1e-6 && anomalous == case.checks.1, "{sum} {anomalous}");
        let labels: Vec<bool> = (0..pictures.len()).map(|number| number >= case.good).collect();
        let scores = vec![0.0; labels.len()];
        let set = ScoredSet {
            maps: &maps,
            masks: &masks,
            valid: None,
            image_scores: &scores,
            image_labels: &labels,
        };
        let enough = case.good * case.side * case.side >= FalseAlarms::FEWEST_PIXELS;
        assert_eq!(FalseAlarms::of_enough(&set).unwrap().is_some(), enough);
        let found = FalseAlarms::of(&set).unwrap().unwrap().aupimo(&set).unwrap();
        assert!(found[..case.good].iter().all(Option::is_none));
        for (found, expected) in found[case.good..].iter().zip(&case.aupimo) {
            largest = largest.max((found.unwrap() - expected).abs() / expected);
        }
    }
    assert!(largest < 0.02, "they differ by {largest}");
    eprintln!("largest relative difference of AUPIMO: {largest:.5}");
}
