//! The ways in which test sets lie on disk, and which one a folder has.

mod btad;
mod folders;
mod manifest;
mod meta_json;
mod mvtec_ad;
mod mvtec_ad_2;
mod mvtec_loco;
mod pairing;
mod table;
mod unlabelled;
mod visa;

use std::path::{Path, PathBuf};

pub use unlabelled::is_plain;

use super::{Sample, Unused, files};
use crate::error::{Error, Result};
use crate::types::named;

/// How a test set lies on disk. `docs/datasets.md` draws each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Layout {
    /// `<category>/test/{good,<defect>}` and `<category>/ground_truth/<defect>`: MVTec AD, MPDD, DTD-Synthetic, converted VisA.
    MvtecAd,
    /// VisA as published: `<object>/Data/Images/{Normal,Anomaly}` and `split_csv/1cls.csv`.
    Visa,
    /// MVTec AD 2: `<category>/test_public/{good,bad,ground_truth/bad}`; the private sets have no ground truth.
    MvtecAd2,
    /// MVTec LOCO: a folder of masks for each anomalous picture.
    MvtecLoco,
    /// BTAD: `<category>/test/{ok,ko}` and `<category>/ground_truth/ko`.
    Btad,
    /// The `meta.json` of AnomalyCLIP and its relatives.
    MetaJson,
    /// Our own CSV, `category,split,image,mask`.
    Manifest,
    /// Pictures without ground truth, in one folder or in a folder for each category.
    Unlabelled,
}

// Those with files of their own are before those that only describe others' files.
named!(Layout, "a layout", {
    MvtecAd = "mvtec-ad",
    Visa = "visa",
    MvtecAd2 = "mvtec-ad-2",
    MvtecLoco = "mvtec-loco",
    Btad = "btad",
    MetaJson = "meta-json",
    Manifest = "manifest",
    Unlabelled = "unlabelled",
});

impl Layout {
    /// Whether it tells the ground truth of its samples.
    pub fn has_truth(self) -> bool {
        self != Self::Unlabelled
    }

    /// What a folder of this layout must hold.
    pub(super) fn expects(self) -> &'static str {
        match self {
            Self::MvtecAd => "<category>/test/{good,<defect>} and <category>/ground_truth/<defect>",
            Self::Visa => "<object>/Data/Images/{Normal,Anomaly} and split_csv/1cls.csv",
            Self::MvtecAd2 => "<category>/test_public/{good,bad,ground_truth/bad}",
            Self::MvtecLoco => "<category>/test/{good,logical_anomalies,structural_anomalies}",
            Self::Btad => "<category>/test/{ok,ko} and <category>/ground_truth/ko",
            Self::MetaJson => "meta.json",
            Self::Manifest => "manifest.csv (category,split,image,mask)",
            Self::Unlabelled => {
                "pictures without ground truth, in one folder or in a folder for each category"
            }
        }
    }
}

/// What a layout finds under a root.
#[derive(Default)]
pub struct Listing {
    /// Every category that is there, chosen or not.
    pub names: Vec<String>,
    /// The samples of the chosen ones.
    pub categories: Vec<(String, Vec<Sample>)>,
    pub unused: Vec<Unused>,
    pub remarks: Vec<String>,
    /// Files that cannot be used as they are.
    pub problems: Vec<Error>,
}

/// The layouts whose marks a folder or file bears. The same folder may bear those of several. A plain folder of pictures bears
/// none, and counts as one where nothing else fits.
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
            Layout::MetaJson => meta_json::path(root).is_file(),
            Layout::Manifest => manifest::path(root).is_file(),
            _ => !category_folders(root, layout)?.is_empty(),
        };
        if bears {
            found.push(layout);
        }
    }
    Ok(found)
}

/// The category folders under `root` (or `root` itself) that bear the marks of a layout; none for the layouts of one file.
pub fn category_folders(root: &Path, layout: Layout) -> Result<Vec<PathBuf>> {
    let bears: fn(&Path) -> bool = match layout {
        Layout::MvtecAd => mvtec_ad::bears,
        Layout::Visa => visa::bears,
        Layout::MvtecAd2 => mvtec_ad_2::bears,
        Layout::MvtecLoco => mvtec_loco::bears,
        Layout::Btad => btad::bears,
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

/// Lists the chosen categories.
pub fn read(root: &Path, layout: Layout, chosen: &[String]) -> Result<Listing> {
    match layout {
        Layout::MvtecAd => folders::read(&mvtec_ad::SHAPE, root, chosen),
        Layout::MvtecAd2 => folders::read(&mvtec_ad_2::SHAPE, root, chosen),
        Layout::MvtecLoco => folders::read(&mvtec_loco::SHAPE, root, chosen),
        Layout::Btad => folders::read(&btad::SHAPE, root, chosen),
        Layout::Visa => visa::read(root, chosen),
        Layout::MetaJson => meta_json::read(root, chosen),
        Layout::Manifest => manifest::read(root, chosen),
        Layout::Unlabelled => unlabelled::read(root, chosen),
    }
}
