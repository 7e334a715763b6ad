//! How sure a pooled metric is: the bootstrap over samples.
//!
//! The unit that is drawn anew is the sample (picture), never the pixel: the pixels of one picture are no independent
//! evidence (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapters 6 and 8).

mod grid;
mod images;
mod interval;
mod redraws;
mod weighted;

pub use interval::Interval;
pub use redraws::Redraws;
pub use weighted::Weighted;
