//! Candidates that are kept for `--select pooled`, and the choice among them.

use askance::attack::{
    Choices, Chooser, Evaluator, KeptCandidate, Objective, PooledSample, Select, Settings, Work, WorstCase,
    category_metrics, choose_pooled, worst_cases,
};
use askance::metric::{AuproMode, MetricOptions};
use askance::model::{Fake, Segmentation};
use askance::types::{
    Attack, Axis, Detail, Frame, Image, Label, Map, Mask, Perturbation, PooledMetric, SampleId,
};
use proptest::prelude::*;

const SIZE: usize = 48;
const GRID: (usize, usize) = (6, 6);

/// A grey part with a reddish square on it, or without one for every third number.
fn sample(number: usize) -> Work {
    let mut image = Image::from_elem((3, SIZE, SIZE), 0.45 + 0.02 * number as f32);
    let mut mask = Mask::from_elem((SIZE, SIZE), false);
    let (top, left) = (4 + 5 * (number % 5), 30 - 4 * (number % 6));
    for (y, x) in (top..top + 12).flat_map(|y| (left..left + 12).map(move |x| (y, x))) {
        image[[0, y, x]] = 0.55 + 0.05 * (number % 7) as f32;
        image[[1, y, x]] = 0.2 + 0.05 * (number % 3) as f32;
        mask[[y, x]] = number % 3 != 2;
    }
    let id = SampleId { category: "part".into(), defect: "red".into(), stem: format!("{number:03}") };
    Work { index: number, id, image, mask: Some(mask) }
}

fn outcomes(settings: &Settings, count: usize) -> Vec<Vec<WorstCase>> {
    let mut fake = Fake::new(SIZE, GRID);
    let mut found = Vec::new();
    let mut evaluator = Evaluator::new(&mut fake, Objective::new(settings, SIZE), 4);
    let source = (0..count).map(|number| Ok(sample(number)));
    let mut done = |_, outcomes| {
        found.push(outcomes);
        Ok(())
    };
    worst_cases(&mut evaluator, settings, source, &mut done, &|| false, &|_| {}).unwrap();
    found
}

fn settings() -> Settings {
    Settings { budget: 25, seed: 3, select: Select::Pooled, ..Settings::default() }
}

/// The pooled metric of a choice, as summaries have it.
fn pooled(
    objective: &Objective,
    choices: &[Choices<'_>],
    chosen: &[usize],
    metric: PooledMetric,
    options: &MetricOptions,
) -> Option<f64> {
    let pooled: Vec<PooledSample<'_>> = choices
        .iter()
        .zip(chosen)
        .map(|(sample, &at)| PooledSample {
            patch_map: sample.candidates[at].segmentation.map.clone(),
            perturbation: sample.candidates[at].perturbation,
            image_score: 0.5,
            mask: sample.mask,
            label: Label::Anomalous,
        })
        .collect();
    metric.of(&category_metrics(objective, &pooled, options).unwrap())
}

#[test]
fn a_search_keeps_the_unchanged_picture_and_what_it_found() {
    for outcomes in outcomes(&settings(), 4) {
        for outcome in &outcomes {
            assert_eq!(outcome.candidates[0].perturbation, Perturbation::IDENTITY, "{}", outcome.attack);
            let found = outcome.candidates.iter().find(|kept| kept.perturbation == outcome.perturbation);
            let found = found.unwrap_or_else(|| panic!("{} lost what it found", outcome.attack));
            assert_eq!((found.loss, &found.segmentation), (outcome.loss, &outcome.segmentation));
            assert!(outcome.candidates.iter().all(|kept| kept.loss >= outcome.loss));
            let most = if outcome.attack == Attack::Clean { 1 } else { 33 };
            assert!((1..=most).contains(&outcome.candidates.len()), "{}", outcome.candidates.len());
        }
    }
    let without = outcomes(&Settings { select: Select::Loss, ..settings() }, 1);
    assert!(without[0].iter().all(|outcome| outcome.candidates.is_empty()));
}

#[test]
fn the_choice_is_never_weaker_than_a_start_and_no_exchange_of_one_sample_improves_it() {
    let settings = settings();
    let objective = Objective::new(&settings, SIZE);
    let found = outcomes(&settings, 6);
    let samples: Vec<Work> = (0..6).map(sample).collect();
    let choices: Vec<Choices<'_>> = samples
        .iter()
        .zip(&found)
        .map(|(sample, outcomes)| Choices {
            name: &sample.id.stem,
            candidates: &outcomes[4].candidates,
            mask: sample.mask.as_ref().unwrap(),
        })
        .collect();
    let by_loss: Vec<usize> = choices
        .iter()
        .map(|Choices { candidates, .. }| {
            let loss = |at: &usize| candidates[*at].loss;
            (0..candidates.len()).min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap()
        })
        .collect();
    let starts = [by_loss, vec![0; 6]];
    let options = MetricOptions::default();
    for metric in PooledMetric::ALL {
        let chosen = choose_pooled(&objective, &choices, &starts, metric, &options).unwrap();
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let again = pool.install(|| choose_pooled(&objective, &choices, &starts, metric, &options));
            assert_eq!(chosen, again.unwrap(), "{metric} with {threads} threads");
        }
        let value = |chosen: &[usize]| pooled(&objective, &choices, chosen, metric, &options).unwrap();
        let reached = value(&chosen);
        for start in &starts {
            assert!(reached <= value(start), "{metric}");
        }
        for (at, sample) in choices.iter().enumerate() {
            for other in 0..sample.candidates.len() {
                let mut exchanged = chosen.clone();
                exchanged[at] = other;
                assert!(value(&exchanged) > reached - 1e-4, "{metric}: sample {at} with {other} is lower");
            }
        }
        // The samples in another order: the same choice.
        let backwards: Vec<Choices<'_>> = choices.iter().rev().copied().collect();
        let starts: Vec<Vec<usize>> = starts.iter().map(|s| s.iter().rev().copied().collect()).collect();
        let again = choose_pooled(&objective, &backwards, &starts, metric, &options).unwrap();
        assert!(again.iter().rev().eq(&chosen), "{metric}");
    }
}

fn kept(level_of: impl Fn((usize, usize)) -> f32) -> KeptCandidate {
    KeptCandidate {
        perturbation: Perturbation::IDENTITY,
        loss: 0.0,
        sample_auroc: None,
        segmentation: Segmentation { map: Map::from_shape_fn(GRID, level_of), image_score: 0.5 },
    }
}

#[test]
fn values_are_those_of_exchanges_and_what_was_evaluated_coarsely_is_never_chosen() {
    let settings = settings();
    let objective = Objective::new(&settings, SIZE);
    let found = outcomes(&settings, 4);
    let samples: Vec<Work> = (0..4).map(sample).collect();
    let masks = || samples.iter().map(|sample| sample.mask.as_ref().unwrap());
    let all: Vec<&[KeptCandidate]> = found.iter().map(|outcomes| outcomes[4].candidates.as_slice()).collect();
    let choices = |candidates: &[Vec<KeptCandidate>]| -> Vec<Choices<'static>> {
        // Borrowed for as long as the test runs.
        let candidates: &'static [Vec<KeptCandidate>] = Box::leak(candidates.to_vec().into_boxed_slice());
        let masks: Vec<Mask> = masks().cloned().collect();
        let masks: &'static [Mask] = Box::leak(masks.into_boxed_slice());
        let names: [&'static str; 4] = ["0", "1", "2", "3"];
        candidates
            .iter()
            .zip(masks)
            .zip(names)
            .map(|((candidates, mask), name)| Choices { name, candidates, mask })
            .collect()
    };
    let half = |from: usize| -> Vec<Vec<KeptCandidate>> {
        all.iter().map(|all| all.iter().skip(from).step_by(2).cloned().collect()).collect()
    };
    let (options, starts) = (MetricOptions::default(), [vec![0; 4]]);
    let (first, second) = (choices(&half(0)), half(1));
    for metric in PooledMetric::ALL {
        let mut chooser = Chooser::new(&objective, &first, &starts, &options);
        chooser.add(second.clone(), Detail::Full);
        let together: Vec<Vec<KeptCandidate>> =
            half(0).into_iter().zip(&second).map(|(one, two)| [one, two.clone()].concat()).collect();
        let together = choices(&together);
        let chosen = chooser.lowest(metric, &starts);
        let value = |chosen: &[usize]| pooled(&objective, &together, chosen, metric, &options).unwrap();
        assert!((chooser.value(metric, &chosen) - value(&chosen)).abs() < 1e-3);
        for (at, values) in chooser.values(metric, &chosen).iter().enumerate() {
            assert_eq!(values.len(), together[at].candidates.len());
            for (other, given) in values.iter().enumerate() {
                let mut exchanged = chosen.clone();
                exchanged[at] = other;
                assert!((given - value(&exchanged)).abs() < 1e-3, "{metric}: {at} {other}");
                assert!(*given >= chooser.value(metric, &chosen) - 1e-9, "{metric}: nothing is lower");
            }
        }
        // The same evaluations, of which the second half are coarse.
        let mut chooser = Chooser::new(&objective, &first, &starts, &options);
        let alone = chooser.lowest(metric, &starts);
        chooser.add(second.clone(), Detail::Coarse);
        assert_eq!(chooser.lowest(metric, &starts), alone);
        assert_eq!(chooser.values(metric, &alone)[0].len(), together[0].candidates.len());
        let details: Vec<Detail> = chooser.evaluations(0).map(|(_, detail)| detail).collect();
        assert_eq!(details.iter().filter(|&&detail| detail == Detail::Coarse).count(), second[0].len());
    }
}

#[test]
fn a_sample_takes_what_hurts_the_others_though_its_own_loss_is_higher() {
    let objective = Objective::new(&Settings::default(), SIZE);
    // The normal part's high map lies above the other part's anomaly.
    let anomalous = [kept(|_| 0.6)];
    let normal = [kept(|_| 0.2), kept(|_| 0.9), kept(|_| 0.6)];
    let masks = [true, false].map(|anomaly| Mask::from_elem((SIZE, SIZE), anomaly));
    let choices = [
        Choices { name: "a", candidates: &anomalous, mask: &masks[0] },
        Choices { name: "b", candidates: &normal, mask: &masks[1] },
    ];
    let options = MetricOptions::default();
    for metric in PooledMetric::ALL {
        let chosen = choose_pooled(&objective, &choices, &[vec![0, 0]], metric, &options).unwrap();
        assert_eq!(chosen, [0, 1], "{metric}");
        // Without an anomalous pixel there is nothing to lower, and the first start stays.
        let starts = [vec![2], vec![1]];
        let chosen = choose_pooled(&objective, &choices[1..], &starts, metric, &options).unwrap();
        assert_eq!(chosen, [2], "{metric}");
    }
}

#[test]
fn where_clean_has_no_metric_no_attack_has_one() {
    // Turned by 45 degrees, a mask of the whole picture leaves the corners normal.
    let objective = Objective::new(&Settings { frame: Frame::RotatedMask, ..Settings::default() }, SIZE);
    let turned =
        KeptCandidate { perturbation: Perturbation::IDENTITY.with(Axis::Angle, 45.0), ..kept(|_| 0.6) };
    let candidates = [kept(|_| 0.6), turned];
    let mask = Mask::from_elem((SIZE, SIZE), true);
    let choices = [Choices { name: "a", candidates: &candidates, mask: &mask }];
    let options = MetricOptions::default();
    for metric in PooledMetric::ALL {
        assert_eq!(pooled(&objective, &choices, &[0], metric, &options), None);
        assert!(pooled(&objective, &choices, &[1], metric, &options).is_some());
        let chosen = choose_pooled(&objective, &choices, &[vec![1], vec![0]], metric, &options).unwrap();
        assert_eq!(chosen, [0], "{metric}");
    }
}

#[test]
fn each_metric_has_its_own_choice() {
    let objective = Objective::new(&Settings::default(), SIZE);
    // A large region and a small one. Pixel AUROC falls most where the large one is missed; AUPRO, to which both are worth the same,
    // where the small one is missed and a part of the large one lies in the false positives beyond its limit.
    let mask = Mask::from_shape_fn((SIZE, SIZE), |(y, x)| {
        (y < 16 && (x < 16 || (32..40).contains(&x))) || (y >= 40 && x < 8)
    });
    let large = |y: usize, x: usize| y < 2 && x < 2;
    let small = |y: usize, x: usize| (y < 2 && x == 4) || (y == 5 && x == 0);
    let found_large = kept(|(y, x)| {
        if large(y, x) {
            0.9
        } else if small(y, x) {
            0.0
        } else {
            0.3
        }
    });
    let found_small = kept(|(y, x)| {
        if small(y, x) {
            0.9
        } else if large(y, x) {
            0.0
        } else {
            0.3
        }
    });
    let candidates =
        [kept(|(y, x)| if large(y, x) || small(y, x) { 0.9 } else { 0.3 }), found_large, found_small];
    let choices = [Choices { name: "a", candidates: &candidates, mask: &mask }];
    let starts = [vec![0]];
    let options = MetricOptions::default();
    let chooser = Chooser::new(&objective, &choices, &starts, &options);
    let [by_auroc, by_aupro] = PooledMetric::ALL.map(|metric| chooser.choose(metric, &starts).unwrap());
    let value = |chosen: &[usize], metric| pooled(&objective, &choices, chosen, metric, &options).unwrap();
    let (auroc, aupro) = (PooledMetric::PixelAuroc, PooledMetric::Aupro);
    assert!(value(&by_auroc, auroc) < value(&by_aupro, auroc) - 0.05);
    assert!(value(&by_aupro, aupro) < value(&by_auroc, aupro) - 0.05);
}

/// Masks, candidates (angle and patch scores) for each sample, and starts.
type Case = (Vec<Vec<bool>>, Vec<Vec<(i8, Vec<f32>)>>, Vec<Vec<usize>>);

/// Scores of few levels, so that values are often equal.
fn case() -> impl Strategy<Value = Case> {
    let candidate = || ((-2i8..3), prop::collection::vec((0i8..5).prop_map(f32::from), 9));
    (1usize..5, 1usize..4).prop_flat_map(move |(samples, starts)| {
        (
            prop::collection::vec(prop::collection::vec(prop::bool::weighted(0.2), 64), samples),
            prop::collection::vec(prop::collection::vec(candidate(), 4), samples),
            prop::collection::vec(prop::collection::vec(0usize..4, samples), starts),
        )
    })
}

proptest! {
    #[test]
    fn no_start_is_below_the_choice(
        (masks, candidates, starts) in case(),
        aupro in prop::sample::select(AuproMode::ALL.to_vec()),
        frame in prop::sample::select(Frame::ALL.to_vec()),
    ) {
        let objective = Objective::new(&Settings { frame, ..Settings::default() }, 8);
        let options = MetricOptions { aupro, ..MetricOptions::default() };
        let masks: Vec<Mask> =
            masks.into_iter().map(|mask| Mask::from_shape_vec((8, 8), mask).unwrap()).collect();
        let candidates: Vec<Vec<KeptCandidate>> = candidates
            .into_iter()
            .map(|of_sample| {
                let kept = |(turn, scores): (i8, Vec<f32>)| KeptCandidate {
                    perturbation: Perturbation::IDENTITY.with(Axis::Angle, 30.0 * f64::from(turn)),
                    segmentation: Segmentation {
                        map: Map::from_shape_vec((3, 3), scores).unwrap(),
                        image_score: 0.5,
                    },
                    loss: 0.0,
                    sample_auroc: None,
                };
                of_sample.into_iter().map(kept).collect()
            })
            .collect();
        let names = ["d", "a", "c", "b"];
        let choices: Vec<Choices<'_>> = masks
            .iter()
            .zip(&candidates)
            .zip(names)
            .map(|((mask, candidates), name)| Choices { name, candidates, mask })
            .collect();
        let chooser = Chooser::new(&objective, &choices, &starts, &options);
        for metric in PooledMetric::ALL {
            let value = |chosen: &[usize]| pooled(&objective, &choices, chosen, metric, &options);
            let chosen = chooser.choose(metric, &starts).unwrap();
            let reached = value(&chosen);
            let unchanged = |all: &Vec<KeptCandidate>| {
                all.iter().position(|kept| kept.perturbation == Perturbation::IDENTITY)
            };
            let unchanged: Option<Vec<usize>> = candidates.iter().map(unchanged).collect();
            if unchanged.is_some_and(|unchanged| value(&unchanged).is_none()) {
                prop_assert_eq!(reached, None);
                continue;
            }
            for start in &starts {
                let of_start = value(start);
                prop_assert!(of_start.is_none() || reached.is_some_and(|reached| Some(reached) <= of_start));
            }
            if reached.is_none() {
                prop_assert_eq!(&chosen, &starts[0]);
            }
        }
    }
}
