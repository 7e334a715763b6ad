//! `askance compare`.

use serde_json::json;

use askance::error::Result;
use askance::record::write_rows;
use askance::report::{paired_answer, paired_tables};
use askance::study::{Paired, Pairing};
use askance::types::counted;

use super::args::{Global, PairingArgs};
use super::output::flat;
use super::say;

/// Most letters of a value that is told.
const LONGEST: usize = 40;

/// Compares the runs, then says the answer, the numbers, and what else differs.
pub fn run(global: &Global, args: &PairingArgs) -> Result<()> {
    let pairing =
        Pairing { a: args.a.clone(), b: args.b.clone(), models: args.pair.clone(), data: args.data.clone() };
    let paired = pairing.run()?;
    if let Some(out) = &args.out {
        write_rows(out, &paired.rows)?;
    }
    let [both, only_a, only_b] = paired.samples;
    if global.json {
        say::json(&json!({
            "answer": paired_answer(&paired.rows),
            "differences": flat(&paired.rows),
            "settings": paired.settings.iter().map(|(name, a, b)| json!({ "name": name, "a": a, "b": b })).collect::<Vec<_>>(),
            "alone": paired.alone,
            "samples": { "both": both, "only_a": only_a, "only_b": only_b },
            "out": args.out.as_deref().map(say::path),
        }));
        return Ok(());
    }
    for answer in paired_answer(&paired.rows) {
        say::prose(answer);
        say::space();
    }
    for table in paired_tables(&paired.rows) {
        say::table(table);
        say::space();
    }
    notes(&paired).iter().for_each(say::prose);
    if let Some(out) = &args.out {
        say::text(format_args!("every difference: {}", out.display()));
    }
    Ok(())
}

/// What else is unlike between the runs.
fn notes(paired: &Paired) -> Vec<String> {
    let mut notes = Vec::new();
    let [both, only_a, only_b] = paired.samples;
    if only_a + only_b > 0 {
        let samples = counted(both, "sample", "samples");
        notes.push(format!(
            "compared on the {samples} of both runs; left out: {only_a} of A alone, {only_b} of B alone"
        ));
    }
    if !paired.settings.is_empty() {
        notes.push("settings that differ (A, B):".to_owned());
        notes.extend(
            paired.settings.iter().map(|(name, a, b)| format!("  {name}: {}, {}", short(a), short(b))),
        );
    }
    if !paired.alone.is_empty() {
        notes.push(format!("not compared: {}", paired.alone.join(", ")));
    }
    notes
}

fn short(value: &str) -> String {
    if value.chars().count() <= LONGEST {
        return value.to_owned();
    }
    value.chars().take(LONGEST).chain(['\u{2026}']).collect()
}
