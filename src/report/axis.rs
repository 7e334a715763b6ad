//! Values along an axis.

use super::cell::{Cell, Form};
use crate::types::{Attack, Axis, Interval};

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
    Cell::Number(Some(distance), with_figures(axis, size(axis, distance))).short()
}

/// From one value of an axis to another around 0 in words, both rounded towards 0: what is said to hold was seen to hold. `two_sided`
/// says whether the axis goes below 0 at all.
pub(super) fn span_on_axis(axis: Axis, Interval { low, high }: Interval, two_sided: bool) -> String {
    let ends = [low, high].map(|end| size(axis, end).abs());
    let least = ends.into_iter().filter(|end| *end > 0.0).reduce(f64::min);
    let (decimals, unit) = match with_figures(axis, least.unwrap_or(f64::INFINITY)) {
        Form::Unit(decimals, unit) => (decimals, format!(" {unit}")),
        Form::Decimals(decimals) | Form::Factor(decimals) => (decimals, String::new()),
        _ => (2, String::new()),
    };
    let shown = |value: f64| {
        let steps = 10_f64.powi(decimals as i32);
        let value = (size(axis, value) * steps * (1.0 + 1e-12)).trunc() / steps;
        // No "-0.00".
        let value = if value == 0.0 { 0.0 } else { value };
        if is_factor(axis) { format!("x{:.decimals$}", 1.0 + value) } else { format!("{value:+.decimals$}") }
    };
    if low == 0.0 && !two_sided {
        format!("up to {}{unit}", shown(high))
    } else {
        format!("from {} to {}{unit}", shown(low), shown(high))
    }
}

/// A value as it is seen: of an axis of factors the factor less one.
fn size(axis: Axis, value: f64) -> f64 {
    if is_factor(axis) { value.exp2() - 1.0 } else { value }
}

/// The form of an axis with as many more decimals as show two figures of a size.
fn with_figures(axis: Axis, size: f64) -> Form {
    let usual = form(Attack::Single(axis));
    let fine = |form: &Form| match *form {
        Form::Decimals(decimals) | Form::Unit(decimals, _) | Form::Factor(decimals) => {
            size * 10_f64.powi(decimals as i32) >= 9.5
        }
        _ => true,
    };
    (0..MORE).map(|more| usual.with_more(more)).find(fine).unwrap_or(usual.with_more(MORE))
}

/// The ends of a span in units of everyday use, where the axis has others, rounded towards no change.
pub(super) fn in_daily_units(
    axis: Axis,
    Interval { low, high }: Interval,
    two_sided: bool,
) -> Option<String> {
    let between = |[from, to]: [f64; 2], unit: &str| {
        // Towards each other, whichever is the larger.
        let (up, down) = (|end: f64| (end - 1e-9).ceil(), |end: f64| (end + 1e-9).floor());
        let (from, to) = if from <= to { (up(from), down(to)) } else { (down(from), up(to)) };
        if low == 0.0 && !two_sided {
            format!("up to {to:.0}{unit}")
        } else {
            format!("{from:.0} to {to:.0}{unit}")
        }
    };
    let light = [low, high].map(|stops| 100.0 * stops.exp2());
    Some(match axis {
        Axis::Exposure => between(light, " % of the light"),
        Axis::LightX | Axis::LightY => between(light, " % of the light at one edge"),
        Axis::Vignette => {
            between([low, high].map(|stops| 100.0 * (-stops).exp2()), " % of the light at the corners")
        }
        Axis::Shadow => {
            let left = (100.0 * (-high).exp2() - 1e-9).ceil();
            format!("down to {left:.0} % of the light")
        }
        Axis::Temperature => {
            let kelvin = |mired: f64| 1e6 / (1e6 / DAYLIGHT + mired);
            between([low, high].map(kelvin), " K where the lamp has 5500 K")
        }
        Axis::Hue => between([low, high].map(f64::to_degrees), " degrees of the colour circle"),
        Axis::Brightness => between([low, high].map(|share| 255.0 * share), " of 255 levels"),
        Axis::TranslateX | Axis::TranslateY => {
            let side = if axis == Axis::TranslateX { "width" } else { "height" };
            let percent = |share: f64| (1e4 * share * (1.0 + 1e-12)).trunc() / 100.0;
            format!("{:.2} to {:.2} % of the {side}", percent(low), percent(high))
        }
        Axis::Jpeg => format!("down to quality {:.0}", (100.0 - high).ceil()),
        _ => return None,
    })
}

/// Colour temperature of the lamp that shifts of temperature are told for, in kelvin.
const DAYLIGHT: f64 = 5500.0;

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
                Axis::Mirror => "1 left and right exchanged, 2 upside down, 3 both",
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
        Attack::Single(Axis::Mirror) => Form::Decimals(0),
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
    fn a_span_never_says_more_than_was_seen() {
        let said = |axis, low, high| span_on_axis(axis, Interval { low, high }, low < 0.0);
        assert_eq!(said(Axis::Exposure, -0.759, 0.4999), "from -0.75 to +0.49 stops");
        assert_eq!(said(Axis::Exposure, -0.3, 0.3), "from -0.30 to +0.30 stops");
        assert_eq!(said(Axis::Blur, 0.0, 1.239), "up to +1.23 px");
        assert_eq!(said(Axis::TranslateX, -0.1, 0.001_69), "from -0.1000 to +0.0016");
        let none_below = Interval { low: 0.0, high: 0.085 };
        assert_eq!(span_on_axis(Axis::Hue, none_below, true), "from +0.000 to +0.085 rad");
        assert_eq!(said(Axis::Gamma, -0.5, 0.5), "from x0.71 to x1.41");
        assert_eq!(said(Axis::Angle, -0.000_000_01, 2.0), "from +0.0000000 to +2.0000000 deg");
    }

    #[test]
    fn units_of_everyday_use() {
        let said = |axis, low, high| in_daily_units(axis, Interval { low, high }, true).unwrap();
        assert_eq!(said(Axis::Exposure, -1.0, 0.4999), "50 to 141 % of the light");
        assert_eq!(said(Axis::Vignette, -0.5, 1.0), "141 to 50 % of the light at the corners");
        assert_eq!(said(Axis::Shadow, 0.0, 2.0), "down to 25 % of the light");
        // 1e6 / (1e6 / 5500 + 32.7) = 4661.6 and 1e6 / (1e6 / 5500 - 32.7) = 6706.1
        assert_eq!(said(Axis::Temperature, -32.7, 32.7), "6706 to 4662 K where the lamp has 5500 K");
        assert_eq!(said(Axis::Hue, -0.1, 0.1), "-5 to 5 degrees of the colour circle");
        assert_eq!(said(Axis::Brightness, -0.2, 0.03), "-51 to 7 of 255 levels");
        assert_eq!(said(Axis::TranslateX, -0.1, 0.001_69), "-10.00 to 0.16 % of the width");
        assert_eq!(said(Axis::Jpeg, 0.0, 30.5), "down to quality 70");
        assert_eq!(in_daily_units(Axis::Angle, Interval { low: -1.0, high: 1.0 }, true), None);
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
