//! Runs on private test sets, written as submissions.

use std::fs;
use std::path::{Path, PathBuf};

use askance::dataset::Layout;
use askance::metric::ThresholdRule;
use askance::record::read_half_tiff;
use askance::study::{Data, Plan, Quiet, Source, Submission};
use tempfile::TempDir;

use super::{SIZE, fake, mask, part, refusal};

/// Two private sets of two pictures each, the first with a square, and two validation pictures without.
fn private(root: &Path) {
    let can = root.join("can");
    for (set, ending) in [("test_private", "regular"), ("test_private_mixed", "mixed")] {
        part(&can.join(format!("{set}/000_{ending}.png")), Some(1));
        part(&can.join(format!("{set}/001_{ending}.png")), None);
    }
    for number in 0..2 {
        part(&can.join(format!("validation/good/{number:03}_regular.png")), None);
    }
}

fn run(folder: &TempDir, name: &str, source: Source) -> PathBuf {
    let out = folder.path().join(name);
    let data = Data::open(&source, &Quiet).unwrap();
    Plan::eval().check().unwrap().run(&out, &data, &mut fake(), &Quiet).unwrap();
    out
}

fn submission(folder: &TempDir) -> Submission {
    let root = folder.path().join("data");
    private(&root);
    let run = run(folder, "run", Source::new(root));
    Submission { run, partial: true, ..Submission::default() }
}

#[test]
fn a_part_is_written_checked_and_packed() {
    let folder = TempDir::new().unwrap();
    let submission = submission(&folder);
    let out = folder.path().join("mine");
    let submitted = submission.run(&out, &Quiet).unwrap();
    assert_eq!(submitted.archive, folder.path().join("mine.tar.gz"));
    let [can] = submitted.categories.as_slice() else { panic!("one category: {submitted:?}") };
    let told: Vec<_> = can.sets.iter().map(|set| (set.name.as_str(), set.pictures, set.called)).collect();
    assert_eq!(told, [("test_private", 2, 1), ("test_private_mixed", 2, 1)]);

    // The red square is called, and nothing else. The centre of its cell, which would be 1, lies between pixels.
    let map = read_half_tiff(&out.join("anomaly_images/can/test_private/000_regular.tiff"), "").unwrap();
    assert_eq!(map.dim(), (SIZE, SIZE));
    assert!(map.iter().all(|value| (0.0..=1.0).contains(value)) && map.iter().any(|&value| value > 0.8));
    let of = |name: &str| {
        let path = out.join(format!("anomaly_images_thresholded/can/{name}.png"));
        image::open(path).unwrap().into_luma8().into_raw()
    };
    let called = of("test_private/000_regular").iter().filter(|&&value| value == 255).count();
    assert!((1..SIZE * SIZE / 2).contains(&called), "{called}");
    assert!(of("test_private_mixed/001_mixed").iter().all(|&value| value == 0));

    // The same again is the same archive.
    let before = fs::read(&submitted.archive).unwrap();
    submission.run(&out, &Quiet).unwrap();
    assert_eq!(fs::read(&submitted.archive).unwrap(), before);
    assert!(submitted.differences.iter().any(|told| told.contains("can/test_private lacks 319")));
    assert!(submitted.differences.iter().any(|told| told == "walnuts is missing"));
}

#[test]
fn a_whole_submission_must_have_what_the_server_asks_for() {
    let folder = TempDir::new().unwrap();
    let submission = Submission { partial: false, ..submission(&folder) };
    let error = refusal(submission.run(folder.path().join("out"), &Quiet));
    assert!(error.problem.contains("fabric is missing") && error.fix.contains("`partial`"), "{error}");
    assert!(!folder.path().join("out").exists());
}

#[test]
fn files_that_do_not_belong_to_it_are_refused() {
    let folder = TempDir::new().unwrap();
    let submission = submission(&folder);
    let out = folder.path().join("out");
    fs::create_dir_all(out.join("anomaly_images/can")).unwrap();
    fs::write(out.join("anomaly_images/can/notes.txt"), "").unwrap();
    let error = refusal(submission.run(&out, &Quiet));
    assert!(error.subject.ends_with("notes.txt") && error.problem.contains("takes no others"), "{error}");
    assert!(!folder.path().join("out.tar.gz").exists());
}

#[test]
fn thresholds_are_given_chosen_or_taken_from_a_run_with_ground_truth() {
    let folder = TempDir::new().unwrap();
    let submission = submission(&folder);
    let out = folder.path().join("out");
    let threshold = |submission: &Submission| submission.run(&out, &Quiet).unwrap().categories[0].threshold;
    let given = "0.125".parse::<ThresholdRule>().unwrap();
    assert_eq!(threshold(&Submission { threshold: Some(given), ..submission.clone() }), 0.125);
    let highest = "quantile-1".parse::<ThresholdRule>().unwrap();
    let usual = threshold(&submission);
    assert!(threshold(&Submission { threshold: Some(highest), ..submission.clone() }) < usual);
    let best = Submission { threshold: Some(ThresholdRule::BestF1), ..submission.clone() };
    assert!(refusal(best.run(&out, &Quiet)).problem.contains("ground truth"));

    let public = folder.path().join("public/can/test_public");
    part(&public.join("good/000_regular.png"), None);
    part(&public.join("bad/000_regular.png"), Some(1));
    mask(&public.join("ground_truth/bad/000_regular_mask.png"), 1);
    let public = run(&folder, "public-run", Source::new(folder.path().join("public")));
    let taken = Submission { threshold_from: Some(public.clone()), ..submission.clone() };
    let text = fs::read_to_string(public.join("operating.csv")).unwrap();
    assert!(text.contains(&threshold(&taken).to_string()), "{text}");
    let error = refusal(Submission { threshold: Some(given), ..taken }.run(&out, &Quiet));
    assert!(error.problem.contains("said twice"), "{error}");
}

#[test]
fn a_run_on_other_data_is_no_submission() {
    let folder = TempDir::new().unwrap();
    let submission = submission(&folder);
    let plain = Source::new(folder.path().join("data/can/test_private")).layout(Layout::Unlabelled);
    let other = Submission { run: run(&folder, "other", plain), ..submission.clone() };
    let error = refusal(other.run(folder.path().join("out"), &Quiet));
    assert!(error.fix.contains("`layout = mvtec-ad-2-private`"), "{error}");

    fs::remove_dir_all(folder.path().join("data/can/validation")).unwrap();
    let root = Source::new(folder.path().join("data"));
    let bare = Submission { run: run(&folder, "bare", root), ..submission };
    let error = refusal(bare.run(folder.path().join("out"), &Quiet));
    assert!(error.problem.contains("no validation pictures of can"), "{error}");
}
