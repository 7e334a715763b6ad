//! The frame of a chart: axes, ticks, and places of values. Pure.

use std::fmt::Write as _;

use super::html::escape;

const LEFT: f64 = 56.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 44.0;

/// Share of its own size below which no chart is drawn, so that its words can be read. It scrolls where there is less room.
const LEAST: f64 = 0.85;

/// A scale of a chart.
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    /// Values with a line and their text.
    pub(super) ticks: Vec<(f64, String)>,
    pub(super) title: String,
}

impl Scale {
    /// A scale with about `count` round ticks.
    pub(super) fn round(low: f64, high: f64, count: usize, title: impl Into<String>) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let ticks = round_ticks(low, high, count);
        let decimals = decimals(&ticks);
        let ticks = ticks.into_iter().map(|tick| (tick, format!("{tick:.decimals$}"))).collect();
        Self { low, high, ticks, title: title.into() }
    }

    /// Percent from 0 to 100 of shares in [0, 1].
    pub(super) fn percent(title: impl Into<String>) -> Self {
        let ticks = (0..=5).map(|tick| (f64::from(tick) / 5.0, (tick * 20).to_string())).collect();
        Self { low: 0.0, high: 1.0, ticks, title: title.into() }
    }
}

/// A chart of some size in its own units.
pub(super) struct Frame {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) x: Scale,
    pub(super) y: Scale,
    /// What the chart is.
    pub(super) title: String,
    /// What it shows, for those who cannot see it.
    pub(super) says: String,
}

impl Frame {
    /// Place of a value across.
    pub(super) fn x(&self, value: f64) -> f64 {
        let share = (value - self.x.low) / (self.x.high - self.x.low);
        LEFT + share.clamp(0.0, 1.0) * (self.width - LEFT - RIGHT)
    }

    /// Place of a value upwards.
    pub(super) fn y(&self, value: f64) -> f64 {
        let share = (value - self.y.low) / (self.y.high - self.y.low);
        self.height - BOTTOM - share.clamp(0.0, 1.0) * (self.height - TOP - BOTTOM)
    }

    /// The chart with what is drawn in it.
    pub(super) fn svg(&self, body: &str) -> String {
        let (width, height) = (self.width, self.height);
        let (bottom, right) = (height - BOTTOM, width - RIGHT);
        let mut axes = String::new();
        for (value, text) in &self.y.ticks {
            let y = self.y(*value);
            let _ = write!(
                axes,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 5.0,
                y + 4.0,
                escape(text)
            );
        }
        for (value, text) in &self.x.ticks {
            let _ = write!(
                axes,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                self.x(*value),
                bottom + 20.0,
                escape(text)
            );
        }
        let least = LEAST * width;
        format!(
            "<figure><figcaption>{title}</figcaption><svg viewBox=\"0 0 {width} {height}\" width=\"{width}\" style=\"min-width:{least:.0}px\" role=\"img\" \
             aria-label=\"{title}. {says}\"><title>{title}</title><desc>{says}</desc>{axes}{body}\
             <line class=\"axis\" x1=\"{LEFT}\" x2=\"{right}\" y1=\"{bottom}\" y2=\"{bottom}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
             <text transform=\"translate(11 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text></svg></figure>",
            (LEFT + right) / 2.0,
            height - 6.0,
            escape(&self.x.title),
            (TOP + bottom) / 2.0,
            escape(&self.y.title),
            title = escape(&self.title),
            says = escape(&self.says),
        )
    }

    /// A line through points in the units of the scales.
    pub(super) fn line(&self, points: &[(f64, f64)], class: &str) -> String {
        let points: Vec<String> =
            points.iter().map(|&(x, y)| format!("{:.1},{:.1}", self.x(x), self.y(y))).collect();
        format!("<polyline class=\"line {class}\" points=\"{}\"/>", points.join(" "))
    }

    /// A bar from the floor of the chart, with what it says when it is pointed at.
    pub(super) fn bar(&self, (left, right): (f64, f64), top: f64, class: &str, says: &str) -> String {
        let (x, y) = (self.x(left), self.y(top));
        format!(
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}</title></rect>",
            (self.x(right) - x).max(0.5),
            self.height - BOTTOM - y,
            escape(says)
        )
    }
}

/// The names of series with their colours.
pub(super) fn legend(names: &[&str]) -> String {
    if names.len() < 2 {
        return String::new();
    }
    let entries = names.iter().enumerate().map(|(place, name)| {
        format!("<li><span class=\"key b{}\"></span>{}</li>", place % SERIES, escape(name))
    });
    format!("<ul class=\"legend\">{}</ul>", entries.collect::<String>())
}

/// Colours of series before they repeat.
pub(super) const SERIES: usize = 6;

/// Multiples of 1, 2 or 5 times a power of ten within the ends, about `count` of them.
fn round_ticks(low: f64, high: f64, count: usize) -> Vec<f64> {
    let rough = (high - low) / count.max(1) as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|step| step * power).into_iter().find(|&step| step >= rough * 0.999);
    let step = step.unwrap_or(10.0 * power);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|tick| tick as f64 * step).collect()
}

fn decimals(ticks: &[f64]) -> usize {
    let step = ticks.windows(2).next().map_or(1.0, |pair| pair[1] - pair[0]);
    (-step.log10()).ceil().clamp(0.0, 6.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within_the_ends() {
        assert_eq!(round_ticks(-90.0, 90.0, 4), [-50.0, 0.0, 50.0]);
        let texts: Vec<String> = Scale::round(0.0, 0.5, 5, "").ticks.into_iter().map(|tick| tick.1).collect();
        assert_eq!(texts, ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
    }

    #[test]
    fn a_value_lies_within_the_frame_and_text_is_escaped() {
        let frame = Frame {
            width: 300.0,
            height: 200.0,
            x: Scale::round(0.0, 1.0, 2, "<x>"),
            y: Scale::percent("share"),
            title: "a & b".into(),
            says: "\"nothing\"".into(),
        };
        assert_eq!((frame.y(0.0), frame.y(2.0)), (156.0, 12.0));
        let svg = frame.svg("");
        assert!(svg.contains("<title>a &amp; b</title>") && svg.contains("&lt;x&gt;"), "{svg}");
        assert!(svg.contains("&quot;nothing&quot;"), "{svg}");
    }

    #[test]
    fn a_column_of_charts_has_room_for_the_least_width_of_the_widest() {
        /// Width of charts of sweeps and searches.
        const WIDEST: f64 = 330.0;
        let css = include_str!("page.css");
        let columns = css.lines().find(|line| line.starts_with(".charts{")).unwrap();
        let least = columns.split_once("minmax(min(100%,").unwrap().1.split_once("px").unwrap().0;
        assert!(least.parse::<f64>().unwrap() >= LEAST * WIDEST, "{columns}");
    }
}
