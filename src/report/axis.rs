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

/// From where a decision was last seen to hold to where it was first seen flipped, in the unit of the attack's axis, with as many
/// decimals as tell the two apart.
pub(super) fn interval_on_axis(attack: Attack, held: Option<f64>, flipped: Option<f64>) -> Cell {
    let flipped = on_axis(attack, flipped);
    let (value, decimals, unit) = match flipped {
        Cell::Number(Some(value), Form::Unit(decimals, unit)) => (value, decimals, Some(unit)),
        Cell::Number(Some(value), Form::Decimals(decimals)) => (value, decimals, None),
        _ => return Cell::Several(" to ", vec![on_axis(attack, held), flipped]),
    };
    let apart = |&decimals: &usize| {
        held.is_none_or(|held| format!("{held:.decimals$}") != format!("{value:.decimals$}"))
    };
    let decimals = (decimals..decimals + 4).find(apart).unwrap_or(decimals);
    let form = unit.map_or(Form::Decimals(decimals), |unit| Form::Unit(decimals, unit));
    Cell::Several(" to ", vec![Cell::Number(held, Form::Decimals(decimals)), Cell::Number(Some(value), form)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_an_interval_are_told_apart() {
        let said =
            |held, flipped| interval_on_axis(Attack::Single(Axis::Gamma), Some(held), Some(flipped)).short();
        assert_eq!(said(0.02381, 0.02394), "0.0238 to 0.0239");
        assert_eq!(said(0.1, 0.2), "0.100 to 0.200");
    }
}
