//! Clean against worst case.

use std::collections::BTreeSet;
use std::path::Path;

use plotters::element::{Rectangle, Text};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::axes::{Scale, chart};
use super::canvas::{Area, Canvas, Drawing, fitted, px, text_style, title};
use super::legend::{Entry, Mark, legend};
use super::style;
use crate::error::{Error, Result};
use crate::record::SummaryRow;
use crate::types::Attack;

type Metric = fn(&SummaryRow) -> Option<f64>;
const METRICS: [(&str, Metric); 2] =
    [("mean pAUROC (%)", |row| row.pixel_auroc), ("mean AUPRO (%)", |row| row.aupro)];

/// Draws pAUROC (above) and AUPRO (below), a group of bars for each model and dataset, a bar for each attack with its value on
/// top. The rows are means over categories. A metric that no row has gets no panel, a missing value in a group `n/a`.
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
    let mut groups: Vec<(&str, &str)> = Vec::new();
    for row in means {
        if !groups.contains(&(&row.model, &row.dataset)) {
            groups.push((&row.model, &row.dataset));
        }
    }
    let height = style::HEIGHT + 100;
    let mut canvas = Canvas::new(style::WIDTH, height);
    canvas.draw(out, |area| {
        title(area, "Clean and worst-case segmentation", style::WIDTH)?;
        let entry = |&attack: &Attack| Entry {
            name: style::attack_name(attack),
            colour: style::attack_colour(attack),
            mark: Mark::Box,
        };
        let used = legend(area, &attacks.iter().map(entry).collect::<Vec<_>>(), 90, style::WIDTH)?;
        let (_, below) = area.split_vertically(px(90 + used + 10));
        for (place, panel) in below.split_evenly((panels.len(), 1)).iter().zip(panels) {
            draw(place, means, &groups, &attacks, panel)?;
        }
        Ok(())
    })?;
    canvas.save(out)
}

fn draw(
    area: &Area<'_>,
    means: &[SummaryRow],
    groups: &[(&str, &str)],
    attacks: &[Attack],
    (name, metric): (&str, Metric),
) -> Drawing {
    /// Part of a group's width that its bars take.
    const FILLED: f64 = 0.92;
    /// Room above 100 % for the number on a full bar.
    const TOP: f64 = 112.0;
    let x = Scale { low: 0.0, high: groups.len() as f64, ticks: Vec::new(), title: "", grid: false };
    let ticks = (0..=5).map(|step| f64::from(step) * 20.0).collect();
    let y = Scale { low: 0.0, high: TOP, ticks, title: name, grid: true };
    let mut chart = chart(area, x, y)?;
    let (columns, _) = chart.plotting_area().get_pixel_range();
    let group_width = (columns.end - columns.start) / px(1) / groups.len() as i32;
    let width = FILLED / attacks.len() as f64;
    let bar_pixels = f64::from(group_width) * width;
    // "100.0" must fit on a bar.
    let size = ((bar_pixels / 2.15) as u32).clamp(12, style::TICK);
    let number = text_style(size, style::INK, HPos::Center, VPos::Bottom);
    let one_dataset = groups.iter().all(|group| group.1 == groups[0].1);
    for (at, &(model, dataset)) in groups.iter().enumerate() {
        for (bar, &attack) in attacks.iter().enumerate() {
            let row = means.iter().find(|row| {
                (row.model.as_str(), row.dataset.as_str(), row.attack) == (model, dataset, attack)
            });
            let left = at as f64 + (1.0 - FILLED) / 2.0 + bar as f64 * width;
            let middle = left + width / 2.0;
            let value = row.and_then(metric).map(|value| 100.0 * value);
            if let Some(value) = value {
                let corners = [(left + 0.04 * width, 0.0), (left + 0.96 * width, value)];
                chart.draw_series([Rectangle::new(corners, style::attack_colour(attack).filled())])?;
            }
            let text = value.map_or_else(|| "n/a".to_owned(), |value| format!("{value:.1}"));
            chart.draw_series([Text::new(text, (middle, value.unwrap_or(0.0) + 1.0), number.clone())])?;
        }
        let below = text_style(style::TICK, style::INK, HPos::Center, VPos::Top);
        let (x, y) = chart.backend_coord(&(at as f64 + 0.5, 0.0));
        let (area_x, area_y) = area.get_base_pixel();
        let lines = if one_dataset { vec![model] } else { vec![model, dataset] };
        for (line, text) in (0..).zip(lines) {
            let text = fitted(area, text, style::TICK, group_width - 10);
            let down = px(12 + line * (style::TICK as i32 + 6));
            area.draw_text(&text, &below, (x - area_x, y - area_y + down))?;
        }
    }
    Ok(())
}
