//! Values that flags take and the library does not read from text.

use std::str::FromStr;

use askance::error::{Error, Result};
use askance::types::{Axis, Frame, Interval, Shard, axes_named};

/// What one word of a list of axes stands for: an axis, a pair or a group.
#[derive(Clone, Debug)]
pub struct Axes(Vec<Axis>);

impl Axes {
    /// All axes of a list, each once, in the order in which they are named first.
    pub fn all(list: &[Self]) -> Vec<Axis> {
        let mut axes = Vec::new();
        for &axis in list.iter().flat_map(|Self(axes)| axes) {
            if !axes.contains(&axis) {
                axes.push(axis);
            }
        }
        axes
    }
}

impl FromStr for Axes {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        axes_named(text).map(Self)
    }
}

/// A shard by its number, or that of the scheduler.
#[derive(Clone, Copy, Debug)]
pub enum ShardChoice {
    Auto,
    Given(Shard),
}

impl FromStr for ShardChoice {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        if text == "auto" { Ok(Self::Auto) } else { text.parse().map(Self::Given) }
    }
}

/// Names of a list in a sentence.
pub fn listed(names: &[&str]) -> String {
    names.join(", ")
}

pub fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("give at least 1".to_owned()),
        Ok(number) => Ok(number),
        Err(_) => Err("give a whole number of at least 1".to_owned()),
    }
}

pub fn interval(text: &str) -> Result<Interval> {
    two(text, "-90,90").map(|(low, high)| Interval { low, high })
}

pub fn place(text: &str) -> Result<(f64, f64)> {
    two(text, "0.25,0.75")
}

fn two(text: &str, example: &str) -> Result<(f64, f64)> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    match numbers.as_deref() {
        Ok(&[one, other]) => Ok((one, other)),
        _ => {
            let fix = format!("give them with a comma between, such as {example}");
            Err(Error::usage(text, "is not two numbers", fix))
        }
    }
}

/// How far an axis may go, or which values of a list there are.
#[derive(Clone, Debug)]
pub enum Range {
    Interval(Interval),
    Values(Vec<f64>),
}

/// The bounds of one axis, as they were given.
#[derive(Clone, Debug)]
pub struct AxisRange {
    pub axis: Axis,
    pub range: Range,
    pub text: String,
}

impl FromStr for AxisRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (axis, bounds) = text.split_once('=').ok_or_else(|| {
            Error::usage(text, "is not an axis with its bounds", "give both, such as brightness=-0.3,0.3")
        })?;
        let axis: Axis = axis.trim().parse()?;
        let range = if axis.is_list() {
            Range::Values(numbers(axis, bounds)?)
        } else {
            Range::Interval(interval(bounds)?)
        };
        Ok(Self { axis, range, text: text.to_owned() })
    }
}

fn numbers(axis: Axis, text: &str) -> Result<Vec<f64>> {
    let numbers: Result<Vec<f64>, _> = text.split(',').map(|part| part.trim().parse()).collect();
    numbers.map_err(|_| {
        let values: Vec<String> = (1..=axis.limits().high as u8).map(|value| value.to_string()).collect();
        let values = values.join(", ");
        let fix =
            format!("give some of {values} with commas between; 0, the unchanged picture, is always one");
        Error::usage(format!("{axis}={text}"), format!("is no part of the list 0, {values}"), fix)
    })
}

pub fn frame(text: &str) -> Result<Frame> {
    match text {
        "derotated" => Ok(Frame::Derotated),
        "rotated-mask" => Ok(Frame::RotatedMask),
        _ => Err(Error::usage(text, "is not a frame", "use derotated or rotated-mask")),
    }
}
