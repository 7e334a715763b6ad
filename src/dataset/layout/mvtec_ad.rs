//! MVTec AD, and what follows it: MPDD, DTD-Synthetic, VisA as converted by its authors' script.

use std::path::Path;

use super::folders::{self, Shape, tests_hold};
use super::{aebad_s, btad, mvtec_loco, pairing};
use crate::dataset::Why;

pub const SHAPE: Shape = Shape {
    test: "test",
    good: &["good"],
    truth: "ground_truth",
    beside: &[],
    unused: &[("train", Why::OtherSplit), ("validation", Why::OtherSplit)],
    pairing: pairing::by_name,
    circumstances: folders::untold,
};

/// Whether a folder is a category of MVTec AD, by a test folder of its own: not BTAD's (unless it has `good`
/// too), MVTec LOCO's or AeBAD-S's.
pub fn bears(folder: &Path) -> bool {
    folder.join("test").is_dir()
        && !mvtec_loco::bears(folder)
        && !aebad_s::bears(folder)
        && (tests_hold(folder, &["good"]) || !btad::bears(folder))
}
