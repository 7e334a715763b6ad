//! The pairing of masks with the pictures of one defect.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use super::listing::Listing;
use crate::dataset::files;
use crate::error::{Error, Result, shown};

const FIX: &str = "name each mask <stem>_mask.png after its picture, or describe the data in a manifest.csv";

/// Pairs one mask with each picture: `<stem>_mask` or `<stem>`, with any extension. Where no mask bears the
/// name of any picture and there are as many of both, they are paired in sorted order, as AnomalyCLIP's
/// generators of `meta.json` do, unless the order is ambiguous or numbers in the names contradict it. A
/// picture without a mask gets the path where it should be.
pub fn by_name(folder: &Path, images: &[PathBuf], listing: &mut Listing) -> Vec<Vec<PathBuf>> {
    let before = listing.problems.len();
    let paths = if folder.is_dir() { files::pictures(folder, &mut listing.problems) } else { Vec::new() };
    let of_images = images.first().and_then(|image| image.parent()).map(shown);
    // Of an incomplete list, nothing can be paired by its order.
    let complete = listing.problems.len() == before
        && of_images.is_some_and(|folder| {
            !listing.problems.iter().any(|error| Path::new(&error.subject).starts_with(&folder))
        });
    let mut twice: HashSet<String> = HashSet::new();
    let mut by_stem: HashMap<String, &PathBuf> = HashMap::new();
    for path in &paths {
        if let Some(other) = by_stem.insert(files::stem(path), path) {
            listing.problems.push(Error::file(
                path,
                format!("is a second mask beside {}", shown(other)),
                "remove one of the two",
            ));
            twice.insert(files::stem(path));
        }
    }
    let mut used: HashSet<&PathBuf> = HashSet::new();
    let mut found: Vec<Option<&PathBuf>> = Vec::with_capacity(images.len());
    for image in images {
        let stem = files::stem(image);
        let candidates = (by_stem.get(&format!("{stem}_mask")), by_stem.get(&stem));
        if twice.contains(&stem) || twice.contains(&format!("{stem}_mask")) {
            listing.unusable.insert(image.clone());
        }
        if let (Some(suffixed), Some(bare)) = candidates {
            listing.unusable.insert(image.clone());
            listing.problems.push(Error::file(
                bare,
                format!("and {} could both be the mask of {}", shown(suffixed), shown(image)),
                "remove or rename one of the two",
            ));
        }
        let mask = candidates.0.or(candidates.1).copied();
        used.extend(mask);
        found.push(mask);
    }
    if complete && used.is_empty() && !images.is_empty() && paths.len() == images.len() {
        match by_order(folder, images, &paths) {
            Ok(()) => {
                listing.remarks.push(format!(
                    "{}: no mask bears the name of a picture; paired in sorted order ({} with {}, and so on)",
                    shown(folder),
                    shown(files::name(&images[0])),
                    shown(files::name(&paths[0]))
                ));
                return paths.into_iter().map(|path| vec![path]).collect();
            }
            Err(error) => listing.problems.push(error),
        }
    }
    let masks = images
        .iter()
        .zip(&found)
        .map(|(image, mask)| {
            let absent = || folder.join(format!("{}_mask.png", files::stem(image)));
            vec![mask.cloned().unwrap_or_else(absent)]
        })
        .collect();
    let left = paths.iter().filter(|path| !used.contains(path)).collect();
    tell_left(folder, left, listing);
    masks
}

/// Pairs each picture with all masks in `<folder>/<stem>/`; where there are none, with the path where the
/// first should be.
pub fn by_folder(folder: &Path, images: &[PathBuf], listing: &mut Listing) -> Vec<Vec<PathBuf>> {
    let mut masks = Vec::with_capacity(images.len());
    for image in images {
        let own = folder.join(files::stem(image));
        let before = listing.problems.len();
        let mut paths = if own.is_dir() { files::pictures(&own, &mut listing.problems) } else { Vec::new() };
        if listing.problems.len() > before {
            // The ground truth is all masks together.
            listing.unusable.insert(image.clone());
        }
        if paths.is_empty() {
            paths.push(own.join("000.png"));
        }
        masks.push(paths);
    }
    let stems: HashSet<String> = images.iter().map(|image| files::stem(image)).collect();
    let entries = if folder.is_dir() { files::list(folder) } else { Ok(Vec::new()) };
    match entries {
        Ok(entries) => {
            let left: Vec<&PathBuf> =
                entries.iter().filter(|path| !stems.contains(&files::name(path))).collect();
            tell_left(folder, left, listing);
        }
        Err(error) => listing.problems.push(error),
    }
    masks
}

fn tell_left(folder: &Path, left: Vec<&PathBuf>, listing: &mut Listing) {
    if let Some(first) = left.first() {
        listing.remarks.push(format!(
            "{}: {} of the masks belong to no picture (first: {})",
            shown(folder),
            left.len(),
            shown(files::name(first))
        ));
    }
}

/// Whether two sorted lists of equal length may be paired in their order.
fn by_order(folder: &Path, images: &[PathBuf], masks: &[PathBuf]) -> Result<()> {
    let ambiguous = |problem: String| {
        Err(Error::file(
            folder,
            format!("holds no mask that bears the name of its picture, and {problem}"),
            FIX,
        ))
    };
    for paths in [images, masks] {
        let mut sorted: Vec<&PathBuf> = paths.iter().collect();
        sorted.sort_by_key(|path| tokens(path));
        if let Some((path, _)) = paths.iter().zip(sorted).find(|(path, other)| path != other) {
            return ambiguous(format!("alphabetical and numerical order differ (at {})", shown(path)));
        }
    }
    for (image, mask) in images.iter().zip(masks) {
        if let (Some(of_image), Some(of_mask)) = (last_number(image), last_number(mask))
            && of_image != of_mask
        {
            return ambiguous(format!(
                "sorted order would pair {} with {}",
                shown(files::name(image)),
                shown(files::name(mask))
            ));
        }
    }
    Ok(())
}

/// A part of a name, of digits or of anything else. Names ordered by these parts are in the order that people
/// mean.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Token {
    Number(u64),
    Text(String),
}

fn tokens(path: &Path) -> Vec<Token> {
    let stem = files::stem(path);
    let characters: Vec<char> = stem.chars().collect();
    characters
        .chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit())
        .map(|run| {
            let run: String = run.iter().collect();
            run.parse().map_or(Token::Text(run), Token::Number)
        })
        .collect()
}

fn last_number(path: &Path) -> Option<u64> {
    tokens(path).into_iter().rev().find_map(|token| match token {
        Token::Number(number) => Some(number),
        Token::Text(_) => None,
    })
}
