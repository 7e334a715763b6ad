//! How much a search varies with its seed.

use super::cell::{Cell, Column};
use super::table::Table;
use crate::record::SeedRow;
use crate::stats::distinct;
use crate::types::{Attack, Over};

/// From `seeds.csv`, means over categories: one table for each model, a row for each attack.
pub fn seed_tables(rows: &[SeedRow]) -> Vec<Table> {
    let means: Vec<&SeedRow> = rows
        .iter()
        .filter(|row| row.over == Over::Mean && row.attack != Attack::Clean && row.pixel_auroc_mean.is_some())
        .collect();
    let models = distinct(means.iter().map(|row| row.model.as_str()));
    models.into_iter().map(|model| table(model, &means)).collect()
}

fn table(model: &str, means: &[&SeedRow]) -> Table {
    let own: Vec<&&SeedRow> = means.iter().filter(|row| row.model == model).collect();
    let lines = own.iter().map(|row| {
        let aupro = [row.aupro_mean, row.aupro_lowest, row.aupro_highest, row.aupro_deviation];
        let auroc = [
            row.pixel_auroc_mean,
            row.pixel_auroc_lowest,
            row.pixel_auroc_highest,
            row.pixel_auroc_deviation,
        ];
        let numbers = auroc.into_iter().chain(aupro).map(Cell::Share);
        std::iter::once(Cell::text(row.attack.name())).chain(numbers).collect()
    });
    let numbers = ["pixel AUROC", "AUPRO"].into_iter().flat_map(|metric| {
        let further = ["lowest", "highest", "deviation"];
        let heads = std::iter::once((metric, "mean")).chain(further.map(|head| (head, head)));
        heads.map(move |(head, name)| Column::numbers(head).named([format!("{metric} {name}")]))
    });
    let columns = std::iter::once(Column::words("attack")).chain(numbers).collect();
    let seeds = own.iter().map(|row| row.seeds).max().unwrap_or(0);
    let title = format!("{model}: worst case of {seeds} seeds in %, mean over categories");
    let note =
        "the spread of the search alone; the interval over samples is apart, in the summary.csv of each seed";
    Table { notes: vec![note.to_owned()], ..Table::new(title, columns, lines.collect()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{SummaryRow, mean_rows, seed_rows};
    use crate::types::Metrics;

    fn summary(pixel_auroc: f64) -> Vec<SummaryRow> {
        let row = |attack, pixel_auroc| SummaryRow {
            model: "m".into(),
            dataset: "d".into(),
            over: Over::Category("nut".into()),
            attack,
            samples: 2,
            metrics: Metrics { pixel_auroc: Some(pixel_auroc), ..Metrics::default() },
            mean_loss: None,
            evaluations: 2,
            intervals: Default::default(),
            drops: Default::default(),
        };
        let mut rows = vec![row(Attack::Clean, 0.75), row(Attack::Joint, pixel_auroc)];
        rows.extend(mean_rows(&rows));
        rows
    }

    #[test]
    fn seeds_are_told_by_mean_ends_and_deviation() {
        let rows = seed_rows(&[summary(0.5), summary(0.25), summary(0.375)]);
        assert_eq!(rows.len(), 4, "two attacks in a category and in the mean");
        let clean = &rows[0];
        assert_eq!((clean.seeds, clean.pixel_auroc_mean), (3, Some(0.75)));
        assert_eq!((clean.pixel_auroc_deviation, clean.aupro_mean), (Some(0.0), None));
        let tables = seed_tables(&rows);
        assert_eq!(tables.len(), 1);
        assert_eq!(
            tables[0].to_csv(),
            "attack,pixel AUROC mean,pixel AUROC lowest,pixel AUROC highest,pixel AUROC deviation,AUPRO mean,AUPRO lowest,\
             AUPRO highest,AUPRO deviation\njoint,0.375,0.25,0.5,0.125,,,,\n"
        );
        assert!(tables[0].title.contains("3 seeds"), "{}", tables[0].title);
        let one = seed_rows(&[summary(0.5)]);
        assert_eq!(one[1].pixel_auroc_deviation, None);
        assert!(seed_tables(&[]).is_empty());
    }
}
