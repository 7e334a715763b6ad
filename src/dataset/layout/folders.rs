//! The common part of the layouts of category folders: a folder of test pictures by kind, and masks beside
//! it.

use std::path::{Path, PathBuf};

use super::listing::Listing;
use super::words::is_named;
use crate::dataset::{Circumstances, Sample, Unused, Why, files, names};
use crate::error::{Error, Result};
use crate::types::{Label, SampleId};

/// Name that stands for the defect of a sample without one.
pub const GOOD: &str = "good";

/// A way to find the masks of the pictures of one defect, from `(folder of the masks, pictures, listing)`:
/// one list for each picture.
pub type Pairing = fn(&Path, &[PathBuf], &mut Listing) -> Vec<Vec<PathBuf>>;

/// The names that a layout gives to the folders of a category.
#[derive(Clone, Copy)]
pub struct Shape {
    /// Folder of the test pictures; empty where their folders lie in the category.
    pub test: &'static str,
    /// Names of the folder of the normal pictures in the test folder.
    pub good: &'static [&'static str],
    /// Folder of the masks.
    pub truth: &'static str,
    /// Folders in the test folder that hold no test pictures.
    pub beside: &'static [&'static str],
    /// Folders whose pictures are only counted, with the reason.
    pub unused: &'static [(&'static str, Why)],
    pub pairing: Pairing,
    /// What the name of a picture, without its extension, tells of the circumstances.
    pub circumstances: fn(&str) -> Circumstances,
}

/// The category folders under `root`: `root` itself if it is one, or else those of its folders that are.
pub fn categories(root: &Path, is_category: fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    if is_category(root) {
        return Ok(vec![root.to_owned()]);
    }
    Ok(files::list(root)?.into_iter().filter(|path| is_category(path)).collect())
}

/// Whether `folder` holds a test folder with a folder of one of `names` in it.
pub fn tests_hold(folder: &Path, names: &[&str]) -> bool {
    let test = folder.join("test");
    names.iter().any(|name| test.join(name).is_dir())
}

/// Names that tell nothing but themselves.
pub fn untold(_: &str) -> Circumstances {
    Circumstances::default()
}

/// A pairing that looks for no masks.
pub fn no_masks(_: &Path, images: &[PathBuf], _: &mut Listing) -> Vec<Vec<PathBuf>> {
    vec![Vec::new(); images.len()]
}

/// Lists the chosen categories of category folders of one shape. Every folder with a test folder counts as
/// one, whatever is in it.
pub fn read(shape: &Shape, root: &Path, chosen: &[String]) -> Result<Listing> {
    let single = root.join(shape.test).is_dir();
    let entries = if single { vec![root.to_owned()] } else { files::list(root)? };
    let (found, others): (Vec<_>, Vec<_>) =
        entries.into_iter().filter(|path| path.is_dir()).partition(|path| path.join(shape.test).is_dir());
    if found.is_empty() {
        return Err(Error::file(
            root,
            format!("has no category with a folder {}", shape.test),
            "give another folder, or another `layout`",
        ));
    }
    let mut listing = list(shape, &found, chosen)?;
    // A folder beside the categories with training pictures only is told, not passed over.
    for folder in
        others.iter().filter(|folder| ["train", "ground_truth"].iter().any(|part| folder.join(part).is_dir()))
    {
        let name = files::name(folder);
        if names::is_chosen(chosen, &name) {
            count(folder, &name, Why::NoTest, &mut listing);
        }
    }
    Ok(listing)
}

/// Lists the chosen ones of category folders.
pub fn list(shape: &Shape, found: &[PathBuf], chosen: &[String]) -> Result<Listing> {
    let mut listing =
        Listing { names: found.iter().map(|path| files::name(path)).collect(), ..Listing::default() };
    names::check(chosen, listing.names.iter().map(String::as_str))?;
    for folder in found {
        let name = files::name(folder);
        if names::is_chosen(chosen, &name) {
            let samples = samples(shape, folder, &name, &mut listing);
            listing.categories.push((name.clone(), samples));
            for &(part, why) in shape.unused {
                count(&folder.join(part), &name, why, &mut listing);
            }
        }
    }
    Ok(listing)
}

/// The samples of one category, in the folder of its test pictures: a folder for each kind of defect and one for the good parts.
fn samples(shape: &Shape, folder: &Path, category: &str, listing: &mut Listing) -> Vec<Sample> {
    let test = folder.join(shape.test);
    let inside = files::name(&test);
    let mut samples = Vec::new();
    let (loose, kinds) = files::pictures_and_folders(&test, &mut listing.problems);
    listing.problems.extend(loose.iter().map(|picture| {
        Error::file(
            picture,
            format!("lies in {inside}/ but in no defect folder"),
            format!("move it into {inside}/{0} or {inside}/<defect>, or out of the dataset", shape.good[0]),
        )
    }));
    for kind_folder in kinds.into_iter().filter(|folder| !is_named(folder, shape.beside)) {
        let kind = files::name(&kind_folder);
        let images = files::pictures(&kind_folder, &mut listing.problems);
        let normal = is_named(&kind_folder, shape.good);
        let masks = if normal {
            vec![Vec::new(); images.len()]
        } else {
            (shape.pairing)(&folder.join(shape.truth).join(&kind), &images, listing)
        };
        let defect = if normal { GOOD.to_owned() } else { kind };
        samples.extend(images.into_iter().zip(masks).map(|(image, masks)| Sample {
            id: SampleId { category: category.to_owned(), defect: defect.clone(), stem: files::stem(&image) },
            label: if normal { Label::Normal } else { Label::Anomalous },
            circumstances: (shape.circumstances)(&files::stem(&image)),
            image,
            masks,
            masked: true,
        }));
    }
    samples
}

fn count(folder: &Path, category: &str, why: Why, listing: &mut Listing) {
    if !folder.is_dir() {
        return;
    }
    match files::count(folder) {
        Ok(0) => {}
        Ok(pictures) => {
            let (category, folder) = (category.to_owned(), folder.to_owned());
            listing.unused.push(Unused { category, folder, pictures, why });
        }
        Err(error) => listing.problems.push(error),
    }
}
