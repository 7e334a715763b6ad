//! Figures from made-up records: written, not blank, the same bytes each time, and an error where there is nothing to show.

use std::collections::HashSet;
use std::f64::consts::PI;
use std::fs;
use std::path::Path;

use askance::perturb::Resampling;
use askance::plot::{self, AttackKind, Page};
use askance::record::{
    Example, ExampleRow, Parameters, RunDir, RunInfo, SampleRow, Status, SummaryRow, SweepRow, UniformRow,
    mean_rows, to_table, write_examples, write_rows,
};
use askance::types::{Attack, Axis, Bounds, Image, Label, Map, Mask, Metrics, Over, Perturbation};
use ndarray::{Array2, Array3};
use serde::Serialize;

use crate::figures::{Out, noise};

pub(super) const MODELS: [&str; 6] = [
    "pocket",
    "pocket-wide",
    "vit-b-16-plus-240",
    "vit-l-14-openai",
    "vit-l-14-fare2",
    "a-model-with-a-really-long-name",
];
pub(super) const CATEGORIES: [&str; 15] = [
    "bottle",
    "cable",
    "capsule",
    "carpet",
    "grid",
    "hazelnut",
    "leather",
    "metal_nut",
    "pill",
    "screw",
    "tile",
    "toothbrush",
    "transistor",
    "wood",
    "zipper",
];

/// The picture has the right width, and something is drawn in each of its quarters.
#[track_caller]
pub(super) fn assert_drawn(path: &Path) -> image::RgbImage {
    let picture = image::open(path).unwrap().into_rgb8();
    assert_eq!(picture.width(), 1600, "{}", path.display());
    assert!((400..6000).contains(&picture.height()), "{}: height {}", path.display(), picture.height());
    let colours: HashSet<[u8; 3]> = picture.pixels().map(|pixel| pixel.0).collect();
    assert!(colours.len() > 50, "{}: only {} colours", path.display(), colours.len());
    let (half_width, half_height) = (picture.width() / 2, picture.height() / 2);
    for (left, top) in [(0, 0), (half_width, 0), (0, half_height), (half_width, half_height)] {
        let quarter = image::imageops::crop_imm(&picture, left, top, half_width, half_height).to_image();
        let inked = quarter.pixels().filter(|pixel| pixel.0 != [255; 3]).count();
        assert!(inked > 2000, "{}: quarter at {left}, {top} is empty", path.display());
    }
    picture
}

pub(super) fn shows(picture: &image::RgbImage, colour: [u8; 3]) -> bool {
    picture.pixels().any(|pixel| pixel.0 == colour)
}

pub(super) fn sweep_rows(models: &[&str], categories: &[&str]) -> Vec<SweepRow> {
    let mut rows = Vec::new();
    for model in models {
        for category in categories {
            for (axis, half) in [(Axis::Angle, 90.0), (Axis::Hue, PI), (Axis::Saturation, 0.5)] {
                for step in -9..=9 {
                    let share = f64::from(step) / 9.0;
                    let drop =
                        (0.1 + 0.3 * noise(category, 1)) * share.abs() + 0.02 * noise(category, step as u64);
                    let base = 0.95 - 0.4 * noise(&format!("{model}{category}"), 2);
                    rows.push(SweepRow {
                        model: (*model).into(),
                        dataset: "MVTec AD".into(),
                        over: Over::Category((*category).into()),
                        axis,
                        value: share * half,
                        samples: 20,
                        metrics: Metrics {
                            pixel_auroc: Some(base - drop),
                            aupro: Some((base - 0.2 - 1.3 * drop).max(0.0)),
                            ..Metrics::default()
                        },
                        intervals: Default::default(),
                    });
                }
            }
        }
    }
    rows
}

pub(super) fn summary_rows(models: &[&str], datasets: &[&str]) -> Vec<SummaryRow> {
    let mut rows = Vec::new();
    for model in models {
        for dataset in datasets {
            for attack in Attack::over(&Axis::PAPER) {
                for category in CATEGORIES {
                    let base = 0.95 - 0.3 * noise(&format!("{model}{dataset}{category}"), 3);
                    let drop = 0.08 * attack.axes(&Axis::PAPER).len() as f64 * noise(model, 4);
                    rows.push(SummaryRow {
                        model: (*model).into(),
                        dataset: (*dataset).into(),
                        over: Over::Category(category.into()),
                        attack,
                        samples: 10,
                        metrics: Metrics {
                            pixel_auroc: Some(base - drop),
                            aupro: Some((base - 0.2 - 1.5 * drop).max(0.0)),
                            ..Metrics::default()
                        },
                        mean_loss: None,
                        evaluations: 1000,
                        intervals: Default::default(),
                        drops: Default::default(),
                    });
                }
            }
        }
    }
    rows
}

pub(super) fn sample_rows(models: &[&str], count: usize) -> Vec<SampleRow> {
    let mut rows = Vec::new();
    for model in models {
        for number in 0..count {
            for attack in Attack::over(&Axis::PAPER) {
                let value = |axis: Axis, half: f64| {
                    let draw = noise(&format!("{model}{number}{attack}{axis}"), 5);
                    if !attack.axes(&Axis::PAPER).contains(&axis) || draw < 0.1 {
                        0.0
                    } else {
                        half * (2.0 * draw - 1.0)
                    }
                };
                rows.push(SampleRow {
                    model: (*model).into(),
                    dataset: "toys".into(),
                    category: CATEGORIES[number % 15].into(),
                    sample: format!("scratch/{number:03}"),
                    label: Label::Anomalous,
                    attack,
                    parameters: Parameters::new(
                        &Perturbation::of(
                            Axis::PAPER
                                .into_iter()
                                .zip([90.0, PI, 0.5])
                                .map(|(axis, half)| (axis, value(axis, half))),
                        ),
                        &Axis::PAPER,
                    ),
                    loss: -0.1,
                    sample_auroc: Some(if attack == Attack::Clean { 0.93 } else { 0.41 }),
                    evaluations: 100,
                    coarse: 0,
                    expected_gain: None,
                    image_score: 0.6,
                    search: "cma-es".into(),
                    budget: 100,
                    seed: 0,
                    image: "i.png".into(),
                    mask: Some("m.png".into()),
                    aupro: Parameters::default(),
                    fit: Default::default(),
                    pieces: 1,
                    clipped: None,
                    clipped_defect: None,
                });
            }
        }
    }
    rows
}

/// A round part with a scratch on a dark ground.
pub(super) fn part(size: usize) -> (Image, Mask) {
    let at = |value: usize| value as f32 / size as f32 - 0.5;
    let scratch = |y: usize, x: usize| (at(x) + at(y)).abs() < 0.03 && (0.05..0.3).contains(&at(x));
    let image = Array3::from_shape_fn((3, size, size), |(channel, y, x)| {
        let radius = at(x).hypot(at(y));
        if scratch(y, x) {
            [0.9, 0.9, 0.2][channel]
        } else if radius < 0.35 {
            [0.75, 0.35, 0.2][channel] * (1.0 - radius) + 0.05 * (40.0 * at(x)).sin()
        } else {
            0.12 + 0.05 * at(y)
        }
    });
    (image, Array2::from_shape_fn((size, size), |(y, x)| scratch(y, x)))
}

fn patch_map(row: f32, column: f32) -> Map {
    Array2::from_shape_fn((12, 12), |(y, x)| {
        0.05 + 0.8 * (-((y as f32 - row).powi(2) + (x as f32 - column).powi(2)) / 6.0).exp()
    })
}

pub(super) fn made_up_examples(count: usize) -> Vec<Example> {
    let (image, mask) = part(192);
    (0..count)
        .map(|number| Example {
            row: ExampleRow {
                model: "pocket".into(),
                dataset: "toys".into(),
                category: CATEGORIES[number + 5].into(),
                sample: format!("scratch/{number:03}"),
                attack: Attack::Joint,
                parameters: Parameters::new(
                    &Perturbation::of([
                        (Axis::Angle, -80.0 + 45.0 * number as f64),
                        (Axis::Hue, 2.5 - number as f64),
                        (Axis::Saturation, -0.3 + 0.2 * number as f64),
                    ]),
                    &Axis::PAPER,
                ),
                clean_auroc: Some(0.95),
                worst_auroc: (number != 1).then_some(0.41),
                image: "a.png".into(),
                mask: "b.png".into(),
                clean_map: "c.npy".into(),
                worst_map: "d.npy".into(),
            },
            image: image.clone(),
            mask: mask.clone(),
            clean_map: patch_map(3.0, 8.0),
            worst_map: patch_map(2.0 + 2.0 * number as f32, 3.0),
        })
        .collect()
}

#[test]
fn the_gallery_shows_the_part_in_many_colours() {
    let out = Out::new();
    let path = out.path("gallery.png");
    let (image, _) = part(192);
    plot::gallery(&image, Resampling::default(), &Axis::PAPER, &Bounds::default(), Page::default(), &path)
        .unwrap();
    assert_drawn(&path);
    let error = plot::gallery(
        &Array3::zeros((1, 4, 5)),
        Resampling::default(),
        &Axis::PAPER,
        &Bounds::default(),
        Page::default(),
        &path,
    )
    .unwrap_err();
    assert!(error.problem.contains("1 x 4 x 5"), "{error}");
    plot::gallery(
        &Array3::zeros((3, 40, 90)),
        Resampling::default(),
        &Axis::PAPER,
        &Bounds::default(),
        Page::default(),
        &path,
    )
    .unwrap();
}

#[test]
fn sweeps_of_one_model_show_categories_and_their_mean() {
    let out = Out::new();
    for (count, axis) in [(1, Axis::Saturation), (4, Axis::Angle), (15, Axis::Hue)] {
        let path = out.path(&format!("sweep_{count}_categories.png"));
        plot::sweep(&sweep_rows(&MODELS[..1], &CATEGORIES[..count]), axis, Page::default(), &path).unwrap();
        let picture = assert_drawn(&path);
        assert!(shows(&picture, [20, 20, 20]), "the mean");
        assert_eq!(shows(&picture, [0, 114, 178]), count > 1, "the first category");
    }
}

#[test]
fn sweeps_of_several_models_show_one_line_each() {
    let out = Out::new();
    let path = out.path("sweep_6_models.png");
    plot::sweep(&sweep_rows(&MODELS, &CATEGORIES), Axis::Angle, Page::default(), &path).unwrap();
    let picture = assert_drawn(&path);
    assert!(shows(&picture, [0, 114, 178]) && shows(&picture, [86, 180, 233]), "first and sixth model");
}

#[test]
fn a_metric_that_is_missing_gets_no_panel_and_nothing_at_all_is_an_error() {
    let out = Out::new();
    let mut rows = sweep_rows(&MODELS[..1], &CATEGORIES[..3]);
    for row in &mut rows {
        row.metrics.aupro = None;
    }
    let path = out.path("sweep_one_panel.png");
    plot::sweep(&rows, Axis::Hue, Page::default(), &path).unwrap();
    assert_drawn(&path);
    for row in &mut rows {
        row.metrics.pixel_auroc = None;
    }
    let path = out.path("nothing.png");
    assert!(
        plot::sweep(&rows, Axis::Hue, Page::default(), &path)
            .unwrap_err()
            .problem
            .contains("nothing to show")
    );
    assert!(plot::bars(&[], Page::default(), &path).unwrap_err().problem.contains("nothing to show"));
    assert!(plot::histograms(&[], AttackKind::Single, &Bounds::default(), Page::default(), &path).is_err());
    let clean: Vec<_> =
        sample_rows(&MODELS[..1], 3).into_iter().filter(|row| row.attack == Attack::Clean).collect();
    assert!(plot::histograms(&clean, AttackKind::Joint, &Bounds::default(), Page::default(), &path).is_err());
    assert!(
        plot::examples(&[], Resampling::default(), 0, Page::default(), &path)
            .unwrap_err()
            .problem
            .contains("no examples")
    );
    assert!(!path.exists());
}

#[test]
fn bars_show_every_attack() {
    let out = Out::new();
    for (name, models, datasets) in [
        ("bars_1_model.png", &MODELS[..1], &["MVTec AD"][..]),
        ("bars_6_models.png", &MODELS[..], &["MVTec AD"][..]),
        ("bars_3_models_2_datasets.png", &MODELS[2..5], &["MVTec AD", "VisA"][..]),
    ] {
        let path = out.path(name);
        plot::bars(&mean_rows(&summary_rows(models, datasets)), Page::default(), &path).unwrap();
        let picture = assert_drawn(&path);
        for colour in [[110, 110, 110], [0, 114, 178], [230, 159, 0], [0, 158, 115], [213, 94, 0]] {
            assert!(shows(&picture, colour), "{name}: {colour:?}");
        }
    }
    let mut rows = mean_rows(&summary_rows(&MODELS[..2], &["toys"]));
    for row in rows.iter_mut().filter(|row| row.attack != Attack::Clean || row.model == MODELS[0]) {
        row.metrics.aupro = None;
    }
    let path = out.path("bars_missing.png");
    plot::bars(&rows, Page::default(), &path).unwrap();
    assert_drawn(&path);
}

#[test]
fn histograms_have_a_row_for_each_model() {
    let out = Out::new();
    for (name, models, kind) in [
        ("histograms_1_model.png", &MODELS[..1], AttackKind::Single),
        ("histograms_6_models.png", &MODELS[..], AttackKind::Joint),
    ] {
        let path = out.path(name);
        plot::histograms(&sample_rows(models, 200), kind, &Bounds::default(), Page::default(), &path)
            .unwrap();
        assert_drawn(&path);
    }
    let path = out.path("histograms_1_sample.png");
    plot::histograms(
        &sample_rows(&MODELS[..1], 1),
        AttackKind::Joint,
        &Bounds::default(),
        Page::default(),
        &path,
    )
    .unwrap();
    assert_drawn(&path);
}

#[test]
fn examples_show_pictures_and_maps() {
    let out = Out::new();
    for count in [2, 4] {
        let path = out.path(&format!("examples_{count}.png"));
        plot::examples(&made_up_examples(count), Resampling::default(), 40, Page::default(), &path).unwrap();
        assert_drawn(&path);
    }
}

#[test]
fn categories_have_a_line_each() {
    let out = Out::new();
    let path = out.path("categories.png");
    let mut rows = summary_rows(&MODELS[2..3], &["MVTec AD"]);
    rows[3].metrics.pixel_auroc = None;
    plot::categories(&rows, Page::default(), &path).unwrap();
    assert_drawn(&path);
    assert!(plot::categories(&summary_rows(&MODELS[..2], &["toys"]), Page::default(), &path).is_err());
    assert!(plot::categories(&[], Page::default(), &path).is_err());
}

#[derive(Serialize)]
struct RunSettings {
    bounds: Bounds,
    perturb: Resampling,
}

pub(super) fn run_settings() -> toml::Table {
    to_table(&RunSettings { bounds: Bounds::default(), perturb: Resampling::default() }).unwrap()
}

pub(super) fn finished_info(settings: toml::Table) -> RunInfo {
    RunInfo { status: Status::Finished, ..RunInfo::start("askance attack", None, 0, settings) }
}

fn finished_run(folder: &Path) -> RunDir {
    let run = RunDir::create(folder).unwrap();
    finished_info(run_settings()).write(run.info_path()).unwrap();
    let samples = sample_rows(&MODELS[..1], 4);
    write_rows(run.samples_path(), &samples).unwrap();
    let mut summary = summary_rows(&MODELS[..1], &["toys"]);
    summary.retain(|row| samples.iter().any(|sample| row.over == Over::Category(sample.category.clone())));
    summary.iter_mut().for_each(|row| (row.samples, row.evaluations) = (1, samples[0].evaluations));
    summary.extend(mean_rows(&summary));
    write_rows(run.summary_path(), &summary).unwrap();
    write_rows(run.sweep_path(), &sweep_rows(&MODELS[..1], &CATEGORIES[..2])).unwrap();
    let (image, mask) = part(96);
    let (clean, worst) = (&samples[0], &samples[4]);
    for row in [clean, worst] {
        run.save_patch_map(&row.model, &row.id().unwrap(), row.attack, patch_map(3.0, 8.0).view()).unwrap();
    }
    write_examples(&run, &[(clean, worst, image.view(), mask.view())]).unwrap();
    run
}

#[test]
fn a_run_is_drawn_from_its_files_alone_and_always_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let run = finished_run(&folder.path().join("run"));
    let drawn = plot::all(std::slice::from_ref(&run), &run.plots()).unwrap();
    let skipped: Vec<_> = drawn.skipped.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        skipped,
        ["bounds.png", "tolerance.png", "convergence.png", "landscape.png"],
        "{:?}",
        drawn.skipped
    );
    let names: Vec<_> =
        drawn.written.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "gallery.png",
            "sweep_angle.png",
            "sweep_hue.png",
            "sweep_saturation.png",
            "bars.png",
            "categories_toys_pocket.png",
            "histograms.png",
            "histograms_joint.png",
            "examples_pocket.png",
        ]
    );
    let again = plot::all(&[run], &folder.path().join("again")).unwrap();
    for (first, second) in drawn.written.iter().zip(&again.written) {
        assert!(fs::read(first).unwrap() == fs::read(second).unwrap(), "{} differs", first.display());
    }
}

#[test]
fn figures_of_different_names_never_overwrite_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::create(folder.path().join("run")).unwrap();
    finished_info(run_settings()).write(run.info_path()).unwrap();
    let mut rows = summary_rows(&["a:b", "a_b", "A_b"], &["toys"]);
    rows.extend(summary_rows(&["b"], &["toys_a"]));
    rows.retain(|row| CATEGORIES[..2].iter().any(|name| row.over.category() == Some(name)));
    write_rows(run.summary_path(), &rows).unwrap();
    let drawn = plot::all(std::slice::from_ref(&run), &run.plots()).unwrap();
    let names: Vec<_> =
        drawn.written.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "bars.png",
            "categories_toys_a%3Ab.png",
            "categories_toys_a_b.png",
            // The same where capitals are not told apart, and the same words with the break elsewhere.
            "categories_toys_A_b_2.png",
            "categories_toys_a_b_3.png",
        ]
    );
    assert_eq!(fs::read_dir(run.plots()).unwrap().count(), names.len());
}

#[test]
fn what_a_run_does_not_have_is_listed_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::create(folder.path().join("run")).unwrap();
    finished_info(run_settings()).write(run.info_path()).unwrap();
    let rows = summary_rows(&MODELS[..1], &["toys"]);
    write_rows(run.summary_path(), &rows).unwrap();
    let drawn = plot::all(std::slice::from_ref(&run), &run.plots()).unwrap();
    assert_eq!(drawn.written, [run.plots().join("bars.png"), run.plots().join("categories_toys_pocket.png")]);
    assert_eq!(drawn.skipped.len(), 11);
    assert!(
        drawn.skipped.iter().all(|(name, reason)| name.ends_with(".png") && reason.starts_with("no run"))
    );
    assert_eq!(fs::read_dir(run.plots()).unwrap().count(), 2);

    finished_info(toml::Table::new()).write(run.info_path()).unwrap();
    let error = plot::all(&[run], folder.path()).unwrap_err();
    assert!(error.subject.ends_with("run.toml") && error.problem.contains("settings.bounds"), "{error}");
}

#[test]
fn uniform_worst_cases_stand_between_clean_and_per_sample_ones() {
    let out = Out::new();
    for (count, name) in [(1, "bounds_one.png"), (3, "bounds.png")] {
        let per_sample = mean_rows(&summary_rows(&MODELS[..count], &["MVTec AD"]));
        let uniform: Vec<UniformRow> = per_sample
            .iter()
            .map(|row| UniformRow {
                aupro: Parameters::default(),
                model: row.model.clone(),
                dataset: row.dataset.clone(),
                over: row.over.clone(),
                attack: row.attack,
                parameters: Parameters::default(),
                search: "grid".into(),
                budget: 50,
                samples: row.samples,
                evaluations: 50 * row.samples,
                metrics: Metrics {
                    pixel_auroc: row.metrics.pixel_auroc.map(|value| value + 0.03),
                    aupro: row.metrics.aupro.map(|value| value + 0.05),
                    ..Metrics::default()
                },
                mean_loss: None,
            })
            .collect();
        let path = out.path(name);
        plot::bounds(&per_sample, &uniform, Page::default(), &path).unwrap();
        let picture = assert_drawn(&path);
        for colour in [[110, 110, 110], [230, 159, 0], [213, 94, 0]] {
            assert!(shows(&picture, colour), "{name}: {colour:?}");
        }
        let clean: Vec<UniformRow> = uniform.into_iter().filter(|row| row.attack == Attack::Clean).collect();
        assert!(plot::bounds(&per_sample, &clean, Page::default(), &path).is_err(), "nothing was searched");
    }
}
