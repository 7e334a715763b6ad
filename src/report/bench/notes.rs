//! What a comparison says beside its numbers.

use crate::record::{BenchRow, BenchStatus};

/// What failed and why, with its fix, what was not reached, and what could not be compared. Settings are in backticks.
pub fn bench_notes(rows: &[BenchRow]) -> Vec<String> {
    let mut notes = states(rows);
    notes.extend(without_gemm(rows));
    notes
}

/// What rows cannot say in numbers; batch sizes of which the same is to be said stand together.
fn states(rows: &[BenchRow]) -> Vec<String> {
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
fn without_gemm(rows: &[BenchRow]) -> Vec<String> {
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let said = bench_notes(&[row, larger]);
        assert_eq!(said, ["failed: pocket on cuda:0, fp32, batch 8, 64: no card\n  fix: buy one"]);
    }

    #[test]
    fn a_long_reason_is_cut_and_told_once_for_all_batches() {
        let row = BenchRow {
            provider: "cpu".into(),
            precision: "int8".into(),
            status: BenchStatus::Measured,
            gemm_reason: Some("x".repeat(500)),
            ..BenchRow::default()
        };
        let said = bench_notes(&[row.clone(), BenchRow { batch: 8, ..row }]);
        assert_eq!(said, [format!("no GEMM on cpu, int8: {}... (whole in bench.csv)", "x".repeat(400))]);
    }
}
