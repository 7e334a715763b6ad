//! Decisions at thresholds from the unchanged pictures, by group.

use std::fs;
use std::path::Path;

use askance::metric::ThresholdRule;
use askance::record::{Grouping, OperatingRow, RunDir, RunInfo, SummaryRow, read_rows};
use askance::study::{Data, Merge, Outcome, Plan, Quiet, Source};
use askance::types::{Attack, Axis, Over};
use tempfile::TempDir;

use super::{Bench, fake, mask, part, refusal};

const SCENES: u32 = 8;

/// Eight scenes of good and of defective parts in MVTec AD 2's layout, each under two lights; under the second a square lies elsewhere.
fn lights(root: &Path) {
    let test = root.join("can/test_public");
    for scene in 0..SCENES {
        for (light, moved) in [("regular", 0), ("dark", 1)] {
            let name = format!("{scene:03}_{light}");
            // One good part has a square too, so that decisions are not all right.
            part(&test.join(format!("good/{name}.png")), (scene == 4).then_some(9));
            part(
                &test.join(format!("bad/{name}.png")),
                Some(if scene == 2 { 2 + 4 * moved } else { scene + moved }),
            );
            mask(&test.join(format!("ground_truth/bad/{name}_mask.png")), scene);
        }
    }
}

fn plan() -> Plan {
    Plan::attack().axes([Axis::Hue]).attacks([Attack::Single(Axis::Hue)]).budget(4)
}

fn run(plan: Plan, source: &Source, out: &Path) -> Outcome {
    let data = Data::open(source, &Quiet).unwrap();
    plan.check().unwrap().run(out, &data, &mut fake(), &Quiet).unwrap()
}

fn of<'r>(
    rows: &'r [OperatingRow],
    grouping: Grouping,
    group: Option<&str>,
    attack: Attack,
) -> &'r OperatingRow {
    let is = |row: &&OperatingRow| {
        row.over != Over::Mean
            && (&row.grouping, row.attack) == (&grouping, attack)
            && row.group.as_deref() == group
    };
    rows.iter().find(is).expect("the row is there")
}

#[test]
fn every_attack_keeps_the_thresholds_of_the_clean_pictures() {
    let bench = Bench::new();
    let outcome = bench.run(&Plan::attack().axes([Axis::Hue]).budget(4).check().unwrap(), "run");
    let rows: Vec<OperatingRow> = read_rows(outcome.dir.operating_path()).unwrap();
    assert_eq!(rows, outcome.operating);
    let summary: Vec<SummaryRow> = read_rows(outcome.dir.summary_path()).unwrap();
    let all = || rows.iter().filter(|row| row.grouping == Grouping::All && row.over != Over::Mean);
    assert_eq!(all().count(), 2 * 2);
    for row in all() {
        let clean = all().find(|other| other.over == row.over && other.attack == Attack::Clean).unwrap();
        assert_eq!(
            (row.pixel_threshold, row.image_threshold),
            (clean.pixel_threshold, clean.image_threshold)
        );
        assert_eq!((clean.images.image_flips, row.normal, row.anomalous), (Some(0.0), 2, 3));
        let of_summary = |attack| {
            summary.iter().find(|other| other.over == row.over && other.attack == attack).unwrap().metrics
        };
        let (before, metrics) = (of_summary(Attack::Clean), of_summary(row.attack));
        assert_eq!(row.curves.pixel_auroc, metrics.pixel_auroc);
        // What is kept is at most the best there is, and reaches it where the threshold was chosen.
        assert!(row.pixels.pixel_f1 <= metrics.pixel_f1_max);
        if row.attack == Attack::Clean {
            assert_eq!(row.pixels.pixel_f1, metrics.pixel_f1_max);
            assert_eq!(row.curves.aupro_drop_share, None);
        } else {
            let (clean, worst) = (before.aupro.unwrap(), metrics.aupro.unwrap());
            assert_eq!(row.curves.aupro_drop_share, Some((clean - worst) / clean));
        }
        // 32 x 32 pixels are too few to tell one false alarm in 100,000.
        assert_eq!((row.curves.aupimo, row.normal_pixels), (None, Some(2 * 32 * 32)));
    }
    let regions = |size| of(&rows, Grouping::Size, Some(size), Attack::Clean).pixels.regions;
    assert_eq!(
        [regions("below 0.1 %"), regions("0.1 to 1 %"), regions("above 1 %")],
        [Some(0), Some(0), Some(3)]
    );
}

#[test]
fn another_threshold_for_the_same_folder_writes_the_decisions_anew_and_nothing_else() {
    let bench = Bench::new();
    let plan = || Plan::attack().axes([Axis::Hue]).budget(4);
    let first = bench.run(&plan().check().unwrap(), "run");
    let samples = || fs::read(first.dir.samples_path()).unwrap();
    let (rows, before) = (samples(), first.operating.clone());
    let other = plan().threshold("0.125,0.25".parse().unwrap());
    let again = bench.run(&other.check().unwrap(), "run");
    assert_eq!((again.clock.evaluations, samples()), (0, rows));
    assert!(before.iter().all(|row| row.rule == "best-f1"));
    let written: Vec<OperatingRow> = read_rows(again.dir.operating_path()).unwrap();
    let thresholds = |row: &OperatingRow| (row.pixel_threshold, row.image_threshold);
    let of_categories = || written.iter().filter(|row| row.over != Over::Mean);
    assert!(of_categories().all(|row| thresholds(row) == (Some(0.125), Some(0.25))));
    let info = RunInfo::read(again.dir.info_path()).unwrap();
    assert_eq!(info.settings["points"]["threshold"].as_str(), Some("0.125,0.25"));
    // Other settings are refused as ever.
    let other = plan().budget(5).check().unwrap();
    let error = refusal(other.run(bench.out("run"), &bench.open(), &mut fake(), &Quiet));
    assert!(error.problem.contains("budget"), "{error}");
}

#[test]
fn conditions_are_compared_in_the_scenes_that_both_show() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("data");
    lights(&root);
    // A scene that was never seen in the dark.
    fs::remove_file(root.join("can/test_public/good/004_dark.png")).unwrap();
    let rows = run(plan(), &Source::new(&root), &folder.path().join("run")).operating;
    for attack in [Attack::Clean, Attack::Single(Axis::Hue)] {
        let (regular, dark) = (
            of(&rows, Grouping::Condition, Some("regular"), attack),
            of(&rows, Grouping::Condition, Some("dark"), attack),
        );
        assert_eq!((regular.normal, regular.anomalous, dark.normal, dark.anomalous), (8, 8, 7, 8));
        assert_eq!((regular.compared.reference.as_deref(), regular.compared.scenes), (None, None));
        assert_eq!((dark.compared.reference.as_deref(), dark.compared.scenes), (Some("regular"), Some(15)));
    }
    let dark = of(&rows, Grouping::Condition, Some("dark"), Attack::Clean);
    let difference = dark.compared.pixel_auroc_difference.unwrap();
    let interval = dark.pixel_auroc_difference_interval().unwrap();
    assert!(
        difference < 0.0 && interval.low < difference && difference < interval.high,
        "{difference} {interval:?}"
    );
    // The reference lacks a scene in the comparison, but not in its own row.
    let both = of(&rows, Grouping::All, None, Attack::Clean);
    assert_eq!((both.normal, both.anomalous), (15, 16));

    // Where the scene is gone altogether, the difference is that of the two rows.
    fs::remove_file(root.join("can/test_public/good/004_regular.png")).unwrap();
    let shared = run(plan(), &Source::new(&root), &folder.path().join("shared")).operating;
    let auroc =
        |light| of(&shared, Grouping::Condition, Some(light), Attack::Clean).curves.pixel_auroc.unwrap();
    assert_eq!(auroc("dark") - auroc("regular"), difference);

    let other =
        run(plan().reference_condition("dark"), &Source::new(&root), &folder.path().join("other")).operating;
    let regular = of(&other, Grouping::Condition, Some("regular"), Attack::Clean);
    let turned = regular.compared.pixel_auroc_difference.unwrap();
    assert!((turned + difference).abs() < 1e-12, "{turned} {difference}");
}

#[test]
fn two_pictures_of_each_scene_make_no_interval_narrower_than_one() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("data");
    lights(&root);
    // Both pictures of a scene are alike: the second says nothing new.
    for label in ["good", "bad"] {
        for scene in 0..SCENES {
            let picture = |light: &str| root.join(format!("can/test_public/{label}/{scene:03}_{light}.png"));
            fs::copy(picture("regular"), picture("dark")).unwrap();
        }
    }
    let interval = |source: Source, name: &str| {
        let rows = run(plan(), &source, &folder.path().join(name)).operating;
        let ends = of(&rows, Grouping::All, None, Attack::Clean).pixel_f1_interval().unwrap();
        ends.high - ends.low
    };
    let scenes = interval(Source::new(&root), "scenes");
    for label in ["good", "bad"] {
        for scene in 0..SCENES {
            fs::remove_file(root.join(format!("can/test_public/{label}/{scene:03}_dark.png"))).unwrap();
        }
    }
    let single = interval(Source::new(&root), "single");
    assert!((scenes - single).abs() < 1e-9, "{scenes} {single}");
}

#[test]
fn shards_by_a_pattern_and_a_rule_become_the_same_record() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().join("data");
    lights(&root);
    let source = Source::new(&root).condition_pattern(r"(?<condition>dark|regular)\.png$".to_owned());
    let plan = || plan().threshold(ThresholdRule::Deviations(3.0));
    let whole = run(plan(), &source, &folder.path().join("whole"));
    assert!(whole.operating.iter().all(|row| row.rule == "mean+3sd"));
    let shards: Vec<_> = ["1/2", "2/2"]
        .iter()
        .enumerate()
        .map(|(at, shard)| {
            let out = folder.path().join(format!("shard-{at}"));
            run(plan().shard(shard.parse().unwrap()), &source, &out);
            assert!(!RunDir::open(&out).unwrap().operating_path().exists(), "a part has no metrics");
            out
        })
        .collect();
    let merged = Merge { shards, ..Merge::default() }.run(folder.path().join("merged"), &Quiet).unwrap();
    let bytes = |outcome: &Outcome| fs::read(outcome.dir.operating_path()).unwrap();
    assert_eq!(bytes(&merged), bytes(&whole));
    let nowhere = plan().reference_condition("noon").check().unwrap();
    let error = refusal(nowhere.suits(&Data::open(&source, &Quiet).unwrap()));
    assert!(error.problem.contains("dark, regular") && error.subject.contains("noon"), "{error}");
    let error = refusal(Data::open(&source.condition_pattern("(?<scene>x+)z".to_owned()), &Quiet));
    assert!(error.problem.contains("matches no picture"), "{error}");
}
