//! `askance bench`: providers compared on this machine.

use serde_json::json;

use askance::error::{Error, Result};
use askance::report::{bench_notes, bench_tables};
use askance::study::{Figures, Program, Providers, ProvidersCompared};

use super::args::{BenchArgs, Global};
use super::origin::origin;
use super::runs::figures;
use super::say;
use super::terminal::Terminal;
use super::wording::in_flags;
use super::{interrupt, output};

/// `askance bench-worker`, which the command starts for each configuration.
pub fn bench_worker() -> Result<()> {
    askance::bench::serve(std::io::stdin().lock(), std::io::stdout())
}

/// `askance study-worker`, which the command starts for each provider and precision whose metrics are compared.
pub fn study_worker() -> Result<()> {
    askance::study::serve(std::io::stdin().lock())
}

/// Compares providers, and prints and draws what came out.
pub fn run(global: &Global, args: &BenchArgs) -> Result<()> {
    interrupt::listen()?;
    let path = std::env::current_exe().map_err(|error| {
        Error::file("askance", format!("does not find itself: {error}"), "start it by its path")
            .caused_by(error)
    })?;
    let providers = Providers {
        plan: args.plan(global),
        source: args.source(),
        metrics: !args.no_metrics,
        program: Program { path, bench: vec!["bench-worker".into()], study: vec!["study-worker".into()] },
        origin: origin(),
    };
    let compared = providers.run(&args.out, &Terminal::new(global.quiet))?;
    let figures = figures(&compared.dir)?;
    if global.json {
        print_json(&compared, &figures);
    } else {
        print(&compared, &figures);
    }
    compared.ended.map_or(Ok(()), Err)
}

fn print_json(compared: &ProvidersCompared, figures: &Figures) {
    let doubts = compared.warnings.iter();
    let doubts: Vec<_> =
        doubts.map(|doubt| json!({ "warning": doubt.to_string(), "remedy": doubt.remedy() })).collect();
    let summary = json!({
        "out": say::path(compared.dir.path()),
        "rows": compared.rows,
        "warnings": doubts,
        "plots": say::paths(&figures.written),
    });
    say::json_text(&in_flags(&format!("{summary:#}")));
}

fn print(compared: &ProvidersCompared, figures: &Figures) {
    for table in bench_tables(&compared.rows) {
        say::text(format_args!("{}\n", table.to_text()));
    }
    for note in bench_notes(&compared.rows) {
        say::text(in_flags(&note));
    }
    for doubt in &compared.warnings {
        say::text(format_args!("warning: {doubt}\n  fix: {}", in_flags(doubt.remedy())));
    }
    output::kept(&compared.dir, figures);
}
