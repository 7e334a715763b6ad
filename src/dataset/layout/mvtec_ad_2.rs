//! MVTec AD 2. Only the public test set has ground truth; file names such as `000_overexposed.png` tell the lighting.

use std::path::Path;

use super::folders::Shape;
use super::pairing;
use crate::dataset::Why;

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
};

pub fn bears(folder: &Path) -> bool {
    folder.join("test_public").is_dir()
}
