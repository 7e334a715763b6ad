//! A test set, and the choice of a part of one.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::layout::Layout;
use super::official::Official;
use super::sample::Category;
use super::unused::Unused;

/// A test set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Name of the test set: that of the folder, or of the manifest.
    pub name: String,
    /// The folder or manifest that was opened.
    pub root: PathBuf,
    /// Layout of the test set on disk.
    pub layout: Layout,
    /// The published set whose categories the test set has, all or some of them.
    pub official: Option<Official>,
    /// The chosen categories by name.
    pub categories: Vec<Category>,
    /// Pictures of the chosen categories that are not evaluated.
    pub unused: Vec<Unused>,
    /// Decisions of the listing that somebody might not expect.
    pub remarks: Vec<String>,
}

/// The part of a test set to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Names of the categories to use; all when empty.
    pub categories: Vec<String>,
    /// Most normal and most other samples of each category, the first ones of each.
    pub limit: Option<usize>,
    /// Layout of the data; recognised when none.
    pub layout: Option<Layout>,
    /// Regular expression on the path of a picture below the root, with `/` between folders, whose groups `scene` and `condition` say of
    /// what and how it was taken, and others more of it; none for what the layout tells.
    pub condition_pattern: Option<String>,
}

impl Dataset {
    /// Whether the samples have labels.
    pub fn is_labelled(&self) -> bool {
        self.layout.has_labels()
    }

    /// Whether the samples have labels and masks.
    pub fn has_masks(&self) -> bool {
        self.layout.has_masks()
    }

    /// SHA-256 over the names, labels and file sizes of all samples, lower-case hexadecimal: cheap,
    /// independent of where the data lies, and different as soon as a file was added, removed or replaced by
    /// one of another size.
    pub fn fingerprint(&self) -> String {
        let size = |path: &Path| {
            fs::metadata(path).map_or_else(|_| "missing".to_owned(), |data| data.len().to_string())
        };
        let mut hash = Sha256::new();
        for sample in self.categories.iter().flat_map(|category| &category.samples) {
            let masks: Vec<String> = sample.masks.iter().map(|path| size(path)).collect();
            let mask = if masks.is_empty() { "none".to_owned() } else { masks.join(",") };
            hash.update(format!("{}\n{:?}\n{}\n{mask}\n", sample.id, sample.label, size(&sample.image)));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
