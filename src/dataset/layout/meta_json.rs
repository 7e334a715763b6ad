//! The `meta.json` of AnomalyCLIP and its relatives:
//! `{train|test: {category: [{img_path, mask_path, cls_name, specie_name, anomaly}]}}`, paths relative to its folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::folders::GOOD;
use super::listing::Listing;
use super::table::{self, Entry};
use crate::dataset::{Unused, Why, names};
use crate::error::{Error, Result};
use crate::types::Label;

#[derive(Deserialize)]
struct Meta {
    #[serde(default)]
    train: BTreeMap<String, Vec<serde::de::IgnoredAny>>,
    test: BTreeMap<String, Vec<Item>>,
}

#[derive(Deserialize)]
struct Item {
    img_path: String,
    #[serde(default)]
    mask_path: Option<String>,
    #[serde(default)]
    specie_name: Option<String>,
    anomaly: u8,
}

/// Path of the `meta.json`: that in a folder, or `root` itself where it is no folder.
pub fn path(root: &Path) -> PathBuf {
    if root.is_dir() { root.join("meta.json") } else { root.to_owned() }
}

/// The categories of the test part of a `meta.json`.
pub fn names(root: &Path) -> Result<Vec<String>> {
    Ok(parse(&path(root))?.test.into_keys().collect())
}

/// Lists the chosen categories of a `meta.json`.
pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let path = path(root);
    let folder = path.parent().unwrap_or(Path::new(""));
    let meta = parse(&path)?;
    let mut listing = Listing { names: meta.test.keys().cloned().collect(), ..Listing::default() };
    names::check(chosen, listing.names.iter().map(String::as_str))?;
    for (name, pictures) in meta.test.into_iter().filter(|(name, _)| names::is_chosen(chosen, name)) {
        let mut entries = Vec::with_capacity(pictures.len());
        for picture in pictures {
            match entry(&path, picture) {
                Ok(entry) => entries.push(entry),
                Err(error) => listing.problems.push(error),
            }
        }
        listing.categories.push((name.clone(), table::samples(folder, &name, &entries)));
    }
    for (name, pictures) in meta.train.into_iter().filter(|(name, _)| names::is_chosen(chosen, name)) {
        if !pictures.is_empty() {
            let (folder, pictures) = (path.clone(), pictures.len());
            listing.unused.push(Unused { category: name, folder, pictures, why: Why::OtherSplit });
        }
    }
    Ok(listing)
}

fn parse(path: &Path) -> Result<Meta> {
    let fix = "write {\"test\": {category: [{\"img_path\", \"mask_path\", \"specie_name\", \"anomaly\"}]}}";
    let meta: Meta = serde_json::from_slice(&table::bytes(path)?)
        .map_err(|e| Error::file_caused(path, "is no meta.json of the AnomalyCLIP kind", e, fix))?;
    if meta.test.is_empty() {
        return Err(Error::file(path, "names no category in its test part", fix));
    }
    Ok(meta)
}

fn entry(path: &Path, picture: Item) -> Result<Entry> {
    let mask = picture.mask_path.unwrap_or_default();
    let contradiction =
        |problem: &str, fix: &str| Err(Error::file(path, format!("{problem} for {}", picture.img_path), fix));
    if picture.anomaly > 1 {
        return contradiction(
            "has an `anomaly` that is neither 0 nor 1",
            "write 0 for normal, 1 for anomalous",
        );
    }
    let normal = picture.anomaly == 0;
    if normal && !mask.is_empty() {
        return contradiction("names a mask but says `anomaly: 0`", "empty the mask_path, or write 1");
    }
    let specie = picture.specie_name.filter(|name| !name.is_empty() && name != GOOD);
    Ok(Entry {
        defect: if normal { GOOD.to_owned() } else { specie.unwrap_or_else(|| "defect".to_owned()) },
        label: if normal { Label::Normal } else { Label::Anomalous },
        image: picture.img_path,
        mask,
    })
}
