//! Clean and worst-case metrics of each model.

use super::cell::{Cell, Column};
use super::table::Table;
use crate::record::{SummaryRow, UniformRow};
use crate::stats::distinct;
use crate::types::{Attack, Metrics, Over};

/// Worst cases of each sample, from `summary.csv`: one table for each model, a row for each category, a column for each attack.
/// A model without any pixel metric, as on data without masks, has one of its image metrics. Nothing where nothing was measured, as
/// without ground truth.
pub fn summary_tables(rows: &[SummaryRow]) -> Vec<Table> {
    let measured =
        rows.iter().any(|row| row.metrics.pixel_auroc.is_some() || row.metrics.image_auroc.is_some());
    if measured { by_model(rows, "clean and at the worst case of each sample") } else { Vec::new() }
}

/// Worst cases that samples share, from `uniform.csv`: tables like those of [`summary_tables`].
pub fn uniform_tables(rows: &[UniformRow]) -> Vec<Table> {
    let rows: Vec<SummaryRow> = rows.iter().map(UniformRow::summary).collect();
    by_model(&rows, "clean and at the worst case that all samples of a category share")
}

fn by_model(rows: &[SummaryRow], place: &str) -> Vec<Table> {
    let attacks = distinct(rows.iter().map(|row| row.attack));
    let models = distinct(rows.iter().map(|row| row.model.as_str()));
    let tables = models.into_iter().map(|model| (model, table(rows, model, &attacks, place)));
    tables.flat_map(|(model, table)| with_drops(rows, model, table)).collect()
}

/// Widest table of drops.
const WIDTH: usize = 120;

/// What drops stand on.
const PAIRED: &str = "in brackets: 95 % interval over samples, clean and attacked in the same redraws; how much the search varies is not \
                      in it (`seeds`)";
const NOT_SURE: &str =
    "no interval: a category needs 8 anomalous samples (docs/intervals.md has the other reasons)";

/// The table of one model, and that of its drops from clean where there are intervals.
fn with_drops(rows: &[SummaryRow], model: &str, mut table: Table) -> Vec<Table> {
    let own: Vec<&SummaryRow> =
        rows.iter().filter(|row| row.model == model && row.attack != Attack::Clean).collect();
    let dropped = own.iter().any(|row| row.drops.pixel_auroc_drop.or(row.drops.aupro_drop).is_some());
    let sure = |row: &&&SummaryRow| row.drops.pixel_auroc().or(row.drops.aupro()).is_some();
    if !own.iter().any(|row| sure(&row)) {
        table.notes.extend(dropped.then(|| NOT_SURE.to_owned()));
        return vec![table];
    }
    let attacks = distinct(own.iter().map(|row| row.attack));
    let mut drops = drops_of(&own, model, &attacks);
    if drops.width() > WIDTH
        && let Some(&last) = attacks.last()
    {
        drops = drops_of(&own, model, &[last]);
        drops.notes.push("of the other attacks: summary.csv".to_owned());
    }
    vec![table, drops]
}

fn drops_of(own: &[&SummaryRow], model: &str, attacks: &[Attack]) -> Table {
    let parts = distinct(own.iter().map(|row| &row.over));
    let shown = parts.iter().filter(|&&over| *over != Over::Mean || parts.len() > 2);
    let lines: Vec<Vec<Cell>> = shown
        .map(|&over| {
            let cells = attacks.iter().flat_map(|&attack| {
                let row = own.iter().find(|row| row.over == *over && row.attack == attack);
                let drops = row.map(|row| row.drops).unwrap_or_default();
                [
                    Cell::sure(drops.pixel_auroc_drop, drops.pixel_auroc()).with_interval(),
                    Cell::sure(drops.aupro_drop, drops.aupro()).with_interval(),
                ]
            });
            std::iter::once(Cell::text(over.to_string())).chain(cells).collect()
        })
        .collect();
    let numbers = attacks.iter().flat_map(|attack| {
        ["pAUROC", "AUPRO"].map(|metric| Column::sure(format!("{} {metric}", attack.name())))
    });
    let columns = std::iter::once(Column::words("category")).chain(numbers).collect();
    let mut table = Table::new(format!("{model}: drop from clean in points"), columns, lines);
    table.notes.push(PAIRED.to_owned());
    let open = |cell: &Cell| cell.short() != "-" && !cell.has_interval();
    if table.rows.iter().any(|row| row[1..].iter().any(open)) {
        table.notes.push(NOT_SURE.to_owned());
    }
    table
}

fn table(rows: &[SummaryRow], model: &str, attacks: &[Attack], place: &str) -> Table {
    let own: Vec<&SummaryRow> = rows.iter().filter(|row| row.model == model).collect();
    let of_images = own.iter().all(|row| !row.metrics.has_pixels());
    let names = if of_images { ["image AUROC", "image AP"] } else { ["pixel AUROC", "AUPRO"] };
    let shares = |Metrics { pixel_auroc, aupro, image_auroc, image_ap, .. }: Metrics| {
        if of_images { Cell::shares(image_auroc, image_ap) } else { Cell::shares(pixel_auroc, aupro) }
    };
    let parts = distinct(own.iter().map(|row| &row.over));
    let line = |over: &Over| {
        let cells = attacks.iter().map(|&attack| {
            let row = own.iter().find(|row| row.over == *over && row.attack == attack);
            row.map_or_else(|| Cell::text(""), |row| shares(row.metrics))
        });
        std::iter::once(Cell::text(over.to_string())).chain(cells).collect()
    };
    // The mean over one category says nothing new.
    let shown = parts.iter().filter(|&&over| *over != Over::Mean || parts.len() > 2);
    let lines = shown.map(|over| line(over)).collect();
    let numbers = attacks.iter().map(|attack| {
        let attack = attack.name();
        Column::numbers(attack).named(names.map(|name| format!("{attack} {name}")))
    });
    let columns = std::iter::once(Column::words("category")).chain(numbers).collect();
    let place = if attacks.iter().all(|&attack| attack == Attack::Clean) { "clean" } else { place };
    let title = format!("{model}: {} in %, {place}", names.join(" / "));
    let mut table = Table::new(title, columns, lines);
    if of_images {
        table.notes.push("pixel AUROC / AUPRO: - / -, for want of masks".into());
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Parameters, mean_rows};

    fn row(model: &str, category: &str, attack: Attack, pixel_auroc: Option<f64>) -> SummaryRow {
        SummaryRow {
            model: model.into(),
            dataset: "d".into(),
            over: Over::Category(category.into()),
            attack,
            samples: 2,
            metrics: Metrics {
                pixel_auroc,
                aupro: pixel_auroc.map(|value| value / 2.0),
                ..Metrics::default()
            },
            mean_loss: None,
            evaluations: 2,
            intervals: Default::default(),
            drops: Default::default(),
        }
    }

    #[test]
    fn each_model_has_a_table_with_its_categories_and_their_mean() {
        let mut rows = vec![
            row("m", "nut", Attack::Clean, Some(0.75)),
            row("m", "nut", Attack::Joint, Some(0.5)),
            row("m", "key", Attack::Clean, Some(0.25)),
            row("n", "nut", Attack::Clean, Some(0.125)),
        ];
        rows.extend(mean_rows(&rows));
        let tables = summary_tables(&rows);
        assert_eq!(tables.len(), 2);
        assert_eq!(
            tables[0].to_csv(),
            "category,clean pixel AUROC,clean AUPRO,joint pixel AUROC,joint AUPRO\n\
             nut,0.75,0.375,0.5,0.25\nkey,0.25,0.125,,\nmean,0.5,0.25,0.5,0.25\n"
        );
        assert_eq!(
            tables[1].to_text(),
            "n: pixel AUROC / AUPRO in %, clean and at the worst case of each sample\n\
             category       clean  joint\n\
             --------  ----------  -----\n\
             nut       12.5 / 6.2",
            "the mean over one category is left out"
        );
    }

    /// A row of an attack with a drop, and an interval around it where it is `sure`.
    fn dropped(category: &str, attack: Attack, drop: f64, sure: bool) -> SummaryRow {
        let mut row = row("m", category, attack, Some(0.75 - drop));
        row.drops.pixel_auroc_drop = Some(drop);
        row.drops.pixel_auroc_drop_low = sure.then_some(drop - 0.125);
        row.drops.pixel_auroc_drop_high = sure.then_some(drop + 0.125);
        row
    }

    #[test]
    fn drops_have_a_table_with_intervals() {
        let rows = [
            row("m", "nut", Attack::Clean, Some(0.75)),
            dropped("nut", Attack::Joint, 0.25, true),
            dropped("key", Attack::Joint, 0.125, false),
        ];
        let tables = summary_tables(&rows);
        assert_eq!(tables.len(), 2);
        assert!(tables[0].notes.is_empty(), "{:?}", tables[0].notes);
        let text = tables[1].to_text();
        assert!(
            text.starts_with(
                "m: drop from clean in points\n\
                 category         joint pAUROC  joint AUPRO\n\
                 --------  -------------------  -----------\n\
                 nut       25.0 (12.5 to 37.5)            -\n\
                 key                      12.5            -\n\
                 in brackets: 95 % interval over samples"
            ),
            "{text}"
        );
        assert!(text.ends_with(NOT_SURE), "{text}");
    }

    #[test]
    fn without_any_interval_the_table_says_why() {
        let rows = [row("m", "nut", Attack::Clean, Some(0.75)), dropped("nut", Attack::Joint, 0.25, false)];
        let tables = summary_tables(&rows);
        assert_eq!(tables.len(), 1);
        assert_eq!(tables[0].notes, [NOT_SURE]);
    }

    #[test]
    fn of_many_attacks_only_the_last_has_its_drop_printed() {
        let mut attacks = Attack::over(&crate::types::Axis::ALL);
        attacks.retain(|&attack| attack != Attack::Clean);
        let mut rows: Vec<SummaryRow> =
            attacks.into_iter().map(|attack| dropped("nut", attack, 0.25, true)).collect();
        rows.push(row("m", "nut", Attack::Clean, Some(0.75)));
        let tables = summary_tables(&rows);
        assert_eq!(tables[1].heads(), ["category", "joint pAUROC", "joint AUPRO"]);
        assert!(tables[1].notes[1].contains("of the other attacks"), "{:?}", tables[1].notes);
    }

    #[test]
    fn where_nothing_was_attacked_no_worst_case_is_spoken_of() {
        let tables = summary_tables(&[row("m", "nut", Attack::Clean, Some(0.75))]);
        assert_eq!(tables[0].title, "m: pixel AUROC / AUPRO in %, clean");
    }

    #[test]
    fn without_ground_truth_there_is_no_table() {
        assert!(summary_tables(&[row("m", "nut", Attack::Clean, None)]).is_empty());
    }

    #[test]
    fn without_masks_the_table_is_of_images() {
        let mut rows = [row("m", "nut", Attack::Clean, None), row("m", "nut", Attack::Joint, None)];
        rows[0].metrics.image_auroc = Some(1.0);
        rows[0].metrics.image_ap = Some(0.875);
        let tables = summary_tables(&rows);
        assert!(tables[0].title.starts_with("m: image AUROC / image AP in %"), "{}", tables[0].title);
        assert_eq!(
            tables[0].to_csv(),
            "category,clean image AUROC,clean image AP,joint image AUROC,joint image AP\nnut,1,0.875,,\n"
        );
        assert!(tables[0].notes[0].contains("pixel AUROC / AUPRO: - / -"), "{:?}", tables[0].notes);
    }

    #[test]
    fn shared_worst_cases_have_the_same_columns() {
        let SummaryRow { model, dataset, attack, samples, metrics, .. } =
            row("m", "nut", Attack::Joint, Some(0.5));
        let parameters = Parameters::default();
        let row = UniformRow {
            model,
            dataset,
            over: Over::All,
            attack,
            parameters,
            search: "grid".into(),
            budget: 4,
            samples,
            evaluations: 8,
            metrics,
            mean_loss: None,
            aupro: Parameters::default(),
        };
        let tables = uniform_tables(&[row]);
        assert!(tables[0].title.ends_with("that all samples of a category share"), "{}", tables[0].title);
        assert_eq!(tables[0].to_csv(), "category,joint pixel AUROC,joint AUPRO\nall,0.5,0.25\n");
    }
}
