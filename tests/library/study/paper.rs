//! The paper's protocol on parts that lie as the published sets do.

use std::cell::Cell;
use std::fs;

use askance::attack::Preset;
use askance::error::Result;
use askance::metric::MetricOptions;
use askance::study::{Checked, Data, ModelSpec, Models, Origin, Paper, Plan, Source};
use askance::types::{Attack, Fit, Fitting};
use image::{GrayImage, Luma, RgbImage};

use super::{Bench, Listener, fake, refusal};

fn paper(bench: &Bench) -> Paper {
    Paper {
        data_root: bench.out("root"),
        models_dir: bench.out("models"),
        spec: ModelSpec::new(["fake"]),
        metric: MetricOptions::default(),
        preset: Preset::Paper,
        invariant: vec!["screw".into()],
        steps: 3,
        budget: 2,
        seed: 0,
        limit: Some(2),
        skip_bad: false,
        latex_intervals: false,
        origin: Origin::default(),
    }
}

fn load(spec: &ModelSpec) -> Result<Models> {
    assert_eq!((spec.model.as_slice(), spec.preset), (&["fake".to_owned()][..], Some(Preset::Paper)));
    Ok(fake())
}

/// Two categories of MVTec AD, one with its number of good pictures.
fn data() -> Bench {
    let bench = Bench::new();
    for (from, to) in [("nut", "mvtec_ad/screw"), ("plate", "mvtec_ad/toothbrush")] {
        let to = bench.out("root").join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::rename(bench.data().join(from), to).unwrap();
    }
    let good = bench.out("root/mvtec_ad/toothbrush/test/good");
    for number in 2..12 {
        fs::copy(good.join("0.png"), good.join(format!("{number}.png"))).unwrap();
    }
    bench
}

#[test]
fn a_later_model_that_cannot_be_used_is_told_before_the_first_attack() {
    let bench = data();
    let paper = Paper { spec: ModelSpec::new(["fake", "broken"]), ..paper(&bench) };
    let mut load = |spec: &ModelSpec| match spec.model[0].as_str() {
        "fake" => Ok(fake()),
        other => Err(askance::error::Error::model(other, "is no graph", "export it again")),
    };
    let error = refusal(paper.run(bench.out("paper"), &mut load, &Listener::default()));
    assert_eq!(error.subject, "broken");
    assert!(!bench.out("paper").exists(), "nothing was attacked");
}

#[test]
fn each_data_set_is_attacked_and_the_objects_without_an_upright_position_are_swept() {
    let bench = data();
    let listener = Listener::default();
    let loaded = Cell::new(0);
    let mut load = |spec: &ModelSpec| {
        loaded.set(loaded.get() + 1);
        load(spec)
    };
    let out = bench.out("paper");
    let results = paper(&bench).run(&out, &mut load, &listener).unwrap();
    assert_eq!(loaded.get(), 1, "a model is loaded once for all of its runs");
    assert!(listener.notes.borrow().iter().any(|note| note.starts_with("not there: VisA: curl")));
    let folders: Vec<String> = results
        .runs
        .iter()
        .map(|run| run.path().file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(folders, ["attack-mvtec-ad-fake", "sweep-mvtec-ad-fake"]);
    assert_eq!(results.summary.iter().filter(|row| row.attack == Attack::Clean).count(), 3);
    let page = fs::read_to_string(&results.page).unwrap();
    assert!(page.contains("uniform sweeps on screw.") && !page.contains("Left out"), "{page}");
    for words in
        ["2 of 15 categories, 8 pictures", "This is a rehearsal: only", "VisA: curl", "| MVTec AD | AUPRO |"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let table = fs::read_to_string(out.join("tables/backbone_fake.csv")).unwrap();
    assert!(
        table.starts_with("dataset,metric,samples,clean,clean low,clean high,angle,angle low,"),
        "{table}"
    );

    let latex = fs::read_to_string(out.join("tables/backbone_fake.tex")).unwrap();
    let rehearsal = "(a rehearsal: only the first 2 good and 2 defective samples of each category, 2 instead of 100 evaluations";
    assert!(latex.contains(rehearsal), "{latex}");

    let again = paper(&bench).run(&out, &mut load, &Listener::default()).unwrap();
    assert_eq!(again.summary, results.summary);
    assert_eq!(fs::read_to_string(out.join("tables/backbone_fake.csv")).unwrap(), table);
}

#[test]
fn the_page_tells_what_is_left_out_and_speaks_of_no_sweep_that_was_not_made() {
    let bench = data();
    let pictures = bench.out("root/pictures");
    fs::create_dir_all(&pictures).unwrap();
    fs::copy(bench.out("root/mvtec_ad/screw/test/good/0.png"), pictures.join("0.png")).unwrap();
    let listener = Listener::default();
    let paper = Paper { invariant: vec!["bottle".into()], ..paper(&bench) };
    let page = paper.run(bench.out("paper"), &mut load, &listener).unwrap().page;
    let page = fs::read_to_string(page).unwrap();
    assert!(
        page.contains("; no uniform sweeps.") && page.contains("pictures (unlabelled) is left out"),
        "{page}"
    );
    let notes = listener.notes.borrow();
    assert!(notes.iter().any(|note| note.contains("pictures (unlabelled) is left out")), "{notes:?}");
}

#[test]
fn a_stop_says_of_which_run_it_is() {
    let bench = data();
    let stop = Listener::stopping_after(2);
    let error = refusal(paper(&bench).run(bench.out("paper"), &mut load, &stop));
    assert_eq!(error.problem, "attack: MVTec AD, fake: 0 of 8 samples done");
}

#[test]
fn what_would_fail_after_hours_is_refused_at_once() {
    let bench = data();
    let mut never = |_: &ModelSpec| -> Result<Models> { panic!("no model is loaded") };
    let out = bench.out("paper");
    let mut run = |paper: Paper| refusal(paper.run(&out, &mut never, &Listener::default()));
    let unknown = Paper { invariant: vec!["spanner".into()], ..paper(&bench) };
    assert!(run(unknown).subject.contains("`invariant = spanner`"));
    assert!(run(Paper { steps: 1, ..paper(&bench) }).subject.contains("steps"));
    let missing = run(Paper { spec: ModelSpec::default(), ..paper(&bench) });
    assert!(missing.fix.contains("python -m askance_export ViT-L-14"), "{missing}");
    fs::write(bench.out("root/mvtec_ad/toothbrush/test/good/0.png"), b"no picture").unwrap();
    assert!(run(paper(&bench)).subject.contains("0.png"));
    assert!(!out.exists());
}

/// Notes of a run on one good and one defective picture of this size.
fn notes(plan: Plan, (width, height): (u32, u32)) -> Vec<String> {
    let bench = Bench::new();
    let part = bench.out("wide/part");
    for folder in ["test/good", "test/cut", "ground_truth/cut"] {
        fs::create_dir_all(part.join(folder)).unwrap();
    }
    for (name, red) in [("test/good/0.png", 90), ("test/cut/0.png", 190)] {
        RgbImage::from_pixel(width, height, image::Rgb([red, 90, 90])).save(part.join(name)).unwrap();
    }
    let marked = |x, y| Luma([if x < 12 && y < 12 { 255 } else { 0 }]);
    GrayImage::from_fn(width, height, marked).save(part.join("ground_truth/cut/0_mask.png")).unwrap();
    let heard = Listener::default();
    let data = Data::open(&Source::new(part), &heard).unwrap();
    let plan: Checked = plan.attacks([Attack::Clean]).check().unwrap();
    plan.run(bench.out("run"), &data, &mut fake(), &heard).unwrap();
    heard.notes.take()
}

#[test]
fn the_papers_preset_says_that_its_tiles_are_not_the_papers() {
    let told = |plan: Plan, size| {
        let notes = notes(plan, size);
        notes.into_iter().filter(|note| note.contains("not published")).collect::<Vec<_>>()
    };
    let wide = (96, 48);
    let notes = told(Plan::attack().preset(Preset::Paper), wide);
    assert_eq!(notes.len(), 1);
    assert!(
        ["`preset = paper`", "squares of the shorter side that overlap by 0.2", "`tile_blend = mean`"]
            .iter()
            .all(|part| notes[0].contains(part)),
        "{notes:?}"
    );
    let sized = Fitting { tile_size: Some(40), tile_overlap: 0.5, ..Fitting::of(Fit::Tile) };
    let notes = told(Plan::attack().preset(Preset::Paper).fit(sized), wide);
    assert!(notes[0].contains("squares of 40 pixels that overlap by 0.5"), "{notes:?}");
    // Nothing to say of square pictures, without tiles, or without the paper.
    assert!(told(Plan::attack().preset(Preset::Paper), (48, 48)).is_empty());
    assert!(told(Plan::attack().preset(Preset::Paper).fit(Fitting::of(Fit::Squeeze)), wide).is_empty());
    assert!(told(Plan::attack().preset(Preset::Authors), wide).is_empty());
    assert!(told(Plan::attack().fit(Fitting::of(Fit::Tile)), wide).is_empty());
}
