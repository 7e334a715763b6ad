//! What a comparison of providers found, from `bench.csv`.

mod costs;
mod notes;
mod speeds;
mod subject;
mod verdict;

pub use notes::bench_notes;
pub use verdict::bench_verdict;

use super::table::Table;
use crate::record::BenchRow;
use crate::stats::distinct;

/// Heads of the columns that fit 80 letters; the first where there is a device.
const NARROW: [&str; 10] = [
    "device MiB",
    "provider",
    "precision",
    "batch",
    "p50 ms",
    "images/s",
    "relative",
    "rounds",
    "map max",
    "worst AUROC / AUPRO",
];

/// Two tables for each model of which something was measured: how fast, and at what cost; rows with the fastest first. Without `wide`
/// they have the columns that fit 80 letters.
pub fn bench_tables(rows: &[BenchRow], wide: bool) -> Vec<Table> {
    let mut tables = Vec::new();
    for model in distinct(rows.iter().map(|row| row.model.as_str())) {
        let mut own: Vec<&BenchRow> =
            rows.iter().filter(|row| row.model == model && row.p50_ms.is_some()).collect();
        own.sort_by(|a, b| a.relative.unwrap_or(f64::MAX).total_cmp(&b.relative.unwrap_or(f64::MAX)));
        if !own.is_empty() {
            let both = [speeds::table(model, &own), costs::table(&own)];
            let device = own.iter().any(|row| row.device_mib.is_some());
            let narrow = |table: &Table| table.only(&NARROW[usize::from(!device)..]);
            tables.extend(if wide { both } else { both.each_ref().map(narrow) });
        }
    }
    tables
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_measured_model_has_its_tables_with_the_fastest_first() {
        let row = |model: &str, ran: &str, relative: Option<f64>| BenchRow {
            model: model.into(),
            ran: ran.into(),
            p50_ms: relative,
            relative,
            ..BenchRow::default()
        };
        let rows = [
            row("m", "cpu", Some(2.0)),
            row("m", "openvino", Some(1.0)),
            row("m", "cuda:0", None),
            row("n", "cpu", None),
        ];
        let tables = bench_tables(&rows, false);
        assert!(tables.iter().all(|table| table.width() <= 80));
        assert!(bench_tables(&rows, true)[0].columns.len() > tables[0].columns.len());
        assert_eq!(tables.len(), 2, "nothing was measured of n");
        assert_eq!(tables[0].title, "m: steady state, the fastest first");
        for table in tables {
            let first: Vec<String> = table.rows.iter().map(|cells| cells[0].short()).collect();
            assert_eq!(first, ["openvino", "cpu"]);
        }
    }
}
