//! Drift, and the tolerance up to which a decision holds, on segmenters whose answers are known in closed form.

use std::f64::consts::PI;

use askance::attack::{
    AxisTolerance, Candidate, Evaluator, Goal, Objective, Scan, Settings, Subject, Work, WorstCase,
    tolerances, worst_cases,
};
use askance::error::{Kind, Result};
use askance::metric::Loss;
use askance::model::{Fake, Provenance, Segmentation, Segmenter};
use askance::search::FlipScan;
use askance::types::{Attack, Axis, Bounds, Detail, Image, Interval, Map, Perturbation, SampleId};
use ndarray::ArrayView4;

const SIZE: usize = 16;
const GRID: (usize, usize) = (4, 4);

/// Its image score is the mean of green; its map is flat.
#[derive(Default)]
struct Green {
    images: usize,
}

impl Segmenter for Green {
    fn name(&self) -> &str {
        "green"
    }

    fn input_size(&self) -> usize {
        SIZE
    }

    fn grid(&self) -> (usize, usize) {
        GRID
    }

    fn segment(&mut self, images: ArrayView4<f32>, _: &[&str]) -> Result<Vec<Segmentation>> {
        self.images += images.dim().0;
        let score = |image: ndarray::ArrayView3<f32>| image.index_axis(ndarray::Axis(0), 1).mean().unwrap();
        let answer = |score| Segmentation { map: Map::from_elem(GRID, 0.5), image_score: score };
        Ok(images.outer_iter().map(|image| answer(score(image))).collect())
    }

    fn provenance(&self) -> Provenance {
        Provenance::default()
    }
}

/// A plain picture of hue 0: red is `value`, the others less by the saturation.
fn work(number: usize, value: f32, saturation: f32) -> Work {
    let mut image = Image::from_elem((3, SIZE, SIZE), value * (1.0 - saturation));
    image.index_axis_mut(ndarray::Axis(0), 0).fill(value);
    let id = SampleId { category: "part".into(), defect: "unlabelled".into(), stem: format!("{number:03}") };
    Work { index: number, id, image, mask: None }
}

/// Samples of value 0.8 whose saturation grows; green is 0.8 (1 - saturation).
fn subjects(threshold: f64, count: usize) -> Vec<Subject> {
    (0..count)
        .map(|number| {
            let saturation = 0.4 + 0.02 * number as f32;
            Subject { work: work(number, 0.8, saturation), clean_score: 0.8 * (1.0 - saturation), threshold }
        })
        .collect()
}

fn scan(steps: usize) -> Scan {
    Scan { axes: Axis::PAPER.to_vec(), bounds: Bounds::default(), steps }
}

fn run(scan: &Scan, subjects: &[Subject], batch: usize) -> (Vec<Vec<AxisTolerance>>, usize) {
    overlapped(scan, subjects, batch, 1)
}

fn overlapped(
    scan: &Scan,
    subjects: &[Subject],
    batch: usize,
    depth: usize,
) -> (Vec<Vec<AxisTolerance>>, usize) {
    let mut model = Green::default();
    let objective = Objective::new(&Settings::default(), SIZE);
    let mut evaluator = Evaluator::new(&mut model, objective, batch).with_depth(depth);
    let mut found = Vec::new();
    tolerances(
        &mut evaluator,
        scan,
        subjects.iter().cloned().map(Ok),
        &mut |work, tolerances| {
            assert_eq!(work.index, found.len(), "samples leave in the order in which they came");
            found.push(tolerances);
            Ok(())
        },
        &|| false,
        &|_| {},
    )
    .unwrap();
    (found, model.images)
}

#[test]
fn the_tolerance_of_a_known_decision_is_found_within_the_stated_resolution() {
    // Normal while green is below 0.55. Less saturation and more hue raise green.
    let threshold = 0.55;
    for steps in [3, 10, 40] {
        for (number, found) in run(&scan(steps), &subjects(threshold, 6), 8).0.into_iter().enumerate() {
            let saturation = 0.4 + 0.02 * number as f64;
            let [angle, hue, shift] = found[..] else { panic!("{found:?}") };
            assert_eq!((angle.below, angle.above, angle.nearest()), (None, None, None));
            assert_eq!((angle.held_below, angle.held_above), (Some(-90.0), Some(90.0)));

            // green = 0.8 (1 - (saturation + shift)), which rises towards lower saturation.
            let truth = 1.0 - threshold / 0.8 - saturation;
            let beyond = truth - shift.below.unwrap();
            assert!(
                (-1e-6..shift.resolution + 1e-6).contains(&beyond),
                "{steps} {number}: {shift:?} {truth}"
            );
            assert_eq!((shift.above, shift.nearest()), (None, shift.below.map(f64::abs)));
            assert!(shift.held_below.unwrap() > truth - 1e-6, "{shift:?} {truth}");

            // From red, hue shift h raises green to 0.8 (1 - saturation (1 - h / (pi / 3))); downwards it stays low.
            let truth = PI / 3.0 * (1.0 - (1.0 - threshold / 0.8) / saturation);
            let beyond = hue.above.unwrap() - truth;
            assert!((-1e-6..hue.resolution + 1e-6).contains(&beyond), "{steps} {number}: {hue:?} {truth}");
            assert!((hue.step - PI / steps as f64).abs() < 1e-12, "{hue:?}");
            let resolution = hue.step / 2.0_f64.powi(FlipScan::HALVINGS as i32);
            assert!((hue.resolution - resolution).abs() < 1e-12, "{hue:?}");
            assert!((hue.above.unwrap() - hue.held_above.unwrap() - resolution).abs() < 1e-9, "{hue:?}");
        }
    }
}

#[test]
fn an_anomalous_decision_flips_the_other_way() {
    let found = run(&scan(60), &subjects(0.3, 1), 4).0.remove(0);
    // green is 0.48 and must fall to 0.3: saturation 0.625, shift +0.225.
    let shift = found[2];
    assert!((shift.above.unwrap() - 0.225).abs() <= shift.resolution + 1e-6, "{shift:?}");
    assert_eq!(shift.below, None);
}

#[test]
fn the_batch_changes_no_tolerance_and_every_evaluation_is_counted() {
    let subjects = subjects(0.5, 9);
    let (alone, images) = run(&scan(30), &subjects, 1);
    let counted: usize = alone.iter().flatten().map(|found| found.evaluations - 1).sum();
    assert_eq!(counted, images);
    assert!(alone.iter().flatten().all(|found| found.evaluations <= 1 + 2 * (30 + FlipScan::HALVINGS)));
    for batch in [2, 7, 64] {
        assert_eq!(run(&scan(30), &subjects, batch), (alone.clone(), images), "batch {batch}");
    }
}

#[test]
fn a_side_without_width_is_not_scanned_and_nothing_is_said_to_hold_there() {
    let one_sided = Bounds::default().with(Axis::Saturation, Interval { low: -0.5, high: 0.0 });
    let narrow = Scan { axes: vec![Axis::Saturation], bounds: one_sided, steps: 41 };
    let found = run(&narrow, &subjects(0.55, 1), 4).0.remove(0).remove(0);
    assert_eq!((found.above, found.held_above, found.step), (None, None, 0.5 / 41.0));
    // More samples than are in flight at once.
    let closed = Bounds::default().with(Axis::Saturation, Interval { low: 0.0, high: 0.0 });
    let nothing = Scan { bounds: closed, ..narrow };
    let (found, images) = run(&nothing, &subjects(0.55, 90), 4);
    assert_eq!((found.len(), images), (90, 0));
    assert!(found.iter().flatten().all(|found| found.nearest().is_none() && found.evaluations == 1));
    assert!(found.iter().flatten().all(|found| found.held_below.is_none() && found.step == 0.0));
}

#[test]
fn the_unchanged_answer_does_not_drift_and_corners_of_a_turned_picture_do_not_count() {
    let settings = Settings { loss: Goal::Drift, ..Settings::default() };
    let objective = Objective::new(&settings, 48);
    let answer = |value| Segmentation { map: Map::from_elem((6, 6), value), image_score: 0.25 };
    let turn = Perturbation::IDENTITY.with(Axis::Angle, 45.0);
    assert_eq!(objective.drift(&answer(0.5), &answer(0.5), (48, 48), &Perturbation::IDENTITY), 0.0);
    // Zeros that a turn brings into the corners would make this 0.17 x 0.5.
    let turned = objective.drift(&answer(0.5), &answer(0.5), (48, 48), &turn);
    assert!((-1e-6..=0.0).contains(&turned), "{turned}");
    let moved = objective.drift(&answer(0.75), &answer(0.5), (48, 48), &turn);
    assert!((moved + 0.25).abs() < 1e-6, "{moved}");
}

#[test]
fn drift_is_searched_without_masks_and_other_losses_say_what_they_lack() {
    let settings = Settings { loss: Goal::Drift, budget: 25, seed: 3, ..Settings::default() };
    let mut fake = Fake::new(SIZE, GRID);
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(&settings, SIZE), 4);
    let mut found: Vec<Vec<WorstCase>> = Vec::new();
    let mut done = |_: Work, outcomes| {
        found.push(outcomes);
        Ok(())
    };
    let source = (0..3).map(|number| Ok(work(number, 0.8, 0.5)));
    worst_cases(&mut evaluator, &settings, source, &mut done, &|| false, &|_| {}).unwrap();
    for outcomes in &found {
        assert_eq!((outcomes[0].attack, outcomes[0].loss), (Attack::Clean, 0.0));
        // A plain red picture looks the same turned; another hue hides all of its redness: 0.4 in the map and in the score.
        assert!(outcomes[1].loss > -1e-5, "{:?}", outcomes[1].loss);
        assert!((outcomes[2].loss + 0.8).abs() < 0.05, "{:?}", outcomes[2].loss);
        assert!(outcomes[4].loss <= outcomes[2].loss);
    }

    let Work { image, .. } = work(0, 0.8, 0.5);
    let perturbation = Perturbation::IDENTITY.with(Axis::Hue, 1.0);
    let candidate = Candidate {
        image: &image,
        mask: None,
        clean: None,
        sample: None,
        category: "part",
        perturbation,
        detail: Detail::Full,
    };
    let error = evaluator.evaluate(&[candidate]).unwrap_err();
    assert!(error.subject == "`loss = drift`" && error.kind == Kind::Usage, "{error}");
    let by_mask = Settings { loss: Loss::Contrast.into(), ..settings };
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(&by_mask, SIZE), 4);
    let error = evaluator.evaluate(&[candidate]).unwrap_err();
    assert!(error.subject == "`loss = contrast`" && error.fix.contains("drift"), "{error}");
}

#[test]
fn batches_that_overlap_change_nothing() {
    let subjects = subjects(0.55, 7);
    let alone = run(&scan(20), &subjects, 1);
    for batch in [1, 3, 8, 64] {
        for depth in [2, 3] {
            assert_eq!(overlapped(&scan(20), &subjects, batch, depth), alone, "batch {batch}, depth {depth}");
        }
    }
}
