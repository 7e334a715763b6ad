//! `askance replay`.

use serde_json::{Value, json};

use askance::error::{Error, Result};
use askance::report::{difference_table, transfer_answers, transfer_tables};
use askance::study::{Figures, Outcome, ReplayOutcome};

use super::args::{Global, ReplayArgs};
use super::output::figures;
use super::output::flat;
use super::terminal::Terminal;
use super::{interrupt, say};

/// Replays the worst cases of a run, draws the plots, and prints what became of them.
pub fn run(global: &Global, args: &ReplayArgs) -> Result<()> {
    interrupt::listen()?;
    let terminal = Terminal::new(global.quiet);
    let replay = args.replay();
    args.engine.require_one()?;
    let unused = args.engine.given().or(args.all.then_some("replay.all"));
    if let Some(setting) = unused.filter(|_| args.model.is_empty()) {
        let problem = "means nothing here: pictures are written without a model";
        return Err(Error::usage(format!("`{setting}`"), problem, "leave it out, or name a `model`"));
    }
    let replaying = replay.open()?;
    let out = args.out.clone().unwrap_or_else(|| replaying.default_out());
    let mut models = match args.model.as_slice() {
        [] => None,
        names => Some(replaying.models(&args.engine.spec(names), &global.runtime(), &terminal)?),
    };
    args.fresh.make_room(&out)?;
    let outcome = replaying.run(&out, models.as_mut(), &terminal)?;
    let drawn: Vec<Figures> = outcome.runs.iter().map(|run| figures(&run.dir)).collect::<Result<_>>()?;
    if global.json {
        say::json(&summary(&outcome, &drawn));
        return Ok(());
    }
    for answer in transfer_answers(&outcome.transfer) {
        say::prose(answer);
    }
    for table in transfer_tables(&outcome.transfer) {
        say::space();
        say::table(table);
    }
    for table in outcome.runs.iter().filter_map(|run| difference_table(&run.differences)) {
        say::space();
        say::table(table);
    }
    let what = match (outcome.images, outcome.runs.is_empty()) {
        (0, _) => "records and plots".to_owned(),
        (images, true) => format!("{images} pictures (images/)"),
        (images, false) => format!("records, plots and {images} pictures (images/)"),
    };
    say::text(format_args!("\n{what}: {}", outcome.dir.display()));
    Ok(())
}

fn summary(outcome: &ReplayOutcome, drawn: &[Figures]) -> Value {
    let run = |(run, figures): (&Outcome, &Figures)| {
        json!({
            "out": say::path(run.dir.path()),
            "summary": flat(&run.summary),
            "differences": flat(&run.differences),
            "plots": say::paths(&figures.written),
            "skipped": &run.skipped,
            "evaluations": run.clock.evaluations,
        })
    };
    json!({
        "out": say::path(&outcome.dir),
        "transfer": flat(&outcome.transfer),
        "runs": outcome.runs.iter().zip(drawn).map(run).collect::<Vec<_>>(),
        "images": outcome.images,
    })
}
