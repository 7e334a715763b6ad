//! Two axes of one thing.

use super::{Axis, named};

/// Two axes that are the components of one thing. They are attacked together as one attack of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Pair {
    /// The tilt of the part.
    Tilt,
    /// The unevenness of the light.
    Light,
    /// The motion of the part during the exposure.
    Motion,
}

named!(Pair, "a pair of axes", { Tilt = "tilt", Light = "light", Motion = "motion" });

impl Pair {
    /// The two axes.
    pub const fn axes(self) -> &'static [Axis; 2] {
        match self {
            Self::Tilt => &[Axis::TiltX, Axis::TiltY],
            Self::Light => &[Axis::LightX, Axis::LightY],
            Self::Motion => &[Axis::MotionX, Axis::MotionY],
        }
    }

    /// The pair whose two axes are among these and include `axis`.
    pub(super) fn of(axis: Axis, axes: &[Axis]) -> Option<Self> {
        let whole =
            |pair: &Self| pair.axes().contains(&axis) && pair.axes().iter().all(|own| axes.contains(own));
        Self::ALL.into_iter().find(whole)
    }
}
