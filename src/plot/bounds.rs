//! A figure of clean, uniform and per-sample worst case side by side.

use std::collections::BTreeSet;
use std::path::Path;

use super::bars::{Cluster, INTERVALS, METRICS, Metric, Value, draw, lines_of};
use super::page::Page;
use super::style;
use crate::error::{Error, Result};
use crate::record::{SummaryRow, UniformRow};
use crate::stats;
use crate::types::Attack;

/// Words about the lines of intervals.
const LINES: &str =
    "line: 95 % interval over samples of each value by itself; what is worst for all together has none";

/// Draws pAUROC (above) and AUPRO (below), a group of three bars for each attack on each model and dataset: unchanged pictures, the worst
/// perturbation that all samples of a category share, the worst of each sample. The rows are means over categories; only what has a
/// uniform worst case is shown. Several rows of one model, dataset and attack are those of several seeds. Thin lines are as in
/// [`bars`](super::bars()).
///
/// # Errors
/// A file error when no uniform worst case has a metric, or the file cannot be written.
pub fn bounds(per_sample: &[SummaryRow], uniform: &[UniformRow], page: Page, out: &Path) -> Result<()> {
    let mut uniform: Vec<SummaryRow> = uniform.iter().map(UniformRow::summary).collect();
    // The unchanged pictures of both are the same ones.
    for row in uniform.iter_mut().filter(|row| row.attack == Attack::Clean) {
        let key = |row: &SummaryRow| (row.model.clone(), row.dataset.clone(), row.attack, row.metrics);
        let same = per_sample.iter().find(|other| key(other) == key(row));
        row.intervals = same.map_or(row.intervals, |other| other.intervals);
    }
    let attacked: Vec<&SummaryRow> = uniform.iter().filter(|row| row.attack != Attack::Clean).collect();
    let panels: Vec<_> = METRICS
        .into_iter()
        .filter(|(_, metric)| attacked.iter().any(|row| metric(row).0.is_some()))
        .collect();
    if panels.is_empty() {
        return Err(Error::file(
            out,
            "has nothing to show: no uniform worst case with a metric",
            "run askance attack `uniform`",
        ));
    }
    let shown = stats::distinct(attacked.iter().map(|row| (&row.model, &row.dataset)));
    let several_seeds = {
        let each = stats::distinct(attacked.iter().map(|row| (&row.model, &row.dataset, row.attack)));
        each.len() < attacked.len()
    };
    let one_dataset = attacked.iter().all(|row| row.dataset == attacked[0].dataset);
    let clusters = |metric: Metric| -> Vec<Cluster> {
        let of = |&(model, dataset): &(&String, &String)| {
            let own = attacked.iter().filter(|row| (&row.model, &row.dataset) == (model, dataset));
            let attacks: BTreeSet<Attack> = own.map(|row| row.attack).collect();
            let value = |rows: &[SummaryRow], attack| {
                let same =
                    |row: &&SummaryRow| (&row.model, &row.dataset, row.attack) == (model, dataset, attack);
                Value::of(rows.iter().filter(same), metric, several_seeds)
            };
            let values = |attack: Attack| {
                vec![value(&uniform, Attack::Clean), value(&uniform, attack), value(per_sample, attack)]
            };
            let name = match (shown.len(), one_dataset) {
                (1, _) => String::new(),
                (_, true) => model.clone(),
                (_, false) => format!("{model}, {dataset}"),
            };
            let groups = attacks.into_iter().map(|attack| (attack.to_string(), values(attack))).collect();
            Cluster { name, groups }
        };
        shown.iter().map(of).collect()
    };
    let counts = shown.iter().map(|&(model, dataset)| {
        let own = attacked.iter().filter(|row| (&row.model, &row.dataset) == (model, dataset));
        own.map(|row| row.samples).max().unwrap_or(0)
    });
    let of_one = match shown[..] {
        [(model, dataset)] => format!(": {model} on {dataset}"),
        _ => String::new(),
    };
    let heading = format!("One perturbation for all, and one for each{of_one}, {}", style::counted(counts));
    let panels: Vec<(String, Vec<Cluster>)> =
        panels.into_iter().map(|(name, metric)| (format!("mean {name}"), clusters(metric))).collect();
    let entries = [
        ("clean".to_owned(), style::PALETTE[6]),
        ("worst for all samples of a category together".to_owned(), style::PALETTE[4]),
        ("worst of each sample".to_owned(), style::PALETTE[1]),
    ];
    let rows = uniform.iter().chain(per_sample).filter(|row| shown.contains(&(&row.model, &row.dataset)));
    let lines = lines_of(several_seeds, rows).map(|words| if words == INTERVALS { LINES } else { words });
    draw(&heading, &entries, lines, panels, page, out)
}
