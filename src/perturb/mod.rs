//! Perturbations: what may happen to a part before a camera's picture of it reaches the model, and the way
//! back for its anomaly map. Pure.
//!
//! A [`Perturber`] applies the axes of a [`Perturbation`](crate::types::Perturbation) in a fixed order: the part is tilted, turned,
//! zoomed and shifted, its hue and its saturation change (as in the attack code of arXiv 2405.07969); then come, on linear light, the
//! lamp, the lens, the exposure and the noise of the sensor; then the Gaussian blur, brightness, contrast and gamma of the camera, and
//! JPEG. An axis at 0 costs nothing. [`restore`] brings a patch-level map back to pixels in the frame of the untouched picture, a [`Restorer`] does so by
//! three passes too; [`warp_mask`] takes the
//! ground truth the other way, into the frame of the moved picture.
//!
//! Angles are in degrees, positive clockwise on the screen; the file `geometry.rs` is the one place that states the signs.

mod bilinear;
mod blur;
mod clipping;
mod colour;
mod field;
mod geometry;
mod jpeg;
mod kernel;
mod light;
mod linear;
mod map;
mod mirror;
mod noise;
mod perturber;
mod pieces;
mod planes;
mod projection;
mod resampling;
mod restorer;
mod shade;
mod shear;
mod srgb;
mod tone;

pub use clipping::{moves, newly_clipped};
pub use map::{restore, unwarp_map, upsample, warp_mask};
pub use perturber::Perturber;
pub use pieces::{assemble, cut, enlarge};
pub use resampling::{Fill, Resampling, Rotation};
pub use restorer::Restorer;
