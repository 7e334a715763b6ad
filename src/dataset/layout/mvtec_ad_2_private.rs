//! The private test sets of MVTec AD 2, whose ground truth a server has, and the validation pictures, from which thresholds come.

use std::path::{Path, PathBuf};

use super::folders;
use super::listing::Listing;
use super::mvtec_ad_2::{self, lights};
use crate::dataset::{Sample, Unused, Why, files, names};
use crate::error::{Error, Result, shown};
use crate::types::{Label, SampleId, counted};

/// Folders of test pictures in a category, which name the kind of a sample.
const SETS: [&str; 2] = ["test_private", "test_private_mixed"];
/// Folder of the validation pictures, all of them good, and the kind of their samples.
const VALIDATION: (&str, &str) = ("validation/good", "validation");

/// Whether a folder is a category of private sets alone: with a public one it is read as that.
pub fn bears(folder: &Path) -> bool {
    holds(folder) && !mvtec_ad_2::bears(folder)
}

fn holds(folder: &Path) -> bool {
    SETS.iter().any(|set| folder.join(set).is_dir())
}

/// Lists the chosen categories: every folder that holds a private set, whatever else is in it.
pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let found = folders::categories(root, holds)?;
    if found.is_empty() {
        return Err(Error::file(
            root,
            format!("has no category with a folder {}", SETS.join(" or ")),
            "give another folder, or another `layout`",
        ));
    }
    let mut listing =
        Listing { names: found.iter().map(|path| files::name(path)).collect(), ..Listing::default() };
    names::check(chosen, listing.names.iter().map(String::as_str))?;
    for folder in &found {
        let name = files::name(folder);
        if names::is_chosen(chosen, &name) {
            let samples = samples(folder, &name, &mut listing.problems);
            listing.categories.push((name.clone(), samples));
            let train = folder.join("train");
            if train.is_dir() {
                let pictures = files::count(&train)?;
                let (category, why) = (name, Why::OtherSplit);
                listing.unused.push(Unused { category, folder: train, pictures, why });
            }
        }
    }
    let count = listing.categories.iter().map(|(_, samples)| samples.len()).sum();
    listing.remarks.push(format!(
        "{}: {} read without ground truth, which the server has that `askance submit` writes for",
        shown(root),
        counted(count, "picture is", "pictures are")
    ));
    Ok(listing)
}

fn samples(folder: &Path, category: &str, problems: &mut Vec<Error>) -> Vec<Sample> {
    let sets = SETS.iter().map(|&set| (set, set)).chain([VALIDATION]);
    let there = sets.map(|(inside, kind)| (folder.join(inside), kind)).filter(|(inside, _)| inside.is_dir());
    let mut samples = Vec::new();
    for (inside, kind) in there {
        let of = |image: PathBuf| Sample {
            id: SampleId {
                category: category.to_owned(),
                defect: kind.to_owned(),
                stem: files::stem(&image),
            },
            label: Label::Unknown,
            circumstances: lights(&files::stem(&image)),
            image,
            masks: Vec::new(),
            masked: false,
        };
        samples.extend(files::pictures(&inside, problems).into_iter().map(of));
    }
    samples
}
