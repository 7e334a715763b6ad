//! Tables of drops: for each attack, and for each category.

use super::html::{drop_cell, escape, scrolled, share_cell, sorter};
use super::words;
use crate::record::SummaryRow;
use crate::stats::distinct;
use crate::types::{Attack, PooledMetric};

const HEADS: [&str; 9] = [
    "model",
    "over",
    "attack",
    "samples",
    "pixel AUROC %",
    "its drop",
    "AUPRO %",
    "its drop ",
    "image AUROC %",
];

/// A row for each model and attack over what is meant by all: the mean over categories, or the only one.
pub(super) fn drops(means: &[&SummaryRow]) -> String {
    let html = table("Drop per attack", means);
    scrolled("Drop per attack", &html)
}

/// A row for each model, category and attack, which can be filtered.
pub(super) fn categories(rows: &[&SummaryRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let models = distinct(rows.iter().map(|row| row.model.clone()));
    let attacks = distinct(rows.iter().map(|row| row.attack.name().to_owned()));
    format!(
        "<div class=\"filters\" data-filters=\"categories\">{}{}<label>Category <input type=\"search\" data-filter=\"over\" \
         placeholder=\"any\"></label><output></output></div>{}",
        select("model", &models),
        select("attack", &attacks),
        scrolled(
            "Categories",
            &table("Every category under every attack", rows).replace("<table ", "<table id=\"categories\" ")
        )
    )
}

/// A choice of one value of an attribute of rows, or of any.
pub(super) fn select(of: &str, values: &[String]) -> String {
    let options: String = values.iter().map(|value| format!("<option>{}</option>", escape(value))).collect();
    format!(
        "<label>{of} <select data-filter=\"{of}\"><option value=\"\">any</option>{options}</select></label>"
    )
}

fn table(caption: &str, rows: &[&SummaryRow]) -> String {
    let head: String = HEADS.iter().map(|name| sorter(name.trim_end())).collect();
    let rows: String = rows.iter().map(|row| line(row)).collect();
    format!(
        "<table class=\"sortable\"><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
    )
}

fn line(row: &SummaryRow) -> String {
    let (model, over, attack) = (escape(&row.model), escape(&row.over.to_string()), row.attack.name());
    let drop = |metric: PooledMetric, column: &str| {
        if row.attack == Attack::Clean {
            return "<td class=\"n\"></td>".to_owned();
        }
        drop_cell(column, row.drops.of(metric), words::drop_interval(row, metric))
    };
    format!(
        "<tr data-model=\"{model}\" data-over=\"{over}\" data-dataset=\"{}\" data-attack=\"{attack}\"><td>{model}</td><td>{over}</td><td>{attack}</td>\
         <td class=\"n\" data-value=\"{samples}\">{samples}</td>{}{}{}{}{}</tr>",
        escape(&row.dataset),
        share_cell("pixel_auroc", row.metrics.pixel_auroc, row.intervals.pixel_auroc()),
        drop(PooledMetric::PixelAuroc, "pixel_auroc_drop"),
        share_cell("aupro", row.metrics.aupro, row.intervals.aupro()),
        drop(PooledMetric::Aupro, "aupro_drop"),
        share_cell("image_auroc", row.metrics.image_auroc, row.intervals.image_auroc()),
        samples = row.samples,
    )
}
