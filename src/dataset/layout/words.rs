//! Names that folders of data sets have by custom, in upper or lower case.

use std::path::Path;

use crate::dataset::files;
use crate::error::shown;

/// Names of folders of masks.
pub const MASKS: [&str; 7] = ["ground_truth", "gt", "mask", "masks", "label", "labels", "annotations"];
/// Names of folders of good parts.
pub const GOOD: [&str; 3] = ["good", "ok", "normal"];
/// Names of folders of defective parts of any kind.
pub const BAD: [&str; 7] = ["bad", "ko", "ng", "anomaly", "abnormal", "defect", "defective"];
/// Names of folders that hold the folders of labels, or are beside them.
pub const PARTS: [&str; 6] = ["test", "test_public", "train", "val", "validation", "images"];

/// Names of folders in a category that hold no kind of its test pictures: [`MASKS`] and [`PARTS`].
pub const BESIDE: [&str; MASKS.len() + PARTS.len()] = {
    let mut all = [""; MASKS.len() + PARTS.len()];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < MASKS.len() { MASKS[at] } else { PARTS[at - MASKS.len()] };
        at += 1;
    }
    all
};

/// Whether a file or folder has one of the names.
pub fn is_named(path: &Path, names: &[&str]) -> bool {
    names.contains(&files::name(path).to_lowercase().as_str())
}

/// Whether nothing in the name suggests that the folder is a part of a data set with ground truth.
pub fn is_ordinary(path: &Path) -> bool {
    [&MASKS[..], &GOOD, &BAD, &PARTS].iter().all(|names| !is_named(path, names))
}

/// The remark that a folder is passed over because of its name.
pub fn passed_over(folder: &Path) -> String {
    format!("{} is passed over: masks or labels by its name", shown(folder))
}
