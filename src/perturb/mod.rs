//! The three semantic parameters of arXiv 2405.07969 applied to a picture, and the way back for its anomaly map. Pure.
//!
//! A [`Perturber`] turns a picture, then shifts its hue, then its saturation, in the order of the authors' attack code.
//! [`restore`] brings a patch-level map back to pixels in the frame of the untouched picture; [`rotate_mask`] takes the
//! ground truth the other way, into the frame of the turned picture.
//!
//! Angles are in degrees, positive clockwise on the screen; the file `turn.rs` is the one place that states the sign.

mod bilinear;
mod colour;
mod map;
mod perturber;
mod settings;
mod shear;
mod turn;

pub use map::{restore, rotate_back, rotate_mask, upsample};
pub use perturber::Perturber;
pub use settings::{Fill, Rotation, Settings};
