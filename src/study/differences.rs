//! Models of one run against each other, in the same redraws.

use super::intervals::{Estimated, around, mean_of};
use crate::metric::Estimates;
use crate::record::{DifferenceRow, SummaryRow};
use crate::stats::distinct;
use crate::types::{Metrics, Over, PooledMetric};

/// What each model but the first has more than the one that it is held against, for each category and attack, then for the means.
/// `summary` has the rows of what was found, and their means.
pub(super) fn differences(found: &[Estimated], summary: &[SummaryRow]) -> Vec<DifferenceRow> {
    let models = distinct(summary.iter().map(|row| row.model.as_str()));
    let mut rows = Vec::new();
    for (place, &model) in models.iter().enumerate() {
        let Some(against) = against(model, &models[..place], &models) else { continue };
        for row in summary.iter().filter(|row| row.model == model) {
            let same = |other: &&SummaryRow| {
                other.model == against && (&other.over, other.attack) == (&row.over, row.attack)
            };
            // Where a sample or category was left out for one of the two, there is nothing that both were measured on.
            let Some(other) = summary.iter().find(same).filter(|other| other.samples == row.samples) else {
                continue;
            };
            let estimates = estimates(found, row, against);
            rows.extend(PooledMetric::ALL.iter().filter_map(|&metric| {
                let difference = metric.of(&row.metrics)? - metric.of(&other.metrics)?;
                let ends = around(Some(difference), estimates.of(metric));
                Some(DifferenceRow {
                    model: model.to_owned(),
                    against: against.to_owned(),
                    dataset: row.dataset.clone(),
                    over: row.over.clone(),
                    attack: row.attack,
                    metric,
                    difference,
                    low: ends.map(|ends| ends.low),
                    high: ends.map(|ends| ends.high),
                })
            }));
        }
    }
    rows
}

/// The model without the defence, else the first of the run.
fn against<'m>(model: &str, earlier: &[&'m str], all: &[&'m str]) -> Option<&'m str> {
    let plain = |other: &&&str| model.strip_prefix(**other).is_some_and(|rest| rest.starts_with('+'));
    all.iter().filter(plain).max_by_key(|other| other.len()).or_else(|| earlier.first()).copied()
}

/// The differences in the redraws: those of a category, or of the mean over categories.
fn estimates(found: &[Estimated], row: &SummaryRow, against: &str) -> Estimates {
    let of = |model: &str, over: &Over| {
        found
            .iter()
            .find(|one| one.row.model == model && &one.row.over == over && one.row.attack == row.attack)
    };
    let minus = |one: &Estimated| -> Option<(Metrics, Estimates)> {
        let other = of(against, &one.row.over)?;
        Some((one.row.metrics, one.estimates.minus(&other.estimates)))
    };
    if row.over != Over::Mean {
        return of(&row.model, &row.over).and_then(minus).map(|(_, estimates)| estimates).unwrap_or_default();
    }
    let own = found.iter().filter(|one| one.row.model == row.model && one.row.attack == row.attack);
    let Some(each) = own.map(minus).collect::<Option<Vec<_>>>() else { return Estimates::default() };
    mean_of(each.iter().map(|(metrics, estimates)| (*metrics, estimates)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defended_model_is_held_against_itself_and_any_other_against_the_first() {
        let models = ["a", "b", "b+rotate4", "b+rotate4+grey"];
        let found: Vec<Option<&str>> = models
            .iter()
            .enumerate()
            .map(|(place, model)| against(model, &models[..place], &models))
            .collect();
        assert_eq!(found, [None, Some("a"), Some("b"), Some("b+rotate4")]);
        assert_eq!(against("a+b", &[], &["a+b", "a"]), Some("a"), "whatever their order");
    }
}
