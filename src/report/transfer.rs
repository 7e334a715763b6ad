//! Worst cases of one model under others.

use super::cell::{Cell, Column, Form};
use super::table::Table;
use crate::record::TransferRow;
use crate::stats::distinct;
use crate::types::{Attack, Over};

/// From `transfer.csv`: what the worst cases of each model leave of the others, in a sentence each.
pub fn transfer_answers(rows: &[TransferRow]) -> Vec<String> {
    let Some(attack) = last_attack(rows) else { return Vec::new() };
    let percent = |value: Option<f64>| value.map(|value| format!("{:.1}", 100.0 * value));
    let sentence = |row: &&TransferRow| {
        let [clean, there, found] =
            [row.clean_pixel_auroc, row.pixel_auroc, row.found_pixel_auroc].map(percent);
        let (clean, there, found) = (clean?, there?, found?);
        let TransferRow { model, found_under, .. } = row;
        Some(if model == found_under {
            format!("{model} at its own worst cases ({attack}): {there} % pixel AUROC, as found {found} %.")
        } else {
            format!(
                "The worst cases of {found_under} ({attack}) leave {model} {there} % pixel AUROC of {clean} % on unchanged pictures, and \
                 {found_under} itself {found} %."
            )
        })
    };
    overall(rows, attack).iter().filter_map(sentence).collect()
}

/// From `transfer.csv`: the transfer matrix, models that worst cases were found under against those that they were replayed under; and
/// how far answers at the same points lie apart, where no choice was made anew.
pub fn transfer_tables(rows: &[TransferRow]) -> Vec<Table> {
    let Some(attack) = last_attack(rows) else { return Vec::new() };
    let rows = overall(rows, attack);
    let tables = [matrix(&rows, attack), parity(&rows, attack)];
    tables.into_iter().filter(|table| !table.rows.is_empty()).collect()
}

/// The attack on the most axes.
fn last_attack(rows: &[TransferRow]) -> Option<Attack> {
    rows.iter().map(|row| row.attack).max()
}

/// Means over categories, or the only category.
fn overall(rows: &[TransferRow], attack: Attack) -> Vec<&TransferRow> {
    let of_attack: Vec<&TransferRow> = rows.iter().filter(|row| row.attack == attack).collect();
    let has_mean = of_attack.iter().any(|row| row.over == Over::Mean);
    of_attack.into_iter().filter(|row| !has_mean || row.over == Over::Mean).collect()
}

fn matrix(rows: &[&TransferRow], attack: Attack) -> Table {
    let models = distinct(rows.iter().map(|row| row.model.as_str()));
    let lines = distinct(rows.iter().map(|row| row.found_under.as_str()));
    let line = |found_under: &str| {
        let of_line = || rows.iter().filter(|row| row.found_under == found_under);
        let itself = of_line()
            .next()
            .map_or(Cell::text("-"), |row| Cell::shares(row.found_pixel_auroc, row.found_aupro));
        let under = models.iter().map(|model| {
            let row = of_line().find(|row| row.model == *model);
            row.map_or(Cell::text("-"), |row| Cell::shares(row.pixel_auroc, row.aupro))
        });
        [Cell::text(found_under), itself].into_iter().chain(under).collect()
    };
    let clean = models.iter().map(|model| {
        let row = rows.iter().find(|row| row.model == *model);
        row.map_or(Cell::text("-"), |row| Cell::shares(row.clean_pixel_auroc, row.clean_aupro))
    });
    let unchanged = [Cell::text("(unchanged)"), Cell::text("")].into_iter().chain(clean).collect();
    let numbers =
        |name: &str| Column::numbers(name).named([format!("{name} pixel AUROC"), format!("{name} AUPRO")]);
    let columns = [Column::words("found under"), numbers("as found")]
        .into_iter()
        .chain(models.iter().map(|model| numbers(&format!("under {model}"))));
    let lines: Vec<Vec<Cell>> =
        lines.into_iter().map(line).chain((!rows.is_empty()).then_some(unchanged)).collect();
    let title = format!("transfer of worst cases ({attack}): pixel AUROC / AUPRO in %");
    let note = "as found: of the model that a worst case was found under; the others were not searched, so that theirs is no bound unless \
                `replay.all` chose anew"
        .to_owned();
    Table { notes: vec![note], ..Table::new(title, columns.collect(), lines) }
}

fn parity(rows: &[&TransferRow], attack: Attack) -> Table {
    let shown = rows.iter().filter(|row| row.loss_difference_mean.is_some());
    let number = |value| Cell::Number(value, Form::Decimals(5));
    let lines = shown.map(|row| {
        let points = |here: Option<f64>, there: Option<f64>| {
            Cell::Points(here.zip(there).map(|(here, there)| here - there))
        };
        vec![
            Cell::text(&row.found_under),
            Cell::text(&row.model),
            points(row.pixel_auroc, row.found_pixel_auroc),
            points(row.aupro, row.found_aupro),
            number(row.loss_difference_mean),
            number(row.loss_difference_max),
            number(row.map_difference_mean),
            number(row.map_difference_max),
        ]
    });
    let lines = lines.collect();
    let words = ["found under", "replayed under"].map(Column::words);
    let numbers = ["pixel AUROC", "AUPRO", "loss, mean", "loss, largest", "map, mean", "map, largest"]
        .map(Column::numbers);
    let columns = words.into_iter().chain(numbers).collect();
    let title = format!(
        "parity at the same points ({attack}): metrics as differences in points, losses and patches of maps as absolute differences"
    );
    Table::new(title, columns, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(found_under: &str, model: &str, over: Over, attack: Attack) -> TransferRow {
        TransferRow {
            found_under: found_under.into(),
            model: model.into(),
            dataset: "d".into(),
            over,
            attack,
            samples: 4,
            clean_pixel_auroc: Some(0.9),
            clean_aupro: Some(0.8),
            pixel_auroc: Some(0.5),
            aupro: Some(0.4),
            found_pixel_auroc: Some(0.25),
            found_aupro: Some(0.125),
            loss_difference_mean: Some(0.001),
            loss_difference_max: Some(0.002),
            map_difference_mean: None,
            map_difference_max: None,
        }
    }

    #[test]
    fn the_answer_and_the_matrix_are_of_the_attack_on_most_axes_over_all_categories() {
        let nut = || Over::Category("nut".into());
        let rows = [
            row("a", "b", nut(), Attack::Joint),
            row("a", "b", Over::Mean, Attack::Joint),
            row("b", "b", Over::Mean, Attack::Joint),
            row("a", "b", Over::Mean, Attack::Single(crate::types::Axis::Hue)),
        ];
        let answers = transfer_answers(&rows);
        let first = "The worst cases of a (joint) leave b 50.0 % pixel AUROC of 90.0 % on unchanged pictures, and a itself 25.0 %.";
        let second = "b at its own worst cases (joint): 50.0 % pixel AUROC, as found 25.0 %.";
        assert_eq!(answers, [first, second]);
        let tables = transfer_tables(&rows);
        let text = tables[0].to_text();
        assert!(text.contains("a            25.0 / 12.5  50.0 / 40.0\nb "), "{text}");
        assert!(text.contains("(unchanged)               90.0 / 80.0"), "{text}");
        assert_eq!(tables[1].rows.len(), 2);
        assert!(tables[1].to_text().contains("+25.0  +27.5     0.00100"), "{}", tables[1].to_text());
    }

    #[test]
    fn where_a_choice_was_made_anew_there_is_no_parity() {
        let anew = TransferRow { loss_difference_mean: None, ..row("a", "b", Over::Mean, Attack::Joint) };
        assert_eq!(transfer_tables(&[anew]).len(), 1);
        assert!(transfer_tables(&[]).is_empty() && transfer_answers(&[]).is_empty());
    }
}
