//! Pictures without ground truth: a folder of pictures, or a folder for each category. Of a data set in another layout, named
//! explicitly, it lists the test pictures without their labels and masks.

use std::collections::BTreeMap;
use std::path::Path;

use super::folders::{self, Shape};
use super::kind::Layout;
use super::listing::Listing;
use super::marks::matching;
use super::{btad, manifest, meta_json, mvtec_ad, mvtec_ad_2, mvtec_loco, visa};
use crate::dataset::{Sample, files, names};
use crate::error::{Error, Result};
use crate::types::{Label, SampleId};

/// Name that stands for the kind of defect of a picture that lies directly in its category.
const KIND: &str = "unlabelled";

/// Names of folders of masks.
const MASKS: [&str; 7] = ["ground_truth", "gt", "mask", "masks", "label", "labels", "annotations"];
/// Names of other folders that belong to data sets with ground truth. A folder that holds one of them is a part of such a data
/// set, or a data set of an unknown layout, and is taken for a plain folder of pictures only where that is asked for.
const PARTS: [&str; 15] = [
    "test",
    "train",
    "val",
    "validation",
    "good",
    "bad",
    "ok",
    "ko",
    "ng",
    "normal",
    "anomaly",
    "abnormal",
    "defect",
    "defective",
    "images",
];

fn is_named(path: &Path, names: &[&str]) -> bool {
    names.contains(&files::name(path).to_lowercase().as_str())
}

/// Whether `root` is a plain folder of pictures, or of folders of pictures, where nothing suggests that there is ground truth.
pub fn is_plain(root: &Path) -> Result<bool> {
    let ordinary = |path: &Path| !is_named(path, &MASKS) && !is_named(path, &PARTS);
    let (folders, others): (Vec<_>, Vec<_>) = files::list(root)?.into_iter().partition(|path| path.is_dir());
    let pictures = others.iter().any(|path| files::is_picture(path));
    if folders.is_empty() {
        return Ok(pictures && !is_named(root, &MASKS));
    }
    if pictures || !ordinary(root) || !folders.iter().all(|folder| ordinary(folder)) {
        return Ok(false);
    }
    for folder in &folders {
        let inside = files::list(folder)?;
        if inside.iter().any(|path| path.is_dir()) || !inside.iter().any(|path| files::is_picture(path)) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lists the chosen categories without ground truth, whatever of it may lie beside them.
pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let mut listing = match matching(root)?.first() {
        Some(&layout) => of_labelled(root, layout, chosen)?,
        None if root.is_file() => {
            return Err(Error::file(root, "is no folder of pictures", "give the folder that holds them"));
        }
        None => plain(root, chosen)?,
    };
    let samples = listing.categories.iter_mut().flat_map(|(_, samples)| samples);
    let count = samples
        .map(|sample| {
            sample.label = Label::Unknown;
            sample.masks.clear();
        })
        .count();
    listing.remarks.push(format!(
        "{}: {count} pictures are read without ground truth; pAUROC and AUPRO need labels and masks",
        root.display()
    ));
    Ok(listing)
}

/// Lists the test pictures of a data set with ground truth; what is wrong with its masks is no problem then.
fn of_labelled(root: &Path, layout: Layout, chosen: &[String]) -> Result<Listing> {
    let unmasked = |shape: Shape| folders::read(&Shape { pairing: folders::no_masks, ..shape }, root, chosen);
    match layout {
        Layout::MvtecAd => unmasked(mvtec_ad::SHAPE),
        Layout::MvtecAd2 => unmasked(mvtec_ad_2::SHAPE),
        Layout::MvtecLoco => unmasked(mvtec_loco::SHAPE),
        Layout::Btad => unmasked(btad::SHAPE),
        Layout::Visa => visa::read(root, chosen),
        Layout::MetaJson => meta_json::read(root, chosen),
        Layout::Manifest => manifest::read(root, chosen),
        Layout::Unlabelled => plain(root, chosen),
    }
}

/// Lists a plain folder of pictures. Pictures in `root` are a category of its name, pictures in its folders categories named
/// after these; the name of a folder in a category becomes a part of the names of its samples. Folders without pictures are passed over, and so are those that bear a name of masks.
fn plain(root: &Path, chosen: &[String]) -> Result<Listing> {
    let mut listing = Listing::default();
    let mut found: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    let Listing { problems, remarks, .. } = &mut listing;
    let mut add = |category: &str, folder: &Path, kind: &str, problems: &mut Vec<Error>| {
        let (pictures, mut folders) = files::pictures_and_folders(folder, problems);
        let masks = folders.extract_if(.., |path| is_named(path, &MASKS));
        remarks.extend(
            masks.map(|path| format!("{} is passed over: masks or labels by its name", path.display())),
        );
        let of = found.entry(category.to_owned()).or_default();
        of.extend(pictures.into_iter().map(|image| Sample {
            id: SampleId {
                category: category.to_owned(),
                defect: kind.to_owned(),
                stem: files::stem(&image),
            },
            label: Label::Unknown,
            image,
            masks: Vec::new(),
        }));
        folders
    };
    for category in add(&files::name(root), root, KIND, problems) {
        let name = files::name(&category);
        for kind in add(&name, &category, KIND, problems) {
            for deep in add(&name, &kind, &files::name(&kind), problems) {
                if files::count(&deep)? > 0 {
                    problems.push(Error::file(
                        &deep,
                        "lies too deep: a folder of pictures has categories, and folders in these",
                        "give a folder further down, or describe the data in a manifest.csv",
                    ));
                }
            }
        }
    }
    found.retain(|_, samples| !samples.is_empty());
    if found.is_empty() {
        return Err(Error::file(root, "holds no pictures", "put .png, .jpg or .bmp files there"));
    }
    listing.names = found.keys().cloned().collect();
    names::check(chosen, listing.names.iter().map(String::as_str))?;
    listing.categories = found.into_iter().filter(|(name, _)| names::is_chosen(chosen, name)).collect();
    Ok(listing)
}
