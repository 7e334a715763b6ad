//! The whole pipeline of an attack: eight samples at 192 pixels, budget 50. With a segmenter that only looks at redness it is
//! what is left beside the model calls of a real run; with one that takes its time without using the processor, as a device does,
//! it shows what overlap saves.

use std::thread::sleep;
use std::time::Duration;

use askance::attack::{Evaluator, Objective, Settings, Work, worst_cases};
use askance::error::Result;
use askance::model::{Fake, Provenance, Segmentation, Segmenter};
use askance::types::{Attack, Image, Mask, SampleId};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use ndarray::ArrayView4;

const SIZE: usize = 192;
const SAMPLES: usize = 8;
const BATCH: usize = 8;
/// What one call takes on the device that is made believe.
const CALL: Duration = Duration::from_millis(5);

fn sample(index: usize) -> Work {
    let image = Image::from_shape_fn((3, SIZE, SIZE), |(c, y, x)| {
        ((c * 7 + y * 3 + x * 5 + index) % 64) as f32 / 64.0
    });
    let mask = Mask::from_shape_fn((SIZE, SIZE), |(y, x)| y.abs_diff(90) < 12 && x.abs_diff(70) < 20);
    let id = SampleId { category: "part".into(), defect: "spot".into(), stem: index.to_string() };
    Work { index, id, image, mask: Some(mask) }
}

/// Answers the same to everything, at once or after the time of a call.
struct Device {
    like: Fake,
    call: Duration,
}

impl Segmenter for Device {
    fn name(&self) -> &str {
        "device"
    }

    fn input_size(&self) -> usize {
        SIZE
    }

    fn grid(&self) -> (usize, usize) {
        self.like.grid()
    }

    fn segment(&mut self, _: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        sleep(self.call);
        let map = ndarray::Array2::from_shape_fn(self.grid(), |(y, x)| ((y * 5 + x * 3) % 11) as f32 / 10.0);
        Ok(vec![Segmentation { map, image_score: 1.0 }; categories.len()])
    }

    fn provenance(&self) -> Provenance {
        self.like.provenance()
    }
}

fn run(settings: &Settings, model: &mut dyn Segmenter, depth: usize) {
    let mut evaluator = Evaluator::new(model, Objective::new(settings, SIZE), BATCH).with_depth(depth);
    let source = (0..SAMPLES).map(|index| Ok(sample(index)));
    worst_cases(&mut evaluator, settings, source, &mut |_, _| Ok(()), &|| false, &|_| {})
        .expect("nothing fails here");
}

fn attack(c: &mut Criterion) {
    let mut settings = Settings { attacks: vec![Attack::Joint], budget: 50, ..Settings::default() };
    settings.normalise();
    let mut group = c.benchmark_group("attack_without_model");
    group.throughput(Throughput::Elements((SAMPLES * settings.evaluations_per_sample()) as u64));
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(3));
    group.bench_function("joint_8_samples_budget_50", |b| {
        b.iter(|| run(&settings, &mut Fake::new(SIZE, (12, 12)), 1));
    });
    for depth in [1, 2] {
        group.bench_function(format!("beside_a_device_of_5_ms_a_call_depth_{depth}"), |b| {
            b.iter(|| run(&settings, &mut Device { like: Fake::new(SIZE, (12, 12)), call: CALL }, depth));
        });
    }
    group.finish();
}

criterion_group!(benches, attack);
criterion_main!(benches);
