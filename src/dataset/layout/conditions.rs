//! The common part of the layouts that tell the condition of a picture by the folder that it lies in.

use std::path::Path;

use super::folders;
use super::listing::Listing;
use super::table::{Entry, List};
use crate::dataset::{Unused, Why, files, names};
use crate::error::{Error, Result};

/// How categories are found, and the pictures in one.
pub struct Found {
    /// Whether a folder is a category.
    pub bears: fn(&Path) -> bool,
    /// The test pictures of a category, with paths below it.
    pub entries: fn(&Path, &mut Vec<Error>) -> Vec<Entry>,
    /// What a category holds.
    pub expected: &'static str,
    /// Whether a folder in a category has pictures for training.
    pub others: fn(&str) -> bool,
}

/// Lists the chosen categories under `root`.
pub fn read(root: &Path, chosen: &[String], found: Found) -> Result<Listing> {
    let categories = folders::categories(root, found.bears)?;
    if categories.is_empty() {
        let problem = format!("has no category with {}", found.expected);
        return Err(Error::file(root, problem, "give another folder, or another `layout`"));
    }
    let names = categories.iter().map(|folder| files::name(folder)).collect();
    let mut listing = Listing { names, ..Listing::default() };
    names::check(chosen, listing.names.iter().map(String::as_str))?;
    for folder in &categories {
        let name = files::name(folder);
        if !names::is_chosen(chosen, &name) {
            continue;
        }
        let entries = (found.entries)(folder, &mut listing.problems);
        List::new(folder, folder).add(&name, &entries, &mut listing);
        for other in files::list(folder)?.into_iter().filter(|path| (found.others)(&files::name(path))) {
            let (pictures, category) = (files::count(&other)?, name.clone());
            listing.unused.push(Unused { category, folder: other, pictures, why: Why::OtherSplit });
        }
    }
    Ok(listing)
}
