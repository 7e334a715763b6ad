//! Good and defective pictures without masks: folders of them, or what any other layout tells but for its masks.

use std::path::Path;

use super::listing::Listing;
use super::{good_and_bad, unmasked};
use crate::error::Result;
use crate::types::Label;

/// Lists the chosen categories under `root` with labels and without masks.
pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let mut listing = match unmasked::read(root, chosen)? {
        Some(listing) => listing,
        None => good_and_bad::read(root, chosen)?,
    };
    let labels = listing.categories.iter().flat_map(|(_, samples)| samples).map(|sample| sample.label);
    let (good, defective): (Vec<Label>, Vec<Label>) = labels.partition(|&label| label == Label::Normal);
    listing.remarks.push(format!(
        "{}: {} good and {} defective pictures are read without masks; pixel metrics (pAUROC, AUPRO) need masks and stay empty",
        root.display(),
        good.len(),
        defective.len()
    ));
    Ok(listing)
}
