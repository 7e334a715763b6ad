//! How fast configurations are.

use super::subject;
use crate::record::BenchRow;
use crate::report::cell::{Cell, Column, Form};
use crate::report::table::Table;

/// A row for each configuration of a model; the first is the fastest.
pub(super) fn table(model: &str, rows: &[&BenchRow]) -> Table {
    let numbers = [
        Column::numbers("p50 ms"),
        Column::numbers("mean ms"),
        Column::numbers("+-").named(["standard deviation ms"]),
        Column::numbers("p99 ms"),
        Column::numbers("images/s"),
        Column::numbers("relative"),
        Column::numbers("+-").named(["standard deviation of relative"]),
        Column::numbers("GFLOP/s"),
        Column::numbers("of GEMM"),
        Column::numbers("rounds"),
    ];
    let fastest = rows.first().copied();
    let lines = rows.iter().map(|row| subject::cells(row).into_iter().chain(line(row, fastest)).collect());
    Table::new(
        format!("{model}: steady state, the fastest first"),
        subject::columns().into_iter().chain(numbers).collect(),
        lines.collect(),
    )
}

fn line(row: &BenchRow, fastest: Option<&BenchRow>) -> [Cell; 10] {
    let figures = |value: Option<f64>| Cell::Number(value, Form::ThreeFigures);
    let ratio = |value: Option<f64>| Cell::Number(value, Form::Decimals(2));
    [
        figures(row.p50_ms),
        figures(row.mean_ms),
        figures(row.std_ms),
        figures(row.p99_ms),
        figures(row.images_per_s),
        ratio(row.relative),
        ratio(relative_spread(row, fastest)),
        figures(row.gflop_per_s),
        Cell::Number(share(row), Form::Percent),
        Cell::text(row.verdict.as_deref().unwrap_or("-")),
    ]
}

/// Share of the matrix product's speed.
fn share(row: &BenchRow) -> Option<f64> {
    Some(row.gflop_per_s? / row.gemm_gflop_per_s?)
}

/// The standard deviation of the ratio of two means, to first order; none for the fastest itself.
fn relative_spread(row: &BenchRow, fastest: Option<&BenchRow>) -> Option<f64> {
    let fastest = fastest.filter(|fastest| !std::ptr::eq(*fastest, row))?;
    let of = |row: &BenchRow| Some(row.std_ms? / row.mean_ms?);
    Some(row.relative? * of(row)?.hypot(of(fastest)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(mean: f64, std: f64) -> BenchRow {
        BenchRow { mean_ms: Some(mean), std_ms: Some(std), relative: Some(2.0), ..BenchRow::default() }
    }

    #[test]
    fn a_ratio_is_as_uncertain_as_both_of_its_terms() {
        let (fast, slow) = (row(10.0, 0.3), row(20.0, 0.8));
        assert!((relative_spread(&slow, Some(&fast)).unwrap() - 2.0 * 0.05).abs() < 1e-12);
        assert_eq!(relative_spread(&fast, Some(&fast)), None);
    }

    #[test]
    fn csv_has_every_digit_and_text_three_figures() {
        let row = BenchRow {
            ran: "cpu".into(),
            precision: "fp32".into(),
            batch: 8,
            p50_ms: Some(12.345),
            images_per_s: Some(648.0356),
            relative: Some(1.0),
            gflop_per_s: Some(12.0),
            gemm_gflop_per_s: Some(48.0),
            verdict: Some("stable".into()),
            ..row(12.5, 0.25)
        };
        let table = table("m", &[&row]);
        assert_eq!(
            table.to_csv(),
            "provider,precision,batch,p50 ms,mean ms,standard deviation ms,p99 ms,images/s,relative,\
             standard deviation of relative,GFLOP/s,of GEMM,rounds\n\
             cpu,fp32,8,12.345,12.5,0.25,,648.0356,1,,12,0.25,stable\n"
        );
        assert_eq!(
            table.to_text(),
            "m: steady state, the fastest first\n\
             provider  precision  batch  p50 ms  mean ms    +-  p99 ms  images/s  relative  +-  GFLOP/s  of GEMM  rounds\n\
             --------  ---------  -----  ------  -------  ----  ------  --------  --------  --  -------  -------  ------\n\
             cpu       fp32           8    12.3     12.5  0.25       -       648      1.00   -     12.0     25 %  stable"
        );
    }
}
