//! `askance bench`: providers compared on this machine.

use serde_json::json;

use askance::bench::Warning;
use askance::error::{Error, Result};
use askance::record::{BenchRow, BenchStatus};
use askance::report::{bench_notes, bench_tables, bench_verdict};
use askance::study::{Figures, Program, Providers, ProvidersCompared};

use super::args::{BenchArgs, Global};
use super::origin::origin;
use super::output::figures;
use super::say;
use super::terminal::Terminal;
use super::wording::in_flags;
use super::{children, interrupt, output};

/// Compares providers, and prints and draws what came out.
pub fn run(global: &Global, args: &BenchArgs) -> Result<()> {
    interrupt::listen()?;
    let path = std::env::current_exe().map_err(|error| {
        Error::file("askance", format!("does not find itself: {error}"), "start it by its path")
            .caused_by(error)
    })?;
    let providers = Providers {
        plan: args.plan(global)?,
        source: args.source(),
        metrics: !args.no_metrics,
        program: Program { path, bench: vec![children::BENCH.into()], study: vec![children::STUDY.into()] },
        origin: origin(),
    };
    args.fresh.make_room(&args.out)?;
    let compared = providers.run(&args.out, &Terminal::new(global.quiet))?;
    let figures = figures(&compared.dir)?;
    if global.json {
        print_json(&compared, &figures);
    } else {
        print(&compared, &figures, args.wide);
    }
    compared.ended.map_or(Ok(()), Err)?;
    demand(&compared.rows, args)
}

/// The error of configurations that could not be measured or miss what is required of them.
fn demand(rows: &[BenchRow], args: &BenchArgs) -> Result<()> {
    let name =
        |row: &BenchRow| format!("{} on {}, {}, batch {}", row.model, row.provider, row.precision, row.batch);
    let failed = rows.iter().filter(|row| row.status == BenchStatus::Failed);
    let failed: Vec<String> = failed.map(|row| format!("{} could not be measured", name(row))).collect();
    let missed = rows.iter().filter(|row| row.status != BenchStatus::Failed).flat_map(|row| {
        let missed = args.require.iter().filter_map(|demand| demand.missed_by(row));
        missed.map(move |how| format!("{}: {how}", name(row)))
    });
    let missed: Vec<String> = missed.collect();
    let failed = if args.allow_missing { Vec::new() } else { failed };
    let (subject, fix) = if missed.is_empty() {
        ("bench", "see the reasons above, or give --allow-missing to go without")
    } else {
        ("--require", "choose another configuration, or change what is required")
    };
    let all = [missed, failed].concat();
    if all.is_empty() {
        return Ok(());
    }
    Err(Error::runtime(subject, format!("is not fulfilled:\n  {}", all.join("\n  ")), fix))
}

fn print_json(compared: &ProvidersCompared, figures: &Figures) {
    let doubts = compared.warnings.iter();
    let doubts: Vec<_> =
        doubts.map(|doubt| json!({ "warning": doubt.to_string(), "remedy": doubt.remedy() })).collect();
    let summary = json!({
        "out": say::path(compared.dir.path()),
        "rows": compared.rows,
        "warnings": doubts,
        "verdict": bench_verdict(&compared.rows),
        "plots": say::paths(&figures.written),
    });
    say::json_text(&in_flags(&format!("{summary:#}")));
}

fn print(compared: &ProvidersCompared, figures: &Figures, wide: bool) {
    for table in bench_tables(&compared.rows, wide) {
        say::table(table);
        say::space();
    }
    for note in bench_notes(&compared.rows) {
        say::prose(note);
    }
    for (doubt, remedy) in Warning::told(&compared.warnings) {
        say::prose(format_args!("warning: {doubt}\n  fix: {remedy}"));
    }
    output::kept(&compared.dir, figures);
    for verdict in bench_verdict(&compared.rows) {
        say::space();
        say::prose(verdict);
    }
}
