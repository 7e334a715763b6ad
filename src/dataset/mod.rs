//! Test sets on disk: which samples there are, whether their files can be used, and their pixels at the model's size.
//!
//! Two layouts are read, told apart by what lies in the folder:
//!
//! - **MVTec AD**: `<category>/test/{good,<defect>}/<stem>.<ext>` and `<category>/ground_truth/<defect>/<stem>_mask.<ext>`
//!   (or `<stem>.<ext>`), as one category or a folder of them;
//! - **manifest**: a CSV file, or a folder with `manifest.csv`, with the columns `category,split,image,mask`; paths are
//!   relative to it, an empty mask means a normal sample, and only rows of split `test` are used.
//!
//! [`open`] lists names only, [`inspect`] looks at headers, [`load`] decodes. A sample that cannot be used is an error that
//! names its file, never left out in silence.

mod files;
mod load;
mod manifest;
mod mask;
mod mvtec;
mod names;
mod picture;
mod resize;

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

pub use load::{Loaded, inspect, load, load_mask};

use crate::error::{Error, Result};
use crate::types::{Label, SampleId};

/// One test picture and its ground truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Its name.
    pub id: SampleId,
    /// Ground truth of the whole picture.
    pub label: Label,
    /// The picture.
    pub image: PathBuf,
    /// The mask; none for a normal sample. For a defective one it is where the mask should be: [`inspect`] tells when it is
    /// missing.
    pub mask: Option<PathBuf>,
}

/// The samples of one category: normal ones first, then by defect and stem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// Its samples.
    pub samples: Vec<Sample>,
}

/// The test set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Name: that of the folder, or of the manifest.
    pub name: String,
    /// The folder or manifest that was opened.
    pub root: PathBuf,
    /// Categories by name.
    pub categories: Vec<Category>,
}

/// Which part of a dataset to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these categories; all when empty.
    pub categories: Vec<String>,
    /// Only the first so many normal and the first so many defective samples of each category.
    pub limit: Option<usize>,
}

impl Dataset {
    /// SHA-256 over the names, labels and file sizes of all samples, lower-case hexadecimal: cheap, independent of where the
    /// data lies, and different as soon as a file was added, removed or replaced by one of another size.
    pub fn fingerprint(&self) -> String {
        let size = |path: &Path| {
            fs::metadata(path).map_or_else(|_| "missing".to_owned(), |data| data.len().to_string())
        };
        let mut hash = Sha256::new();
        for sample in self.categories.iter().flat_map(|category| &category.samples) {
            let mask = sample.mask.as_deref().map_or_else(|| "none".to_owned(), size);
            hash.update(format!("{}\n{:?}\n{}\n{mask}\n", sample.id, sample.label, size(&sample.image)));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Lists the test samples under `root`: a folder of categories, one category, or a manifest.
///
/// # Errors
/// A file error when the folder is missing, has no known layout, holds files that no layout explains, or a category has no
/// test pictures; a usage error for an unknown category (it lists what there is, nearest first) and for a limit of 0.
pub fn open(root: impl AsRef<Path>, selection: &Selection) -> Result<Dataset> {
    let root = root.as_ref();
    if selection.limit == Some(0) {
        return Err(Error::usage("--limit 0", "leaves no sample", "give at least 1"));
    }
    let mut dataset = match find_layout(root)? {
        Layout::Manifest(path) => manifest::open(root, &path, &selection.categories)?,
        Layout::Category => {
            mvtec::open(root, &[(root.to_owned(), files::name(root))], &selection.categories)?
        }
        Layout::Categories(found) => mvtec::open(root, &found, &selection.categories)?,
    };
    for category in &mut dataset.categories {
        finish(category, root, selection.limit)?;
    }
    Ok(dataset)
}

enum Layout {
    Manifest(PathBuf),
    Category,
    Categories(Vec<(PathBuf, String)>),
}

fn find_layout(root: &Path) -> Result<Layout> {
    if root.is_file() && files::extension(root) == "csv" {
        return Ok(Layout::Manifest(root.to_owned()));
    }
    if !root.is_dir() {
        let problem =
            if root.exists() { "is neither a folder nor a .csv manifest" } else { "does not exist" };
        return Err(Error::file(root, problem, "give the folder of a dataset, or a manifest, with --data"));
    }
    let manifest = root.join("manifest.csv");
    if manifest.is_file() {
        return Ok(Layout::Manifest(manifest));
    }
    if root.join("test").is_dir() {
        return Ok(Layout::Category);
    }
    let entries = files::list(root)?;
    let found: Vec<_> = entries
        .iter()
        .filter(|path| path.join("test").is_dir())
        .map(|path| (path.clone(), files::name(path)))
        .collect();
    if !found.is_empty() {
        return Ok(Layout::Categories(found));
    }
    let seen: Vec<_> = entries.iter().take(8).map(|path| files::name(path)).collect();
    let more = if entries.len() > seen.len() { ", ..." } else { "" };
    let seen = if seen.is_empty() { "nothing".to_owned() } else { format!("{}{more}", seen.join(", ")) };
    Err(Error::file(
        root,
        format!("has no layout that is known here; it holds {seen}"),
        "expected <category>/test/{good,<defect>}/*.png with <category>/ground_truth/<defect>/*_mask.png (MVTec AD), or a \
         manifest.csv with the columns category,split,image,mask",
    ))
}

/// Sorts, refuses two samples of one name, and cuts to the limit.
fn finish(category: &mut Category, root: &Path, limit: Option<usize>) -> Result<()> {
    if category.samples.is_empty() {
        return Err(Error::file(
            root,
            format!("has no test pictures in category {}", category.name),
            "put .png, .jpg or .bmp files there, or choose other categories with --category",
        ));
    }
    category
        .samples
        .sort_by(|a, b| (a.label != Label::Normal, &a.id).cmp(&(b.label != Label::Normal, &b.id)));
    if let Some(pair) = category.samples.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(Error::file(
            &pair[1].image,
            format!("has the same name as {}: both would be {}", pair[0].image.display(), pair[0].id),
            "rename or remove one of the two",
        ));
    }
    if let Some(limit) = limit {
        let (mut normal, mut anomalous) = (0, 0);
        category.samples.retain(|sample| {
            let count = if sample.label == Label::Normal { &mut normal } else { &mut anomalous };
            *count += 1;
            *count <= limit
        });
    }
    Ok(())
}
