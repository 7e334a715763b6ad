//! What a generation of CMA-ES costs without the model: ask and tell of 1,000 independent searches over three axes.

use askance::search::{Dimension, Kind, Space, build};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn generation(c: &mut Criterion) {
    let axis = |half: f64, circular| Dimension { low: -half, high: half, circular };
    let space = Space::new(vec![axis(90.0, false), axis(std::f64::consts::PI, true), axis(0.5, false)])
        .expect("a valid space");
    let loss = |point: &Vec<f64>| point[0].powi(2) / 1e4 + (point[1] - 1.0).powi(2) + point[2].powi(2);
    let step = |strategies: &mut Vec<Box<dyn askance::search::Strategy>>| {
        for strategy in strategies {
            let points = strategy.ask(usize::MAX);
            let losses: Vec<f64> = points.iter().map(loss).collect();
            strategy.tell(&points, &losses);
        }
    };
    let prepare = || {
        let mut strategies: Vec<_> = (0..1000).map(|seed| build(Kind::CmaEs, &space, 1000, seed)).collect();
        // Past the design, into a run whose covariance is no identity any more.
        for _ in 0..4 {
            step(&mut strategies);
        }
        strategies
    };
    c.bench_function("cma-es generation, 1000 searches of 3 axes", |b| {
        b.iter_batched_ref(prepare, step, BatchSize::LargeInput);
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_secs(2));
    targets = generation
}
criterion_main!(benches);
