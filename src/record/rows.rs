//! The row types of the CSV files. Column order is the order of the fields.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

use super::faults::{self, Fault, amount, count, finite, on_axis, outside, share};
use super::intervals::{Drops, Intervals};
use super::parameters::Parameters;
use crate::error::{Error, Result};
use crate::stats;
use crate::types::{
    Attack, Axis, Fit, Interval, Label, Metrics, Over, Perturbation, PooledMetric, SampleId, SampleKey,
};

/// A row of a CSV file with a fixed header.
pub trait Row: Serialize + DeserializeOwned {
    /// Column names in order, in parts: a field that holds several cells is a part of its own.
    const COLUMNS: &'static [&'static [&'static str]];
    /// Columns that files of older versions do not have; a missing column reads as empty cells.
    const NEWER: &'static [&'static [&'static str]] = &[];

    /// Columns whose cells tell a row from all others of its file; none where rows may be alike.
    const KEY: &'static [&'static str] = &[];

    /// Whether every start of a command adds rows, so that no file of them is ever complete.
    const ENDLESS: bool = false;

    /// Column names in the order of the fields.
    fn cells() -> Vec<&'static str> {
        Self::COLUMNS.concat()
    }

    /// Column names in the order of the file: that of the fields, but `over` stands behind `samples`, so that every column of
    /// files that had no `over` is where it was.
    fn header() -> Vec<&'static str> {
        let mut names = Self::cells();
        let place = |name: &str| names.iter().position(|other| *other == name);
        if let (Some(over), Some(samples)) = (place("over"), place("samples")) {
            names[over..=samples].rotate_left(1);
        }
        names
    }

    /// The first column whose value no row can have, and what is wrong with the value.
    fn fault(&self) -> Option<Fault> {
        None
    }

    /// The row in its present form, from a row of a file that lacks some of the [`Self::NEWER`] columns, those that `missing` names.
    #[must_use]
    fn upgraded(self, _missing: &[&str]) -> Self {
        self
    }
}

/// One sample under one attack (`samples.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SampleRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Category, for example `bottle`.
    pub category: String,
    /// Name of the sample, `defect/stem`, unique within the category.
    pub sample: String,
    /// Ground truth of the whole sample.
    pub label: Label,
    /// Attack that the row is of.
    pub attack: Attack,
    /// Values of the perturbation found.
    pub parameters: Parameters,
    /// Loss of the search at the perturbation found (lower is worse for the segmenter).
    pub loss: f64,
    /// Pixel AUROC of this sample alone in [0, 1]; none where the mask has only one class.
    pub sample_auroc: Option<f64>,
    /// Number of full evaluations spent on the row, the unchanged picture included.
    pub evaluations: usize,
    /// Number of coarse evaluations, which a search explored with; each counts for a part of a full
    /// evaluation.
    #[serde(deserialize_with = "zero_if_empty")]
    pub coarse: usize,
    /// Gain that the strategy expects of one more evaluation: how much it would lower the loss; none where it
    /// makes no guess.
    pub expected_gain: Option<f64>,
    /// Anomaly score of the whole picture in [0, 1].
    pub image_score: f64,
    /// Search strategy, `none` for the clean row.
    pub search: String,
    /// Number of evaluations allowed.
    pub budget: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Path of the picture as the data set gave it.
    pub image: String,
    /// Path of the mask as the data set gave it, several joined by `;`; none for a normal sample.
    pub mask: Option<String>,
    /// Values of the perturbation that was chosen by the category's AUPRO; all empty where one choice stands for both metrics. All
    /// other cells are about the choice by pixel AUROC.
    pub aupro: Parameters,
    /// How the picture came to the model's square input.
    #[serde(deserialize_with = "usual_if_empty")]
    pub fit: Fit,
    /// Pieces of the picture's canvas, each a picture to the model, in every evaluation: 1 unless the fit is `tile`. Evaluations are
    /// not multiplied by it.
    #[serde(deserialize_with = "one_if_empty")]
    pub pieces: usize,
    /// Share of the picture's pixels of which the perturbation newly makes a channel black or white; none in clean rows, and before all
    /// samples are there.
    pub clipped: Option<f64>,
    /// The same of the pixels of the defect; none where there is no mask.
    pub clipped_defect: Option<f64>,
}

impl Row for SampleRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "dataset", "category", "sample", "label", "attack"],
        Parameters::COLUMNS,
        &["loss", "sample_auroc", "evaluations", "coarse", "expected_gain", "image_score"],
        &["search", "budget", "seed", "image", "mask"],
        Parameters::AUPRO_COLUMNS,
        &["fit", "pieces", "clipped", "clipped_defect"],
    ];
    const NEWER: &'static [&'static [&'static str]] = &[
        Parameters::NEWER_COLUMNS,
        &["coarse", "expected_gain"],
        Parameters::AUPRO_COLUMNS,
        &["fit", "pieces"],
        &["clipped", "clipped_defect"],
    ];
    const KEY: &'static [&'static str] = &["model", "dataset", "category", "sample", "attack"];

    fn fault(&self) -> Option<Fault> {
        let unmade = self.evaluations == 0;
        let scored = self.sample_auroc.is_some() && self.label != Label::Anomalous;
        let whole = self.fit != Fit::Tile && self.pieces > 1;
        self.parameters
            .fault()
            .or_else(|| self.parameters.unsaid(self.attack))
            .or_else(|| finite("loss", self.loss))
            .or_else(|| share("sample_auroc", self.sample_auroc))
            .or_else(|| scored.then(|| ("sample_auroc", NO_DEFECT.to_owned())))
            .or_else(|| unmade.then(|| ("evaluations", "0, and a row stands on one at least".to_owned())))
            .or_else(|| count("evaluations", self.evaluations))
            .or_else(|| count("coarse", self.coarse))
            .or_else(|| amount("expected_gain", self.expected_gain))
            .or_else(|| finite("image_score", self.image_score))
            .or_else(|| count("budget", self.budget))
            .or_else(|| self.aupro.fault_in(&Axis::AUPRO_COLUMNS))
            .or_else(|| (self.pieces == 0).then(|| ("pieces", "0, and a picture is one at least".to_owned())))
            .or_else(|| whole.then(|| ("pieces", format!("{}, and {} makes one", self.pieces, self.fit))))
            .or_else(|| count("pieces", self.pieces))
            .or_else(|| share("clipped", self.clipped))
            .or_else(|| share("clipped_defect", self.clipped_defect))
    }
}

/// What is wrong with a sample AUROC where the mask has no defect, or is not known.
const NO_DEFECT: &str = "only a sample that is labelled anomalous has one";

fn zero_if_empty<'de, D: Deserializer<'de>>(cell: D) -> std::result::Result<usize, D::Error> {
    Ok(Option::deserialize(cell)?.unwrap_or(0))
}

fn one_if_empty<'de, D: Deserializer<'de>>(cell: D) -> std::result::Result<usize, D::Error> {
    Ok(Option::deserialize(cell)?.unwrap_or(1))
}

/// Before there was a choice, every picture was squeezed.
fn usual_if_empty<'de, D: Deserializer<'de>>(cell: D) -> std::result::Result<Fit, D::Error> {
    Ok(Option::deserialize(cell)?.unwrap_or_default())
}

impl SampleRow {
    /// The fault of a loss outside `losses`, or of an image score outside [0, 1] where the model's lie there.
    pub fn beyond(&self, losses: Interval, has_bounded_scores: bool) -> Option<Fault> {
        let scores = Interval { low: 0.0, high: 1.0 };
        let score = || outside("image_score", self.image_score, scores).filter(|_| has_bounded_scores);
        outside("loss", self.loss, losses).or_else(score)
    }

    /// The perturbation found, by pixel AUROC where each metric has a choice of its own.
    pub fn perturbation(&self) -> Perturbation {
        self.parameters.perturbation()
    }

    /// The perturbation that was chosen by a metric.
    pub fn chosen_by(&self, metric: PooledMetric) -> Perturbation {
        self.parameters.chosen_by(&self.aupro, metric)
    }

    /// Key of the sample that the row is about.
    pub fn key(&self) -> SampleKey {
        SampleKey { model: self.model.clone(), category: self.category.clone(), sample: self.sample.clone() }
    }

    /// Name of the sample in three parts.
    ///
    /// # Errors
    /// A file error when the `sample` cell is not `defect/stem`.
    pub fn id(&self) -> Result<SampleId> {
        let (defect, stem) = self.sample.split_once('/').ok_or_else(|| {
            Error::file(
                format!("samples.csv, sample `{}`", self.sample),
                "is not written as defect/stem",
                "restore the file from the run that wrote it",
            )
        })?;
        Ok(SampleId { category: self.category.clone(), defect: defect.to_owned(), stem: stem.to_owned() })
    }
}

/// Pooled metrics of one category under one attack, or their mean over categories (`summary.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SummaryRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Scope of the row: a category, or the mean over categories.
    pub over: Over,
    /// Attack whose maps are pooled.
    pub attack: Attack,
    /// Number of samples pooled.
    pub samples: usize,
    /// Metrics pooled over the samples, or the mean of the categories' metrics.
    pub metrics: Metrics,
    /// Mean of the search's loss over samples.
    pub mean_loss: Option<f64>,
    /// Number of model evaluations spent, all samples together.
    pub evaluations: usize,
    /// How sure the metrics are.
    pub intervals: Intervals,
    /// How far the metrics lie below the clean ones.
    pub drops: Drops,
}

impl Row for SummaryRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "dataset"],
        Over::COLUMNS,
        &["attack", "samples"],
        Metrics::COLUMNS,
        &["mean_loss", "evaluations"],
        Intervals::COLUMNS,
        Drops::COLUMNS,
    ];
    const NEWER: &'static [&'static [&'static str]] = &[&["over"], Intervals::COLUMNS, Drops::COLUMNS];
    const KEY: &'static [&'static str] = &["model", "dataset", "over", "category", "attack"];

    fn upgraded(self, missing: &[&str]) -> Self {
        Self { over: mean_by_name(self.over, missing), ..self }
    }

    fn fault(&self) -> Option<Fault> {
        faults::metrics(&self.metrics)
            .or_else(|| finite("mean_loss", self.mean_loss))
            .or_else(|| count("samples", self.samples))
            .or_else(|| count("evaluations", self.evaluations))
            .or_else(|| self.intervals.fault())
            .or_else(|| self.drops.fault())
    }
}

/// Pooled metrics of one category with one perturbation applied to every sample (`sweep.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Scope of the row: a category, or the mean over categories.
    pub over: Over,
    /// Axis that is swept.
    pub axis: Axis,
    /// Value on the swept axis, in the unit of the axis.
    pub value: f64,
    /// Number of samples pooled.
    pub samples: usize,
    /// Metrics pooled over the samples, or the mean of the categories' metrics.
    pub metrics: Metrics,
    /// How sure the metrics are.
    pub intervals: Intervals,
}

impl Row for SweepRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "dataset"],
        Over::COLUMNS,
        &["axis", "value", "samples"],
        Metrics::COLUMNS,
        Intervals::COLUMNS,
    ];
    const NEWER: &'static [&'static [&'static str]] = &[&["over", "image_ap"], Intervals::COLUMNS];
    const KEY: &'static [&'static str] = &["model", "dataset", "over", "category", "axis", "value"];

    fn upgraded(self, missing: &[&str]) -> Self {
        Self { over: mean_by_name(self.over, missing), ..self }
    }

    fn fault(&self) -> Option<Fault> {
        on_axis("value", self.axis, self.value)
            .or_else(|| faults::metrics(&self.metrics))
            .or_else(|| count("samples", self.samples))
            .or_else(|| self.intervals.fault())
    }
}

/// The scope of a row of an older file: where there was no `over`, the mean was a category called `mean`.
pub(super) fn mean_by_name(over: Over, missing: &[&str]) -> Over {
    if missing.contains(&"over") && over.category() == Some("mean") { Over::Mean } else { over }
}

/// The mean over categories per (model, dataset, attack), in the order in which these first appear. Every category
/// weighs the same; each metric is averaged over the categories that have it. Samples and evaluations are summed.
/// Rows that are not over one category are left out; but the mean of the same categories keeps its intervals, which do not follow
/// from those of the categories.
pub fn mean_rows(rows: &[SummaryRow]) -> Vec<SummaryRow> {
    let each = rows.iter().filter(|row| row.over.category().is_some());
    let groups = stats::grouped(each, |row| (&row.model, &row.dataset, row.attack));
    groups.iter().map(|group| with_intervals(mean_of(group), rows)).collect()
}

fn with_intervals(mean: SummaryRow, rows: &[SummaryRow]) -> SummaryRow {
    let bare = |row: &SummaryRow| SummaryRow {
        intervals: Intervals::default(),
        drops: Drops::default(),
        ..row.clone()
    };
    let mut known = rows.iter().filter(|row| row.over == Over::Mean);
    known.find(|row| bare(row) == mean).cloned().unwrap_or(mean)
}

fn mean_of(group: &[&SummaryRow]) -> SummaryRow {
    SummaryRow {
        intervals: Intervals::default(),
        drops: Drops::default(),
        over: Over::Mean,
        samples: group.iter().map(|row| row.samples).sum(),
        metrics: Metrics::mean(group.iter().map(|row| row.metrics)),
        mean_loss: stats::mean(&group.iter().filter_map(|row| row.mean_loss).collect::<Vec<_>>()),
        evaluations: group.iter().map(|row| row.evaluations).sum(),
        ..group[0].clone()
    }
}

/// The mean over categories per (model, dataset, axis, value), as [`mean_rows`] takes it.
pub fn sweep_means(rows: &[SweepRow]) -> Vec<SweepRow> {
    let each = rows.iter().filter(|row| row.over.category().is_some());
    let mean_of = |group: &Vec<&SweepRow>| SweepRow {
        over: Over::Mean,
        samples: group.iter().map(|row| row.samples).sum(),
        metrics: Metrics::mean(group.iter().map(|row| row.metrics)),
        intervals: Intervals::default(),
        ..group[0].clone()
    };
    let groups = stats::grouped(each, |row| (&row.model, &row.dataset, row.axis, row.value));
    groups.iter().map(mean_of).collect()
}
