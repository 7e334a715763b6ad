//! What one perturbation of all samples does.

use super::cell::{Cell, Column, Form};
use super::table::Table;
use crate::record::SweepRow;
use crate::stats::distinct;
use crate::types::Over;

/// From `sweep.csv`, means over categories: a row for each model and axis with the unchanged pictures and the value of lowest pixel
/// AUROC. `None` where nothing was swept.
pub fn sweep_table(rows: &[SweepRow]) -> Option<Table> {
    if rows.is_empty() {
        return None;
    }
    let means: Vec<&SweepRow> = rows.iter().filter(|row| row.over == Over::Mean).collect();
    let sweeps = distinct(means.iter().map(|row| (row.model.as_str(), row.axis)));
    let lines = sweeps.into_iter().map(|(model, axis)| {
        let group = || means.iter().copied().filter(|row| row.model == model && row.axis == axis);
        let clean = group().find(|row| row.value == 0.0);
        let known = group().filter_map(|row| Some((row, row.metrics.pixel_auroc?)));
        let worst = known.min_by(|(_, a), (_, b)| a.total_cmp(b)).map(|(row, _)| row);
        vec![
            Cell::text(model),
            Cell::text(axis.to_string()),
            metrics(clean),
            worst.map_or_else(|| Cell::text(""), |row| Cell::Number(Some(row.value), Form::Decimals(2))),
            metrics(worst),
        ]
    });
    let columns = vec![
        Column::words("model"),
        Column::words("axis"),
        Column::numbers("unchanged").named(["unchanged pixel AUROC", "unchanged AUPRO"]),
        Column::numbers("worst at"),
        Column::numbers("there").named(["pixel AUROC there", "AUPRO there"]),
    ];
    Some(Table::new(
        "one perturbation for all samples: pixel AUROC / AUPRO in %, mean over categories",
        columns,
        lines.collect(),
    ))
}

fn metrics(row: Option<&SweepRow>) -> Cell {
    row.map_or_else(|| Cell::text(""), |row| Cell::shares(row.metrics.pixel_auroc, row.metrics.aupro))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sweep_means;
    use crate::types::{Axis, Metrics};

    fn row(category: &str, axis: Axis, value: f64, pixel_auroc: Option<f64>) -> SweepRow {
        SweepRow {
            model: "m".into(),
            dataset: "d".into(),
            over: Over::Category(category.into()),
            axis,
            value,
            samples: 2,
            metrics: Metrics { pixel_auroc, aupro: Some(0.5), ..Metrics::default() },
        }
    }

    #[test]
    fn a_sweep_is_told_by_its_middle_and_its_worst_value() {
        let mut rows = vec![
            row("nut", Axis::Angle, -30.0, Some(0.5)),
            row("nut", Axis::Angle, 0.0, Some(0.875)),
            row("nut", Axis::Angle, 30.0, Some(0.25)),
            row("key", Axis::Angle, 30.0, Some(0.75)),
            row("nut", Axis::Hue, 1.0, None),
        ];
        rows.extend(sweep_means(&rows));
        let table = sweep_table(&rows).unwrap();
        assert_eq!(
            table.to_csv(),
            "model,axis,unchanged pixel AUROC,unchanged AUPRO,worst at,pixel AUROC there,AUPRO there\n\
             m,angle,0.875,0.5,-30,0.5,0.5\nm,hue,,,,,\n"
        );
        let text = table.to_text();
        assert!(text.ends_with("m      angle  87.5 / 50.0    -30.00  50.0 / 50.0\nm      hue"), "{text}");
        assert_eq!(sweep_table(&[]), None);
    }
}
