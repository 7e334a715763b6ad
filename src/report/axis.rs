//! Values along an axis.

use super::cell::{Cell, Form};
use crate::types::{Attack, Axis};

/// Most decimals beyond the usual ones.
const MORE: usize = 5;

/// A value of the attack's axis: for readers with its unit, where there is one, and as a factor where the axis is the logarithm of
/// one.
pub(super) fn on_axis(attack: Attack, value: Option<f64>) -> Cell {
    Cell::Number(value, form(attack))
}

/// From where a decision was last seen to hold to where it was first seen flipped, in the unit of the attack's axis, with as many
/// decimals as tell the two apart.
pub(super) fn interval_on_axis(attack: Attack, held: Option<f64>, flipped: f64) -> Cell {
    let usual = form(attack);
    let shown = |form: Form, value: f64| Cell::Number(Some(value), form).short();
    let apart = |form: &Form| held.is_none_or(|held| shown(*form, held) != shown(*form, flipped));
    let form = (0..MORE).map(|more| usual.with_more(more)).find(apart).unwrap_or(usual);
    let first = if let Form::Unit(decimals, _) = form { Form::Decimals(decimals) } else { form };
    Cell::Several(" to ", vec![Cell::Number(held, first), Cell::Number(Some(flipped), form)])
}

/// A distance along an axis in words, with at least two figures that are not 0.
pub(super) fn distance_on_axis(axis: Axis, distance: f64) -> String {
    let usual = form(Attack::Single(axis));
    let size = if let Form::Factor(_) = usual { distance.exp2() - 1.0 } else { distance };
    let fine = |form: &Form| match *form {
        Form::Decimals(decimals) | Form::Unit(decimals, _) | Form::Factor(decimals) => {
            size * 10_f64.powi(decimals as i32) >= 9.5
        }
        _ => true,
    };
    let form = (0..MORE).map(|more| usual.with_more(more)).find(fine).unwrap_or(usual.with_more(MORE));
    Cell::Number(Some(distance), form).short()
}

/// A note on what the values of these axes are whose cells do not say it; `factor` is what one of an axis of factors is.
pub(super) fn units(axes: impl IntoIterator<Item = Axis>, factor: &str) -> Option<String> {
    let mut axes: Vec<Axis> = axes.into_iter().collect();
    axes.sort_unstable();
    axes.dedup();
    let said: Vec<String> = axes
        .into_iter()
        .filter_map(|axis| {
            let unit = match axis {
                Axis::Saturation => "a share of full saturation",
                Axis::TranslateX => "a share of the picture's width",
                Axis::TranslateY => "a share of the picture's height",
                Axis::Brightness => "a share of full brightness",
                Axis::Jpeg => "100 less the quality",
                Axis::Glare => "a share of white light",
                _ if is_factor(axis) => factor,
                _ => return None,
            };
            Some(format!("{axis}: {unit}"))
        })
        .collect();
    (!said.is_empty()).then(|| format!("values without a unit: {}", said.join("; ")))
}

fn is_factor(axis: Axis) -> bool {
    matches!(axis, Axis::Scale | Axis::Contrast | Axis::Gamma)
}

fn form(attack: Attack) -> Form {
    match attack {
        Attack::Single(Axis::Angle | Axis::TiltX | Axis::TiltY) => Form::Unit(2, "deg"),
        Attack::Single(Axis::Hue) => Form::Unit(3, "rad"),
        Attack::Single(Axis::Temperature) => Form::Unit(1, "mired"),
        Attack::Single(Axis::Blur | Axis::Defocus | Axis::MotionX | Axis::MotionY) => Form::Unit(2, "px"),
        Attack::Single(
            Axis::Tint | Axis::LightX | Axis::LightY | Axis::Vignette | Axis::Exposure | Axis::Shadow,
        ) => Form::Unit(2, "stops"),
        Attack::Single(Axis::Noise) => Form::Unit(2, "levels"),
        Attack::Single(Axis::Jpeg) => Form::Decimals(1),
        Attack::Single(axis) if is_factor(axis) => Form::Factor(2),
        _ => Form::Decimals(3),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_of_an_interval_are_told_apart() {
        let said = |axis, held, flipped| interval_on_axis(Attack::Single(axis), Some(held), flipped).short();
        assert_eq!(said(Axis::Saturation, 0.02381, 0.02394), "0.0238 to 0.0239");
        assert_eq!(said(Axis::Saturation, 0.1, 0.2), "0.100 to 0.200");
        assert_eq!(said(Axis::Gamma, 0.5, 0.51), "x1.41 to x1.42");
        assert_eq!(said(Axis::Gamma, 0.5, 0.5002), "x1.4142 to x1.4144");
        assert_eq!(said(Axis::Angle, 12.0, 12.5), "12.00 to 12.50 deg");
    }

    #[test]
    fn a_factor_is_told_as_one_and_written_as_its_logarithm() {
        for axis in [Axis::Scale, Axis::Contrast, Axis::Gamma] {
            let cell = on_axis(Attack::Single(axis), Some(-0.5));
            assert_eq!((cell.short().as_str(), cell.exact()), ("x0.71", vec!["-0.5".to_owned()]));
        }
    }

    #[test]
    fn a_distance_has_figures_that_tell_something() {
        assert_eq!(distance_on_axis(Axis::Angle, 3.0), "3.00 deg");
        assert_eq!(distance_on_axis(Axis::Angle, 3.0 / 64.0), "0.047 deg");
        assert_eq!(distance_on_axis(Axis::Brightness, 1e-9), "0.00000000");
        assert_eq!(distance_on_axis(Axis::Gamma, 0.5 / 30.0), "x1.012");
        assert_eq!(distance_on_axis(Axis::Gamma, 0.5 / 30.0 / 64.0), "x1.00018");
    }

    #[test]
    fn a_note_names_the_units_that_cells_do_not_show() {
        assert_eq!(units([Axis::Angle, Axis::Hue], "a factor"), None);
        assert_eq!(
            units([Axis::Gamma, Axis::TranslateX, Axis::Gamma], "a factor").unwrap(),
            "values without a unit: translate-x: a share of the picture's width; gamma: a factor"
        );
        let silent = |axis: &Axis| matches!(form(Attack::Single(*axis)), Form::Decimals(_) | Form::Factor(_));
        for axis in Axis::ALL.into_iter().filter(silent) {
            assert!(units([axis], "a factor").is_some(), "{axis}");
        }
    }
}
