//! How stable a detector is, from `stability.csv` alone.

use serde::Serialize;

use super::axis::interval_on_axis;
use super::cell::{Cell, Column, Form};
use super::table::Table;
use crate::record::{DecisionRule, StabilityRow};
use crate::stats::{self, distinct};
use crate::types::{Attack, Axis, Label, Over};

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
    pub min: Option<Tolerated>,
    /// The tolerance at or below which 5 % of the scanned samples flip; none where fewer do.
    pub percent_5: Option<Tolerated>,
    /// That at or below which half of them flip; none where fewer do.
    pub median: Option<Tolerated>,
    /// Good samples and the calls of bad on them; none where no sample is known to be good.
    pub false_alarms: Option<Mistakes>,
    /// Bad samples and the calls of good on them; none where no sample is known to be bad.
    pub escapes: Option<Mistakes>,
}

/// A tolerance as it was measured: the decision flips between both distances from 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Tolerated {
    /// The last distance at which the decision was seen to hold; none where that is not known.
    pub held: Option<f64>,
    /// The first at which it was seen flipped.
    pub flipped: f64,
}

/// The wrong decisions about the samples of one label.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Mistakes {
    /// Samples of the label.
    pub samples: usize,
    /// Those whose unchanged picture is called wrongly.
    pub clean: usize,
    /// Those that are called rightly unchanged and wrongly at the worst case; none where the attack was not made.
    pub worst: Option<usize>,
    /// Those that were scanned and are called rightly unchanged.
    pub scanned: usize,
    /// Those of them that are called wrongly somewhere within the bounds.
    pub in_scan: usize,
    /// The smallest tolerance of these.
    pub min: Option<Tolerated>,
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
    let tolerances = tolerances(rows);
    let scanned = rows.iter().filter(|row| row.is_scanned()).count();
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
        false_alarms: mistakes(rows, Label::Normal),
        escapes: mistakes(rows, Label::Anomalous),
    }
}

/// The tolerances of the rows that have one, the smallest first.
fn tolerances(rows: &[&StabilityRow]) -> Vec<Tolerated> {
    let of = |row: &&StabilityRow| Some(Tolerated { held: row.held(), flipped: row.tolerance? });
    let mut found: Vec<Tolerated> = rows.iter().filter_map(of).collect();
    found.sort_by(|a, b| a.flipped.total_cmp(&b.flipped));
    found
}

fn mistakes(rows: &[&StabilityRow], label: Label) -> Option<Mistakes> {
    let own: Vec<&StabilityRow> = rows.iter().filter(|row| row.label == label).copied().collect();
    if own.is_empty() {
        return None;
    }
    let is_right = |row: &&&StabilityRow| (row.clean_score > row.threshold) == (label == Label::Anomalous);
    let right: Vec<&StabilityRow> = own.iter().filter(is_right).copied().collect();
    let found = tolerances(&right);
    Some(Mistakes {
        samples: own.len(),
        clean: own.len() - right.len(),
        worst: own
            .iter()
            .any(|row| row.flips.is_some())
            .then(|| right.iter().filter(|row| row.flips == Some(true)).count()),
        scanned: right.iter().filter(|row| row.is_scanned()).count(),
        in_scan: found.len(),
        min: found.first().copied(),
    })
}

/// The smallest of the sorted tolerances at which at least this share of the scanned samples has flipped. What has not flipped
/// lies beyond all values, so nothing is interpolated.
fn reached_by(sorted: &[Tolerated], scanned: usize, share: f64) -> Option<Tolerated> {
    let count = ((share * scanned as f64).ceil() as usize).max(1);
    sorted.get(count - 1).copied()
}

/// One table for each model: a row for each category and attack; the notes say what its columns stand on. In CSV tolerances are in
/// the unit of the attack's axis, or `held` where no decision flips that early, or `not scanned`. Where labels are known a second
/// table tells false alarms and escapes apart.
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
    let models = distinct(summary.iter().map(|row| row.model.as_str()));
    models
        .into_iter()
        .flat_map(|model| [Some(table(model)), mistakes_table(model, &summary)])
        .flatten()
        .collect()
}

/// `None` where no label is known.
fn mistakes_table(model: &str, summary: &[StabilitySummary]) -> Option<Table> {
    let is_known = |row: &&StabilitySummary| row.false_alarms.is_some() || row.escapes.is_some();
    let own: Vec<&StabilitySummary> =
        summary.iter().filter(|row| row.model == model).filter(is_known).collect();
    if own.is_empty() {
        return None;
    }
    let kinds = [("false alarms", "good"), ("escapes", "bad")];
    let numbers = kinds.iter().flat_map(|(kind, label)| {
        [
            Column::numbers(*kind).named([format!("clean {kind}"), format!("{label} samples")]),
            Column::numbers("more there").named([format!("more {kind} there"), format!("right {label}")]),
            Column::numbers("more in scan")
                .named([format!("more {kind} in scan"), format!("scanned {label}")]),
            Column::numbers("from").named([format!("{kind} last held"), format!("{kind} from")]),
        ]
    });
    let columns = ["category", "attack"].map(Column::words).into_iter().chain(numbers).collect();
    let cells = |row: &StabilitySummary| {
        let kinds = [row.false_alarms, row.escapes].into_iter().flat_map(|kind| of_kind(row.attack, kind));
        [Cell::text(row.over.to_string()), Cell::text(row.attack.to_string())]
            .into_iter()
            .chain(kinds)
            .collect()
    };
    Some(Table {
        notes: vec![
            "false alarms: good samples that are called bad, of all good ones, unchanged; escapes: bad samples that are called good"
                .to_owned(),
            "more: of those called rightly unchanged, how many are called wrongly at the worst case, and somewhere in the scan;              decisions that flip from wrong to right are counted in neither"
                .to_owned(),
        ],
        ..Table::new(
            format!("{model}: false alarms and escapes, and from which value on there are more of them"),
            columns,
            own.into_iter().map(cells).collect(),
        )
    })
}

fn of_kind(attack: Attack, mistakes: Option<Mistakes>) -> Vec<Cell> {
    let Some(Mistakes { samples, clean, worst, scanned, in_scan, min }) = mistakes else {
        return vec![Cell::text("-"); 4];
    };
    vec![
        Cell::part(clean, samples),
        worst.map_or(Cell::Count(None), |worst| Cell::part(worst, samples - clean)),
        if scanned == 0 { Cell::Count(None) } else { Cell::part(in_scan, scanned) },
        tolerance_cell(attack, scanned, samples > clean, min),
    ]
}

/// A tolerance, or why there is none; `any` says that there are samples that could have one.
fn tolerance_cell(attack: Attack, scanned: usize, any: bool, tolerance: Option<Tolerated>) -> Cell {
    let said = |words: &str| Cell::Several("", vec![Cell::text(""), Cell::text(words)]);
    match tolerance {
        Some(Tolerated { held, flipped }) => interval_on_axis(attack, held, Some(flipped)),
        None if scanned > 0 => said("held"),
        None if any && matches!(attack, Attack::Single(_)) => said("not scanned"),
        None => Cell::Several("", vec![Cell::Count(None)]),
    }
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
        "from" => Column::numbers(head).named(["last held", "from"]),
        "5 % from" => Column::numbers(head).named(["5 % last held", "5 % from"]),
        "half from" => Column::numbers(head).named(["half last held", "half from"]),
        _ => Column::numbers(head),
    };
    words.into_iter().chain(numbers.map(named)).collect()
}

fn line(row: &StabilitySummary) -> Vec<Cell> {
    let number = |value: Option<f64>| Cell::Number(value, Form::Decimals(3));
    let flip = |value: Option<Tolerated>| tolerance_cell(row.attack, row.scanned, true, value);
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
            "scan outward from 0, step and how closely a flip is then located: {}; a flip over less than a step may be missed; A to B: \
             last seen to hold at A, first seen flipped at B; held: none within the bounds",
            scanned.join(", ")
        ));
        let at_once = rows.iter().filter(|row| row.flips_at_once()).count();
        if at_once > 0 {
            notes.push(format!(
                "{at_once} of {} scans flip within their first step, where an earlier flip may have been missed: give more \
                 `tolerance_steps`",
                rows.iter().filter(|row| row.is_scanned()).count()
            ));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

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
            held_below: scanned.then(|| tolerance.map_or(-90.0, |value| 0.1 - value)),
            held_above: scanned.then_some(90.0),
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
        let ten = Some(Tolerated { held: Some(9.9), flipped: 10.0 });
        assert_eq!((summary[0].min, summary[0].percent_5, summary[0].median), (ten, ten, None));
        assert_eq!(summary[0].threshold, Some(0.5));
        rows.push(row("b", Attack::Single(Axis::Angle), Some(20.0)));
        let summary = stability_summary(&rows);
        let all = summary.last().unwrap();
        assert_eq!((&all.over, all.samples, all.threshold), (&Over::All, 6, None));
        assert_eq!(all.median.map(|half| half.flipped), Some(30.0));
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
        assert_eq!((summary[1].flipped, summary[1].mean_drift), (None, None));
        assert_eq!(summary[1].min, Some(Tolerated { held: Some(0.4), flipped: 0.5 }));
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
            "category,attack,samples,threshold,mean drift,largest drift,flipped there,attacked,flip in scan,scanned,last held,\
             from,5 % last held,5 % from,half last held,half from\n\
             a,joint,1,0.5,0.25,0.25,1,1,,,,,,,,\n\
             a,angle,1,0.5,0.25,0.25,1,1,1,1,12.4,12.5,12.4,12.5,12.4,12.5\n\
             a,hue,1,0.5,0.25,0.25,1,1,0,1,,held,,held,,held\n"
        );
        let text = tables[0].to_text();
        for part in ["12.40 to 12.50 deg  12.40 to 12.50 deg", "0 of 1                held"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let [given, top, scan] = tables[0].notes.as_slice() else { panic!("{:?}", tables[0].notes) };
        assert!(given.ends_with("given with `decision`") && top.contains("highest 5 %"), "{given}, {top}");
        assert!(scan.contains("angle 1.000 to 0.1000, hue 1.000 to 0.1000;"), "{scan}");
        assert_eq!(tables[1].notes.len(), 2, "only of its own rows");
    }

    #[test]
    fn nothing_scanned_is_not_said_to_hold() {
        let unscanned = StabilityRow { step: None, ..row("a", Attack::Single(Axis::Hue), None) };
        let text = stability_tables(&[unscanned])[0].to_text();
        assert!(text.contains("not scanned") && !text.contains("held"), "{text}");
    }

    #[test]
    fn false_alarms_and_escapes_are_told_apart_and_repairs_are_neither() {
        let angle = Attack::Single(Axis::Angle);
        let of = |label, clean_score, tolerance: Option<f64>| StabilityRow {
            label,
            clean_score,
            flips: Some(tolerance.is_some()),
            ..row("a", angle, tolerance)
        };
        let rows = [
            of(Label::Normal, 0.4, Some(30.0)),
            of(Label::Normal, 0.4, None),
            of(Label::Normal, 0.9, Some(2.0)),
            of(Label::Anomalous, 0.9, Some(10.0)),
        ];
        let summary = stability_summary(&rows).remove(0);
        let min = |held, flipped| Some(Tolerated { held: Some(held), flipped });
        let alarms =
            Mistakes { samples: 3, clean: 1, worst: Some(1), scanned: 2, in_scan: 1, min: min(29.9, 30.0) };
        let escapes =
            Mistakes { samples: 1, clean: 0, worst: Some(1), scanned: 1, in_scan: 1, min: min(9.9, 10.0) };
        assert_eq!((summary.false_alarms, summary.escapes), (Some(alarms), Some(escapes)));
        assert_eq!(summary.min.map(|min| min.flipped), Some(2.0), "any flip counts for the tolerance");
        let tables = stability_tables(&rows);
        assert!(
            tables[1].to_text().contains("1 of 3      1 of 2        1 of 2  29.90 to 30.00 deg"),
            "{}",
            tables[1].to_text()
        );
        let unlabelled = rows.map(|row| StabilityRow { label: Label::Unknown, ..row });
        assert_eq!(stability_tables(&unlabelled).len(), 1);
    }
}
