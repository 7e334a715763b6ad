//! The rows of `operating.csv`: what a model does where one decides.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::faults::{Fault, count, finite, share};
use super::rows::Row;
use crate::error::{Error, Result};
use crate::types::{Attack, Interval, Over, by_text, unknown_name};

/// What the pictures of a row have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Nothing: all pictures of the category.
    All,
    /// A kind of defect, with all good pictures of the category.
    Defect,
    /// All pictures, but only the regions of one size.
    Size,
    /// The condition under which they were taken.
    Condition,
    /// A value of this column of the data; as text `column:NAME`, which no other grouping can be taken for.
    Column(String),
}

impl Grouping {
    const COLUMN: &'static str = "column:";
    const NAMES: [&'static str; 5] = ["all", "defect", "size", "condition", "column:NAME"];

    /// Whether its groups are pictures that were taken alike, good and defective ones.
    pub fn is_of_circumstances(&self) -> bool {
        matches!(self, Self::Condition | Self::Column(_))
    }
}

impl fmt::Display for Grouping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::All => "all",
            Self::Defect => "defect",
            Self::Size => "size",
            Self::Condition => "condition",
            Self::Column(name) => return write!(f, "{}{name}", Self::COLUMN),
        })
    }
}

impl FromStr for Grouping {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let column = text.strip_prefix(Self::COLUMN).filter(|name| !name.is_empty());
        Ok(match (text, column) {
            ("all", _) => Self::All,
            ("defect", _) => Self::Defect,
            ("size", _) => Self::Size,
            ("condition", _) => Self::Condition,
            (_, Some(name)) => Self::Column(name.to_owned()),
            _ => return Err(unknown_name(text, "a grouping", &Self::NAMES)),
        })
    }
}

by_text!(Grouping);

/// Rates of decisions about pixels at the threshold, in [0, 1], pooled over all pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PixelRates {
    /// Share of what is called anomalous that is.
    pub pixel_precision: Option<f64>,
    /// Share of what is anomalous that is called so.
    pub pixel_recall: Option<f64>,
    /// F1 of both: SegF1.
    pub pixel_f1: Option<f64>,
    /// Share of normal pixels that are called anomalous.
    pub pixel_false_alarms: Option<f64>,
    /// Regions of the ground truth.
    pub regions: Option<usize>,
    /// Share of the regions of which any pixel is called anomalous.
    pub region_recall: Option<f64>,
    /// Mean over regions of the share of their pixels that are called anomalous.
    pub region_overlap: Option<f64>,
}

/// Rates of decisions about whole pictures, in [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ImageRates {
    /// F1 of the decisions.
    pub image_f1: Option<f64>,
    /// Share of the anomalous pictures that are called so.
    pub image_recall: Option<f64>,
    /// Share of the good pictures that are called anomalous.
    pub image_false_alarms: Option<f64>,
    /// Share of the decisions that differ from those on the unchanged pictures.
    pub image_flips: Option<f64>,
    /// Share of the good pictures below the 2 % quantile of the bad ones.
    pub pg2: Option<f64>,
    /// Share of the bad pictures above the 98 % quantile of the good ones.
    pub pb2: Option<f64>,
}

/// Metrics without a threshold, in [0, 1] but for the drops.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curves {
    /// Pixel AUROC.
    pub pixel_auroc: Option<f64>,
    /// AUPRO up to a false-positive rate of 0.05.
    pub aupro_05: Option<f64>,
    /// Image AUROC.
    pub image_auroc: Option<f64>,
    /// AUPIMO, its false-positive rate that of the good pictures under the attack.
    pub aupimo: Option<f64>,
    /// AUPIMO, its false-positive rate that of the unchanged good pictures.
    pub aupimo_clean: Option<f64>,
    /// The part of what clean pixel AUROC has above 0.5 that is lost; empty in clean rows.
    pub pixel_auroc_drop_share: Option<f64>,
    /// The part of clean AUPRO that is lost, both as in `summary.csv`; empty in clean rows and in those of groups.
    pub aupro_drop_share: Option<f64>,
    /// The part of what clean image AUROC has above 0.5 that is lost; empty in clean rows.
    pub image_auroc_drop_share: Option<f64>,
}

/// 95 % intervals over samples or scenes, and what a condition or value has more than the reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// Lower end of the interval of pixel F1.
    pub pixel_f1_low: Option<f64>,
    /// Its upper end.
    pub pixel_f1_high: Option<f64>,
    /// Lower end of the interval of image F1.
    pub image_f1_low: Option<f64>,
    /// Its upper end.
    pub image_f1_high: Option<f64>,
    /// The condition or value that differences are taken from.
    pub reference: Option<String>,
    /// Scenes that both show and the differences are of; none where scenes are not known.
    pub scenes: Option<usize>,
    /// Pixel AUROC minus that of the reference.
    pub pixel_auroc_difference: Option<f64>,
    /// Lower end of its interval.
    pub pixel_auroc_difference_low: Option<f64>,
    /// Upper end of its interval.
    pub pixel_auroc_difference_high: Option<f64>,
    /// Pixel F1 minus that of the reference.
    pub pixel_f1_difference: Option<f64>,
    /// Lower end of its interval.
    pub pixel_f1_difference_low: Option<f64>,
    /// Upper end of its interval.
    pub pixel_f1_difference_high: Option<f64>,
    /// Image F1 minus that of the reference.
    pub image_f1_difference: Option<f64>,
    /// Lower end of its interval.
    pub image_f1_difference_low: Option<f64>,
    /// Upper end of its interval.
    pub image_f1_difference_high: Option<f64>,
}

/// How far the metrics of a group lie below those of the same pictures unchanged; empty in clean rows and in those of sizes. The
/// intervals of 95 % are over samples or scenes; those of all pictures are empty where there are no groups.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OperatingDrops {
    /// Clean pixel AUROC minus this one.
    pub pixel_auroc_drop: Option<f64>,
    /// Lower end of its interval.
    pub pixel_auroc_drop_low: Option<f64>,
    /// Upper end of its interval.
    pub pixel_auroc_drop_high: Option<f64>,
    /// Clean image AUROC minus this one.
    pub image_auroc_drop: Option<f64>,
    /// Lower end of its interval.
    pub image_auroc_drop_low: Option<f64>,
    /// Upper end of its interval.
    pub image_auroc_drop_high: Option<f64>,
}

impl OperatingDrops {
    const COLUMNS: &'static [&'static str] = &[
        "pixel_auroc_drop",
        "pixel_auroc_drop_low",
        "pixel_auroc_drop_high",
        "image_auroc_drop",
        "image_auroc_drop_low",
        "image_auroc_drop_high",
    ];

    /// The interval of the drop of pixel AUROC.
    pub fn pixel_auroc_interval(&self) -> Option<Interval> {
        Some(Interval { low: self.pixel_auroc_drop_low?, high: self.pixel_auroc_drop_high? })
    }

    /// The interval of the drop of image AUROC.
    pub fn image_auroc_interval(&self) -> Option<Interval> {
        Some(Interval { low: self.image_auroc_drop_low?, high: self.image_auroc_drop_high? })
    }
}

/// What a model does at its thresholds with one group of the pictures of a category under one attack, or the mean over categories
/// (`operating.csv`). Everything is about the maps that `summary.csv` has pixel AUROC of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperatingRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Scope of the row: a category, or the mean over categories.
    pub over: Over,
    /// Attack.
    pub attack: Attack,
    /// What the pictures have in common.
    pub grouping: Grouping,
    /// Which kind, size, condition or value; none for all.
    pub group: Option<String>,
    /// Good pictures.
    pub normal: usize,
    /// Anomalous pictures.
    pub anomalous: usize,
    /// Pixels of the good pictures that count; none where there are no masks.
    pub normal_pixels: Option<usize>,
    /// Rule that the thresholds were chosen by, as text.
    pub rule: String,
    /// A pixel with a score above is called anomalous; none in a mean.
    pub pixel_threshold: Option<f64>,
    /// A picture with a score above is called anomalous; none in a mean.
    pub image_threshold: Option<f64>,
    /// Decisions about pixels.
    pub pixels: PixelRates,
    /// Decisions about pictures.
    pub images: ImageRates,
    /// Metrics without a threshold.
    pub curves: Curves,
    /// Intervals and differences.
    pub compared: Compared,
    /// Drops from the unchanged pictures.
    pub drops: OperatingDrops,
}

impl OperatingRow {
    /// The interval of pixel F1.
    pub fn pixel_f1_interval(&self) -> Option<Interval> {
        Some(Interval { low: self.compared.pixel_f1_low?, high: self.compared.pixel_f1_high? })
    }

    /// The interval of image F1.
    pub fn image_f1_interval(&self) -> Option<Interval> {
        Some(Interval { low: self.compared.image_f1_low?, high: self.compared.image_f1_high? })
    }

    /// The interval of the difference of pixel AUROC from that of the reference.
    pub fn pixel_auroc_difference_interval(&self) -> Option<Interval> {
        let Compared { pixel_auroc_difference_low, pixel_auroc_difference_high, .. } = self.compared;
        Some(Interval { low: pixel_auroc_difference_low?, high: pixel_auroc_difference_high? })
    }
}

impl PixelRates {
    const COLUMNS: &'static [&'static str] = &[
        "pixel_precision",
        "pixel_recall",
        "pixel_f1",
        "pixel_false_alarms",
        "regions",
        "region_recall",
        "region_overlap",
    ];
}

impl ImageRates {
    const COLUMNS: &'static [&'static str] =
        &["image_f1", "image_recall", "image_false_alarms", "image_flips", "pg2", "pb2"];
}

impl Curves {
    const COLUMNS: &'static [&'static str] = &[
        "pixel_auroc",
        "aupro_05",
        "image_auroc",
        "aupimo",
        "aupimo_clean",
        "pixel_auroc_drop_share",
        "aupro_drop_share",
        "image_auroc_drop_share",
    ];
}

impl Compared {
    const COLUMNS: &'static [&'static str] = &[
        "pixel_f1_low",
        "pixel_f1_high",
        "image_f1_low",
        "image_f1_high",
        "reference",
        "scenes",
        "pixel_auroc_difference",
        "pixel_auroc_difference_low",
        "pixel_auroc_difference_high",
        "pixel_f1_difference",
        "pixel_f1_difference_low",
        "pixel_f1_difference_high",
        "image_f1_difference",
        "image_f1_difference_low",
        "image_f1_difference_high",
    ];
}

impl Row for OperatingRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "dataset"],
        Over::COLUMNS,
        &["attack", "grouping", "group", "normal", "anomalous", "normal_pixels"],
        &["rule", "pixel_threshold", "image_threshold"],
        PixelRates::COLUMNS,
        ImageRates::COLUMNS,
        Curves::COLUMNS,
        Compared::COLUMNS,
        OperatingDrops::COLUMNS,
    ];
    const NEWER: &'static [&'static [&'static str]] = &[OperatingDrops::COLUMNS];
    const KEY: &'static [&'static str] =
        &["model", "dataset", "over", "category", "attack", "grouping", "group"];

    fn fault(&self) -> Option<Fault> {
        let Self { pixels, images, curves, compared, drops, .. } = self;
        let shares = [
            ("pixel_precision", pixels.pixel_precision),
            ("pixel_recall", pixels.pixel_recall),
            ("pixel_f1", pixels.pixel_f1),
            ("pixel_false_alarms", pixels.pixel_false_alarms),
            ("region_recall", pixels.region_recall),
            ("region_overlap", pixels.region_overlap),
            ("image_f1", images.image_f1),
            ("image_recall", images.image_recall),
            ("image_false_alarms", images.image_false_alarms),
            ("image_flips", images.image_flips),
            ("pg2", images.pg2),
            ("pb2", images.pb2),
            ("pixel_auroc", curves.pixel_auroc),
            ("aupro_05", curves.aupro_05),
            ("image_auroc", curves.image_auroc),
            ("aupimo", curves.aupimo),
            ("aupimo_clean", curves.aupimo_clean),
            ("pixel_f1_low", compared.pixel_f1_low),
            ("pixel_f1_high", compared.pixel_f1_high),
            ("image_f1_low", compared.image_f1_low),
            ("image_f1_high", compared.image_f1_high),
        ];
        let numbers = [
            ("pixel_threshold", self.pixel_threshold),
            ("image_threshold", self.image_threshold),
            ("pixel_auroc_drop_share", curves.pixel_auroc_drop_share),
            ("aupro_drop_share", curves.aupro_drop_share),
            ("image_auroc_drop_share", curves.image_auroc_drop_share),
            ("pixel_auroc_difference", compared.pixel_auroc_difference),
            ("pixel_auroc_difference_low", compared.pixel_auroc_difference_low),
            ("pixel_auroc_difference_high", compared.pixel_auroc_difference_high),
            ("pixel_f1_difference", compared.pixel_f1_difference),
            ("pixel_f1_difference_low", compared.pixel_f1_difference_low),
            ("pixel_f1_difference_high", compared.pixel_f1_difference_high),
            ("image_f1_difference", compared.image_f1_difference),
            ("image_f1_difference_low", compared.image_f1_difference_low),
            ("image_f1_difference_high", compared.image_f1_difference_high),
            ("pixel_auroc_drop", drops.pixel_auroc_drop),
            ("pixel_auroc_drop_low", drops.pixel_auroc_drop_low),
            ("pixel_auroc_drop_high", drops.pixel_auroc_drop_high),
            ("image_auroc_drop", drops.image_auroc_drop),
            ("image_auroc_drop_low", drops.image_auroc_drop_low),
            ("image_auroc_drop_high", drops.image_auroc_drop_high),
        ];
        let counts = [
            ("normal", Some(self.normal)),
            ("anomalous", Some(self.anomalous)),
            ("normal_pixels", self.normal_pixels),
            ("regions", pixels.regions),
            ("scenes", compared.scenes),
        ];
        let grouped = (self.group.is_none() != (self.grouping == Grouping::All))
            .then(|| ("group", "only a row of all pictures has none".to_owned()));
        grouped
            .or_else(|| shares.into_iter().find_map(|(column, value)| share(column, value)))
            .or_else(|| numbers.into_iter().find_map(|(column, value)| finite(column, value)))
            .or_else(|| counts.into_iter().find_map(|(column, value)| count(column, value)))
    }
}
