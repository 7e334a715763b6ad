//! Per-sample and uniform worst cases, and uniform sweeps: perturb, segment, bring the map back, score.
//!
//! Data flows one way: a [`Work`] item (one decoded sample) enters [`worst_cases`], every sample keeps its own search, the
//! candidates of many samples share one model call in the [`Evaluator`], and the [`WorstCase`]s leave in the order in which
//! the samples came. [`category_metrics`] pools stored patch-level maps, so that no metric needs the model again.

mod answers;
mod batch;
mod candidates;
mod choice;
mod clock;
mod engine;
mod evaluator;
mod goal;
mod objective;
mod pipeline;
mod pool;
mod preset;
mod random;
mod refinement;
mod sample;
mod search_choice;
mod settings;
mod shares;
mod sweep;
mod tolerance;
mod uniform;

pub use answers::answers;
pub use batch::{BatchSize, probe_batch};
pub use candidates::KeptCandidate;
pub use choice::{Choices, Chooser, choose_pooled};
pub use clock::Clock;
pub use engine::{FirstPoints, Work, worst_cases, worst_cases_from};
pub use evaluator::Evaluator;
pub use goal::Goal;
pub use objective::{Candidate, Evaluation, Objective, Scored};
pub use pool::{PooledSample, category_estimates, category_metrics, image_estimates, image_metrics, scored};
pub use preset::Preset;
pub use random::{drawn_axes, draws};
pub use refinement::Refinement;
pub use sample::{Probe, WorstCase};
pub use search_choice::SearchChoice;
pub use settings::{Border, Select, Settings};
pub use shares::Shares;
pub use sweep::{sweep_values, uniform};
pub use tolerance::{AxisTolerance, Scan, Steps, Subject, tolerances};
pub use uniform::{Effect, UniformCase, uniform_candidates, uniform_strategy, worst_uniform};
