//! The per-sample worst case on a segmenter without a model: red is anomalous.

use std::cell::Cell;

use ndarray::ArrayView4;

use askance::attack::{
    Border, Candidate, Clock, Evaluation, Evaluator, Objective, PooledSample, Preset, SearchChoice, Select,
    Settings, Work, WorstCase, category_metrics, uniform, worst_cases,
};
use askance::error::{Error, Kind, Result};
use askance::metric::{self, Loss, MetricOptions};
use askance::model::{Fake, Provenance, Segmentation, Segmenter};
use askance::perturb;
use askance::search;
use askance::types::{Attack, Axis, Bounds, Detail, Frame, Image, Label, Mask, Perturbation, SampleId};

use crate::coarse::WithCoarse;

const SIZE: usize = 48;
const GRID: (usize, usize) = (6, 6);

fn settings(budget: usize) -> Settings {
    Settings { budget, seed: 7, ..Settings::default() }
}

/// A grey part with a reddish square somewhere; its colour and place depend on the number.
fn sample(number: usize) -> Work {
    let mut image = Image::from_elem((3, SIZE, SIZE), 0.45);
    let mut mask = Mask::from_elem((SIZE, SIZE), false);
    let (top, left) = (4 + 5 * (number % 5), 30 - 4 * (number % 6));
    for y in top..top + 12 {
        for x in left..left + 12 {
            image[[0, y, x]] = 0.6 + 0.05 * (number % 7) as f32;
            image[[1, y, x]] = 0.15 + 0.03 * (number % 3) as f32;
            mask[[y, x]] = true;
        }
    }
    let id = SampleId { category: "part".into(), defect: "red".into(), stem: format!("{number:03}") };
    Work { index: number, id, image, mask: Some(mask) }
}

fn attack(settings: &Settings, batch: usize, count: usize) -> (Vec<Vec<WorstCase>>, Fake) {
    let mut fake = Fake::new(SIZE, GRID);
    let mut found = Vec::new();
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(settings, SIZE), batch);
    worst_cases(
        &mut evaluator,
        settings,
        (0..count).map(|number| Ok(sample(number))),
        &mut |work, outcomes| {
            assert_eq!(work.index, found.len(), "samples leave in the order in which they came");
            found.push(outcomes);
            Ok(())
        },
        &|| false,
        &|_| {},
    )
    .unwrap();
    (found, fake)
}

#[test]
fn the_worst_case_is_never_better_than_clean_and_joint_never_weaker_than_one_axis() {
    for search in [
        SearchChoice::Auto,
        SearchChoice::Named(search::Kind::CmaEs),
        SearchChoice::Named(search::Kind::Random),
    ] {
        for budget in [1, 2, 9, 30] {
            let settings = Settings { search, ..settings(budget) };
            for outcomes in attack(&settings, 8, 9).0 {
                let attacks: Vec<Attack> = outcomes.iter().map(|outcome| outcome.attack).collect();
                assert_eq!(attacks, Attack::over(&Axis::PAPER));
                let (clean, joint) = (outcomes[0].loss, outcomes[4].loss);
                for outcome in &outcomes {
                    assert!(outcome.loss <= clean, "{search} {budget} {:?}", outcome.attack);
                    assert!(joint <= outcome.loss, "{search} {budget} {:?}", outcome.attack);
                }
            }
        }
    }
}

#[test]
fn the_search_really_finds_something() {
    for outcomes in attack(&settings(40), 8, 6).0 {
        let clean = outcomes[0].loss;
        assert!(clean > 0.1, "the fake sees the square: {clean}");
        // Any hue that is not red hides the square from it altogether.
        assert!(outcomes[2].loss < 0.01 * clean, "hue: {} of {clean}", outcomes[2].loss);
        // A shift down by half leaves no more than half of the redness.
        assert!(outcomes[3].loss < 0.6 * clean, "saturation: {} of {clean}", outcomes[3].loss);
        assert!(outcomes[3].perturbation.get(Axis::Saturation) < -0.4);
    }
}

#[test]
fn the_batch_changes_nothing() {
    let settings = settings(20);
    let text = |batch| format!("{:?}", attack(&settings, batch, 11).0);
    let alone = text(1);
    for batch in [2, 5, 16, 64] {
        assert_eq!(text(batch), alone, "batch {batch}");
    }
}

#[test]
fn the_company_of_a_sample_changes_nothing() {
    let settings = settings(15);
    let all = attack(&settings, 4, 6).0;
    let few = attack(&settings, 4, 2).0;
    assert_eq!(format!("{:?}", &all[..2]), format!("{few:?}"));
}

#[test]
fn another_seed_is_another_search() {
    let one = attack(&settings(15), 4, 3).0;
    let other = attack(&Settings { seed: 8, ..settings(15) }, 4, 3).0;
    assert_ne!(format!("{one:?}"), format!("{other:?}"));
}

#[test]
fn every_evaluation_is_counted_and_none_is_over_budget() {
    for kind in [search::Kind::Grid, search::Kind::Random, search::Kind::CmaEs] {
        for budget in [1, 7, 25] {
            let settings = Settings { search: SearchChoice::Named(kind), ..settings(budget) };
            let (found, fake) = attack(&settings, 8, 5);
            let counted: usize = found
                .iter()
                .flatten()
                .map(|o| if o.attack == Attack::Clean { 1 } else { o.evaluations - 1 })
                .sum();
            assert_eq!(fake.images(), counted, "{kind} {budget}");
            assert!(found.iter().flatten().all(|outcome| outcome.evaluations <= budget), "{kind} {budget}");
            assert!(fake.images() <= 5 * settings.evaluations_per_sample());
        }
    }
}

#[test]
fn random_and_cma_es_use_the_whole_budget() {
    for kind in [search::Kind::Random, search::Kind::CmaEs] {
        let settings = Settings { search: SearchChoice::Named(kind), ..settings(33) };
        for outcome in
            attack(&settings, 8, 3).0.iter().flatten().filter(|outcome| outcome.attack != Attack::Clean)
        {
            assert_eq!(outcome.evaluations, 33, "{kind} {}", outcome.attack);
        }
    }
}

#[test]
fn found_perturbations_stay_on_their_axes_and_within_bounds() {
    let bounds = Bounds::default();
    for outcome in attack(&settings(25), 8, 6).0.iter().flatten() {
        for axis in Axis::ALL {
            let value = outcome.perturbation.get(axis);
            let interval = bounds.get(axis);
            assert!(value >= interval.low && value <= interval.high, "{outcome:?}");
            assert!(value == 0.0 || outcome.attack.axes(&Axis::PAPER).contains(&axis), "{outcome:?}");
        }
    }
}

#[test]
fn the_reported_loss_is_that_of_the_reported_perturbation() {
    let settings = settings(20);
    let (found, _) = attack(&settings, 8, 4);
    let mut fake = Fake::new(SIZE, GRID);
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(&settings, SIZE), 1);
    for (number, outcomes) in found.iter().enumerate() {
        let work = sample(number);
        for outcome in outcomes {
            let candidate = Candidate {
                image: &work.image,
                mask: work.mask.as_ref(),
                clean: None,
                sample: None,
                category: "part",
                perturbation: outcome.perturbation,
                detail: Detail::Full,
            };
            let again = evaluator.evaluate(&[candidate]).unwrap();
            assert_eq!(again[0].loss, outcome.loss);
            assert_eq!(again[0].segmentation, outcome.segmentation);
        }
    }
}

#[test]
fn the_mask_is_untouched_in_the_derotated_frame_and_turns_in_the_other() {
    let Work { image, mask, .. } = sample(0);
    let mask = mask.unwrap();
    let map = Fake::new(SIZE, GRID)
        .segment(image.view().insert_axis(ndarray::Axis(0)), &["part"])
        .unwrap()
        .remove(0)
        .map;
    let turned = |angle| Perturbation::IDENTITY.with(Axis::Angle, angle);
    let derotated = Objective::new(&settings(1), SIZE);
    for angle in [0.0, 33.0, -90.0] {
        let scored = derotated.scored(map.view(), &mask, &turned(angle));
        assert_eq!(scored.mask, mask);
        assert_eq!(scored.valid, None);
    }
    let ignoring = Objective::new(&Settings { border: Border::Ignore, ..settings(1) }, SIZE);
    let valid = ignoring.scored(map.view(), &mask, &turned(45.0)).valid.unwrap();
    let share = valid.iter().filter(|&&v| v).count() as f64 / valid.len() as f64;
    assert!((share - 0.83).abs() < 0.03, "a square turned by 45 degrees keeps 83 % of itself: {share}");

    let rotated = Objective::new(&Settings { frame: Frame::RotatedMask, ..settings(1) }, SIZE);
    let scored = rotated.scored(map.view(), &mask, &turned(90.0));
    assert_eq!(scored.map, perturb::upsample(map.view(), (SIZE, SIZE)));
    // A quarter turn clockwise takes row y to column SIZE - 1 - y.
    for ((y, x), &value) in mask.indexed_iter() {
        assert_eq!(scored.mask[[x, SIZE - 1 - y]], value);
    }
}

#[test]
fn the_paper_takes_the_loss_before_the_map_is_turned_back_by_three_passes() {
    let Work { mask, .. } = sample(0);
    let mask = mask.unwrap();
    let patches = ndarray::Array2::from_shape_fn(GRID, |(y, x)| ((3 * y + x) % 5) as f32 / 4.0);
    let answer = Segmentation { map: patches.clone(), image_score: 0.5 };
    let turned = Perturbation::IDENTITY.with(Axis::Angle, 33.0);
    let objective = Objective::new(&Preset::Paper.settings(), SIZE);

    let scored = objective.scored(patches.view(), &mask, &turned);
    let restorer = perturb::Restorer::new(perturb::Rotation::ThreePass, SIZE);
    assert_eq!(scored.map, restorer.restore(patches.view(), &turned).0);
    assert_eq!((scored.mask, scored.valid), (mask.clone(), None));

    let map = perturb::upsample(patches.view(), (SIZE, SIZE));
    let moved = perturb::warp_mask(mask.view(), &turned);
    let expected = metric::loss(Loss::Contrast, map.view(), moved.view(), None);
    assert_eq!(objective.loss_of(&answer, mask.dim(), Some(&mask), None, turned).unwrap(), expected);
    let derotated = metric::loss(Loss::Contrast, scored.map.view(), mask.view(), None);
    assert!((expected - derotated).abs() > 1e-3, "{expected} {derotated}");
}

#[test]
fn both_frames_agree_where_nothing_turns() {
    let rotated = Settings {
        frame: Frame::RotatedMask,
        attacks: vec![Attack::Clean, Attack::Single(Axis::Hue)],
        ..settings(12)
    };
    let derotated = Settings { frame: Frame::Derotated, ..rotated.clone() };
    assert_eq!(format!("{:?}", attack(&rotated, 4, 3).0), format!("{:?}", attack(&derotated, 4, 3).0));
}

#[test]
fn an_interrupted_attack_has_handed_over_only_complete_samples() {
    let settings = settings(20);
    let mut fake = Fake::new(SIZE, GRID);
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(&settings, SIZE), 4);
    let calls = Cell::new(0);
    let mut complete = 0;
    let error = worst_cases(
        &mut evaluator,
        &settings,
        (0..20).map(|number| Ok(sample(number))),
        &mut |_, outcomes| {
            assert_eq!(outcomes.len(), 5);
            complete += 1;
            Ok(())
        },
        &|| {
            calls.set(calls.get() + 1);
            calls.get() > 60
        },
        &|_| {},
    )
    .unwrap_err();
    assert_eq!(error.kind, Kind::Interrupted);
    assert!(complete > 0 && complete < 20, "{complete}");
}

#[test]
fn an_error_of_the_source_ends_the_run() {
    let settings = settings(5);
    let mut fake = Fake::new(SIZE, GRID);
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(&settings, SIZE), 4);
    let source: Vec<Result<Work>> =
        vec![Ok(sample(0)), Err(Error::file("b.png", "is empty", "copy it again"))];
    let error =
        worst_cases(&mut evaluator, &settings, source, &mut |_, _| Ok(()), &|| false, &|_| {}).unwrap_err();
    assert_eq!(error.subject, "b.png");
}

#[test]
fn a_sweep_evaluates_every_sample_under_every_perturbation() {
    let settings = settings(1);
    let works: Vec<Work> = (0..5).map(sample).collect();
    let perturbations: Vec<Perturbation> =
        [-1.0, 0.0, 2.0].map(|hue| Perturbation::IDENTITY.with(Axis::Hue, hue)).to_vec();
    let mut fake = Fake::new(SIZE, GRID);
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(&settings, SIZE), 4);
    let mut rows: Vec<Vec<Evaluation>> = Vec::new();
    let mut done = |place, row| {
        assert_eq!(place, rows.len());
        rows.push(row);
        Ok(())
    };
    let samples: Vec<&Work> = works.iter().collect();
    uniform(&mut evaluator, &samples, &perturbations, &mut done, &|| false, &|_| {}).unwrap();
    assert_eq!(rows.len(), 5);
    for (work, row) in works.iter().zip(&rows) {
        for (perturbation, evaluation) in perturbations.iter().zip(row) {
            let candidate = Candidate {
                image: &work.image,
                mask: work.mask.as_ref(),
                clean: None,
                sample: None,
                category: "part",
                perturbation: *perturbation,
                detail: Detail::Full,
            };
            assert_eq!(evaluator.evaluate(&[candidate]).unwrap()[0].loss, evaluation.loss);
        }
    }
}

#[test]
fn pooled_metrics_fall_from_clean_to_worst() {
    let settings = settings(30);
    let (found, _) = attack(&settings, 8, 6);
    let objective = Objective::new(&settings, SIZE);
    let works: Vec<Work> = (0..6).map(sample).collect();
    let auroc = |attack: usize| {
        let pooled: Vec<PooledSample<'_>> = works
            .iter()
            .zip(&found)
            .map(|(work, outcomes)| PooledSample {
                patch_map: outcomes[attack].segmentation.map.clone(),
                perturbation: outcomes[attack].perturbation,
                image_score: outcomes[attack].segmentation.image_score,
                mask: work.mask.as_ref().unwrap(),
                label: Label::Anomalous,
            })
            .collect();
        category_metrics(&objective, &pooled, &MetricOptions::default()).unwrap().pixel_auroc.unwrap()
    };
    assert!(auroc(0) > 0.95, "{}", auroc(0));
    assert!(auroc(4) < auroc(0) - 0.3, "{} from {}", auroc(4), auroc(0));
}

#[test]
fn the_kept_candidate_is_the_one_of_lowest_auroc_where_that_is_asked_for() {
    let by_loss = Settings { border: Border::Ignore, ..settings(40) };
    let by_auroc = Settings { select: Select::SampleAuroc, ..by_loss.clone() };
    let objective = Objective::new(&by_auroc, SIZE);
    let auroc = |number: usize, outcome: &WorstCase| {
        let mask = sample(number).mask.unwrap();
        objective.sample_auroc(outcome.segmentation.map.view(), &mask, outcome.perturbation).unwrap()
    };
    let mut lower = 0;
    for (number, (kept, lost)) in attack(&by_auroc, 8, 6).0.iter().zip(&attack(&by_loss, 8, 6).0).enumerate()
    {
        for (kept, lost) in kept.iter().zip(lost) {
            let (kept_auroc, lost_auroc) = (auroc(number, kept), auroc(number, lost));
            assert_eq!(kept.rank, kept_auroc);
            assert_eq!(lost.rank, lost.loss);
            // One axis is searched by a grid, so that both have seen the same candidates.
            if kept.attack != Attack::Joint {
                assert!(kept_auroc <= lost_auroc, "{number} {:?}: {kept_auroc} {lost_auroc}", kept.attack);
                lower += usize::from(kept_auroc < lost_auroc);
            }
        }
        assert!(
            kept[1..4].iter().all(|outcome| kept[4].rank <= outcome.rank && outcome.rank <= kept[0].rank)
        );
    }
    assert!(lower > 0, "the lowest loss is not always the lowest AUROC");
}

#[test]
fn a_candidate_whose_defect_left_the_picture_is_not_kept_for_its_auroc() {
    let settings = Preset::Authors.settings();
    let objective = Objective::new(&settings, SIZE);
    let answer = Segmentation { map: ndarray::Array2::from_elem(GRID, 0.5), image_score: 0.5 };
    let image = Image::zeros((3, SIZE, SIZE));
    let rank = |mask: &Mask, perturbation: Perturbation| {
        let candidate = Candidate {
            image: &image,
            mask: Some(mask),
            clean: None,
            sample: None,
            category: "part",
            perturbation,
            detail: Detail::Full,
        };
        objective.rank(&answer, &candidate, -1.0)
    };
    let mut corner = Mask::from_elem((SIZE, SIZE), false);
    corner[[0, 0]] = true;
    let turned = Perturbation::IDENTITY.with(Axis::Angle, 45.0);
    assert_eq!(rank(&corner, turned), f64::INFINITY);
    assert_eq!(rank(&corner, Perturbation::IDENTITY), 0.5);
    let good = Mask::from_elem((SIZE, SIZE), false);
    assert_eq!(rank(&good, turned), -1.0);
}

#[test]
fn presets_say_what_was_published() {
    let (paper, authors) = (Preset::Paper.settings(), Preset::Authors.settings());
    for preset in [&paper, &authors] {
        assert_eq!((preset.budget, preset.loss), (100, Loss::Contrast.into()));
        assert_eq!(preset.bounds, Bounds::default());
        assert_eq!(
            preset.perturb,
            perturb::Resampling {
                rotation: perturb::Rotation::ThreePass,
                fill: perturb::Fill::Replicate,
                ..perturb::Resampling::default()
            }
        );
    }
    assert_eq!((paper.frame, paper.select), (Frame::Derotated, Select::Loss));
    assert_eq!(
        (paper.loss_frame, paper.map_rotation),
        (Some(Frame::RotatedMask), perturb::Rotation::ThreePass)
    );
    assert_eq!((authors.frame, authors.select), (Frame::RotatedMask, Select::SampleAuroc));
    assert_eq!(authors.loss_frame, None);
    for name in ["paper", "authors"] {
        assert_eq!(name.parse::<Preset>().unwrap().name(), name);
    }
    assert!("adam".parse::<Preset>().is_err());
}

/// A fake whose coarse evaluations see nothing at all, which is the worst that a map can be.
fn blind() -> WithCoarse {
    WithCoarse { full: Fake::new(SIZE, GRID), cost: 0.25, seen: |_| 0.0 }
}

fn attack_blind(settings: &Settings, batch: usize, count: usize) -> (Vec<Vec<WorstCase>>, Clock) {
    let mut model = blind();
    let mut found = Vec::new();
    let mut evaluator = Evaluator::new(&mut model, Objective::new(settings, SIZE), batch);
    let mut done = |_, outcomes| {
        found.push(outcomes);
        Ok(())
    };
    let source = (0..count).map(|number| Ok(sample(number)));
    worst_cases(&mut evaluator, settings, source, &mut done, &|| false, &|_| {}).unwrap();
    let clock = evaluator.clock();
    (found, clock)
}

#[test]
fn what_is_reported_was_never_a_coarse_look() {
    let settings = Settings { attacks: vec![Attack::Clean, Attack::Joint], ..settings(30) };
    let (found, clock) = attack_blind(&settings, 8, 5);
    let mut fake = Fake::new(SIZE, GRID);
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(&settings, SIZE), 1);
    let (mut full, mut coarse) = (0, 0);
    for (number, outcomes) in found.iter().enumerate() {
        let (work, joint) = (sample(number), &outcomes[1]);
        let candidate = Candidate {
            image: &work.image,
            mask: work.mask.as_ref(),
            clean: None,
            sample: None,
            category: "part",
            perturbation: joint.perturbation,
            detail: Detail::Full,
        };
        assert_eq!(evaluator.evaluate(&[candidate]).unwrap()[0].loss, joint.loss);
        assert!(joint.loss < outcomes[0].loss);
        assert!(joint.coarse > 20, "{}", joint.coarse);
        let cost = joint.evaluations as f64 + 0.25 * joint.coarse as f64;
        assert!(cost <= 30.0 && cost > 29.0, "{cost}");
        assert_eq!(joint.trace.iter().map(|probe| probe.cost).sum::<f64>(), cost);
        full += joint.evaluations;
        coarse += joint.coarse;
    }
    assert_eq!((clock.evaluations, clock.coarse), (full, coarse));
}

#[test]
fn the_batch_changes_nothing_where_full_and_coarse_looks_mix() {
    let settings = settings(20);
    let text = |batch| format!("{:?}", attack_blind(&settings, batch, 7).0);
    let alone = text(1);
    for batch in [3, 8, 64] {
        assert_eq!(text(batch), alone, "batch {batch}");
    }
}

/// What the attack finds, as text, with so many threads for the pixels.
fn overlapped(
    settings: &Settings,
    model: &mut dyn Segmenter,
    (batch, depth, threads): (usize, usize, usize),
) -> String {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut found = Vec::new();
    let mut evaluator = Evaluator::new(model, Objective::new(settings, SIZE), batch).with_depth(depth);
    pool.install(|| {
        let source = (0..7).map(|number| Ok(sample(number)));
        let mut done = |work: Work, outcomes: Vec<WorstCase>| {
            assert_eq!(work.index, found.len(), "samples leave in the order in which they came");
            found.push(outcomes);
            Ok(())
        };
        worst_cases(&mut evaluator, settings, source, &mut done, &|| false, &|_| {}).unwrap();
    });
    let clock = evaluator.clock();
    format!("{found:?} {} {} {}", clock.evaluations, clock.coarse, clock.pictures)
}

#[test]
fn batch_overlap_and_threads_change_nothing() {
    let settings = settings(20);
    let alone = overlapped(&settings, &mut blind(), (1, 1, 1));
    for batch in [1, 3, 8] {
        for depth in [1, 2, 3] {
            for threads in [1, 2] {
                let mut model = blind();
                let text = overlapped(&settings, &mut model, (batch, depth, threads));
                assert_eq!(text, alone, "batch {batch}, depth {depth}, {threads} threads");
            }
        }
    }
}

/// A model with memory for `most` pictures, which panics or fails otherwise where it is told to.
struct Narrow {
    fake: Fake,
    most: usize,
    refused: usize,
    ends: Option<fn() -> Error>,
}

impl Narrow {
    fn new(most: usize) -> Self {
        Self { fake: Fake::new(SIZE, GRID), most, refused: 0, ends: None }
    }
}

impl Segmenter for Narrow {
    fn name(&self) -> &str {
        self.fake.name()
    }

    fn input_size(&self) -> usize {
        self.fake.input_size()
    }

    fn grid(&self) -> (usize, usize) {
        self.fake.grid()
    }

    fn segment(&mut self, images: ArrayView4<f32>, categories: &[&str]) -> Result<Vec<Segmentation>> {
        if categories.len() > self.most {
            self.refused += 1;
            return Err(Error::new(Kind::Memory, "image.onnx", "fails: out of memory", "use less"));
        }
        match self.ends {
            Some(end) if self.fake.calls() == 5 => Err(end()),
            _ => self.fake.segment(images, categories),
        }
    }

    fn provenance(&self) -> Provenance {
        self.fake.provenance()
    }
}

#[test]
fn where_memory_does_not_suffice_the_batch_is_halved_and_nothing_else_changes() {
    let settings = settings(12);
    let wide = overlapped(&settings, &mut Narrow::new(usize::MAX), (8, 2, 2));
    for (most, refused) in [(8, 0), (7, 1), (4, 1), (3, 1), (1, 2)] {
        let mut model = Narrow::new(most);
        assert_eq!(overlapped(&settings, &mut model, (8, 2, 2)), wide, "memory for {most}");
        assert_eq!(model.refused, refused, "memory for {most}: the smaller batch is kept");
    }
    let mut model = Narrow::new(3);
    let mut evaluator = Evaluator::new(&mut model, Objective::new(&settings, SIZE), 8);
    let source = (0..9).map(|number| Ok(sample(number)));
    worst_cases(&mut evaluator, &settings, source, &mut |_, _| Ok(()), &|| false, &|_| {}).unwrap();
    assert_eq!(evaluator.batch(), 2);
}

fn ends(mut model: Narrow, depth: usize) -> Result<()> {
    let settings = settings(12);
    let mut evaluator = Evaluator::new(&mut model, Objective::new(&settings, SIZE), 2).with_depth(depth);
    let source = (0..9).map(|number| Ok(sample(number)));
    worst_cases(&mut evaluator, &settings, source, &mut |_, _| Ok(()), &|| false, &|_| {})
}

#[test]
fn what_goes_wrong_in_the_thread_of_the_model_reaches_the_caller() {
    for depth in [1, 2, 3] {
        let error = ends(Narrow::new(0), depth).unwrap_err();
        assert_eq!(error.kind, Kind::Memory);
        assert!(error.fix.contains("not even one picture"), "{error}");

        let fails: fn() -> Error = || Error::model("image.onnx", "is broken", "mend it");
        let error = ends(Narrow { ends: Some(fails), ..Narrow::new(8) }, depth).unwrap_err();
        assert_eq!(error.problem, "is broken");

        let panics: fn() -> Error = || panic!("the model has burst");
        let burst = std::panic::catch_unwind(|| ends(Narrow { ends: Some(panics), ..Narrow::new(8) }, depth));
        assert_eq!(burst.unwrap_err().downcast_ref::<&str>(), Some(&"the model has burst"));
    }
}
