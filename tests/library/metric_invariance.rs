//! What must not change the metrics: monotone rescaling, the order of the images, the number of threads.

use askance::metric::{AuproMode, MetricOptions, ScoredSet, average_precision, evaluate, f1_max, roc_auc};
use askance::types::Metrics;
use ndarray::Array2;
use proptest::prelude::*;

#[derive(Clone, Debug)]
struct Category {
    maps: Vec<Array2<f32>>,
    masks: Vec<Array2<bool>>,
    valid: Vec<Array2<bool>>,
}

/// A few images; scores on a coarse grid, so that there are ties within and between the classes.
fn category() -> impl Strategy<Value = Category> {
    (1usize..6, 1usize..12, 1usize..12, 2i32..200, 1u32..9).prop_flat_map(
        |(images, rows, columns, levels, rarity)| {
            let pixel = (-levels..=levels, 0..10 * rarity, 0u32..10);
            prop::collection::vec(prop::collection::vec(pixel, rows * columns), images).prop_map(
                move |images| {
                    let shape = (rows, columns);
                    let mut category = Category { maps: vec![], masks: vec![], valid: vec![] };
                    for pixels in images {
                        let at = |(y, x): (usize, usize)| pixels[y * columns + x];
                        category.maps.push(Array2::from_shape_fn(shape, |p| at(p).0 as f32 / 64.0));
                        category.masks.push(Array2::from_shape_fn(shape, |p| at(p).1 < 4));
                        category.valid.push(Array2::from_shape_fn(shape, |p| at(p).2 != 0));
                    }
                    category
                },
            )
        },
    )
}

fn measure(category: &Category, options: &MetricOptions) -> Metrics {
    let maps: Vec<_> = category.maps.iter().map(|array| array.view()).collect();
    let masks: Vec<_> = category.masks.iter().map(|array| array.view()).collect();
    let valid: Vec<_> = category.valid.iter().map(|array| array.view()).collect();
    let image_scores: Vec<f32> = maps.iter().map(|map| map[[0, 0]]).collect();
    let image_labels: Vec<bool> = masks.iter().map(|mask| mask.iter().any(|&anomalous| anomalous)).collect();
    let set = ScoredSet {
        maps: &maps,
        masks: &masks,
        valid: Some(&valid),
        image_scores: &image_scores,
        image_labels: &image_labels,
    };
    evaluate(&set, options).expect("shapes fit and scores are finite")
}

/// Area under the overlap curve from its definition: curves built threshold by threshold.
fn plain_aupro(category: &Category, limit: f64) -> Option<f64> {
    let mut regions: Vec<Vec<f32>> = Vec::new();
    let mut normals: Vec<f32> = Vec::new();
    for ((map, mask), valid) in category.maps.iter().zip(&category.masks).zip(&category.valid) {
        let (labels, count) = askance::metric::components(mask.view());
        let first = regions.len();
        regions.resize(first + count, Vec::new());
        for (at, &label) in labels.indexed_iter() {
            match (valid[at], label as usize) {
                (false, _) => {}
                (true, 0) => normals.push(map[at]),
                (true, label) => regions[first + label - 1].push(map[at]),
            }
        }
    }
    regions.retain(|region| !region.is_empty());
    if regions.is_empty() || normals.is_empty() {
        return None;
    }
    let mut thresholds: Vec<f32> = normals.iter().chain(regions.iter().flatten()).copied().collect();
    thresholds.sort_unstable_by(|a, b| b.total_cmp(a));
    thresholds.dedup();
    let share = |scores: &[f32], threshold: f32| {
        scores.iter().filter(|&&score| score >= threshold).count() as f64 / scores.len() as f64
    };
    let (mut x0, mut y0, mut area) = (0.0, 0.0, 0.0);
    for threshold in thresholds {
        let x1 = share(&normals, threshold);
        let y1 = regions.iter().map(|region| share(region, threshold)).sum::<f64>() / regions.len() as f64;
        let end = x1.min(limit);
        if x1 > x0 && end > x0 {
            let y_end = y0 + (y1 - y0) * (end - x0) / (x1 - x0);
            area += (end - x0) * (y0 + y_end) / 2.0;
        }
        (x0, y0) = (x1, y1);
    }
    Some(area / limit)
}

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => (a - b).abs() < 1e-12,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn aupro_is_what_its_definition_says(category in category(), limit in prop::sample::select(vec![0.01, 0.05, 0.3, 0.7, 1.0])) {
        let found = measure(&category, &MetricOptions { fpr_limit: limit, ..MetricOptions::default() }).aupro;
        let expected = plain_aupro(&category, limit);
        prop_assert!(close(found, expected), "{found:?} {expected:?}");
    }

    #[test]
    fn a_monotone_transform_changes_nothing(category in category(), transform in 0usize..4) {
        let transforms: [fn(f32) -> f32; 4] =
            [|x| 8.0 * x - 3.0, |x| x * x * x, |x| (x / 8.0).tanh(), |x| if x > 0.0 { x * 1e30 } else { x * 1e-20 }];
        let mut other = category.clone();
        for map in &mut other.maps {
            map.mapv_inplace(transforms[transform]);
        }
        let options = MetricOptions::default();
        prop_assert_eq!(measure(&category, &options), measure(&other, &options));
    }

    #[test]
    fn the_order_of_the_images_changes_nothing(category in category(), turn in 0usize..6) {
        let mut other = category.clone();
        let turn = turn % category.maps.len();
        other.maps.rotate_left(turn);
        other.masks.rotate_left(turn);
        other.valid.rotate_left(turn);
        other.maps.reverse();
        other.masks.reverse();
        other.valid.reverse();
        let options = MetricOptions::default();
        prop_assert_eq!(measure(&category, &options), measure(&other, &options));
        let options = MetricOptions { aupro: AuproMode::Thresholds200, ..options };
        prop_assert!(close(measure(&category, &options).aupro, measure(&other, &options).aupro));
    }

    #[test]
    fn negated_scores_give_the_complement(category in category()) {
        let options = MetricOptions::default();
        let found = measure(&category, &options);
        let mut other = category.clone();
        for map in &mut other.maps {
            map.mapv_inplace(|score| -score);
        }
        let negated = measure(&other, &options);
        prop_assert!(close(found.pixel_auroc, negated.pixel_auroc.map(|value| 1.0 - value)));
        prop_assert!(close(found.image_auroc, negated.image_auroc.map(|value| 1.0 - value)));
    }

    #[test]
    fn pooling_is_one_long_list(category in category()) {
        let found = measure(&category, &MetricOptions::default());
        let (mut scores, mut labels) = (Vec::new(), Vec::new());
        for ((map, mask), valid) in category.maps.iter().zip(&category.masks).zip(&category.valid) {
            for (at, &score) in map.indexed_iter().filter(|(at, _)| valid[*at]) {
                scores.push(score);
                labels.push(mask[at]);
            }
        }
        prop_assert_eq!(found.pixel_auroc, roc_auc(&scores, &labels));
        prop_assert_eq!(found.pixel_ap, average_precision(&scores, &labels));
        prop_assert_eq!(found.pixel_f1_max, f1_max(&scores, &labels));
        // Pairs counted one by one.
        let pairs = |anomalous: bool| scores.iter().zip(&labels).filter(move |(_, l)| **l == anomalous).map(|(s, _)| *s);
        let right: f64 = pairs(true)
            .flat_map(|a| pairs(false).map(move |n| if a > n { 1.0 } else if a == n { 0.5 } else { 0.0 }))
            .sum();
        let count = (pairs(true).count() * pairs(false).count()) as f64;
        prop_assert!(close(found.pixel_auroc, (count > 0.0).then(|| right / count)));
    }
}

#[test]
fn the_number_of_threads_changes_nothing() {
    // Large enough for several workers, the radix sort and many distinct scores.
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (state >> 40) as f32 / (1u64 << 24) as f32
    };
    let mut category = Category { maps: vec![], masks: vec![], valid: vec![] };
    for image in 0..13 {
        let shape = (60, 50);
        category
            .masks
            .push(Array2::from_shape_fn(shape, |(y, x)| image > 3 && (y / 6 + x / 5) % 5 == image % 5));
        category.maps.push(Array2::from_shape_fn(shape, |_| next() * next()));
        category.valid.push(Array2::from_shape_fn(shape, |(y, x)| (x + y) % 17 != 0));
    }
    for aupro in AuproMode::ALL {
        let options = MetricOptions { aupro, ..MetricOptions::default() };
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| measure(&category, &options))
        };
        let one = on(1);
        assert!(one.aupro.is_some_and(|value| value > 0.0 && value < 1.0));
        for threads in [2, 3, 7, 16] {
            assert_eq!(on(threads), one);
        }
    }
}
