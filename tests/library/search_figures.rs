//! Convergence and landscape, from made-up searches.

use std::f64::consts::PI;
use std::fs;
use std::path::Path;

use askance::plot::{self, Curve, EvaluationPoint, Landscape, Page};
use askance::record::{Row as _, RunDir, RunInfo, SampleRow, Status};
use askance::types::{Attack, Bounds, SampleId};
use ndarray::Array2;
use tempfile::TempDir;

use crate::figures::{Out, noise};

fn pixels(path: &Path) -> Vec<[u8; 3]> {
    let picture = image::open(path).unwrap().into_rgb8();
    assert_eq!((picture.width(), picture.height()), (1600, 1000));
    picture.pixels().map(|pixel| pixel.0).collect()
}

/// A loss with its minimum of -1 at 40 degrees and 1 rad.
fn loss(angle_deg: f64, hue_rad: f64, saturation: f64) -> f64 {
    let away =
        ((angle_deg - 40.0) / 60.0).powi(2) + (1.0 - (hue_rad - 1.0).cos()) + (saturation - 0.2).powi(2);
    -(-away).exp()
}

/// Angle, hue, saturation, loss, cost: the unchanged picture, then so many random points, every fourth one coarse.
pub(super) fn random_trace(name: &str, count: usize) -> Array2<f64> {
    let mut table = Array2::zeros((count, 5));
    for (at, mut row) in table.rows_mut().into_iter().enumerate() {
        let draw = |axis: u64| if at == 0 { 0.5 } else { noise(&format!("{name}/{at}"), axis) };
        let point = [180.0 * draw(0) - 90.0, 2.0 * PI * draw(1) - PI, draw(2) - 0.5];
        let coarse = at % 4 == 3;
        let loss = loss(point[0], point[1], point[2]) - if coarse { 5.0 } else { 0.0 };
        let cost = if coarse { 0.25 } else { 1.0 };
        row.iter_mut().zip(point.into_iter().chain([loss, cost])).for_each(|(cell, value)| *cell = value);
    }
    table
}

pub(super) fn dense_trace() -> Array2<f64> {
    let mut table = Array2::ones((1 + 12 * 12 * 12, 5));
    for at in 0..table.nrows() {
        let part = |step: usize| ((at - 1) / 12_usize.pow(step as u32) % 12) as f64;
        let point = if at == 0 {
            [0.0; 3]
        } else {
            [180.0 * part(0) / 11.0 - 90.0, 2.0 * PI * part(1) / 12.0 - PI, part(2) / 11.0 - 0.5]
        };
        for (column, value) in point.into_iter().enumerate() {
            table[[at, column]] = value;
        }
        table[[at, 3]] = loss(point[0], point[1], point[2]);
    }
    table
}

/// A finished run of one search that kept its traces.
fn run(
    folder: &Path,
    search: &str,
    budget: usize,
    samples: usize,
    trace: impl Fn(&str) -> Array2<f64>,
) -> RunDir {
    let run = RunDir::create(folder).unwrap();
    let settings: toml::Table = toml::from_str(&format!(
        "search = {search:?}\nbudget = {budget}\n\
         [bounds]\nangle_deg = {{ low = -90.0, high = 90.0 }}\nhue_rad = {{ low = -3.141592653589793, high = 3.141592653589793 }}\n\
         saturation = {{ low = -0.5, high = 0.5 }}\n[perturb]\nrotation = \"bilinear\"\nfill = \"replicate\"\n",
    ))
    .unwrap();
    let info = RunInfo::start("askance attack", None, 0, settings);
    RunInfo { status: Status::Finished, ..info }.write(run.info_path()).unwrap();
    let mut text = SampleRow::header().join(",") + "\n";
    for number in 0..samples {
        let id = SampleId { category: "nut".into(), defect: "scratch".into(), stem: format!("{number:03}") };
        let trace = trace(&format!("{search}{number}"));
        let full = trace.rows().into_iter().filter(|row| row[4] == 1.0).count().to_string();
        let (sample, budget) = (id.within_category(), budget.to_string());
        let cell = |name: &&str| match *name {
            "model" => "pocket".to_owned(),
            "dataset" => "toys".to_owned(),
            "category" => "nut".to_owned(),
            "sample" => sample.clone(),
            "label" => "anomalous".to_owned(),
            "attack" => "joint".to_owned(),
            "search" => search.to_owned(),
            "budget" => budget.clone(),
            "evaluations" => full.clone(),
            "sample_auroc" | "expected_gain" | "mask" => String::new(),
            "image" => "i.png".to_owned(),
            "fit" => "squeeze".to_owned(),
            "pieces" => "1".to_owned(),
            _ => "0".to_owned(),
        };
        text += &(SampleRow::header().iter().map(cell).collect::<Vec<_>>().join(",") + "\n");
        run.save_trace("pocket", &id, Attack::Joint, trace.view()).unwrap();
    }
    fs::write(run.samples_path(), text).unwrap();
    run
}

#[test]
fn convergence_has_a_colour_for_each_strategy() {
    let out = Out::new();
    let names = [
        "grid",
        "random",
        "cma-es",
        "bayesian",
        "sobol",
        "nelder-mead",
        "ipop-cma-es",
        "bipop-cma-es",
        "adam",
    ];
    let curve = |(rank, name): (usize, &str)| Curve {
        name: name.to_owned(),
        samples: (0..20)
            .map(|sample| {
                let speed = 0.01 * (1.0 + rank as f64) * (0.4 + noise(&format!("{name}{sample}"), 1));
                (0..200).map(|at| 1.0 - (-speed * f64::from(at)).exp()).collect()
            })
            .collect(),
    };
    for count in [1, 4, 9] {
        let path = out.path(&format!("convergence_{count}.png"));
        let curves: Vec<Curve> = names[..count].iter().copied().enumerate().map(curve).collect();
        plot::convergence(
            &curves,
            "How fast searches close the loss gap: pocket, 20 samples",
            Page::default(),
            &path,
        )
        .unwrap();
        let pixels = pixels(&path);
        for (number, colour) in
            [[0, 114, 178], [213, 94, 0], [0, 158, 115], [204, 121, 167]].iter().enumerate()
        {
            assert_eq!(pixels.contains(colour), number < count, "{count} curves, colour {number}");
        }
    }
    let nothing = out.path("nothing.png");
    assert!(plot::convergence(&[], "", Page::default(), &nothing).is_err());
    assert!(
        plot::convergence(&[Curve { name: "a".into(), samples: vec![] }], "", Page::default(), &nothing)
            .is_err()
    );
    assert!(!nothing.exists());
}

/// The evaluations of a trace of angle, hue and saturation.
pub fn points(table: &Array2<f64>) -> Vec<EvaluationPoint> {
    let point = |row: ndarray::ArrayView1<'_, f64>| EvaluationPoint {
        angle_deg: row[0],
        hue_rad: row[1],
        loss: row[3],
        full: row[4] == 1.0,
    };
    table.rows().into_iter().map(point).collect()
}

#[test]
fn a_landscape_is_brightest_where_the_loss_is_lowest() {
    let out = Out::new();
    let (dense, path) = (points(&dense_trace()), points(&random_trace("a", 60)));
    let mut shown = Landscape {
        heading: "Loss of nut/scratch/000 under pocket",
        colours: "lowest loss over saturation (lower is worse)",
        dense: &dense,
        path: &[],
        bounds: &Bounds::default(),
    };
    let file = out.path("landscape_bare.png");
    plot::landscape(&shown, Page::default(), &file).unwrap();
    let pixels = pixels(&file);
    // Between the axis and the colour bar: the middle of the brightest colour.
    let bright: Vec<(usize, usize)> = (0..1000)
        .flat_map(|y| (140..1340).map(move |x| (x, y)))
        .filter(|&(x, y)| pixels[y * 1600 + x] == [252, 247, 179])
        .collect();
    let count = bright.len().max(1);
    let (x, y) = bright.iter().fold((0, 0), |(x, y), at| (x + at.0, y + at.1));
    let (x, y) = (x / count, y / count);
    assert!(count > 1000 && (800..1000).contains(&x) && (250..420).contains(&y), "{count} at {x}, {y}");

    shown.path = &path;
    let file = out.path("landscape_path.png");
    plot::landscape(&shown, Page::default(), &file).unwrap();
    assert!(self::pixels(&file).contains(&[86, 180, 233]), "ring and plus");
    let coarse: Vec<EvaluationPoint> =
        dense.iter().map(|point| EvaluationPoint { full: false, ..*point }).collect();
    assert!(plot::landscape(&Landscape { dense: &coarse, ..shown }, Page::default(), &file).is_err());
}

#[test]
fn runs_are_laid_over_each_other() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let random = |count| move |name: &str| random_trace(name, count);
    let truth = run(&at("truth"), "exhaustive", 1729, 1, |_| dense_trace());
    let runs = [
        run(&at("random-20"), "random", 20, 3, random(20)),
        run(&at("random-50"), "random", 50, 3, random(50)),
        run(&at("other-50"), "cma-es", 50, 2, random(50)),
        truth.clone(),
    ];
    let drawn = plot::searches(&runs, &at("plots")).unwrap();
    assert!(drawn.skipped.is_empty(), "{:?}", drawn.skipped);
    let again = plot::searches(&runs, &at("again")).unwrap();
    for (path, other) in drawn.written.iter().zip(&again.written) {
        assert!(fs::read(path).unwrap() == fs::read(other).unwrap(), "{} differs", path.display());
        pixels(path);
    }
    let files: Vec<String> =
        drawn.written.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(files, ["convergence_pocket.png", "landscape_pocket.png"]);
    // A run without traces is in neither figure, and gives no reason for another name.
    let traceless = run(&at("traceless"), "random", 20, 1, random(20));
    fs::remove_dir_all(traceless.traces()).unwrap();
    let mut info = RunInfo::read(traceless.info_path()).unwrap();
    info.settings["bounds"]["hue_rad"]["high"] = 1.0.into();
    info.write(traceless.info_path()).unwrap();
    let beside: Vec<RunDir> = [traceless].into_iter().chain(runs.clone()).collect();
    let beside = plot::searches(&beside, &at("beside")).unwrap();
    assert!(fs::read(&drawn.written[0]).unwrap() == fs::read(&beside.written[0]).unwrap(), "{beside:?}");
    assert!(beside.written[0].ends_with("convergence_pocket.png"));
    // Only the largest budget of a strategy counts.
    let fewer = plot::searches(&runs[1..], &at("fewer")).unwrap();
    assert!(fs::read(&drawn.written[0]).unwrap() == fs::read(&fewer.written[0]).unwrap());

    let alone = plot::searches(&[truth], &at("alone")).unwrap();
    assert_eq!(alone.written.len(), 1);
    assert!(alone.skipped[0].1.contains("only the exhaustive"), "{:?}", alone.skipped);
    let sparse = plot::searches(&runs[..1], &at("sparse")).unwrap();
    assert!(sparse.skipped[0].0 == "landscape_pocket.png", "{:?}", sparse.skipped);

    // A trace of other columns is refused by name.
    let id = SampleId { category: "nut".into(), defect: "scratch".into(), stem: "000".into() };
    runs[0].save_trace("pocket", &id, Attack::Joint, Array2::zeros((3, 3)).view()).unwrap();
    let error = plot::searches(&runs, &at("bad")).unwrap_err();
    assert!(error.subject.ends_with("000.joint.npy") && error.problem.contains("3 columns"), "{error}");
}
