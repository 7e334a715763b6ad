//! `askance compare`.

use serde_json::json;

use askance::error::Result;
use askance::record::write_rows;
use askance::report::{paired_answer, paired_tables};
use askance::study::Pairing;

use super::args::{Global, PairingArgs};
use super::output::flat;
use super::say;
use super::wording::in_flags;

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
    paired.notes().iter().for_each(|note| say::prose(in_flags(note)));
    if let Some(out) = &args.out {
        say::text(format_args!("every difference: {}", out.display()));
    }
    Ok(())
}
