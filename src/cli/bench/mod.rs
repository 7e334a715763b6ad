//! `askance bench`: providers compared on this machine.

mod table;

use askance::error::{Error, Result};
use askance::study::{Program, Providers};

use super::args::{BenchArgs, Global};
use super::interrupt;
use super::origin::origin;
use super::runs::figures;
use super::terminal::Terminal;

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
    table::print(global, compared.dir.path(), &compared.rows, &compared.warnings, &figures);
    compared.ended.map_or(Ok(()), Err)
}
