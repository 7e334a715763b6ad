//! Models of one run against each other.

use super::cell::{Cell, Column};
use super::table::Table;
use crate::record::DifferenceRow;
use crate::stats::distinct;
use crate::types::{Attack, Over, PooledMetric};

/// From `differences.csv`: a row for each model and attack, means over categories (or the only category). `None` where no difference
/// has an interval: without one, the tables of both models say as much.
pub fn difference_table(rows: &[DifferenceRow]) -> Option<Table> {
    let has_mean = rows.iter().any(|row| row.over == Over::Mean);
    let shown: Vec<&DifferenceRow> = rows.iter().filter(|row| !has_mean || row.over == Over::Mean).collect();
    if !shown.iter().any(|row| row.interval().is_some()) {
        return None;
    }
    let lines = distinct(shown.iter().map(|row| (row.model.as_str(), row.against.as_str(), row.attack)));
    let cell = |(model, _, attack): (&str, &str, Attack), metric| {
        let row =
            shown.iter().find(|row| (row.model.as_str(), row.attack, row.metric) == (model, attack, metric));
        Cell::sure(row.map(|row| row.difference), row.and_then(|row| row.interval())).with_interval()
    };
    let lines = lines.into_iter().map(|line| {
        let names = [Cell::text(line.0), Cell::text(line.1), Cell::text(line.2.name())];
        names.into_iter().chain(PooledMetric::ALL.map(|metric| cell(line, metric))).collect()
    });
    let heads = ["model", "against", "attack"].map(Column::words);
    let numbers = ["pixel AUROC", "AUPRO"].map(Column::numbers);
    let title = format!(
        "models compared: differences in points{}; above zero the model is better",
        if has_mean { ", means over categories" } else { "" }
    );
    let columns = heads.into_iter().chain(numbers).collect();
    let note = "in brackets: 95 % interval over samples, both models in the same redraws; where it holds zero, these samples do not tell \
                which is better";
    Some(Table { notes: vec![note.to_owned()], ..Table::new(title, columns, lines.collect()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(over: Over, metric: PooledMetric, low: Option<f64>) -> DifferenceRow {
        DifferenceRow {
            model: "b".into(),
            against: "a".into(),
            dataset: "d".into(),
            over,
            attack: Attack::Joint,
            metric,
            difference: 0.25,
            low,
            high: low.map(|_| 0.5),
        }
    }

    #[test]
    fn means_are_shown_where_there_are_some_and_nothing_without_intervals() {
        let nut = Over::Category("nut".into());
        let rows = [
            row(nut.clone(), PooledMetric::PixelAuroc, Some(0.0)),
            row(Over::Mean, PooledMetric::PixelAuroc, Some(0.125)),
            row(Over::Mean, PooledMetric::Aupro, None),
        ];
        let table = difference_table(&rows).unwrap();
        assert_eq!(table.rows.len(), 1);
        let shown: Vec<String> = table.rows[0].iter().map(Cell::short).collect();
        assert_eq!(shown, ["b", "a", "joint", "25.0 (12.5 to 50.0)", "25.0"]);
        let one = difference_table(&rows[..1]).unwrap();
        assert_eq!(one.rows[0][3].short(), "25.0 (0.0 to 50.0)");
        assert_eq!(one.rows[0][4].short(), "-");
        assert_eq!(difference_table(&[row(nut, PooledMetric::Aupro, None)]), None);
    }
}
