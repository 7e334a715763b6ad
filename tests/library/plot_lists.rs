//! Sweeps along an axis that is a list.

use std::fs;

use askance::plot::{self, Page};
use askance::record::{Intervals, SweepRow, sweep_means};
use askance::types::Axis;

use crate::figures::{Out, noise};
use crate::plot_figures::{CATEGORIES, MODELS, assert_drawn, sweep_rows};

const NAMES: [&str; 4] = ["as it is", "left-right", "upside down", "half turn"];

/// Rows of every value of the list, with intervals.
pub(super) fn mirror_rows(models: &[&str], categories: &[&str]) -> Vec<SweepRow> {
    let all = sweep_rows(models, categories);
    let first = all.iter().filter(|row| row.axis == Axis::Angle && row.value == -90.0);
    let rows = first.flat_map(|row| (0..4).map(move |value| (row.clone(), value)));
    let mut rows: Vec<SweepRow> = rows
        .map(|(mut row, value)| {
            (row.axis, row.value) = (Axis::Mirror, f64::from(value));
            let lower = 0.2 * noise(&row.over.to_string(), value as u64);
            row.metrics.pixel_auroc = row.metrics.pixel_auroc.map(|value| value - lower);
            row
        })
        .collect();
    rows.extend(sweep_means(&rows));
    for row in &mut rows {
        row.intervals = Intervals {
            pixel_auroc_low: row.metrics.pixel_auroc.map(|value| value - 0.06),
            pixel_auroc_high: row.metrics.pixel_auroc.map(|value| value + 0.04),
            ..Intervals::default()
        };
    }
    rows
}

/// Lines of a drawing in the colour of means, as wide as these are drawn along other axes.
fn bold_lines(svg: &str) -> usize {
    svg.lines()
        .filter(|line| line.contains("stroke=\"#141414\"") && line.contains("stroke-width=\"12\""))
        .count()
}

#[test]
fn values_of_a_list_have_marks_of_their_own_and_names() {
    let out = Out::new();
    for (name, models, categories) in [("one", 1, 1), ("categories", 1, 15), ("models", 6, 2)] {
        let rows = mirror_rows(&MODELS[..models], &CATEGORIES[..categories]);
        let path = out.path(&format!("sweep_mirror_{name}.png"));
        plot::sweep(&rows, Axis::Mirror, Page::default(), &path).unwrap();
        assert_drawn(&path);
        let path = path.with_extension("svg");
        plot::sweep(&rows, Axis::Mirror, Page::default(), &path).unwrap();
        let svg = fs::read_to_string(&path).unwrap();
        assert!(NAMES.iter().all(|name| svg.contains(&format!(">{name}</text>"))), "{name}");
        // No tick lies between two values, and no line goes from one to the next.
        assert!(!svg.contains(">0.5</text>") && bold_lines(&svg) == 0, "{name}");
    }
    let path = out.path("sweep_angle_bold.svg");
    plot::sweep(&sweep_rows(&MODELS[..1], &CATEGORIES[..1]), Axis::Angle, Page::default(), &path).unwrap();
    assert!(bold_lines(&fs::read_to_string(&path).unwrap()) > 0, "such lines are seen");

    // Of a part of the list only what is in it.
    let mut rows = mirror_rows(&MODELS[..1], &CATEGORIES[..1]);
    rows.retain(|row| [0.0, 3.0].contains(&row.value));
    let path = out.path("sweep_mirror_part.svg");
    plot::sweep(&rows, Axis::Mirror, Page::default(), &path).unwrap();
    let svg = fs::read_to_string(&path).unwrap();
    assert!(svg.contains(">half turn</text>") && !svg.contains(">left-right</text>"));
}
