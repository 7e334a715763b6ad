//! Words that every room shares. No input or output here.

mod attack;
mod axis;
mod base64;
mod bounds;
mod counted;
mod fit_cost;
mod fitting;
mod glare;
mod group;
mod interval;
mod metrics;
mod named;
mod over;
mod pair;
mod perturbation;
mod pooled_metric;
mod sample_key;
mod shard;
mod side;

use std::fmt;

use ndarray::{Array2, Array3};
use serde::{Deserialize, Serialize};

pub use attack::Attack;
pub use axis::Axis;
pub(crate) use base64::base64;
pub use bounds::Bounds;
pub use counted::counted;
pub use fit_cost::{FitCost, Spread};
pub use fitting::{Blend, Fit, Fitting, Input, Piece, TileScore};
pub use glare::Glare;
pub use group::{Group, axes_named};
pub use interval::Interval;
pub use metrics::Metrics;
pub(crate) use named::{by_name, by_text, deserialize_by_text, did_you_mean, named, unknown_name};
pub use over::Over;
pub use pair::Pair;
pub use perturbation::Perturbation;
pub use pooled_metric::PooledMetric;
pub use sample_key::SampleKey;
pub use shard::Shard;
pub(crate) use side::has_room;
pub use side::{MAX_PIXELS, senseless_side};

/// RGB picture, shape (3, height, width), values in [0, 1].
pub type Image = Array3<f32>;
/// Anomaly map, shape (height, width); larger is more anomalous.
pub type Map = Array2<f32>;
/// Pixel mask, shape (height, width); `true` is anomalous (or valid, where it says which pixels count).
pub type Mask = Array2<bool>;

/// Ground truth of a whole sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Label {
    /// A good part.
    Normal,
    /// A part with at least one defect.
    Anomalous,
    /// A picture without ground truth; an empty cell in files.
    #[serde(rename = "")]
    Unknown,
}

/// The frame in which prediction and ground truth are compared after a rotation, a zoom or a shift.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Frame {
    /// The untouched picture's frame: the map is brought back and compared with the untouched mask (the
    /// paper).
    #[default]
    Derotated,
    /// The perturbed picture's frame: the mask is moved with the picture (the authors' code).
    RotatedMask,
}

named!(Frame, "a frame", { Derotated = "derotated", RotatedMask = "rotated-mask" });

/// The precision with which a model evaluates a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// A full evaluation: the model as it is defined, whose results are reported.
    #[default]
    Full,
    /// A coarse evaluation: cheaper and less precise, for a search to explore with.
    Coarse,
}

/// The name of one sample of a data set, for example `bottle/broken_large/003`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SampleId {
    /// Category of the sample, for example `bottle`.
    pub category: String,
    /// Defect folder, `good` for a normal sample.
    pub defect: String,
    /// Name of the picture's file without its extension.
    pub stem: String,
}

impl SampleId {
    /// The `defect/stem` part of the name, unique within the category.
    pub fn within_category(&self) -> String {
        format!("{}/{}", self.defect, self.stem)
    }
}

impl fmt::Display for SampleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.category, self.defect, self.stem)
    }
}
