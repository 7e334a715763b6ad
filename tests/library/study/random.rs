//! The average case: random draws from the box, from plan to records.

use std::fs;

use askance::attack::{Candidate, Evaluator, Objective, PooledSample, category_metrics, draws};
use askance::dataset;
use askance::metric::MetricOptions;
use askance::model::Fake;
use askance::record::{DecisionRule, RandomRow, read_rows};
use askance::study::{Data, Merge, Plan, Quiet, Source};
use askance::types::{Attack, Axis, Detail, Interval, Label, Over};

use super::{Bench, Listener, SIZE, fake, files, refusal};

fn plan() -> Plan {
    Plan::attack().axes([Axis::Angle, Axis::Hue]).budget(3)
}

fn rows(bench: &Bench, run: &str) -> Vec<RandomRow> {
    read_rows(bench.out(run).join("random.csv")).unwrap()
}

#[test]
fn metrics_and_flips_are_those_of_the_same_pictures_evaluated_by_hand() {
    const DRAWS: usize = 3;
    let bench = Bench::new();
    let checked = plan().random(DRAWS).decision(0.4).check().unwrap();
    let outcome = bench.run(&checked, "run");
    assert_eq!(outcome.random, rows(&bench, "run"));
    assert_eq!(outcome.random.len(), 3, "two categories and their mean");
    let settings = checked.settings();
    let mut of_draws = vec![Vec::new(); DRAWS];
    let mut all = (0, 0);
    for (category, row) in bench.open().dataset().categories.iter().zip(&outcome.random) {
        let mut model = Fake::new(SIZE, (4, 4));
        let mut evaluator = Evaluator::new(&mut model, Objective::new(settings, SIZE), 1);
        let loaded: Vec<_> =
            category.samples.iter().map(|sample| dataset::load(sample, SIZE).unwrap()).collect();
        let (mut flips, mut metrics) = (0, Vec::new());
        for (draw, of_draw) in of_draws.iter_mut().enumerate() {
            let mut pooled = Vec::new();
            for (sample, loaded) in category.samples.iter().zip(&loaded) {
                let perturbation = draws(settings, &sample.id, DRAWS).unwrap()[draw];
                let candidate = |perturbation| Candidate {
                    image: &loaded.image,
                    mask: loaded.mask.as_ref(),
                    clean: None,
                    sample: None,
                    category: &category.name,
                    perturbation,
                    detail: Detail::Full,
                };
                let both = [candidate(perturbation), candidate(Default::default())];
                let [drawn, clean] = evaluator.evaluate(&both).unwrap().try_into().unwrap();
                let anomalous = |score: f32| f64::from(score) > 0.4;
                let [drawn_score, clean_score] =
                    [&drawn, &clean].map(|evaluation| evaluation.segmentation.image_score);
                flips += usize::from(anomalous(drawn_score) != anomalous(clean_score));
                pooled.push(PooledSample {
                    patch_map: drawn.segmentation.map,
                    perturbation,
                    image_score: drawn_score,
                    mask: loaded.mask.as_ref().unwrap(),
                    label: sample.label,
                });
            }
            let found = category_metrics(evaluator.objective(), &pooled, &MetricOptions::default()).unwrap();
            of_draw.push(found.pixel_auroc.unwrap());
            metrics.push(found);
        }
        let aurocs: Vec<f64> = metrics.iter().filter_map(|metrics| metrics.pixel_auroc).collect();
        let near = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-12);
        near(row.metrics.pixel_auroc, aurocs.iter().sum::<f64>() / DRAWS as f64);
        near(
            row.metrics.aupro,
            metrics.iter().filter_map(|metrics| metrics.aupro).sum::<f64>() / DRAWS as f64,
        );
        near(row.pixel_auroc_min, aurocs.iter().copied().fold(1.0, f64::min));
        near(row.pixel_auroc_max, aurocs.iter().copied().fold(0.0, f64::max));
        assert!(row.pixel_auroc_min < row.pixel_auroc_max, "{row:?}");
        assert_eq!((row.draws, row.samples, row.flips, row.decisions), (DRAWS, 5, Some(flips), Some(15)));
        assert_eq!((row.threshold, row.rule), (Some(0.4), Some(DecisionRule::Given)));
        assert!(flips > 0 && flips < 15, "a count that tells something: {flips}");
        all = (all.0 + flips, all.1 + 15);
    }
    let mean = &outcome.random[2];
    assert_eq!((mean.over.clone(), mean.flips, mean.decisions), (Over::Mean, Some(all.0), Some(all.1)));
    let lowest = of_draws.iter().map(|draw| (draw[0] + draw[1]) / 2.0).fold(1.0, f64::min);
    assert!(
        (mean.pixel_auroc_min.unwrap() - lowest).abs() < 1e-12,
        "the lowest mean, not the mean of lowest"
    );
    assert!(outcome.tables().iter().any(|table| table.title.contains("how rare the worst case is")));
}

#[test]
fn draws_that_change_nothing_flip_nothing_and_are_the_clean_pictures() {
    let bench = Bench::new();
    let still = Interval { low: 0.0, high: 0.0 };
    let plan = Plan::attack().axes([Axis::Saturation]).bounds(Axis::Saturation, still).budget(2).random(4);
    let outcome = bench.run(&plan.check().unwrap(), "run");
    for row in &outcome.random {
        let clean =
            outcome.summary.iter().find(|clean| clean.over == row.over && clean.attack == Attack::Clean);
        assert!((row.metrics.aupro.unwrap() - clean.unwrap().metrics.aupro.unwrap()).abs() < 1e-12);
        assert_eq!((row.flips, row.flip_share, row.flip_low), (Some(0), Some(0.0), Some(0.0)));
        assert!(row.flip_high.unwrap() > 0.05, "20 of 20 that hold prove little: {row:?}");
        assert!(row.rule == Some(DecisionRule::BestF1) || row.over == Over::Mean);
    }
}

#[test]
fn a_run_with_draws_gives_the_same_bytes_stopped_batched_or_put_together() {
    let bench = Bench::new();
    let checked = plan().random(7).check().unwrap();
    let observe = Listener::default();
    checked.run(bench.out("whole"), &bench.open(), &mut fake(), &observe).unwrap();
    let stages = observe.stages.borrow();
    let stage = stages.iter().find(|(stage, ..)| stage == "random fake").expect("a stage of its own");
    assert_eq!((stage.1, stage.2), (70, 70), "planned and made");
    let whole = files(&bench.out("whole"));
    assert!(whole.iter().any(|(path, _)| path.ends_with("random.csv")));
    assert!(bench.run_with_stops(&checked, "stopped", 9) > 2);
    assert_eq!(files(&bench.out("stopped")), whole);
    assert_eq!(bench.run(&checked, "whole").clock.evaluations, 0, "everything was there");
    assert_eq!(files(&bench.out("whole")), whole);

    let shards = ["1/3", "2/3", "3/3"].map(|shard| {
        let name = shard.replace('/', "-");
        let plan = plan().random(7).shard(shard.parse().unwrap()).check().unwrap();
        assert!(bench.run(&plan, &name).random.is_empty(), "a part has no metrics");
        bench.out(&name)
    });
    let merge = Merge { shards: shards.to_vec(), ..Merge::default() };
    let outcome = merge.run(bench.out("merged"), &Quiet).unwrap();
    assert_eq!(files(&bench.out("merged")), whole);
    assert_eq!(outcome.random, rows(&bench, "whole"));

    let lost = "patch_maps/fake/nut/good/1.random.npy";
    let holder = shards.iter().find(|shard| shard.join(lost).exists()).unwrap();
    fs::remove_file(holder.join(lost)).unwrap();
    let error = refusal(merge.run(bench.out("again"), &Quiet));
    assert!(error.subject.contains("1.random.npy") && error.fix.contains("shards"), "{error}");
}

#[test]
fn kept_answers_of_other_draws_are_refused_and_other_counts_are_another_run() {
    let bench = Bench::new();
    let checked = plan().random(2).check().unwrap();
    bench.run(&checked, "run");
    let maps = bench.out("run/patch_maps/fake/nut/good");
    fs::copy(maps.join("0.random.npy"), maps.join("1.random.npy")).unwrap();
    let error = refusal(checked.run(bench.out("run"), &bench.open(), &mut fake(), &Quiet));
    assert!(error.problem.contains("other draws") && error.fix.contains("delete the file"), "{error}");
    fs::remove_file(maps.join("1.random.npy")).unwrap();
    bench.run(&checked, "run");
    let other = plan().random(3).check().unwrap();
    let error = refusal(other.run(bench.out("run"), &bench.open(), &mut fake(), &Quiet));
    assert!(error.to_string().contains("random"), "{error}");
}

#[test]
fn without_ground_truth_flips_are_counted_and_no_metric_is_made_up() {
    let bench = Bench::new();
    let pictures = bench.out("pictures");
    fs::create_dir_all(&pictures).unwrap();
    for number in 0..3 {
        let from = bench.data().join(format!("nut/test/red/{number}.png"));
        fs::copy(from, pictures.join(format!("{number}.png"))).unwrap();
    }
    let layout = dataset::Layout::Unlabelled;
    let data = Data::open(&Source::new(&pictures).layout(layout), &Quiet).unwrap();
    assert!(data.samples().all(|sample| sample.label == Label::Unknown));
    let checked = plan().random(20).decision(0.3).check().unwrap();
    let outcome = checked.run(bench.out("run"), &data, &mut fake(), &Quiet).unwrap();
    let row = &outcome.random[0];
    assert!(row.metrics == Default::default() && row.pixel_auroc_min.is_none(), "{row:?}");
    assert!(row.flips.unwrap() > 0 && row.decisions == Some(60), "{row:?}");
    assert!(outcome.tables().iter().any(|table| table.title.contains("decisions that flip at random draws")));
}

#[test]
fn where_no_threshold_can_be_chosen_metrics_are_there_and_flips_are_not() {
    let bench = Bench::new();
    for category in ["nut", "plate"] {
        for part in ["test/good/1.png", "test/red/1.png", "test/red/2.png"] {
            fs::remove_file(bench.data().join(category).join(part)).unwrap();
        }
        for mask in [1, 2] {
            fs::remove_file(bench.data().join(category).join(format!("ground_truth/red/{mask}_mask.png")))
                .unwrap();
        }
        // The same picture in another file.
        let good = fs::read(bench.data().join(category).join("test/good/0.png")).unwrap();
        fs::write(bench.data().join(category).join("test/red/0.png"), [good, vec![0]].concat()).unwrap();
    }
    let observe = Listener::default();
    let checked = plan().random(2).check().unwrap();
    let outcome = checked.run(bench.out("run"), &bench.open(), &mut fake(), &observe).unwrap();
    let row = &outcome.random[0];
    assert!(row.metrics.pixel_auroc.is_some() && row.flips.is_none() && row.flip_share.is_none(), "{row:?}");
    let warnings = observe.warnings.borrow();
    assert!(warnings.iter().any(|said| said.contains("no flips are counted")), "{warnings:?}");
}

#[test]
fn what_is_certified_is_the_draw_of_the_rank_and_too_few_draws_are_refused() {
    let bench = Bench::new();
    let certified = |draws: usize, share: f64, run: &str| {
        bench.run(&plan().random(draws).decision(0.4).certify(share).check().unwrap(), run);
        rows(&bench, run)
    };
    for row in certified(59, 0.05, "first") {
        assert_eq!((row.certified_share, row.certified_rank), (Some(0.05), Some(1)));
        assert_eq!(row.certified_pixel_auroc, row.pixel_auroc_min);
        assert_eq!(row.certified_aupro, row.aupro_min);
        assert!(row.certified_image_auroc.is_some());
    }
    for row in certified(60, 0.1, "second") {
        assert_eq!(row.certified_rank, Some(2));
        assert!(row.certified_pixel_auroc > row.pixel_auroc_min, "{row:?}");
    }
    let plain = plan().random(2).decision(0.4).check().unwrap();
    assert!(bench.run(&plain, "plain").random.iter().all(|row| row.certified_share.is_none()));

    let few = plan().random(58).certify(0.05).check().unwrap_err();
    assert_eq!(few.subject, "`certify = 0.05`");
    assert!(few.problem.contains("59") && few.fix.contains("`random = 59`"), "{few}");
    assert!(plan().certify(0.01).check().unwrap_err().problem.contains("299"));
    for share in [0.0, 0.6, f64::NAN, -0.1] {
        assert!(plan().random(100).certify(share).check().is_err(), "{share}");
    }
}
