//! Models that have no finite answer to some pictures: the sample and what was done to it are named.

use askance::error::{Kind, Result};
use askance::model::{Fake, Provenance, Segmentation, Segmenter, defend};
use askance::study::{Models, Plan, Quiet};
use askance::types::Axis;
use ndarray::ArrayView4;

use super::{Bench, SIZE};

/// A fake without an answer to pictures of which this is true: the mean of each channel.
struct Mute(Fake, fn([f32; 3]) -> bool);

impl Segmenter for Mute {
    fn name(&self) -> &str {
        "mute"
    }

    fn input_size(&self) -> usize {
        self.0.input_size()
    }

    fn grid(&self) -> (usize, usize) {
        self.0.grid()
    }

    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        let mut answers = self.0.segment(images, categories)?;
        for (answer, image) in answers.iter_mut().zip(images.outer_iter()) {
            let mean = |channel: usize| image.index_axis(ndarray::Axis(0), channel).mean().unwrap();
            if (self.1)([mean(0), mean(1), mean(2)]) {
                answer.map[[1, 2]] = f32::NAN;
            }
        }
        Ok(answers)
    }

    fn provenance(&self) -> Provenance {
        Provenance { model: "mute".into(), ..self.0.provenance() }
    }
}

/// The reddest part of all.
const REDDEST: &str = "plate/red/2";

fn is_reddest([red, green, _]: [f32; 3]) -> bool {
    red - green > 0.0859
}

/// No part is so as it is.
fn is_green([red, green, _]: [f32; 3]) -> bool {
    green > red + 0.01
}

fn problem(plan: Plan, mute: fn([f32; 3]) -> bool, defence: &str) -> String {
    let bench = Bench::new();
    let model: Box<dyn Segmenter> = Box::new(Mute(Fake::new(SIZE, (4, 4)), mute));
    let models = defend(vec![model], &[defence.parse().unwrap()]).unwrap();
    let mut models = Models::of(models, 4).unwrap();
    let error =
        plan.check().unwrap().run(bench.out("run"), &bench.open(), &mut models, &Quiet).err().unwrap();
    assert_eq!(error.kind, Kind::Model);
    error.problem
}

#[test]
fn a_sample_that_has_no_answer_is_named() {
    for defence in ["none", "rotate:2", "grey-world"] {
        let mute = if defence == "grey-world" { |_| true } else { is_reddest };
        let found = problem(Plan::eval(), mute, defence);
        let wanted = if defence == "grey-world" { "nut/" } else { REDDEST };
        assert!(found.contains("not finite") && found.contains(&format!("(for {wanted}")), "{found}");
        assert!(found.contains("unchanged"), "{found}");
    }
}

#[test]
fn a_perturbation_that_has_no_answer_is_named_with_its_sample() {
    let attack = Plan::attack().axes([Axis::Hue]).budget(12);
    let sweep = Plan::sweep([Axis::Hue], 5);
    let tolerance = Plan::attack().axes([Axis::Angle]).budget(2).tolerance([Axis::Hue]);
    for plan in [attack, sweep, tolerance] {
        let found = problem(plan, is_green, "none");
        assert!(found.contains("(for nut/") && found.contains("with hue "), "{found}");
    }
}
