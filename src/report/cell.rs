//! Cells and columns of a table.

use crate::types::Interval;

/// One cell.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cell {
    /// Words.
    Text(String),
    /// A whole number; nothing where it is not known.
    Count(Option<usize>),
    /// A number with the form that readers see; nothing where it is not known.
    Number(Option<f64>, Form),
    /// A share, written in percent; nothing where it is not known.
    Share(Option<f64>),
    /// A difference of shares, written in points with its sign; nothing where it is not known.
    Points(Option<f64>),
    /// Several values, and what readers see between them.
    Several(&'static str, Vec<Self>),
    /// A share or points with the 95 % interval over samples, where there is one.
    Sure {
        /// The value.
        value: Box<Self>,
        /// Its interval.
        interval: Option<Interval>,
        /// Whether readers see the interval.
        shown: bool,
    },
}

/// How readers see a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// So many decimals.
    Decimals(usize),
    /// So many decimals, and a unit behind them.
    Unit(usize, &'static str),
    /// A logarithm to the base 2, shown as the factor with so many decimals.
    Factor(usize),
    /// So many decimals, with the sign in front.
    Signed(usize),
    /// Three figures, or all before the point.
    ThreeFigures,
    /// One figure and the power of ten.
    Magnitude,
    /// A share as whole percent, with the sign `%`.
    Percent,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What readers see above it.
    pub head: String,
    /// Names in CSV, one for each value that its cells hold.
    pub names: Vec<String>,
    /// Whether its cells are aligned right, as numbers are.
    pub right: bool,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// A whole number that is known.
    pub fn count(count: usize) -> Self {
        Self::Count(Some(count))
    }

    /// Two shares, written in percent as `93.5 / 78.0`.
    pub fn shares(first: Option<f64>, second: Option<f64>) -> Self {
        Self::Several(" / ", vec![Self::Share(first), Self::Share(second)])
    }

    /// A share with its interval, which only programs read.
    pub fn sure(value: Option<f64>, interval: Option<Interval>) -> Self {
        Self::Sure { value: Box::new(Self::Share(value)), interval, shown: false }
    }

    /// The same cell with its interval, where it has one, for readers too: `93.5 (90.1 to 95.0)`.
    #[must_use]
    pub fn with_interval(self) -> Self {
        match self {
            Self::Sure { value, interval, .. } => Self::Sure { value, interval, shown: true },
            other => other,
        }
    }

    /// Whether there is an interval.
    pub(super) fn has_interval(&self) -> bool {
        matches!(self, Self::Sure { interval: Some(_), .. })
    }

    /// A count and what it is a part of, written as `3 of 5`.
    pub fn part(count: usize, all: usize) -> Self {
        Self::Several(" of ", vec![Self::count(count), Self::count(all)])
    }

    /// What readers see: a dash where a value is not known.
    pub fn short(&self) -> String {
        let or_dash = |known: Option<String>| known.unwrap_or_else(|| "-".to_owned());
        match self {
            Self::Text(text) => text.clone(),
            Self::Count(count) => or_dash(count.map(|count| count.to_string())),
            Self::Number(value, form) => or_dash(value.map(|value| form.short(value))),
            Self::Share(value) => or_dash(value.map(|value| format!("{:.1}", percent(value)))),
            Self::Points(value) => or_dash(value.map(|value| format!("{:+.1}", percent(value)))),
            Self::Several(between, cells) => cells.iter().map(Self::short).collect::<Vec<_>>().join(between),
            Self::Sure { value, interval: Some(Interval { low, high }), shown: true } => {
                format!("{} ({:.1} to {:.1})", value.short(), percent(*low), percent(*high))
            }
            Self::Sure { value, .. } => value.short(),
        }
    }

    /// What programs read, one text for each value: the value itself, shares in [0, 1]; empty where it is not known.
    pub fn exact(&self) -> Vec<String> {
        match self {
            Self::Text(text) => vec![text.clone()],
            Self::Count(count) => vec![count.map_or_else(String::new, |count| count.to_string())],
            Self::Number(value, _) | Self::Share(value) | Self::Points(value) => {
                vec![value.map_or_else(String::new, |value| value.to_string())]
            }
            Self::Several(_, cells) => cells.iter().flat_map(Self::exact).collect(),
            Self::Sure { value, interval, .. } => {
                let ends = [interval.map(|ends| ends.low), interval.map(|ends| ends.high)];
                let ends = ends.map(|end| end.map_or_else(String::new, |end| end.to_string()));
                value.exact().into_iter().chain(ends).collect()
            }
        }
    }
}

/// A share in percent as it is written with one decimal: no "-0.0".
pub(super) fn percent(share: f64) -> f64 {
    if (100.0 * share).abs() < 0.05 { 0.0 } else { 100.0 * share }
}

impl Form {
    /// The same with more decimals, where it has a number of them.
    pub(super) fn with_more(self, more: usize) -> Self {
        match self {
            Self::Decimals(decimals) => Self::Decimals(decimals + more),
            Self::Unit(decimals, unit) => Self::Unit(decimals + more, unit),
            Self::Factor(decimals) => Self::Factor(decimals + more),
            Self::Signed(decimals) => Self::Signed(decimals + more),
            other => other,
        }
    }

    fn short(self, value: f64) -> String {
        match self {
            Self::Decimals(decimals) => format!("{value:.decimals$}"),
            Self::Unit(decimals, unit) => format!("{value:.decimals$} {unit}"),
            Self::Factor(decimals) => format!("x{:.decimals$}", value.exp2()),
            Self::Signed(decimals) => {
                // No "-0.00".
                let shown = value.abs() >= 0.5 * 10_f64.powi(-(decimals as i32));
                format!("{:+.decimals$}", if shown { value } else { 0.0 })
            }
            Self::ThreeFigures if value >= 100.0 => format!("{value:.0}"),
            Self::ThreeFigures if value >= 10.0 => format!("{value:.1}"),
            Self::ThreeFigures => format!("{value:.2}"),
            Self::Magnitude if value == 0.0 => "0".to_owned(),
            Self::Magnitude => format!("{value:.0e}"),
            Self::Percent => format!("{:.0} %", 100.0 * value),
        }
    }
}

impl Column {
    /// A column of words, aligned left.
    pub fn words(head: impl Into<String>) -> Self {
        let head = head.into();
        Self { names: vec![head.clone()], head, right: false }
    }

    /// A column of numbers, aligned right.
    pub fn numbers(head: impl Into<String>) -> Self {
        Self { right: true, ..Self::words(head) }
    }

    /// A column of numbers with their intervals ([`Cell::sure`]).
    pub fn sure(head: impl Into<String>) -> Self {
        let head = head.into();
        let names = ["", " low", " high"].map(|end| format!("{head}{end}"));
        Self::numbers(head).named(names)
    }

    /// The same column with other names in CSV: where its cells hold several values, or two columns have the same head.
    #[must_use]
    pub fn named<N: Into<String>>(self, names: impl IntoIterator<Item = N>) -> Self {
        Self { names: names.into_iter().map(Into::into).collect(), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(form: Form, value: f64) -> String {
        Cell::Number(Some(value), form).short()
    }

    #[test]
    fn readers_see_the_figures_that_matter() {
        assert_eq!([1.234, 12.34, 1234.5].map(|v| short(Form::ThreeFigures, v)), ["1.23", "12.3", "1234"]);
        assert_eq!([0.0123, 0.0].map(|v| short(Form::Magnitude, v)), ["1e-2", "0"]);
        assert_eq!([-0.001, 0.3, -0.005].map(|v| short(Form::Signed(2), v)), ["+0.00", "+0.30", "-0.01"]);
        assert_eq!(short(Form::Decimals(1), 18.0), "18.0");
        assert_eq!(short(Form::Unit(2, "deg"), 11.25), "11.25 deg");
        assert_eq!(short(Form::Percent, 0.254), "25 %");
        assert_eq!(Cell::part(3, 5).short(), "3 of 5");
        assert_eq!(Cell::shares(Some(0.935), None).short(), "93.5 / -");
    }

    #[test]
    fn what_is_not_known_is_a_dash_for_readers_and_empty_for_programs() {
        for cell in
            [Cell::Count(None), Cell::Number(None, Form::Percent), Cell::Share(None), Cell::Points(None)]
        {
            assert_eq!((cell.short().as_str(), cell.exact()), ("-", vec![String::new()]));
        }
    }

    #[test]
    fn an_interval_is_for_programs_and_for_readers_who_ask() {
        let ends = Some(Interval { low: -0.0625, high: 0.5 });
        let cell = Cell::sure(Some(0.25), ends);
        assert_eq!(
            (cell.short(), cell.exact().join(",")),
            ("25.0".to_owned(), "0.25,-0.0625,0.5".to_owned())
        );
        assert_eq!(cell.with_interval().short(), "25.0 (-6.2 to 50.0)");
        assert_eq!(
            Cell::sure(Some(0.0), Some(Interval { low: -0.0004, high: 0.0004 })).with_interval().short(),
            "0.0 (0.0 to 0.0)"
        );
        let none = Cell::sure(Some(0.25), None);
        assert_eq!((none.exact().join(","), none.with_interval().short()), ("0.25,,".into(), "25.0".into()));
        assert_eq!(Column::sure("clean").names, ["clean", "clean low", "clean high"]);
    }

    #[test]
    fn programs_read_every_digit() {
        assert_eq!(Cell::Number(Some(0.123_456_789), Form::Percent).exact(), ["0.123456789"]);
        assert_eq!(Cell::Number(Some(11.25), Form::Unit(0, "deg")).exact(), ["11.25"]);
        assert_eq!(Cell::shares(Some(0.5), None).exact(), ["0.5", ""]);
        assert_eq!(Cell::part(3, 5).exact(), ["3", "5"]);
    }
}
