//! Values along an axis.

use super::cell::{Cell, Form};
use crate::types::{Attack, Axis};

/// A value of the attack's axis: for readers with its unit, where there is one.
pub(super) fn on_axis(attack: Attack, value: Option<f64>) -> Cell {
    let form = match attack {
        Attack::Single(Axis::Angle) => Form::Unit(2, "deg"),
        Attack::Single(Axis::Hue) => Form::Unit(3, "rad"),
        Attack::Single(Axis::Temperature) => Form::Unit(1, "mired"),
        Attack::Single(Axis::Blur) => Form::Unit(2, "px"),
        Attack::Single(Axis::Jpeg) => Form::Decimals(1),
        _ => Form::Decimals(3),
    };
    Cell::Number(value, form)
}
