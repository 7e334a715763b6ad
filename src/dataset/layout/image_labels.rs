//! Good and defective pictures without masks: folders of them, or what any other layout tells but for its masks.

use std::path::Path;

use super::listing::Listing;
use super::{good_and_bad, unmasked};
use crate::error::{Result, shown};
use crate::types::{Label, counted};

/// Lists the chosen categories under `root` with labels and without masks.
pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let mut listing = match unmasked::read(root, chosen)? {
        Some(listing) => listing,
        None => good_and_bad::read(root, chosen)?,
    };
    let (mut good, mut defective) = (0, 0);
    for sample in listing.categories.iter_mut().flat_map(|(_, samples)| samples) {
        sample.masks.clear();
        sample.masked = false;
        *(if sample.label == Label::Normal { &mut good } else { &mut defective }) += 1;
    }
    listing.remarks.push(format!(
        "{}: {good} good and {} are read without masks; pixel metrics (pAUROC, AUPRO) need masks and stay empty",
        shown(root),
        counted(defective, "defective picture", "defective pictures")
    ));
    Ok(listing)
}
