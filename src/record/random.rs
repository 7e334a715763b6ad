//! The rows of `random.csv`.

use serde::{Deserialize, Serialize};

use super::faults::{self, Fault, count, finite, share};
use super::rows::Row;
use super::stability::DecisionRule;
use crate::types::{Metrics, Over};

/// The average case of one category, or of the mean over categories (`random.csv`): every sample under perturbations of its own that
/// are drawn evenly from the box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RandomRow {
    /// Name of the model bundle.
    pub model: String,
    /// Name of the dataset.
    pub dataset: String,
    /// Scope of the row: a category, or the mean over categories.
    pub over: Over,
    /// Draws of each sample.
    pub draws: usize,
    /// Number of samples pooled.
    pub samples: usize,
    /// Mean over the draws of the metrics pooled over the samples, each under its own draw of that number; of the mean over
    /// categories in its row.
    pub metrics: Metrics,
    /// Lowest of the draws' pixel AUROC.
    pub pixel_auroc_min: Option<f64>,
    /// Highest of the draws' pixel AUROC.
    pub pixel_auroc_max: Option<f64>,
    /// Lowest of the draws' AUPRO.
    pub aupro_min: Option<f64>,
    /// Highest of the draws' AUPRO.
    pub aupro_max: Option<f64>,
    /// Decision threshold on the image score; none in the row of the mean, and where none could be chosen.
    pub threshold: Option<f64>,
    /// Rule that the threshold was chosen by.
    pub rule: Option<DecisionRule>,
    /// Decisions that differ from that on the unchanged picture; of all categories in the row of the mean.
    pub flips: Option<usize>,
    /// Decisions, one for each draw of each sample.
    pub decisions: Option<usize>,
    /// `flips` / `decisions`.
    pub flip_share: Option<f64>,
    /// Lower end of the 95 % interval of the share of the box under which the decisions on these samples flip (Clopper-Pearson).
    pub flip_low: Option<f64>,
    /// Upper end of the interval.
    pub flip_high: Option<f64>,
    /// Share of the box that is certified; none where nothing was to be.
    pub certified_share: Option<f64>,
    /// Which draw, counted from the lowest, the certified values are those of.
    pub certified_rank: Option<usize>,
    /// Pixel AUROC that at most that share of further draws of all samples is lower than, with 95 % confidence.
    pub certified_pixel_auroc: Option<f64>,
    /// The same of AUPRO.
    pub certified_aupro: Option<f64>,
    /// The same of the image AUROC.
    pub certified_image_auroc: Option<f64>,
}

/// The columns of what is certified.
const CERTIFIED: &[&str] = &[
    "certified_share",
    "certified_rank",
    "certified_pixel_auroc",
    "certified_aupro",
    "certified_image_auroc",
];

impl Row for RandomRow {
    const COLUMNS: &'static [&'static [&'static str]] = &[
        &["model", "dataset"],
        Over::COLUMNS,
        &["draws", "samples"],
        Metrics::COLUMNS,
        &["pixel_auroc_min", "pixel_auroc_max", "aupro_min", "aupro_max", "threshold", "rule"],
        &["flips", "decisions", "flip_share", "flip_low", "flip_high"],
        CERTIFIED,
    ];
    const NEWER: &'static [&'static [&'static str]] = &[CERTIFIED];
    const KEY: &'static [&'static str] = &["model", "dataset", "over", "category"];

    fn fault(&self) -> Option<Fault> {
        count("draws", self.draws)
            .or_else(|| count("samples", self.samples))
            .or_else(|| faults::metrics(&self.metrics))
            .or_else(|| {
                let Metrics { pixel_auroc, aupro, .. } = self.metrics;
                apart("pixel_auroc", [self.pixel_auroc_min, pixel_auroc, self.pixel_auroc_max])
                    .or_else(|| apart("aupro", [self.aupro_min, aupro, self.aupro_max]))
            })
            .or_else(|| finite("threshold", self.threshold))
            .or_else(|| self.miscounted())
            .or_else(|| self.uncertified())
    }
}

impl RandomRow {
    /// The first cell about what is certified that cannot be.
    fn uncertified(&self) -> Option<Fault> {
        let values = [
            ("certified_share", self.certified_share),
            ("certified_pixel_auroc", self.certified_pixel_auroc),
            ("certified_aupro", self.certified_aupro),
            ("certified_image_auroc", self.certified_image_auroc),
        ];
        let beyond = |rank: usize| rank == 0 || rank > self.draws;
        if let Some(rank) = self.certified_rank.filter(|&rank| beyond(rank)) {
            return Some(("certified_rank", format!("{rank}, of {} draws", self.draws)));
        }
        let alone = |(column, value): (&'static str, Option<f64>)| {
            let lacks = value.is_some() && (self.certified_share.is_none() || self.certified_rank.is_none());
            lacks.then(|| (column, "has a value without a share and a rank".to_owned()))
        };
        values
            .into_iter()
            .find_map(|(column, value)| share(column, value))
            .or_else(|| values.into_iter().find_map(alone))
    }

    /// The first cell about flips that the others contradict.
    fn miscounted(&self) -> Option<Fault> {
        let (Some(flips), Some(decisions)) = (self.flips, self.decisions) else {
            let cells = [
                ("flips", self.flips.is_some()),
                ("decisions", self.decisions.is_some()),
                ("flip_share", self.flip_share.is_some()),
                ("flip_low", self.flip_low.is_some()),
                ("flip_high", self.flip_high.is_some()),
            ];
            let (column, _) = cells.into_iter().find(|(_, is_there)| *is_there)?;
            return Some((column, "has a value, and flips were not counted".to_owned()));
        };
        let most = self.draws.saturating_mul(self.samples);
        if decisions == 0 || decisions > most || (decisions < most && self.over != Over::Mean) {
            let problem = format!("{decisions}, with {} draws of {} samples", self.draws, self.samples);
            return Some(("decisions", problem));
        }
        if flips > decisions {
            return Some(("flips", format!("{flips} of {decisions} decisions")));
        }
        let given = flips as f64 / decisions as f64;
        if !self.flip_share.is_some_and(|share| (share - given).abs() < 1e-9) {
            return Some(("flip_share", format!("is not {flips} of {decisions}")));
        }
        apart("flip_low", [self.flip_low, self.flip_share, self.flip_high])
    }
}

/// The fault of shares that are not in this order, or of which some are missing.
fn apart(column: &'static str, values: [Option<f64>; 3]) -> Option<Fault> {
    let slack = 1e-9;
    let fault = values.into_iter().find_map(|value| share(column, value));
    let ordered = match values {
        [None, None, None] => true,
        [Some(low), Some(middle), Some(high)] => low <= middle + slack && middle <= high + slack,
        _ => false,
    };
    fault.or_else(|| {
        (!ordered).then(|| {
            (column, "does not lie between the lowest and the highest, or one of them is missing".to_owned())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> RandomRow {
        RandomRow {
            model: "m".into(),
            dataset: "d".into(),
            over: Over::Category("nut".into()),
            draws: 5,
            samples: 2,
            metrics: Metrics { pixel_auroc: Some(0.75), aupro: Some(0.5), ..Metrics::default() },
            pixel_auroc_min: Some(0.5),
            pixel_auroc_max: Some(0.875),
            aupro_min: Some(0.5),
            aupro_max: Some(0.5),
            threshold: Some(0.25),
            rule: Some(DecisionRule::Given),
            flips: Some(1),
            decisions: Some(10),
            flip_share: Some(0.1),
            flip_low: Some(0.0025),
            flip_high: Some(0.445),
            certified_share: None,
            certified_rank: None,
            certified_pixel_auroc: None,
            certified_aupro: None,
            certified_image_auroc: None,
        }
    }

    #[test]
    fn a_row_that_contradicts_itself_is_told_by_its_column() {
        let uncounted = RandomRow {
            flips: None,
            decisions: None,
            flip_share: None,
            flip_low: None,
            flip_high: None,
            ..row()
        };
        assert_eq!((row().fault(), uncounted.fault()), (None, None));
        let wrong = [
            ("draws", RandomRow { draws: usize::MAX, ..row() }),
            (
                "pixel_auroc",
                RandomRow { metrics: Metrics { pixel_auroc: Some(2.0), ..row().metrics }, ..row() },
            ),
            ("pixel_auroc", RandomRow { pixel_auroc_min: Some(0.8), ..row() }),
            ("aupro", RandomRow { aupro_max: None, ..row() }),
            ("threshold", RandomRow { threshold: Some(f64::NAN), ..row() }),
            ("decisions", RandomRow { decisions: Some(9), ..row() }),
            ("decisions", RandomRow { over: Over::Mean, decisions: Some(11), ..row() }),
            ("flips", RandomRow { flips: Some(11), ..row() }),
            ("flip_share", RandomRow { flip_share: Some(0.2), ..row() }),
            ("flip_low", RandomRow { flip_low: Some(0.2), ..row() }),
            ("flip_low", RandomRow { flip_low: None, ..row() }),
            ("flip_high", RandomRow { flip_high: Some(0.5), ..uncounted.clone() }),
            ("certified_rank", RandomRow { certified_rank: Some(6), ..row() }),
            ("certified_aupro", RandomRow { certified_aupro: Some(0.5), ..row() }),
            ("certified_share", RandomRow { certified_share: Some(1.5), certified_rank: Some(1), ..row() }),
        ];
        for (column, row) in wrong {
            assert_eq!(row.fault().map(|fault| fault.0), Some(column), "{row:?}");
        }
    }
}
