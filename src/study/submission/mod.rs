//! A run on the private test sets of MVTec AD 2 becomes the archive that their server takes, from stored maps alone.

mod check;
mod rules;
mod write;

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::contents;
use super::data::Data;
use super::observe::{Observe, Stage};
use super::run::input_sizes;
use super::settings::RunSettings;
use crate::dataset::Layout;
use crate::error::{Error, Result};
use crate::metric::ThresholdRule;
use crate::record::{Grouping, ModelInfo, OperatingRow, RunDir, RunInfo, Status, read_rows, write_tar_gz};
use crate::stats::distinct;
use crate::types::Attack;

use check::Expected;
use write::Maps;

/// What is submitted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Submission {
    /// Folder of a finished run on data of the layout `mvtec-ad-2-private`.
    pub run: PathBuf,
    /// Where the pictures are now; where they were if none.
    pub data: Option<PathBuf>,
    /// Which model of the run; needed where it has several.
    pub model: Option<String>,
    /// How the threshold of each category is chosen from its validation pictures, or given for all; the mean and three standard deviations
    /// where none is named.
    pub threshold: Option<ThresholdRule>,
    /// Folder of a run with ground truth whose thresholds for pixels are taken instead.
    pub threshold_from: Option<PathBuf>,
    /// Whether pictures may be missing, or others be there than the server knows.
    pub partial: bool,
}

/// A submission that was written and checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Submitted {
    /// Folder of maps and thresholded maps.
    pub folder: PathBuf,
    /// The archive of it, to be uploaded.
    pub archive: PathBuf,
    /// What was written of each category.
    pub categories: Vec<SubmittedCategory>,
    /// Why the server would refuse it; nothing unless a part was asked for.
    pub differences: Vec<String>,
}

/// One category of a submission.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SubmittedCategory {
    /// Name.
    pub name: String,
    /// A pixel with a score above is called anomalous, in the scores of the model.
    pub threshold: f64,
    /// What is called in each set.
    pub sets: Vec<SubmittedSet>,
}

/// One private set of a category.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SubmittedSet {
    /// `test_private` or `test_private_mixed`.
    pub name: String,
    /// Number of pictures.
    pub pictures: usize,
    /// Number of those of which any pixel is called anomalous.
    pub called: usize,
    /// Share of pixels that are.
    pub called_pixels: f64,
}

impl Submission {
    /// Writes maps (float16 TIFF of the size of the pictures), thresholded maps (PNG of 0 and 255) and their archive `OUT.tar.gz`, and checks
    /// all files by the rules of the server.
    ///
    /// # Errors
    /// A run that is unfinished, a shard, or on other data; pictures other than those that it saw, or, unless a part is allowed, than those
    /// that the server knows; no validation pictures where the threshold is chosen from them; a file that breaks a rule; an interrupted
    /// error where [`Observe::stop`] says so.
    pub fn run(&self, out: impl AsRef<Path>, observe: &dyn Observe) -> Result<Submitted> {
        let out = out.as_ref();
        let name = out.file_name().map(|name| name.to_string_lossy().into_owned());
        let name =
            name.ok_or_else(|| Error::setting("out", out.display(), "has no name", "give a folder"))?;
        let dir = RunDir::open(&self.run)?;
        let info = RunInfo::read(dir.info_path())?;
        let settings = RunSettings::of(&info)?;
        refuse(&dir, &info, &settings)?;
        let data = Data::recorded(&info, self.data.as_deref())?;
        contents::require_seen(&dir, &data)?;
        let differences = rules::differences(data.dataset());
        if !self.partial && !differences.is_empty() {
            let problem = format!("is not what the server asks for: {}", differences.join("; "));
            return Err(Error::file(&data.dataset().root, problem, "complete it, or submit with `partial`"));
        }
        let (model, size) = self.model(&info)?;
        let thresholds = self.thresholds(&model)?;
        let maps = Maps { dir: &dir, model: &model, input: settings.work.settings.input(size), out };
        let sets = rules::SETS.map(|(set, _)| set);
        let count = data.samples().filter(|sample| sets.contains(&sample.id.defect.as_str())).count();
        let stage = Stage::begin(observe, "submit", count);
        let (mut categories, mut pictures) = (Vec::new(), Vec::new());
        for category in &data.dataset().categories {
            let threshold = match &thresholds {
                Thresholds::Rule(rule) => maps.threshold(category, *rule)?,
                Thresholds::Known(known) => of_category(known, &category.name)?,
            };
            let written = maps.write(category, &sets, threshold, (&stage, observe))?;
            pictures.extend(written.pictures);
            categories.push(SubmittedCategory { name: category.name.clone(), threshold, sets: written.sets });
        }
        stage.complete();
        check::check(out, &pictures)?;
        let archive = out.with_file_name(format!("{name}.tar.gz"));
        let files: Vec<(String, PathBuf)> = pictures
            .iter()
            .flat_map(Expected::names)
            .map(|inside| (format!("{name}/{inside}"), out.join(&inside)))
            .collect();
        write_tar_gz(&archive, &files)?;
        Ok(Submitted { folder: out.to_owned(), archive, categories, differences })
    }

    /// Name and input size of the model.
    fn model(&self, info: &RunInfo) -> Result<(String, usize)> {
        let mut models = input_sizes(info)?;
        let names = || info.models.iter().map(|ModelInfo { name, .. }| name.as_str()).collect::<Vec<_>>();
        match &self.model {
            Some(wanted) => models.into_iter().find(|(name, _)| name == wanted).ok_or_else(|| {
                let fix = format!("choose among {}", names().join(", "));
                Error::setting("model", wanted, "is not in the run", fix)
            }),
            None if models.len() == 1 => Ok(models.remove(0)),
            None => {
                let fix = format!("name one with `model`: {}", names().join(", "));
                Err(Error::file(&self.run, "has several models, and a submission is of one", fix))
            }
        }
    }

    fn thresholds(&self, model: &str) -> Result<Thresholds> {
        let Some(from) = &self.threshold_from else {
            let rule = self.threshold.unwrap_or(ThresholdRule::Deviations(3.0));
            if rule == ThresholdRule::BestF1 {
                return Err(Error::setting(
                    "threshold",
                    rule,
                    "needs ground truth, which the private sets have not",
                    "give mean+3sd, a quantile or a number, or take thresholds of a run with `threshold_from`",
                ));
            }
            return Ok(Thresholds::Rule(rule));
        };
        if self.threshold.is_some() {
            let fix = "leave one of the two out";
            return Err(Error::usage("`threshold`", "is said twice, also by `threshold_from`", fix));
        }
        let path = RunDir::open(from)?.operating_path();
        let rows: Vec<OperatingRow> = read_rows(&path)?;
        let models = distinct(rows.iter().map(|row| row.model.clone()));
        let is_of_model = |row: &OperatingRow| models.len() == 1 || row.model == model;
        let known: Vec<(String, f64)> = rows
            .iter()
            .filter(|row| row.attack == Attack::Clean && row.grouping == Grouping::All && is_of_model(row))
            .filter_map(|row| Some((row.over.category()?.to_owned(), row.pixel_threshold?)))
            .collect();
        if known.is_empty() {
            let problem = format!("has no threshold for pixels of {model}");
            return Err(Error::file(path, problem, "give a run of the same model on data with masks"));
        }
        Ok(Thresholds::Known(known))
    }
}

/// Where thresholds come from.
enum Thresholds {
    Rule(ThresholdRule),
    /// Of each category.
    Known(Vec<(String, f64)>),
}

fn of_category(known: &[(String, f64)], category: &str) -> Result<f64> {
    let found = known.iter().find(|(name, _)| name == category).map(|&(_, threshold)| threshold);
    found.ok_or_else(|| {
        let problem = format!("names a run that has no threshold for pixels of {category}");
        Error::usage("`threshold_from`", problem, "give a run on all categories")
    })
}

fn refuse(dir: &RunDir, info: &RunInfo, settings: &RunSettings) -> Result<()> {
    let refused = |problem: String, fix: &str| Err(Error::file(dir.path(), problem, fix));
    if info.status != Status::Finished {
        return refused("is not finished".to_owned(), "give the command of that run again");
    }
    if settings.shard.is_some() {
        return refused("is a shard".to_owned(), "put the shards together with `askance merge`");
    }
    if info.dataset.layout != Layout::MvtecAd2Private.name() {
        let problem = format!("is a run on data of the layout {}", info.dataset.layout);
        return refused(problem, "make one with `layout = mvtec-ad-2-private`");
    }
    if !settings.work.settings.attacks.contains(&Attack::Clean) {
        return refused("has no maps of unchanged pictures".to_owned(), "make one with `askance eval`");
    }
    Ok(())
}
