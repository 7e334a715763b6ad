//! The resampling of a picture: the method, and what lies beyond the border; and where a glare is put.

use serde::{Deserialize, Serialize};

use crate::types::{Glare, named};

/// The resampling method of a rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rotation {
    /// Bilinear interpolation about ((W-1)/2, (H-1)/2), as `kornia.geometry.transform.rotate` with aligned corners.
    #[default]
    Bilinear,
    /// Three sinc shears by FFT about index H//2, as `torch_rotation.rotate_three_pass`, which the authors use.
    ThreePass,
}

named!(Rotation, "a rotation method", { Bilinear = "bilinear", ThreePass = "three-pass" });

/// A fill: what lies beyond the border of a picture that is turned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fill {
    /// The nearest border pixel (kornia's `border`, torch's `replicate`).
    #[default]
    Replicate,
    /// Black (kornia's `zeros`, torch's `constant`).
    Zeros,
    /// The picture mirrored at the centres of its border pixels (kornia's `reflection`, torch's `reflect`).
    Reflect,
}

named!(Fill, "a fill", { Replicate = "replicate", Zeros = "zeros", Reflect = "reflect" });

/// What a [`Perturber`](super::Perturber) is told beside the values of the axes: the resampling with which it turns pictures, and where a glare lies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Resampling {
    /// The resampling method of rotations.
    pub rotation: Rotation,
    /// Fill beyond the border of a turned picture.
    pub fill: Fill,
    /// Place and size of the glare. A record leaves out the usual ones.
    #[serde(skip_serializing_if = "Glare::is_usual")]
    pub glare: Glare,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_agree_with_serde() {
        for rotation in Rotation::ALL {
            assert_eq!(rotation.name().parse::<Rotation>().unwrap(), rotation);
            assert_eq!(serde_json::to_value(rotation).unwrap(), rotation.name());
        }
        for fill in Fill::ALL {
            assert_eq!(fill.name().parse::<Fill>().unwrap(), fill);
            assert_eq!(serde_json::to_value(fill).unwrap(), fill.name());
        }
        assert!("bicubic".parse::<Rotation>().is_err());
        assert!("border".parse::<Fill>().is_err());
    }

    #[test]
    fn missing_settings_take_the_default_and_unknown_ones_are_refused() {
        let resampling: Resampling = serde_json::from_str(r#"{"rotation":"three-pass"}"#).unwrap();
        assert_eq!(resampling, Resampling { rotation: Rotation::ThreePass, ..Resampling::default() });
        assert!(serde_json::from_str::<Resampling>(r#"{"padding":"zeros"}"#).is_err());
    }

    #[test]
    fn a_glare_in_its_usual_place_leaves_records_as_they_were() {
        let written = |resampling: &Resampling| serde_json::to_string(resampling).unwrap();
        let usual = Resampling::default();
        assert_eq!(written(&usual), r#"{"rotation":"bilinear","fill":"replicate"}"#);
        let aside = Resampling { glare: Glare { x: 0.25, ..Glare::default() }, ..usual };
        assert!(
            written(&aside).ends_with(r#""glare":{"x":0.25,"y":0.5,"size":0.1}}"#),
            "{}",
            written(&aside)
        );
        assert_eq!(serde_json::from_str::<Resampling>(&written(&aside)).unwrap(), aside);
    }
}
