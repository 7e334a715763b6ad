//! What configurations take beside time, and what they change.

use super::subject;
use crate::record::BenchRow;
use crate::report::cell::{Cell, Column, Form};
use crate::report::table::Table;

/// A row for each configuration of a model.
pub(super) fn table(rows: &[&BenchRow]) -> Table {
    let both = |head: &str, when: &str| {
        Column::numbers(head).named(["AUROC", "AUPRO"].map(|metric| format!("{when} {metric}")))
    };
    let numbers = [
        Column::numbers("session ms"),
        Column::numbers("build ms"),
        Column::numbers("text ms"),
        Column::numbers("first ms"),
        Column::numbers("host MiB"),
        Column::numbers("device MiB"),
        Column::numbers("map max"),
        Column::numbers("map mean"),
        both("clean AUROC / AUPRO", "clean"),
        both("worst AUROC / AUPRO", "worst"),
    ];
    Table::new(
        "start, memory, and what changes against fp32 on the CPU",
        subject::columns().into_iter().chain(numbers).collect(),
        rows.iter().map(|row| subject::cells(row).into_iter().chain(line(row)).collect()).collect(),
    )
}

fn line(row: &BenchRow) -> [Cell; 10] {
    let time = |value: Option<f64>| Cell::Number(value, Form::ThreeFigures);
    let mib = |value: Option<f64>| Cell::Number(value, Form::Decimals(0));
    let difference = |value: Option<f64>| Cell::Number(value, Form::Magnitude);
    [
        time(row.session_ms),
        time(row.build_ms),
        time(row.text_ms),
        time(row.first_ms),
        mib(row.host_mib),
        mib(row.device_mib),
        difference(row.map_max_difference),
        difference(row.map_mean_difference),
        points(row.clean_pixel_auroc, row.clean_aupro),
        points(row.worst_pixel_auroc, row.worst_aupro),
    ]
}

/// Changes in points, with their sign; one dash where neither is known.
fn points(auroc: Option<f64>, aupro: Option<f64>) -> Cell {
    let one = |value: Option<f64>| Cell::Number(value, Form::Signed(2));
    match (auroc, aupro) {
        (None, None) => one(None),
        (auroc, aupro) => Cell::Several(" / ", vec![one(auroc), one(aupro)]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_a_sign_and_what_is_missing_is_a_dash() {
        assert_eq!(points(Some(-0.001), Some(0.3)).short(), "+0.00 / +0.30");
        assert_eq!(points(None, Some(0.3)).short(), "- / +0.30");
        assert_eq!(points(None, None).short(), "-");
    }

    #[test]
    fn csv_has_every_digit_and_both_metrics() {
        let row = BenchRow {
            ran: "cpu".into(),
            precision: "bf16".into(),
            batch: 1,
            session_ms: Some(1234.5),
            host_mib: Some(256.25),
            map_max_difference: Some(0.0123),
            map_mean_difference: Some(0.0),
            worst_pixel_auroc: Some(-0.001),
            worst_aupro: Some(0.3),
            ..BenchRow::default()
        };
        let table = table(&[&row]);
        assert_eq!(
            table.to_csv(),
            "provider,precision,batch,session ms,build ms,text ms,first ms,host MiB,device MiB,map max,map mean,clean AUROC,\
             clean AUPRO,worst AUROC,worst AUPRO\n\
             cpu,bf16,1,1234.5,,,,256.25,,0.0123,0,,,-0.001,0.3\n"
        );
        let cells: Vec<String> = table.rows[0].iter().map(Cell::short).collect();
        assert_eq!(
            cells[3..],
            ["1234", "-", "-", "-", "256", "-", "1e-2", "0", "-", "+0.00 / +0.30"],
            "as the terminal shows them"
        );
    }
}
