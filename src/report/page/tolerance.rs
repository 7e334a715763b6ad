//! How far a line may move: in the answer, and by category.

use super::charts;
use super::html::{Words, escape, folded, tables};
use crate::record::StabilityRow;
use crate::report::{CameraScales, stability_tables, tolerance_answers, tolerance_sentences};
use crate::stats::distinct;
use crate::types::Bounds;

/// Models of which the answer itself says how far each axis may move. Of more it says where that stands.
const TOLD: usize = 2;

/// What the answer says: the sentences over all categories, or where they are.
pub(super) fn answer(stability: &[StabilityRow], camera: &CameraScales) -> String {
    match tolerance_answers(stability, camera) {
        none if none.is_empty() => String::new(),
        few if few.len() <= TOLD => {
            format!("<h3>How far each axis may move before a decision changes</h3>{}", paragraphs(few))
        }
        many => format!(
            "<p>How far each axis may move before a decision of one of the {} models changes: <a href=\"#tolerance\">what the \
             decision tolerates</a>.</p>",
            many.len()
        ),
    }
}

/// What the answer does not say: curves, the sentences of each category, and numbers.
pub(super) fn section(
    (stability, camera): (&[StabilityRow], &CameraScales),
    bounds: &Bounds,
    words: Words<'_>,
) -> String {
    let overall = tolerance_answers(stability, camera);
    let of_categories: Vec<String> =
        tolerance_sentences(stability, camera).into_iter().filter(|said| !overall.contains(said)).collect();
    let overall = if overall.len() > TOLD { paragraphs(overall) } else { String::new() };
    let numbers = tables(stability_tables(stability), words);
    let name = match distinct(stability.iter().map(|row| row.category.as_str())).len() {
        1 => "In words".to_owned(),
        several => format!("Each of the {several} categories in words"),
    };
    charts::tolerance(stability, bounds)
        + &overall
        + &folded(&name, &paragraphs(of_categories))
        + &folded("Tolerances in numbers", &numbers)
}

/// Paragraphs of [`tolerance_sentences`], the axes as a list.
fn paragraphs(all: Vec<String>) -> String {
    let paragraph = |said: String| {
        let mut axes = said.split("\n  ").filter(|line| !line.is_empty());
        let head = escape(axes.next().unwrap_or_default());
        let lines = axes.map(|line| match line.strip_prefix("  ") {
            Some(detail) => format!("<br>{}", escape(detail)),
            None => {
                let (axis, step) = line.split_at(line.find(' ').unwrap_or(line.len()));
                format!("<li><b>{}</b>{}", escape(axis), escape(step))
            }
        });
        format!("<p>{head}</p><ul>{}</ul>", lines.collect::<String>())
    };
    all.into_iter().map(paragraph).collect()
}
