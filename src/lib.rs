//! Askance finds, for each test picture, the rotation, hue shift, saturation shift or other change under which a zero-shot anomaly
//! segmenter fails most, and tells how far pixel AUROC and AUPRO really drop (arXiv 2405.07969). It needs no gradients, so the model may be a
//! bundle or any other graph for ONNX Runtime, or Rust code.
//!
//! # A study
//!
//! The room [`study`] does everything that the `askance` command measures:
//!
//! 1. A [`Source`](study::Source) says which pictures; [`Data::open`](study::Data::open) lists them and looks at every header.
//! 2. A [`ModelSpec`](study::ModelSpec) says which models and how they run; [`Models::load`](study::Models::load) loads them.
//!    [`Models::of`](study::Models::of) takes any [`Segmenter`](model::Segmenter) instead.
//! 3. A [`Plan`](study::Plan) says what is done; [`Plan::check`](study::Plan::check) refuses what makes no sense and gives a
//!    [`Checked`](study::Checked) plan.
//! 4. [`Checked::run`](study::Checked::run) makes the run in a folder, or goes on with the one that is there, and gives an
//!    [`Outcome`](study::Outcome).
//! 5. [`draw`](study::draw) makes the figures from the records in that folder.
//!
//! ```
//! use askance::model::Fake;
//! use askance::study::{Data, Models, Plan, Quiet, Source, draw};
//! # use askance::synth;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let (parts, out) = (folder.path().join("parts"), folder.path().join("run"));
//! # let categories = vec!["tablet".to_owned()];
//! # let recipe = synth::Recipe { size: 64, categories, good: 1, defective: 2, ..synth::Recipe::default() };
//! # synth::write(&recipe, &parts, &|_, _| ())?;
//! let data = Data::open(&Source::new(parts), &Quiet)?;
//! let mut models = Models::of(vec![Box::new(Fake::new(64, (8, 8)))], 4)?;
//! let plan = Plan::attack().budget(8).check()?;
//! let outcome = plan.run(out, &data, &mut models, &Quiet)?;
//! for table in outcome.tables() {
//!     println!("{}", table.to_text());
//! }
//! let figures = draw(std::slice::from_ref(&outcome.dir), &outcome.dir.plots())?;
//! # assert_eq!(outcome.summary.len(), 2 * 5, "one category and the mean: clean, three axes, joint");
//! # assert_eq!(figures.written.is_empty(), cfg!(not(feature = "plot")));
//! # Ok(())
//! # }
//! ```
//!
//! [`Fake`](model::Fake) calls red anomalous and needs no ONNX Runtime; `Models::load(&ModelSpec::new(["pocket"]), ...)` loads the embedded
//! model. `docs/library.md` goes through all of it, and `examples/` has programs to start from.
//!
//! # Rooms
//!
//! Each module is a room that owns one subject and imports only from rooms of a lower level. Each can be used by itself:
//!
//! | level | rooms |
//! |---|---|
//! | 5 | the command `askance`, which is a user of this library |
//! | 4 | [`study`]: settings and data in, records out |
//! | 3 | [`attack`]: worst cases; [`mod@bench`]: providers compared; [`report`]: tables; `plot`: figures |
//! | 2 | [`model`]: bundles, foreign graphs, providers, defences |
//! | 1 | [`runtime`]: ONNX Runtime found, fetched and loaded; [`dataset`]; [`synth`]; [`perturb`]; [`metric`]; [`search`]; [`prompt`]; [`record`] |
//! | 0 | [`types`], [`mod@error`], [`stats`] |
//!
//! The metrics, say:
//!
//! ```
//! let labels = [false, false, true, true];
//! assert_eq!(askance::metric::roc_auc(&[0.1, 0.4, 0.35, 0.8], &labels), Some(0.75));
//! ```
//!
//! # Features
//!
//! | feature | brings |
//! |---|---|
//! | `cli` (default) | the command `askance`, and with it the other two; a program that uses the library leaves it out |
//! | `plot` | the room `plot`; without it [`draw`](study::draw) draws nothing and says so |
//! | `install` | [`Runtime::acquire`](runtime::Runtime::acquire) fetches ONNX Runtime where there is none |

pub mod attack;
pub mod bench;
pub mod dataset;
pub mod error;
mod file;
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

/// What tests of readers give them.
#[cfg(test)]
#[path = "../tests/support/hostile.rs"]
mod hostile;

/// The page for users of the library; its snippets are tested.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
mod library_page {}
