//! What a comparison prints.

use std::path::Path;

use serde_json::json;

use askance::bench::Warning;
use askance::record::{BenchRow, BenchStatus};
use askance::study::Figures;

use crate::cli::args::Global;
use crate::cli::table::render;
use crate::cli::wording::in_flags;

/// Prints the tables, or all of it as JSON.
pub fn print(global: &Global, out: &Path, rows: &[BenchRow], doubts: &[Warning], plots: &Figures) {
    if global.json {
        let doubts: Vec<_> = doubts
            .iter()
            .map(|doubt| json!({ "warning": doubt.to_string(), "remedy": doubt.remedy() }))
            .collect();
        let summary = json!({ "out": out, "rows": rows, "warnings": doubts, "plots": plots.written });
        println!("{}", in_flags(&format!("{summary:#}")));
        return;
    }
    let mut models: Vec<&str> = rows.iter().map(|row| row.model.as_str()).collect();
    models.dedup();
    for model in models {
        let mut own: Vec<&BenchRow> =
            rows.iter().filter(|row| row.model == model && row.p50_ms.is_some()).collect();
        own.sort_by(|a, b| a.relative.unwrap_or(f64::MAX).total_cmp(&b.relative.unwrap_or(f64::MAX)));
        if !own.is_empty() {
            println!("{model}: steady state, the fastest first\n{}\n", speeds(&own));
            println!("start, memory, and what changes against fp32 on the CPU\n{}\n", costs(&own));
        }
    }
    for note in notes(rows) {
        println!("{}", in_flags(&note));
    }
    for note in gemm_notes(rows) {
        println!("{}", in_flags(&note));
    }
    for doubt in doubts {
        println!("warning: {doubt}\n  remedy: {}", in_flags(doubt.remedy()));
    }
    println!("records and plots: {}", out.display());
}

fn speeds(rows: &[&BenchRow]) -> String {
    let header = [
        "provider",
        "precision",
        "batch",
        "p50 ms",
        "mean ms",
        "+-",
        "p99 ms",
        "images/s",
        "relative",
        "+-",
        "GFLOP/s",
        "of GEMM",
        "rounds",
    ];
    let fastest = rows.first().copied();
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let cells = vec![
                number(row.p50_ms),
                number(row.mean_ms),
                number(row.std_ms),
                number(row.p99_ms),
                number(row.images_per_s),
                row.relative.map_or_else(dash, |relative| format!("{relative:.2}")),
                relative_spread(row, fastest).map_or_else(dash, |spread| format!("{spread:.2}")),
                number(row.gflop_per_s),
                share(row).map_or_else(dash, |share| format!("{:.0} %", 100.0 * share)),
                row.verdict.clone().unwrap_or_else(dash),
            ];
            named(row, cells)
        })
        .collect();
    render(&header, &lines, 2)
}

fn costs(rows: &[&BenchRow]) -> String {
    let header = [
        "provider",
        "precision",
        "batch",
        "session ms",
        "build ms",
        "text ms",
        "first ms",
        "host MiB",
        "device MiB",
        "map max",
        "map mean",
        "clean AUROC / AUPRO",
        "worst AUROC / AUPRO",
    ];
    let lines: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let cells = vec![
                number(row.session_ms),
                number(row.build_ms),
                number(row.text_ms),
                number(row.first_ms),
                row.host_mib.map_or_else(dash, |mib| format!("{mib:.0}")),
                row.device_mib.map_or_else(dash, |mib| format!("{mib:.0}")),
                difference(row.map_max_difference),
                difference(row.map_mean_difference),
                points(row.clean_pixel_auroc, row.clean_aupro),
                points(row.worst_pixel_auroc, row.worst_aupro),
            ];
            named(row, cells)
        })
        .collect();
    render(&header, &lines, 2)
}

/// What a row is about, then its cells.
fn named(row: &BenchRow, cells: Vec<String>) -> Vec<String> {
    [row.ran.clone(), row.precision.clone(), row.batch.to_string()].into_iter().chain(cells).collect()
}

/// What rows cannot say in numbers; batch sizes of which the same is to be said stand together.
fn notes(rows: &[BenchRow]) -> Vec<String> {
    let mut said: Vec<(String, String, Vec<String>)> = Vec::new();
    for row in rows {
        let Some((state, words)) = note(row) else { continue };
        let name = format!("{state}: {} on {}, {}, batch", row.model, row.provider, row.precision);
        match said.iter_mut().find(|(other, others, _)| (other, others) == (&name, &words)) {
            Some((.., batches)) => batches.push(row.batch.to_string()),
            None => said.push((name, words, vec![row.batch.to_string()])),
        }
    }
    said.into_iter().map(|(name, words, batches)| format!("{name} {}{words}", batches.join(", "))).collect()
}

/// The state of a row that needs words, and the words.
fn note(row: &BenchRow) -> Option<(&'static str, String)> {
    let fix = row.fix.as_ref().map_or_else(String::new, |fix| format!("\n  fix: {fix}"));
    let words = || format!(": {}{fix}", shortened(row.reason.as_deref().unwrap_or_default()));
    match row.status {
        BenchStatus::Failed => Some(("failed", words())),
        BenchStatus::Mixed => Some(("mixed", words())),
        BenchStatus::Waiting => Some(("not measured", String::new())),
        BenchStatus::Measured => {
            row.parity_reason.as_ref().map(|why| ("no parity", format!(": {}", shortened(why))))
        }
        _ => None,
    }
}

/// Some libraries tell a long story; `bench.csv` has all of it.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 400;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}... (whole in bench.csv)", &text[..end]),
        None => text.to_owned(),
    }
}

/// Why there is no product to compare with, once for each provider and precision.
fn gemm_notes(rows: &[BenchRow]) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for row in rows {
        let Some(reason) = &row.gemm_reason else { continue };
        let reason = shortened(reason);
        let note = format!("no GEMM on {}, {}: {reason}", row.provider, row.precision);
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
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

fn dash() -> String {
    "-".to_owned()
}

/// Three figures, or all before the point.
fn number(value: Option<f64>) -> String {
    match value {
        None => dash(),
        Some(value) if value >= 100.0 => format!("{value:.0}"),
        Some(value) if value >= 10.0 => format!("{value:.1}"),
        Some(value) => format!("{value:.2}"),
    }
}

fn difference(value: Option<f64>) -> String {
    match value {
        None => dash(),
        Some(0.0) => "0".to_owned(),
        Some(value) => format!("{value:.0e}"),
    }
}

/// Changes in points, with their sign.
fn points(auroc: Option<f64>, aupro: Option<f64>) -> String {
    // No "-0.00".
    let one = |value: f64| format!("{:+.2}", if value.abs() < 0.005 { 0.0 } else { value });
    match (auroc, aupro) {
        (None, None) => dash(),
        (auroc, aupro) => {
            let cell = |value: Option<f64>| value.map_or_else(dash, one);
            format!("{} / {}", cell(auroc), cell(aupro))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_short_and_what_is_missing_is_a_dash() {
        assert_eq!([1.234, 12.34, 1234.5].map(|v| number(Some(v))), ["1.23", "12.3", "1234"]);
        assert_eq!(number(None), "-");
        assert_eq!(points(Some(-0.001), Some(0.3)), "+0.00 / +0.30");
        assert_eq!(points(None, None), "-");
        assert_eq!(difference(Some(0.0123)), "1e-2");
    }

    #[test]
    fn a_ratio_is_as_uncertain_as_both_of_its_terms() {
        let row = |mean, std| BenchRow {
            mean_ms: Some(mean),
            std_ms: Some(std),
            relative: Some(2.0),
            ..BenchRow::default()
        };
        let (fast, slow) = (row(10.0, 0.3), row(20.0, 0.8));
        assert!((relative_spread(&slow, Some(&fast)).unwrap() - 2.0 * 0.05).abs() < 1e-12);
        assert_eq!(relative_spread(&fast, Some(&fast)), None);
    }

    #[test]
    fn a_failure_is_told_with_its_fix_and_the_provider_that_was_asked_for() {
        let row = BenchRow {
            model: "pocket".into(),
            provider: "cuda:0".into(),
            precision: "fp32".into(),
            batch: 8,
            status: BenchStatus::Failed,
            reason: Some("no card".into()),
            fix: Some("buy one".into()),
            ..BenchRow::default()
        };
        let larger = BenchRow { batch: 64, ..row.clone() };
        let said = notes(&[row, larger]);
        assert_eq!(said, ["failed: pocket on cuda:0, fp32, batch 8, 64: no card\n  fix: buy one"]);
    }
}
