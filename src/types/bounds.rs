//! The bounds of perturbations.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::ser::SerializeMap as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Axis, Interval};
use crate::error::{Error, Result};

/// The interval within which each axis is searched. Files have it as a table with a key for each
/// [`Axis::column`]; a missing key means the default.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds([Interval; Axis::COUNT]);

impl Default for Bounds {
    /// Bounds with [`Axis::default_bounds`] on every axis: for the paper's three +-90 degrees, +-pi and
    /// +-0.5.
    fn default() -> Self {
        Self(Axis::ALL.map(Axis::default_bounds))
    }
}

impl Bounds {
    /// The bounds of one axis.
    pub const fn get(&self, axis: Axis) -> Interval {
        self.0[axis as usize]
    }

    /// These bounds with `interval` on one axis in place of what was there.
    #[must_use]
    pub const fn with(mut self, axis: Axis, interval: Interval) -> Self {
        self.0[axis as usize] = interval;
        self
    }

    /// Whether the bounds of `axis` close a circle, so that both ends are one point.
    pub fn is_circular(&self, axis: Axis) -> bool {
        axis.full_turn().is_some_and(|turn| self.get(axis).width() >= turn * (1.0 - 1e-9))
    }

    /// Number of values that an axis has, if it is a list.
    pub fn listed(&self, axis: Axis) -> Option<usize> {
        axis.is_list().then(|| self.get(axis).width() as usize + 1)
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
    if low > 0.0 || high < 0.0 {
        return refused(
            "leaves out 0, the unchanged picture, which is always a candidate".into(),
            "let the interval contain 0",
        );
    }
    if axis.is_list() && (low.fract() != 0.0 || high.fract() != 0.0) {
        return refused(
            "is not from one whole number to another".into(),
            "the axis is a list: give whole numbers",
        );
    }
    if let Some(turn) = axis.full_turn() {
        if high - low > turn * (1.0 + 1e-9) {
            return refused(format!("is wider than {turn:.4}"), "narrow it: values repeat beyond that");
        }
        return Ok(());
    }
    let limits = axis.limits();
    if low < limits.low || high > limits.high {
        return refused(format!("goes beyond {} to {}", limits.low, limits.high), "narrow it");
    }
    Ok(())
}

impl Serialize for Bounds {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(Axis::COUNT))?;
        for axis in Axis::ALL {
            map.serialize_entry(axis.column(), &self.get(axis))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Bounds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let table: BTreeMap<String, Interval> = BTreeMap::deserialize(deserializer)?;
        table.into_iter().try_fold(Self::default(), |bounds, (key, interval)| {
            let axis = Axis::ALL.into_iter().find(|axis| axis.column() == key);
            let axis = axis.ok_or_else(|| D::Error::custom(format!("{key} is not an axis")))?;
            Ok(bounds.with(axis, interval))
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
