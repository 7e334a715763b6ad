//! The `meta.json` of AnomalyCLIP and its relatives:
//! `{train|test: {category: [{img_path, mask_path, cls_name, specie_name, anomaly}]}}`, paths relative to its folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;
use serde_json::error::Category;

use super::folders::GOOD;
use super::listing::Listing;
use super::table::{self, Entry, List};
use super::unambiguous::Unambiguous;
use crate::dataset::{Circumstances, Unused, Why, names};
use crate::error::{Error, Result, shown};
use crate::types::Label;

/// Entries of one part by category.
type Part = BTreeMap<String, Vec<Value>>;

struct Meta {
    test: Part,
    /// Numbers of entries in the other parts.
    others: BTreeMap<String, usize>,
}

#[derive(Deserialize)]
struct Item {
    img_path: String,
    #[serde(default)]
    mask_path: Option<String>,
    #[serde(default)]
    specie_name: Option<String>,
    #[serde(default)]
    anomaly: Value,
    #[serde(default)]
    condition: Option<Word>,
    #[serde(default)]
    scene: Option<Word>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// A name, which may be a number.
#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Text(String),
    Number(serde_json::Number),
}

impl Word {
    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text).filter(|text| !text.is_empty()),
            Self::Number(number) => Some(number.to_string()),
        }
    }
}

/// A value of a key of the user's, where it is a plain one.
fn text(value: Value) -> Option<String> {
    match value {
        Value::Bool(is) => Some(is.to_string()),
        other => serde_json::from_value::<Word>(other).ok()?.text(),
    }
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
    let mut list = List::new(&path, folder);
    for (name, pictures) in meta.test.into_iter().filter(|(name, _)| names::is_chosen(chosen, name)) {
        let mut entries = Vec::with_capacity(pictures.len());
        for (at, picture) in pictures.into_iter().enumerate() {
            match entry(&path, picture, format!("entry {} of {name}", at + 1)) {
                Ok(entry) => entries.push(entry),
                Err(error) => listing.problems.push(error),
            }
        }
        list.add(&name, &entries, &mut listing);
    }
    for (name, pictures) in meta.others.into_iter().filter(|(name, _)| names::is_chosen(chosen, name)) {
        if pictures > 0 {
            let folder = path.clone();
            listing.unused.push(Unused { category: name, folder, pictures, why: Why::OtherSplit });
        }
    }
    Ok(listing)
}

const FIX: &str =
    "write {\"test\": {category: [{\"img_path\", \"mask_path\", \"specie_name\", \"anomaly\"}]}}";

fn parse(path: &Path) -> Result<Meta> {
    let unlike = |e| Error::file_caused(path, "is no meta.json of the AnomalyCLIP kind", e, FIX);
    let text = table::text(path)?;
    // Of a name that is given twice, JSON readers keep the last.
    serde_json::from_str::<Unambiguous>(&text).map_err(|e| match e.classify() {
        Category::Data => Error::file_caused(
            path,
            "has a name twice on one level",
            e,
            "put both together, or delete one of them",
        ),
        _ => unlike(e),
    })?;
    let parts: BTreeMap<String, Value> = serde_json::from_str(&text).map_err(unlike)?;
    let mut meta = Meta { test: Part::new(), others: BTreeMap::new() };
    for (split, value) in parts {
        let part = serde_json::from_value::<Part>(value);
        match table::is_test(&split) {
            Some(true) => {
                for (category, entries) in part.map_err(unlike)? {
                    // `test` and `Test` are one part.
                    if meta.test.contains_key(&category) {
                        let problem = format!("has the category {category} in two test parts");
                        return Err(Error::file(path, problem, "put both together, or delete one of them"));
                    }
                    meta.test.insert(category, entries);
                }
            }
            Some(false) => {
                for (category, entries) in part.map_err(unlike)? {
                    *meta.others.entry(category).or_default() += entries.len();
                }
            }
            // Anything that looks like no part is somebody's note.
            None if part.is_ok() => return Err(table::unknown_split(path, &split, "its outermost level")),
            None => {}
        }
    }
    if meta.test.is_empty() {
        return Err(Error::file(path, "names no category in its test part", FIX));
    }
    Ok(meta)
}

/// Whether an `anomaly` says that a picture is normal: as a number, as `false` or `true`, or as text of a number; none for
/// anything else.
fn is_normal(anomaly: &Value) -> Option<bool> {
    let number = match anomaly {
        Value::Bool(anomalous) => return Some(!anomalous),
        Value::Number(number) => number.as_f64()?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    (number == 0.0 || number == 1.0).then_some(number == 0.0)
}

fn entry(path: &Path, picture: Value, place: String) -> Result<Entry> {
    let picture: Item = serde_json::from_value(picture).map_err(|e| {
        Error::file_caused(path, format!("is no meta.json of the AnomalyCLIP kind in {place}"), e, FIX)
    })?;
    let mask = picture.mask_path.unwrap_or_default();
    if picture.img_path.trim().is_empty() {
        return Err(Error::file(path, format!("names no image in {place}"), "fill in or delete the entry"));
    }
    let contradiction = |problem: &str, fix: &str| {
        Err(Error::file(path, format!("{problem} for {} in {place}", shown(&picture.img_path)), fix))
    };
    let Some(normal) = is_normal(&picture.anomaly) else {
        let found = match &picture.anomaly {
            Value::Null => "has no `anomaly`".to_owned(),
            value => format!("has `anomaly: {value}`, which is neither 0 nor 1,"),
        };
        return contradiction(&found, "write 0 for normal, 1 for anomalous");
    };
    if normal && !mask.is_empty() {
        let problem = format!("names a mask but says `anomaly: {}`", picture.anomaly);
        return contradiction(&problem, "empty the mask_path, or write 1");
    }
    let circumstances = Circumstances {
        condition: picture.condition.and_then(Word::text),
        scene: picture.scene.and_then(Word::text),
        columns: picture.others.into_iter().filter_map(|(name, value)| Some((name, text(value)?))).collect(),
    };
    let specie = picture.specie_name.filter(|name| !name.is_empty() && name != GOOD);
    Ok(Entry {
        defect: if normal { GOOD.to_owned() } else { specie.unwrap_or_else(|| "defect".to_owned()) },
        label: if normal { Label::Normal } else { Label::Anomalous },
        image: picture.img_path,
        mask,
        place,
        circumstances,
    })
}
