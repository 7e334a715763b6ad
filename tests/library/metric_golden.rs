//! The metrics against scikit-learn, scipy, torch and a plain per-region overlap (`export/golden/metric.py`).

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use askance::metric::{
    AuproMode, Loss, MetricOptions, ScoredSet, average_precision, components, evaluate, f1_max, loss,
    roc_auc, sample_auroc,
};
use ndarray::{Array2, Array3, ArrayView2, Axis};
use ndarray_npy::{ReadableElement, read_npy};
use serde::Deserialize;
use serde::de::DeserializeOwned;

const TOLERANCE: f64 = 1e-12;

fn golden(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/metric")).join(name)
}

fn json<T: DeserializeOwned>(name: &str) -> BTreeMap<String, T> {
    let file = File::open(golden(name)).expect("golden values are committed");
    serde_json::from_reader(file).expect("golden values are as the script wrote them")
}

fn stack<T: ReadableElement>(name: &str) -> Array3<T> {
    read_npy(golden(name)).expect("golden values are committed")
}

fn views<T>(stack: &Array3<T>) -> Vec<ArrayView2<'_, T>> {
    stack.axis_iter(Axis(0)).collect()
}

#[track_caller]
fn agree(what: &str, found: Option<f64>, expected: Option<f64>) {
    match (found, expected) {
        (None, None) => {}
        (Some(found), Some(expected)) if (found - expected).abs() < TOLERANCE => {}
        _ => panic!("{what}: found {found:?}, expected {expected:?}"),
    }
}

#[derive(Deserialize)]
struct List {
    scores: Vec<f32>,
    labels: Vec<bool>,
    roc_auc: Option<f64>,
    average_precision: Option<f64>,
    f1_max: Option<f64>,
}

#[test]
fn lists_agree_with_scikit_learn() {
    let lists: BTreeMap<String, List> = json("lists.json");
    assert!(lists.len() >= 10);
    for (name, list) in lists {
        agree(&format!("{name} ROC AUC"), roc_auc(&list.scores, &list.labels), list.roc_auc);
        agree(&format!("{name} AP"), average_precision(&list.scores, &list.labels), list.average_precision);
        agree(&format!("{name} F1"), f1_max(&list.scores, &list.labels), list.f1_max);
    }
}

#[derive(Deserialize)]
struct Limited {
    fpr_limit: f64,
    exact: Option<f64>,
    #[serde(rename = "thresholds-200")]
    thresholds_200: Option<f64>,
}

#[derive(Deserialize)]
struct Case {
    valid: bool,
    image_scores: Vec<f32>,
    image_labels: Vec<bool>,
    pixel_auroc: Option<f64>,
    pixel_ap: Option<f64>,
    pixel_f1_max: Option<f64>,
    image_auroc: Option<f64>,
    image_ap: Option<f64>,
    aupro: Vec<Limited>,
}

#[test]
fn pooled_metrics_agree_at_every_limit() {
    let cases: BTreeMap<String, Case> = json("pooled.json");
    assert!(cases.len() >= 8);
    for (name, case) in cases {
        let maps: Array3<f32> = stack(&format!("{name}_maps.npy"));
        let masks: Array3<bool> = stack(&format!("{name}_masks.npy"));
        let valid: Option<Array3<bool>> = case.valid.then(|| stack(&format!("{name}_valid.npy")));
        let (maps, masks) = (views(&maps), views(&masks));
        let valid = valid.as_ref().map(views);
        let set = ScoredSet {
            maps: &maps,
            masks: &masks,
            valid: valid.as_deref(),
            image_scores: &case.image_scores,
            image_labels: &case.image_labels,
        };
        for limited in &case.aupro {
            for aupro in AuproMode::ALL {
                let options = MetricOptions { fpr_limit: limited.fpr_limit, aupro };
                let found = evaluate(&set, &options).unwrap();
                let expected = match aupro {
                    AuproMode::Exact => limited.exact,
                    AuproMode::Thresholds200 => limited.thresholds_200,
                };
                agree(&format!("{name} AUPRO {aupro} up to {}", limited.fpr_limit), found.aupro, expected);
                agree(&format!("{name} pAUROC"), found.pixel_auroc, case.pixel_auroc);
                agree(&format!("{name} pixel AP"), found.pixel_ap, case.pixel_ap);
                agree(&format!("{name} pixel F1"), found.pixel_f1_max, case.pixel_f1_max);
                agree(&format!("{name} image AUROC"), found.image_auroc, case.image_auroc);
                agree(&format!("{name} image AP"), found.image_ap, case.image_ap);
            }
        }
    }
}

#[test]
fn one_sample_is_a_category_of_one() {
    let (maps, masks): (Array3<f32>, Array3<bool>) = (stack("valid_maps.npy"), stack("valid_masks.npy"));
    let valid: Array3<bool> = stack("valid_valid.npy");
    for ((map, mask), valid) in views(&maps).into_iter().zip(views(&masks)).zip(views(&valid)) {
        let (maps, masks, valid_one) = ([map], [mask], [valid]);
        let set = ScoredSet {
            maps: &maps,
            masks: &masks,
            valid: Some(&valid_one),
            image_scores: &[0.0],
            image_labels: &[true],
        };
        let found = evaluate(&set, &MetricOptions::default()).unwrap();
        assert_eq!(sample_auroc(map, mask, Some(valid)), found.pixel_auroc);
    }
}

#[test]
fn regions_agree_with_scipy() {
    let masks: Array3<bool> = stack("components_masks.npy");
    let labels: Array3<u16> = stack("components_labels.npy");
    for (mask, labels) in views(&masks).into_iter().zip(views(&labels)) {
        let (found, count) = components(mask);
        assert_eq!(found, labels.mapv(u32::from));
        assert_eq!(count, labels.iter().copied().max().map_or(0, usize::from));
    }
}

#[derive(Deserialize)]
struct Sample {
    map: Vec<Vec<f32>>,
    inner_map: Vec<Vec<f32>>,
    mask: Vec<Vec<bool>>,
    contrast: f64,
    bce: f64,
    focal_of_inner: f64,
    dice: f64,
    auroc: f64,
}

fn matrix<T: Copy>(rows: &[Vec<T>]) -> Array2<T> {
    Array2::from_shape_fn((rows.len(), rows[0].len()), |(y, x)| rows[y][x])
}

#[test]
fn losses_agree_with_torch() {
    let samples: BTreeMap<String, Sample> = json("losses.json");
    assert_eq!(samples.len(), 3);
    for (name, sample) in samples {
        let (map, inner, mask) = (matrix(&sample.map), matrix(&sample.inner_map), matrix(&sample.mask));
        for kind in Loss::ALL {
            let (map, expected) = match kind {
                Loss::Contrast => (&map, sample.contrast),
                Loss::Bce => (&map, sample.bce),
                Loss::Focal => (&inner, sample.focal_of_inner),
                Loss::Dice => (&map, sample.dice),
                Loss::Auroc => (&map, sample.auroc),
                other => panic!("no golden value of {other:?}"),
            };
            agree(&format!("{name} {kind}"), Some(loss(kind, map.view(), mask.view(), None)), Some(expected));
        }
    }
}
