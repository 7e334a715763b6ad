//! Finding data sets below a folder.

use std::path::{Path, PathBuf};

use super::sample::Counts;
use super::{Layout, Official, files, layout};
use crate::error::Result;

/// Number of levels of sub-folders that are searched: `root/visa/visa_pytorch/1cls` is found from `root`.
const DEPTH: usize = 3;

/// A data set that was found by [`discover`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Folder of the data set, to be opened with [`super::open`].
    pub root: PathBuf,
    /// Layout of the data set.
    pub layout: Layout,
    /// The published set whose categories the data set has, by their names and where these are few by the numbers of pictures too;
    /// none for others, and where the list that names them is damaged.
    pub kind: Option<Official>,
}

/// Finds the data sets in `dir` itself and in its folders, down to three levels, by path. A folder that bears
/// the marks of several layouts is given once for each, those with files of their own first. Categories of a
/// data set are not searched further, and sub-folders that may not be read are passed over.
///
/// # Errors
/// A file error when `dir` cannot be listed.
pub fn discover(dir: impl AsRef<Path>) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    search(dir.as_ref(), DEPTH, &mut found)?;
    Ok(found)
}

/// A folder of pictures that are in no data set with ground truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loose {
    /// The folder.
    pub root: PathBuf,
    /// Whether it can be read without ground truth ([`Layout::Unlabelled`]), as nothing suggests that there is any.
    pub is_plain: bool,
}

/// The folders of pictures in `dir` that [`discover`] passes over; `found` is what it found there.
///
/// # Errors
/// A file error when `dir` cannot be listed.
pub fn loose(dir: impl AsRef<Path>, found: &[Found]) -> Result<Vec<Loose>> {
    let mut loose = Vec::new();
    search_loose(dir.as_ref(), found, DEPTH, &mut loose)?;
    Ok(loose)
}

fn search_loose(dir: &Path, found: &[Found], depth: usize, loose: &mut Vec<Loose>) -> Result<()> {
    if found.iter().any(|other| other.root == dir) {
        return Ok(());
    }
    let entries = files::list(dir)?;
    let is_empty_of_sets = !found.iter().any(|other| other.root.starts_with(dir));
    let is_plain = is_empty_of_sets && layout::is_plain(dir)?;
    if is_plain || entries.iter().any(|path| files::is_picture(path)) {
        loose.push(Loose { root: dir.to_owned(), is_plain });
        if is_empty_of_sets {
            return Ok(());
        }
    }
    if depth > 0 {
        for folder in entries.iter().filter(|path| path.is_dir() && files::list(path).is_ok()) {
            search_loose(folder, found, depth - 1, loose)?;
        }
    }
    Ok(())
}

fn search(dir: &Path, depth: usize, found: &mut Vec<Found>) -> Result<()> {
    let entries = files::list(dir)?;
    let mut inside: Vec<PathBuf> = Vec::new();
    for layout in layout::matching(dir)? {
        let names = layout::names(dir, layout).unwrap_or_default();
        let kind = Official::recognise(layout, names.iter().map(String::as_str))
            .filter(|official| official.agrees(layout, names.len(), || counts(dir, layout)));
        found.push(Found { root: dir.to_owned(), layout, kind });
        inside.extend(layout::category_folders(dir, layout)?);
        inside.extend(names.iter().map(|name| dir.join(name)));
    }
    if depth == 0 || inside.iter().any(|folder| folder == dir) {
        return Ok(());
    }
    for folder in entries.iter().filter(|path| path.is_dir() && !inside.contains(path)) {
        // A mount's `lost+found` is no reason to give up.
        if files::list(folder).is_ok() {
            search(folder, depth - 1, found)?;
        }
    }
    Ok(())
}

/// Numbers of test pictures of each category; none where they cannot be listed.
fn counts(dir: &Path, layout: Layout) -> Vec<(String, Counts)> {
    let categories = layout::read(dir, layout, &[]).map(|listing| listing.categories).unwrap_or_default();
    categories.into_iter().map(|(name, samples)| (name, Counts::of(&samples))).collect()
}
