//! Axes by the name of what they are about.

use super::{Axis, Pair, named, unknown_name};
use crate::error::Result;

/// A group of axes. What is a list is in none: whether a part may lie as its mirror image, only its user knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Group {
    /// The axes of arXiv 2405.07969.
    Paper,
    /// How the part lies.
    Pose,
    /// What shines on it, and how much of that the camera lets in.
    Lighting,
    /// Lens, sensor, tone curve and codec.
    Camera,
}

named!(Group, "a group of axes", { Paper = "paper", Pose = "pose", Lighting = "lighting", Camera = "camera" });

impl Group {
    /// The axes of the group, in the order in which they are applied.
    pub const fn axes(self) -> &'static [Axis] {
        match self {
            Self::Paper => &Axis::PAPER,
            Self::Pose => {
                &[Axis::TiltX, Axis::TiltY, Axis::Angle, Axis::Scale, Axis::TranslateX, Axis::TranslateY]
            }
            Self::Lighting => &[
                Axis::Temperature,
                Axis::Tint,
                Axis::LightX,
                Axis::LightY,
                Axis::Shadow,
                Axis::Glare,
                Axis::Vignette,
                Axis::Exposure,
            ],
            Self::Camera => &[
                Axis::Defocus,
                Axis::MotionX,
                Axis::MotionY,
                Axis::Noise,
                Axis::Blur,
                Axis::Brightness,
                Axis::Contrast,
                Axis::Gamma,
                Axis::Jpeg,
            ],
        }
    }
}

/// The axes that a name stands for: that of one axis, of a pair or of a group.
///
/// # Errors
/// A usage error that lists all names.
///
/// ```
/// use askance::types::{Axis, axes_named};
///
/// assert_eq!(axes_named("light").unwrap(), [Axis::LightX, Axis::LightY]);
/// ```
pub fn axes_named(name: &str) -> Result<Vec<Axis>> {
    if let Ok(axis) = name.parse::<Axis>() {
        return Ok(vec![axis]);
    }
    if let Ok(pair) = name.parse::<Pair>() {
        return Ok(pair.axes().to_vec());
    }
    let names = || {
        let (axes, pairs, groups) =
            (Axis::ALL.map(Axis::name), Pair::ALL.map(Pair::name), Group::ALL.map(Group::name));
        axes.into_iter().chain(pairs).chain(groups).collect::<Vec<_>>()
    };
    let group: Group =
        name.parse().map_err(|_| unknown_name(name, "an axis, a pair or a group of axes", &names()))?;
    Ok(group.axes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_hold_every_axis_but_lists_and_none_twice() {
        let mut axes: Vec<Axis> = Group::ALL.into_iter().flat_map(|group| group.axes()).copied().collect();
        axes.sort_unstable();
        // The angle is of the paper and a pose.
        let count = axes.len() - 1;
        axes.dedup();
        assert_eq!(axes.len(), count);
        assert!(axes.into_iter().eq(Axis::ALL.into_iter().filter(|axis| !axis.is_list())));
    }

    #[test]
    fn every_name_stands_for_axes_and_no_two_are_alike() {
        for axis in Axis::ALL {
            assert_eq!(axes_named(axis.name()).unwrap(), [axis]);
        }
        for pair in Pair::ALL {
            assert_eq!(axes_named(pair.name()).unwrap(), pair.axes());
        }
        for group in Group::ALL {
            assert_eq!(axes_named(group.name()).unwrap(), group.axes());
        }
        let error = axes_named("lamp").unwrap_err();
        assert!(
            error.fix.contains("translate-x") && error.fix.contains("motion") && error.fix.contains("camera"),
            "{error}"
        );
    }
}
