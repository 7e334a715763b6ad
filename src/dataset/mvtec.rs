//! MVTec AD's layout.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Category, Dataset, Sample, files, names};
use crate::error::{Error, Result};
use crate::types::{Label, SampleId};

/// Folder of the normal samples.
const GOOD: &str = "good";

/// Lists the chosen ones of these category folders.
pub fn open(root: &Path, found: &[(PathBuf, String)], chosen: &[String]) -> Result<Dataset> {
    names::check(chosen, found.iter().map(|(_, name)| name.as_str()))?;
    let categories = found
        .iter()
        .filter(|(_, name)| names::is_chosen(chosen, name))
        .map(|(folder, name)| Ok(Category { name: name.clone(), samples: samples(folder, name)? }))
        .collect::<Result<_>>()?;
    Ok(Dataset { name: files::name(root), root: root.to_owned(), categories })
}

fn samples(folder: &Path, category: &str) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for defect_folder in files::list(&folder.join("test"))? {
        if !defect_folder.is_dir() {
            return Err(Error::file(
                &defect_folder,
                "lies in test/ but in no defect folder",
                "move it into test/good or test/<defect>, or out of the dataset",
            ));
        }
        let defect = files::name(&defect_folder);
        let masks = if defect == GOOD {
            None
        } else {
            Some(Masks::list(&folder.join("ground_truth").join(&defect))?)
        };
        for image in files::pictures(&defect_folder)? {
            let stem = files::stem(&image);
            samples.push(Sample {
                label: if masks.is_some() { Label::Anomalous } else { Label::Normal },
                mask: masks.as_ref().map(|masks| masks.of(&stem)),
                id: SampleId { category: category.to_owned(), defect: defect.clone(), stem },
                image,
            });
        }
    }
    Ok(samples)
}

/// The masks of one defect by their stems.
struct Masks {
    folder: PathBuf,
    by_stem: HashMap<String, PathBuf>,
}

impl Masks {
    fn list(folder: &Path) -> Result<Self> {
        let paths = if folder.is_dir() { files::pictures(folder)? } else { Vec::new() };
        let mut by_stem: HashMap<String, PathBuf> = HashMap::new();
        for path in paths {
            if let Some(other) = by_stem.insert(files::stem(&path), path.clone()) {
                return Err(Error::file(
                    &path,
                    format!("is a second mask beside {}", other.display()),
                    "remove one of the two",
                ));
            }
        }
        Ok(Self { folder: folder.to_owned(), by_stem })
    }

    /// The mask of a picture, or where it should be.
    fn of(&self, stem: &str) -> PathBuf {
        let named = format!("{stem}_mask");
        let found = self.by_stem.get(&named).or_else(|| self.by_stem.get(stem));
        found.cloned().unwrap_or_else(|| self.folder.join(format!("{named}.png")))
    }
}
