//! `askance attack --seeds`.

use serde_json::json;

use askance::error::Result;
use askance::study::{ModelSpec, Models, Plan, Seeds, Source};

use super::args::{Global, PlaceArgs};
use super::interrupt;
use super::origin::origin;
use super::output::flat;
use super::say;
use super::terminal::Terminal;

/// Makes or takes up the run of each seed, then prints how far they lie apart.
pub fn run(
    global: &Global,
    plan: Plan,
    count: usize,
    (source, spec): (&Source, &ModelSpec),
    place: &PlaceArgs,
) -> Result<()> {
    interrupt::listen()?;
    let terminal = Terminal::new(global.quiet);
    let (plan, seeds) = (plan.origin(origin()), Seeds { count });
    let data = global.open(source, &terminal)?;
    seeds.check(&plan, &data)?;
    let out = place.out.clone().unwrap_or_else(|| data.default_out("seeds"));
    let mut models = Models::load(spec, &global.runtime(), &terminal)?;
    place.fresh.make_room_beside(&data, &out)?;
    let seeded = seeds.run(&plan, &out, &data, &mut models, &terminal)?;
    if global.json {
        say::json(&json!({
            "out": say::path(&seeded.out),
            "runs": seeded.runs.iter().map(|run| say::path(run.path())).collect::<Vec<_>>(),
            "seeds": flat(&seeded.rows),
            "plots": say::paths(&seeded.figures.written),
        }));
        return Ok(());
    }
    for table in seeded.tables {
        say::table(table);
        say::space();
    }
    say::text(format_args!("the run of each seed, seeds.csv and plots: {}", out.display()));
    Ok(())
}
