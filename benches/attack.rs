//! The attack without the model: perturbation, back-rotation, loss and search of eight samples at 192 pixels, budget 50, with a
//! segmenter that only looks at redness. What is left beside the model calls of a real run.

use std::time::Duration;

use askance::attack::{Evaluator, Objective, Settings, Work, worst_cases};
use askance::model::Fake;
use askance::types::{Attack, Image, Mask, SampleId};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const SIZE: usize = 192;
const SAMPLES: usize = 8;

fn sample(index: usize) -> Work {
    let image = Image::from_shape_fn((3, SIZE, SIZE), |(c, y, x)| {
        ((c * 7 + y * 3 + x * 5 + index) % 64) as f32 / 64.0
    });
    let mask = Mask::from_shape_fn((SIZE, SIZE), |(y, x)| y.abs_diff(90) < 12 && x.abs_diff(70) < 20);
    let id = SampleId { category: "part".into(), defect: "spot".into(), stem: index.to_string() };
    Work { index, id, image, mask: Some(mask) }
}

fn attack(c: &mut Criterion) {
    let mut settings = Settings { attacks: vec![Attack::Joint], budget: 50, ..Settings::default() };
    settings.normalise();
    let mut group = c.benchmark_group("attack_without_model");
    group.throughput(Throughput::Elements((SAMPLES * settings.evaluations_per_sample()) as u64));
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(3));
    group.bench_function("joint_8_samples_budget_50", |b| {
        b.iter(|| {
            let mut fake = Fake::new(SIZE, (12, 12));
            let mut evaluator = Evaluator::new(&mut fake, Objective::new(&settings, SIZE), 8);
            let source = (0..SAMPLES).map(|index| Ok(sample(index)));
            worst_cases(&mut evaluator, &settings, source, &mut |_, _| Ok(()), &|| false, &|_| {})
                .expect("the fake does not fail");
        });
    });
    group.finish();
}

criterion_group!(benches, attack);
criterion_main!(benches);
