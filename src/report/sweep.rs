//! What one perturbation of all samples does.

use super::axis::{on_axis, units};
use super::cell::{Cell, Column};
use super::table::Table;
use crate::record::SweepRow;
use crate::stats::distinct;
use crate::types::{Attack, Metrics, Over};

/// From `sweep.csv`, means over categories: a row for each model and axis with the unchanged pictures, and for each metric its lowest
/// value and where on the axis that is. `None` where nothing was swept.
pub fn sweep_table(rows: &[SweepRow]) -> Option<Table> {
    if rows.is_empty() {
        return None;
    }
    let means: Vec<&SweepRow> = rows.iter().filter(|row| row.over == Over::Mean).collect();
    let sweeps = distinct(means.iter().map(|row| (row.model.as_str(), row.axis)));
    let lines = sweeps.into_iter().map(|(model, axis)| {
        let group = || means.iter().copied().filter(|row| row.model == model && row.axis == axis);
        let clean = group().find(|row| row.value == 0.0);
        let lowest = |metric: fn(&Metrics) -> Option<f64>| {
            let known = group().filter_map(move |row| Some((row.value, metric(&row.metrics)?)));
            let worst = known.min_by(|(_, a), (_, b)| a.total_cmp(b));
            [
                Cell::Share(worst.map(|worst| worst.1)),
                on_axis(Attack::Single(axis), worst.map(|worst| worst.0)),
            ]
        };
        let first = [Cell::text(model), Cell::text(axis.to_string()), metrics(clean)];
        first
            .into_iter()
            .chain(lowest(|metrics| metrics.pixel_auroc))
            .chain(lowest(|metrics| metrics.aupro))
            .collect()
    });
    let columns = vec![
        Column::words("model"),
        Column::words("axis"),
        Column::numbers("unchanged").named(["unchanged pixel AUROC", "unchanged AUPRO"]),
        Column::numbers("lowest pixel AUROC"),
        Column::numbers("at").named(["lowest pixel AUROC at"]),
        Column::numbers("lowest AUPRO"),
        Column::numbers("at").named(["lowest AUPRO at"]),
    ];
    let table = Table::new(
        "one perturbation for all samples: pixel AUROC / AUPRO in %, mean over categories",
        columns,
        lines.collect(),
    );
    let notes = units(means.iter().map(|row| row.axis), "a factor").into_iter().collect();
    Some(Table { notes, ..table })
}

fn metrics(row: Option<&SweepRow>) -> Cell {
    row.map_or_else(|| Cell::text(""), |row| Cell::shares(row.metrics.pixel_auroc, row.metrics.aupro))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::sweep_means;
    use crate::types::Axis;

    fn row(category: &str, axis: Axis, value: f64, pixel_auroc: Option<f64>) -> SweepRow {
        SweepRow {
            model: "m".into(),
            dataset: "d".into(),
            over: Over::Category(category.into()),
            axis,
            value,
            samples: 2,
            metrics: Metrics { pixel_auroc, aupro: Some(0.5), ..Metrics::default() },
            intervals: Default::default(),
        }
    }

    #[test]
    fn a_sweep_is_told_by_its_middle_and_the_worst_value_and_place_of_each_metric() {
        let mut rows = vec![
            row("nut", Axis::Angle, -30.0, Some(0.5)),
            row("nut", Axis::Angle, 0.0, Some(0.875)),
            row("nut", Axis::Angle, 30.0, Some(0.25)),
            row("key", Axis::Angle, 30.0, Some(0.75)),
            row("nut", Axis::Hue, 1.0, None),
        ];
        rows[1].metrics.aupro = Some(0.25);
        rows.extend(sweep_means(&rows));
        let table = sweep_table(&rows).unwrap();
        assert_eq!(
            table.to_csv(),
            "model,axis,unchanged pixel AUROC,unchanged AUPRO,lowest pixel AUROC,lowest pixel AUROC at,lowest AUPRO,\
             lowest AUPRO at\n\
             m,angle,0.875,0.25,0.5,-30,0.25,0\nm,hue,,,,,0.5,1\n"
        );
        let text = table.to_text();
        assert!(
            text.contains("-30.00 deg") && text.contains("0.00 deg") && text.contains("1.000 rad"),
            "{text}"
        );
        assert!(table.notes.is_empty(), "every value has its unit");
        assert_eq!(sweep_table(&[]), None);
    }

    #[test]
    fn factors_are_told_as_factors_and_units_in_a_note() {
        let mut rows =
            vec![row("nut", Axis::Scale, 0.5, Some(0.5)), row("nut", Axis::Brightness, 0.1, Some(0.5))];
        rows.extend(sweep_means(&rows));
        let table = sweep_table(&rows).unwrap();
        assert!(table.to_text().contains("x1.41"), "{}", table.to_text());
        assert!(table.to_csv().contains("m,scale,,,0.5,0.5,"), "{}", table.to_csv());
        let note = "values without a unit: scale: a factor; brightness: a share of full brightness";
        assert_eq!(table.notes, [note]);
    }
}
