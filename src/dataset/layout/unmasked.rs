//! The test pictures of any layout that has labels, whatever its masks are.

use std::path::Path;

use super::folders::{self, Shape};
use super::kind::Layout;
use super::listing::Listing;
use super::marks::matching;
use super::{
    aebad_s, btad, good_and_bad, m2ad, manifest, meta_json, mvtec_ad, mvtec_ad_2, mvtec_ad_2_private,
    mvtec_loco, robustad, visa, words,
};
use crate::error::Result;

/// Lists the chosen categories of the layout whose marks `root` bears, the first of several; none where it bears none. What is wrong
/// with masks is no problem then.
pub fn read(root: &Path, chosen: &[String]) -> Result<Option<Listing>> {
    let unmasked = |shape: Shape| {
        folders::read(&Shape { pairing: folders::no_masks, good: &words::GOOD, ..shape }, root, chosen)
    };
    let listing = match matching(root)?.first() {
        None | Some(Layout::Unlabelled) => return Ok(None),
        Some(Layout::MvtecAd) => unmasked(mvtec_ad::SHAPE),
        Some(Layout::MvtecAd2) => unmasked(mvtec_ad_2::SHAPE),
        Some(Layout::MvtecAd2Private) => mvtec_ad_2_private::read(root, chosen),
        Some(Layout::MvtecLoco) => unmasked(mvtec_loco::SHAPE),
        Some(Layout::Btad) => unmasked(btad::SHAPE),
        Some(Layout::Visa) => visa::read(root, chosen),
        Some(Layout::AebadS) => aebad_s::read(root, chosen),
        Some(Layout::M2ad) => m2ad::read(root, chosen),
        Some(Layout::Robustad) => robustad::read(root, chosen),
        Some(Layout::MetaJson) => meta_json::read(root, chosen),
        Some(Layout::Manifest) => manifest::read(root, chosen),
        Some(Layout::ImageLabels) => good_and_bad::read(root, chosen),
    };
    listing.map(Some)
}
