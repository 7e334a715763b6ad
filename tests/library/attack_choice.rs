//! Candidates that are kept for `--select pooled`, and the choice among them.

use askance::attack::{
    Choices, Evaluator, KeptCandidate, Objective, PooledSample, Select, Settings, Work, WorstCase,
    category_metrics, choose_pooled, worst_cases,
};
use askance::metric::MetricOptions;
use askance::model::{Fake, Segmentation};
use askance::types::{Attack, Image, Label, Map, Mask, Perturbation, SampleId};

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

fn pooled_auroc(objective: &Objective, masks: &[Mask], kept: &[&KeptCandidate]) -> f64 {
    let pooled: Vec<PooledSample<'_>> = masks
        .iter()
        .zip(kept)
        .map(|(mask, kept)| PooledSample {
            patch_map: kept.segmentation.map.clone(),
            perturbation: kept.perturbation,
            image_score: 0.5,
            mask,
            label: Label::Anomalous,
        })
        .collect();
    category_metrics(objective, &pooled, &MetricOptions::default()).unwrap().pixel_auroc.unwrap()
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
    let masks: Vec<Mask> = (0..6).map(|number| sample(number).mask.unwrap()).collect();
    let joint: Vec<&[KeptCandidate]> = found.iter().map(|outcomes| &outcomes[4].candidates[..]).collect();
    let choices: Vec<Choices<'_>> =
        joint.iter().zip(&masks).map(|(candidates, mask)| Choices { candidates, mask }).collect();
    let lowest = |candidates: &&[KeptCandidate]| {
        (0..candidates.len()).min_by(|&a, &b| candidates[a].loss.total_cmp(&candidates[b].loss)).unwrap()
    };
    let by_loss: Vec<usize> = joint.iter().map(lowest).collect();
    let starts = [by_loss, vec![0; 6]];
    let chosen = choose_pooled(&objective, &choices, &starts);
    assert_eq!(chosen, choose_pooled(&objective, &choices, &starts), "deterministic");
    let auroc = |chosen: &[usize]| {
        let kept: Vec<&KeptCandidate> = joint.iter().zip(chosen).map(|(all, &at)| &all[at]).collect();
        pooled_auroc(&objective, &masks, &kept)
    };
    let reached = auroc(&chosen);
    for start in &starts {
        assert!(reached <= auroc(start));
    }
    for (at, candidates) in joint.iter().enumerate() {
        for other in 0..candidates.len() {
            let mut exchanged = chosen.clone();
            exchanged[at] = other;
            assert!(auroc(&exchanged) >= reached, "sample {at} with {other} is lower");
        }
    }
}

#[test]
fn a_sample_takes_what_hurts_the_others_though_its_own_loss_is_higher() {
    let objective = Objective::new(&Settings::default(), SIZE);
    let kept = |loss, level: f32| KeptCandidate {
        perturbation: Perturbation::IDENTITY,
        loss,
        sample_auroc: None,
        segmentation: Segmentation { map: Map::from_elem(GRID, level), image_score: 0.5 },
    };
    // The normal part's low map has the lower loss here; its high one lies above the other part's anomaly.
    let anomalous = [kept(1.0, 0.6)];
    let normal = [kept(0.1, 0.2), kept(0.3, 0.9), kept(0.2, 0.6)];
    let masks = [true, false].map(|anomaly| Mask::from_elem((SIZE, SIZE), anomaly));
    let choices = [
        Choices { candidates: &anomalous, mask: &masks[0] },
        Choices { candidates: &normal, mask: &masks[1] },
    ];
    assert_eq!(choose_pooled(&objective, &choices, &[vec![0, 0]]), [0, 1]);
    // Without an anomalous pixel there is nothing to lower, and the start stays.
    assert_eq!(choose_pooled(&objective, &choices[1..], &[vec![2]]), [2]);
}
