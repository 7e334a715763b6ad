//! The table that tells how stable a detector is.

use askance::record::{DecisionRule, StabilityRow};
use askance::report::{StabilitySummary, stability_summary};
use askance::types::{Attack, Axis};

use super::table::render;

/// One table per model: a row for each category and attack, then what its columns stand on.
pub fn tables(rows: &[StabilityRow]) -> Vec<String> {
    let summary = stability_summary(rows);
    let mut models: Vec<&str> = Vec::new();
    for row in &summary {
        if !models.contains(&row.model.as_str()) {
            models.push(&row.model);
        }
    }
    models
        .into_iter()
        .map(|model| {
            let own: Vec<&StabilitySummary> = summary.iter().filter(|row| row.model == model).collect();
            let body: Vec<Vec<String>> = own.iter().map(|row| line(row)).collect();
            let header = [
                "category",
                "attack",
                "samples",
                "threshold",
                "mean drift",
                "largest",
                "flipped there",
                "flip in scan",
                "from",
                "5 % from",
                "half from",
            ];
            format!(
                "{model}: how far map and image score move at the worst case, and from which value on the decision flips\n{}\n{}",
                render(&header, &body, 2),
                notes(rows.iter().filter(|row| row.model == model)).join("\n")
            )
        })
        .collect()
}

/// A value of the attack's axis with its unit, where there is one.
pub(super) fn value_of(attack: Attack, value: f64) -> String {
    match attack {
        Attack::Single(Axis::Angle) => format!("{value:.2} deg"),
        Attack::Single(Axis::Hue) => format!("{value:.3} rad"),
        Attack::Single(Axis::Temperature) => format!("{value:.1} mired"),
        Attack::Single(Axis::Blur) => format!("{value:.2} px"),
        Attack::Single(Axis::Jpeg) => format!("{value:.1}"),
        _ => format!("{value:.3}"),
    }
}

fn line(row: &StabilitySummary) -> Vec<String> {
    let number = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.3}"));
    let of = |count: usize, all: usize| format!("{count} of {all}");
    let flip = |value: Option<f64>| match value {
        _ if row.scanned == 0 => "-".to_owned(),
        Some(value) => value_of(row.attack, value),
        None => "held".to_owned(),
    };
    vec![
        row.over.to_string(),
        row.attack.to_string(),
        row.samples.to_string(),
        number(row.threshold),
        number(row.mean_drift),
        number(row.max_drift),
        row.flipped.map_or_else(|| "-".to_owned(), |count| of(count, row.samples)),
        if row.scanned == 0 { "-".to_owned() } else { of(row.flipped_in_scan, row.scanned) },
        flip(row.min),
        flip(row.percent_5),
        flip(row.median),
    ]
}

/// How the decisions were made, and how finely the axes were scanned.
fn notes<'r>(rows: impl Iterator<Item = &'r StabilityRow> + Clone) -> Vec<String> {
    let mut notes = Vec::new();
    for (rule, words) in [
        (DecisionRule::Given, "given with --decision"),
        (DecisionRule::BestF1, "of each category, that of largest F1 of the clean image scores"),
        (
            DecisionRule::TopFivePercent,
            "of each category, exceeded by the highest 5 % of the clean image scores (at least one); give --decision if the line \
             has a threshold of its own",
        ),
    ] {
        if rows.clone().any(|row| row.rule == rule) {
            notes.push(format!("decision: anomalous above a threshold on the image score: {words}"));
        }
    }
    let scanned: Vec<String> = Axis::ALL
        .into_iter()
        .filter_map(|axis| {
            let row = rows.clone().find(|row| row.attack == Attack::Single(axis) && row.step.is_some())?;
            Some(format!("{axis} {:.3} to {:.4}", row.step?, row.resolution?))
        })
        .collect();
    if !scanned.is_empty() {
        notes.push(format!(
            "scan outward from 0, step and how closely a flip is then located: {}; a flip over less than a step may be missed; held: \
             none within the bounds",
            scanned.join(", ")
        ));
    }
    notes
}
