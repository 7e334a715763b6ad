//! What a finished run prints, and its plots.

use serde::Serialize;
use serde_json::{Value, json};

use askance::error::{Error, Result, shown};
use askance::plot::Page;
use askance::record::{RunDir, to_json};
use askance::report::{stability_summary, tolerance_sentences};
use askance::study::{Figures, Outcome, ReportPage, draw, draw_as};

use super::args::{Global, PlotArgs, ReportArgs};
use super::say;
use super::wording::in_flags;

/// `askance plot`
pub fn plot(global: &Global, args: &PlotArgs) -> Result<()> {
    let dirs: Vec<RunDir> = args.runs.iter().map(RunDir::open).collect::<Result<_>>()?;
    let out = args.out.clone().unwrap_or_else(|| dirs[0].plots());
    let page = Page::new(args.width, args.font_size)?;
    let plots = draw_as(&dirs, &out, &args.format, page)?;
    if global.json {
        say::json(&json!({ "plots": say::paths(&plots.written), "skipped": plots.skipped }));
        return Ok(());
    }
    for path in &plots.written {
        say::text(shown(path));
    }
    for (figure, reason) in &plots.skipped {
        say::error(format_args!("not drawn: {figure} ({})", in_flags(reason)));
    }
    Ok(())
}

/// `askance report`
pub fn page(global: &Global, args: &ReportArgs) -> Result<()> {
    let dirs: Vec<RunDir> = args.runs.iter().map(RunDir::open).collect::<Result<_>>()?;
    let out = args.out.clone().unwrap_or_else(|| dirs[0].page());
    if args.data.is_some() && dirs.len() < 2 {
        let problem = "has no effect on a page about one run, which is made from its records alone";
        return Err(Error::usage(
            "`data`",
            problem,
            "leave it out, or name the runs to hold against this one",
        ));
    }
    if dirs.len() > 1 && !global.quiet {
        say::error("holding the runs against each other; with thousands of pictures that takes a minute");
    }
    let mut page = ReportPage::new(&dirs);
    page.data = args.data.as_deref();
    page.words = &in_flags;
    page.write(&out)?;
    if global.json {
        say::json(&json!({ "page": say::path(&out) }));
    } else {
        say::text(shown(&out));
    }
    Ok(())
}

/// Prints the summary of a run, and decisions at the thresholds where these were asked for.
pub fn report(global: &Global, done: &Outcome, plots: &Figures, operating_points: bool) {
    if global.json {
        let mut summary = summary(done, plots);
        if operating_points {
            summary["operating"] = flat(&done.operating).into();
        }
        say::json(&summary);
        return;
    }
    let decisions = if operating_points { done.operating_tables() } else { Vec::new() };
    for table in done.tables().into_iter().chain(decisions) {
        say::table(table);
        say::space();
    }
    for said in tolerance_sentences(&done.stability, &done.camera) {
        say::prose(said);
        say::space();
    }
    for skipped in &done.skipped {
        say::prose(format_args!("left out: {} ({})", skipped.sample, in_flags(&skipped.reason)));
    }
    kept(&done.dir, plots);
}

/// Says where a run's records are, and its plots where some were drawn.
pub fn kept(dir: &RunDir, plots: &Figures) {
    let what = if plots.written.is_empty() { "records" } else { "records and plots" };
    say::text(format_args!("{what}: {}", dir.path().display()));
}

fn summary(done: &Outcome, plots: &Figures) -> Value {
    json!({
        "out": say::path(done.dir.path()),
        "summary": flat(&done.summary),
        "differences": flat(&done.differences),
        "above_clean": done.above_clean,
        "scores": done.scores,
        "sweep": flat(&done.sweep),
        "stability": flat(&stability_summary(&done.stability)),
        "tolerance": tolerance_sentences(&done.stability, &done.camera),
        "uniform": flat(&done.uniform),
        "random": flat(&done.random),
        "plots": say::paths(&plots.written),
        "skipped": &done.skipped,
        "defences": done.defences(),
        "efforts": done.efforts,
        "evaluations": done.clock.evaluations,
        "coarse_evaluations": done.clock.coarse,
        "model_pictures": done.clock.pictures,
        "batch": batch(done),
        "model_calls": done.clock.calls,
        "model_seconds": done.clock.model.as_secs_f64(),
        "pixel_seconds": done.clock.pixels.as_secs_f64(),
        "search_seconds": done.clock.search.as_secs_f64(),
        "wall_seconds": done.wall.as_secs_f64(),
    })
}

/// Rows as objects with the names of their columns.
pub fn flat<T: Serialize>(rows: &[T]) -> Vec<Value> {
    rows.iter().map(to_json).collect()
}

/// How many pictures each model got at once.
fn batch(done: &Outcome) -> Vec<Value> {
    let models = done.models.iter();
    models.filter_map(|model| Some(json!({ "model": model.name, "batch": model.batch.as_ref()? }))).collect()
}

/// Draws what the records of one run allow into its `plots/`.
pub fn figures(dir: &RunDir) -> Result<Figures> {
    draw(std::slice::from_ref(dir), &dir.plots()).map_err(|error| Error {
        fix: format!(
            "{}; the records are whole: `askance plot {}` draws them",
            error.fix,
            dir.path().display()
        ),
        ..error
    })
}
