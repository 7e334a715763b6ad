//! Folders of good and of defective pictures in a category, without masks.

use std::path::Path;

use super::folders::{self, Shape};
use super::listing::Listing;
use super::words::{self, is_named, is_ordinary};
use crate::dataset::{Why, files, names};
use crate::error::{Error, Result};

const SHAPE: Shape = Shape {
    test: "",
    good: &words::GOOD,
    truth: "",
    beside: &words::BESIDE,
    unused: &[("train", Why::OtherSplit), ("val", Why::OtherSplit), ("validation", Why::OtherSplit)],
    pairing: folders::no_masks,
    circumstances: folders::untold,
};

/// Whether a folder is a category by itself: good pictures and others in folders of their own, and nothing that suggests masks or
/// another layout, of which somebody may have forgotten a part.
pub fn bears(folder: &Path) -> bool {
    let Ok(entries) = files::list(folder) else { return false };
    let (kinds, others): (Vec<_>, Vec<_>) = entries.into_iter().partition(|path| path.is_dir());
    let good = kinds.iter().filter(|kind| is_named(kind, &words::GOOD)).count();
    let holds_pictures =
        |kind: &Path| files::list(kind).is_ok_and(|inside| inside.iter().any(|path| files::is_picture(path)));
    is_ordinary(folder)
        && good > 0
        && good < kinds.len()
        && !others.iter().any(|path| files::is_picture(path))
        && kinds.iter().all(|kind| !is_named(kind, &words::BESIDE) && holds_pictures(kind))
}

/// Lists the chosen categories: every folder that holds a folder of good pictures.
pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let found = folders::categories(root, |folder| {
        let good = |path: &Path| path.is_dir() && is_named(path, &words::GOOD);
        files::list(folder).is_ok_and(|inside| inside.iter().any(|path| good(path)))
    })?;
    if found.is_empty() {
        return Err(Error::file(
            root,
            format!("has no category with a folder of good pictures ({})", words::GOOD.join(", ")),
            "give another folder, or another `layout`",
        ));
    }
    let mut listing = folders::list(&SHAPE, &found, chosen)?;
    for category in found.iter().filter(|category| names::is_chosen(chosen, &files::name(category))) {
        let masks = files::list(category)?.into_iter().filter(|path| is_named(path, &words::MASKS));
        listing.remarks.extend(masks.map(|folder| words::passed_over(&folder)));
    }
    Ok(listing)
}
