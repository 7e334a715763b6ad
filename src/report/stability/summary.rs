//! What the rows say of each category and attack.

use serde::Serialize;

use crate::record::StabilityRow;
use crate::stats::{self, distinct};
use crate::types::{Attack, Label, Over};

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
    /// Those whose decision flips within the first step of the scan, where an earlier flip may have been missed.
    pub flipped_in_first_step: usize,
    /// Step of the scan, in the unit of the axis; none where nothing was scanned.
    pub step: Option<f64>,
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
        flipped_in_first_step: rows.iter().filter(|row| row.flips_at_once()).count(),
        step: rows.iter().find_map(|row| row.step),
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
    let right: Vec<&StabilityRow> = own.iter().filter(|row| row.is_right()).copied().collect();
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

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::record::DecisionRule;
    use crate::types::Axis;

    pub(in super::super) fn row(category: &str, attack: Attack, tolerance: Option<f64>) -> StabilityRow {
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
        assert_eq!((summary[0].flipped_in_first_step, summary[0].step), (0, Some(1.0)));
        rows[0].step = Some(45.0);
        assert_eq!(stability_summary(&rows)[0].flipped_in_first_step, 1);
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
}
