//! How search strategies compare: what share of each sample's loss gap they close, and how often one is at least as bad for the
//! model as its rivals.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::cell::{Cell, Column};
use super::table::Table;
use crate::error::{Error, Result};
use crate::record::{SearchMetricRow, SearchRow, SearchTimeRow};
use crate::stats::{self, distinct};
use crate::types::{PooledMetric, SampleKey, counted};

/// Losses this close count as equal.
const EQUAL: f64 = 1e-6;

/// One strategy with one budget, over the samples of one model or of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    /// The model; none for all models together.
    pub model: Option<String>,
    /// The strategy.
    pub strategy: String,
    /// Evaluations allowed.
    pub budget: usize,
    /// Samples, each counted once for each model.
    pub samples: usize,
    /// Mean share of the loss gap closed.
    pub share: f64,
    /// The same with every sample's share capped at 1.
    pub share_capped: f64,
    /// For each rival at the same budget: share of samples on which this strategy's loss is at most the rival's.
    pub at_least_as_bad_as: BTreeMap<String, f64>,
    /// The same against the lowest loss of all rivals; none where there is no rival.
    pub at_least_as_bad_as_best: Option<f64>,
}

/// Fills in reference and shares: the reference from `truth`, or without it the lowest loss that any row has on the sample.
///
/// # Errors
/// A usage error that names the first sample that `truth` does not have.
pub fn score(rows: &mut [SearchRow], truth: Option<&HashMap<SampleKey, f64>>) -> Result<()> {
    let mut lowest: HashMap<SampleKey, f64> = HashMap::new();
    for row in rows.iter() {
        let entry = lowest.entry(row.key()).or_insert(f64::INFINITY);
        *entry = entry.min(row.loss);
    }
    for row in rows {
        let key = row.key();
        row.reference = *truth.unwrap_or(&lowest).get(&key).ok_or_else(|| {
            Error::usage(
                "`truth`",
                format!("has no joint attack of {key}"),
                "make it over the same data and models: `attacks = joint` and `search = exhaustive`",
            )
        })?;
        row.share = share(row.clean, row.loss, row.reference);
        row.share_capped = row.share.min(1.0);
    }
    Ok(())
}

/// Part of the way from the clean value to the reference; 1 where there is no way.
pub(crate) fn share(clean: f64, found: f64, reference: f64) -> f64 {
    let gap = clean - reference;
    if gap > 0.0 { (clean - found) / gap } else { 1.0 }
}

/// The standings of every strategy and budget, for each model and, where there are several, for all together. Strategies and
/// models are in the order of the rows, budgets ascend.
pub fn standings(rows: &[SearchRow]) -> Vec<Standing> {
    let models = distinct(rows.iter().map(|row| row.model.as_str()));
    let mut groups: Vec<Option<&str>> = models.iter().copied().map(Some).collect();
    if models.len() > 1 {
        groups.push(None);
    }
    let strategies = distinct(rows.iter().map(|row| row.strategy.as_str()));
    let mut budgets: Vec<usize> = rows.iter().map(|row| row.budget).collect();
    budgets.sort_unstable();
    budgets.dedup();
    let mut standings = Vec::new();
    for model in groups {
        for &budget in &budgets {
            let within: Vec<&SearchRow> = rows
                .iter()
                .filter(|row| row.budget == budget && model.is_none_or(|model| row.model == model))
                .collect();
            standings
                .extend(strategies.iter().filter_map(|strategy| standing(&within, strategy, model, budget)));
        }
    }
    standings
}

/// One strategy among the rows of one budget.
fn standing(rows: &[&SearchRow], strategy: &str, model: Option<&str>, budget: usize) -> Option<Standing> {
    let own: Vec<&&SearchRow> = rows.iter().filter(|row| row.strategy == strategy).collect();
    let mut rivals: BTreeMap<&str, HashMap<SampleKey, f64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.strategy != strategy) {
        rivals.entry(&row.strategy).or_default().insert(row.key(), row.loss);
    }
    // Only samples that both have can be compared.
    let not_above = |other: &dyn Fn(&SampleKey) -> Option<f64>| {
        let won = own.iter().filter_map(|row| {
            other(&row.key()).map(|rival| if row.loss <= rival + EQUAL { 1.0 } else { 0.0 })
        });
        stats::mean(&won.collect::<Vec<f64>>())
    };
    let at_least_as_bad_as = rivals
        .iter()
        .filter_map(|(&name, losses)| Some((name.to_owned(), not_above(&|key| losses.get(key).copied())?)))
        .collect();
    let best =
        |key: &SampleKey| rivals.values().filter_map(|losses| losses.get(key).copied()).reduce(f64::min);
    Some(Standing {
        model: model.map(str::to_owned),
        strategy: strategy.to_owned(),
        budget,
        samples: own.len(),
        share: stats::mean(&own.iter().map(|row| row.share).collect::<Vec<_>>())?,
        share_capped: stats::mean(&own.iter().map(|row| row.share_capped).collect::<Vec<_>>())?,
        at_least_as_bad_as,
        at_least_as_bad_as_best: not_above(&best),
    })
}

/// The tables of each model: what share of the gap in each pooled metric is closed. Then those of each model and of all together: loss
/// gap closed, literally and capped, and who is at least as bad as whom. The reference is named in the titles. A table of the
/// strategies' own time, all models together, comes last.
pub fn search_tables(
    standings: &[Standing],
    metrics: &[SearchMetricRow],
    times: &[SearchTimeRow],
    reference: &str,
) -> Vec<Table> {
    let mut tables = metric_tables(metrics);
    for model in distinct(standings.iter().map(|standing| standing.model.as_deref())) {
        let group: Vec<&Standing> =
            standings.iter().filter(|standing| standing.model.as_deref() == model).collect();
        let samples = group.iter().map(|standing| standing.samples).max().unwrap_or(0);
        let whose =
            format!("{}, {}", model.unwrap_or("all models together"), counted(samples, "sample", "samples"));
        let closed = "share of the loss gap closed, (clean - found) / (clean - reference)";
        type Value = fn(&Standing) -> f64;
        let kinds: [(&str, Value); 2] = [
            ("literal mean in %, above 100 where a search beat the reference", |standing| standing.share),
            ("mean in % with each sample capped at 100", |standing| standing.share_capped),
        ];
        for (kind, value) in kinds {
            let title = format!("{whose}: {closed}; {kind}. Reference: {reference}");
            tables.push(by_budget(
                title,
                &group,
                |standing| (standing.strategy.as_str(), standing.budget),
                value,
            ));
        }
        tables.extend(duels(&whose, &group));
    }
    if !times.is_empty() {
        let title = "share of a run's wall time spent inside the search strategy, in %, all models together"
            .to_owned();
        let rows: Vec<&SearchTimeRow> = times.iter().collect();
        tables.push(by_budget(
            title,
            &rows,
            |row| (row.strategy.as_str(), row.budget),
            |row| row.search_seconds / row.wall_seconds,
        ));
    }
    tables
}

fn metric_tables(rows: &[SearchMetricRow]) -> Vec<Table> {
    let groups = stats::grouped(rows, |row| (&row.model, row.metric));
    let table = |group: &Vec<&SearchMetricRow>| {
        let first = group[0];
        let name = match first.metric {
            PooledMetric::PixelAuroc => "pAUROC",
            PooledMetric::Aupro => "AUPRO",
        };
        let title = format!(
            "{}: share in % of the gap in {name} closed, (clean - worst case) / (clean - reference); clean {:.1} %, reference {:.1} % \
             (that of `truth`, else the lowest of all runs)",
            first.model,
            100.0 * first.clean,
            100.0 * first.reference
        );
        by_budget(title, group, |row| (row.strategy.as_str(), row.budget), |row| row.share)
    };
    groups.iter().map(table).collect()
}

/// Strategies down, budgets across.
fn by_budget<T>(
    title: String,
    rows: &[&T],
    key: impl Fn(&T) -> (&str, usize),
    value: impl Fn(&T) -> f64,
) -> Table {
    let strategies = distinct(rows.iter().map(|row| key(row).0));
    let mut budgets = distinct(rows.iter().map(|row| key(row).1));
    budgets.sort_unstable();
    let line = |strategy: &str| {
        let cells = budgets.iter().map(|&budget| {
            Cell::Share(rows.iter().find(|row| key(row) == (strategy, budget)).map(|row| value(row)))
        });
        std::iter::once(Cell::text(strategy)).chain(cells).collect()
    };
    let numbers = budgets.iter().map(|budget| Column::numbers(budget.to_string()));
    let columns = std::iter::once(Column::words("strategy \\ budget")).chain(numbers).collect();
    Table::new(title, columns, strategies.iter().map(|strategy| line(strategy)).collect())
}

/// Who is at least as bad for the model as whom; nothing where a strategy stands alone.
fn duels(whose: &str, group: &[&Standing]) -> Option<Table> {
    let strategies = distinct(group.iter().map(|standing| standing.strategy.as_str()));
    if strategies.len() < 2 {
        return None;
    }
    let rows = group.iter().map(|standing| {
        let against = strategies.iter().map(|&rival| standing.at_least_as_bad_as.get(rival).copied());
        let shares = std::iter::once(standing.at_least_as_bad_as_best).chain(against);
        let names = [standing.budget.to_string(), standing.strategy.clone()].map(Cell::Text);
        names.into_iter().chain(shares.map(Cell::Share)).collect()
    });
    let numbers = std::iter::once("best rival").chain(strategies.iter().copied()).map(Column::numbers);
    Some(Table::new(
        format!(
            "{whose}: samples in % on which a strategy's loss is at most (within 1e-6) that of its rival with the same budget"
        ),
        ["budget", "strategy"].map(Column::words).into_iter().chain(numbers).collect(),
        rows.collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(model: &str, strategy: &str, sample: &str, (clean, loss): (f64, f64)) -> SearchRow {
        SearchRow {
            model: model.into(),
            strategy: strategy.into(),
            budget: 25,
            category: "nut".into(),
            sample: sample.into(),
            clean,
            loss,
            reference: f64::NAN,
            share: f64::NAN,
            share_capped: f64::NAN,
            evaluations: 25,
            coarse: 0,
        }
    }

    fn rows() -> Vec<SearchRow> {
        vec![
            row("m", "a", "x/0", (0.0, -1.0)),
            row("m", "a", "x/1", (0.2, 0.2)),
            row("m", "b", "x/0", (0.0, -0.5)),
            row("m", "b", "x/1", (0.2, 0.2)),
        ]
    }

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-12
    }

    #[test]
    fn without_a_truth_the_lowest_loss_of_all_is_the_reference() {
        let mut rows = rows();
        score(&mut rows, None).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(rows[2].reference, -1.0);
        let shares: Vec<f64> = rows.iter().map(|row| row.share).collect();
        assert_eq!(shares, [1.0, 1.0, 0.5, 1.0], "no gap counts as closed");
        let standings = standings(&rows);
        assert_eq!(standings.len(), 2, "one model has no table of all models");
        assert!(close(standings[1].share, 0.75));
        assert_eq!(standings[0].at_least_as_bad_as["b"], 1.0);
        assert_eq!(standings[1].at_least_as_bad_as["a"], 0.5);
        assert_eq!(standings[1].at_least_as_bad_as_best, Some(0.5));
    }

    #[test]
    fn beating_the_truth_counts_literally_and_is_capped_beside() {
        let mut rows = rows();
        let truth: HashMap<SampleKey, f64> =
            rows.iter().map(|row| (row.key(), if row.sample == "x/0" { -0.8 } else { 0.0 })).collect();
        score(&mut rows, Some(&truth)).unwrap_or_else(|e| panic!("{e}"));
        let standings = standings(&rows);
        // 1.25 and 0.
        assert!(close(standings[0].share, 0.625) && close(standings[0].share_capped, 0.5), "{standings:?}");
    }

    #[test]
    fn a_sample_that_the_truth_lacks_is_named() {
        let mut rows = rows();
        let truth = HashMap::from([(rows[0].key(), -1.0)]);
        let error = score(&mut rows, Some(&truth)).map(|()| String::new()).unwrap_or_else(|e| e.to_string());
        assert!(error.contains("m on nut/x/1"), "{error}");
    }

    #[test]
    fn the_best_rival_is_the_best_on_each_sample() {
        let mut rows = rows();
        rows.push(row("m", "c", "x/0", (0.0, -0.7)));
        rows.push(row("m", "c", "x/1", (0.2, 0.1)));
        score(&mut rows, None).unwrap_or_else(|e| panic!("{e}"));
        let standings = standings(&rows);
        let of = |name: &str| standings.iter().find(|s| s.strategy == name);
        assert_eq!(of("a").and_then(|s| s.at_least_as_bad_as_best), Some(0.5));
        assert_eq!(of("b").and_then(|s| s.at_least_as_bad_as_best), Some(0.0));
        // Within the tolerance is equal.
        rows[3].loss = 0.1 + 0.5 * EQUAL;
        let again = super::standings(&rows);
        assert_eq!(again[1].at_least_as_bad_as["c"], 0.5);
    }

    #[test]
    fn tables_have_a_row_for_each_strategy_and_a_column_for_each_budget() {
        let mut rows = rows();
        rows.extend(tests::rows().into_iter().map(|row| SearchRow { budget: 100, ..row }));
        rows.extend(tests::rows().into_iter().map(|row| SearchRow { model: "n".into(), ..row }));
        score(&mut rows, None).unwrap_or_else(|e| panic!("{e}"));
        let time = |search_seconds| SearchTimeRow {
            strategy: "a".into(),
            budget: 25,
            search_seconds,
            wall_seconds: 4.0,
        };
        let tables = search_tables(&standings(&rows), &[], &[time(1.0)], "the truth");
        assert_eq!(tables.len(), 3 * 3 + 1, "two models and both together");
        assert_eq!(tables[0].heads(), ["strategy \\ budget", "25", "100"]);
        assert_eq!(tables[0].rows[1][1], Cell::Share(Some(0.75)));
        assert!(tables[0].title.starts_with("m, 2 samples") && tables[0].title.contains("the truth"));
        assert_eq!(tables[3].heads(), ["strategy \\ budget", "25"], "n was not run with 100");
        assert_eq!(tables[2].heads(), ["budget", "strategy", "best rival", "a", "b"]);
        assert_eq!(tables[2].rows[1][2..], [Some(0.5), Some(0.5), None].map(Cell::Share));
        assert!(tables[6].title.starts_with("all models together, 4 samples"));
        assert_eq!(tables[9].rows, [vec![Cell::text("a"), Cell::Share(Some(0.25))]]);
    }
}
