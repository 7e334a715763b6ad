//! How sure a pooled metric is: the bootstrap over samples.
//!
//! The unit that is drawn anew is the sample (picture), never the pixel: the pixels of one picture are no independent
//! evidence (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6 and 8).
//!
//! [`Weighted`] summarises the scores of a category under one attack and model, [`Redraws`] says which samples each redraw
//! holds, and is shared by all that was measured on them; their [`Estimates`] give differences, means and intervals.

mod estimate;
mod grid;
mod images;
mod interval;
mod redraws;
mod weighted;

pub use estimate::Estimate;
pub use interval::Interval;
pub use redraws::{Estimates, Redraws};
pub use weighted::Weighted;
