//! One WinCLIP call on the embedded model, at batch 1 and 8, on the CPU. Short: for a first look, not for comparing
//! providers.

use std::hint::black_box;
use std::time::Duration;

use askance::model::{Bundle, Segmenter, SessionOptions, WinClip, WinClipOptions, aggregate, windows};
use askance::runtime::{self, Runtime};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::{Array1, Array4};

fn winclip(criterion: &mut Criterion) {
    let bundle = Bundle::embedded("pocket").expect("pocket is embedded");
    let runtime =
        Runtime::acquire(&runtime::Options::from_env(), &|_| ()).expect("ONNX Runtime is found or installed");
    let mut model = WinClip::load(&bundle, &runtime, SessionOptions::default(), WinClipOptions::default())
        .expect("the embedded bundle loads");
    model.prepare(&["bottle"]).expect("the text graph runs");
    let size = model.input_size();
    let mut group = criterion.benchmark_group("winclip_pocket_cpu");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
    for batch in [1, 8] {
        let images = Array4::from_shape_fn((batch, 3, size, size), |(n, c, y, x)| {
            ((n + c + y * x) % 17) as f32 / 17.0
        });
        let categories = vec!["bottle"; batch];
        group.throughput(Throughput::Elements(batch as u64));
        group.bench_function(format!("batch_{batch}"), |bencher| {
            bencher.iter(|| model.segment(black_box(images.view()), &categories).expect("the model runs"));
        });
    }
    group.finish();
}

fn aggregation(criterion: &mut Criterion) {
    let patches = windows::windows((16, 16), 2, 1);
    let scores = Array1::from_elem(patches.nrows(), 0.3_f32);
    criterion.bench_function("aggregate_16x16_scale_2", |bencher| {
        bencher.iter(|| aggregate::per_patch((16, 16), black_box(patches.view()), black_box(scores.view())));
    });
}

criterion_group!(benches, winclip, aggregation);
criterion_main!(benches);
