//! The data of a study: which, and what was found.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::observe::Observe;
use crate::dataset::{self, Dataset, Facts, Layout, Sample, Selection, Survey};
use crate::error::{Error, Result, is_hidden};
use crate::record::{DatasetInfo, RunInfo, Skipped, file_name};
use crate::types::{Fit, Fitting, Shard};

/// Which data a study reads.
///
/// ```
/// use askance::study::Source;
///
/// let source = Source::new("parts").categories(["hex_nut", "tablet"]).limit(20);
/// assert_eq!(source.limit, Some(20));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Source {
    /// A folder of categories, one category, or a list of pictures.
    pub data: PathBuf,
    /// How the data lie; recognised where none is named.
    pub layout: Option<Layout>,
    /// Name in records and figures; that of the folder or list where none is given.
    pub name: Option<String>,
    /// Only these categories; all where none is named.
    pub category: Vec<String>,
    /// Only the first so many good and the first so many defective samples of each category.
    pub limit: Option<usize>,
    /// Whether samples that cannot be read are left out and listed instead of ending the study.
    pub skip_bad: bool,
    /// Regular expression on paths below the root, whose groups `scene` and `condition` say of what and how a picture was taken, and others
    /// more of it; none for what the layout tells.
    pub condition_pattern: Option<String>,
}

impl Source {
    /// All of the data in a folder or list.
    pub fn new(data: impl Into<PathBuf>) -> Self {
        Self { data: data.into(), ..Self::default() }
    }

    /// With the layout named instead of recognised.
    #[must_use]
    pub fn layout(self, layout: impl Into<Option<Layout>>) -> Self {
        Self { layout: layout.into(), ..self }
    }

    /// Under this name in records and figures.
    #[must_use]
    pub fn name(self, name: impl Into<Option<String>>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// Only these categories; all where the list is empty.
    #[must_use]
    pub fn categories<S: Into<String>>(self, categories: impl IntoIterator<Item = S>) -> Self {
        Self { category: categories.into_iter().map(Into::into).collect(), ..self }
    }

    /// Only the first so many good and the first so many defective samples of each category.
    #[must_use]
    pub fn limit(self, limit: impl Into<Option<usize>>) -> Self {
        Self { limit: limit.into(), ..self }
    }

    /// With scene and condition of each picture taken from its path.
    #[must_use]
    pub fn condition_pattern(self, condition_pattern: impl Into<Option<String>>) -> Self {
        Self { condition_pattern: condition_pattern.into(), ..self }
    }

    /// Whether samples that cannot be read are left out and listed.
    #[must_use]
    pub fn skip_bad(self, skip_bad: bool) -> Self {
        Self { skip_bad, ..self }
    }
}

/// The samples of a study, each with a header that was looked at.
#[derive(Clone, Debug)]
pub struct Data {
    pub(super) dataset: Dataset,
    pub(super) skipped: Vec<Skipped>,
    pub(super) skip_bad: bool,
    warnings: Vec<String>,
    /// Of all the data, also where a shard is all that is left.
    info: DatasetInfo,
}

impl Data {
    /// Lists the samples, looks at the header of every file, so that a bad one is found before the first model call, and tells
    /// `observe` what is unusual about the data.
    ///
    /// # Errors
    /// A file error that names the first file that cannot be used, unless [`Source::skip_bad`] allows to leave it out; a usage error
    /// for an unknown category, which lists what there is.
    pub fn open(source: &Source, observe: &dyn Observe) -> Result<Self> {
        let data = Self::read(source)?;
        data.warnings.iter().for_each(|warning| observe.warn(warning));
        Ok(data)
    }

    /// The data as [`Data::open`] gives them, without a word.
    ///
    /// # Errors
    /// Those of [`Data::open`].
    pub fn read(source: &Source) -> Result<Self> {
        let selection = Selection {
            categories: source.category.clone(),
            limit: source.limit,
            layout: source.layout,
            condition_pattern: source.condition_pattern.clone(),
        };
        let Survey { mut dataset, problems } = dataset::survey(&source.data, &selection)?;
        if let Some(first) = problems.first().filter(|_| !source.skip_bad) {
            return Err(with_skip_bad(first.clone()));
        }
        let Headers { unreadable, remarks, pictures } = check_headers(&mut dataset, source.skip_bad)?;
        let listed = problems.into_iter().map(|e| Skipped { sample: e.subject, reason: e.problem });
        let skipped: Vec<Skipped> = listed.chain(unreadable).collect();
        if source.skip_bad {
            dataset.categories.retain(|category| !category.samples.is_empty());
        }
        if let Some(first) = skipped.first().filter(|_| dataset.categories.is_empty()) {
            return Err(Error::file(
                &source.data,
                format!("has no sample that can be used (first: {}: {})", first.sample, first.reason),
                "repair the files; `askance data` lists them",
            ));
        }
        let mut warnings = dataset.warnings();
        warnings.extend(dataset::sum_up(&remarks));
        if let Some(name) = &source.name {
            let fix = "give a plain name";
            if name.trim().is_empty() {
                return Err(Error::setting("name", name, "is no name", fix));
            }
            if name.contains(is_hidden) {
                let problem = "has a line break or another hidden character";
                return Err(Error::setting("name", name, problem, fix));
            }
            dataset.name.clone_from(name);
        }
        let condition_pattern = source.condition_pattern.clone();
        let info = DatasetInfo { limit: source.limit, condition_pattern, pictures, ..info(&dataset) };
        Ok(Self { dataset, skipped, skip_bad: source.skip_bad, warnings, info })
    }

    /// Data of which a finished run has records.
    fn of_run(dataset: Dataset, run: &RunInfo) -> Self {
        let (skipped, info) = (run.skipped.clone(), run.dataset.clone());
        Self { dataset, skipped, skip_bad: false, warnings: Vec::new(), info }
    }

    /// The data as a finished run saw them, all samples of their categories, in the folder where they lay or `elsewhere`.
    pub(super) fn recorded(info: &RunInfo, elsewhere: Option<&Path>) -> Result<Self> {
        let root = elsewhere.map_or_else(|| PathBuf::from(&info.dataset.root), Path::to_owned);
        let selection = Selection {
            categories: info.dataset.categories.clone(),
            limit: info.dataset.limit,
            layout: Some(info.dataset.layout.parse()?),
            condition_pattern: info.dataset.condition_pattern.clone(),
        };
        let Survey { mut dataset, .. } = dataset::survey(&root, &selection)
            .and_then(|survey| match survey.problems.first() {
                // What the run left out is no problem now.
                Some(first) if info.skipped.is_empty() => Err(first.clone()),
                _ => Ok(survey),
            })
            .map_err(|error| Error {
                fix: format!("{}; `data` tells where the pictures are now", error.fix),
                ..error
            })?;
        dataset.name.clone_from(&info.dataset.name);
        Ok(Self::of_run(dataset, info))
    }

    /// The samples for which `wanted` says so.
    #[must_use]
    pub(super) fn only(&self, wanted: impl Fn(&Sample) -> bool) -> Self {
        let mut part = self.clone();
        for category in &mut part.dataset.categories {
            category.samples.retain(|sample| wanted(sample));
        }
        part.dataset.categories.retain(|category| !category.samples.is_empty());
        let condition_pattern = self.info.condition_pattern.clone();
        let pictures = self.info.pictures.clone();
        part.info =
            DatasetInfo { limit: self.info.limit, condition_pattern, pictures, ..info(&part.dataset) };
        part
    }

    /// The part of the samples that belongs to a shard of the work with models of these sides. A sample costs as many model pictures as
    /// it has pieces, whatever is done with it.
    #[must_use]
    pub(super) fn shard(&self, shard: Shard, fitting: Fitting, sides: &BTreeSet<usize>) -> Self {
        let samples: Vec<&Sample> = self.samples().collect();
        let costs: Vec<usize> = if fitting.fit == Fit::Tile {
            samples.par_iter().map(|sample| pieces(sample, fitting, sides)).collect()
        } else {
            vec![1; samples.len()]
        };
        let mut is_own = shard.share(&costs).into_iter();
        let mut part = self.clone();
        for category in &mut part.dataset.categories {
            category.samples.retain(|_| is_own.next().unwrap_or_default());
        }
        part
    }

    /// Pieces of all pictures together, for all models of these sides.
    pub(super) fn pieces(&self, fitting: Fitting, sides: &BTreeSet<usize>) -> usize {
        let samples: Vec<&Sample> = self.samples().collect();
        if fitting.fit == Fit::Tile {
            samples.par_iter().map(|sample| pieces(sample, fitting, sides)).sum()
        } else {
            samples.len() * sides.len()
        }
    }

    /// The samples of these names, all categories kept.
    #[must_use]
    pub(super) fn named(&self, names: &HashSet<String>) -> Self {
        let mut part = self.clone();
        for category in &mut part.dataset.categories {
            category.samples.retain(|sample| names.contains(&sample.id.to_string()));
        }
        part
    }

    /// The samples by category, and how they lie.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Whether samples have labels.
    pub fn is_labelled(&self) -> bool {
        self.dataset.is_labelled()
    }

    /// Whether samples have labels and masks.
    pub fn has_masks(&self) -> bool {
        self.dataset.has_masks()
    }

    /// All samples in order.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.dataset.categories.iter().flat_map(|category| &category.samples)
    }

    /// Names of the categories in order.
    pub fn categories(&self) -> Vec<&str> {
        self.dataset.categories.iter().map(|category| category.name.as_str()).collect()
    }

    /// Folder of a run on these data that is given none: `results/COMMAND-DATA`.
    pub fn default_out(&self, command: &str) -> PathBuf {
        Path::new("results").join(format!("{command}-{}", file_name(&self.dataset.name)))
    }

    /// Refuses a folder for a run that is that of the data, lies in it or holds it: the run would be taken for pictures, or the pictures for
    /// the run when it is moved aside.
    ///
    /// # Errors
    /// A usage error that names the setting.
    pub fn keep_apart(&self, out: &Path) -> Result<()> {
        let root = &self.dataset.root;
        let whole = |path: &Path| {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
            // What is not there yet is where its nearest folder is.
            let there =
                |folder: &Path| Some(folder.canonicalize().ok()?.join(path.strip_prefix(folder).ok()?));
            path.ancestors().find_map(there).unwrap_or(path.clone())
        };
        let (data, run) = (whole(root), whole(out));
        let how = match (run.starts_with(&data), data.starts_with(&run)) {
            (true, true) => "is the folder of the data",
            (true, false) if root.is_dir() => "lies in the folder of the data",
            (false, true) => "holds the data",
            _ => return Ok(()),
        };
        let problem = format!("{how}, {}", root.display());
        Err(Error::setting("out", out.display(), problem, "give a folder beside the data"))
    }

    /// What a record of a run says of the data.
    pub fn info(&self) -> DatasetInfo {
        self.info.clone()
    }
}

/// What the headers of all pictures tell.
#[derive(Default)]
struct Headers {
    /// Samples that were taken out.
    unreadable: Vec<Skipped>,
    /// What is unusual about the others.
    remarks: Vec<dataset::Remark>,
    /// Height and width of the pictures of each category where all have the same.
    pictures: BTreeMap<String, [usize; 2]>,
}

/// Reads all headers, and takes samples out whose headers are bad, where that is allowed.
fn check_headers(dataset: &mut Dataset, skip_bad: bool) -> Result<Headers> {
    let checks: Vec<Vec<Result<Facts>>> = dataset
        .categories
        .par_iter()
        .map(|category| category.samples.par_iter().map(dataset::inspect).collect())
        .collect();
    let mut headers = Headers::default();
    for (category, checks) in dataset.categories.iter_mut().zip(checks) {
        let samples = std::mem::take(&mut category.samples);
        let mut sizes = BTreeSet::new();
        for (sample, check) in samples.into_iter().zip(checks) {
            match check {
                Ok(facts) => {
                    headers.remarks.extend(facts.remarks);
                    sizes.insert(facts.size);
                    category.samples.push(sample);
                }
                Err(error) if skip_bad => headers.unreadable.push(left_out(&sample, &error)),
                Err(error) => return Err(with_skip_bad(error)),
            }
        }
        if let (1, Some(&(height, width))) = (sizes.len(), sizes.first()) {
            headers.pictures.insert(category.name.clone(), [height, width]);
        }
    }
    Ok(headers)
}

fn info(dataset: &Dataset) -> DatasetInfo {
    DatasetInfo {
        name: dataset.name.clone(),
        root: dataset.root.display().to_string(),
        layout: dataset.layout.to_string(),
        categories: dataset.categories.iter().map(|category| category.name.clone()).collect(),
        limit: None,
        condition_pattern: None,
        samples: dataset.categories.iter().map(|category| category.samples.len()).sum(),
        fingerprint: dataset.fingerprint(),
        contents: String::new(),
        pictures: BTreeMap::new(),
    }
}

/// Pieces of a sample's picture for all models together. What cannot be read is an error elsewhere, or left out.
fn pieces(sample: &Sample, fitting: Fitting, sides: &BTreeSet<usize>) -> usize {
    let size = dataset::inspect(sample).ok().map(|facts| facts.size);
    let of = |&side: &usize| {
        let canvas = size.and_then(|size| fitting.canvas(size, side));
        canvas.map_or(1, |canvas| fitting.pieces(canvas, side).len())
    };
    sides.iter().map(of).sum()
}

/// A sample that is left out because of an error.
pub(super) fn left_out(sample: &Sample, error: &Error) -> Skipped {
    Skipped { sample: sample.id.to_string(), reason: format!("{}: {}", error.subject, error.problem) }
}

/// The error about a bad sample, with the offer to leave such samples out.
pub(super) fn with_skip_bad(mut error: Error) -> Error {
    error.fix.push_str(", or leave such samples out with `skip_bad`");
    error
}
