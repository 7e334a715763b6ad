//! Times of the transforms at the sizes of a search: one candidate picture, one thread.

use std::f64::consts::PI;
use std::hint::black_box;
use std::time::Duration;

use askance::perturb::{Fill, Perturber, Resampling, Rotation, restore, upsample, warp_mask};
use askance::types::{Axis, Image, Map, Mask, Perturbation};
use criterion::{Criterion, criterion_group, criterion_main};

const SIZE: usize = 192;

fn picture(size: usize) -> Image {
    Image::from_shape_fn((3, size, size), |(channel, y, x)| {
        let phase = channel as f32 + 0.07 * x as f32 + 0.11 * y as f32;
        0.5 + 0.45 * (phase.sin() * (0.03 * (x * y) as f32 / 10.0).cos())
    })
}

fn bench(c: &mut Criterion) {
    let mut group = c.benchmark_group(format!("perturb/{SIZE}"));
    group.warm_up_time(Duration::from_millis(200)).measurement_time(Duration::from_secs(1)).sample_size(20);
    let image = picture(SIZE);
    let mut out = Image::zeros(image.dim());
    let all = Perturbation::of([(Axis::Angle, 30.0), (Axis::Hue, PI / 3.0), (Axis::Saturation, 0.2)]);
    let turned = Perturbation::of([(Axis::Angle, 30.0)]);
    let coloured = all.with(Axis::Angle, 0.0);

    let bilinear = Perturber::new(Resampling::default(), SIZE);
    for (name, p) in [("bilinear and colour", all), ("bilinear", turned), ("colour", coloured)] {
        group.bench_function(name, |b| b.iter(|| bilinear.apply(black_box(image.view()), p, out.view_mut())));
    }
    for axis in Axis::ALL {
        let p = Perturbation::IDENTITY.with(axis, axis.default_bounds().high);
        group.bench_function(format!("only {axis}"), |b| {
            b.iter(|| bilinear.apply(black_box(image.view()), p, out.view_mut()));
        });
    }
    for fill in [Fill::Zeros, Fill::Reflect] {
        let perturber = Perturber::new(Resampling { fill, ..Resampling::default() }, SIZE);
        group.bench_function(format!("bilinear and colour, {fill}"), |b| {
            b.iter(|| perturber.apply(black_box(image.view()), all, out.view_mut()));
        });
    }
    let three_pass =
        Perturber::new(Resampling { rotation: Rotation::ThreePass, ..Resampling::default() }, SIZE);
    group.bench_function("three-pass", |b| {
        b.iter(|| three_pass.apply(black_box(image.view()), turned, out.view_mut()));
    });

    let patches = Map::from_shape_fn((12, 12), |(y, x)| ((y * 5 + x * 3) % 11) as f32 / 10.0);
    group.bench_function("upsample", |b| b.iter(|| upsample(black_box(patches.view()), (SIZE, SIZE))));
    group.bench_function("restore", |b| b.iter(|| restore(black_box(patches.view()), (SIZE, SIZE), &turned)));
    let mask = Mask::from_shape_fn((SIZE, SIZE), |(y, x)| (y / 16 + x / 16) % 5 == 0);
    group.bench_function("warp_mask", |b| b.iter(|| warp_mask(black_box(mask.view()), &turned)));
    group.finish();
}

/// Each axis alone at the end of its default bounds, at the sizes of usual models.
fn axes(c: &mut Criterion) {
    for size in [240, 518] {
        let mut group = c.benchmark_group(format!("perturb/{size}"));
        group
            .warm_up_time(Duration::from_millis(200))
            .measurement_time(Duration::from_secs(1))
            .sample_size(20);
        let image = picture(size);
        let mut out = Image::zeros(image.dim());
        let perturber = Perturber::new(Resampling::default(), size);
        for axis in Axis::ALL {
            for (end, value) in [("default", axis.default_bounds().high), ("farthest", axis.limits().high)] {
                let p = Perturbation::IDENTITY.with(axis, value);
                group.bench_function(format!("only {axis}, {end}"), |b| {
                    b.iter(|| perturber.apply(black_box(image.view()), p, out.view_mut()));
                });
            }
        }
        group.finish();
    }
}

criterion_group!(benches, bench, axes);
criterion_main!(benches);
