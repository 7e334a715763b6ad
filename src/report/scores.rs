//! Image scores of unchanged pictures, which tell something where there is no ground truth.

use serde::Serialize;

use super::cell::{Cell, Column, Form};
use super::table::Table;
use crate::record::SampleRow;
use crate::stats::{self, distinct};
use crate::types::Attack;

/// Image scores of the unchanged pictures of one category under one model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScoreSummary {
    /// Name of the model bundle.
    pub model: String,
    /// The category.
    pub category: String,
    /// Pictures.
    pub pictures: usize,
    /// The lowest score.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The highest.
    pub max: f64,
}

/// From `samples.csv`, one for each model and category in the order of the rows.
pub fn score_summary(rows: &[SampleRow]) -> Vec<ScoreSummary> {
    let clean = rows.iter().filter(|row| row.attack == Attack::Clean);
    let groups = stats::grouped(clean, |row| (&row.model, &row.category));
    let summary = |own: &Vec<&SampleRow>| {
        let scores: Vec<f64> = own.iter().map(|row| row.image_score).collect();
        let quantile = |q| stats::quantile(&scores, q);
        Some(ScoreSummary {
            model: own[0].model.clone(),
            category: own[0].category.clone(),
            pictures: scores.len(),
            min: quantile(0.0)?,
            median: quantile(0.5)?,
            max: quantile(1.0)?,
        })
    };
    groups.iter().filter_map(summary).collect()
}

/// One table for each model, a row for each category.
pub fn score_tables(summary: &[ScoreSummary]) -> Vec<Table> {
    let models = distinct(summary.iter().map(|row| row.model.as_str()));
    models.into_iter().map(|model| table(summary, model)).collect()
}

fn table(summary: &[ScoreSummary], model: &str) -> Table {
    let lines = summary.iter().filter(|row| row.model == model).map(|row| {
        let scores = [row.min, row.median, row.max].map(|score| Cell::Number(Some(score), Form::Decimals(3)));
        [Cell::text(&row.category), Cell::count(row.pictures)].into_iter().chain(scores).collect()
    });
    let columns = ["pictures", "min", "median", "max"].map(Column::numbers);
    let columns = std::iter::once(Column::words("category")).chain(columns).collect();
    let mut table =
        Table::new(format!("{model}: image scores of the unchanged pictures"), columns, lines.collect());
    table.notes.push(
        "there is no ground truth, and so there are no metrics; samples.csv has the score of each picture"
            .into(),
    );
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Parameters;
    use crate::types::{Axis, Label, Perturbation};

    fn row(category: &str, attack: Attack, image_score: f64) -> SampleRow {
        SampleRow {
            model: "m".into(),
            dataset: "d".into(),
            category: category.into(),
            sample: "unlabelled/0".into(),
            label: Label::Unknown,
            attack,
            parameters: Parameters::new(&Perturbation::IDENTITY, &Axis::PAPER),
            loss: 0.0,
            sample_auroc: None,
            evaluations: 1,
            coarse: 0,
            expected_gain: None,
            image_score,
            search: "none".into(),
            budget: 1,
            seed: 0,
            image: String::new(),
            mask: None,
            aupro: Parameters::default(),
            fit: Default::default(),
            pieces: 1,
            clipped: None,
            clipped_defect: None,
        }
    }

    #[test]
    fn scores_are_of_the_unchanged_pictures_of_each_category() {
        let clean = |category, score| row(category, Attack::Clean, score);
        let rows =
            [clean("nut", 0.25), clean("key", 0.5), clean("nut", 0.75), row("nut", Attack::Joint, 9.0)];
        let summary = score_summary(&rows);
        assert_eq!(summary.len(), 2);
        assert_eq!(
            (summary[0].pictures, summary[0].min, summary[0].median, summary[0].max),
            (2, 0.25, 0.5, 0.75)
        );
        let tables = score_tables(&summary);
        assert_eq!(
            tables[0].to_csv(),
            "category,pictures,min,median,max\nnut,2,0.25,0.5,0.75\nkey,1,0.5,0.5,0.5\n"
        );
        assert!(!tables[0].notes[0].contains("nothing"), "drift and tolerance may follow");
    }
}
