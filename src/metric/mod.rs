//! Metrics of anomaly detection and segmentation, and the losses that a search minimises. Pure.
//!
//! Every value is exact: each distinct score is a threshold, ties count half (ROC) or move together (PR, PRO), and the
//! counts behind it are integers, so neither the number of threads nor the order of the images changes a bit of the result.
//! Scores are compared as numbers: -0.0 and 0.0 are one threshold.
//!
//! All curves need the same knowledge: how many normal pixels lie above, and at, each distinct score of an anomalous pixel.
//! Only the anomalous pixels are therefore sorted; the normal ones, many more, are counted where they lie and never copied.
//!
//! Where a value is not defined (one class is missing, no region) it is `None`, never 0.
//!
//! ```
//! use askance::metric::roc_auc;
//! assert_eq!(roc_auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]), Some(0.75));
//! ```

mod binary;
mod bootstrap;
mod components;
mod counter;
mod decision;
mod drift;
mod evaluate;
mod key;
mod ladder;
mod loss;
mod operating;
mod options;
mod pool;
mod pro;
mod profile;
mod radix;
mod set;
mod tally;

pub use binary::{average_precision, f1_max, roc_auc, sample_auroc};
pub use bootstrap::{Estimate, Estimates, Interval, Redraws, Weighted};
pub use components::components;
pub use decision::{f1_threshold, top_threshold};
pub use drift::{DRIFT, drift};
pub use evaluate::{evaluate, evaluate_images};
pub use loss::{Loss, loss};
pub use operating::{
    Counts, FalseAlarms, PictureDecisions, Rates, Region, RegionSize, ThresholdRule, decide_pixels,
    drop_above_chance, image_threshold, pixel_threshold, portion_bad, portion_good,
};
pub use options::{AuproMode, MetricOptions};
pub(crate) use profile::{MapView, Pool, Profile, Thresholds, drawn, drawn_normals};
pub use set::ScoredSet;
