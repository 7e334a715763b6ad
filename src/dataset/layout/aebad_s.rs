//! AeBAD-S (arXiv 2304.02216): below each kind of defect a folder for each condition, for pictures and masks alike.

use std::path::Path;

use super::conditions::{self, Found};
use super::folders::GOOD;
use super::listing::Listing;
use super::table::Entry;
use crate::dataset::{Circumstances, files};
use crate::error::{Error, Result};
use crate::types::Label;

/// The conditions; the first is that of the training pictures.
const CONDITIONS: [&str; 4] = ["same", "background", "illumination", "view"];

/// Whether a folder is a category: a kind in its test folder has a folder of a condition.
pub fn bears(folder: &Path) -> bool {
    let kinds = files::list(&folder.join("test")).unwrap_or_default();
    kinds.iter().any(|kind| CONDITIONS.iter().any(|condition| kind.join(condition).is_dir()))
}

pub fn read(root: &Path, chosen: &[String]) -> Result<Listing> {
    let expected = "test/<defect>/{same,background,illumination,view}";
    conditions::read(root, chosen, Found { bears, entries, expected, others: |name| name == "train" })
}

fn entries(folder: &Path, problems: &mut Vec<Error>) -> Vec<Entry> {
    let mut entries = Vec::new();
    let (_, kinds) = files::pictures_and_folders(&folder.join("test"), problems);
    for kind in kinds {
        let (_, conditions) = files::pictures_and_folders(&kind, problems);
        for condition in conditions {
            let (kind, name) = (files::name(&kind), files::name(&condition));
            let good = kind == GOOD;
            for image in files::pictures(&condition, problems) {
                let file = files::name(&image);
                let mask = format!("ground_truth/{kind}/{name}/{file}");
                entries.push(Entry {
                    defect: kind.clone(),
                    label: if good { Label::Normal } else { Label::Anomalous },
                    image: format!("test/{kind}/{name}/{file}"),
                    mask: if good { String::new() } else { mask },
                    place: format!("test/{kind}/{name}"),
                    circumstances: Circumstances {
                        condition: Some(name.clone()),
                        ..Circumstances::default()
                    },
                });
            }
        }
    }
    entries
}
