//! Data with image labels and no masks: image metrics and the tolerance are measured, and nothing of pixels is made up.

use std::fs;
use std::path::PathBuf;

use askance::attack::{Preset, Select};
use askance::dataset::Layout;
use askance::metric::{self, AuproMode, Loss, MetricOptions};
use askance::plot;
use askance::record::{DecisionRule, RunInfo};
use askance::study::{Data, Merge, Plan, Quiet, Scope, Source, Uniform};
use askance::types::{Attack, Axis, Label, Metrics};

use super::{Bench, Listener, fake, files, refusal};

fn plan() -> Plan {
    Plan::attack().axes([Axis::Hue]).budget(9)
}

/// The parts of the bench as folders of good and of red ones.
fn labels(bench: &Bench) -> PathBuf {
    for category in ["nut", "plate"] {
        let (from, to) = (bench.data().join(category).join("test"), bench.out("labels").join(category));
        fs::create_dir_all(&to).unwrap();
        for kind in ["good", "red"] {
            fs::rename(from.join(kind), to.join(kind)).unwrap();
        }
    }
    bench.out("labels")
}

#[test]
fn image_metrics_are_measured_and_pixel_metrics_stay_empty() {
    let bench = Bench::new();
    let observe = Listener::default();
    let data = Data::open(&Source::new(labels(&bench)), &observe).unwrap();
    assert!(observe.warnings.borrow().iter().any(|said| said.contains("read without masks")));
    let checked = plan().tolerance([]).save_maps(true).check().unwrap();
    let outcome = checked.run(bench.out("run"), &data, &mut fake(), &Quiet).unwrap();
    assert_eq!(outcome.summary.len(), 2 * 3);
    for row in &outcome.summary {
        let Metrics { image_auroc, image_ap, .. } = row.metrics;
        assert_eq!(row.metrics, Metrics { image_auroc, image_ap, ..Metrics::default() }, "no pixel metric");
        assert!(image_auroc.is_some() && image_ap.is_some(), "{row:?}");
    }
    let rows =
        askance::record::read_rows::<askance::record::SampleRow>(bench.out("run/samples.csv")).unwrap();
    assert!(rows.iter().all(|row| row.sample_auroc.is_none() && row.mask.is_none() && row.loss <= 0.0));
    let of = |row: &&askance::record::SampleRow| row.category == "nut" && row.attack == Attack::Clean;
    let (scores, bad): (Vec<f32>, Vec<bool>) =
        rows.iter().filter(of).map(|row| (row.image_score as f32, row.label == Label::Anomalous)).unzip();
    assert_eq!((scores.len(), bad.iter().filter(|&&bad| bad).count()), (5, 3));
    assert_eq!(outcome.summary[0].metrics.image_auroc, metric::roc_auc(&scores, &bad));

    assert!(
        outcome.stability.iter().all(|row| row.rule == DecisionRule::BestF1 && row.label != Label::Unknown)
    );
    let titles: Vec<String> = outcome.tables().iter().map(|table| table.title.clone()).collect();
    assert!(titles[0].contains("image AUROC / image AP"), "{titles:?}");
    assert!(titles.iter().any(|title| title.contains("false alarms and escapes")), "{titles:?}");
    assert!(!titles.iter().any(|title| title.contains("pixel AUROC")), "{titles:?}");
    let info = RunInfo::read(bench.out("run/run.toml")).unwrap();
    assert_eq!(
        (info.dataset.layout.as_str(), info.settings["loss"].as_str()),
        ("image-labels", Some("drift"))
    );
    assert!(bench.out("run/maps/nut/red/0.hue.npy").is_file());
    assert!(!bench.out("run/maps/nut/red/0.mask.npy").exists(), "there is no mask to write");
    let index = fs::read_to_string(bench.out("run/examples/index.csv")).unwrap();
    assert_eq!(index.lines().count(), 1 + 2, "what moved most is shown");
    let drawn = plot::all(&[outcome.dir], &bench.out("plots")).unwrap();
    assert!(drawn.skipped.iter().any(|(name, _)| name.starts_with("bars")), "{:?}", drawn.skipped);

    let evaluated = Plan::eval().check().unwrap().run(bench.out("eval"), &data, &mut fake(), &Quiet).unwrap();
    assert!(evaluated.scores.is_empty() && evaluated.summary[0].metrics == outcome.summary[0].metrics);
}

#[test]
fn shards_without_masks_are_put_together() {
    let bench = Bench::new();
    let data = Data::open(&Source::new(labels(&bench)), &Quiet).unwrap();
    let run = |plan: Plan, name: &str| {
        plan.check().unwrap().run(bench.out(name), &data, &mut fake(), &Quiet).unwrap();
        bench.out(name)
    };
    run(plan(), "whole");
    let shards = ["1/2", "2/2"].map(|part| run(plan().shard(part.parse().unwrap()), &part.replace('/', "-")));
    Merge { shards: shards.to_vec(), ..Merge::default() }.run(bench.out("merged"), &Quiet).unwrap();
    assert_eq!(files(&bench.out("merged")), files(&bench.out("whole")));
}

#[test]
fn what_needs_masks_is_refused_with_the_remedy() {
    let bench = Bench::new();
    let data = Data::open(&Source::new(bench.data()).layout(Layout::ImageLabels), &Quiet).unwrap();
    let uniform = Uniform { scopes: vec![Scope::Category], budget: 4 };
    let rough = MetricOptions { aupro: AuproMode::Thresholds200, ..MetricOptions::default() };
    for (plan, setting, fix) in [
        (plan().loss(Loss::Contrast), "`loss = contrast`", "`loss = drift`"),
        (plan().select(Select::Pooled), "`select = pooled`", "`select = loss`"),
        (plan().preset(Preset::Authors), "`select = sample-auroc`", "`select = loss`"),
        (plan().uniform(uniform), "`uniform`", "leave it out"),
        (Plan::sweep([Axis::Hue], 3), "sweep", "askance attack"),
        (Plan::eval().metric(rough), "`aupro = thresholds-200`", "leave it out"),
    ] {
        let error = refusal(plan.check().unwrap().suits(&data));
        assert!(error.subject.contains(setting) && error.fix.contains(fix), "{error}");
        assert!(error.problem.contains("needs masks"), "{error}");
    }
}
