//! A figure of clean against worst case.

use std::collections::BTreeSet;
use std::path::Path;

use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color as _, RGBColor};

use super::axes::{Scale, chart};
use super::canvas::{Area, Canvas, Drawing, note, px, text_style, title, upx, wrapped};
use super::legend::{Entry, Mark, legend};
use super::style;
use crate::error::{Error, Result};
use crate::record::SummaryRow;
use crate::stats::{self, distinct};
use crate::types::Attack;

type Metric = fn(&SummaryRow) -> Option<f64>;
const METRICS: [(&str, Metric); 2] =
    [("mean pAUROC (%)", |row| row.metrics.pixel_auroc), ("mean AUPRO (%)", |row| row.metrics.aupro)];

/// Draws pAUROC (above) and AUPRO (below), a group of bars for each model and dataset, a bar for each attack with its value on
/// top. The rows are means over categories; several of one model, dataset and attack are those of several seeds, whose mean is the
/// bar and whose lowest and highest value a thin line joins. A metric that no row has gets no panel, a missing value in a group `n/a`.
///
/// # Errors
/// A file error when no row has a metric, or the file cannot be written.
pub fn bars(means: &[SummaryRow], out: &Path) -> Result<()> {
    let panels: Vec<_> =
        METRICS.into_iter().filter(|(_, metric)| means.iter().any(|row| metric(row).is_some())).collect();
    if panels.is_empty() {
        return Err(Error::file(out, "has nothing to show: no mean with a metric", "run askance attack"));
    }
    let attacks: BTreeSet<Attack> = means.iter().map(|row| row.attack).collect();
    let attacks: Vec<Attack> = attacks.into_iter().collect();
    let groups = distinct(means.iter().map(|row| (row.model.as_str(), row.dataset.as_str())));
    let one_dataset = groups.iter().all(|group| group.1 == groups[0].1);
    let colours: Vec<RGBColor> = attacks.iter().map(|&attack| style::attack_colour(attack)).collect();
    let several = groups.iter().any(|&(model, dataset)| {
        attacks.iter().any(|&attack| {
            let same = |row: &&SummaryRow| {
                (row.model.as_str(), row.dataset.as_str(), row.attack) == (model, dataset, attack)
            };
            means.iter().filter(same).count() > 1
        })
    });
    let height = style::HEIGHT + 100;
    let mut canvas = Canvas::new(style::WIDTH, height);
    canvas.draw(out, |area| {
        title(area, "Clean and worst-case segmentation", style::WIDTH)?;
        let entry = |&attack: &Attack| Entry {
            name: style::attack_name(attack),
            colour: style::attack_colour(attack),
            mark: Mark::Box,
        };
        let mut used = legend(area, &attacks.iter().map(entry).collect::<Vec<_>>(), 90, style::WIDTH)?;
        if several {
            used += note(area, SPREAD, 90 + used)?;
        }
        let (_, below) = area.split_vertically(px(90 + used + 10));
        for (place, panel) in below.split_evenly((panels.len(), 1)).iter().zip(panels) {
            let (name, metric) = panel;
            let bars: Vec<Group> = groups
                .iter()
                .map(|&(model, dataset)| {
                    let value = |&attack: &Attack| {
                        let same = |row: &&SummaryRow| {
                            (row.model.as_str(), row.dataset.as_str(), row.attack) == (model, dataset, attack)
                        };
                        Value::of(means.iter().filter(same).filter_map(metric))
                    };
                    let mut names: Vec<String> = model.split(", ").map(str::to_owned).collect();
                    names.extend((!one_dataset).then(|| dataset.to_owned()));
                    Group { names, values: attacks.iter().map(value).collect() }
                })
                .collect();
            grouped(place, &bars, &colours, name)?;
        }
        Ok(())
    })?;
    canvas.save(out)
}

/// A group of bars that stand together.
pub(super) struct Group {
    /// Lines of text below the group.
    pub(super) names: Vec<String>,
    /// Lengths of the bars, one for each colour.
    pub(super) values: Vec<Option<Value>>,
}

/// The mean of several seeds, with the lowest and the highest; shares in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) mean: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Value {
    /// `None` where there is no value.
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let values: Vec<f64> = values.collect();
        let low = values.iter().copied().min_by(f64::total_cmp)?;
        let high = values.iter().copied().max_by(f64::total_cmp)?;
        Some(Self { mean: stats::mean(&values)?, low, high })
    }
}

/// Words about the thin lines where there are any.
pub(super) const SPREAD: &str = "with several seeds: their mean; thin line: from the lowest to the highest";

/// Draws one panel of grouped bars in percent, each with its value on top, `n/a` where there is none.
pub(super) fn grouped(area: &Area<'_>, groups: &[Group], colours: &[RGBColor], name: &str) -> Drawing {
    /// Part of a group's width that its bars take.
    const FILLED: f64 = 0.92;
    /// Height of a line of a name.
    const LINE: i32 = style::TICK as i32 + 6;
    /// Room above 100 % for the number on a full bar.
    const TOP: f64 = 112.0;
    let (width, _) = area.dim_in_pixel();
    let room = (width as i32 / px(1) - 112 - style::MARGIN - style::MARGIN / 2) / groups.len() as i32 - 10;
    let names: Vec<Vec<String>> = groups
        .iter()
        .map(|group| group.names.iter().flat_map(|name| wrapped(area, name, style::TICK, room)).collect())
        .collect();
    let lines = names.iter().map(Vec::len).max().unwrap_or(0) as i32;
    let (_, height) = area.dim_in_pixel();
    // The chart itself has room for two lines.
    let (place, _) = area.split_vertically(height as i32 - px((lines - 2).max(0) * LINE));
    let x = Scale { low: 0.0, high: groups.len() as f64, ticks: Vec::new(), title: "", grid: false };
    let ticks = (0..=5).map(|step| f64::from(step) * 20.0).collect();
    let y = Scale { low: 0.0, high: TOP, ticks, title: name, grid: true };
    let mut chart = chart(&place, x, y)?;
    let (columns, _) = chart.plotting_area().get_pixel_range();
    let group_width = (columns.end - columns.start) / px(1) / groups.len() as i32;
    let width = FILLED / colours.len() as f64;
    let bar_pixels = f64::from(group_width) * width;
    // "100.0" must fit on a bar.
    let size = ((bar_pixels / 2.15) as u32).clamp(12, style::TICK);
    let number = text_style(size, style::INK, HPos::Center, VPos::Bottom);
    for (at, (group, names)) in groups.iter().zip(&names).enumerate() {
        for (bar, (&colour, value)) in colours.iter().zip(&group.values).enumerate() {
            let left = at as f64 + (1.0 - FILLED) / 2.0 + bar as f64 * width;
            let middle = left + width / 2.0;
            let spread = value.map(|value| (100.0 * value.low, 100.0 * value.high));
            let value = value.map(|value| 100.0 * value.mean);
            if let Some(value) = value {
                let corners = [(left + 0.04 * width, 0.0), (left + 0.96 * width, value)];
                chart.draw_series([Rectangle::new(corners, colour.filled())])?;
            }
            if let Some((low, high)) = spread.filter(|(low, high)| low < high) {
                let line = vec![(middle, low), (middle, high)];
                chart.draw_series([PathElement::new(line, style::INK.stroke_width(upx(style::THIN)))])?;
            }
            let text = value.map_or_else(|| "n/a".to_owned(), |value| format!("{value:.1}"));
            chart.draw_series([Text::new(
                text,
                (middle, spread.map_or(0.0, |(_, high)| high) + 1.0),
                number.clone(),
            )])?;
        }
        let below = text_style(style::TICK, style::INK, HPos::Center, VPos::Top);
        let (x, y) = chart.backend_coord(&(at as f64 + 0.5, 0.0));
        let (area_x, area_y) = area.get_base_pixel();
        for (line, text) in (0..).zip(names) {
            let down = px(12 + line * LINE);
            area.draw_text(text, &below, (x - area_x, y - area_y + down))?;
        }
    }
    Ok(())
}
