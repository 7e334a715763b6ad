//! MVTec LOCO: each anomalous picture has a folder of masks, one for each defect; together they are its ground truth.

use std::path::Path;

use super::folders::{self, Shape, tests_hold};
use super::pairing;
use crate::dataset::Why;

pub const SHAPE: Shape = Shape {
    test: "test",
    good: &["good"],
    truth: "ground_truth",
    beside: &[],
    unused: &[("train", Why::OtherSplit), ("validation", Why::OtherSplit)],
    pairing: pairing::by_folder,
    circumstances: folders::untold,
};

pub fn bears(folder: &Path) -> bool {
    tests_hold(folder, &["logical_anomalies", "structural_anomalies"])
}
