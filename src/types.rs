//! Words that every room shares. No input or output here.

use std::fmt;
use std::str::FromStr;

use ndarray::{Array2, Array3};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// RGB picture, shape (3, height, width), values in [0, 1].
pub type Image = Array3<f32>;
/// Anomaly map, shape (height, width); larger is more anomalous.
pub type Map = Array2<f32>;
/// Pixel mask, shape (height, width); `true` is anomalous (or valid, where it says which pixels count).
pub type Mask = Array2<bool>;

/// The three semantic parameters of arXiv 2405.07969.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Perturbation {
    /// Rotation of the picture in degrees; positive is clockwise as seen on the screen.
    pub angle_deg: f64,
    /// Added to the hue of every pixel, in radians on a circle of 2 pi.
    pub hue_rad: f64,
    /// Added to the HSV saturation of every pixel, which is then clipped to [0, 1].
    pub saturation: f64,
}

impl Perturbation {
    /// The perturbation that changes nothing.
    pub const IDENTITY: Self = Self { angle_deg: 0.0, hue_rad: 0.0, saturation: 0.0 };

    /// The value on one axis.
    pub fn get(&self, axis: Axis) -> f64 {
        match axis {
            Axis::Angle => self.angle_deg,
            Axis::Hue => self.hue_rad,
            Axis::Saturation => self.saturation,
        }
    }

    /// The same perturbation with another value on one axis.
    #[must_use]
    pub fn with(mut self, axis: Axis, value: f64) -> Self {
        match axis {
            Axis::Angle => self.angle_deg = value,
            Axis::Hue => self.hue_rad = value,
            Axis::Saturation => self.saturation = value,
        }
        self
    }
}

/// One parameter of a [`Perturbation`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Axis {
    /// Rotation, degrees, clockwise.
    Angle,
    /// Hue shift, radians.
    Hue,
    /// Saturation shift.
    Saturation,
}

impl Axis {
    /// All axes in the order of [`Perturbation`].
    pub const ALL: [Self; 3] = [Self::Angle, Self::Hue, Self::Saturation];

    /// Name as written in files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Angle => "angle",
            Self::Hue => "hue",
            Self::Saturation => "saturation",
        }
    }
}

impl Axis {
    /// Whether the axis moves pixels rather than colours them. A loss is rough along such an axis: every step shifts the picture
    /// against the model's patches.
    pub fn is_geometric(self) -> bool {
        matches!(self, Self::Angle)
    }
}

impl fmt::Display for Axis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Axis {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|axis| axis.name() == text)
            .ok_or_else(|| Error::usage(text, "is not an axis", "use angle, hue or saturation"))
    }
}

/// A closed interval of one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
}

impl Interval {
    /// From `-half` to `half`.
    pub const fn symmetric(half: f64) -> Self {
        Self { low: -half, high: half }
    }

    /// Length of the interval.
    pub fn width(&self) -> f64 {
        self.high - self.low
    }
}

/// How far each parameter may go. The default is the paper's: +-90 degrees, +-pi, +-0.5.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// Degrees.
    pub angle_deg: Interval,
    /// Radians.
    pub hue_rad: Interval,
    /// Saturation shift.
    pub saturation: Interval,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            angle_deg: Interval::symmetric(90.0),
            hue_rad: Interval::symmetric(std::f64::consts::PI),
            saturation: Interval::symmetric(0.5),
        }
    }
}

impl Bounds {
    /// The interval of one axis.
    pub fn get(&self, axis: Axis) -> Interval {
        match axis {
            Axis::Angle => self.angle_deg,
            Axis::Hue => self.hue_rad,
            Axis::Saturation => self.saturation,
        }
    }

    /// Length of the circle that an axis closes, if it is one: a full turn.
    pub fn full_turn(axis: Axis) -> Option<f64> {
        match axis {
            Axis::Angle => Some(360.0),
            Axis::Hue => Some(std::f64::consts::TAU),
            Axis::Saturation => None,
        }
    }

    /// Whether the bounds of this axis close a circle, so that both ends are one point.
    pub fn is_circular(&self, axis: Axis) -> bool {
        Self::full_turn(axis).is_some_and(|turn| self.get(axis).width() >= turn * (1.0 - 1e-9))
    }

    /// Refuses bounds that are not finite, are reversed, leave identity out, or go beyond a full turn
    /// (beyond +-1 for saturation).
    ///
    /// # Errors
    /// A usage error that names the axis.
    pub fn validate(&self) -> Result<()> {
        for axis in Axis::ALL {
            let Interval { low, high } = self.get(axis);
            let flag = format!("--{axis}-bounds {low},{high}");
            let limit = Self::full_turn(axis).unwrap_or(2.0);
            if !low.is_finite() || !high.is_finite() {
                return Err(Error::usage(flag, "is not finite", "give two numbers"));
            }
            if low > high {
                return Err(Error::usage(
                    flag,
                    "has its lower end above its upper end",
                    "exchange the two numbers",
                ));
            }
            if low > 0.0 || high < 0.0 {
                return Err(Error::usage(
                    flag,
                    "leaves out 0, the unchanged picture, which is always a candidate",
                    "let the interval contain 0",
                ));
            }
            if high - low > limit * (1.0 + 1e-9) {
                return Err(Error::usage(
                    flag,
                    format!("is wider than {limit:.4}"),
                    "narrow it: values repeat beyond that",
                ));
            }
        }
        Ok(())
    }
}

/// What is done to each sample before it is scored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Attack {
    /// Nothing.
    Clean,
    /// Worst angle.
    Angle,
    /// Worst hue shift.
    Hue,
    /// Worst saturation shift.
    Saturation,
    /// Worst combination of all three (the paper's "3D").
    Joint,
}

impl Attack {
    /// All attacks in the order in which they run: the joint one after those that it starts from.
    pub const ALL: [Self; 5] = [Self::Clean, Self::Angle, Self::Hue, Self::Saturation, Self::Joint];

    /// The axes that the attack searches.
    pub fn axes(self) -> &'static [Axis] {
        match self {
            Self::Clean => &[],
            Self::Angle => &[Axis::Angle],
            Self::Hue => &[Axis::Hue],
            Self::Saturation => &[Axis::Saturation],
            Self::Joint => &Axis::ALL,
        }
    }

    /// Name as written in files and flags.
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Angle => "angle",
            Self::Hue => "hue",
            Self::Saturation => "saturation",
            Self::Joint => "joint",
        }
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Attack {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|attack| attack.name() == text).ok_or_else(|| {
            Error::usage(text, "is not an attack", "use clean, angle, hue, saturation or joint")
        })
    }
}

/// Ground truth of a whole sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// A good part.
    Normal,
    /// A part with at least one defect.
    Anomalous,
}

/// Where prediction and ground truth meet after a rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Frame {
    /// The map is rotated back and compared with the untouched mask (the paper).
    #[default]
    Derotated,
    /// The mask is rotated with the picture (the authors' code).
    RotatedMask,
}

/// How closely a picture is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// As the model is defined: what is reported.
    #[default]
    Full,
    /// More cheaply and more coarsely, to explore with.
    Coarse,
}

/// Names one sample of a dataset, for example `bottle/broken_large/003`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SampleId {
    /// Category, for example `bottle`.
    pub category: String,
    /// Defect folder, `good` for a normal sample.
    pub defect: String,
    /// File name without its extension.
    pub stem: String,
}

impl SampleId {
    /// The `defect/stem` part, unique within its category.
    pub fn within_category(&self) -> String {
        format!("{}/{}", self.defect, self.stem)
    }
}

impl fmt::Display for SampleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.category, self.defect, self.stem)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_angle(low: f64, high: f64) -> Bounds {
        Bounds { angle_deg: Interval { low, high }, ..Bounds::default() }
    }

    #[test]
    fn names_read_back() {
        for attack in Attack::ALL {
            assert_eq!(attack.name().parse::<Attack>().unwrap(), attack);
        }
        for axis in Axis::ALL {
            assert_eq!(axis.name().parse::<Axis>().unwrap(), axis);
        }
        assert!("3d".parse::<Attack>().is_err());
    }

    #[test]
    fn only_a_full_turn_is_circular() {
        let paper = Bounds::default();
        assert!(paper.is_circular(Axis::Hue));
        assert!(!paper.is_circular(Axis::Angle));
        assert!(!paper.is_circular(Axis::Saturation));
        assert!(with_angle(-180.0, 180.0).is_circular(Axis::Angle));
    }

    #[test]
    fn senseless_bounds_are_refused_by_name() {
        assert!(Bounds::default().validate().is_ok());
        for (low, high) in [(10.0, -10.0), (5.0, 10.0), (-200.0, 200.0), (f64::NAN, 1.0)] {
            let error = with_angle(low, high).validate().unwrap_err();
            assert!(error.subject.starts_with("--angle-bounds"), "{error}");
        }
    }
}
