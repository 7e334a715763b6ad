//! The axes of a chart: ticks at round values, titles, grid.

use std::ops::Range;

use plotters::chart::{ChartBuilder, ChartContext};
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::style::Color as _;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Area, Drawing, px, text_style, text_width, upx, wrapped, write};
use super::drawing::Recorder;
use super::style;
use crate::types::Axis;

/// A chart to draw series on.
pub type Chart<'a> = ChartContext<'a, Recorder<'a>, Cartesian2d<Coordinate, Coordinate>>;

/// A linear coordinate that writes the ticks it is told to.
#[derive(Clone)]
pub struct Coordinate {
    low: f64,
    high: f64,
    ticks: Vec<f64>,
}

impl Ranged for Coordinate {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (start, end): (i32, i32)) -> i32 {
        let share = (value - self.low) / (self.high - self.low);
        start + (share * f64::from(end - start)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.low..self.high
    }
}

/// Room for ticks and title of the vertical axis.
const Y_LABELS: i32 = 112;
/// Height of a line of the title of the horizontal axis.
const X_LINE: i32 = 34;

/// One direction of a chart.
pub struct Scale<'t> {
    /// Value at the left or lower end.
    pub low: f64,
    /// Value at the right or upper end.
    pub high: f64,
    /// Values whose ticks are written: the first of these of which the labels stand apart, or else the last.
    pub ticks: Vec<Vec<f64>>,
    /// Title with its unit; empty for none.
    pub title: &'t str,
    /// Whether the ticks have grid lines.
    pub grid: bool,
}

/// Least room between the labels of two ticks beside each other, and from one to the other of two above each other.
const APART: (i32, i32) = (8, 28);

impl Scale<'_> {
    /// The direction over `length` lengths of the layout, of which a label takes `room`.
    fn coordinate(&self, length: i32, room: impl Fn(f64) -> i32) -> Coordinate {
        let apart = |ticks: &&Vec<f64>| {
            ticks.windows(2).all(|two| {
                let distance = (two[1] - two[0]) / (self.high - self.low) * f64::from(length);
                distance >= f64::from(room(two[0]) + room(two[1])) / 2.0
            })
        };
        let ticks = self.ticks.iter().find(apart).or(self.ticks.last()).cloned().unwrap_or_default();
        Coordinate { low: self.low, high: self.high, ticks }
    }
}

/// The ticks that `of` gives for at most `most` of them, and then for ever fewer, down to two.
pub fn choices(most: usize, of: impl Fn(usize) -> Vec<f64>) -> Vec<Vec<f64>> {
    (2..=most).rev().map(of).collect()
}

/// Draws axes, ticks, titles and grid.
pub fn chart<'a>(area: &Area<'a>, x: Scale<'_>, y: Scale<'_>) -> Drawing<Chart<'a>> {
    labelled(area, x, y, &short, &short)
}

/// Draws axes, ticks, titles and grid as [`chart`] does, with words of the caller at the ticks.
pub fn labelled<'a>(
    area: &Area<'a>,
    x: Scale<'_>,
    y: Scale<'_>,
    x_label: &dyn Fn(f64) -> String,
    y_label: &dyn Fn(f64) -> String,
) -> Drawing<Chart<'a>> {
    let (width, height) = area.dim_in_pixel();
    let (left, right) = (style::MARGIN / 2 + Y_LABELS, style::MARGIN);
    let room = width as i32 / px(1) - left - right;
    let lines = wrapped(x.title, style::AXIS, room);
    let further = (lines.len() as i32 - 1).max(0) * X_LINE;
    let below = if x.title.is_empty() { 84 } else { 90 + further };
    let mut chart = ChartBuilder::on(area)
        .margin_left(px(style::MARGIN / 2))
        .margin_right(px(right))
        .x_label_area_size(px(below))
        .y_label_area_size(px(Y_LABELS))
        .build_cartesian_2d(
            x.coordinate(room, |tick| text_width(&x_label(tick), style::TICK) + APART.0),
            y.coordinate(height as i32 / px(1) - below, |_| APART.1),
        )?;
    let mut mesh = chart.configure_mesh();
    if !x.grid {
        mesh.disable_x_mesh();
    }
    if !y.grid {
        mesh.disable_y_mesh();
    }
    if let [title] = &lines[..] {
        mesh.x_desc(title.clone());
    }
    mesh.y_desc(y.title)
        .x_label_formatter(&|value| x_label(*value))
        .y_label_formatter(&|value| y_label(*value))
        // The font's figures sit a little above the middle of its box.
        .y_label_offset(px(3))
        .set_all_tick_mark_size(px(8))
        .label_style(text_style(style::TICK, style::INK, HPos::Left, VPos::Top))
        .axis_desc_style(text_style(style::AXIS, style::INK, HPos::Left, VPos::Top))
        .axis_style(style::INK.stroke_width(upx(1)))
        .bold_line_style(style::GRID.stroke_width(upx(1)))
        .light_line_style(style::GRID.mix(0.0))
        .draw()?;
    for (at, line) in (0..).zip(&lines).filter(|_| lines.len() > 1) {
        let bottom = height as i32 / px(1) - (lines.len() as i32 - at) * X_LINE;
        write(area, line, (left + room / 2, bottom), style::AXIS, (HPos::Center, VPos::Top))?;
    }
    Ok(chart)
}

/// Ticks for the values of an axis: degrees in parts of a turn, everything else in tens.
pub fn axis_ticks(axis: Axis, low: f64, high: f64, most: usize) -> Vec<f64> {
    const DEGREES: [f64; 8] = [1.0, 5.0, 10.0, 15.0, 30.0, 45.0, 90.0, 180.0];
    match axis {
        Axis::Angle => ticks(low, high, most, DEGREES.into_iter()),
        _ if is_factor(axis) => {
            decimal_ticks(low.exp2(), high.exp2(), most).into_iter().map(f64::log2).collect()
        }
        _ => decimal_ticks(low, high, most),
    }
}

/// Whether an axis goes by the logarithm of a factor, which readers are told as the factor.
pub fn is_factor(axis: Axis) -> bool {
    matches!(axis, Axis::Scale | Axis::Contrast | Axis::Gamma)
}

/// The text of a tick of an axis.
pub fn axis_label(axis: Axis) -> impl Fn(f64) -> String {
    move |value| short(if is_factor(axis) { value.exp2() } else { value })
}

/// Ticks at multiples of 1, 2 or 5 times a power of ten, at most `most` of them.
pub fn decimal_ticks(low: f64, high: f64, most: usize) -> Vec<f64> {
    ticks(low, high, most, (-4..8).flat_map(|power| [1.0, 2.0, 5.0].map(|step| step * 10_f64.powi(power))))
}

/// The multiples of the first step that gives no more than `most` of them.
fn ticks(low: f64, high: f64, most: usize, steps: impl Iterator<Item = f64>) -> Vec<f64> {
    /// Slack by which a tick on the very end is not lost to rounding.
    const SLACK: f64 = 1e-9;
    let within = |step: f64| {
        let first = (low / step - SLACK).ceil() as i64;
        let last = (high / step + SLACK).floor() as i64;
        (first, last)
    };
    for step in steps {
        let (first, last) = within(step);
        if last - first < most as i64 {
            return (first..=last).map(|number| number as f64 * step).collect();
        }
    }
    vec![low, high]
}

/// A logarithmic direction for positive values: the decimal logarithms of its ends, with a little room, and of its ticks at 1, 2
/// and 5 times powers of ten, at the powers alone where there are many, at more values where there are few.
pub fn decades<'t>(values: impl Iterator<Item = f64>, title: &'t str) -> Scale<'t> {
    /// Room at either end: as a part of the whole, and at least.
    const ROOM: (f64, f64) = (0.07, 0.12);
    const MOST: usize = 9;
    /// Fewest ticks that tell a scale.
    const FEWEST: usize = 3;
    let logs = values.map(f64::log10);
    let (low, high) =
        logs.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), log| (low.min(log), high.max(log)));
    let room = ROOM.1.max(ROOM.0 * (high - low));
    let (low, high) = (low - room, high + room);
    let powers = low.floor() as i32..=high.ceil() as i32;
    let at = |steps: &[f64]| -> Vec<f64> {
        let ticks =
            powers.clone().flat_map(|power| steps.iter().map(move |step| f64::from(power) + step.log10()));
        ticks.filter(|tick| (low..=high).contains(tick)).collect()
    };
    let fine = at(&[1.0, 2.0, 5.0]);
    let coarse = || Some(at(&[1.0])).filter(|ticks| ticks.len() >= FEWEST).unwrap_or_else(|| at(&[1.0, 3.0]));
    let few = |most| -> Vec<f64> {
        let values = decimal_ticks(10_f64.powf(low), 10_f64.powf(high), most);
        values.into_iter().filter(|value| *value > 0.0).map(f64::log10).collect()
    };
    let mut ticks = match fine.len() {
        0..FEWEST => choices(MOST - 3, few),
        FEWEST..=MOST => vec![fine],
        _ => vec![coarse()],
    };
    ticks.extend([at(&[1.0, 3.0]), at(&[1.0])].into_iter().filter(|ticks| ticks.len() > 1));
    ticks.extend([2, 3, 4].map(|step| at(&[1.0]).into_iter().step_by(step).collect()));
    Scale { low, high, ticks, title, grid: true }
}

/// The text of a tick of [`decades`].
pub fn power(log: f64) -> String {
    let value = 10_f64.powf(log);
    match value {
        ..0.0099 => format!("{value:.0e}"),
        ..0.1 => format!("{value:.3}").trim_end_matches('0').to_owned(),
        _ => short(value),
    }
}

/// The text of a value with as few decimals as it needs, at most two.
pub fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::PI;

    use super::*;

    #[test]
    fn ticks_are_round_and_reach_the_ends() {
        assert_eq!(axis_ticks(Axis::Angle, -90.0, 90.0, 7), [-90.0, -60.0, -30.0, 0.0, 30.0, 60.0, 90.0]);
        assert_eq!(axis_ticks(Axis::Hue, -PI, PI, 7), [-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0]);
        assert_eq!(axis_ticks(Axis::Angle, -90.0, 90.0, 5), [-90.0, -45.0, 0.0, 45.0, 90.0]);
        assert_eq!(decimal_ticks(-0.5, 0.5, 7).len(), 5);
        assert_eq!(decimal_ticks(0.0, 1.0, 4), [0.0, 0.5, 1.0]);
        assert_eq!(decimal_ticks(0.0, 1e12, 4), [0.0, 1e12]);
    }

    #[test]
    fn decades_have_round_ticks_and_room() {
        let scale = decades([3.0, 40.0].into_iter(), "");
        assert_eq!(scale.ticks[0].iter().map(|&log| power(log)).collect::<Vec<_>>(), ["5", "10", "20", "50"]);
        assert!(scale.low < 3_f64.log10() && scale.high > 40_f64.log10());
        let narrow = decades([21.0, 23.0].into_iter(), "");
        assert!(
            narrow.ticks[0].len() >= 3,
            "{:?}",
            narrow.ticks[0].iter().map(|&log| power(log)).collect::<Vec<_>>()
        );
        let wide = decades([1e-7, 1.0].into_iter(), "");
        assert_eq!(wide.ticks[0].iter().map(|&log| power(log)).collect::<Vec<_>>()[..2], ["1e-7", "1e-6"]);
    }

    #[test]
    fn factors_are_told_as_factors() {
        let ticks = axis_ticks(Axis::Gamma, -0.5, 0.5, 5);
        let said: Vec<String> = ticks.into_iter().map(axis_label(Axis::Gamma)).collect();
        assert_eq!(said, ["0.8", "1", "1.2", "1.4"]);
    }

    #[test]
    fn ticks_have_no_useless_digits() {
        for (value, text) in [(-90.0, "-90"), (0.25, "0.25"), (-0.0001, "0"), (100.0, "100"), (0.5, "0.5")] {
            assert_eq!(short(value), text);
        }
    }
}
