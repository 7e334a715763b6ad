//! What a run that goes on, and a merge, do not believe of the files that they find.

use std::fs;
use std::path::{Path, PathBuf};

use askance::attack::Select;
use askance::error::{Error, Result};
use askance::record::{
    Row, RunDir, RunInfo, SampleRow, StabilityRow, Status, read_map, read_rows, write_rows,
};
use askance::study::{Checked, Data, Merge, Outcome, Plan, Quiet, Scope, Source, Uniform};
use askance::types::{Attack, Axis, Label};
use ndarray::{Array2, ArrayView2, s};
use ndarray_npy::{ReadNpyExt, WritableElement, WriteNpyExt as _};

use super::{Bench, Listener, fake, mask, part, refusal};

fn plan() -> Plan {
    Plan::attack().axes([Axis::Angle, Axis::Hue]).budget(5).seed(3).keep_traces(true)
}

/// A bench with a finished run in `run`.
fn finished(plan: Plan) -> (Bench, Checked) {
    let (bench, checked) = (Bench::new(), plan.check().unwrap());
    bench.run(&checked, "run");
    (bench, checked)
}

fn again(bench: &Bench, checked: &Checked) -> Result<Outcome> {
    checked.run(bench.out("run"), &bench.open(), &mut fake(), &Quiet)
}

fn refused(bench: &Bench, checked: &Checked) -> Error {
    refusal(again(bench, checked))
}

/// Another picture or mask in a file of the same size: bytes are added behind the end, which no decoder reads.
fn replace(path: &Path, write: impl Fn(&Path)) {
    let before = fs::metadata(path).unwrap().len() as usize;
    let other = path.with_extension("other.png");
    write(&other);
    let mut bytes = fs::read(&other).unwrap();
    fs::remove_file(&other).unwrap();
    assert!(bytes.len() <= before, "the other file is larger");
    bytes.resize(before, 0);
    fs::write(path, bytes).unwrap();
}

/// Makes room for [`replace`].
fn pad(bench: &Bench) {
    for name in ["nut/test/red/1.png", "nut/ground_truth/red/1_mask.png"] {
        let path = bench.data().join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes.resize(bytes.len() + 200, 0);
        fs::write(&path, bytes).unwrap();
    }
}

fn copy_of(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() { copy_of(&path, &to) } else { assert!(fs::copy(&path, &to).is_ok()) }
    }
}

#[test]
fn a_picture_or_mask_that_was_replaced_by_another_of_its_size_is_refused_by_name() {
    for (name, is_mask) in [("nut/test/red/1.png", false), ("nut/ground_truth/red/1_mask.png", true)] {
        let (bench, checked) = (Bench::new(), plan().check().unwrap());
        pad(&bench);
        bench.run(&checked, "run");
        let path = bench.data().join(name);
        replace(&path, |other| if is_mask { mask(other, 7) } else { part(other, Some(7)) });
        let error = refused(&bench, &checked);
        assert!(error.subject.contains(name) && error.problem.contains("something else"), "{error}");

        fs::remove_file(bench.out("run/files.csv")).unwrap();
        let error = refused(&bench, &checked);
        assert!(error.problem.contains("picture or mask") && error.problem.contains("files.csv"), "{error}");
        assert!(!bench.out("run/files.csv").exists(), "what is wrong is not taken for what was seen");
    }
}

#[test]
fn pictures_and_masks_that_were_changed_taken_away_or_added_are_told_by_file() {
    let (bench, checked) = (Bench::new(), plan().check().unwrap());
    pad(&bench);
    bench.run(&checked, "run");
    let shard = plan().shard("1/2".parse().unwrap()).check().unwrap();
    bench.run(&shard, "part");
    let at = |name: &str| bench.data().join(name);
    for name in ["nut/test/red/1.png", "nut/test/red/2.png", "plate/test/red/0.png"] {
        replace(&at(name), |path| part(path, Some(7)));
    }
    let error = refused(&bench, &checked);
    assert!(error.subject.ends_with("nut/test/red/1.png"), "{error}");
    let rest = "something else than when the run began, and so do 2 files (nut/test/red/2.png, plate/test/red/0.png)";
    assert!(error.problem.ends_with(rest) && error.fix.contains("`fresh`"), "{error}");

    // Another size, a sample that is gone, and more new ones than are named.
    part(&at("nut/test/red/1.png"), Some(7));
    fs::remove_file(at("nut/test/red/0.png")).unwrap();
    fs::remove_file(at("nut/ground_truth/red/0_mask.png")).unwrap();
    for number in 5..9 {
        part(&at(&format!("plate/test/good/{number}.png")), None);
    }
    let error = refused(&bench, &checked);
    assert_eq!(error.subject, bench.data().display().to_string());
    for told in [
        "changed: 3 files (nut/test/red/1.png, nut/test/red/2.png, plate/test/red/0.png); ",
        "missing: 2 files (nut/test/red/0.png, nut/ground_truth/red/0_mask.png); ",
        "new: 4 files (plate/test/good/5.png, plate/test/good/6.png, plate/test/good/7.png and others)",
    ] {
        assert!(error.problem.contains(told), "{error}");
    }
    assert!(error.fix.contains("put the files back") && error.fix.contains("`fresh`"), "{error}");
    // A part has seen its own files alone: what belongs to the others is not new.
    let error = refusal(shard.run(bench.out("part"), &bench.open(), &mut fake(), &Quiet));
    assert!(error.problem.contains("changed: ") && !error.problem.contains("new: "), "{error}");

    // What was left out is told before what became of the files.
    let few = Data::open(&Source::new(bench.data()).limit(1), &Quiet).unwrap();
    let error = refusal(checked.run(bench.out("run"), &few, &mut fake(), &Quiet));
    assert!(error.problem.contains("another `dataset.limit`: none there, 1 now"), "{error}");
    fs::remove_file(bench.out("run/files.csv")).unwrap();
    let error = refused(&bench, &checked);
    assert!(
        error.problem.starts_with("holds a run on other pictures or masks: 10 samples there, 13 now")
            && error.problem.contains("files.csv")
            && error.fix.contains("put the files back"),
        "{error}"
    );
}

/// What the second of two lists makes of a run over the first.
fn told_of_lists(first: &[&str], then: &[&str]) -> Error {
    let (bench, checked) = (Bench::new(), plan().check().unwrap());
    part(&bench.data().join("nut/test/good/1.png"), Some(1));
    let list = bench.data().join("list.csv");
    let open = |lines: &[&str]| {
        fs::write(&list, format!("category,split,image,mask\n{}\n", lines.join("\n"))).unwrap();
        Data::open(&Source::new(&list), &Quiet).unwrap()
    };
    let data = open(first);
    checked.run(bench.out("run"), &data, &mut fake(), &Quiet).unwrap();
    refusal(checked.run(bench.out("run"), &open(then), &mut fake(), &Quiet))
}

#[test]
fn files_that_a_list_no_longer_names_or_labels_otherwise_are_no_missing_ones() {
    let defect = "nut,test,nut/test/red/0.png,nut/ground_truth/red/0_mask.png";
    let [good, plain, masked] = [
        "nut,test,nut/test/good/0.png,",
        "nut,test,nut/test/good/1.png,",
        "nut,test,nut/test/good/1.png,nut/ground_truth/red/1_mask.png",
    ];
    let error = told_of_lists(&[defect, good, plain], &[defect, good]);
    let told = "there, but not among the samples now: 1 file (nut/test/good/1.png)";
    assert!(error.problem.ends_with(told), "{error}");
    let error = told_of_lists(&[defect, good, plain], &[defect, good, masked]);
    let told = "named or labelled otherwise: 1 file (nut/test/good/1.png); new: 1 file (nut/ground_truth/red/1_mask.png)";
    assert!(error.problem.contains(told) && !error.problem.contains("missing"), "{error}");
}

#[test]
fn a_folder_in_place_of_a_list_is_told_by_the_layout() {
    let (bench, checked) = (Bench::new(), plan().check().unwrap());
    let list = bench.data().join("list.csv");
    let lines = "nut,test,nut/test/good/0.png,\nnut,test,nut/test/red/0.png,nut/ground_truth/red/0_mask.png";
    fs::write(&list, format!("category,split,image,mask\n{lines}\n")).unwrap();
    let data = Data::open(&Source::new(&list), &Quiet).unwrap();
    checked.run(bench.out("run"), &data, &mut fake(), &Quiet).unwrap();
    fs::remove_file(&list).unwrap();
    let error = refused(&bench, &checked);
    assert!(error.problem.starts_with("holds a run with another `dataset.layout`: "), "{error}");
}

#[test]
fn a_record_that_is_gone_is_made_again_from_its_copy() {
    let (bench, checked) = finished(plan());
    let record = bench.out("run/run.toml");
    fs::remove_file(&record).unwrap();
    let error = refusal(RunDir::open(bench.out("run")));
    assert!(error.fix.contains("the command of the run again"), "{error}");
    let said = heard(&bench, &checked);
    assert!(said.contains("run.toml is gone, and made again from its copy"), "{said}");
    assert_eq!(RunInfo::read(&record).unwrap().status, Status::Finished);
    fs::remove_file(&record).unwrap();
    let error =
        refusal(plan().budget(7).check().unwrap().run(bench.out("run"), &bench.open(), &mut fake(), &Quiet));
    assert!(error.problem.contains("another `settings.budget`"), "{error}");
    for (length, name) in [(20, "run.toml"), (9, ".run.toml.copy")] {
        fs::write(bench.out("run").join(name), &fs::read(bench.out("run/.run.toml.copy")).unwrap()[..length])
            .unwrap();
    }
    let error = refused(&bench, &checked);
    assert!(error.fix.starts_with("restore the file") && error.fix.contains("`fresh`"), "{error}");
}

#[test]
fn files_that_were_touched_copied_or_moved_are_the_same() {
    let (bench, checked) = finished(plan());
    let path = bench.data().join("nut/test/red/1.png");
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    assert_eq!(again(&bench, &checked).unwrap().clock.evaluations, 0);

    copy_of(&bench.data(), &bench.out("copy/data"));
    fs::rename(bench.data(), bench.out("away")).unwrap();
    for folder in ["copy/data", "away"] {
        let data = Data::open(&Source::new(bench.out(folder)).name("data".to_owned()), &Quiet).unwrap();
        let outcome = checked.run(bench.out("run"), &data, &mut fake(), &Quiet).unwrap();
        assert_eq!(outcome.clock.evaluations, 0, "{folder}");
    }
}

#[test]
fn a_run_that_was_begun_before_there_were_hashes_gets_them() {
    let (bench, checked) = finished(plan());
    let files = fs::read(bench.out("run/files.csv")).unwrap();
    fs::remove_file(bench.out("run/files.csv")).unwrap();
    let mut info = RunInfo::read(bench.out("run/run.toml")).unwrap();
    let contents = std::mem::take(&mut info.dataset.contents);
    info.write(bench.out("run/run.toml")).unwrap();
    assert_eq!(again(&bench, &checked).unwrap().clock.evaluations, 0);
    assert_eq!(fs::read(bench.out("run/files.csv")).unwrap(), files);
    assert_eq!(RunInfo::read(bench.out("run/run.toml")).unwrap().dataset.contents, contents);
    assert_eq!(contents.len(), 64);
}

#[test]
fn stored_maps_of_another_shape_are_refused() {
    let (bench, checked) = finished(plan().select(Select::Loss));
    let path = bench.out("run/patch_maps/fake/plate/red/0.hue.npy");
    let bytes = fs::read(&path).unwrap();
    let map = read_map(&path).unwrap();
    save_npy(&path, map.to_shape((2, 8)).unwrap().view());
    let error = refused(&bench, &checked);
    assert!(error.subject.contains("0.hue.npy") && error.problem.contains("2 x 8"), "{error}");
    assert!(error.fix.contains("delete the sample's rows"), "{error}");
    fs::write(&path, &bytes).unwrap();
    again(&bench, &checked).unwrap();
}

/// What a run that goes on warns of; it must end.
fn heard(bench: &Bench, checked: &Checked) -> String {
    let heard = Listener::default();
    checked.run(bench.out("run"), &bench.open(), &mut fake(), &heard).unwrap();
    heard.warnings.take().join("\n")
}

#[test]
fn what_was_cut_short_is_told_and_made_again_byte_for_byte() {
    let uniform = || Uniform { scopes: vec![Scope::Category], budget: 4 };
    let loss = plan().select(Select::Loss).tolerance([Axis::Hue]).uniform(uniform());
    let pooled = plan().select(Select::Pooled).random(3);
    let of_both = ["patch_maps/fake/nut/red/0.clean.npy", "traces/fake/nut/red/0.hue.npy"];
    let of_loss = ["patch_maps/fake/nut/red/0.hue.npy", "patch_maps/fake/nut/red/0.uniform-hue.npy"];
    let of_pooled = [
        "candidates/fake/nut/red/0.joint.npy",
        "patch_maps/fake/nut/red/0.hue.npy",
        "patch_maps/fake/nut/red/0.hue-aupro.npy",
        "patch_maps/fake/nut/red/0.random.npy",
    ];
    let adaptive = plan().keep_traces(false).adaptive().budget(9);
    let of_rounds = ["candidates/fake/nut/red/0.joint-rounds.npy", "candidates/fake/nut/red/0.angle.npy"];
    for (plan, names) in [
        (loss, [of_both.as_slice(), &of_loss].concat()),
        (pooled, [of_both.as_slice(), &of_pooled].concat()),
        (adaptive, of_rounds.to_vec()),
    ] {
        let (bench, checked) = finished(plan);
        let before = super::files(&bench.out("run"));
        for name in names {
            let path = bench.out("run").join(name);
            let Ok(bytes) = fs::read(&path) else { panic!("{name} is not there") };
            for length in [0, 60, bytes.len() - 4] {
                fs::write(&path, &bytes[..length]).unwrap();
                let said = heard(&bench, &checked);
                assert!(said.contains(name) && said.contains("cut short"), "{name} {length}: {said}");
                assert_eq!(super::files(&bench.out("run")), before, "{name} {length}");
            }
            let mut other = bytes.clone();
            *other.last_mut().unwrap() ^= 1;
            fs::write(&path, other).unwrap();
            let error = refused(&bench, &checked);
            assert!(error.subject.contains(name) && error.problem.contains("checksum"), "{name}: {error}");
            fs::write(&path, &bytes).unwrap();
        }
    }
}

#[test]
fn rows_that_were_deleted_are_made_again_where_they_were() {
    let (bench, checked) = finished(plan().select(Select::Loss).tolerance([Axis::Hue]));
    let before = super::files(&bench.out("run"));
    for name in ["samples.csv", "stability.csv"] {
        let path = bench.out("run").join(name);
        let text = fs::read_to_string(&path).unwrap();
        for deleted in [1, 5, text.lines().count() - 1] {
            let rest: Vec<&str> =
                text.lines().enumerate().filter(|(at, _)| *at != deleted).map(|(_, line)| line).collect();
            fs::write(&path, rest.join("\n") + "\n").unwrap();
            assert_ne!(again(&bench, &checked).unwrap().clock.evaluations, 0);
            assert_eq!(super::files(&bench.out("run")), before, "{name} {deleted}");
        }
    }
}

#[test]
fn a_run_that_another_one_has_is_refused() {
    let (bench, checked) = finished(plan());
    struct Second<'a>(&'a Bench, &'a Checked, std::cell::Cell<usize>);
    impl askance::study::Observe for Second<'_> {
        fn begin(&self, _: &str, _: usize) {
            let error = refusal(again(self.0, self.1));
            assert!(error.problem.contains("in use by another process"), "{error}");
            self.2.set(self.2.get() + 1);
        }
    }
    let second = Second(&bench, &checked, std::cell::Cell::new(0));
    checked.run(bench.out("run"), &bench.open(), &mut fake(), &second).unwrap();
    assert!(second.2.get() > 0);
    again(&bench, &checked).unwrap();
}

#[test]
fn traces_of_more_or_fewer_evaluations_than_their_rows_are_refused() {
    let (bench, checked) = finished(plan());
    for attack in ["clean", "angle", "joint"] {
        let path = bench.out(&format!("run/traces/fake/nut/red/0.{attack}.npy"));
        let bytes = fs::read(&path).unwrap();
        let table: Array2<f64> = read_npy(&path);
        let twice = ndarray::concatenate![ndarray::Axis(0), table, table.slice(s![..1, ..])];
        save_npy(&path, twice.view());
        assert!(refused(&bench, &checked).problem.contains("evaluations, where the row"));
        if attack != "clean" {
            save_npy(&path, table.slice(s![..-1, ..]));
        }
        let error = refused(&bench, &checked);
        assert!(error.subject.contains(&format!("0.{attack}.npy")), "{error}");
        assert!(error.problem.contains("evaluations, where the row"), "{error}");
        save_npy(&path, table.slice(s![.., ..1]));
        let refused = again(&bench, &checked);
        assert!(attack == "clean" || refused.is_err(), "{attack}: a column is no trace");
        fs::write(&path, &bytes).unwrap();
    }
    again(&bench, &checked).unwrap();
}

#[test]
fn rows_or_maps_without_the_record_of_their_run_are_refused() {
    for kept in ["samples.csv", "summary.csv", "patch_maps", "traces"] {
        let (bench, checked) = finished(plan());
        for entry in fs::read_dir(bench.out("run")).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with(kept) {
                continue;
            }
            if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
        }
        let error = refused(&bench, &checked);
        assert!(error.problem.contains(kept) && error.problem.contains("no run.toml"), "{error}");
    }
    // What a start leaves that is killed before run.toml is written.
    let (bench, checked) = finished(plan());
    let files = fs::read(bench.out("run/files.csv")).unwrap();
    fs::remove_dir_all(bench.out("run")).unwrap();
    fs::create_dir(bench.out("run")).unwrap();
    fs::write(bench.out("run/files.csv"), files).unwrap();
    again(&bench, &checked).unwrap();
}

/// Changes one row of a file, and gives what the run says of it.
fn with_row<T: Row>(
    path: &Path,
    bench: &Bench,
    checked: &Checked,
    at: usize,
    change: impl Fn(&mut T),
) -> Error {
    let before = fs::read(path).unwrap();
    let mut rows: Vec<T> = read_rows(path).unwrap();
    change(&mut rows[at]);
    write_rows(path, &rows).unwrap();
    let error = refused(bench, checked);
    assert!(error.subject.contains(path.file_name().unwrap().to_str().unwrap()), "{error}");
    fs::write(path, before).unwrap();
    error
}

#[test]
fn rows_of_another_run_are_refused_with_line_and_column() {
    let (bench, checked) = finished(plan());
    let path = bench.out("run/samples.csv");
    type Change = fn(&mut SampleRow);
    let changes: [(&str, Change); 9] = [
        ("model", |row| row.model = "other".into()),
        ("dataset", |row| row.dataset = "other".into()),
        ("sample", |row| row.sample = "red/9".into()),
        ("label", |row| row.label = Label::Anomalous),
        ("attack", |row| {
            let axes = [Axis::Angle, Axis::Hue, Axis::Blur];
            row.parameters = askance::record::Parameters::new(&row.perturbation(), &axes);
            row.attack = Attack::Single(Axis::Blur);
        }),
        ("search", |row| row.search = "none".into()),
        ("budget", |row| row.budget = 6),
        ("seed", |row| row.seed = 4),
        ("evaluations", |row| row.evaluations = 50),
    ];
    for (column, change) in changes {
        let error = with_row::<SampleRow>(&path, &bench, &checked, 3, change);
        assert!(error.problem.contains(&format!("line 5, column {column}")), "{column}: {error}");
    }
    let text = fs::read_to_string(&path).unwrap();
    let line = text.lines().nth(2).unwrap();
    assert!(line.contains(",angle,"), "{line}");
    fs::write(&path, format!("{text}{line}\n")).unwrap();
    assert!(refused(&bench, &checked).problem.contains("twice (lines 3 and 42)"));

    let narrow = askance::types::Interval { low: -1.0, high: 1.0 };
    let (bench, checked) = finished(plan().bounds(Axis::Angle, narrow));
    let far = askance::record::Parameters::new(
        &askance::types::Perturbation::of([(Axis::Angle, 2.0)]),
        &[Axis::Angle, Axis::Hue],
    );
    let error =
        with_row::<SampleRow>(&bench.out("run/samples.csv"), &bench, &checked, 1, |row| row.parameters = far);
    assert!(
        error.problem.contains("line 3, column angle_deg") && error.problem.contains("-1 to 1"),
        "{error}"
    );
}

/// The line of a row, with its cell in the column of `axis` empty.
fn without_value(row: &SampleRow, axis: Axis) -> SampleRow {
    let rest: Vec<Axis> = row.parameters.axes().filter(|&other| other != axis).collect();
    let parameters = askance::record::Parameters::new(&row.perturbation(), &rest);
    SampleRow { parameters, ..row.clone() }
}

#[test]
fn an_empty_cell_on_an_axis_of_the_run_is_no_zero() {
    let (bench, checked) = finished(plan());
    let path = bench.out("run/samples.csv");
    let rows: Vec<SampleRow> = read_rows(&path).unwrap();
    for attack in [Attack::Single(Axis::Hue), Attack::Joint] {
        let at = rows.iter().position(|row| row.attack == attack).unwrap();
        let place = format!("line {}, column hue_rad: the cell is empty", at + 2);
        let blank = |row: &mut SampleRow| *row = without_value(row, Axis::Hue);
        let text = fs::read_to_string(&path).unwrap();
        let mut changed = rows.clone();
        blank(&mut changed[at]);
        write_rows(&path, &changed).unwrap();
        let runs = [RunDir::open(bench.out("run")).unwrap()];
        #[cfg(feature = "plot")]
        assert!(
            refusal(askance::study::draw(&runs, &bench.out("plots"))).problem.contains(&place),
            "{attack}: {runs:?}"
        );
        fs::write(&path, text).unwrap();
        // A run that was begun again and refused is in no figure.
        if attack == Attack::Joint {
            let error = with_row(&path, &bench, &checked, at, blank);
            assert!(error.problem.contains(&place), "{error}");
        }
    }
}

#[test]
fn numbers_that_the_stored_map_contradicts_are_refused() {
    let (bench, checked) = finished(plan().select(Select::Loss));
    let path = bench.out("run/samples.csv");
    let rows: Vec<SampleRow> = read_rows(&path).unwrap();
    let scored = |row: &SampleRow| row.attack == Attack::Single(Axis::Hue) && row.sample_auroc.is_some();
    let at = rows.iter().position(scored).unwrap();
    type Change = fn(&mut SampleRow);
    let changes: [(&str, Change); 3] = [
        ("sample_auroc", |row| row.sample_auroc = row.sample_auroc.map(|auroc| (auroc - 0.002).max(0.002))),
        ("sample_auroc", |row| row.sample_auroc = None),
        ("loss", |row| row.loss += 0.01),
    ];
    for (column, change) in changes {
        let error = with_row(&path, &bench, &checked, at, change);
        assert!(error.problem.contains("attack hue, column ") && error.problem.contains(column), "{error}");
        assert!(error.problem.contains("map gives"), "{error}");
    }
    for (column, change) in [
        ("loss", (|row| row.loss = 1.5) as Change),
        ("image_score", |row| row.image_score = 1.5),
        ("coarse", |row| row.coarse = usize::MAX),
    ] {
        let error = with_row(&path, &bench, &checked, at, change);
        assert!(error.problem.contains(&format!("line {}, column {column}", at + 2)), "{error}");
    }

    let (bench, checked) = finished(plan().select(Select::Loss).loss(askance::attack::Goal::Drift));
    let path = bench.out("run/samples.csv");
    again(&bench, &checked).unwrap();
    let error = with_row::<SampleRow>(&path, &bench, &checked, 1, |row| row.loss -= 0.01);
    assert!(error.problem.contains("column loss"), "{error}");
    let error = with_row::<SampleRow>(&path, &bench, &checked, 1, |row| row.loss = 0.5);
    assert!(error.problem.contains("line 3, column loss"), "{error}");
}

#[test]
fn a_scan_that_the_run_does_not_make_is_refused() {
    let (bench, checked) = finished(plan().tolerance([Axis::Hue]));
    let path = bench.out("run/stability.csv");
    let rows: Vec<StabilityRow> = read_rows(&path).unwrap();
    let at = rows.iter().position(StabilityRow::is_scanned).unwrap();
    type Change = fn(&mut StabilityRow);
    let changes: [(&str, Change); 8] = [
        ("step", |row| row.step = Some(0.0)),
        ("step", |row| row.step = row.step.map(|step| step * 2.0)),
        ("resolution", |row| row.resolution = row.step.map(|step| step * 2.0)),
        ("resolution", |row| row.resolution = None),
        ("evaluations", |row| row.evaluations = Some(0)),
        ("evaluations", |row| row.evaluations = Some(5000)),
        ("evaluations", |row| row.evaluations = Some(usize::MAX)),
        ("rule", |row| row.rule = askance::record::DecisionRule::Given),
    ];
    for (column, change) in changes {
        let error = with_row(&path, &bench, &checked, at, change);
        assert!(error.problem.contains(&format!("line {}, column {column}", at + 2)), "{column}: {error}");
    }
    let unscanned = rows.iter().position(|row| !row.is_scanned()).unwrap();
    let with_step = |row: &mut StabilityRow| {
        (row.step, row.resolution, row.evaluations) = (Some(0.1), Some(0.01), Some(9));
    };
    let error = with_row(&path, &bench, &checked, unscanned, with_step);
    assert!(error.problem.contains("column step"), "{error}");
}

#[test]
fn rows_of_tolerances_about_other_answers_are_refused() {
    let (bench, checked) = finished(plan().tolerance([Axis::Hue]));
    let path = bench.out("run/stability.csv");
    type Change = fn(&mut StabilityRow);
    let changes: [(&str, Change); 8] = [
        ("model", |row| row.model = "other".into()),
        ("label", |row| row.label = Label::Anomalous),
        ("clean_score", |row| row.clean_score *= 0.999),
        ("worst_score", |row| row.worst_score = row.worst_score.map(|score| score * 0.999)),
        ("threshold", |row| row.threshold *= 1.001),
        ("flips", |row| row.flips = row.flips.map(|flips| !flips)),
        ("tolerance", |row| row.tolerance = Some(row.tolerance.unwrap_or(0.0) + 0.5)),
        ("drift", |row| row.drift = Some(f64::INFINITY)),
    ];
    for (column, change) in changes {
        let error = with_row::<StabilityRow>(&path, &bench, &checked, 1, change);
        assert!(error.problem.contains(&format!("line 3, column {column}")), "{column}: {error}");
    }
}

#[test]
fn rows_and_maps_of_worst_cases_are_chosen_anew_whatever_became_of_them() {
    let uniform = Uniform { scopes: vec![Scope::Category], budget: 4 };
    let (bench, checked) = finished(plan().uniform(uniform));
    let before = super::files(&bench.out("run"));
    let path = bench.out("run/samples.csv");
    let mut rows: Vec<SampleRow> = read_rows(&path).unwrap();
    rows[1].loss += 0.01;
    write_rows(&path, &rows).unwrap();
    fs::write(bench.out("run/uniform.csv"), "not a table").unwrap();
    fs::remove_file(bench.out("run/patch_maps/fake/nut/red/0.hue.npy")).unwrap();
    fs::remove_file(bench.out("run/patch_maps/fake/nut/red/0.hue-aupro.npy")).unwrap();
    again(&bench, &checked).unwrap();
    assert_eq!(super::files(&bench.out("run")), before);

    // What they are chosen from is not believed either.
    let kept = bench.out("run/patch_maps/fake/nut/red/0.uniform-hue.npy");
    let table: Array2<f32> = read_npy(&kept);
    save_npy(&kept, table.mapv(|_| f32::NAN).view());
    let error = refused(&bench, &checked);
    assert!(error.subject.contains("0.uniform-hue.npy") && error.problem.contains("finite"), "{error}");
}

#[test]
fn candidates_that_no_search_can_have_had_are_refused() {
    let (bench, checked) = finished(plan().select(Select::Pooled));
    let path = bench.out("run/candidates/fake/nut/red/0.hue.npy");
    let right: Array2<f64> = read_npy(&path);
    let refused_with = |table: &Array2<f64>| {
        save_npy(&path, table.view());
        let error = refused(&bench, &checked);
        assert!(error.subject.contains("0.hue.npy"), "{error}");
        error.problem
    };
    assert!(refused_with(&right.slice(s![..0, ..]).to_owned()).contains("no candidate"));
    let with = |column: usize, value: f64| {
        let mut table = right.clone();
        table[[1, column]] = value;
        table
    };
    assert!(refused_with(&with(Axis::Hue as usize, 3.5)).contains("hue_rad: 3.5 lies outside"));
    assert!(refused_with(&with(Axis::COUNT + 1, 7.5)).contains("sample AUROC of 7.5"));
    assert!(refused_with(&with(Axis::COUNT + 3, 2.0)).contains("another shape"));
    save_npy(&path, right.view());
    again(&bench, &checked).unwrap();
}

fn read_npy<A: ReadNpyExt>(path: &Path) -> A {
    A::read_npy(fs::read(path).unwrap().as_slice()).unwrap()
}

fn save_npy<T: WritableElement + Clone>(path: &Path, array: ArrayView2<'_, T>) {
    let mut bytes = Vec::new();
    let whole = Array2::from_shape_vec(array.dim(), array.iter().cloned().collect()).unwrap();
    whole.write_npy(&mut bytes).unwrap();
    fs::write(path, bytes).unwrap();
}

fn shards(bench: &Bench) -> Vec<PathBuf> {
    (1..=2)
        .map(|index| {
            let checked = plan().shard(format!("{index}/2").parse().unwrap()).check().unwrap();
            bench.run(&checked, &format!("shard-{index}"));
            bench.out(&format!("shard-{index}"))
        })
        .collect()
}

#[test]
fn shards_that_disagree_or_cannot_be_are_not_merged() {
    let bench = Bench::new();
    let shards = shards(&bench);
    let merge = Merge { shards: shards.clone(), ..Merge::default() };
    let merged = || refusal(merge.run(bench.out("merged"), &Quiet));
    let record = shards[1].join("run.toml");
    let size = |record: &Path, size| {
        let mut info = RunInfo::read(record).unwrap();
        info.models[0].input_size = Some(size);
        info.write(record).unwrap();
    };
    size(&record, 64);
    let error = merged();
    assert!(error.subject.contains("shard-2") && error.problem.contains("input_size"), "{error}");
    shards.iter().for_each(|shard| size(&shard.join("run.toml"), 4_000_000_000));
    assert!(merged().problem.contains("4000000000 pixels"));
    shards.iter().for_each(|shard| size(&shard.join("run.toml"), 27));
    let error = merged();
    assert!(error.problem.contains("27 pixels") && error.fix.contains("input_size in run.toml"), "{error}");
    fs::remove_dir_all(bench.out("merged")).unwrap();
    shards.iter().for_each(|shard| size(&shard.join("run.toml"), super::SIZE));

    // A cell of the joint attack that is empty.
    let path = shards[1].join("samples.csv");
    let before = fs::read(&path).unwrap();
    let mut rows: Vec<SampleRow> = read_rows(&path).unwrap();
    let at = rows.iter().position(|row| row.attack == Attack::Joint).unwrap();
    rows[at] = without_value(&rows[at], Axis::Hue);
    write_rows(&path, &rows).unwrap();
    assert!(merged().problem.contains(&format!("line {}, column hue_rad", at + 2)));
    fs::write(&path, before).unwrap();

    // A row that is gone, one attack of a sample or a torn last line.
    let path = shards[1].join("samples.csv");
    let rows = fs::read_to_string(&path).unwrap();
    let fourth = rows.lines().nth(3).unwrap();
    fs::write(&path, rows.replace(&format!("{fourth}\n"), "")).unwrap();
    assert!(merged().problem.contains("has lost rows, or has others"));
    fs::write(&path, rows.trim_end()).unwrap();
    assert!(merged().problem.contains("lost rows at its end"));
    fs::write(&path, &rows).unwrap();

    // Rows of a run that nobody knows.
    fs::create_dir(bench.out("merged")).unwrap_or_default();
    fs::copy(shards[0].join("samples.csv"), bench.out("merged/stability.csv")).unwrap();
    assert!(merged().problem.contains("stability.csv but no run.toml"));
    fs::remove_file(bench.out("merged/stability.csv")).unwrap();

    fs::remove_file(shards[0].join("files.csv")).unwrap();
    merge.run(bench.out("merged"), &Quiet).unwrap();
}

#[test]
fn a_mask_of_a_shard_that_was_replaced_is_noticed_without_its_files_csv() {
    let bench = Bench::new();
    pad(&bench);
    let shards = shards(&bench);
    replace(&bench.data().join("nut/ground_truth/red/1_mask.png"), |other| mask(other, 7));
    shards.iter().for_each(|shard| fs::remove_file(shard.join("files.csv")).unwrap());
    let error = refusal(Merge { shards, ..Merge::default() }.run(bench.out("merged"), &Quiet));
    assert!(error.problem.contains("picture or mask") && error.fix.contains("`data`"), "{error}");
}

#[test]
fn stored_maps_of_a_sweep_that_are_cut_are_made_again_and_others_can_be_deleted() {
    let (bench, checked) = finished(Plan::sweep([Axis::Hue], 5));
    let path = bench.out("run/patch_maps/fake/nut/red/0.sweep-hue.npy");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 4]).unwrap();
    assert!(heard(&bench, &checked).contains("0.sweep-hue.npy is cut short"));
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let mut other = bytes.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&path, other).unwrap();
    let error = refused(&bench, &checked);
    assert!(error.subject.contains("0.sweep-hue.npy") && error.fix.starts_with("delete the file"), "{error}");
    fs::remove_file(&path).unwrap();
    again(&bench, &checked).unwrap();
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_place_of_a_record_is_not_waited_for() {
    let (bench, checked) = finished(plan().select(Select::Loss).tolerance([Axis::Hue]).tolerance_steps(2));
    for name in [
        "run.toml",
        "samples.csv",
        "files.csv",
        "stability.csv",
        "patch_maps/fake/nut/red/0.hue.npy",
        "traces/fake/nut/red/0.hue.npy",
    ] {
        let path = bench.out("run").join(name);
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        crate::listing::make_pipe(&path);
        let error = refused(&bench, &checked);
        assert!(error.problem.starts_with("is no regular file"), "{name}: {error}");
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
    }
    again(&bench, &checked).unwrap();
}

#[cfg(all(unix, feature = "plot"))]
#[test]
fn a_pipe_in_place_of_a_record_is_not_passed_over_by_plots() {
    let uniform = Uniform { scopes: vec![Scope::Category], budget: 4 };
    let (bench, _) = finished(plan().tolerance([Axis::Hue]).tolerance_steps(2).uniform(uniform));
    let draw = || {
        let run = [RunDir::open(bench.out("run"))?];
        askance::study::draw(&run, &bench.out("plots"))
    };
    for name in [
        "run.toml",
        "samples.csv",
        "summary.csv",
        "stability.csv",
        "uniform.csv",
        "sweep.csv",
        "bench.csv",
        "examples/index.csv",
        "traces/fake/nut/red/0.joint.npy",
    ] {
        let path = bench.out("run").join(name);
        let bytes = fs::read(&path).ok();
        fs::remove_file(&path).unwrap_or_default();
        crate::listing::make_pipe(&path);
        let error = refusal(draw());
        assert!(error.problem.starts_with("is no regular file"), "{name}: {error}");
        fs::remove_file(&path).unwrap();
        if let Some(bytes) = bytes {
            fs::write(&path, bytes).unwrap();
        }
    }
    draw().unwrap();
}

#[cfg(feature = "plot")]
#[test]
fn a_summary_that_is_older_than_its_rows_is_not_drawn() {
    let (bench, _) = finished(plan());
    let run = [RunDir::open(bench.out("run")).unwrap()];
    askance::study::draw(&run, &bench.out("plots")).unwrap();
    let path = bench.out("run/samples.csv");
    let mut rows: Vec<SampleRow> = read_rows(&path).unwrap();
    rows[1].loss *= 0.5;
    write_rows(&path, &rows).unwrap();
    let error = refusal(askance::study::draw(&run, &bench.out("plots")));
    assert!(error.subject.contains("summary.csv") && error.problem.contains("other rows"), "{error}");
}

#[cfg(feature = "plot")]
#[test]
fn rows_outside_the_bounds_that_their_run_records_are_not_drawn() {
    let (bench, _) = finished(plan());
    let record = bench.out("run/run.toml");
    let text = fs::read_to_string(&record).unwrap();
    assert!(text.contains("low = -90.0"), "{text}");
    let (_, text) = text.split_once('\n').unwrap();
    fs::write(&record, text.replace("low = -90.0", "low = -0.001").replace("high = 90.0", "high = 0.001"))
        .unwrap();
    let run = [RunDir::open(bench.out("run")).unwrap()];
    let error = refusal(askance::study::draw(&run, &bench.out("plots")));
    assert!(error.subject.contains("samples.csv") && error.problem.contains("column angle_deg"), "{error}");
}
