//! Procedural data sets: pictures of materials and parts, with defects whose masks are exact.
//!
//! Two worlds share no category and no kind of defect: a model trained in one is zero-shot in the other.
//! Every picture follows from (seed, world, category, index, format) alone. The clean and the damaged picture
//! of a part come from the same random streams, and the mask is where the two differ before sensor noise.

mod blur;
mod captions;
mod catalog;
mod defects;
mod dice;
mod format;
mod letters;
mod light;
mod noise;
mod objects;
mod palette;
mod render;
mod scene;
mod shape;
mod shot;
mod textures;
mod world;
mod writer;

pub use catalog::{categories, defect_kinds};
pub use format::{Aspect, Format, SIZES};
pub use render::{Pair, Rendered, render, render_pair};
pub use world::{CategoryInfo, World};
pub use writer::{Recipe, Summary, write};
