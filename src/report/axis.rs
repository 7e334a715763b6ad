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

/// From where a decision was last seen to hold to where it was first seen flipped, in the unit of the attack's axis.
pub(super) fn interval_on_axis(attack: Attack, held: Option<f64>, flipped: Option<f64>) -> Cell {
    let flipped = on_axis(attack, flipped);
    let held = match flipped {
        Cell::Number(_, Form::Unit(decimals, _)) => Cell::Number(held, Form::Decimals(decimals)),
        _ => on_axis(attack, held),
    };
    Cell::Several(" to ", vec![held, flipped])
}
