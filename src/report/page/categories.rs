//! Tables of drops: for each attack, and for each category.

use super::html::{caption_of, drop_cell, escape, scrolled, share_cell, sorter};
use super::words;
use crate::record::SummaryRow;
use crate::stats::distinct;
use crate::types::{Attack, Over, PooledMetric};

/// What every table has; the model and what a row is over come before, where there are several.
const HEADS: [&str; 7] =
    ["attack", "pixel AUROC %", "its drop", "AUPRO %", "its drop", "image AUROC %", "samples"];

/// A row for each model and attack over what is meant by all: the mean over categories, or the only one.
pub(super) fn drops(means: &[&SummaryRow]) -> String {
    let over = distinct(means.iter().map(|row| &row.over));
    let caption = match over.as_slice() {
        [Over::Mean] => "Means over categories".to_owned(),
        [only] => only.to_string(),
        _ => "Means over categories, or the only one".to_owned(),
    };
    scrolled("Drop per attack", &table(&caption, means, over.len() > 1))
}

/// A row for each model, category and attack, which can be filtered.
pub(super) fn categories(rows: &[&SummaryRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let models = distinct(rows.iter().map(|row| row.model.clone()));
    let attacks = distinct(rows.iter().map(|row| row.attack.name().to_owned()));
    let table = table("Every category under every attack", rows, true);
    format!(
        "<div class=\"filters\" data-filters=\"categories\">{}{}<label>category <input type=\"search\" data-filter=\"over\" \
         placeholder=\"any\"></label><output></output></div>{}",
        select("model", &models, false),
        select("attack", &attacks, false),
        scrolled("Categories", &table.replace("<table ", "<table id=\"categories\" "))
            .replace("\"scroll\"", "\"scroll tall\"")
    )
}

/// A choice of one value of an attribute of rows, or of any; nothing where there is no choice. `first` chooses the first one, as
/// long as that leaves something.
pub(super) fn select(of: &str, values: &[String], first: bool) -> String {
    if values.len() < 2 {
        return String::new();
    }
    let option = |(place, value): (usize, &String)| {
        let selected = if first && place == 0 { " selected" } else { "" };
        format!("<option{selected}>{}</option>", escape(value))
    };
    let options: String = values.iter().enumerate().map(option).collect();
    let preset = if first { " data-preset" } else { "" };
    format!(
        "<label>{of} <select data-filter=\"{of}\"{preset}><option value=\"\">any</option>{options}</select></label>"
    )
}

fn table(caption: &str, rows: &[&SummaryRow], with_over: bool) -> String {
    let with_model = distinct(rows.iter().map(|row| &row.model)).len() > 1;
    let first = [("model", with_model), ("category", with_over)];
    let first = first.into_iter().filter(|(_, there)| *there).map(|(name, _)| name);
    let head: String = first.chain(HEADS).map(sorter).collect();
    let rows: String = rows.iter().map(|row| line(row, (with_model, with_over))).collect();
    format!(
        "<table class=\"sortable\">{}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>",
        caption_of(caption)
    )
}

fn line(row: &SummaryRow, (with_model, with_over): (bool, bool)) -> String {
    let (model, over, attack) = (escape(&row.model), escape(&row.over.to_string()), row.attack.name());
    let drop = |metric: PooledMetric, column: &str| {
        if row.attack == Attack::Clean {
            return "<td class=\"n\"></td>".to_owned();
        }
        drop_cell(column, row.drops.of(metric), words::drop_interval(row, metric))
    };
    let cell = |text: &str, there: bool| if there { format!("<td>{text}</td>") } else { String::new() };
    format!(
        "<tr data-model=\"{model}\" data-over=\"{over}\" data-dataset=\"{}\" data-attack=\"{attack}\">{}{}<td>{attack}</td>\
         {}{}{}{}{}<td class=\"n\" data-value=\"{samples}\">{samples}</td></tr>",
        escape(&row.dataset),
        cell(&model, with_model),
        cell(&over, with_over),
        share_cell("pixel_auroc", row.metrics.pixel_auroc, row.intervals.pixel_auroc()),
        drop(PooledMetric::PixelAuroc, "pixel_auroc_drop"),
        share_cell("aupro", row.metrics.aupro, row.intervals.aupro()),
        drop(PooledMetric::Aupro, "aupro_drop"),
        share_cell("image_auroc", row.metrics.image_auroc, row.intervals.image_auroc()),
        samples = row.samples,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_no_choice_of_one_and_the_first_can_be_chosen_beforehand() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(select("model", &names(&["a"]), true), "");
        let chosen = select("model", &names(&["a", "<b>"]), true);
        assert!(chosen.contains("data-preset") && chosen.contains("<option selected>a</option>"), "{chosen}");
        assert!(chosen.contains("<option>&lt;b&gt;</option>"), "{chosen}");
        assert!(!select("model", &names(&["a", "b"]), false).contains("selected"));
    }
}
