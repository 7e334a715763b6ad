//! `--dry-run`: what a run would take, in words or as JSON.

use std::time::Duration;

use indicatif::{HumanBytes, HumanDuration};
use serde_json::{Value, json};

use askance::error::shown;
use askance::record::Status;
use askance::report::{Cell, Column, Table};
use askance::study::{EarlierRun, Forecast};
use askance::types::counted;

use super::args::Global;
use super::say;

/// Prints a forecast.
pub fn report(global: &Global, forecast: &Forecast, fresh: bool) {
    if global.json {
        say::json(&summary(forecast));
        return;
    }
    say::table(stages(forecast));
    say::space();
    for line in lines(forecast, fresh) {
        say::prose(line);
    }
}

fn most(is_most: bool) -> &'static str {
    if is_most { "at most " } else { "" }
}

fn stages(forecast: &Forecast) -> Table {
    let rows = forecast.stages.iter().map(|stage| {
        vec![
            Cell::text(&stage.stage),
            Cell::count(stage.samples),
            Cell::text(format!("{}{}", most(stage.is_most), stage.evaluations)),
            Cell::text(about(stage.time)),
        ]
    });
    let columns = vec![
        Column::words("stage"),
        Column::numbers("samples"),
        Column::numbers("evaluations"),
        Column::numbers("time"),
    ];
    Table::new("dry run: what the run would do", columns, rows.collect())
}

/// What is said below the table.
fn lines(forecast: &Forecast, fresh: bool) -> Vec<String> {
    let mut lines: Vec<String> = forecast
        .models
        .iter()
        .map(|model| {
            let milliseconds = 1e3 * model.evaluation.as_secs_f64();
            let batch = counted(model.batch, "picture", "pictures");
            format!("{}: {milliseconds:.3} ms an evaluation here, {batch} a call", model.name)
        })
        .collect();
    let attacks = match forecast.attacks.as_slice() {
        [] => String::new(),
        attacks => format!(
            ", attacks: {}",
            attacks.iter().map(|attack| attack.name()).collect::<Vec<_>>().join(", ")
        ),
    };
    lines.push(format!(
        "evaluations: {}{} on {}{attacks}",
        most(forecast.is_most()),
        forecast.evaluations(),
        counted(forecast.samples, "sample", "samples"),
    ));
    lines.push(format!(
        "time: {}about {} on this machine, then metrics, intervals and figures",
        most(forecast.is_most()),
        about(forecast.time())
    ));
    lines.push(format!("disk: about {}, figures not counted", HumanBytes(forecast.bytes)));
    lines.push(format!("folder: {} ({})", shown(&forecast.out), there(forecast, fresh)));
    lines.push("nothing was written".to_owned());
    lines
}

/// What would become of the folder.
fn there(forecast: &Forecast, fresh: bool) -> String {
    let EarlierRun { status, samples, .. } = match forecast.earlier {
        Some(earlier) => earlier,
        None if fresh && forecast.out.exists() => {
            return "a run that is there would be moved aside".to_owned();
        }
        None => return "a new run".to_owned(),
    };
    let (status, of) = (status_name(status), counted(forecast.samples, "sample", "samples"));
    format!(
        "goes on with the run there, which is {status} and has all rows of {samples} of {of}; the time is that from the start"
    )
}

const fn status_name(status: Status) -> &'static str {
    match status {
        Status::Running => "unfinished",
        Status::Interrupted => "interrupted",
        Status::Finished => "finished",
    }
}

/// A time as people say it.
fn about(time: Duration) -> String {
    if time < Duration::from_secs(1) { "a second".to_owned() } else { HumanDuration(time).to_string() }
}

fn summary(forecast: &Forecast) -> Value {
    let stages = forecast.stages.iter().map(|stage| {
        json!({
            "stage": stage.stage,
            "samples": stage.samples,
            "evaluations": stage.evaluations,
            "at_most": stage.is_most,
            "seconds": stage.time.as_secs_f64(),
        })
    });
    let models = forecast.models.iter().map(|model| {
        json!({
            "model": model.name,
            "batch": model.batch,
            "seconds_per_evaluation": model.evaluation.as_secs_f64(),
            "seconds_to_decode": model.decoding.as_secs_f64(),
        })
    });
    json!({
        "dry_run": true,
        "samples": forecast.samples,
        "attacks": forecast.attacks,
        "stages": stages.collect::<Vec<_>>(),
        "models": models.collect::<Vec<_>>(),
        "evaluations": forecast.evaluations(),
        "at_most": forecast.is_most(),
        "seconds": forecast.time().as_secs_f64(),
        "bytes": forecast.bytes,
        "out": say::path(&forecast.out),
        "earlier": forecast.earlier.map(|earlier| {
            json!({ "status": earlier.status, "samples": earlier.samples })
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_time_is_none_at_all_and_long_ones_are_rounded() {
        let said = [0, 40, 12_000, 720_000, 7_300_000].map(|time| about(Duration::from_millis(time)));
        assert_eq!(said, ["a second", "a second", "12 seconds", "12 minutes", "2 hours"]);
    }
}
