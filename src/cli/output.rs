//! What a finished run prints, and its plots.

use serde_json::json;

use askance::error::Result;
use askance::record::{RunDir, SummaryRow, UniformRow};
use askance::report::stability_summary;
use askance::study::{Figures, Outcome, draw};
use askance::types::{Attack, Over};

use super::args::{Global, PlotArgs};
use super::table::{percent, render};
use super::{defences, effort, stability};

/// `askance plot`
pub fn plot(global: &Global, args: &PlotArgs) -> Result<()> {
    let dirs: Vec<RunDir> = args.runs.iter().map(RunDir::open).collect::<Result<_>>()?;
    let out = args.out.clone().unwrap_or_else(|| dirs[0].plots());
    let plots = draw(&dirs, &out)?;
    if global.json {
        println!("{:#}", json!({ "plots": plots.written, "skipped": plots.skipped }));
        return Ok(());
    }
    for path in &plots.written {
        println!("{}", path.display());
    }
    for (figure, reason) in &plots.skipped {
        eprintln!("not drawn: {figure} ({reason})");
    }
    Ok(())
}

/// Prints the summary of a run.
pub fn report(global: &Global, done: &Outcome, plots: &Figures) -> Result<()> {
    let out = done.dir.path();
    if global.json {
        let summary = json!({
            "out": out,
            "summary": done.summary,
            "sweep": done.sweep,
            "stability": stability_summary(&done.stability),
            "uniform": done.uniform,
            "plots": plots.written,
            "skipped": &done.skipped,
            "defences": defences::summary(done),
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
        });
        println!("{summary:#}");
        return Ok(());
    }
    let measured =
        done.summary.iter().any(|row| row.metrics.pixel_auroc.is_some() || row.metrics.image_auroc.is_some());
    let metrics =
        if measured { summary_tables(&done.summary, "at the worst case of each sample") } else { Vec::new() };
    let uniform: Vec<SummaryRow> = done.uniform.iter().map(UniformRow::summary).collect();
    let uniform = summary_tables(&uniform, "at the worst case that all samples of a category share");
    for table in metrics.into_iter().chain(uniform).chain(stability::tables(&done.stability)) {
        println!("{table}\n");
    }
    for table in
        [defences::table(&defences::summary(done)), effort::table(&done.efforts)].into_iter().flatten()
    {
        println!("{table}\n");
    }
    if !done.sweep.is_empty() {
        println!("{}\n", sweep_table(done));
    }
    for skipped in &done.skipped {
        println!("left out: {} ({})", skipped.sample, skipped.reason);
    }
    match plots.written.is_empty() {
        true => println!("records: {}", out.display()),
        false => println!("records and plots: {}", out.display()),
    }
    Ok(())
}

/// How many pictures each model got at once.
fn batch(done: &Outcome) -> Vec<serde_json::Value> {
    let models = done.models.iter();
    models.filter_map(|model| Some(json!({ "model": model.name, "batch": model.batch.as_ref()? }))).collect()
}

/// One table per model: a row for each category, a column for each attack.
fn summary_tables(summary: &[SummaryRow], place: &str) -> Vec<String> {
    let mut models: Vec<&str> = Vec::new();
    let mut attacks: Vec<Attack> = Vec::new();
    for row in summary {
        if !models.contains(&row.model.as_str()) {
            models.push(&row.model);
        }
        if !attacks.contains(&row.attack) {
            attacks.push(row.attack);
        }
    }
    models.into_iter().map(|model| summary_table(summary, model, &attacks, place)).collect()
}

fn summary_table(summary: &[SummaryRow], model: &str, attacks: &[Attack], place: &str) -> String {
    let rows: Vec<&SummaryRow> = summary.iter().filter(|row| row.model == model).collect();
    let mut parts: Vec<&Over> = Vec::new();
    for row in &rows {
        if !parts.contains(&&row.over) {
            parts.push(&row.over);
        }
    }
    let cells = |over: &Over| {
        let row_of = |attack| rows.iter().find(|row| row.over == *over && row.attack == attack);
        let values = attacks.iter().map(|&attack| {
            row_of(attack).map_or_else(String::new, |row| {
                format!("{} / {}", percent(row.metrics.pixel_auroc), percent(row.metrics.aupro))
            })
        });
        std::iter::once(over.to_string()).chain(values).collect::<Vec<_>>()
    };
    let body: Vec<Vec<String>> = parts
        .iter()
        .filter(|&&over| *over != Over::Mean || parts.len() > 2)
        .map(|over| cells(over))
        .collect();
    let header: Vec<&str> =
        std::iter::once("category").chain(attacks.iter().map(|attack| attack.name())).collect();
    format!("{model}: pixel AUROC / AUPRO in %, clean and {place}\n{}", render(&header, &body, 1))
}

/// The mean over categories at the ends, the middle and the worst value of each sweep.
fn sweep_table(done: &Outcome) -> String {
    let means: Vec<_> = done.sweep.iter().filter(|row| row.over == Over::Mean).collect();
    let mut lines: Vec<Vec<String>> = Vec::new();
    let mut seen = Vec::new();
    for row in &means {
        if seen.contains(&(&row.model, row.axis)) {
            continue;
        }
        seen.push((&row.model, row.axis));
        let group = || means.iter().filter(|other| other.model == row.model && other.axis == row.axis);
        let clean = group().find(|other| other.value == 0.0);
        let worst = group().filter(|other| other.metrics.pixel_auroc.is_some()).min_by(|a, b| {
            a.metrics
                .pixel_auroc
                .unwrap_or(f64::INFINITY)
                .total_cmp(&b.metrics.pixel_auroc.unwrap_or(f64::INFINITY))
        });
        let cell = |row: Option<&&&askance::record::SweepRow>| {
            row.map_or_else(String::new, |row| {
                format!("{} / {}", percent(row.metrics.pixel_auroc), percent(row.metrics.aupro))
            })
        };
        lines.push(vec![
            row.model.clone(),
            row.axis.to_string(),
            cell(clean.as_ref()),
            worst.map_or_else(String::new, |row| format!("{:.2}", row.value)),
            cell(worst.as_ref()),
        ]);
    }
    let header = ["model", "axis", "unchanged", "worst at", "there"];
    format!(
        "one perturbation for all samples: pixel AUROC / AUPRO in %, mean over categories\n{}",
        render(&header, &lines, 2)
    )
}
