//! Per-sample worst cases from plan to records.

use std::fs;

use askance::attack::{Goal, Preset, SearchChoice, Select};
use askance::metric::Loss;
use askance::model::{Fake, Provenance, Segmentation, Segmenter};
use askance::perturb::Rotation;
use askance::record::{RunInfo, SampleRow, Status, SummaryRow, read_map, read_rows};
use askance::report::above_clean;
use askance::search::Kind;
use askance::study::{Data, Merge, Models, Outcome, Plan, Quiet, Source};
use askance::types::{Attack, Axis, Over, Pair};
use ndarray::ArrayView4;

use super::{Bench, Listener, SIZE, fake, refusal};

fn plan() -> Plan {
    Plan::attack().axes([Axis::Angle, Axis::Hue]).budget(6).seed(3)
}

#[test]
fn a_whole_attack_leaves_its_records() {
    let bench = Bench::new();
    let listener = Listener::default();
    let checked = plan().save_maps(true).keep_traces(true).check().unwrap();
    let outcome = checked.run(bench.out("run"), &bench.open(), &mut fake(), &listener).unwrap();

    let rows: Vec<SampleRow> = read_rows(outcome.dir.samples_path()).unwrap();
    assert_eq!(rows.len(), 10 * 4, "ten samples: clean, two axes, joint");
    for sample in rows.chunks(4) {
        assert_eq!([sample[0].evaluations, sample[3].evaluations], [1, 6]);
    }
    let summary: Vec<SummaryRow> = read_rows(outcome.dir.summary_path()).unwrap();
    assert_eq!(summary, outcome.summary);
    let overs: Vec<&Over> = summary.iter().step_by(4).map(|row| &row.over).collect();
    let category = |name: &str| Over::Category(name.to_owned());
    assert_eq!(overs, [&category("nut"), &category("plate"), &Over::Mean]);
    let clean = summary[0].metrics.pixel_auroc.unwrap();
    assert!(clean > 0.95 && summary[3].metrics.pixel_auroc.unwrap() < clean, "{summary:?}");

    let map = read_map(&outcome.dir.maps().join("nut/red/0.joint.npy")).unwrap();
    assert_eq!(map.dim(), (SIZE, SIZE));
    assert!(bench.out("run/traces/fake/nut/red").is_dir() && bench.out("run/examples/index.csv").is_file());
    let info = RunInfo::read(outcome.dir.info_path()).unwrap();
    assert_eq!(info.status, Status::Finished);
    assert_eq!(info.settings["command"].as_str(), Some("attack"));
    assert_eq!(outcome.models[0].batch.as_ref().unwrap().used, 4);

    let stages = listener.stages.into_inner();
    assert_eq!(stages, [("attack fake".to_owned(), 10 * 16, 10 * 16)], "what was planned is what was done");
    assert_eq!(outcome.clock.evaluations, 10 * 16);
}

#[test]
fn two_axes_of_one_thing_are_attacked_together_and_go_into_the_joint_attack() {
    let bench = Bench::new();
    let axes = [Axis::TiltX, Axis::TiltY, Axis::Exposure];
    let checked = Plan::attack().axes(axes).budget(8).check().unwrap();
    let outcome = bench.run(&checked, "run");
    let rows: Vec<SampleRow> = read_rows(outcome.dir.samples_path()).unwrap();
    let (exposure, tilt) = (Attack::Single(Axis::Exposure), Attack::Pair(Pair::Tilt));
    for sample in rows.chunks(4) {
        let attacks: Vec<Attack> = sample.iter().map(|row| row.attack).collect();
        assert_eq!(attacks, [Attack::Clean, exposure, tilt, Attack::Joint]);
        assert_eq!((sample[2].evaluations, sample[2].search.as_str()), (8, "bayesian"));
        assert_eq!(sample[2].parameters.get(Axis::Exposure), Some(0.0));
    }
    let moved = |row: &&SampleRow| row.attack == tilt && row.parameters.get(Axis::TiltX) != Some(0.0);
    assert!(rows.iter().any(|row| moved(&row)), "a tilt was found");
    let of = |attack| {
        let row = outcome.summary.iter().find(|row| row.over == Over::Mean && row.attack == attack).unwrap();
        row.metrics.pixel_auroc.unwrap()
    };
    assert!(
        of(Attack::Joint) <= of(tilt) && of(Attack::Joint) <= of(exposure) && of(tilt) <= of(Attack::Clean)
    );
    let again = bench.run(&checked, "run");
    assert_eq!((again.summary, again.clock.evaluations), (outcome.summary, 0), "the run reads back");
}

#[test]
fn what_a_model_sees_of_larger_pictures_is_told_in_pixels_of_the_camera() {
    let bench = Bench::new();
    let told = |name: &str, plan: Plan| {
        let listener = Listener::default();
        plan.check().unwrap().run(bench.out(name), &bench.open(), &mut fake(), &listener).unwrap();
        listener.notes.into_inner()
    };
    let motion = || Plan::attack().axes([Axis::MotionX]).budget(2);
    assert!(told("same", motion()).is_empty(), "pictures of the model's size");
    for number in 0..2 {
        let path = bench.data().join(format!("nut/test/good/{number}.png"));
        let picture = image::open(&path).unwrap();
        let wide = picture.resize_exact(96, 64, image::imageops::FilterType::Nearest);
        wide.save(path).unwrap();
    }
    let expected = "nut: a pixel of the model's input at 32 is 3.0 x 2.0 of the camera's (width x height): motion-x 8 is 24.0";
    assert_eq!(told("wide", motion()), [expected]);
    assert!(told("light", Plan::attack().axes([Axis::Exposure]).budget(2)).is_empty());
}

#[test]
fn colours_of_grey_pictures_are_warned_of() {
    let bench = Bench::new();
    let nut = ["good/0", "good/1", "red/0", "red/1", "red/2"].map(|name| format!("nut/test/{name}.png"));
    // One grey picture among others makes no grey category.
    for name in nut.iter().map(String::as_str).chain(["plate/test/good/0.png"]) {
        let path = bench.data().join(name);
        let grey = image::open(&path).unwrap().into_luma8();
        image::DynamicImage::ImageLuma8(grey).into_rgb8().save(path).unwrap();
    }
    let warned = |axes: &[Axis], name: &str| {
        let listener = Listener::default();
        let checked = Plan::attack().axes(axes.iter().copied()).budget(1).check().unwrap();
        checked.run(bench.out(name), &bench.open(), &mut fake(), &listener).unwrap();
        let warnings = listener.warnings.into_inner();
        warnings.into_iter().filter(|warning| warning.contains("grey")).collect::<Vec<_>>()
    };
    let both = warned(&Axis::PAPER, "both");
    assert_eq!(both.len(), 1, "{both:?}");
    assert!(both[0].contains("pictures of nut are grey: hue changes nothing") && both[0].contains("red"));
    assert!(!warned(&[Axis::Saturation], "one")[0].contains("hue"));
    assert!(warned(&[Axis::Exposure], "none").is_empty());
}

#[test]
fn a_run_that_is_stopped_anywhere_ends_as_if_it_had_not_been() {
    let bench = Bench::new();
    let checked = plan().check().unwrap();
    bench.run(&checked, "whole");
    for calls in [7, 12, 30] {
        let name = format!("stopped-{calls}");
        assert!(bench.run_with_stops(&checked, &name, calls) > 0, "{calls} calls were all");
        assert_eq!(super::files(&bench.out(&name)), super::files(&bench.out("whole")), "{calls}");
    }
    let finished = bench.run(&checked, "whole");
    assert_eq!(finished.clock.evaluations, 0, "everything was there");
}

#[test]
fn where_nothing_is_searched_no_gain_is_expected() {
    let bench = Bench::new();
    let gains = |budget: usize| {
        let outcome = bench.run(&plan().budget(budget).check().unwrap(), &format!("budget-{budget}"));
        let efforts = outcome.efforts.into_iter();
        efforts
            .filter(|effort| effort.attack == Attack::Joint)
            .map(|effort| effort.expected_gain)
            .collect::<Vec<_>>()
    };
    assert_eq!(gains(1), [None]);
    assert!(gains(6)[0].is_some());
}

#[test]
fn a_stop_is_recorded() {
    let bench = Bench::new();
    let stop = Listener::stopping_after(5);
    let error = refusal(plan().check().unwrap().run(bench.out("run"), &bench.open(), &mut fake(), &stop));
    assert!(error.problem == "0 of 10 samples done", "{error}");
    assert_eq!(RunInfo::read(bench.out("run/run.toml")).unwrap().status, Status::Interrupted);
}

#[test]
fn a_folder_keeps_to_its_settings_and_data() {
    let bench = Bench::new();
    bench.run(&plan().check().unwrap(), "run");
    let other = plan().seed(4).check().unwrap();
    let error = refusal(other.run(bench.out("run"), &bench.open(), &mut fake(), &Quiet));
    assert!(error.subject.contains("`out = ") && error.problem.contains("seed"), "{error}");
    let data = Data::open(&Source::new(bench.data()).categories(["nut"]), &Quiet).unwrap();
    let error = refusal(plan().check().unwrap().run(bench.out("run"), &data, &mut fake(), &Quiet));
    assert!(error.problem.contains("dataset"), "{error}");
}

#[test]
fn eval_is_the_clean_part_of_an_attack() {
    let bench = Bench::new();
    let evaluated = bench.run(&Plan::eval().check().unwrap(), "eval");
    let attacked = bench.run(&plan().check().unwrap(), "attack");
    let clean: Vec<&SummaryRow> = attacked.summary.iter().filter(|row| row.attack == Attack::Clean).collect();
    assert_eq!(evaluated.summary.iter().collect::<Vec<_>>(), clean);
    assert!(evaluated.efforts.is_empty() && attacked.efforts.len() == 3);
}

#[test]
fn a_choice_by_the_pooled_metric_is_made_again_alike_and_never_above_clean() {
    let bench = Bench::new();
    let checked = plan().select(Select::Pooled).check().unwrap();
    let outcome = bench.run(&checked, "run");
    for row in &outcome.summary {
        let of =
            |attack| outcome.summary.iter().find(|other| other.over == row.over && other.attack == attack);
        let pooled = |row: &SummaryRow| row.metrics.pixel_auroc.unwrap();
        assert!(pooled(row) <= pooled(of(Attack::Clean).unwrap()), "{row:?}");
    }
    let by_loss = bench.run(&plan().select(Select::Loss).check().unwrap(), "by-loss");
    assert_ne!(outcome.summary, by_loss.summary, "the pooled metric chooses other candidates");
    let before = super::files(&bench.out("run"));
    bench.run(&checked, "run");
    assert_eq!(super::files(&bench.out("run")), before);
}

#[test]
fn a_bad_sample_ends_the_study_unless_it_may_be_left_out() {
    let bench = Bench::new();
    let victim = bench.data().join("nut/test/red/1.png");
    let bytes = fs::read(&victim).unwrap();
    fs::write(&victim, &bytes[..20]).unwrap();
    let error = refusal(Data::open(&Source::new(bench.data()), &Quiet));
    assert!(error.subject.contains("1.png") && error.fix.contains("`skip_bad`"), "{error}");

    // The header is whole, so that the picture is found to be bad when it is decoded.
    fs::write(&victim, &bytes[..bytes.len() / 2]).unwrap();
    let checked = plan().check().unwrap();
    let error = refusal(checked.run(bench.out("stopped"), &bench.open(), &mut fake(), &Quiet));
    assert!(error.subject.contains("1.png") && error.fix.contains("`skip_bad`"), "{error}");
    let data = Data::open(&Source::new(bench.data()).skip_bad(true), &Quiet).unwrap();
    let outcome = checked.run(bench.out("left-out"), &data, &mut fake(), &Quiet).unwrap();
    assert_eq!(outcome.skipped.len(), 1);
    assert_eq!(outcome.skipped[0].sample, "nut/red/1");
    assert_eq!(outcome.summary[0].samples, 4);
}

#[test]
fn several_models_are_told_apart_by_their_names() {
    let bench = Bench::new();
    let two = || vec![named("one"), named("two")];
    let error = refusal(Models::of(vec![named("one"), named("one")], 4));
    assert!(error.problem.contains("same name"), "{error}");
    for name in ["", "a\u{2028}b", "a\tb"] {
        assert!(refusal(Models::of(vec![named(name)], 4)).problem.contains("hidden character"), "{name:?}");
    }
    assert!(refusal(Models::of(Vec::new(), 4)).subject.contains("`model`"));
    let mut models = Models::of(two(), 4).unwrap();
    let outcome = plan().check().unwrap().run(bench.out("run"), &bench.open(), &mut models, &Quiet).unwrap();
    let of = |name: &str| outcome.summary.iter().filter(|row| row.model == name).count();
    assert_eq!([of("one"), of("two")], [12, 12]);
    let names: Vec<&str> = outcome.defended.iter().map(|model| model.name.as_str()).collect();
    assert_eq!(names, models.names());
}

#[test]
fn a_loss_that_reads_probabilities_is_refused_for_maps_without_a_range() {
    let bench = Bench::new();
    let mut models = Models::of(vec![Box::new(Unbounded(Fake::new(SIZE, (4, 4))))], 4).unwrap();
    let plan = |loss: Loss| plan().loss(loss).check().unwrap();
    let error = refusal(plan(Loss::Focal).run(bench.out("run"), &bench.open(), &mut models, &Quiet));
    assert!(error.subject.contains("`loss = focal`") && !bench.out("run").exists(), "{error}");
    plan(Loss::Contrast).run(bench.out("run"), &bench.open(), &mut models, &Quiet).unwrap();
}

#[test]
fn maps_without_a_range_are_not_turned_back_by_three_passes() {
    let bench = Bench::new();
    let mut models = Models::of(vec![Box::new(Unbounded(Fake::new(SIZE, (4, 4))))], 4).unwrap();
    let mut run = |plan: Plan, name: &str| {
        plan.check().unwrap().run(bench.out(name), &bench.open(), &mut models, &Quiet)
    };
    let error = refusal(run(plan().preset(Preset::Paper), "run"));
    assert!(error.subject.contains("`map_rotation = three-pass`") && !bench.out("run").exists(), "{error}");
    assert!(error.fix.contains("`map_rotation = bilinear`"), "{error}");
    run(plan().preset(Preset::Paper).map_rotation(Rotation::Bilinear), "bilinear").unwrap();
    run(plan().preset(Preset::Paper).axes([Axis::Hue]), "colour").unwrap();
    run(plan().preset(Preset::Authors), "authors").unwrap();
}

#[test]
fn without_the_pooled_choice_samples_above_their_clean_pauroc_are_counted() {
    let bench = Bench::new();
    let by_loss = plan().preset(Preset::Paper);
    let outcome = bench.run(&by_loss.clone().check().unwrap(), "loss");
    let rows: Vec<SampleRow> = read_rows(outcome.dir.samples_path()).unwrap();
    assert_eq!(outcome.above_clean, above_clean(&rows));
    let attacks: Vec<Attack> = outcome.above_clean.iter().map(|above| above.attack).collect();
    assert_eq!(attacks, [Attack::Single(Axis::Angle), Attack::Single(Axis::Hue), Attack::Joint]);
    assert!(outcome.above_clean.iter().all(|above| above.samples == 6), "{:?}", outcome.above_clean);
    let said = |outcome: &Outcome| {
        outcome.tables().iter().any(|it| it.to_text().contains("above their clean pAUROC"))
    };
    assert!(said(&outcome));

    let shards = ["1/2", "2/2"].map(|part| {
        let shard = by_loss.clone().shard(part.parse().unwrap());
        bench.run(&shard.check().unwrap(), &part.replace('/', "-")).dir.path().to_owned()
    });
    let merged =
        Merge { shards: shards.to_vec(), ..Merge::default() }.run(bench.out("merged"), &Quiet).unwrap();
    assert_eq!(merged.above_clean, outcome.above_clean);
    assert!(said(&merged));

    let authors = bench.run(&plan().preset(Preset::Authors).check().unwrap(), "authors");
    assert!(
        said(&authors) && authors.above_clean.iter().all(|it| it.above == 0),
        "{:?}",
        authors.above_clean
    );
    let pooled = bench.run(&plan().select(Select::Pooled).check().unwrap(), "pooled");
    assert!(pooled.above_clean.is_empty() && !said(&pooled));
}

#[test]
fn settings_are_recorded_as_they_are() {
    let bench = Bench::new();
    let plan = plan()
        .search(SearchChoice::Named(Kind::Random))
        .loss(Goal::Drift)
        .bounds(Axis::Hue, askance::types::Interval { low: -1.0, high: 0.5 });
    bench.run(&plan.check().unwrap(), "run");
    let info = RunInfo::read(bench.out("run/run.toml")).unwrap();
    assert_eq!(info.settings["search"].as_str(), Some("random"));
    assert_eq!(info.settings["loss"].as_str(), Some("drift"));
    assert_eq!(info.settings["bounds"]["hue_rad"]["low"].as_float(), Some(-1.0));
    assert_eq!(info.seed, 3);
}

struct Named(String, Fake);

fn named(name: &str) -> Box<dyn Segmenter> {
    Box::new(Named(name.to_owned(), Fake::new(SIZE, (4, 4))))
}

impl Segmenter for Named {
    fn name(&self) -> &str {
        &self.0
    }

    fn input_size(&self) -> usize {
        self.1.input_size()
    }

    fn grid(&self) -> (usize, usize) {
        self.1.grid()
    }

    fn segment(
        &mut self,
        images: ArrayView4<f32>,
        categories: &[&str],
    ) -> askance::error::Result<Vec<Segmentation>> {
        self.1.segment(images, categories)
    }

    fn provenance(&self) -> Provenance {
        Provenance { model: self.0.clone(), ..self.1.provenance() }
    }
}

struct Unbounded(Fake);

impl Segmenter for Unbounded {
    fn name(&self) -> &str {
        "unbounded"
    }

    fn input_size(&self) -> usize {
        self.0.input_size()
    }

    fn grid(&self) -> (usize, usize) {
        self.0.grid()
    }

    fn is_bounded(&self) -> bool {
        false
    }

    fn segment(
        &mut self,
        images: ArrayView4<f32>,
        categories: &[&str],
    ) -> askance::error::Result<Vec<Segmentation>> {
        self.0.segment(images, categories)
    }

    fn provenance(&self) -> Provenance {
        Provenance { model: "unbounded".into(), ..self.0.provenance() }
    }
}
