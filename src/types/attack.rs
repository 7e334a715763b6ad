//! The attacks that a run makes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Axis, Pair};
use crate::error::{Error, Result};

/// One way to perturb every sample before it is scored. The order is that in which attacks run: an attack on several axes
/// comes after those on one, which it starts from, and the joint one is the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
#[non_exhaustive]
pub enum Attack {
    /// No perturbation: the unchanged picture.
    Clean,
    /// The worst value of one axis.
    Single(Axis),
    /// The worst combination of two axes of one thing.
    Pair(Pair),
    /// The worst combination of all the axes of a run (with the paper's axes its "3D").
    Joint,
}

impl Attack {
    /// The attacks on `axes`: clean, each axis alone, but those of a whole [`Pair`] together, and all together where that is another
    /// attack.
    pub fn over(axes: &[Axis]) -> Vec<Self> {
        let mut attacks = vec![Self::Clean];
        for &axis in axes {
            let attack = Pair::of(axis, axes).map_or(Self::Single(axis), Self::Pair);
            if !attacks.contains(&attack) {
                attacks.push(attack);
            }
        }
        if attacks.len() > 2 {
            attacks.push(Self::Joint);
        }
        attacks.sort_unstable();
        attacks
    }

    /// The axes that the attack searches, given the axes `joint` of the run's joint attack.
    pub fn axes(self, joint: &[Axis]) -> &[Axis] {
        match self {
            Self::Clean => &[],
            Self::Single(axis) => std::slice::from_ref(&Axis::ALL[axis as usize]),
            Self::Pair(pair) => pair.axes(),
            Self::Joint => joint,
        }
    }

    /// The axis of an attack on one.
    pub const fn axis(self) -> Option<Axis> {
        match self {
            Self::Single(axis) => Some(axis),
            Self::Clean | Self::Pair(_) | Self::Joint => None,
        }
    }

    /// Name of the attack in files and settings: that of the axis or pair, `clean` or `joint`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Single(axis) => axis.name(),
            Self::Pair(pair) => pair.name(),
            Self::Joint => "joint",
        }
    }
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl From<Attack> for &'static str {
    fn from(attack: Attack) -> Self {
        attack.name()
    }
}

impl TryFrom<String> for Attack {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl FromStr for Attack {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "clean" => Ok(Self::Clean),
            "joint" => Ok(Self::Joint),
            _ => text.parse().map(Self::Single).or_else(|_| text.parse().map(Self::Pair)).map_err(
                |_: Error| {
                    let (axes, pairs) =
                        (Axis::ALL.map(Axis::name).join(", "), Pair::ALL.map(Pair::name).join(", "));
                    let fix = format!("use clean, joint, a pair of axes ({pairs}) or an axis: {axes}");
                    Error::usage(text, "is not an attack", fix)
                },
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_agree_with_serde() {
        let singles = Axis::ALL.map(Attack::Single);
        for attack in Attack::over(&Axis::ALL).into_iter().chain(singles) {
            assert_eq!(attack.name().parse::<Attack>().unwrap(), attack);
            let value = serde_json::to_value(attack).unwrap();
            assert_eq!(value, attack.name());
            assert_eq!(serde_json::from_value::<Attack>(value).unwrap(), attack);
        }
        assert!("3d".parse::<Attack>().is_err());
    }

    #[test]
    fn attacks_run_in_their_order() {
        let mut attacks = Attack::over(&Axis::ALL);
        attacks.reverse();
        attacks.sort_unstable();
        assert_eq!(attacks, Attack::over(&Axis::ALL));
        assert_eq!(Attack::over(&[Axis::Blur]), [Attack::Clean, Attack::Single(Axis::Blur)]);
        let twice = [Axis::Jpeg, Axis::Hue, Axis::Jpeg];
        let each = [Attack::Single(Axis::Hue), Attack::Single(Axis::Jpeg)];
        assert_eq!(Attack::over(&twice), [Attack::Clean, each[0], each[1], Attack::Joint]);
    }

    #[test]
    fn two_axes_of_one_thing_are_one_attack_where_both_are_there() {
        let light = Attack::Pair(Pair::Light);
        assert_eq!(Attack::over(&[Axis::LightX, Axis::LightY]), [Attack::Clean, light]);
        let [tilt_x, noise] = [Axis::TiltX, Axis::Noise].map(Attack::Single);
        let axes = [Axis::LightY, Axis::TiltX, Axis::LightX, Axis::Noise];
        assert_eq!(Attack::over(&axes), [Attack::Clean, tilt_x, noise, light, Attack::Joint]);
        assert_eq!(light.axes(&[Axis::Hue]), [Axis::LightX, Axis::LightY]);
        assert_eq!((light.axis(), light.name()), (None, "light"));
    }

    #[test]
    fn the_joint_attack_has_the_axes_of_its_run() {
        let joint = [Axis::Hue, Axis::Jpeg];
        assert_eq!(Attack::Clean.axes(&joint), []);
        assert_eq!(Attack::Single(Axis::Gamma).axes(&joint), [Axis::Gamma]);
        assert_eq!(Attack::Joint.axes(&joint), joint);
    }
}
