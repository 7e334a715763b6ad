//! Figures of one, six and twelve runs, of long names, and of many axes: everything is drawn, and nothing outgrows its figure.

use std::path::Path;

use askance::plot::{self, Page};
use askance::record::{
    DatasetInfo, DecisionRule, ModelInfo, Parameters, RunDir, RunInfo, StabilityRow, SummaryRow, UniformRow,
    mean_rows, write_rows,
};
use askance::types::{Attack, Axis, Bounds, Label, Over, Perturbation};

use super::figures::{Out, noise};
use super::plot_figures::{
    CATEGORIES, assert_drawn, finished_info, run_settings, sample_rows, summary_rows, sweep_rows,
};

pub(super) const LONG: &str = "a_defect-category_of_a_quite_long_name";

pub(super) fn scans(model: &str, axes: &[Axis]) -> Vec<StabilityRow> {
    let scan = |axis: Axis, number: usize| {
        let bound = Bounds::default().get(axis).high;
        let flip = bound * noise(&format!("{model}{number}{axis}"), 7) * 1.4;
        let above = Some(flip).filter(|flip| *flip < bound);
        StabilityRow {
            model: model.into(),
            dataset: "toys".into(),
            category: CATEGORIES[number % 15].into(),
            sample: format!("scratch/{number:03}"),
            label: Label::Anomalous,
            attack: Attack::Single(axis),
            threshold: 0.5,
            rule: DecisionRule::Given,
            clean_score: 0.6,
            worst_score: None,
            drift: None,
            flips: None,
            below: None,
            above,
            tolerance: above,
            step: Some(bound / 20.0),
            resolution: Some(bound / 200.0),
            evaluations: Some(21),
            held_below: None,
            held_above: above.map(|flip| 0.95 * flip),
        }
    };
    axes.iter().flat_map(|&axis| (0..30).map(move |number| scan(axis, number))).collect()
}

pub(super) fn uniform(means: &[SummaryRow]) -> Vec<UniformRow> {
    let of = |row: &SummaryRow| UniformRow {
        model: row.model.clone(),
        dataset: row.dataset.clone(),
        over: row.over.clone(),
        attack: row.attack,
        parameters: Parameters::new(&Perturbation::IDENTITY, &Axis::ALL),
        search: "grid".into(),
        budget: 50,
        samples: row.samples,
        evaluations: 50 * row.samples,
        metrics: row.metrics,
        mean_loss: None,
        aupro: Parameters::default(),
    };
    means.iter().map(of).collect()
}

/// A run with everything that figures show.
fn run(folder: &Path, categories: &[&str], seed: u64, changes: &str) -> RunDir {
    let run = RunDir::create(folder).unwrap();
    let mut settings = run_settings();
    settings.extend(changes.parse::<toml::Table>().unwrap());
    let info = RunInfo {
        seed,
        models: vec![ModelInfo { name: "vit-b-16-plus-240".into(), ..ModelInfo::default() }],
        dataset: DatasetInfo {
            name: "toys".into(),
            categories: categories.iter().map(|&name| name.to_owned()).collect(),
            samples: 30,
            ..DatasetInfo::default()
        },
        ..finished_info(settings)
    };
    info.write(run.info_path()).unwrap();
    let models = ["vit-b-16-plus-240"];
    let mut samples = sample_rows(&models, 30);
    samples.retain(|row| categories.contains(&row.category.as_str()));
    for row in &mut samples {
        row.seed = seed;
    }
    write_rows(run.samples_path(), &samples).unwrap();
    let mut summary = summary_rows(&models, &["toys"]);
    summary.retain(|row| row.over.category().is_some_and(|name| categories.contains(&name)));
    for row in &mut summary {
        (row.samples, row.evaluations) = (2, 200);
        let shift = 0.1 * noise(&format!("{changes}{}", row.attack), seed);
        row.metrics.pixel_auroc = row.metrics.pixel_auroc.map(|value| value - shift);
    }
    let means = mean_rows(&summary);
    write_rows(run.uniform_path(), &uniform(&summary)).unwrap();
    summary.extend(means);
    write_rows(run.summary_path(), &summary).unwrap();
    write_rows(run.sweep_path(), &sweep_rows(&models, categories)).unwrap();
    write_rows(run.stability_path(), &scans(models[0], &Axis::ALL[..4])).unwrap();
    run
}

#[test]
fn plot_one_run_six_and_twelve() {
    let folder = tempfile::tempdir().unwrap();
    for (count, categories) in [(1, 1), (1, 15), (6, 15), (12, 2)] {
        let made = |at: usize| {
            let name = folder.path().join(format!("{count}-{categories}/run-{at}"));
            let changes =
                format!("budget = {}\n[sweep]\nsteps = {at}\n[tolerance]\nsteps = {at}", 10 * (at + 1));
            run(&name, &CATEGORIES[..categories], 0, &changes)
        };
        let runs: Vec<RunDir> = (0..count).map(made).collect();
        let out = Out::new().path(&format!("many/{count}-{categories}"));
        let drawn = plot::all(&runs, &out).unwrap();
        for name in ["bars", "bounds", "histograms", "histograms_joint", "tolerance", "sweep_hue"] {
            assert_drawn(&out.join(format!("{name}.png")));
        }
        let lines = drawn.written.iter().filter(|path| path.display().to_string().contains("/categories_"));
        assert_eq!(lines.count(), if categories > 1 { count } else { 0 });
    }
}

#[test]
fn plot_long_names_in_whole() {
    let folder = tempfile::tempdir().unwrap();
    let made = |at: usize| {
        let name = format!("a-run_of_a_rather_long_name_that_says_what_was_done_in_it_{at}");
        let changes = format!(
            "budget = {at}\nloss = 'l{at}'\nborder = 'b{at}'\nframe = 'f{at}'\n[sweep]\nsteps = {at}\n[tolerance]\nsteps = {at}"
        );
        run(&folder.path().join(name), &CATEGORIES[..2], 0, &changes)
    };
    let runs: Vec<RunDir> = (0..12).map(made).collect();
    let out = Out::new().path("many/long");
    plot::all(&runs, &out).unwrap();
    for name in ["bars", "bounds", "histograms", "histograms_joint", "tolerance", "sweep_hue"] {
        assert_drawn(&out.join(format!("{name}.png")));
    }
    let mut rows =
        summary_rows(&["a-model-with-a-really-long-name, budget 50, search bayesian, 5 seeds"], &["toys"]);
    rows.retain(|row| CATEGORIES[..3].iter().any(|&name| row.over.category() == Some(name)));
    for row in rows.iter_mut().filter(|row| row.over.category() == Some(CATEGORIES[0])) {
        row.over = Over::Category(LONG.into());
    }
    plot::categories(&rows, Page::default(), &out.join("categories.png")).unwrap();
    assert_drawn(&out.join("categories.png"));
}

#[test]
fn plot_tolerance_in_three_panels_a_row() {
    let out = Out::new();
    let mut heights = Vec::new();
    for axes in [1, 3, 4, 12] {
        let path = out.path(&format!("tolerance_{axes}_axes.png"));
        plot::survival(&scans("pocket", &Axis::ALL[..axes]), &Bounds::default(), Page::default(), &path)
            .unwrap();
        heights.push(assert_drawn(&path).height());
    }
    assert_eq!(heights[0], heights[1]);
    assert_eq!(heights[3] - heights[2], 2 * 480, "four rows after two");
}

#[test]
fn plot_seeds_of_two_settings_and_clean_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let both = &CATEGORIES[..2];
    let made = |name: &str, seed, changes: &str| run(&folder.path().join(name), both, seed, changes);
    let few = "budget = 20\nattacks = ['clean', 'angle', 'hue', 'saturation', 'joint']\naxes = ['angle', 'hue', 'saturation']";
    let many = few.replace("20", "200");
    let mut runs: Vec<RunDir> = (0..3)
        .flat_map(|seed| {
            [made(&format!("few-{seed}"), seed, few), made(&format!("many-{seed}"), seed, &many)]
        })
        .collect();
    let clean = made("eval", 9, "budget = 1\nattacks = ['clean']");
    for path in [clean.uniform_path(), clean.sweep_path(), clean.stability_path()] {
        std::fs::remove_file(path).unwrap();
    }
    runs.push(clean);
    let out = Out::new().path("many/seeds");
    let drawn = plot::all(&runs, &out).unwrap();
    let names: Vec<_> =
        drawn.written.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    let lines: Vec<_> = names.iter().filter(|name| name.starts_with("categories")).collect();
    assert_eq!(
        lines,
        [&"categories_toys_vit-b-16-plus-240_few-0.png", &"categories_toys_vit-b-16-plus-240_many-0.png"],
        "clean pictures are nothing of their own"
    );
    for name in ["bars.png", "bounds.png", "histograms.png"] {
        assert_drawn(&out.join(name));
    }
}
