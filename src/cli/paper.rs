//! `askance paper`.

use serde_json::json;

use askance::error::Result;
use askance::study::{ModelSpec, Models, Paper, PaperResults};

use super::args::{Global, PaperArgs};
use super::interrupt;
use super::origin::origin;
use super::output::flat;
use super::say;
use super::terminal::Terminal;
use super::wording::in_flags;

/// Runs the protocol and prints its tables.
pub fn run(global: &Global, args: &PaperArgs) -> Result<()> {
    args.model.engine.require_one()?;
    interrupt::listen()?;
    args.fresh.make_room(&args.out)?;
    let paper = Paper {
        data_root: args.data_root.clone(),
        models_dir: args.models_dir.clone(),
        spec: args.model.spec(Some(args.preset)),
        metric: args.metric.options(),
        preset: args.preset,
        invariant: args.invariant.clone(),
        steps: args.steps,
        budget: args.budget,
        seed: args.seed,
        limit: args.limit,
        skip_bad: args.skip_bad,
        latex_intervals: args.latex_intervals,
        origin: origin(),
    };
    let terminal = Terminal::new(global.quiet);
    let mut load = |spec: &ModelSpec| Models::load(spec, &global.runtime(), &terminal);
    let results = paper.run(&args.out, &mut load, &terminal)?;
    if global.json {
        print_json(args, &results);
    } else {
        print(&results);
    }
    Ok(())
}

fn print_json(args: &PaperArgs, results: &PaperResults) {
    let summary = json!({
        "out": say::path(&args.out),
        "runs": results.runs.iter().map(|run| say::path(run.path())).collect::<Vec<_>>(),
        "summary": flat(&results.summary),
        "tables": results.tables.iter().map(|(_, path)| say::path(path)).collect::<Vec<_>>(),
        "plots": say::paths(&results.figures.written),
        "missing": results.missing,
    });
    say::json(&summary);
}

fn print(results: &PaperResults) {
    for (table, path) in &results.tables {
        if path.file_stem().is_some_and(|stem| stem != "categories") {
            say::text(table.to_markdown());
        }
    }
    for (figure, reason) in &results.figures.skipped {
        say::error(format_args!("not drawn: {figure} ({})", in_flags(reason)));
    }
    say::text(format_args!("tables, figures and runs: {}", results.page.display()));
}
