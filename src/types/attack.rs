//! The attacks that a run makes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Axis;
use crate::error::{Error, Result};

/// One way to perturb every sample before it is scored. The order is that in which attacks run: the joint
/// attack comes after the single ones, which it starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
#[non_exhaustive]
pub enum Attack {
    /// No perturbation: the unchanged picture.
    Clean,
    /// The worst value of one axis.
    Single(Axis),
    /// The worst combination of all the axes of a run (with the paper's axes its "3D").
    Joint,
}

impl Attack {
    /// The attacks on `axes`: clean, each axis alone, and all together where there are several.
    pub fn over(axes: &[Axis]) -> Vec<Self> {
        let singles = axes.iter().map(|&axis| Self::Single(axis));
        let joint = (axes.len() > 1).then_some(Self::Joint);
        std::iter::once(Self::Clean).chain(singles).chain(joint).collect()
    }

    /// The axes that the attack searches, given the axes `joint` of the run's joint attack.
    pub fn axes(self, joint: &[Axis]) -> &[Axis] {
        match self {
            Self::Clean => &[],
            Self::Single(axis) => std::slice::from_ref(&Axis::ALL[axis as usize]),
            Self::Joint => joint,
        }
    }

    /// The axis of an attack on one.
    pub const fn axis(self) -> Option<Axis> {
        match self {
            Self::Single(axis) => Some(axis),
            Self::Clean | Self::Joint => None,
        }
    }

    /// Name of the attack in files and settings: that of the axis, `clean` or `joint`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Single(axis) => axis.name(),
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
            _ => text.parse().map(Self::Single).map_err(|_: Error| {
                let axes = Axis::ALL.map(Axis::name).join(", ");
                Error::usage(text, "is not an attack", format!("use clean, joint or an axis: {axes}"))
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_agree_with_serde() {
        for attack in Attack::over(&Axis::ALL) {
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
    }

    #[test]
    fn the_joint_attack_has_the_axes_of_its_run() {
        let joint = [Axis::Hue, Axis::Jpeg];
        assert_eq!(Attack::Clean.axes(&joint), []);
        assert_eq!(Attack::Single(Axis::Gamma).axes(&joint), [Axis::Gamma]);
        assert_eq!(Attack::Joint.axes(&joint), joint);
    }
}
