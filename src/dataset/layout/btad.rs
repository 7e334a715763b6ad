//! BTAD: good parts are `ok`, defective ones `ko`. Pictures are BMP or PNG, masks are of either kind too.

use std::path::Path;

use super::folders::{self, Shape, tests_hold};
use super::pairing;
use crate::dataset::Why;

pub const SHAPE: Shape = Shape {
    test: "test",
    good: &["ok"],
    truth: "ground_truth",
    beside: &[],
    unused: &[("train", Why::OtherSplit)],
    pairing: pairing::by_name,
    circumstances: folders::untold,
};

pub fn bears(folder: &Path) -> bool {
    tests_hold(folder, &["ok", "ko"])
}
