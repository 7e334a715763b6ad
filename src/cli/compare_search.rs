//! `askance attack --compare-search`.

use serde_json::json;

use askance::error::Result;
use askance::study::{Data, ModelSpec, Models, Plan, Source};

use super::args::{CompareArgs, Global, PlaceArgs};
use super::interrupt;
use super::origin::origin;
use super::say;
use super::terminal::Terminal;

/// Makes or takes up every run, then prints what they say.
pub fn run(
    global: &Global,
    plan: &Plan,
    args: &CompareArgs,
    (source, spec): (&Source, &ModelSpec),
    place: &PlaceArgs,
) -> Result<()> {
    interrupt::listen()?;
    let terminal = Terminal::new(global.quiet);
    let plan = plan.clone().origin(origin());
    let checked = plan.clone().check()?;
    let Some(comparison) = args.comparison(checked.settings().budget) else { return Ok(()) };
    let data = Data::open(source, &terminal)?;
    comparison.check(&plan, &data)?;
    let out = place.out.clone().unwrap_or_else(|| data.default_out("compare-search"));
    let mut models = Models::load(spec, &global.runtime(), &terminal)?;
    place.fresh.make_room_beside(&data, &out)?;
    let compared = comparison.run(&plan, &out, &data, &mut models, &terminal)?;
    if global.json {
        let mut summary = json!(compared);
        summary["plots"] = say::paths(&compared.figures.written);
        say::json(&summary);
        return Ok(());
    }
    for table in compared.tables {
        say::table(table);
        say::space();
    }
    say::text(format_args!("records and plots: {}", out.display()));
    Ok(())
}
