//! Figures of made-up records with intervals over samples.

use askance::plot::{self, Page};
use askance::record::{Intervals, Parameters, SummaryRow, UniformRow, mean_rows, sweep_means};
use askance::types::{Attack, Axis, Metrics};

use crate::figures::{Out, noise};
use crate::plot_figures::{CATEGORIES, assert_drawn, summary_rows, sweep_rows};

/// Intervals around metrics, farther down than up.
fn around(metrics: &Metrics, name: &str) -> Intervals {
    let half = 0.02 + 0.05 * noise(name, 9);
    let low = |value: f64| (value - 1.5 * half).max(0.0);
    let high = |value: f64| value + half * (1.0 - value);
    Intervals {
        pixel_auroc_low: metrics.pixel_auroc.map(low),
        pixel_auroc_high: metrics.pixel_auroc.map(high),
        aupro_low: metrics.aupro.map(low),
        aupro_high: metrics.aupro.map(high),
        ..Intervals::default()
    }
}

pub(super) fn sure(rows: Vec<SummaryRow>) -> Vec<SummaryRow> {
    let name = |row: &SummaryRow| format!("{}{}{}", row.model, row.over, row.attack);
    let intervals = |row: SummaryRow| SummaryRow { intervals: around(&row.metrics, &name(&row)), ..row };
    rows.into_iter().map(intervals).collect()
}

#[test]
fn bars_have_lines_where_there_are_intervals() {
    let out = Out::new();
    for (name, models, datasets) in [
        ("bars_intervals_1", &["pocket"][..], &["MVTec AD"][..]),
        ("bars_intervals_6", &["a", "b", "c", "d", "e", "a-long-name"], &["MVTec AD"]),
        ("bars_intervals_2_sets", &["pocket", "pocket-robust"], &["MVTec AD", "VisA"]),
    ] {
        let bare = mean_rows(&summary_rows(models, datasets));
        let (without, with) = (out.path(&format!("{name}_none.png")), out.path(&format!("{name}.png")));
        plot::bars(&bare, Page::default(), &without).unwrap();
        plot::bars(&sure(bare), Page::default(), &with).unwrap();
        let (without, with) = (assert_drawn(&without), assert_drawn(&with));
        assert!(with.height() > without.height(), "a line says what the bars' lines are");
    }
}

#[test]
fn lines_of_several_seeds_are_their_spread() {
    let out = Out::new();
    let mut bare = mean_rows(&summary_rows(&["pocket"], &["MVTec AD"]));
    let other = bare.clone().into_iter().map(|mut row| {
        row.metrics.pixel_auroc = row.metrics.pixel_auroc.map(|value| value - 0.02);
        row
    });
    bare.extend(other.collect::<Vec<_>>());
    let (without, with) = (out.path("bars_seeds_none.png"), out.path("bars_seeds.png"));
    plot::bars(&bare, Page::default(), &without).unwrap();
    plot::bars(&sure(bare), Page::default(), &with).unwrap();
    assert_eq!(assert_drawn(&without), assert_drawn(&with));
}

#[test]
fn categories_have_a_line_for_each_attack_where_there_are_intervals() {
    let out = Out::new();
    for (name, count) in [("categories_intervals_1", 1), ("categories_intervals_15", 15)] {
        let bare: Vec<SummaryRow> = summary_rows(&["pocket"], &["MVTec AD"])
            .into_iter()
            .filter(|row| CATEGORIES[..count].iter().any(|name| row.over.category() == Some(name)))
            .collect();
        let (without, with) = (out.path(&format!("{name}_none.png")), out.path(&format!("{name}.png")));
        plot::categories(&bare, Page::default(), &without).unwrap();
        plot::categories(&sure(bare), Page::default(), &with).unwrap();
        let heights = [without, with].map(|path| image::open(path).unwrap().height());
        assert!(heights[0] < heights[1], "{heights:?}");
    }
}

#[test]
fn sweeps_have_bands_where_there_are_intervals() {
    let out = Out::new();
    for (name, models, count) in [
        ("sweep_intervals_1", &["pocket"][..], 1),
        ("sweep_intervals_15", &["pocket"], 15),
        ("sweep_intervals_3_models", &["a", "b", "c"], 15),
    ] {
        let mut rows = sweep_rows(models, &CATEGORIES[..count]);
        rows.extend(sweep_means(&rows));
        let (without, with) = (out.path(&format!("{name}_none.png")), out.path(&format!("{name}.png")));
        plot::sweep(&rows, Axis::Angle, Page::default(), &without).unwrap();
        for row in &mut rows {
            row.intervals = around(&row.metrics, &row.model);
        }
        plot::sweep(&rows, Axis::Angle, Page::default(), &with).unwrap();
        let (without, with) = (assert_drawn(&without), assert_drawn(&with));
        let shades = |picture: &image::RgbImage, pale: fn(&[u8; 3]) -> bool| {
            picture.pixels().filter(|pixel| pale(&pixel.0)).count()
        };
        let pale = |pixel: &[u8; 3]| pixel.iter().all(|&value| (190..254).contains(&value));
        assert!(shades(&with, pale) > shades(&without, pale) + 10_000, "{name}");
    }
}

#[test]
fn the_interval_of_clean_pictures_stands_beside_the_uniform_worst_case() {
    let out = Out::new();
    let means = mean_rows(&summary_rows(&["pocket"], &["toys"]));
    let uniform: Vec<UniformRow> = means
        .iter()
        .map(|row| UniformRow {
            model: row.model.clone(),
            dataset: row.dataset.clone(),
            over: row.over.clone(),
            attack: row.attack,
            parameters: Parameters::default(),
            aupro: Parameters::default(),
            search: "grid".into(),
            budget: 4,
            samples: row.samples,
            evaluations: row.evaluations,
            metrics: match row.attack {
                Attack::Clean => row.metrics,
                _ => {
                    Metrics { pixel_auroc: row.metrics.pixel_auroc.map(|value| value + 0.05), ..row.metrics }
                }
            },
            mean_loss: None,
        })
        .collect();
    let (without, with) = (out.path("bounds_none.png"), out.path("bounds_intervals.png"));
    plot::bounds(&means, &uniform, Page::default(), &without).unwrap();
    plot::bounds(&sure(means), &uniform, Page::default(), &with).unwrap();
    assert!(assert_drawn(&without).height() < assert_drawn(&with).height());
}
