//! M2AD: a folder for each object, pictures named by view and light, one mask for all lights of a view.

use std::path::Path;

use super::conditions::{self, Found};
use super::folders::GOOD;
use super::listing::Listing;
use super::table::Entry;
use crate::dataset::{Circumstances, files};
use crate::error::{Error, Result};
use crate::types::Label;

/// Whether a folder is a category.
pub fn bears(folder: &Path) -> bool {
    ["Good", "NG", "GT"].iter().all(|part| folder.join(part).is_dir())
}

pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    conditions::read(root, chosen, Found { bears, entries, expected: "Good, NG and GT", others: |_| false })
}

fn entries(folder: &Path, problems: &mut Vec<Error>) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (part, label) in [("Good", Label::Normal), ("NG", Label::Anomalous)] {
        let (_, objects) = files::pictures_and_folders(&folder.join(part), problems);
        for object in objects {
            let name = files::name(&object);
            for image in files::pictures(&object, problems) {
                let file = files::name(&image);
                let stem = files::stem(&image);
                let Some((view, light)) = stem.split_once('_') else {
                    problems.push(Error::file(
                        &image,
                        "has no name of a view and a light, such as V001_L01",
                        "rename it, or move it out of the folder",
                    ));
                    continue;
                };
                let good = label == Label::Normal;
                entries.push(Entry {
                    defect: if good { GOOD } else { part }.to_owned(),
                    label,
                    image: format!("{part}/{name}/{file}"),
                    mask: if good { String::new() } else { format!("GT/{name}/{view}_mask.png") },
                    place: format!("{part}/{name}"),
                    circumstances: Circumstances {
                        condition: Some(light.to_owned()),
                        scene: Some(format!("{name}/{view}")),
                        ..Circumstances::default()
                    },
                });
            }
        }
    }
    entries
}
