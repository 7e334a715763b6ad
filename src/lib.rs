//! Askance finds, for each test picture, the rotation, hue shift and saturation shift under which a zero-shot anomaly
//! segmenter fails most, and reports how far pixel AUROC and AUPRO really drop (arXiv 2405.07969), over ONNX Runtime and
//! without gradients.
//!
//! The rooms and what each may import are listed in `docs/architecture.md`; a test holds the table. Level 0 is shared words,
//! level 1 is pure, touches files or loads ONNX Runtime, level 2 runs models, level 3 puts them together:
//!
//! | level | rooms |
//! |---|---|
//! | 3 | [`attack`], [`mod@bench`], [`plot`], [`report`] |
//! | 2 | [`model`] |
//! | 1 | [`runtime`], [`dataset`], [`synth`], [`perturb`], [`metric`], [`search`], [`prompt`], [`record`] |
//! | 0 | [`types`], [`mod@error`], [`stats`] |
//!
//! # Example
//!
//! The metrics stand alone:
//!
//! ```
//! let scores = [0.1, 0.4, 0.35, 0.8];
//! let labels = [false, false, true, true];
//! assert_eq!(askance::metric::roc_auc(&scores, &labels), Some(0.75));
//! ```

pub mod attack;
pub mod bench;
pub mod dataset;
pub mod error;
pub mod metric;
pub mod model;
pub mod perturb;
#[cfg(feature = "plot")]
pub mod plot;
pub mod prompt;
pub mod record;
pub mod report;
pub mod runtime;
pub mod search;
pub mod stats;
pub mod study;
pub mod synth;
pub mod types;
