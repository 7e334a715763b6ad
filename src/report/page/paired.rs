//! Models of several runs against each other, sample by sample.

use std::collections::HashMap;

use crate::record::SampleRow;
use crate::report::{Cell, Column, Table};
use crate::stats::{self, distinct};
use crate::types::{Attack, Interval};

/// Fewest samples for an interval.
const FEWEST: usize = 8;
/// Quantile of the normal distribution for a 95 % interval.
const Z: f64 = 1.959_963_984_540_054;

/// The samples' own pixel AUROC of every model minus that of the first one, over the anomalous samples that both have, for each attack
/// that both met; `None` where there is no such pair.
pub(super) fn table(samples: &[SampleRow]) -> Option<Table> {
    let models = distinct(samples.iter().map(|row| row.model.as_str()));
    let (first, others) = models.split_first()?;
    let of_first: HashMap<(&str, &str, &str, Attack), f64> = samples
        .iter()
        .filter(|row| row.model == *first)
        .filter_map(|row| Some((key(row), row.sample_auroc?)))
        .collect();
    let mut rows = Vec::new();
    for model in others {
        let own: Vec<&SampleRow> = samples.iter().filter(|row| row.model == *model).collect();
        for attack in distinct(own.iter().map(|row| row.attack)) {
            let of_attack = own.iter().filter(|row| row.attack == attack);
            let differences: Vec<f64> =
                of_attack.filter_map(|row| Some(row.sample_auroc? - of_first.get(&key(row))?)).collect();
            let Some(mean) = stats::mean(&differences) else { continue };
            rows.push(vec![
                Cell::text(*model),
                Cell::text(*first),
                Cell::text(attack.name()),
                Cell::count(differences.len()),
                Cell::Sure {
                    value: Box::new(Cell::Points(Some(mean))),
                    interval: interval(&differences),
                    shown: true,
                },
            ]);
        }
    }
    let columns = ["model", "against", "attack"].map(Column::words).into_iter();
    let columns = columns.chain([Column::numbers("samples"), Column::sure("difference")]).collect();
    let title = "Mean difference of the samples' own pixel AUROC in points; above zero the model is better";
    let note = "the same samples under both; the interval is mean ± 1.96 standard errors over them, from 8 samples on";
    (!rows.is_empty()).then(|| Table { notes: vec![note.to_owned()], ..Table::new(title, columns, rows) })
}

fn key(row: &SampleRow) -> (&str, &str, &str, Attack) {
    (&row.dataset, &row.category, &row.sample, row.attack)
}

fn interval(differences: &[f64]) -> Option<Interval> {
    let (mean, deviation) = (stats::mean(differences)?, stats::standard_deviation(differences)?);
    let half = Z * deviation / (differences.len() as f64).sqrt();
    (differences.len() >= FEWEST).then_some(Interval { low: mean - half, high: mean + half })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_that_of_a_mean_and_needs_samples() {
        assert_eq!(interval(&[0.5; 7]), None);
        assert_eq!(interval(&[0.5; 8]), Some(Interval { low: 0.5, high: 0.5 }));
        let Interval { low, high } = interval(&[0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0]).unwrap();
        let deviation = (8.0_f64 * 0.25 / 7.0).sqrt();
        assert!((high - low - 2.0 * Z * deviation / 8.0_f64.sqrt()).abs() < 1e-12, "{low} to {high}");
    }
}
