//! How stable a detector is, from `stability.csv` alone.

mod sentences;
mod summary;
mod tables;

pub use sentences::{tolerance_answers, tolerance_sentences};
pub use summary::{Mistakes, StabilitySummary, Tolerated, stability_summary};
pub use tables::stability_tables;
