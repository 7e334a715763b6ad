//! A figure of clean against worst case, category by category.

use std::collections::BTreeSet;
use std::path::Path;

use super::bars::{METRICS, Value, lines_of};
use super::lanes::{Lanes, Panel};
use super::page::Page;
use super::style;
use crate::error::{Error, Result};
use crate::record::SummaryRow;
use crate::stats::distinct;
use crate::types::Attack;

/// Draws pAUROC (left) and AUPRO (right) of one model on one dataset: a line for each category, a dot on it for each attack.
/// With several seeds the dot is their mean, on a thick line from the lowest to the highest. With one seed and intervals over samples
/// each attack has a line of its own, as long as its interval. Categories with the highest clean pAUROC come first; means are left out.
///
/// # Errors
/// A file error when no row has a metric, the rows are of several models or datasets, or the file cannot be written.
pub fn categories(rows: &[SummaryRow], page: Page, out: &Path) -> Result<()> {
    let rows: Vec<&SummaryRow> = rows.iter().filter(|row| row.over.category().is_some()).collect();
    let Some(first) = rows.iter().find(|row| row.metrics.has_pixels()) else {
        return Err(Error::file(out, "has nothing to show: no category with a metric", "run askance attack"));
    };
    let (model, dataset) = (&first.model, &first.dataset);
    if rows.iter().any(|row| (&row.model, &row.dataset) != (model, dataset)) {
        return Err(Error::file(out, "has rows of several models or datasets", "draw one picture for each"));
    }
    let names = in_order(&rows);
    let attacks: BTreeSet<Attack> = rows.iter().map(|row| row.attack).collect();
    let attacks: Vec<Attack> = attacks.into_iter().collect();
    let samples: usize = names
        .iter()
        .filter_map(|name| {
            rows.iter().filter(|row| row.over.category() == Some(name)).map(|row| row.samples).max()
        })
        .sum();
    let several_seeds = {
        let each = distinct(rows.iter().map(|row| (row.over.category(), row.attack)));
        each.len() < rows.len()
    };
    let said = lines_of(several_seeds, rows.iter().copied());
    let counted = style::counted([samples]);
    let heading = format!("Clean and worst case by category: {model} on {dataset}, {counted}");
    let panels = METRICS.into_iter().map(|(heading, metric)| {
        let value = |name: &str, attack: Attack| {
            let same = |row: &&SummaryRow| row.over.category() == Some(name) && row.attack == attack;
            Value::of(rows.iter().copied().filter(same), metric, several_seeds)
        };
        let row = |name: &&str| attacks.iter().map(|&attack| value(name, attack)).collect();
        let ticks = vec![(0..=5).map(|step| f64::from(step) * 20.0).collect()];
        Panel { heading, low: 0.0, high: 100.0, ticks, values: names.iter().map(row).collect() }
    });
    let lanes = Lanes {
        heading: &heading,
        names: &names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>(),
        sizes: &[],
        attacks: &attacks,
        apart: said.is_some() && !several_seeds,
        note: said,
        panels: panels.collect(),
    };
    lanes.draw(page, out)
}

fn in_order<'r>(rows: &[&'r SummaryRow]) -> Vec<&'r str> {
    let clean = |name: &str| {
        let same = |row: &&&SummaryRow| row.over.category() == Some(name) && row.attack == Attack::Clean;
        rows.iter().find(same).and_then(|row| row.metrics.pixel_auroc.or(row.metrics.aupro))
    };
    let mut names: Vec<(&str, f64)> = distinct(rows.iter().filter_map(|row| row.over.category()))
        .into_iter()
        .map(|name| (name, clean(name).unwrap_or(0.0)))
        .collect();
    names.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(b.0)));
    names.into_iter().map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::{Axis, Metrics, Over};

    #[test]
    fn the_best_category_comes_first() {
        let row = |category: &str, attack, value| SummaryRow {
            model: "m".into(),
            dataset: "d".into(),
            over: Over::Category(category.into()),
            attack,
            samples: 1,
            metrics: Metrics { pixel_auroc: value, ..Metrics::default() },
            mean_loss: None,
            evaluations: 1,
            intervals: Default::default(),
            drops: Default::default(),
        };
        let rows = [
            row("low", Attack::Clean, Some(0.4)),
            row("low", Attack::Single(Axis::Hue), Some(0.9)),
            row("high", Attack::Clean, Some(0.8)),
            row("none", Attack::Clean, None),
        ];
        assert_eq!(in_order(&rows.iter().collect::<Vec<_>>()), ["high", "low", "none"]);
    }
}
