//! The summaries as tables.

use super::summary::{Mistakes, StabilitySummary, Tolerated, stability_summary};
use crate::record::{DecisionRule, StabilityRow};
use crate::report::axis::{distance_on_axis, interval_on_axis, units};
use crate::report::cell::{Cell, Column, Form};
use crate::report::table::Table;
use crate::stats::distinct;
use crate::types::{Attack, Axis};

/// What a dash stands for in the table of tolerances and in that of mistakes.
const DASH: &str = "-: the attack was not made, or there was no scan, as of attacks on several axes; as a threshold: that of each category is another";
const DASH_OF_MISTAKES: &str = "-: the attack was not made, there was no scan, as of attacks on several axes, or there is no such sample";

/// One table for each model: a row for each category and attack; the notes say what its columns stand on. In CSV tolerances are in
/// the unit of the attack's axis, or `held` where no decision flips that early, or `not scanned`. Where labels are known a second
/// table tells false alarms and escapes apart.
pub fn stability_tables(rows: &[StabilityRow]) -> Vec<Table> {
    let summary = stability_summary(rows);
    let table = |model: &str| {
        let own = summary.iter().filter(|row| row.model == model);
        let table = Table {
            notes: notes(&rows.iter().filter(|row| row.model == model).collect::<Vec<_>>()),
            ..Table::new(
                format!(
                    "{model}: how far map and image score move at the worst case, and from which value on the decision flips"
                ),
                columns(),
                own.map(line).collect(),
            )
        };
        explained(table, DASH)
    };
    let models = distinct(summary.iter().map(|row| row.model.as_str()));
    models
        .into_iter()
        .flat_map(|model| [Some(table(model)), mistakes_table(model, &summary)])
        .flatten()
        .collect()
}

/// The table with a note on its dashes, where it has some.
fn explained(mut table: Table, dash: &str) -> Table {
    let has_dash = table.rows.iter().flatten().any(|cell| cell.short() == "-");
    table.notes.extend(has_dash.then(|| dash.to_owned()));
    table
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
    let table = Table {
        notes: vec![
            "false alarms: good samples that are called bad, of all good ones, unchanged; escapes: bad samples that are called good"
                .to_owned(),
            "more: of those called rightly unchanged, how many are called wrongly at the worst case, and somewhere in the scan; \
             decisions that flip from wrong to right are counted in neither"
                .to_owned(),
        ],
        ..Table::new(
            format!("{model}: false alarms and escapes, and from which value on there are more of them"),
            columns,
            own.into_iter().map(cells).collect(),
        )
    };
    Some(explained(table, DASH_OF_MISTAKES))
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
        Some(Tolerated { held, flipped }) => interval_on_axis(attack, held, flipped),
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

/// How the decisions were made, how finely the axes were scanned, and what the cells mean.
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
    let scans = scans(rows);
    if !scans.is_empty() {
        let fineness = scans.iter().map(|scan| {
            let [step, resolution] = [scan.step, scan.resolution].map(|d| distance_on_axis(scan.axis, d));
            format!("{} {step} to {resolution}", scan.axis)
        });
        notes.push(format!(
            "scan outward from 0, step and how closely a flip is then located: {}; a flip over less than a step may be missed; A to B: \
             last seen to hold at A, first seen flipped at B; held: none within the bounds",
            fineness.collect::<Vec<_>>().join(", ")
        ));
        notes.extend(units(scans.iter().map(|scan| scan.axis), "a factor or its inverse"));
        notes.extend(at_once(&scans));
    }
    notes
}

/// The scans of one axis.
struct Scan {
    axis: Axis,
    step: f64,
    resolution: f64,
    samples: usize,
    /// Samples that flip within the first step.
    at_once: usize,
}

fn scans(rows: &[&StabilityRow]) -> Vec<Scan> {
    let of = |axis: Axis| {
        let own = || rows.iter().filter(move |row| row.attack == Attack::Single(axis) && row.is_scanned());
        let first = own().next()?;
        let at_once = own().filter(|row| row.flips_at_once()).count();
        let (step, resolution) = (first.step?, first.resolution?);
        Some(Scan { axis, step, resolution, samples: own().count(), at_once })
    };
    Axis::ALL.into_iter().filter_map(of).collect()
}

/// Where the first step flips already, nothing nearer to 0 was looked at before.
fn at_once(scans: &[Scan]) -> Option<String> {
    let early = scans.iter().filter(|scan| scan.at_once > 0).map(|scan| {
        let Scan { axis, step, samples, at_once, .. } = *scan;
        format!("{axis} {at_once} of {samples} (step {})", distance_on_axis(axis, step))
    });
    let early: Vec<String> = early.collect();
    (!early.is_empty()).then(|| {
        format!(
            "warning: decisions flip within the first step of the scan, where an earlier flip may have been missed: {}; give more \
             `tolerance_steps`, or narrower bounds",
            early.join(", ")
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::row;
    use super::*;
    use crate::types::Label;

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
        let [given, top, scan, dash] = tables[0].notes.as_slice() else { panic!("{:?}", tables[0].notes) };
        assert!(given.ends_with("given with `decision`") && top.contains("highest 5 %"), "{given}, {top}");
        assert!(scan.contains("angle 1.00 deg to 0.10 deg, hue 1.000 rad to 0.100 rad;"), "{scan}");
        assert!(dash.starts_with("-: "), "{dash}");
        assert_eq!(
            tables[1].notes.len(),
            2,
            "only of its own rows, and no dash is explained that is not there"
        );
    }

    #[test]
    fn factors_are_told_as_factors_and_the_first_step_with_its_unit() {
        let gamma = StabilityRow { step: Some(0.5), ..row("a", Attack::Single(Axis::Gamma), Some(0.5)) };
        let table = &stability_tables(&[gamma])[0];
        assert!(table.to_text().contains("x1.32 to x1.41"), "{}", table.to_text());
        assert!(table.to_csv().contains(",0.4,0.5,"), "{}", table.to_csv());
        let [_, scan, units, at_once] = table.notes.as_slice() else { panic!("{:?}", table.notes) };
        assert!(scan.contains("gamma x1.41 to x1.07"), "{scan}");
        assert!(units.contains("gamma: a factor or its inverse"), "{units}");
        assert!(at_once.contains("gamma 1 of 1 (step x1.41); give more `tolerance_steps`"), "{at_once}");
    }

    #[test]
    fn no_text_has_a_run_of_blanks() {
        let labelled = |label| StabilityRow { label, ..row("a", Attack::Single(Axis::Angle), Some(0.5)) };
        let tables = stability_tables(&[labelled(Label::Normal), row("b", Attack::Joint, None)]);
        for text in tables.iter().flat_map(|table| table.notes.iter().chain([&table.title])) {
            assert!(!text.contains("  "), "{text}");
        }
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
