//! The metrics where the answer is known by hand, and what they refuse.

use askance::error::Kind;
use askance::metric::{AuproMode, MetricOptions, ScoredSet, evaluate};
use askance::types::Metrics;
use ndarray::{Array2, ArrayView2};

const LIMITS: [f64; 3] = [0.05, 0.3, 1.0];

fn masks() -> Vec<Array2<bool>> {
    // Areas 4 and 1 (regions touch at no corner), and an image without any.
    vec![
        Array2::from_shape_fn((5, 6), |(y, x)| (y < 2 && x < 2) || (y, x) == (4, 5)),
        Array2::from_elem((5, 6), false),
    ]
}

fn exact(fpr_limit: f64) -> MetricOptions {
    MetricOptions { fpr_limit, aupro: AuproMode::Exact }
}

fn measure(
    maps: &[Array2<f32>],
    masks: &[Array2<bool>],
    valid: Option<&[Array2<bool>]>,
    options: &MetricOptions,
) -> askance::error::Result<Metrics> {
    let maps: Vec<_> = maps.iter().map(|array| array.view()).collect();
    let masks: Vec<_> = masks.iter().map(|array| array.view()).collect();
    let valid: Option<Vec<_>> = valid.map(|valid| valid.iter().map(|array| array.view()).collect());
    let image_scores: Vec<f32> = (0..maps.len()).map(|at| -(at as f32)).collect();
    let image_labels: Vec<bool> = masks.iter().map(|mask| mask.iter().any(|&anomalous| anomalous)).collect();
    let set = ScoredSet {
        maps: &maps,
        masks: &masks,
        valid: valid.as_deref(),
        image_scores: &image_scores,
        image_labels: &image_labels,
    };
    evaluate(&set, options)
}

fn near(found: Option<f64>, expected: f64) -> bool {
    found.is_some_and(|found| (found - expected).abs() < 1e-12)
}

#[test]
fn a_perfect_map_scores_one_everywhere() {
    let masks = masks();
    let maps: Vec<_> =
        masks.iter().map(|mask| mask.mapv(|anomalous| if anomalous { 0.9 } else { 0.2 })).collect();
    for limit in LIMITS {
        let found = measure(&maps, &masks, None, &exact(limit)).unwrap();
        let one = Some(1.0);
        let expected = Metrics {
            pixel_auroc: one,
            aupro: one,
            pixel_ap: one,
            pixel_f1_max: one,
            image_auroc: one,
            image_ap: one,
        };
        assert_eq!(found, expected);
    }
}

#[test]
fn an_inverted_map_scores_nothing() {
    let masks = masks();
    let maps: Vec<_> =
        masks.iter().map(|mask| mask.mapv(|anomalous| if anomalous { 0.2 } else { 0.9 })).collect();
    for limit in LIMITS {
        let found = measure(&maps, &masks, None, &exact(limit)).unwrap();
        assert_eq!((found.pixel_auroc, found.aupro), (Some(0.0), Some(0.0)));
        // Every pixel has to be flagged to find the first anomalous one: precision is their share.
        assert!(near(found.pixel_ap, 5.0 / 60.0));
    }
}

#[test]
fn a_constant_map_is_the_diagonal() {
    let masks = masks();
    let maps = vec![Array2::from_elem((5, 6), 0.5); 2];
    for limit in LIMITS {
        let found = measure(&maps, &masks, None, &exact(limit)).unwrap();
        assert_eq!(found.pixel_auroc, Some(0.5));
        // The area below the diagonal up to the limit is limit^2 / 2; divided by the limit, half of it.
        assert!(near(found.aupro, limit / 2.0), "{found:?}");
    }
    let options = MetricOptions { aupro: AuproMode::Thresholds200, ..MetricOptions::default() };
    assert_eq!(measure(&maps, &masks, None, &options).unwrap().aupro, None);
}

#[test]
fn regions_weigh_the_same_whatever_their_size() {
    // The small region is found at once, the large one after all normal pixels.
    let masks = masks();
    let mut maps: Vec<_> =
        masks.iter().map(|mask| mask.mapv(|anomalous| if anomalous { 0.1 } else { 0.5 })).collect();
    maps[0][[4, 5]] = 0.9;
    let found = measure(&maps, &masks, None, &exact(0.3)).unwrap();
    assert_eq!(found.aupro, Some(0.5));
    assert_eq!(found.pixel_auroc, Some(0.2));
}

#[test]
fn the_limit_cuts_between_two_thresholds() {
    // 10 normal pixels, the 4 highest tied; one region of 2 pixels, one at the top, one tied with those 4.
    let mask = Array2::from_shape_fn((1, 12), |(_, x)| x < 2);
    let map = Array2::from_shape_fn((1, 12), |(_, x)| {
        [0.9, 0.5][usize::from(x > 0)] - if x > 5 { 0.4 } else { 0.0 }
    });
    // PRO starts at 0.5 and rises to 1 at FPR 0.4; up to 0.3 it reaches 0.875.
    let found = measure(&[map], &[mask], None, &exact(0.3)).unwrap();
    assert!(near(found.aupro, (0.5 + 0.875) / 2.0), "{found:?}");
}

#[test]
fn pixels_outside_count_in_neither_class() {
    let masks = masks();
    let mut maps: Vec<_> =
        masks.iter().map(|mask| mask.mapv(|anomalous| if anomalous { 0.9 } else { 0.2 })).collect();
    let mut valid = vec![Array2::from_elem((5, 6), true); 2];
    // A missed anomalous pixel, a missed region, and false alarms, one of which is not even a number.
    for (at, pixel, score) in [(0, [0, 0], 0.1), (0, [4, 5], 0.0), (0, [2, 5], 1.0), (1, [3, 3], f32::NAN)] {
        maps[at][pixel] = score;
        valid[at][pixel] = false;
    }
    let found = measure(&maps, &masks, Some(&valid), &exact(0.3)).unwrap();
    assert_eq!((found.pixel_auroc, found.aupro, found.pixel_f1_max), (Some(1.0), Some(1.0), Some(1.0)));
    for mask in &mut valid {
        mask.fill(false);
    }
    let found = measure(&maps, &masks, Some(&valid), &exact(0.3)).unwrap();
    assert_eq!(
        (found.pixel_auroc, found.aupro, found.pixel_ap, found.pixel_f1_max),
        (None, None, None, None)
    );
}

#[test]
fn one_class_and_nothing_at_all_have_no_values() {
    let maps = vec![Array2::from_elem((5, 6), 0.5); 2];
    for anomalous in [false, true] {
        let masks = vec![Array2::from_elem((5, 6), anomalous); 2];
        for aupro in AuproMode::ALL {
            let options = MetricOptions { aupro, ..MetricOptions::default() };
            assert_eq!(measure(&maps, &masks, None, &options).unwrap(), Metrics::default());
        }
    }
    for aupro in AuproMode::ALL {
        let options = MetricOptions { aupro, ..MetricOptions::default() };
        assert_eq!(measure(&[], &[], None, &options).unwrap(), Metrics::default());
        let empty = measure(&[Array2::zeros((0, 0))], &[Array2::from_elem((0, 0), true)], None, &options);
        assert_eq!(empty.unwrap(), Metrics::default());
    }
}

#[test]
fn what_does_not_fit_is_refused_by_name() {
    let masks = masks();
    let maps = vec![Array2::from_elem((5, 6), 0.5f32); 2];
    let options = MetricOptions::default();

    let error = measure(&maps, &masks[..1], None, &options).unwrap_err();
    assert_eq!((error.kind, error.subject.as_str()), (Kind::Usage, "masks"));

    let wide = vec![maps[0].clone(), Array2::from_elem((5, 7), 0.5)];
    let error = measure(&wide, &masks, None, &options).unwrap_err();
    assert_eq!(error.subject, "mask of image 1");
    let wide = vec![masks[0].clone(), Array2::from_elem((5, 7), true)];
    let error = measure(&maps, &masks, Some(&wide), &options).unwrap_err();
    assert_eq!(error.subject, "valid-pixel mask of image 1");

    for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut maps = maps.clone();
        maps[1][[3, 4]] = odd;
        let error = measure(&maps, &masks, None, &options).unwrap_err();
        assert_eq!((error.kind, error.subject.as_str()), (Kind::Model, "map of image 1, row 3, column 4"));
    }
    let (map, mask) = ([maps[0].view()], [masks[0].view()]);
    let set =
        ScoredSet { maps: &map, masks: &mask, valid: None, image_scores: &[f32::NAN], image_labels: &[true] };
    assert_eq!(evaluate(&set, &options).unwrap_err().subject, "score of image 0");

    let error = measure(&maps, &masks, None, &exact(0.0)).unwrap_err();
    assert_eq!(error.kind, Kind::Usage);
    assert!(error.subject.contains("`fpr_limit = "));
}

#[test]
fn more_pixels_than_counts_can_hold_are_refused() {
    // A view that repeats one number: no memory behind it.
    let (score, label) = (Array2::from_elem((1, 1), 0.5f32), Array2::from_elem((1, 1), false));
    let shape = (1 << 16, (1 << 14) + 1);
    let maps: [ArrayView2<f32>; 1] = [score.broadcast(shape).unwrap()];
    let masks: [ArrayView2<bool>; 1] = [label.broadcast(shape).unwrap()];
    let set =
        ScoredSet { maps: &maps, masks: &masks, valid: None, image_scores: &[0.5], image_labels: &[false] };
    let error = evaluate(&set, &MetricOptions::default()).unwrap_err();
    assert_eq!(error.subject, "maps");
}
