//! What models do where one decides.

use super::cell::{Cell, Column};
use super::table::Table;
use crate::metric::FalseAlarms;
use crate::record::{Grouping, OperatingRow};
use crate::stats::distinct;
use crate::types::{Over, counted};

/// From `operating.csv`: of each model one table of decisions about all pictures and one of groups of them.
pub fn operating_tables(rows: &[OperatingRow]) -> Vec<Table> {
    let models = distinct(rows.iter().map(|row| row.model.as_str()));
    models.into_iter().flat_map(|model| of_model(model, rows)).collect()
}

fn of_model(model: &str, rows: &[OperatingRow]) -> Vec<Table> {
    let of_model: Vec<&OperatingRow> = rows.iter().filter(|row| row.model == model).collect();
    let categories = distinct(of_model.iter().filter_map(|row| row.over.category())).len();
    // The mean over one category says nothing new.
    let shown: Vec<&OperatingRow> =
        of_model.into_iter().filter(|row| row.over != Over::Mean || categories > 1).collect();
    let (all, groups): (Vec<&OperatingRow>, Vec<&OperatingRow>) =
        shown.into_iter().partition(|row| row.grouping == Grouping::All);
    let mut tables: Vec<Table> = all.first().map(|first| of_all(model, first, &all)).into_iter().collect();
    tables.extend((!groups.is_empty()).then(|| of_groups(model, &groups)));
    tables
}

fn of_all(model: &str, first: &OperatingRow, rows: &[&OperatingRow]) -> Table {
    let columns = vec![
        Column::words("category"),
        Column::words("attack"),
        Column::sure("pixel F1"),
        pair("pixels found", "false alarms", ["pixel recall", "pixel false alarms"]),
        Column::sure("image F1"),
        pair("pictures found", "false alarms", ["image recall", "image false alarms"]),
        Column::numbers("flips"),
        pair("PG2", "PB2", ["PG2", "PB2"]),
        Column::numbers("AUPRO 0.05"),
        Column::numbers("AUPIMO"),
    ];
    let lines = rows.iter().map(|row| {
        let (pixels, images, curves) = (&row.pixels, &row.images, &row.curves);
        vec![
            Cell::text(row.over.to_string()),
            Cell::text(row.attack.to_string()),
            Cell::sure(pixels.pixel_f1, row.pixel_f1_interval()),
            Cell::shares(pixels.pixel_recall, pixels.pixel_false_alarms),
            Cell::sure(images.image_f1, row.image_f1_interval()),
            Cell::shares(images.image_recall, images.image_false_alarms),
            Cell::Share(images.image_flips),
            Cell::shares(images.pg2, images.pb2),
            Cell::Share(curves.aupro_05),
            Cell::Share(curves.aupimo),
        ]
    });
    let lines = lines.collect();
    let title = format!("{model}: decisions in %, thresholds by {} of the unchanged pictures", first.rule);
    let mut notes = vec![
        "found / false alarms: share of what is anomalous that is called so, and of what is normal; flips: decisions about pictures \
         that differ from those on the unchanged ones"
            .to_owned(),
    ];
    notes.extend(reasons(rows));
    Table { notes, ..Table::new(title, columns, lines) }
}

/// Why cells are empty.
fn reasons(rows: &[&OperatingRow]) -> Vec<String> {
    let mut reasons = Vec::new();
    let few = rows.iter().filter(|row| row.over != Over::Mean && row.curves.aupimo.is_none());
    if let Some(fewest) =
        few.filter_map(|row| row.normal_pixels).min().filter(|&few| few < FalseAlarms::FEWEST_PIXELS)
    {
        reasons.push(format!(
            "AUPIMO is empty where good pictures have fewer than {} pixels (here {fewest}): false alarms of 1 in 100,000 cannot be told",
            FalseAlarms::FEWEST_PIXELS
        ));
    }
    let undecided = |row: &&&OperatingRow| row.over != Over::Mean && row.image_threshold.is_none();
    if rows.iter().any(|row| undecided(&row)) {
        reasons.push("decisions about pictures are empty where there is no threshold for them; give `threshold` two numbers".to_owned());
    }
    if rows.iter().any(|row| row.normal_pixels.is_none()) {
        reasons.push("decisions about pixels are empty: there are no masks".to_owned());
    }
    reasons
}

fn of_groups(model: &str, rows: &[&OperatingRow]) -> Table {
    let references = distinct(rows.iter().filter_map(|row| row.compared.reference.as_deref()));
    let compared = match references.as_slice() {
        [] => None,
        [one] => Some(*one),
        _ => Some("reference"),
    };
    let mut columns = vec![
        Column::words("category"),
        Column::words("grouping"),
        Column::words("group"),
        Column::words("attack"),
        Column::numbers("pictures"),
        Column::sure("pixel F1"),
        pair("regions found", "overlap", ["region recall", "region overlap"]),
        pair("pictures found", "false alarms", ["image recall", "image false alarms"]),
        Column::numbers("pixel AUROC"),
        Column::sure("its drop"),
    ];
    columns.extend(compared.map(|reference| Column::sure(format!("pixel AUROC - {reference}"))));
    let lines = rows.iter().map(|row| {
        let mut line = vec![
            Cell::text(row.over.to_string()),
            Cell::text(row.grouping.to_string()),
            Cell::text(row.group.clone().unwrap_or_default()),
            Cell::text(row.attack.to_string()),
            Cell::count(row.normal + row.anomalous),
            Cell::sure(row.pixels.pixel_f1, row.pixel_f1_interval()),
            Cell::shares(row.pixels.region_recall, row.pixels.region_overlap),
            Cell::shares(row.images.image_recall, row.images.image_false_alarms),
            Cell::Share(row.curves.pixel_auroc),
            Cell::sure(row.drops.pixel_auroc_drop, row.drops.pixel_auroc_interval()),
        ];
        let difference =
            || Cell::sure(row.compared.pixel_auroc_difference, row.pixel_auroc_difference_interval());
        line.extend(compared.map(|_| difference()));
        line
    });
    let lines = lines.collect();
    let mut notes = vec![
        "regions found / overlap: share of the regions of the ground truth of which any pixel is called anomalous, and mean share of a \
         region that is; its drop: from pixel AUROC of the same pictures unchanged"
            .to_owned(),
    ];
    if let Some(reference) = compared {
        let scenes = || rows.iter().filter_map(|row| row.compared.scenes);
        let of = scenes().min().zip(scenes().max()).map_or_else(String::new, |(fewest, most)| {
            let from = if fewest < most { format!("{fewest} to ") } else { String::new() };
            format!(", over the scenes that both show ({from}{})", counted(most, "scene", "scenes"))
        });
        let others = if references.len() > 1 {
            format!("those of its grouping with {}", references.join(" or "))
        } else {
            reference.to_owned()
        };
        notes.push(format!("pixel AUROC - {reference}: that of the group minus that of {others}{of}"));
    }
    Table { notes, ..Table::new(format!("{model}: decisions in % by group"), columns, lines) }
}

fn pair(first: &str, second: &str, names: [&str; 2]) -> Column {
    Column::numbers(format!("{first} / {second}")).named(names)
}
