//! Pictures without ground truth: a folder of pictures, or a folder for each category. Of a data set in
//! another layout, named explicitly, it lists the test pictures without their labels and masks.

use std::collections::BTreeMap;
use std::path::Path;

use super::listing::Listing;
use super::unmasked;
use super::words::{self, is_named, is_ordinary};
use crate::dataset::{Circumstances, Sample, files, names};
use crate::error::{Error, Result, shown};
use crate::types::{Label, SampleId, counted};

/// Name that stands for the kind of defect of a picture that lies directly in its category.
const KIND: &str = "unlabelled";

/// Whether `root` is a plain folder of pictures, or of folders of pictures, where nothing suggests that there
/// is ground truth.
pub fn is_plain(root: &Path) -> Result<bool> {
    let (folders, others): (Vec<_>, Vec<_>) = files::list(root)?.into_iter().partition(|path| path.is_dir());
    let pictures = others.iter().any(|path| files::is_picture(path));
    if folders.is_empty() {
        return Ok(pictures && !is_named(root, &words::MASKS));
    }
    if pictures || !is_ordinary(root) || !folders.iter().all(|folder| is_ordinary(folder)) {
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
    let mut listing = match unmasked::read(root, chosen)? {
        Some(listing) => listing,
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
            sample.masked = false;
        })
        .count();
    listing.remarks.push(format!(
        "{}: {} read without ground truth; pAUROC and AUPRO need labels and masks",
        shown(root),
        counted(count, "picture is", "pictures are")
    ));
    Ok(listing)
}

/// Lists a plain folder of pictures. Pictures in `root` are a category of its name, pictures in its folders
/// categories named after these; the name of a folder in a category becomes a part of the names of its
/// samples. Folders without pictures are passed over, and so are those that bear a name of masks.
fn plain(root: &Path, chosen: &[String]) -> Result<Listing> {
    let mut listing = Listing::default();
    let mut found: BTreeMap<String, Vec<Sample>> = BTreeMap::new();
    let Listing { problems, remarks, .. } = &mut listing;
    let mut add = |category: &str, folder: &Path, kind: &str, problems: &mut Vec<Error>| {
        let (pictures, mut folders) = files::pictures_and_folders(folder, problems);
        let masks = folders.extract_if(.., |path| is_named(path, &words::MASKS));
        remarks.extend(masks.map(|path| words::passed_over(&path)));
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
            masked: false,
            circumstances: Circumstances::default(),
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
