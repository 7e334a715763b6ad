//! Defences: what can be put around a model so that rotations and colour shifts hurt it less. The defended model is a segmenter
//! like any other, so that every attack on it is adaptive: the search sees what the defence does.

mod colour;
mod defended;
mod kind;
mod rotate;

pub use defended::{Defended, SharedSegmenter, defend};
pub use kind::Defence;
