//! The bounds of perturbations.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Axis, Interval};
use crate::error::{Error, Result};

/// The interval within which each axis is searched, and of a list which of its values. Files have it as a table with a key for each
/// [`Axis::column`]; a missing key means the default. A list of which values within its interval are left out is written as its values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    intervals: [Interval; Axis::COUNT],
    /// The values of each list that are left out, a bit for each.
    left_out: [u8; Axis::COUNT],
}

/// More values than any list has.
const MOST_LISTED: f64 = u8::BITS as f64;

impl Default for Bounds {
    /// Bounds with [`Axis::default_bounds`] on every axis: for the paper's three +-90 degrees, +-pi and
    /// +-0.5.
    fn default() -> Self {
        Self { intervals: Axis::ALL.map(Axis::default_bounds), left_out: [0; Axis::COUNT] }
    }
}

impl Bounds {
    /// The bounds of one axis.
    pub const fn get(&self, axis: Axis) -> Interval {
        self.intervals[axis as usize]
    }

    /// These bounds with `interval` on one axis in place of what was there.
    #[must_use]
    pub const fn with(mut self, axis: Axis, interval: Interval) -> Self {
        self.intervals[axis as usize] = interval;
        self.left_out[axis as usize] = 0;
        self
    }

    /// These bounds with only these values of a list, and 0, which is always among them. What a list cannot have, [`Self::validate`] refuses.
    #[must_use]
    pub fn with_values(self, axis: Axis, values: &[f64]) -> Self {
        let low = values.iter().copied().fold(0.0, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        let is_odd = |value: &&f64| value.fract() != 0.0 || !(0.0..MOST_LISTED).contains(*value);
        if let Some(&odd) = values.iter().find(is_odd).filter(|_| axis.is_list()) {
            let (low, high) = if odd < 0.0 { (odd, 0.0) } else { (0.0, odd) };
            return self.with(axis, Interval { low, high });
        }
        let mut bounds = self.with(axis, Interval { low, high });
        if axis.is_list() {
            let is_left_out = |value: &u8| *value > 0 && !values.contains(&f64::from(*value));
            bounds.left_out[axis as usize] =
                (0..high as u8).filter(is_left_out).fold(0, |bits, value| bits | 1 << value);
        }
        bounds
    }

    /// The values that an axis may have, if it is a list: in order, 0 among them.
    pub fn values(&self, axis: Axis) -> Option<Vec<f64>> {
        let Interval { low, high } = self.get(axis);
        let is_there = |value: &u8| self.left_out[axis as usize] & (1 << value) == 0;
        let values = || (low as u8..=high as u8).filter(is_there).map(f64::from).collect();
        axis.is_list().then(values)
    }

    /// Whether an axis may have a value, but for what walking in steps loses at its ends.
    pub fn holds(&self, axis: Axis, value: f64) -> bool {
        self.get(axis).holds(value) && self.values(axis).is_none_or(|values| values.contains(&value))
    }

    /// Whether the bounds of `axis` close a circle, so that both ends are one point.
    pub fn is_circular(&self, axis: Axis) -> bool {
        axis.full_turn().is_some_and(|turn| self.get(axis).width() >= turn * (1.0 - 1e-9))
    }

    /// The bounds of one axis in words: `-90 to 90`, of a list `0, 3`.
    pub fn told(&self, axis: Axis) -> String {
        let Interval { low, high } = self.get(axis);
        match self.values(axis) {
            Some(values) => values.iter().map(f64::to_string).collect::<Vec<_>>().join(", "),
            None => format!("{low} to {high}"),
        }
    }

    /// Number of values that an axis has, if it is a list.
    pub fn listed(&self, axis: Axis) -> Option<usize> {
        self.values(axis).map(|values| values.len())
    }

    /// Refuses bounds that are not finite, are reversed, leave identity out, are not whole numbers on a list, or go beyond a full turn or
    /// [`Axis::limits`].
    ///
    /// # Errors
    /// A usage error that names the axis.
    pub fn validate(&self) -> Result<()> {
        Axis::ALL.into_iter().try_for_each(|axis| validate(axis, self.get(axis)))
    }
}

fn validate(axis: Axis, Interval { low, high }: Interval) -> Result<()> {
    let refused = |problem: String, fix: &str| {
        Err(Error::setting(&format!("bounds.{axis}"), format_args!("{low},{high}"), problem, fix))
    };
    if !low.is_finite() || !high.is_finite() {
        return refused("is not finite".into(), "give two numbers");
    }
    if low > high {
        return refused("has its lower end above its upper end".into(), "exchange the two numbers");
    }
    let limits = axis.limits();
    if axis.is_list() {
        let values: Vec<String> = (1..=limits.high as u8).map(|value| value.to_string()).collect();
        let fix = format!("give some of {}; 0, the unchanged picture, is always one", values.join(", "));
        if low.fract() != 0.0 || high.fract() != 0.0 || low < limits.low || high > limits.high {
            return refused(format!("is no part of the list 0, {}", values.join(", ")), &fix);
        }
        if high == 0.0 {
            return refused("leaves nothing but the unchanged picture".into(), &fix);
        }
    }
    if low > 0.0 || high < 0.0 {
        return refused(
            "leaves out 0, the unchanged picture, which is always a candidate".into(),
            "let the interval contain 0",
        );
    }
    if let Some(turn) = axis.full_turn() {
        if high - low > turn * (1.0 + 1e-9) {
            return refused(format!("is wider than {turn:.4}"), "narrow it: values repeat beyond that");
        }
        return Ok(());
    }
    if low < limits.low || high > limits.high {
        return refused(format!("goes beyond {} to {}", limits.low, limits.high), "narrow it");
    }
    Ok(())
}

/// Bounds of an axis in a file. Values come first, since two of them would be read as the ends of an interval.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Values(Vec<f64>),
    Interval(Interval),
}

impl Serialize for Bounds {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Axis::COUNT))?;
        for axis in Axis::ALL {
            match self.values(axis).filter(|_| self.left_out[axis as usize] != 0) {
                Some(values) => map.serialize_entry(axis.column(), &values)?,
                None => map.serialize_entry(axis.column(), &self.get(axis))?,
            }
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Bounds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let table: BTreeMap<String, Written> = BTreeMap::deserialize(deserializer)?;
        table.into_iter().try_fold(Self::default(), |bounds, (key, written)| {
            let axis = Axis::ALL.into_iter().find(|axis| axis.column() == key);
            let axis = axis.ok_or_else(|| D::Error::custom(format!("{key} is not an axis")))?;
            match written {
                Written::Interval(interval) => Ok(bounds.with(axis, interval)),
                Written::Values(values) if axis.is_list() => Ok(bounds.with_values(axis, &values)),
                Written::Values(_) => Err(D::Error::custom(format!("{key} is no list"))),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(axis: Axis, low: f64, high: f64) -> Bounds {
        Bounds::default().with(axis, Interval { low, high })
    }

    #[test]
    fn only_a_full_turn_is_circular() {
        let default = Bounds::default();
        let circular: Vec<Axis> = Axis::ALL.into_iter().filter(|&axis| default.is_circular(axis)).collect();
        assert_eq!(circular, [Axis::Hue]);
        assert!(with(Axis::Angle, -180.0, 180.0).is_circular(Axis::Angle));
    }

    #[test]
    fn senseless_bounds_are_refused_by_name() {
        assert!(Bounds::default().validate().is_ok());
        for (low, high) in [(10.0, -10.0), (5.0, 10.0), (-200.0, 200.0), (f64::NAN, 1.0)] {
            let error = with(Axis::Angle, low, high).validate().unwrap_err();
            assert!(error.subject.starts_with("`bounds.angle = "), "{error}");
        }
        for (axis, low, high) in [
            (Axis::Blur, -1.0, 2.0),
            (Axis::Jpeg, 0.0, 100.0),
            (Axis::Temperature, -150.0, 0.0),
            (Axis::Scale, 0.1, 0.2),
        ] {
            let error = with(axis, low, high).validate().unwrap_err();
            assert!(error.subject.starts_with(&format!("`bounds.{axis} = ")), "{error}");
        }
        assert!(with(Axis::Saturation, -1.0, 1.0).validate().is_ok());
    }

    #[test]
    fn a_list_has_the_values_that_were_named_and_0() {
        let all = Bounds::default();
        assert_eq!(
            (all.values(Axis::Mirror).unwrap(), all.values(Axis::Hue)),
            (vec![0.0, 1.0, 2.0, 3.0], None)
        );
        assert_eq!(all, all.with_values(Axis::Mirror, &[1.0, 2.0, 3.0]));
        let turned = all.with_values(Axis::Mirror, &[3.0]);
        assert_eq!(
            (turned.values(Axis::Mirror).unwrap(), turned.listed(Axis::Mirror)),
            (vec![0.0, 3.0], Some(2))
        );
        assert!(turned.validate().is_ok() && turned != all && !turned.holds(Axis::Mirror, 1.0));
        assert!(turned.holds(Axis::Mirror, 3.0) && turned.holds(Axis::Mirror, 0.0));
        assert_eq!(turned.with(Axis::Mirror, Interval { low: 0.0, high: 3.0 }), all);
        let written = toml::to_string(&turned).unwrap();
        assert!(written.contains("mirror = [0.0, 3.0]"), "{written}");
        assert_eq!(toml::from_str::<Bounds>(&written).unwrap(), turned);
        assert!(toml::to_string(&all).unwrap().contains("[mirror]"));
        assert!(toml::from_str::<Bounds>("saturation = [0.0, 0.5]").is_err());
        for odd in [1.5, 4.0, -1.0, 300.0, f64::NAN] {
            let error = all.with_values(Axis::Mirror, &[1.0, odd]).validate().unwrap_err();
            assert!(error.subject.starts_with("`bounds.mirror = "), "{odd}: {error}");
            assert!(odd.is_nan() || error.fix.starts_with("give some of 1, 2, 3"), "{odd}: {error}");
        }
        for nothing in [&[0.0][..], &[]] {
            let error = all.with_values(Axis::Mirror, nothing).validate().unwrap_err();
            assert_eq!(error.problem, "leaves nothing but the unchanged picture");
        }
    }

    #[test]
    fn a_table_of_some_axes_reads_with_the_defaults_of_the_others() {
        let old = "angle_deg = { low = -10.0, high = 20.0 }\nhue_rad = { low = 0.0, high = 1.0 }\n\
                   saturation = { low = -0.5, high = 0.5 }";
        let bounds: Bounds = toml::from_str(old).unwrap();
        assert_eq!(bounds.get(Axis::Angle), Interval { low: -10.0, high: 20.0 });
        assert_eq!(bounds.get(Axis::Blur), Axis::Blur.default_bounds());
        assert_eq!(toml::from_str::<Bounds>(&toml::to_string(&bounds).unwrap()).unwrap(), bounds);
        assert!(toml::from_str::<Bounds>("angle = { low = -10.0, high = 20.0 }").is_err());
    }
}
