//! MVTec AD 2. Only the public test set has ground truth; file names such as `000_overexposed.png` tell the lighting.

use std::path::Path;

use super::folders::Shape;
use super::pairing;
use crate::dataset::{Circumstances, Why};

pub const SHAPE: Shape = Shape {
    test: "test_public",
    good: &["good"],
    truth: "test_public/ground_truth",
    beside: &["ground_truth"],
    unused: &[
        ("train", Why::OtherSplit),
        ("validation", Why::OtherSplit),
        ("test_private", Why::NoGroundTruth),
        ("test_private_mixed", Why::NoGroundTruth),
    ],
    pairing: pairing::by_name,
    circumstances: lights,
};

/// The scene and the light of a picture, of a name such as `000_overexposed`; pictures of one index show the same parts.
pub fn lights(stem: &str) -> Circumstances {
    let told = stem.split_once('_').filter(|(scene, light)| {
        !scene.is_empty() && scene.bytes().all(|byte| byte.is_ascii_digit()) && !light.is_empty()
    });
    told.map_or_else(Circumstances::default, |(scene, light)| Circumstances {
        condition: Some(light.to_owned()),
        scene: Some(scene.to_owned()),
        ..Circumstances::default()
    })
}

pub fn bears(folder: &Path) -> bool {
    folder.join("test_public").is_dir()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_scene_and_light() {
        let told = lights("012_shift_3");
        assert_eq!((told.scene.as_deref(), told.condition.as_deref()), (Some("012"), Some("shift_3")));
        for stem in ["012", "012_", "_regular", "a1_regular"] {
            assert_eq!(lights(stem), Circumstances::default(), "{stem}");
        }
    }
}
