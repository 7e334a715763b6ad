//! What the pooled metrics come to in each run of a comparison, and what part of the way to the reference that is.

use std::collections::HashMap;

use super::truth::Truth;
use crate::error::Result;
use crate::record::{RunDir, SearchMetricRow, SummaryRow, read_rows};
use crate::stats::distinct;
use crate::types::{Attack, Over, PooledMetric};

/// A run with the name of its strategy and its budget.
pub(super) type Named<'a> = (&'a RunDir, &'a str, usize);

/// A row for each run, model and metric that is defined. Without truths, the reference is the lowest value of all runs.
///
/// # Errors
/// A summary that cannot be read.
pub(super) fn metric_rows(runs: &[Named<'_>], truth: &[Truth]) -> Result<Vec<SearchMetricRow>> {
    let mut rows = Vec::new();
    for &(dir, strategy, budget) in runs {
        rows.extend(pooled(dir)?.into_iter().map(|Pooled { model, metric, clean, worst }| SearchMetricRow {
            model,
            strategy: strategy.to_owned(),
            budget,
            metric,
            clean,
            worst,
            reference: f64::NAN,
            share: f64::NAN,
        }));
    }
    let mut references: HashMap<(String, PooledMetric), f64> = HashMap::new();
    if truth.is_empty() {
        for row in &rows {
            let lowest = references.entry((row.model.clone(), row.metric)).or_insert(f64::INFINITY);
            *lowest = lowest.min(row.worst);
        }
    }
    for truth in truth {
        references.extend(
            pooled(&truth.dir)?.into_iter().map(|pooled| ((pooled.model, pooled.metric), pooled.worst)),
        );
    }
    let mut scored = Vec::new();
    for row in rows {
        if let Some(&reference) = references.get(&(row.model.clone(), row.metric)) {
            let gap = row.clean - reference;
            let share = if gap > 0.0 { (row.clean - row.worst) / gap } else { 1.0 };
            scored.push(SearchMetricRow { reference, share, ..row });
        }
    }
    Ok(scored)
}

struct Pooled {
    model: String,
    metric: PooledMetric,
    clean: f64,
    worst: f64,
}

/// The metrics of the joint attack, means over categories where there are several.
fn pooled(dir: &RunDir) -> Result<Vec<Pooled>> {
    let rows: Vec<SummaryRow> = read_rows(dir.summary_path())?;
    let mut all = Vec::new();
    for model in distinct(rows.iter().map(|row| row.model.as_str())) {
        let of = |attack| {
            let own = || rows.iter().filter(move |row| row.model == model && row.attack == attack);
            own().find(|row| row.over == Over::Mean).or_else(|| own().next())
        };
        let (Some(clean), Some(joint)) = (of(Attack::Clean), of(Attack::Joint)) else { continue };
        for metric in PooledMetric::ALL {
            if let (Some(clean), Some(worst)) = (metric.of(&clean.metrics), metric.of(&joint.metrics)) {
                all.push(Pooled { model: model.to_owned(), metric, clean, worst });
            }
        }
    }
    Ok(all)
}
