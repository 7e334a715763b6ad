//! Listing the samples of a test set.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::official::Official;
use super::sample::{Category, Counts, Sample};
use super::set::{Dataset, Selection};
use super::{circumstances, files, layout, recognise, twins};
use crate::error::{Error, Result, breaks_line, is_hidden, shown};
use crate::types::{Label, SampleId};

/// A test set with everything that is wrong in it.
#[derive(Clone, Debug)]
pub struct Survey {
    /// The test set, as far as it can be listed: without the samples that one of the problems is about.
    pub dataset: Dataset,
    /// Files and folders that cannot be used as they are, in the order in which they were met.
    pub problems: Vec<Error>,
}

/// Lists the test samples under `root`: a folder of categories, one category, or a file that lists them.
///
/// # Errors
/// A file error when the folder is missing, has no known layout or several, holds files that its layout does
/// not explain, or a category has no test pictures; a usage error for an unknown category (it lists what
/// there is, and asks for the one that is alike) and for a limit of 0.
pub fn open(root: impl AsRef<Path>, selection: &Selection) -> Result<Dataset> {
    let Survey { dataset, problems } = survey(root, selection)?;
    problems.into_iter().next().map_or(Ok(dataset), Err)
}

/// Lists the test samples under `root` as [`open`] does, but goes on after files and folders that cannot be
/// used, and tells all of them.
///
/// # Errors
/// The errors of [`open`] after which there is nothing to list.
pub fn survey(root: impl AsRef<Path>, selection: &Selection) -> Result<Survey> {
    let root = root.as_ref();
    if selection.limit == Some(0) {
        return Err(Error::setting("limit", 0, "leaves no sample", "give at least 1"));
    }
    let layout = recognise::find(root, selection.layout)?;
    let name = name(root);
    if name.contains(is_hidden) {
        let name = shown(&name);
        let problem =
            format!("would name the data set {name}, with a line break or another hidden character");
        return Err(Error::file(root, problem, "rename the folder or list"));
    }
    let mut listing = layout::read(root, layout, &selection.categories)?;
    if let Some(pattern) = &selection.condition_pattern {
        let samples = listing.categories.iter_mut().flat_map(|(_, samples)| samples);
        circumstances::from_paths(pattern, root, samples)?;
    }
    let mut problems = listing.problems;
    let categories: Vec<Category> = listing
        .categories
        .into_iter()
        .map(|(name, samples)| finish(name, samples, root, selection.limit, &mut problems, &listing.unusable))
        .collect();
    let official = Official::recognise(layout, listing.names.iter().map(String::as_str)).filter(|official| {
        let found = || categories.iter().map(|category| (category.name.clone(), category.found)).collect();
        official.agrees(layout, listing.names.len(), found)
    });
    let mut remarks = listing.remarks;
    remarks.extend(twins::shared_masks(&categories));
    let dataset = Dataset {
        name,
        root: root.to_owned(),
        layout,
        official,
        categories,
        unused: listing.unused,
        remarks,
    };
    Ok(Survey { dataset, problems })
}

/// Name of the test set under `root`: that of the folder, or of the list if it has one of its own.
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

/// Makes a category of its samples: sorts them, finds names that cannot be used, and cuts to the limit.
fn finish(
    name: String,
    mut samples: Vec<Sample>,
    root: &Path,
    limit: Option<usize>,
    problems: &mut Vec<Error>,
    unusable: &HashSet<PathBuf>,
) -> Category {
    if samples.is_empty() {
        problems.push(Error::file(
            root,
            format!("has no test pictures in category {}", shown(&name)),
            "put pictures (.png, .jpg, .bmp, .tif or .webp) there, or choose other categories with `categories`",
        ));
    }
    samples.sort_by(|a, b| (a.label != Label::Normal, &a.id).cmp(&(b.label != Label::Normal, &b.id)));
    let found = Counts::of(&samples);
    samples.retain(|sample| !unusable.contains(&sample.image));
    let mut refused: HashSet<SampleId> = HashSet::new();
    for pair in samples.windows(2).filter(|pair| pair[0].id == pair[1].id) {
        problems.push(Error::file(
            &pair[1].image,
            format!(
                "has the same name as {}: both would be {}",
                shown(&pair[0].image),
                shown(pair[0].id.to_string())
            ),
            "rename or remove one of the two",
        ));
        refused.insert(pair[0].id.clone());
    }
    for sample in &samples {
        if let Some(error) = odd_name(sample) {
            problems.push(error);
            refused.insert(sample.id.clone());
        }
    }
    for (good, bad) in twins::contradictions(&samples) {
        problems.push(Error::file(
            &bad.image,
            format!(
                "is byte for byte the picture {}: one counts as good, one as defective",
                shown(&good.image)
            ),
            "delete the one that is wrong",
        ));
        refused.extend([good.id.clone(), bad.id.clone()]);
    }
    samples.retain(|sample| !refused.contains(&sample.id));
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

/// What is wrong with a name that becomes a folder or file of a run, and a cell of its records.
fn odd_name(sample: &Sample) -> Option<Error> {
    let SampleId { category, defect, stem } = &sample.id;
    let parts = [category, defect, stem];
    let plain = |part: &str| {
        !["", ".", ".."].contains(&part) && !part.contains(['/', '\\']) && !part.contains(is_hidden)
    };
    let (problem, fix) = if parts.iter().any(|part| part.contains(char::REPLACEMENT_CHARACTER)) {
        // Names that differ in such bytes only would become one.
        (
            format!("has a name with bytes that are no UTF-8: {:?}", sample.image),
            "rename the picture or its folder",
        )
    } else if !parts.into_iter().all(|part| plain(part)) {
        (
            format!("would be called {}, which is no name of a file", shown(sample.id.to_string())),
            "use plain names for categories, kinds of defect and pictures",
        )
    } else if [&sample.circumstances.condition, &sample.circumstances.scene]
        .into_iter()
        .flatten()
        .any(|name| name.contains(is_hidden))
    {
        (
            "has a condition or scene with a line break or another hidden character".to_owned(),
            "use plain names for conditions and scenes",
        )
    } else if let Some(path) = [&sample.image]
        .into_iter()
        .chain(&sample.masks)
        .find(|path| path.to_string_lossy().contains(breaks_line))
    {
        return Some(Error::file(
            path,
            "is a path with a line break or another control character, which no record can hold",
            "rename the file or folder",
        ));
    } else {
        return None;
    };
    Some(Error::file(&sample.image, problem, fix))
}
