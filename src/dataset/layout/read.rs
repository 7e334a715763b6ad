//! Listing the samples of a folder in a given layout.

use std::path::Path;

use super::kind::Layout;
use super::listing::Listing;
use super::{
    aebad_s, btad, folders, image_labels, m2ad, manifest, meta_json, mvtec_ad, mvtec_ad_2,
    mvtec_ad_2_private, mvtec_loco, robustad, unlabelled, visa,
};
use crate::error::Result;

/// Lists the chosen categories under `root`, read in the given layout.
pub fn read(root: &Path, layout: Layout, chosen: &[String]) -> Result<Listing> {
    match layout {
        Layout::MvtecAd => folders::read(&mvtec_ad::SHAPE, root, chosen),
        Layout::MvtecAd2 => folders::read(&mvtec_ad_2::SHAPE, root, chosen),
        Layout::MvtecAd2Private => mvtec_ad_2_private::read(root, chosen),
        Layout::MvtecLoco => folders::read(&mvtec_loco::SHAPE, root, chosen),
        Layout::Btad => folders::read(&btad::SHAPE, root, chosen),
        Layout::Visa => visa::read(root, chosen),
        Layout::AebadS => aebad_s::read(root, chosen),
        Layout::M2ad => m2ad::read(root, chosen),
        Layout::Robustad => robustad::read(root, chosen),
        Layout::MetaJson => meta_json::read(root, chosen),
        Layout::Manifest => manifest::read(root, chosen),
        Layout::ImageLabels => image_labels::read(root, chosen),
        Layout::Unlabelled => unlabelled::read(root, chosen),
    }
}
