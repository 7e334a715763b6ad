//! Figures from records alone: no model, no data set. The only user of plotters.
//!
//! | file | shows | from |
//! |---|---|---|
//! | `gallery.png` | one picture under each parameter, the original in the middle | `examples/`, `run.toml` |
//! | `sweep_<axis>.png` | pAUROC and AUPRO against one uniform perturbation | `sweep.csv` |
//! | `bars.png` | clean against worst case, per model and attack | `summary.csv` |
//! | `bounds.png` | clean, uniform worst case, per-sample worst case | `summary.csv`, `uniform.csv` |
//! | `categories_<dataset>_<model>.png` | clean against worst case, category by category | `summary.csv` |
//! | `groups_<grouping>_<dataset>_<model>.png` | how far groups of pictures fall: conditions, columns of the data, kinds and sizes of defects | `operating.csv` |
//! | `histograms.png`, `histograms_joint.png` | which parameters the worst cases have | `samples.csv`, `run.toml` |
//! | `tolerance.png` | how many samples keep their decision up to which perturbation | `stability.csv`, `run.toml` |
//! | `examples_<model>.png` | worst cases with their maps beside clean ones | `examples/`, `patch_maps/`, `run.toml` |
//! | `convergence_<model>.png` | share of the loss gap closed against evaluations, a line for each strategy | `traces/`, `samples.csv` |
//! | `landscape_<model>.png` | loss of one sample over hue and angle, and the path of a search | `traces/`, `samples.csv`, `run.toml` |
//! | `bench_latency_<model>.png` | throughput against latency, a line for each provider and precision | `bench.csv` |
//! | `bench_relative_<model>.png` | time of a picture against the fastest configuration | `bench.csv` |
//! | `bench_parity_<model>.png` | how far maps and worst cases move, against speed | `bench.csv` |
//!
//! A [`Page`] says how wide a figure is and how large its letters are; the default is 170 mm with letters of 7 pt, as PNG 1600 pixels.
//! The same records give the same bytes: fonts are compiled in. Empty input is an error, never an empty picture.

mod all;
mod axes;
mod bars;
mod bench;
mod bounds;
mod canvas;
mod categories;
mod chosen;
mod convergence;
mod differing;
mod drawing;
mod drawn;
mod examples;
mod exhibits;
mod format;
mod gallery;
mod groups;
mod head;
mod heat;
mod histograms;
mod landscape;
mod lanes;
mod legend;
mod page;
mod records;
mod searches;
mod setting;
mod stale;
mod style;
mod survival;
mod sweep;
mod symbol;
mod tiles;
mod told;
mod traces;
mod words;

pub use all::{all, all_as};
pub use bars::bars;
pub use bench::{bench, latency, parity, relative};
pub use bounds::bounds;
pub use categories::categories;
pub use convergence::{Curve, convergence};
pub use drawn::Drawn;
pub use examples::examples;
pub use exhibits::{Exhibited, exhibits};
pub use format::Format;
pub use gallery::gallery;
pub use groups::groups;
pub use histograms::{AttackKind, histograms};
pub use landscape::{EvaluationPoint, Landscape, landscape};
pub use page::Page;
pub use searches::searches;
pub use survival::survival;
pub use sweep::sweep;
#[cfg(test)]
pub(crate) use words::named_settings;
