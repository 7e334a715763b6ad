//! The layouts that a folder bears the marks of, and the categories in it.

use std::path::{Path, PathBuf};

use super::super::files;
use super::kind::Layout;
use super::{
    aebad_s, btad, folders, good_and_bad, m2ad, manifest, meta_json, mvtec_ad, mvtec_ad_2,
    mvtec_ad_2_private, mvtec_loco, robustad, visa,
};
use crate::error::Result;

/// The layouts whose marks a folder or file bears; several may fit one folder. A plain folder of pictures
/// bears no mark, and counts as [`Layout::Unlabelled`] where nothing else fits.
pub fn matching(root: &Path) -> Result<Vec<Layout>> {
    if root.is_file() {
        return Ok(match files::extension(root).as_str() {
            "csv" => vec![Layout::Manifest],
            "json" => vec![Layout::MetaJson],
            _ => Vec::new(),
        });
    }
    let mut found = Vec::new();
    for layout in Layout::ALL {
        let bears = match layout {
            Layout::MetaJson => files::is_there(&meta_json::path(root)),
            Layout::Manifest => files::is_there(&manifest::path(root)),
            _ => !category_folders(root, layout)?.is_empty(),
        };
        if bears {
            found.push(layout);
        }
    }
    Ok(found)
}

/// The category folders under `root` (or `root` itself) that bear the marks of a layout; none for the layouts
/// of one file.
pub fn category_folders(root: &Path, layout: Layout) -> Result<Vec<PathBuf>> {
    let bears: fn(&Path) -> bool = match layout {
        Layout::MvtecAd => mvtec_ad::bears,
        Layout::Visa => visa::bears,
        Layout::MvtecAd2 => mvtec_ad_2::bears,
        Layout::MvtecAd2Private => mvtec_ad_2_private::bears,
        Layout::MvtecLoco => mvtec_loco::bears,
        Layout::Btad => btad::bears,
        Layout::AebadS => aebad_s::bears,
        Layout::M2ad => m2ad::bears,
        Layout::Robustad => robustad::bears,
        Layout::ImageLabels => good_and_bad::bears,
        Layout::MetaJson | Layout::Manifest | Layout::Unlabelled => return Ok(Vec::new()),
    };
    folders::categories(root, bears)
}

/// The names of all categories of a layout, from folder names or from the file that lists them.
pub fn names(root: &Path, layout: Layout) -> Result<Vec<String>> {
    match layout {
        Layout::MetaJson => meta_json::names(root),
        Layout::Manifest => manifest::names(root),
        _ => Ok(category_folders(root, layout)?.iter().map(|folder| files::name(folder)).collect()),
    }
}
