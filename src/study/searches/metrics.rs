//! What the pooled metrics come to in each run of a comparison, and what part of the way to the reference that is.

use std::collections::HashMap;

use super::truth::{TOLERANCE, Truth};
use crate::error::{Error, Result};
use crate::record::{RunDir, SearchMetricRow, SummaryRow, read_rows};
use crate::report::share;
use crate::stats::distinct;
use crate::types::{Attack, Over, PooledMetric};

/// A run with the name of its strategy and its budget.
pub(super) type Named<'a> = (&'a RunDir, &'a str, usize);

/// A row for each run, model and metric that is defined. Without truths, the reference is the lowest value of all runs.
///
/// # Errors
/// A summary that cannot be read; a truth whose clean metrics are others, or two of one model.
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
    let references = if truth.is_empty() { lowest(&rows) } else { of_truth(truth, &rows)? };
    let mut scored = Vec::new();
    for row in rows {
        if let Some(&reference) = references.get(&(row.model.clone(), row.metric)) {
            let share = share(row.clean, row.worst, reference);
            scored.push(SearchMetricRow { reference, share, ..row });
        }
    }
    Ok(scored)
}

/// What counts as the worst there is, by model and metric.
type References = HashMap<(String, PooledMetric), f64>;

fn lowest(rows: &[SearchMetricRow]) -> References {
    let mut references = References::new();
    for row in rows {
        let lowest = references.entry((row.model.clone(), row.metric)).or_insert(f64::INFINITY);
        *lowest = lowest.min(row.worst);
    }
    references
}

/// The metrics of the truths, each of which is over the same samples, by the same metric.
fn of_truth(truth: &[Truth], rows: &[SearchMetricRow]) -> Result<References> {
    let mut references = References::new();
    for truth in truth {
        let refuse = |problem: String, fix: &str| {
            Err(Error::usage(format!("`truth = {}`", truth.dir.path().display()), problem, fix))
        };
        for Pooled { model, metric, clean, worst } in pooled(&truth.dir)? {
            let own = rows.iter().find(|row| row.model == model && row.metric == metric);
            if let Some(own) = own.filter(|own| (own.clean - clean).abs() > TOLERANCE) {
                let problem =
                    format!("has a clean {metric} of {clean} for {model}, which is {} here", own.clean);
                return refuse(
                    problem,
                    "make it over the same samples, with the same `fpr_limit` and `aupro`",
                );
            }
            if references.insert((model.clone(), metric), worst).is_some() {
                return refuse(format!("is the second one with {model}"), "give one run for each model");
            }
        }
    }
    Ok(references)
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
