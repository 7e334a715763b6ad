//! What the server of MVTec AD 2 demands of a submission (its public utilities; arXiv 2503.21622).

use std::collections::BTreeSet;

use crate::dataset::{Category, Dataset};
use crate::types::counted;

/// The sets of a category, and how the names of their pictures end.
pub const SETS: [(&str, &str); 2] = [("test_private", "_regular"), ("test_private_mixed", "_mixed")];

/// Pictures of each category in either set.
const PICTURES: [(&str, usize); 8] = [
    ("can", 321),
    ("fabric", 314),
    ("fruit_jelly", 255),
    ("rice", 277),
    ("sheet_metal", 142),
    ("vial", 276),
    ("wallplugs", 232),
    ("walnuts", 228),
];

/// What the pictures of a data set lack, or have beyond, of those that a submission is about; nothing where they are just these.
pub fn differences(dataset: &Dataset) -> Vec<String> {
    let mut told = Vec::new();
    for (name, pictures) in PICTURES {
        match dataset.categories.iter().find(|category| category.name == name) {
            None => told.push(format!("{name} is missing")),
            Some(category) => told.extend(SETS.iter().filter_map(|&set| of_set(category, set, pictures))),
        }
    }
    let known = |name: &str| PICTURES.iter().any(|(known, _)| *known == name);
    let others = dataset.categories.iter().filter(|category| !known(&category.name));
    told.extend(others.map(|category| format!("{} is none of its categories", category.name)));
    told
}

fn of_set(category: &Category, (set, ending): (&str, &str), pictures: usize) -> Option<String> {
    let named: BTreeSet<&str> = category
        .samples
        .iter()
        .filter(|sample| sample.id.defect == set)
        .map(|sample| sample.id.stem.as_str())
        .collect();
    let expected: BTreeSet<String> = (0..pictures).map(|index| format!("{index:03}{ending}")).collect();
    let missing: Vec<&String> = expected.iter().filter(|name| !named.contains(name.as_str())).collect();
    let beyond: Vec<&&str> = named.iter().filter(|name| !expected.contains(**name)).collect();
    let first = missing.first().map(|name| name.as_str()).or_else(|| beyond.first().map(|name| **name))?;
    let (lacking, more) = (counted(missing.len(), "picture", "pictures"), beyond.len());
    Some(format!(
        "{}/{set} lacks {lacking} of {pictures} and has {more} others (first: {first})",
        category.name
    ))
}
