//! How stable a detector is, from `stability.csv` alone.

use serde::Serialize;

use super::axis::on_axis;
use super::cell::{Cell, Column, Form};
use super::table::Table;
use crate::record::{DecisionRule, StabilityRow};
use crate::stats::{self, distinct};
use crate::types::{Attack, Axis, Over};

/// The samples of one category, or of all, under one attack.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StabilitySummary {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// The category, or all categories.
    pub over: Over,
    /// The attack; an axis by the name of its attack.
    pub attack: Attack,
    /// Samples.
    pub samples: usize,
    /// Decision threshold on the image score, where all the samples have the same.
    pub threshold: Option<f64>,
    /// Mean drift at the worst case.
    pub mean_drift: Option<f64>,
    /// Largest drift at the worst case.
    pub max_drift: Option<f64>,
    /// Samples whose decision flips at the worst case; none where the attack was not made.
    pub flipped: Option<usize>,
    /// Samples that were scanned along the axis.
    pub scanned: usize,
    /// Those of them whose decision flips within the bounds.
    pub flipped_in_scan: usize,
    /// The smallest tolerance; none where no decision flips.
    pub min: Option<f64>,
    /// The tolerance at or below which 5 % of the scanned samples flip; none where fewer do.
    pub percent_5: Option<f64>,
    /// That at or below which half of them flip; none where fewer do.
    pub median: Option<f64>,
}

/// A summary for each model, dataset, category and attack in the order in which they first appear; then, for each model and
/// dataset with several categories, over all of them.
pub fn stability_summary(rows: &[StabilityRow]) -> Vec<StabilitySummary> {
    let mut summaries: Vec<StabilitySummary> = Vec::new();
    for (model, dataset) in distinct(rows.iter().map(|row| (row.model.as_str(), row.dataset.as_str()))) {
        let of_model: Vec<&StabilityRow> =
            rows.iter().filter(|row| row.model == model && row.dataset == dataset).collect();
        let attacks = distinct(of_model.iter().map(|row| row.attack));
        let categories = distinct(of_model.iter().map(|row| row.category.as_str()));
        let all = (categories.len() > 1).then_some(Over::All);
        for over in categories.iter().map(|&name| Over::Category(name.to_owned())).chain(all) {
            for &attack in &attacks {
                let own: Vec<&StabilityRow> = of_model
                    .iter()
                    .filter(|row| {
                        row.attack == attack && over.category().is_none_or(|name| row.category == name)
                    })
                    .copied()
                    .collect();
                if let Some(first) = own.first() {
                    summaries.push(summarise(over.clone(), first, &own));
                }
            }
        }
    }
    summaries
}

fn summarise(over: Over, first: &StabilityRow, rows: &[&StabilityRow]) -> StabilitySummary {
    let drifts: Vec<f64> = rows.iter().filter_map(|row| row.drift).collect();
    let mut tolerances: Vec<f64> = rows.iter().filter_map(|row| row.tolerance).collect();
    tolerances.sort_by(f64::total_cmp);
    let scanned = rows.iter().filter(|row| row.step.is_some()).count();
    StabilitySummary {
        model: first.model.clone(),
        dataset: first.dataset.clone(),
        over,
        attack: first.attack,
        samples: rows.len(),
        threshold: rows.iter().all(|row| row.threshold == first.threshold).then_some(first.threshold),
        mean_drift: stats::mean(&drifts),
        max_drift: drifts.iter().copied().max_by(f64::total_cmp),
        flipped: (!drifts.is_empty()).then(|| rows.iter().filter(|row| row.flips == Some(true)).count()),
        scanned,
        flipped_in_scan: tolerances.len(),
        min: tolerances.first().copied(),
        percent_5: reached_by(&tolerances, scanned, 0.05),
        median: reached_by(&tolerances, scanned, 0.5),
    }
}

/// The smallest of the sorted tolerances at which at least this share of the scanned samples has flipped. What has not flipped
/// lies beyond all values, so nothing is interpolated.
fn reached_by(sorted: &[f64], scanned: usize, share: f64) -> Option<f64> {
    let count = ((share * scanned as f64).ceil() as usize).max(1);
    sorted.get(count - 1).copied()
}

/// One table for each model: a row for each category and attack; the notes say what its columns stand on. In CSV tolerances are in
/// the unit of the attack's axis, or `held` where no decision flips that early.
pub fn stability_tables(rows: &[StabilityRow]) -> Vec<Table> {
    let summary = stability_summary(rows);
    let table = |model: &str| {
        let own = summary.iter().filter(|row| row.model == model);
        Table {
            notes: notes(&rows.iter().filter(|row| row.model == model).collect::<Vec<_>>()),
            ..Table::new(
                format!(
                    "{model}: how far map and image score move at the worst case, and from which value on the decision flips"
                ),
                columns(),
                own.map(line).collect(),
            )
        }
    };
    distinct(summary.iter().map(|row| row.model.as_str())).into_iter().map(table).collect()
}

fn columns() -> Vec<Column> {
    let words = ["category", "attack"].map(Column::words);
    let numbers = [
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
    let named = |head| match head {
        "largest" => Column::numbers(head).named(["largest drift"]),
        "flipped there" => Column::numbers(head).named(["flipped there", "attacked"]),
        "flip in scan" => Column::numbers(head).named(["flip in scan", "scanned"]),
        _ => Column::numbers(head),
    };
    words.into_iter().chain(numbers.map(named)).collect()
}

fn line(row: &StabilitySummary) -> Vec<Cell> {
    let number = |value: Option<f64>| Cell::Number(value, Form::Decimals(3));
    let flip = |value: Option<f64>| match value {
        None if row.scanned > 0 => Cell::text("held"),
        value => on_axis(row.attack, value),
    };
    vec![
        Cell::text(row.over.to_string()),
        Cell::text(row.attack.to_string()),
        Cell::count(row.samples),
        number(row.threshold),
        number(row.mean_drift),
        number(row.max_drift),
        row.flipped.map_or(Cell::Count(None), |count| Cell::part(count, row.samples)),
        if row.scanned == 0 { Cell::Count(None) } else { Cell::part(row.flipped_in_scan, row.scanned) },
        flip(row.min),
        flip(row.percent_5),
        flip(row.median),
    ]
}

/// How the decisions were made, and how finely the axes were scanned.
fn notes(rows: &[&StabilityRow]) -> Vec<String> {
    let rules = [
        (DecisionRule::Given, "given with `decision`"),
        (DecisionRule::BestF1, "of each category, that of largest F1 of the clean image scores"),
        (
            DecisionRule::TopFivePercent,
            "of each category, exceeded by the highest 5 % of the clean image scores (at least one); give `decision` if the line \
             has a threshold of its own",
        ),
    ];
    let used = rules.into_iter().filter(|(rule, _)| rows.iter().any(|row| row.rule == *rule));
    let mut notes: Vec<String> = used
        .map(|(_, words)| format!("decision: anomalous above a threshold on the image score: {words}"))
        .collect();
    let scanned: Vec<String> = Axis::ALL
        .into_iter()
        .filter_map(|axis| {
            let row = rows.iter().find(|row| row.attack == Attack::Single(axis) && row.step.is_some())?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Label;

    fn row(category: &str, attack: Attack, tolerance: Option<f64>) -> StabilityRow {
        let scanned = attack != Attack::Joint;
        StabilityRow {
            model: "m".into(),
            dataset: "d".into(),
            category: category.into(),
            sample: "good/0".into(),
            label: Label::Unknown,
            attack,
            threshold: if category == "a" { 0.5 } else { 0.6 },
            rule: DecisionRule::TopFivePercent,
            clean_score: 0.4,
            worst_score: Some(0.7),
            drift: Some(0.25),
            flips: Some(true),
            below: tolerance.map(|value| -value),
            above: None,
            tolerance,
            step: scanned.then_some(1.0),
            resolution: scanned.then_some(0.1),
            evaluations: scanned.then_some(10),
        }
    }

    #[test]
    fn samples_that_never_flip_lie_beyond_all_tolerances() {
        let tolerances = [Some(30.0), None, Some(10.0), None, None];
        let mut rows: Vec<StabilityRow> =
            tolerances.iter().map(|&tolerance| row("a", Attack::Single(Axis::Angle), tolerance)).collect();
        let summary = stability_summary(&rows);
        assert_eq!(summary.len(), 1, "no second summary over one category");
        assert_eq!((summary[0].scanned, summary[0].flipped_in_scan, summary[0].flipped), (5, 2, Some(5)));
        assert_eq!((summary[0].min, summary[0].percent_5, summary[0].median), (Some(10.0), Some(10.0), None));
        assert_eq!(summary[0].threshold, Some(0.5));
        rows.push(row("b", Attack::Single(Axis::Angle), Some(20.0)));
        let summary = stability_summary(&rows);
        let all = summary.last().unwrap();
        assert_eq!((&all.over, all.samples, all.threshold), (&Over::All, 6, None));
        assert_eq!(all.median, Some(30.0));
    }

    #[test]
    fn a_category_called_all_is_one_of_them() {
        let rows = ["all", "nut"].map(|name| row(name, Attack::Joint, None));
        let summary = stability_summary(&rows);
        let found: Vec<(String, usize)> =
            summary.iter().map(|row| (row.over.to_string(), row.samples)).collect();
        assert_eq!(found, [("`all`".to_owned(), 1), ("nut".to_owned(), 1), ("all".to_owned(), 2)]);
    }

    #[test]
    fn what_was_not_scanned_has_no_tolerance_and_what_was_not_attacked_no_drift() {
        let joint = row("a", Attack::Joint, None);
        let scanned = StabilityRow {
            worst_score: None,
            drift: None,
            flips: None,
            ..row("a", Attack::Single(Axis::Hue), Some(0.5))
        };
        let summary = stability_summary(&[joint, scanned]);
        assert_eq!((summary[0].scanned, summary[0].min, summary[0].max_drift), (0, None, Some(0.25)));
        assert_eq!((summary[1].flipped, summary[1].mean_drift, summary[1].min), (None, None, Some(0.5)));
    }

    #[test]
    fn each_model_has_a_table_with_what_it_stands_on() {
        let given = StabilityRow { rule: DecisionRule::Given, ..row("a", Attack::Joint, None) };
        let angle = row("a", Attack::Single(Axis::Angle), Some(12.5));
        let other = StabilityRow { model: "n".into(), ..angle.clone() };
        let unflipped = StabilityRow { tolerance: None, ..row("a", Attack::Single(Axis::Hue), None) };
        let tables = stability_tables(&[given, angle, unflipped, other]);
        assert_eq!(tables.len(), 2);
        assert_eq!(
            tables[0].to_csv(),
            "category,attack,samples,threshold,mean drift,largest drift,flipped there,attacked,flip in scan,scanned,from,\
             5 % from,half from\n\
             a,joint,1,0.5,0.25,0.25,1,1,,,,,\n\
             a,angle,1,0.5,0.25,0.25,1,1,1,1,12.5,12.5,12.5\n\
             a,hue,1,0.5,0.25,0.25,1,1,0,1,held,held,held\n"
        );
        let text = tables[0].to_text();
        for part in
            ["1 of 1             -          -", "12.50 deg  12.50 deg", "0 of 1       held       held"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
        let [given, top, scan] = tables[0].notes.as_slice() else { panic!("{:?}", tables[0].notes) };
        assert!(given.ends_with("given with `decision`") && top.contains("highest 5 %"), "{given}, {top}");
        assert!(scan.contains("angle 1.000 to 0.1000, hue 1.000 to 0.1000;"), "{scan}");
        assert_eq!(tables[1].notes.len(), 2, "only of its own rows");
    }
}
