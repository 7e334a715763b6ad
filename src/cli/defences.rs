//! The table that tells what defences win back and what they cost.

use askance::report::{DefenceSummary, DefendedModel, defence_summary};
use askance::study::Outcome;

use super::table::{percent, render};

/// What there is to tell: nothing where no model has a defence.
pub fn summary(done: &Outcome) -> Vec<DefenceSummary> {
    let any = done.defended.iter().any(|DefendedModel { defence, .. }| defence != "none");
    if any { defence_summary(&done.summary, &done.defended) } else { Vec::new() }
}

/// A row for each model and defence.
pub fn table(rows: &[DefenceSummary]) -> Option<String> {
    let worst = rows.first()?.attack.map_or_else(|| "worst".to_owned(), |attack| attack.to_string());
    let both = |a: Option<f64>, b: Option<f64>| format!("{} / {}", percent(a), percent(b));
    let points =
        |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{:+.1}", 100.0 * value));
    let body: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            vec![
                row.model.clone(),
                row.defence.clone(),
                both(row.clean_pixel_auroc, row.clean_aupro),
                both(row.worst_pixel_auroc, row.worst_aupro),
                format!("{} / {}", points(row.won_pixel_auroc), points(row.won_aupro)),
                format!("{} / {}", points(row.lost_pixel_auroc), points(row.lost_aupro)),
                row.pictures_per_evaluation.to_string(),
                row.times_slower.map_or_else(|| "-".to_owned(), |times| format!("{times:.2}")),
            ]
        })
        .collect();
    let header = ["model", "defence", "clean", &worst, "won back", "clean lost", "pictures", "times slower"];
    Some(format!(
        "defences: pixel AUROC / AUPRO in %, means over categories; differences in points to the same model without a defence\n{}",
        render(&header, &body, 2)
    ))
}
