//! The rows of `transfer.csv`.

use serde::{Deserialize, Serialize};

use super::faults::{Fault, amount, count, share};
use super::rows::Row;
use crate::types::{Attack, Over};

/// The end of a model's name in the run of a replay, where it stands for what was found under the model.
pub const AS_FOUND: &str = " as found";

/// What worst cases that were found under one model do to another one (`transfer.csv`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransferRow {
    /// Name of the model that the worst cases were found under.
    pub found_under: String,
    /// Name of the model that they were replayed under.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Scope of the row: a category, or the mean over categories.
    pub over: Over,
    /// Attack that has found them.
    pub attack: Attack,
    /// Number of samples.
    pub samples: usize,
    /// Pixel AUROC of the model on unchanged pictures, in [0, 1].
    pub clean_pixel_auroc: Option<f64>,
    /// AUPRO of the model on unchanged pictures, in [0, 1].
    pub clean_aupro: Option<f64>,
    /// Pixel AUROC of the model at the worst cases.
    pub pixel_auroc: Option<f64>,
    /// AUPRO of the model at the worst cases.
    pub aupro: Option<f64>,
    /// Pixel AUROC, at the worst cases, of the model that they were found under.
    pub found_pixel_auroc: Option<f64>,
    /// AUPRO, at the worst cases, of the model that they were found under.
    pub found_aupro: Option<f64>,
    /// Mean absolute difference of the losses of both models at the same perturbation of a sample; none where a choice was made anew.
    pub loss_difference_mean: Option<f64>,
    /// The largest such difference.
    pub loss_difference_max: Option<f64>,
    /// Mean absolute difference of their patch-level maps there; none where these have other shapes too.
    pub map_difference_mean: Option<f64>,
    /// The largest such difference of a patch.
    pub map_difference_max: Option<f64>,
}

impl Row for TransferRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["found_under", "model", "dataset"],
        Over::COLUMNS,
        &["attack", "samples", "clean_pixel_auroc", "clean_aupro", "pixel_auroc", "aupro"],
        &["found_pixel_auroc", "found_aupro", "loss_difference_mean", "loss_difference_max"],
        &["map_difference_mean", "map_difference_max"],
    ];
    const KEY: &'static [&'static str] = &["found_under", "model", "dataset", "over", "category", "attack"];

    fn fault(&self) -> Option<Fault> {
        let shares = [
            ("clean_pixel_auroc", self.clean_pixel_auroc),
            ("clean_aupro", self.clean_aupro),
            ("pixel_auroc", self.pixel_auroc),
            ("aupro", self.aupro),
            ("found_pixel_auroc", self.found_pixel_auroc),
            ("found_aupro", self.found_aupro),
        ];
        let amounts = [
            ("loss_difference_mean", self.loss_difference_mean),
            ("loss_difference_max", self.loss_difference_max),
            ("map_difference_mean", self.map_difference_mean),
            ("map_difference_max", self.map_difference_max),
        ];
        count("samples", self.samples)
            .or_else(|| shares.into_iter().find_map(|(column, value)| share(column, value)))
            .or_else(|| amounts.into_iter().find_map(|(column, value)| amount(column, value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{read_rows, write_rows};

    #[test]
    fn rows_come_back_and_impossible_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("transfer.csv");
        let row = TransferRow {
            found_under: "a".into(),
            model: "b".into(),
            dataset: "d".into(),
            over: Over::Mean,
            attack: Attack::Joint,
            samples: 3,
            clean_pixel_auroc: Some(0.9),
            clean_aupro: Some(0.8),
            pixel_auroc: Some(0.5),
            aupro: None,
            found_pixel_auroc: Some(0.1),
            found_aupro: Some(0.0),
            loss_difference_mean: Some(0.01),
            loss_difference_max: Some(0.02),
            map_difference_mean: None,
            map_difference_max: None,
        };
        write_rows(&path, std::slice::from_ref(&row)).unwrap();
        assert_eq!(read_rows::<TransferRow>(&path).unwrap(), std::slice::from_ref(&row));
        for (wrong, column) in [
            (TransferRow { aupro: Some(1.5), ..row.clone() }, "aupro"),
            (TransferRow { loss_difference_max: Some(-0.1), ..row }, "loss_difference_max"),
        ] {
            assert_eq!(wrong.fault().unwrap().0, column);
        }
    }
}
