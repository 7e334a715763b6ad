//! Test sets on disk: which samples there are, whether their files can be used, and their pixels at the model's size.
//!
//! [`Layout`] lists the layouts that are read; a folder is recognised by what lies in it, or the layout is named. A folder that
//! fits none or several is an error that says so. `docs/datasets.md` draws them.
//!
//! [`open`] lists names only, [`inspect`] looks at headers, [`load`] decodes, [`census`] measures. A sample that cannot be used
//! is an error that names its file, never left out in silence.

mod census;
mod discover;
mod files;
mod layout;
mod load;
mod mask;
mod names;
mod official;
mod picture;
mod recognise;
mod resize;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

pub use census::{Census, Coverage, Range, census};
pub use discover::{Found, discover};
pub use layout::Layout;
pub use load::{Facts, Loaded, Remark, inspect, load, load_mask, sum_up};
pub use official::Official;

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
    /// The masks, whose union is the ground truth: none for a normal sample or one of unknown label, several in MVTec LOCO. For a defective sample they
    /// are where masks should be: [`inspect`] tells when one is missing.
    pub masks: Vec<PathBuf>,
}

/// Numbers of test pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Normal ones.
    pub normal: usize,
    /// Anomalous ones.
    pub anomalous: usize,
}

/// Pictures that are there but not evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unused {
    /// The category.
    pub category: String,
    /// The folder that holds them, or the list that names them.
    pub folder: PathBuf,
    /// How many.
    pub pictures: usize,
    /// Why they are not evaluated.
    pub why: Why,
}

/// Why pictures are not evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Why {
    /// They are for training or validation.
    OtherSplit,
    /// They are test pictures whose ground truth is not public.
    NoGroundTruth,
    /// Their category has no test folder.
    NoTest,
    /// A list names them, but their category has no folder.
    Absent,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherSplit => "for training or validation",
            Self::NoGroundTruth => "their ground truth is not public",
            Self::NoTest => "the category has no test folder",
            Self::Absent => "listed, but their folder is not there",
        })
    }
}

impl fmt::Display for Unused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { category, folder, pictures, why } = self;
        write!(f, "{category}: {pictures} pictures of {} are not evaluated ({why})", folder.display())
    }
}

/// The samples of one category: normal ones first, then by defect and stem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// Its samples.
    pub samples: Vec<Sample>,
    /// Test pictures that were found, before the limit.
    pub found: Counts,
}

/// The test set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// Name: that of the folder, or of the manifest.
    pub name: String,
    /// The folder or manifest that was opened.
    pub root: PathBuf,
    /// How it lies on disk.
    pub layout: Layout,
    /// The published set whose categories these are, or some of them.
    pub official: Option<Official>,
    /// The chosen categories by name.
    pub categories: Vec<Category>,
    /// What is there of the chosen categories but is not evaluated.
    pub unused: Vec<Unused>,
    /// What the listing decided that somebody might not expect.
    pub remarks: Vec<String>,
}

/// Which part of a dataset to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these categories; all when empty.
    pub categories: Vec<String>,
    /// Only the first so many normal and the first so many other samples of each category.
    pub limit: Option<usize>,
    /// How the data lie; recognised when none.
    pub layout: Option<Layout>,
}

impl Dataset {
    /// Whether its samples have labels and masks.
    pub fn is_labelled(&self) -> bool {
        self.layout.has_truth()
    }

    /// What a user should know before a run: test pictures that differ in number from the published set's (before the limit), masks
    /// that were paired in an unusual way, test pictures that are not evaluated. Training pictures are not told.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = official::count_warnings(self);
        warnings.extend(self.remarks.iter().cloned());
        let told = self.unused.iter().filter(|unused| unused.why != Why::OtherSplit);
        warnings.extend(told.map(ToString::to_string));
        warnings
    }

    /// SHA-256 over the names, labels and file sizes of all samples, lower-case hexadecimal: cheap, independent of where the
    /// data lies, and different as soon as a file was added, removed or replaced by one of another size.
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

/// A listing with everything that is wrong in it.
#[derive(Clone, Debug)]
pub struct Survey {
    /// What can be listed.
    pub dataset: Dataset,
    /// Files and folders that cannot be used as they are, in the order in which they were met.
    pub problems: Vec<Error>,
}

/// Lists the test samples under `root`: a folder of categories, one category, or a file that lists them.
///
/// # Errors
/// A file error when the folder is missing, has no known layout or several, holds files that its layout does not explain, or a
/// category has no test pictures; a usage error for an unknown category (it lists what there is, nearest first) and for a
/// limit of 0.
pub fn open(root: impl AsRef<Path>, selection: &Selection) -> Result<Dataset> {
    let Survey { dataset, problems } = survey(root, selection)?;
    problems.into_iter().next().map_or(Ok(dataset), Err)
}

/// As [`open`], but goes on after files and folders that cannot be used, and gives them all.
///
/// # Errors
/// Those of [`open`] after which there is nothing to list.
pub fn survey(root: impl AsRef<Path>, selection: &Selection) -> Result<Survey> {
    let root = root.as_ref();
    if selection.limit == Some(0) {
        return Err(Error::setting("limit", 0, "leaves no sample", "give at least 1"));
    }
    let layout = recognise::find(root, selection.layout)?;
    let listing = layout::read(root, layout, &selection.categories)?;
    let mut problems = listing.problems;
    let categories = listing
        .categories
        .into_iter()
        .map(|(name, samples)| finish(name, samples, root, selection.limit, &mut problems))
        .collect();
    let dataset = Dataset {
        name: name(root),
        root: root.to_owned(),
        layout,
        official: Official::recognise(layout, listing.names.iter().map(String::as_str)),
        categories,
        unused: listing.unused,
        remarks: listing.remarks,
    };
    Ok(Survey { dataset, problems })
}

/// That of the folder, or of the list if it has one of its own.
fn name(root: &Path) -> String {
    let stem = files::stem(root);
    if root.is_dir() {
        return files::name(root);
    }
    if !["manifest", "meta"].contains(&stem.as_str()) {
        return stem;
    }
    let folder = root.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    files::name(&folder.canonicalize().unwrap_or_else(|_| folder.to_owned()))
}

/// Sorts, finds names that cannot be used, and cuts to the limit.
fn finish(
    name: String,
    mut samples: Vec<Sample>,
    root: &Path,
    limit: Option<usize>,
    problems: &mut Vec<Error>,
) -> Category {
    if samples.is_empty() {
        problems.push(Error::file(
            root,
            format!("has no test pictures in category {name}"),
            "put .png, .jpg or .bmp files there, or choose other categories with `categories`",
        ));
    }
    samples.sort_by(|a, b| (a.label != Label::Normal, &a.id).cmp(&(b.label != Label::Normal, &b.id)));
    for pair in samples.windows(2).filter(|pair| pair[0].id == pair[1].id) {
        problems.push(Error::file(
            &pair[1].image,
            format!("has the same name as {}: both would be {}", pair[0].image.display(), pair[0].id),
            "rename or remove one of the two",
        ));
    }
    // Names become folders and files of a run.
    let plain = |part: &str| !["", ".", ".."].contains(&part) && !part.contains(['/', '\\', '\0']);
    let odd = |sample: &&Sample| {
        let SampleId { category, defect, stem } = &sample.id;
        ![category, defect, stem].into_iter().all(|part| plain(part))
    };
    problems.extend(samples.iter().filter(odd).map(|sample| {
        Error::file(
            &sample.image,
            format!("would be called {}, which is no name of a file", sample.id),
            "use plain names for categories, kinds of defect and pictures in the list",
        )
    }));
    let of = |label| samples.iter().filter(|sample| sample.label == label).count();
    let found = Counts { normal: of(Label::Normal), anomalous: of(Label::Anomalous) };
    if let Some(limit) = limit {
        let (mut normal, mut anomalous) = (0, 0);
        samples.retain(|sample| {
            let count = if sample.label == Label::Normal { &mut normal } else { &mut anomalous };
            *count += 1;
            *count <= limit
        });
    }
    Category { name, samples, found }
}
