//! Intervals over samples, and the spread over seeds, from plan to records.

use std::fs;

use askance::model::{Fake, Segmenter, defend};
use askance::record::{DifferenceRow, Intervals, SeedRow, SummaryRow, SweepRow, read_rows, write_rows};
use askance::study::{Merge, Models, Plan, Quiet, Seeds};
use askance::types::{Attack, Axis, Interval, Over, PooledMetric};

use super::{Bench, SIZE, fake, files, mask, part, refusal};

/// Ten defective and eight good parts in each category.
fn many() -> Bench {
    let bench = Bench::new();
    for (place, category) in ["nut", "plate"].into_iter().enumerate() {
        let folder = bench.data().join(category);
        for number in 2..8 {
            part(&folder.join(format!("test/good/{number}.png")), None);
        }
        for number in 3..10 {
            let square = (number + 3 * place as u32) % 10;
            part(&folder.join(format!("test/red/{number}.png")), Some(square));
            // Some defects lie beside what is seen of them, so that no metric is perfect.
            let marked = square + number % 2;
            mask(&folder.join(format!("ground_truth/red/{number}_mask.png")), marked);
        }
    }
    bench
}

fn plan() -> Plan {
    Plan::attack().axes([Axis::Hue]).budget(4)
}

fn is_sure(intervals: &Intervals) -> bool {
    intervals.pixel_auroc().is_some() && intervals.aupro().is_some()
}

fn holds(interval: Option<Interval>, value: Option<f64>) -> bool {
    interval.is_none_or(|ends| value.is_some_and(|value| (ends.low..=ends.high).contains(&value)))
}

#[test]
fn every_interval_holds_its_value_and_drops_are_those_of_the_rows() {
    let bench = many();
    let outcome = bench.run(&plan().check().unwrap(), "run");
    let rows: Vec<SummaryRow> = read_rows(bench.out("run/summary.csv")).unwrap();
    assert_eq!(rows, outcome.summary);
    for row in &rows {
        let (metrics, drops) = (&row.metrics, &row.drops);
        assert!(is_sure(&row.intervals) || row.attack != Attack::Clean, "{row:?}");
        assert!(holds(row.intervals.pixel_auroc(), metrics.pixel_auroc), "{row:?}");
        assert!(holds(row.intervals.aupro(), metrics.aupro), "{row:?}");
        assert!(holds(row.intervals.image_auroc(), metrics.image_auroc), "{row:?}");
        if row.attack == Attack::Clean {
            assert_eq!(*drops, Default::default(), "a clean row has no drop");
            continue;
        }
        let same = |other: &&SummaryRow| other.over == row.over && other.attack == Attack::Clean;
        let clean = rows.iter().find(same).unwrap().metrics;
        assert_eq!(drops.pixel_auroc_drop, Some(clean.pixel_auroc.unwrap() - metrics.pixel_auroc.unwrap()));
        assert_eq!(drops.aupro_drop, Some(clean.aupro.unwrap() - metrics.aupro.unwrap()));
        assert!(
            drops.pixel_auroc().is_some() && holds(drops.pixel_auroc(), drops.pixel_auroc_drop),
            "{row:?}"
        );
        assert!(drops.pixel_auroc().unwrap().low > 0.0, "red that is turned is no longer seen: {row:?}");
        assert!(drops.aupro().is_some() && holds(drops.aupro(), drops.aupro_drop), "{row:?}");
    }
    let of = |over: Over| {
        rows.iter()
            .find(|row| row.over == over && row.attack == Attack::Clean)
            .unwrap()
            .intervals
            .aupro()
            .unwrap()
    };
    let width = |interval: Interval| interval.high - interval.low;
    let [nut, plate] = ["nut", "plate"].map(|name| width(of(Over::Category(name.into()))));
    assert!(width(of(Over::Mean)) < nut.max(plate), "a mean is surer than its parts");
    let tables = outcome.tables();
    assert!(tables.iter().any(|table| table.title.contains("drop from clean")));
}

#[test]
fn an_attack_that_changes_nothing_has_a_drop_of_nothing() {
    let bench = many();
    let outcome = bench.run(&plan().budget(1).check().unwrap(), "run");
    let nothing = Some(Interval { low: 0.0, high: 0.0 });
    for row in outcome.summary.iter().filter(|row| row.attack != Attack::Clean) {
        assert_eq!((row.drops.pixel_auroc_drop, row.drops.pixel_auroc()), (Some(0.0), nothing), "{row:?}");
        assert_eq!((row.drops.aupro_drop, row.drops.aupro()), (Some(0.0), nothing), "{row:?}");
    }
}

#[test]
fn models_are_compared_in_the_same_redraws() {
    let bench = many();
    let models = || {
        let fake: Box<dyn Segmenter> = Box::new(Fake::new(SIZE, (4, 4)));
        let defences = ["none", "grey-world"].map(|name| name.parse().unwrap());
        Models::of(defend(vec![fake], &defences).unwrap(), 4).unwrap()
    };
    let checked = plan().check().unwrap();
    let outcome = checked.run(bench.out("run"), &bench.open(), &mut models(), &Quiet).unwrap();
    let rows: Vec<DifferenceRow> = read_rows(bench.out("run/differences.csv")).unwrap();
    assert_eq!(rows, outcome.differences);
    assert_eq!(rows.len(), 3 * 2 * 2, "two categories and their mean, clean and the attack, metrics");
    let mut sure = 0;
    for row in &rows {
        assert_eq!(row.model, format!("{}+grey-world", row.against));
        let of = |model: &str| {
            let same = |other: &&SummaryRow| {
                (other.model.as_str(), &other.over, other.attack) == (model, &row.over, row.attack)
            };
            outcome.summary.iter().find(same).unwrap()
        };
        let (own, other) = (of(&row.model), of(&row.against));
        let value = |of: &SummaryRow| row.metric.of(&of.metrics).unwrap();
        assert_eq!(row.difference, value(own) - value(other));
        assert!(holds(row.interval(), Some(row.difference)), "{row:?}");
        let width = |ends: Interval| ends.high - ends.low;
        let ends = |of: &SummaryRow| match row.metric {
            PooledMetric::PixelAuroc => of.intervals.pixel_auroc(),
            PooledMetric::Aupro => of.intervals.aupro(),
        };
        if let (Some(both), Some(own), Some(other)) = (row.interval(), ends(own), ends(other)) {
            sure += 1;
            assert!(width(both) < width(own) + width(other), "paired: {row:?}");
        }
    }
    assert!(sure >= 4, "{rows:?}");
    assert!(rows.iter().any(|row| row.difference != 0.0), "the defence changes something");
    assert!(outcome.tables().iter().any(|table| table.title.starts_with("models compared")));

    let shards = ["1/2", "2/2"].map(|shard| {
        let name = shard.replace('/', "-");
        let checked = plan().shard(shard.parse().unwrap()).check().unwrap();
        checked.run(bench.out(&name), &bench.open(), &mut models(), &Quiet).unwrap();
        bench.out(&name)
    });
    Merge { shards: shards.to_vec(), ..Merge::default() }.run(bench.out("merged"), &Quiet).unwrap();
    let [merged, whole] =
        ["merged", "run"].map(|name| fs::read(bench.out(name).join("differences.csv")).unwrap());
    assert_eq!(merged, whole);
}

#[test]
fn any_number_of_threads_gives_the_same_intervals_and_so_do_parts() {
    let bench = many();
    let whole = |name: &str, threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| bench.run(&plan().check().unwrap(), name));
        fs::read(bench.out(name).join("summary.csv")).unwrap()
    };
    let one = whole("one", 1);
    assert_eq!(one, whole("three", 3));
    assert_eq!(one, whole("again", 3));
    let other = bench.run(&plan().seed(1).check().unwrap(), "other").summary;
    let first: Vec<SummaryRow> = read_rows(bench.out("one/summary.csv")).unwrap();
    assert_eq!(other[0].metrics, first[0].metrics);
    assert_ne!(other[0].intervals, first[0].intervals, "another seed draws other samples");
}

#[test]
fn shards_that_are_put_together_have_the_intervals_of_the_run() {
    let bench = many();
    let plan = || plan().select(askance::attack::Select::Loss);
    bench.run(&plan().check().unwrap(), "whole");
    let shards = ["1/2", "2/2"].map(|shard| {
        let name = shard.replace('/', "-");
        bench.run(&plan().shard(shard.parse().unwrap()).check().unwrap(), &name);
        bench.out(&name)
    });
    let merged =
        Merge { shards: shards.to_vec(), ..Merge::default() }.run(bench.out("merged"), &Quiet).unwrap();
    assert!(merged.summary.iter().all(|row| is_sure(&row.intervals) || row.attack != Attack::Clean));
    let [merged, whole] =
        ["merged", "whole"].map(|name| fs::read(bench.out(name).join("summary.csv")).unwrap());
    assert_eq!(merged, whole);
}

#[test]
fn few_samples_have_drops_without_intervals_and_the_table_says_so() {
    let bench = Bench::new();
    let outcome = bench.run(&plan().check().unwrap(), "run");
    for row in &outcome.summary {
        assert_eq!(row.intervals, Default::default());
        assert_eq!(row.drops.pixel_auroc(), None);
        assert_eq!(row.drops.pixel_auroc_drop.is_some(), row.attack != Attack::Clean);
    }
    let notes = &outcome.tables()[0].notes;
    assert!(notes.iter().any(|note| note.contains("8 anomalous samples")), "{notes:?}");
}

#[test]
fn a_sweep_has_intervals() {
    let bench = many();
    bench.run(&Plan::sweep([Axis::Hue], 3).check().unwrap(), "run");
    let rows: Vec<SweepRow> = read_rows(bench.out("run/sweep.csv")).unwrap();
    assert_eq!(rows.len(), 3 * 3);
    for row in &rows {
        assert!(is_sure(&row.intervals) || row.value != 0.0, "{row:?}");
        assert!(holds(row.intervals.pixel_auroc(), row.metrics.pixel_auroc), "{row:?}");
        assert!(holds(row.intervals.aupro(), row.metrics.aupro), "{row:?}");
    }
}

#[test]
fn a_summary_from_before_there_were_intervals_is_read() {
    let bench = many();
    let mut rows = bench.run(&plan().check().unwrap(), "run").summary;
    let path = bench.out("old.csv");
    rows[0].over = Over::Category("mean".into());
    write_rows(&path, &rows).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let older = |line: &str| line.rsplitn(14, ',').last().unwrap().to_owned() + "\n";
    fs::write(&path, text.lines().map(older).collect::<String>()).unwrap();
    let read: Vec<SummaryRow> = read_rows(&path).unwrap();
    for row in &mut rows {
        (row.intervals, row.drops) = Default::default();
    }
    assert_eq!(read, rows, "a category called mean stays one");
}

#[test]
fn an_attack_with_several_seeds_is_a_run_for_each_and_their_spread() {
    let bench = Bench::new();
    let (data, seeds) = (bench.open(), Seeds { count: 2 });
    let plan = || plan().search("random".parse().unwrap()).seed(4);
    let seeded = seeds.run(&plan(), bench.out("seeds"), &data, &mut fake(), &Quiet).unwrap();
    let rows: Vec<SeedRow> = read_rows(bench.out("seeds/seeds.csv")).unwrap();
    assert_eq!(rows, seeded.rows);
    bench.run(&plan().seed(5).check().unwrap(), "alone");
    let records = |folder: &str| {
        let mut files = files(&bench.out(folder));
        files.retain(|(path, _)| !path.starts_with("plots"));
        files
    };
    assert_eq!(records("seeds/seed-5"), records("alone"), "each is a run like any other");
    let joint =
        rows.iter().find(|row| row.over == Over::Mean && row.attack == Attack::Single(Axis::Hue)).unwrap();
    let of = |seed: &str| -> f64 {
        let rows: Vec<SummaryRow> = read_rows(bench.out(&format!("seeds/seed-{seed}/summary.csv"))).unwrap();
        let same = |row: &&SummaryRow| row.over == Over::Mean && row.attack == Attack::Single(Axis::Hue);
        rows.iter().find(same).unwrap().metrics.pixel_auroc.unwrap()
    };
    let (one, two) = (of("4"), of("5"));
    assert_eq!(
        (joint.pixel_auroc_lowest, joint.pixel_auroc_highest),
        (Some(one.min(two)), Some(one.max(two)))
    );
    assert_eq!((joint.seeds, seeded.tables.len()), (2, 1));

    let before = files(&bench.out("seeds"));
    let again = seeds.run(&plan(), bench.out("seeds"), &data, &mut fake(), &Quiet).unwrap();
    assert_eq!((again.rows, files(&bench.out("seeds"))), (rows, before), "it is taken up");
    let shard = plan().shard("1/2".parse().unwrap());
    let error = refusal(seeds.run(&shard, bench.out("shard"), &data, &mut fake(), &Quiet));
    assert!(error.subject.contains("`seeds`"), "{error}");
    let sweep = Plan::sweep([Axis::Hue], 3);
    assert!(refusal(seeds.check(&sweep, &data)).subject.contains("seeds"));
    assert!(refusal(seeds.check(&plan().seed(u64::MAX), &data)).subject.contains("seed"));
}
