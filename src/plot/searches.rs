//! The figures that need every evaluation of a search: convergence and landscapes.

use std::collections::HashMap;
use std::path::Path;

use super::chosen::{Run, choose};
use super::convergence::{Curve, best_so_far, convergence};
use super::differing::Shows;
use super::drawn::Drawn;
use super::format::Format;
use super::landscape::{EvaluationPoint, Landscape, landscape};
use super::page::Page;
use super::setting::setting;
use super::told::tell;
use super::traces::TracedSearch;
use crate::error::Result;
use crate::record::{RunDir, file_name};
use crate::search::Kind;
use crate::stats::distinct;
use crate::types::Bounds;

/// Number of full evaluations from which on a trace shows a landscape.
const DENSE: usize = 1000;

type Sample<'k> = (&'k str, &'k str, &'k str);

/// Draws `convergence_<model>.png` and `landscape_<model>.png` of the runs that kept their traces. Runs that differ in more than their
/// searches get figures of their own. Of several runs of one strategy the convergence is that of the largest budget, with all its
/// seeds; the path over a landscape is that of the first run that has one.
///
/// # Errors
/// A file error when a record is damaged or a figure cannot be written.
pub fn searches(runs: &[RunDir], out: &Path) -> Result<Drawn> {
    let (runs, left_out) = choose(runs)?;
    let mut drawn = of_searches(&runs, out, Format::Png, Page::default())?;
    drawn.skipped.splice(0..0, left_out);
    Ok(drawn)
}

/// Draws the figures of runs that were chosen.
pub(super) fn of_searches(runs: &[Run<'_>], out: &Path, format: Format, page: Page) -> Result<Drawn> {
    let traced: Vec<usize> = (0..runs.len()).filter(|&at| runs[at].dir.traces().is_dir()).collect();
    let mut told = tell(&traced.iter().map(|&at| &runs[at]).collect::<Vec<_>>(), Shows::Searches);
    for told in &mut told {
        told.at = traced[told.at];
    }
    let searches = TracedSearch::of(runs, &told)?;
    let mut drawn = Drawn::of(format, page);
    if searches.is_empty() {
        for name in ["convergence", "landscape"] {
            drawn.skipped.push((format!("{name}.{format}"), "no run kept traces".to_owned()));
        }
    }
    for model in distinct(searches.iter().map(|search| search.row.model.as_str())) {
        let own: Vec<&TracedSearch> = searches.iter().filter(|search| search.row.model == model).collect();
        let file = file_name(&own[0].file);
        let name = drawn.unused(&format!("convergence_{file}"));
        match draw_convergence(model, &own, page, &out.join(&name))? {
            None => drawn.written.push(out.join(name)),
            Some(reason) => drawn.skipped.push((name, reason.to_owned())),
        }
        let name = drawn.unused(&format!("landscape_{file}"));
        match draw_landscape(model, &own, runs, page, &out.join(&name))? {
            None => drawn.written.push(out.join(name)),
            Some(reason) => drawn.skipped.push((name, reason.to_owned())),
        }
    }
    Ok(drawn)
}

/// Draws the convergence of the searches of one model, or returns the reason why there is nothing to draw.
fn draw_convergence(
    model: &str,
    searches: &[&TracedSearch],
    page: Page,
    out: &Path,
) -> Result<Option<&'static str>> {
    let mut chosen: Vec<(&str, usize)> = Vec::new();
    for search in searches.iter().filter(|search| search.row.search != Kind::Exhaustive.name()) {
        let (name, budget) = (search.row.search.as_str(), search.row.budget);
        match chosen.iter_mut().find(|(other, _)| *other == name) {
            Some(best) if best.1 < budget => *best = (name, budget),
            Some(_) => {}
            None => chosen.push((name, budget)),
        }
    }
    if chosen.is_empty() {
        return Ok(Some("only the exhaustive search kept traces"));
    }
    // Loss of the unchanged picture and the lowest of all searches.
    let mut gaps: HashMap<Sample<'_>, (f64, f64)> = HashMap::new();
    let mut curves: Vec<HashMap<(Sample<'_>, u64), Vec<f64>>> = vec![HashMap::new(); chosen.len()];
    for search in searches {
        let trace = search.trace()?;
        let Some(clean) = trace.full().next().map(|step| step.loss) else { continue };
        let lowest = trace.full().map(|step| step.loss).fold(f64::INFINITY, f64::min);
        let gap = gaps.entry(search.sample()).or_insert((clean, lowest));
        gap.1 = gap.1.min(lowest);
        let place = (search.row.search.as_str(), search.row.budget);
        if let Some(at) = chosen.iter().position(|&other| other == place) {
            curves[at].insert((search.sample(), search.row.seed), best_so_far(&trace, search.row.budget));
        }
    }
    let mut common: Vec<(Sample<'_>, u64)> = curves[0]
        .keys()
        .copied()
        .filter(|sample| curves.iter().all(|curve| curve.contains_key(sample)))
        .collect();
    if common.is_empty() {
        return Ok(Some("the strategies share no sample"));
    }
    common.sort_unstable();
    let curves: Vec<Curve> = chosen
        .iter()
        .zip(&curves)
        .map(|((name, ..), losses)| Curve {
            name: (*name).to_owned(),
            samples: common.iter().map(|key| shares(&losses[key], gaps[&key.0])).collect(),
        })
        .collect();
    let number = distinct(common.iter().map(|(sample, _)| *sample)).len();
    let samples = if number == 1 { "sample" } else { "samples" };
    convergence(
        &curves,
        &format!("How fast searches close the loss gap: {model}, {number} {samples}"),
        page,
        out,
    )?;
    Ok(None)
}

fn shares(losses: &[f64], (clean, lowest): (f64, f64)) -> Vec<f64> {
    let gap = clean - lowest;
    losses.iter().map(|loss| if gap > 0.0 { (clean - loss) / gap } else { 1.0 }).collect()
}

/// Draws the landscape of the first sample with a dense trace, or returns the reason why there is nothing to
/// draw.
fn draw_landscape(
    model: &str,
    searches: &[&TracedSearch],
    runs: &[Run<'_>],
    page: Page,
    out: &Path,
) -> Result<Option<&'static str>> {
    for dense in searches.iter().filter(|search| search.row.evaluations >= DENSE) {
        let Some(points) = points_of(dense)? else { continue };
        let path = searches.iter().find(|search| {
            search.run != dense.run && search.row.evaluations < DENSE && search.sample() == dense.sample()
        });
        let path_points = path.map(|search| points_of(search)).transpose()?.flatten().unwrap_or_default();
        let over = path.filter(|_| !path_points.is_empty()).map_or_else(String::new, |search| {
            format!(", and the path of {} ({})", search.row.search, search.row.budget)
        });
        let heading = format!("{}/{} under {model}{over}", dense.row.category, dense.row.sample);
        let others: Vec<&str> =
            dense.axes.iter().map(String::as_str).filter(|name| !["angle", "hue"].contains(name)).collect();
        let colours = if others.is_empty() {
            "loss (lower is worse)".to_owned()
        } else {
            format!("lowest loss over {} (lower is worse)", others.join(", "))
        };
        let Run { dir, info } = &runs[dense.run];
        let bounds: Bounds = setting(info, dir, "bounds")?;
        let shown = Landscape {
            heading: &heading,
            colours: &colours,
            dense: &points,
            path: &path_points,
            bounds: &bounds,
        };
        landscape(&shown, page, out)?;
        return Ok(None);
    }
    Ok(Some("no trace has 1000 full evaluations over angle and hue"))
}

/// The points of all evaluations of a search; none where hue or angle was not searched.
fn points_of(search: &TracedSearch) -> Result<Option<Vec<EvaluationPoint>>> {
    let column = |name: &str| search.axes.iter().position(|axis| axis == name);
    let (Some(angle), Some(hue)) = (column("angle"), column("hue")) else { return Ok(None) };
    let trace = search.trace()?;
    let points = trace.steps().map(|step| EvaluationPoint {
        angle_deg: step.point[angle],
        hue_rad: step.point[hue],
        loss: step.loss,
        full: step.is_full(),
    });
    Ok(Some(points.collect()))
}
