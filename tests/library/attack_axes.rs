//! Attacks over other axes than the paper's, on a segmenter without a model: red is anomalous.

use askance::attack::{Border, Evaluator, Objective, Settings, Work, WorstCase, worst_cases};
use askance::model::Fake;
use askance::types::{Attack, Axis, Bounds, Frame, Image, Mask, Perturbation, SampleId};

const SIZE: usize = 48;
const GRID: (usize, usize) = (6, 6);

/// A grey part with a red square somewhere.
fn sample(number: usize) -> Work {
    let mut image = Image::from_elem((3, SIZE, SIZE), 0.45);
    let mut mask = Mask::from_elem((SIZE, SIZE), false);
    let (top, left) = (6 + 7 * (number % 4), 28 - 5 * (number % 5));
    for y in top..top + 12 {
        for x in left..left + 12 {
            (image[[0, y, x]], image[[1, y, x]]) = (0.75, 0.2);
            mask[[y, x]] = true;
        }
    }
    let id = SampleId { category: "part".into(), defect: "red".into(), stem: format!("{number:03}") };
    Work { index: number, id, image, mask: Some(mask) }
}

fn over(axes: &[Axis], budget: usize) -> Settings {
    Settings { attacks: Attack::over(axes), axes: axes.to_vec(), budget, seed: 3, ..Settings::default() }
}

fn attack(settings: &Settings, batch: usize, count: usize) -> Vec<Vec<WorstCase>> {
    let mut fake = Fake::new(SIZE, GRID);
    let mut found = Vec::new();
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(settings, SIZE), batch);
    let mut done = |_: Work, outcomes: Vec<WorstCase>| {
        found.push(outcomes);
        Ok(())
    };
    let source = (0..count).map(|number| Ok(sample(number)));
    worst_cases(&mut evaluator, settings, source, &mut done, &|| false, &|_| {}).unwrap();
    found
}

#[test]
fn every_axis_can_be_attacked_alone_and_all_jointly() {
    let settings = over(&Axis::ALL, 20);
    for outcomes in attack(&settings, 8, 4) {
        let attacks: Vec<Attack> = outcomes.iter().map(|outcome| outcome.attack).collect();
        assert_eq!(attacks, Attack::over(&Axis::ALL));
        let joint = outcomes.last().unwrap();
        for outcome in &outcomes {
            assert!(outcome.loss <= outcomes[0].loss && joint.loss <= outcome.loss, "{}", outcome.attack);
            for axis in Axis::ALL {
                let value = outcome.perturbation.get(axis);
                let interval = Bounds::default().get(axis);
                assert!(interval.low <= value && value <= interval.high, "{outcome:?}");
                assert!(value == 0.0 || settings.axes_of(outcome.attack).contains(&axis), "{outcome:?}");
            }
        }
    }
}

#[test]
fn the_joint_attack_has_exactly_the_named_axes() {
    let settings = over(&[Axis::Hue, Axis::Temperature], 40);
    for outcomes in attack(&settings, 8, 3) {
        let probes = &outcomes.last().unwrap().trace;
        assert_eq!(probes.len(), 40);
        for axis in Axis::ALL {
            let searched = probes.iter().any(|probe| probe.perturbation.get(axis) != 0.0);
            assert_eq!(searched, settings.axes.contains(&axis), "{axis}");
        }
    }
}

#[test]
fn more_axes_change_nothing_about_the_attacks_on_one() {
    let few = attack(&over(&[Axis::Hue], 15), 4, 4);
    let many = attack(&over(&[Axis::Hue, Axis::Blur, Axis::Jpeg], 15), 7, 4);
    for (few, many) in few.iter().zip(&many) {
        assert_eq!(format!("{few:?}"), format!("{:?}", &many[..2]));
    }
}

#[test]
fn the_batch_changes_nothing() {
    let settings = over(&[Axis::Scale, Axis::TranslateX, Axis::Blur, Axis::Jpeg], 16);
    let text = |batch| format!("{:?}", attack(&settings, batch, 6));
    let alone = text(1);
    for batch in [3, 16] {
        assert_eq!(text(batch), alone, "batch {batch}");
    }
}

#[test]
fn the_map_is_brought_back_and_the_mask_left_alone() {
    // What moves the defect and leaves it in the picture moves its map: brought back, both meet again.
    let work = sample(1);
    let mask = work.mask.as_ref().unwrap();
    let p = Perturbation::of([(Axis::Scale, 0.3), (Axis::TranslateX, 0.1), (Axis::TranslateY, -0.05)]);
    let settings = Settings { border: Border::Ignore, ..over(&[Axis::Scale], 1) };
    let objective = Objective::new(&settings, SIZE);
    let mut moved = Image::zeros(work.image.dim());
    objective.perturber().apply(work.image.view(), p, moved.view_mut());
    // Redness itself as a map of pixels.
    let red = |image: &Image| {
        (&image.index_axis(ndarray::Axis(0), 0) - &image.index_axis(ndarray::Axis(0), 1)).mapv(|v| v.max(0.0))
    };
    let map = red(&moved);
    let scored = objective.scored(map.view(), mask, &p);
    assert_eq!(&scored.mask, mask);
    assert!(objective.sample_auroc(map.view(), mask, p).unwrap() > 0.99);
    let not_brought_back = objective.sample_auroc(map.view(), mask, Perturbation::IDENTITY).unwrap();
    assert!(not_brought_back < 0.9, "{not_brought_back}");
    // Zoomed in by 1.23, a picture shows two thirds of itself: 1 / 1.23^2, and a little less for the shift.
    let valid = scored.valid.unwrap();
    let share = valid.iter().filter(|&&valid| valid).count() as f64 / valid.len() as f64;
    assert!((0.55..0.67).contains(&share), "{share}");

    let rotated = Objective::new(&Settings { frame: Frame::RotatedMask, ..settings }, SIZE);
    let scored = rotated.scored(map.view(), mask, &p);
    assert_eq!(scored.map, map);
    assert!(rotated.sample_auroc(map.view(), mask, p).unwrap() > 0.99);
}
