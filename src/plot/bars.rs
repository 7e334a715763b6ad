//! A figure of clean against worst case.

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use plotters::element::{PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, VPos};
use plotters::style::{Color as _, FontTransform, RGBColor};

use super::axes::{Scale, chart};
use super::canvas::{Area, Canvas, Drawing, px, text_style, upx, wrapped, write};
use super::head::Head;
use super::legend::{Entry, Mark};
use super::page::Page;
use super::style;
use crate::error::{Error, Result};
use crate::record::{AS_FOUND, SummaryRow};
use crate::stats::{self, distinct};
use crate::types::{Attack, Interval};

/// A metric of a row, and its interval over samples.
pub(super) type Metric = fn(&SummaryRow) -> (Option<f64>, Option<Interval>);
/// The metrics that figures of worst cases show.
pub(super) const METRICS: [(&str, Metric); 2] = [
    ("pAUROC (%)", |row| (row.metrics.pixel_auroc, row.intervals.pixel_auroc())),
    ("AUPRO (%)", |row| (row.metrics.aupro, row.intervals.aupro())),
];

/// Words about the lines of the spread of seeds.
pub(super) const SPREAD: &str = "with several seeds: their mean; line: from the lowest to the highest";
/// Words about the lines of intervals.
pub(super) const INTERVALS: &str = "line: 95 % interval over samples of each value by itself; intervals of drops, which are paired, are in summary.csv";

/// Draws pAUROC (above) and AUPRO (below), a group of bars for each model and dataset, a bar for each attack with its value on
/// top. The rows are means over categories; several of one model, dataset and attack are those of several seeds, whose mean is the
/// bar and whose lowest and highest value a thin line joins. Where there is one seed, the line is the interval over samples. A metric that no row has gets no panel, a missing value in a group `n/a`.
///
/// # Errors
/// A file error when no row has a metric, or the file cannot be written.
pub fn bars(means: &[SummaryRow], page: Page, out: &Path) -> Result<()> {
    let panels: Vec<_> =
        METRICS.into_iter().filter(|(_, metric)| means.iter().any(|row| metric(row).0.is_some())).collect();
    if panels.is_empty() {
        return Err(Error::file(out, "has nothing to show: no mean with a metric", "run askance attack"));
    }
    let attacks: BTreeSet<Attack> = means.iter().map(|row| row.attack).collect();
    let attacks: Vec<Attack> = attacks.into_iter().collect();
    let groups = distinct(means.iter().map(|row| (row.model.as_str(), row.dataset.as_str())));
    let one_dataset = groups.iter().all(|group| group.1 == groups[0].1);
    let several = groups.iter().any(|&(model, dataset)| {
        attacks.iter().any(|&attack| {
            let same = |row: &&SummaryRow| {
                (row.model.as_str(), row.dataset.as_str(), row.attack) == (model, dataset, attack)
            };
            means.iter().filter(same).count() > 1
        })
    });
    let counts = groups.iter().map(|&(model, dataset)| {
        let own = means.iter().filter(|row| (row.model.as_str(), row.dataset.as_str()) == (model, dataset));
        own.map(|row| row.samples).max().unwrap_or(0)
    });
    // The worst cases of a replay are those of one model, and not the worst of the others.
    let found_under = groups.iter().find_map(|(model, _)| model.strip_suffix(AS_FOUND));
    let what = found_under.map_or_else(
        || "Clean and worst-case segmentation".to_owned(),
        |model| format!("Clean, and at the worst cases found under {model}"),
    );
    let heading = format!("{what}, {}", style::counted(counts));
    let clusters = |metric: Metric| -> Vec<Cluster> {
        let of = |&(model, dataset): &(&str, &str)| {
            let value = |&attack: &Attack| {
                let same = |row: &&SummaryRow| {
                    (row.model.as_str(), row.dataset.as_str(), row.attack) == (model, dataset, attack)
                };
                Value::of(means.iter().filter(same), metric, several)
            };
            let name = if one_dataset { model.to_owned() } else { format!("{model}, {dataset}") };
            Cluster { name, groups: vec![(String::new(), attacks.iter().map(value).collect())] }
        };
        groups.iter().map(of).collect()
    };
    let panels: Vec<(String, Vec<Cluster>)> =
        panels.into_iter().map(|(name, metric)| (format!("mean {name}"), clusters(metric))).collect();
    let entries: Vec<(String, RGBColor)> =
        attacks.iter().map(|&attack| (style::attack_name(attack), style::attack_colour(attack))).collect();
    draw(&heading, &entries, lines_of(several, means), panels, page, out)
}

/// Words about the lines at the values of these rows; none where there are no lines.
pub(super) fn lines_of<'r>(
    several_seeds: bool,
    rows: impl IntoIterator<Item = &'r SummaryRow>,
) -> Option<&'static str> {
    let sure = |row: &SummaryRow| METRICS.iter().any(|(_, metric)| metric(row).1.is_some());
    if several_seeds { Some(SPREAD) } else { rows.into_iter().any(sure).then_some(INTERVALS) }
}

/// Groups of bars over one name.
pub(super) struct Cluster {
    /// Parts of the name are joined by `, `.
    pub(super) name: String,
    /// Name, where there are several, and bars of each group, one for each colour.
    pub(super) groups: Vec<(String, Vec<Option<Value>>)>,
}

impl Cluster {
    /// In parts of as many groups as have room in a row; whole on the usual page.
    fn split(self, colours: usize, page: Page) -> Vec<Self> {
        let most = (bars_in_a_row(page) / colours.max(1)).max(1);
        if page.is_usual() || self.groups.len() <= most {
            return vec![self];
        }
        let per_part = self.groups.len().div_ceil(self.groups.len().div_ceil(most));
        let part = |groups: &[_]| Self { name: self.name.clone(), groups: groups.to_vec() };
        self.groups.chunks(per_part).map(part).collect()
    }
}

/// The mean of several seeds, with the lowest and the highest, or a value with the ends of its interval; shares in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) mean: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Value {
    /// `None` where there is no value.
    pub(super) fn of<'r>(
        rows: impl Iterator<Item = &'r SummaryRow>,
        metric: Metric,
        several_seeds: bool,
    ) -> Option<Self> {
        Self::of_each(rows.map(metric), several_seeds)
    }

    /// The same of values and their intervals.
    pub(super) fn of_each(
        rows: impl Iterator<Item = (Option<f64>, Option<Interval>)>,
        several_seeds: bool,
    ) -> Option<Self> {
        let rows: Vec<_> = rows.collect();
        let values: Vec<f64> = rows.iter().filter_map(|row| row.0).collect();
        let low = values.iter().copied().min_by(f64::total_cmp)?;
        let high = values.iter().copied().max_by(f64::total_cmp)?;
        let interval = rows.iter().find_map(|row| row.1).filter(|_| !several_seeds);
        let Interval { low, high } = interval.unwrap_or(Interval { low, high });
        Some(Self { mean: stats::mean(&values)?, low, high })
    }
}

/// Draws panels of one above the other of grouped bars in percent, each bar with its value on top, `n/a` where there is none.
pub(super) fn draw(
    heading: &str,
    bars: &[(String, RGBColor)],
    lines: Option<&str>,
    panels: Vec<(String, Vec<Cluster>)>,
    page: Page,
    out: &Path,
) -> Result<()> {
    let panels: Vec<(String, Vec<Cluster>)> = panels
        .into_iter()
        .map(|(name, clusters)| {
            (name, clusters.into_iter().flat_map(|one| one.split(bars.len(), page)).collect())
        })
        .collect();
    let rows = Rows::of(panels.first().map_or(&[], |(_, clusters)| clusters), bars.len(), page);
    let entries: Vec<Entry> = bars
        .iter()
        .map(|(name, colour)| Entry { name: name.clone(), colour: *colour, mark: Mark::Box })
        .collect();
    let colours: Vec<RGBColor> = bars.iter().map(|(_, colour)| *colour).collect();
    let head = Head::new(page, heading).legend(&entries).note(lines);
    let top = head.bottom(TOP) + 10;
    let body = panels.len() as i32 * rows.height();
    let height = top + body + rows.key.len() as i32 * LINE + style::MARGIN;
    let mut canvas = Canvas::new(page, height);
    canvas.draw(out, |area| {
        head.draw(area, TOP)?;
        let (_, below) = area.split_vertically(px(top));
        let (below, _) = below.split_vertically(px(body));
        let places = below.split_evenly((panels.len() * rows.each.len(), 1));
        let each = panels.iter().flat_map(|panel| rows.each.iter().map(move |row| (panel, row.clone())));
        for (place, ((name, clusters), row)) in places.iter().zip(each) {
            rows.draw(place, clusters, row, &colours, name)?;
        }
        for (at, line) in (0..).zip(&rows.key) {
            let left = (style::MARGIN + 112, top + body + at * LINE);
            write(area, line, left, style::TICK, (HPos::Left, VPos::Top))?;
        }
        Ok(())
    })?;
    canvas.save(out)
}

const TOP: i32 = 90;
/// Height of a line of a name.
const LINE: i32 = style::TICK as i32 + 6;
/// Largest number of bars in a row of the usual page, so that the numbers on them can be read.
const BARS: usize = 30;
/// Room beside all groups: for the axis, and at the ends.
const BESIDE: i32 = 112 + style::MARGIN + style::MARGIN / 2;

/// Largest number of bars in a row of a page.
fn bars_in_a_row(page: Page) -> usize {
    let room = |width: u32| (width as i32 - BESIDE) as usize;
    (BARS * room(page.width()) / room(style::WIDTH)).max(1)
}

/// How clusters of bars and their names are laid out in rows, the same for each panel.
struct Rows {
    /// The clusters of each row.
    each: Vec<Range<usize>>,
    /// Largest number of groups in a row.
    slots: usize,
    /// Lines of the names of the groups of each cluster.
    groups: Vec<Vec<Vec<String>>>,
    /// Lines of the name of each cluster.
    names: Vec<Vec<String>>,
    /// What the letters mean that stand for names that are too long.
    key: Vec<String>,
    page: Page,
}

impl Rows {
    fn of(clusters: &[Cluster], colours: usize, page: Page) -> Self {
        /// Largest number of lines of a name.
        const LINES: usize = 4;
        let most = clusters.iter().map(|cluster| cluster.groups.len() * colours).max().unwrap_or(1);
        let fitting = (bars_in_a_row(page) / most).max(1);
        let per_row = clusters.len().div_ceil(clusters.len().div_ceil(fitting).max(1)).max(1);
        let each: Vec<Range<usize>> =
            (0..clusters.len()).step_by(per_row).map(|at| at..(at + per_row).min(clusters.len())).collect();
        let groups_of = |row: &Range<usize>| -> usize {
            clusters[row.clone()].iter().map(|cluster| cluster.groups.len()).sum()
        };
        let slots = each.iter().map(groups_of).max().unwrap_or(1);
        let width = page.width() as i32;
        let room = (width - BESIDE) / slots as i32;
        let lines = |text: &str, slots: usize| -> Vec<String> {
            let parts = text.split_inclusive(", ");
            parts.flat_map(|part| wrapped(part, style::TICK, room * slots as i32 - 14)).collect()
        };
        let groups = clusters
            .iter()
            .map(|cluster| cluster.groups.iter().map(|(name, _)| lines(name, 1)).collect())
            .collect();
        let mut names: Vec<Vec<String>> =
            clusters.iter().map(|cluster| lines(&cluster.name, cluster.groups.len())).collect();
        let mut key = Vec::new();
        if names.iter().any(|lines| lines.len() > LINES) {
            for (at, cluster) in clusters.iter().enumerate() {
                let whole = format!("{}: {}", letter(at), cluster.name);
                key.extend(wrapped(&whole, style::TICK, width - 2 * style::MARGIN - 112));
                names[at] = vec![letter(at)];
            }
        }
        Self { each, slots, groups, names, key, page }
    }

    /// Lines of text below the bars: of groups, and of all.
    fn lines(&self) -> (i32, i32) {
        let of_groups = self.groups.iter().flatten().map(Vec::len).max().unwrap_or(0) as i32;
        (of_groups, of_groups + self.names.iter().map(Vec::len).max().unwrap_or(0) as i32)
    }

    /// Height of the lines for which a chart itself has no room.
    fn further(&self) -> i32 {
        (self.lines().1 - 2).max(0) * LINE + if self.lines().0 > 0 { 10 } else { 0 }
    }

    /// Height of a panel.
    fn height(&self) -> i32 {
        let one = if self.each.len() == 1 { 470 } else { 380 };
        self.each.len() as i32 * (one + self.further())
    }

    fn draw(
        &self,
        area: &Area<'_>,
        clusters: &[Cluster],
        row: Range<usize>,
        colours: &[RGBColor],
        name: &str,
    ) -> Drawing {
        /// Part of a group's width that its bars take.
        const FILLED: f64 = 0.92;
        /// Room above 100 % for the number on a full bar.
        const TOP: f64 = 112.0;
        /// The same where numbers stand upright.
        const UPRIGHT: f64 = 128.0;
        /// Size below which numbers that lie are not to be read.
        const LEAST: u32 = 17;
        let (_, height) = area.dim_in_pixel();
        let (place, _) = area.split_vertically(height as i32 - px(self.further()));
        let width = FILLED / colours.len() as f64;
        let lying = |group_width: i32| (f64::from(group_width) * width / 2.15) as u32;
        let columns = self.page.width() as i32 - BESIDE;
        let upright = !self.page.is_usual() && lying(columns / self.slots as i32) < LEAST;
        let x = Scale { low: 0.0, high: self.slots as f64, ticks: Vec::new(), title: "", grid: false };
        let ticks = vec![(0..=5).map(|step| f64::from(step) * 20.0).collect()];
        let y = Scale { low: 0.0, high: if upright { UPRIGHT } else { TOP }, ticks, title: name, grid: true };
        let mut chart = chart(&place, x, y)?;
        let (columns, _) = chart.plotting_area().get_pixel_range();
        let group_width = (columns.end - columns.start) / px(1) / self.slots as i32;
        // "100.0" must fit on a bar.
        let number = if upright {
            let size = ((f64::from(group_width) * width) as u32).clamp(12, style::TICK);
            let mut style = text_style(size, style::INK, HPos::Left, VPos::Center);
            style.font = style.font.transform(FontTransform::Rotate270);
            style
        } else {
            let size = lying(group_width).clamp(12, style::TICK);
            text_style(size, style::INK, HPos::Center, VPos::Bottom)
        };
        let below = text_style(style::TICK, style::INK, HPos::Center, VPos::Top);
        let (area_x, area_y) = area.get_base_pixel();
        let mut at = 0.0;
        for cluster in row {
            let begin = at;
            for ((_, values), lines) in clusters[cluster].groups.iter().zip(&self.groups[cluster]) {
                for (bar, (&colour, value)) in colours.iter().zip(values).enumerate() {
                    let left = at + (1.0 - FILLED) / 2.0 + bar as f64 * width;
                    let middle = left + width / 2.0;
                    let spread = value.map(|value| (100.0 * value.low, 100.0 * value.high));
                    let value = value.map(|value| 100.0 * value.mean);
                    if let Some(value) = value {
                        let corners = [(left + 0.04 * width, 0.0), (left + 0.96 * width, value)];
                        chart.draw_series([Rectangle::new(corners, colour.filled())])?;
                    }
                    if let Some((low, high)) = spread.filter(|(low, high)| low < high) {
                        let stroke = style::INK.stroke_width(upx(style::THIN));
                        let ends = [low, high]
                            .map(|end| vec![(middle - 0.12 * width, end), (middle + 0.12 * width, end)]);
                        let lines = [vec![(middle, low), (middle, high)]].into_iter().chain(ends);
                        chart.draw_series(lines.map(|line| PathElement::new(line, stroke)))?;
                    }
                    let text = value.map_or_else(|| "n/a".to_owned(), |value| format!("{value:.1}"));
                    let top = spread.map_or(0.0, |(_, high)| high) + 1.0;
                    chart.draw_series([Text::new(text, (middle, top), number.clone())])?;
                }
                let (x, y) = chart.backend_coord(&(at + 0.5, 0.0));
                for (line, text) in (0..).zip(lines) {
                    area.draw_text(text, &below, (x - area_x, y - area_y + px(12 + line * LINE)))?;
                }
                at += 1.0;
            }
            let (left, y) = chart.backend_coord(&(begin + 0.06, 0.0));
            let (right, _) = chart.backend_coord(&(at - 0.06, 0.0));
            let (of_groups, _) = self.lines();
            let mut top = y - area_y + px(12 + of_groups * LINE);
            if of_groups > 0 && !self.names[cluster].is_empty() {
                let line = vec![(left - area_x, top), (right - area_x, top)];
                area.draw(&PathElement::new(line, style::INK.stroke_width(upx(1))))?;
                top += px(8);
            }
            for (line, text) in (0..).zip(&self.names[cluster]) {
                area.draw_text(text, &below, (left.midpoint(right) - area_x, top + px(line * LINE)))?;
            }
        }
        Ok(())
    }
}

/// The letter that stands for a name: A to Z, then AA.
fn letter(at: usize) -> String {
    let last = char::from(b'A' + (at % 26) as u8);
    if at < 26 { last.to_string() } else { format!("{}{last}", letter(at / 26 - 1)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters(number: usize, name: &str, groups: usize) -> Vec<Cluster> {
        let made = |at: usize| Cluster {
            name: format!("{name} {at}"),
            groups: (0..groups).map(|_| (String::new(), vec![None; 3])).collect(),
        };
        (0..number).map(made).collect()
    }

    #[test]
    fn many_bars_take_several_rows_and_long_names_a_key() {
        let few = Rows::of(&clusters(3, "short", 1), 3, Page::default());
        assert_eq!((few.each.len(), few.key.len()), (1, 0));
        let many = Rows::of(&clusters(12, "short", 1), 5, Page::default());
        assert_eq!(many.each, [0..6, 6..12]);
        let long =
            Rows::of(&clusters(12, "a name, with many, many, many, many parts", 1), 5, Page::default());
        assert_eq!((long.names[1].as_slice(), long.key.len()), (&["B".to_owned()][..], 12));
        assert_eq!([letter(0), letter(25), letter(26)], ["A", "Z", "AA"]);
    }
}
