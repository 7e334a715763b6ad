//! Figures of several runs: told apart by their settings, put together where only the seed differs.

use std::path::Path;

use askance::plot::{self, Drawn, Page};
use askance::record::{DatasetInfo, ModelInfo, RunDir, RunInfo, Status, SummaryRow, SweepRow, write_rows};
use askance::types::{Attack, Axis, Metrics, Over};

use super::figures::Out;

/// A run with a summary of the categories; all of them have the same data set.
fn run(folder: &Path, budget: i64, seed: u64, categories: &[&str], loss: f64) -> RunDir {
    let run = RunDir::create(folder).unwrap();
    let mut settings: toml::Table =
        "bounds = {}\nperturb = {rotation = \"bilinear\", fill = \"replicate\"}".parse().unwrap();
    settings.insert("budget".into(), budget.into());
    settings.insert("seed".into(), i64::try_from(seed).unwrap().into());
    let mut info = RunInfo::start("askance attack", None, seed, settings);
    info.status = Status::Finished;
    info.models = vec![ModelInfo { name: "pocket".into(), ..ModelInfo::default() }];
    info.dataset = DatasetInfo {
        name: "toys".into(),
        categories: categories.iter().map(|&name| name.to_owned()).collect(),
        samples: 2 * categories.len(),
        ..DatasetInfo::default()
    };
    info.write(run.info_path()).unwrap();
    let row = |category: &str, attack, value| SummaryRow {
        model: "pocket".into(),
        dataset: "toys".into(),
        over: Over::Category(category.into()),
        attack,
        samples: 2,
        metrics: Metrics { pixel_auroc: Some(value), ..Metrics::default() },
        mean_loss: None,
        evaluations: 2,
        intervals: Default::default(),
        drops: Default::default(),
    };
    let rows: Vec<SummaryRow> = categories
        .iter()
        .flat_map(|category| [row(category, Attack::Clean, 0.9), row(category, Attack::Joint, 0.9 - loss)])
        .collect();
    write_rows(run.summary_path(), &rows).unwrap();
    run
}

fn of_categories(drawn: &Drawn) -> Vec<String> {
    let names = drawn.written.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("categories")).collect()
}

#[test]
fn runs_of_other_settings_stand_side_by_side_and_seeds_become_one() {
    let folder = tempfile::tempdir().unwrap();
    let both = ["key", "tablet"];
    let made = |name: &str, budget, seed, loss| run(&folder.path().join(name), budget, seed, &both, loss);
    let runs = [made("a", 6, 0, 0.2), made("b", 6, 1, 0.4), made("c", 20, 0, 0.5)];
    let out = Out::new();
    let drawn = plot::all(&runs, &out.path("runs")).unwrap();
    assert_eq!(of_categories(&drawn), ["categories_toys_pocket_a.png", "categories_toys_pocket_c.png"]);
    let seeds = plot::all(&runs[..2], &out.path("seeds")).unwrap();
    assert_eq!(of_categories(&seeds), ["categories_toys_pocket.png"]);
}

#[test]
fn a_run_that_is_given_twice_is_drawn_once() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(&folder.path().join("a"), 6, 0, &["key", "tablet"], 0.2);
    let out = Out::new();
    let once = plot::all(std::slice::from_ref(&run), &out.path("once")).unwrap();
    let twice = plot::all(&[run.clone(), run], &out.path("twice")).unwrap();
    assert_eq!(of_categories(&twice), of_categories(&once));
    assert!(twice.skipped.iter().any(|(_, reason)| reason.starts_with("repeats ")), "{:?}", twice.skipped);
    let bars = |folder: &str| std::fs::read(out.path(folder).join("bars.png")).unwrap();
    assert!(bars("once") == bars("twice"));
}

#[test]
fn parts_of_a_data_set_make_one_whole_and_other_data_of_its_name_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let made = |name: &str, categories: &[&str]| run(&folder.path().join(name), 6, 0, categories, 0.2);
    let out = Out::new();
    let parts = plot::all(&[made("a", &["key"]), made("b", &["tablet"])], &out.path("parts")).unwrap();
    assert_eq!(of_categories(&parts), ["categories_toys_pocket.png"]);
    let other =
        plot::all(&[made("c", &["key", "tablet"]), made("d", &["key", "nut", "tablet"])], &out.path("other"))
            .unwrap();
    assert_eq!(of_categories(&other).len(), 2, "{other:?}");
}

#[test]
fn only_runs_of_the_same_figure_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let both = ["key", "tablet"];
    let attack = run(&folder.path().join("attack"), 6, 0, &both, 0.2);
    let sweep = run(&folder.path().join("sweep"), 1, 0, &both, 0.0);
    std::fs::remove_file(sweep.summary_path()).unwrap();
    let values = [-0.5, 0.0, 0.5].map(|value| SweepRow {
        model: "pocket".into(),
        dataset: "toys".into(),
        over: Over::Category("key".into()),
        axis: Axis::Hue,
        value,
        samples: 2,
        metrics: Metrics { pixel_auroc: Some(0.9 - value.abs()), ..Metrics::default() },
        intervals: Default::default(),
    });
    write_rows(sweep.sweep_path(), &values).unwrap();
    let drawn = plot::all(&[attack, sweep], &Out::new().path("commands")).unwrap();
    assert_eq!(of_categories(&drawn), ["categories_toys_pocket.png"]);
}

#[test]
fn every_figure_is_drawn_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    let run = run(&folder.path().join("a"), 6, 0, &["key", "tablet"], 0.2);
    let out = Out::new().path("formats");
    let drawn = |format| plot::all_as(std::slice::from_ref(&run), &out, format, Page::default()).unwrap();
    let [png, svg, pdf] = plot::Format::ALL.map(drawn);
    let stems =
        |drawn: &Drawn| -> Vec<_> { drawn.written.iter().map(|path| path.with_extension("")).collect() };
    assert!(!png.written.is_empty() && stems(&png) == stems(&svg) && stems(&png) == stems(&pdf));
    for (svg, pdf) in svg.written.iter().zip(&pdf.written) {
        let text = std::fs::read_to_string(svg).unwrap();
        assert!(text.contains("width=\"170mm\"") && text.trim_end().ends_with("</svg>"), "{}", svg.display());
        assert!(text.contains("<text ") && text.contains("%"), "texts are texts: {}", svg.display());
        assert_eq!(text.matches("<text ").count(), text.matches("</text>").count());
        let bytes = std::fs::read(pdf).unwrap();
        let has = |words: &[u8]| bytes.windows(words.len()).any(|window| window == words);
        assert!(bytes.starts_with(b"%PDF-"), "{}", pdf.display());
        // 170 mm in points.
        assert!(has(b"/MediaBox [0 0 481.88"), "{}", pdf.display());
        assert!(has(b"+Ubuntu-Light") && has(b"/FontFile2"), "the font is inside: {}", pdf.display());
    }
}

#[test]
fn unfinished_runs_are_in_no_figure_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let both = ["key", "tablet"];
    let made = |name: &str, seed| run(&folder.path().join(name), 6, seed, &both, 0.2);
    let runs = [made("a", 0), made("b", 1)];
    let out = Out::new();
    let whole = plot::all(&runs[..1], &out.path("finished")).unwrap();
    for status in [Status::Running, Status::Interrupted] {
        let info = RunInfo { status, ..RunInfo::read(runs[1].info_path()).unwrap() };
        info.write(runs[1].info_path()).unwrap();
        let drawn = plot::all(&runs, &out.path("unfinished")).unwrap();
        assert!(
            drawn.skipped[0].0.ends_with('b') && drawn.skipped[0].1.starts_with("unfinished"),
            "{drawn:?}"
        );
        assert_eq!(of_categories(&drawn), of_categories(&whole));
        let bars = |folder: &str| std::fs::read(out.path(folder).join("bars.png")).unwrap();
        assert!(bars("finished") == bars("unfinished"));
    }
}

#[test]
fn runs_of_different_fits_are_in_no_figure_together() {
    let folder = tempfile::tempdir().unwrap();
    let fitted = |name: &str, fit: &str| {
        let run = run(&folder.path().join(name), 6, 0, &["key", "tablet"], 0.2);
        let mut info = RunInfo::read(run.info_path()).unwrap();
        if !fit.is_empty() {
            info.settings.insert("fit".into(), fit.parse::<toml::Table>().unwrap().into());
        }
        info.write(run.info_path()).unwrap();
        run
    };
    let tile = |rest: &str| format!("fit = 'tile'\ntile_score = 'mean'\n{rest}");
    let tiles = fitted("b", &tile("tile_overlap = 0.2\ntile_blend = 'mean'"));
    let blended = fitted("c", &tile("tile_overlap = 0.2\ntile_blend = 'hann'"));
    let grid = fitted("d", &tile("tile_overlap = 0.2\ntile_blend = 'mean'\ntile_size = 99"));
    let squeezed = [
        fitted("a", ""),
        fitted("e", "fit = 'squeeze'\ntile_overlap = 0.2\ntile_blend = 'mean'\ntile_score = 'mean'"),
    ];
    let out = Out::new();
    for (one, other) in [(&squeezed[0], &tiles), (&tiles, &squeezed[1]), (&tiles, &grid)] {
        let error = plot::all(&[one.clone(), other.clone()], &out.path("mixed")).unwrap_err();
        assert!(error.problem.contains("`fit = ") && error.problem.contains("other pixels"), "{error}");
        let error = plot::searches(&[one.clone(), other.clone()], &out.path("searches")).unwrap_err();
        assert!(error.problem.contains("other pixels"), "{error}");
    }
    assert!(plot::all(&squeezed, &out.path("squeezed")).is_ok());
    // One canvas, and two ways to put maps together on it: side by side.
    let drawn = plot::all(&[tiles, blended], &out.path("blends")).unwrap();
    assert_eq!(of_categories(&drawn), ["categories_toys_pocket_b.png", "categories_toys_pocket_c.png"]);
}
