//! Image scores of unchanged pictures, which tell something where there is no ground truth.

use super::cell::{Cell, Column, Form};
use super::table::Table;
use crate::record::SampleRow;
use crate::stats::{self, distinct};
use crate::types::Attack;

/// Image scores of the unchanged pictures, from `samples.csv`: one table for each model, a row for each category.
pub fn score_tables(rows: &[SampleRow]) -> Vec<Table> {
    let clean: Vec<&SampleRow> = rows.iter().filter(|row| row.attack == Attack::Clean).collect();
    let models = distinct(clean.iter().map(|row| row.model.as_str()));
    models.into_iter().map(|model| table(&clean, model)).collect()
}

fn table(rows: &[&SampleRow], model: &str) -> Table {
    let own: Vec<&&SampleRow> = rows.iter().filter(|row| row.model == model).collect();
    let lines = distinct(own.iter().map(|row| row.category.as_str())).into_iter().map(|category| {
        let scores: Vec<f64> =
            own.iter().filter(|row| row.category == category).map(|row| row.image_score).collect();
        let quantiles = [0.0, 0.5, 1.0].map(|q| Cell::Number(stats::quantile(&scores, q), Form::Decimals(3)));
        [Cell::text(category), Cell::count(scores.len())].into_iter().chain(quantiles).collect()
    });
    let columns = ["pictures", "min", "median", "max"].map(Column::numbers);
    let columns = std::iter::once(Column::words("category")).chain(columns).collect();
    let mut table =
        Table::new(format!("{model}: image scores of the unchanged pictures"), columns, lines.collect());
    table.notes.push(
        "there is no ground truth: nothing else is measured; samples.csv has the score of each picture"
            .into(),
    );
    table
}
