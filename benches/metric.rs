//! Pooled metrics of a category, the AUROC of one sample, and the losses that run once per candidate of a search.

use std::hint::black_box;
use std::time::Duration;

use askance::metric::{Loss, MetricOptions, Redraws, ScoredSet, Weighted, evaluate, loss, sample_auroc};
use criterion::{Criterion, criterion_group, criterion_main};
use ndarray::Array2;

/// Bilinear upsampling of pseudo-random patch scores, a little higher inside the defect.
fn image(seed: u64, size: usize) -> (Array2<f32>, Array2<bool>) {
    let patches = 13u64;
    let patch = |y: u64, x: u64| {
        let mixed = (seed * 0x9e37_79b9 + y * patches + x).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        (mixed ^ (mixed >> 31)).wrapping_mul(0x94d0_49bb_1331_11eb) as f32 / u64::MAX as f32
    };
    let defect = size / 12;
    let centre = (seed as usize * 37) % (size - 2 * defect) + defect;
    let mask = Array2::from_shape_fn((size, size), |(y, x)| {
        seed % 10 > 2 && y.abs_diff(centre).pow(2) + x.abs_diff(size / 2).pow(2) < defect * defect
    });
    let map = Array2::from_shape_fn((size, size), |(y, x)| {
        let scale = (patches - 1) as f32 / size as f32;
        let (fy, fx) = (y as f32 * scale, x as f32 * scale);
        let (py, px) = (fy as u64, fx as u64);
        let (dy, dx) = (fy.fract(), fx.fract());
        let upper = patch(py, px) * (1.0 - dx) + patch(py, px + 1) * dx;
        let lower = patch(py + 1, px) * (1.0 - dx) + patch(py + 1, px + 1) * dx;
        0.5 * (upper * (1.0 - dy) + lower * dy) + if mask[[y, x]] { 0.2 } else { 0.0 }
    });
    (map, mask)
}

fn metrics(criterion: &mut Criterion) {
    let images: Vec<_> = (0..100).map(|seed| image(seed, 240)).collect();
    let maps: Vec<_> = images.iter().map(|(map, _)| map.view()).collect();
    let masks: Vec<_> = images.iter().map(|(_, mask)| mask.view()).collect();
    let image_labels: Vec<bool> = (0..100).map(|seed| seed % 10 > 2).collect();
    let set = ScoredSet {
        maps: &maps,
        masks: &masks,
        valid: None,
        image_scores: &[0.5; 100],
        image_labels: &image_labels,
    };
    criterion.bench_function("evaluate/100x240x240", |bencher| {
        bencher.iter(|| evaluate(black_box(&set), &MetricOptions::default()));
    });

    let (map, mask) = image(7, 192);
    criterion.bench_function("sample_auroc/192x192", |bencher| {
        bencher.iter(|| sample_auroc(black_box(map.view()), mask.view(), None));
    });
    for kind in Loss::ALL {
        criterion.bench_function(&format!("loss/{kind}/192x192"), |bencher| {
            bencher.iter(|| loss(kind, black_box(map.view()), mask.view(), None));
        });
    }
}

/// What intervals cost beside the metrics of the same set, which are measured too: the summary, and what is drawn from it.
fn intervals(criterion: &mut Criterion) {
    let images: Vec<_> = (0..80).map(|seed| image(seed, 256)).collect();
    let maps: Vec<_> = images.iter().map(|(map, _)| map.view()).collect();
    let masks: Vec<_> = images.iter().map(|(_, mask)| mask.view()).collect();
    let image_labels: Vec<bool> = (0..80).map(|seed| seed % 10 > 2).collect();
    let set = ScoredSet {
        maps: &maps,
        masks: &masks,
        valid: None,
        image_scores: &[0.5; 80],
        image_labels: &image_labels,
    };
    let options = MetricOptions::default();
    criterion.bench_function("intervals/point/80x256x256", |bencher| {
        bencher.iter(|| evaluate(black_box(&set), &options));
    });
    criterion.bench_function("intervals/summary/80x256x256", |bencher| {
        bencher.iter(|| Weighted::new(black_box(&set), &options));
    });
    let Ok(weighted) = Weighted::new(&set, &options) else { return };
    criterion.bench_function("intervals/1000_redraws/80x256x256", |bencher| {
        bencher.iter(|| {
            let redraws = Redraws::new(&image_labels, Redraws::COUNT, 1);
            redraws.estimates(black_box(&weighted)).aupro.and_then(|estimate| estimate.interval())
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(1));
    targets = metrics, intervals
}
criterion_main!(benches);
