//! The pooled metrics of a set of samples.

use serde::{Deserialize, Serialize};

/// The metrics of a set of samples, pooled. All lie in [0, 1]; a metric that is not defined, because a class or every region is
/// missing, is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// Area under the ROC curve over all pixels (pAUROC).
    pub pixel_auroc: Option<f64>,
    /// Normalised area under the per-region overlap curve.
    pub aupro: Option<f64>,
    /// Average precision over all pixels.
    pub pixel_ap: Option<f64>,
    /// Best F1 over all thresholds on the pixels.
    pub pixel_f1_max: Option<f64>,
    /// Area under the ROC curve over images.
    pub image_auroc: Option<f64>,
    /// Average precision over images.
    pub image_ap: Option<f64>,
}

impl Metrics {
    /// Names of the metrics in the order of the fields: their columns in files.
    pub const COLUMNS: &'static [&'static str] =
        &["pixel_auroc", "aupro", "pixel_ap", "pixel_f1_max", "image_auroc", "image_ap"];

    /// The mean of each metric over the sets that have it, all with the same weight.
    pub fn mean(all: impl IntoIterator<Item = Self>) -> Self {
        let all: Vec<Self> = all.into_iter().collect();
        let mean = |metric: fn(&Self) -> Option<f64>| {
            let values: Vec<f64> = all.iter().filter_map(metric).collect();
            (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
        };
        Self {
            pixel_auroc: mean(|metrics| metrics.pixel_auroc),
            aupro: mean(|metrics| metrics.aupro),
            pixel_ap: mean(|metrics| metrics.pixel_ap),
            pixel_f1_max: mean(|metrics| metrics.pixel_f1_max),
            image_auroc: mean(|metrics| metrics.image_auroc),
            image_ap: mean(|metrics| metrics.image_ap),
        }
    }

    /// Whether there is a pixel metric that figures and tables show: pixel AUROC or AUPRO.
    pub fn has_pixels(&self) -> bool {
        self.pixel_auroc.is_some() || self.aupro.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_leaves_out_what_is_missing_metric_by_metric() {
        let metrics = |pixel_auroc, aupro| Metrics { pixel_auroc, aupro, ..Metrics::default() };
        let all = [metrics(Some(0.5), None), metrics(None, None), metrics(Some(0.25), Some(0.75))];
        assert_eq!(Metrics::mean(all), metrics(Some(0.375), Some(0.75)));
        assert_eq!(Metrics::mean([]), Metrics::default());
        assert!(Metrics::mean(all).has_pixels() && !all[1].has_pixels());
    }

    #[test]
    fn every_metric_has_its_own_mean_and_column() {
        let one = |step: f64| Metrics {
            pixel_auroc: Some(0.0 + step),
            aupro: Some(0.125 + step),
            pixel_ap: Some(0.25 + step),
            pixel_f1_max: Some(0.375 + step),
            image_auroc: Some(0.5 + step),
            image_ap: Some(0.625 + step),
        };
        assert_eq!(Metrics::mean([one(0.0), one(0.25)]), one(0.125));
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(one(0.0)).unwrap();
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        assert_eq!(text.lines().next(), Some(Metrics::COLUMNS.join(",").as_str()));
    }
}
