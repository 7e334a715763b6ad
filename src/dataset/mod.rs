//! Test sets on disk: which samples there are, whether their files can be used, and their pixels at the model's size.
//!
//! [`Layout`] lists the layouts that are read; a folder is recognised by what lies in it, or the layout is named. A folder that
//! fits no layout or several is an error that says so. `docs/datasets.md` draws them.
//!
//! [`open`] lists names only, [`inspect`] reads headers, [`load`] decodes, [`census`] measures. A sample that cannot be used
//! is an error that names its file, never left out in silence.

mod census;
mod completeness;
mod discover;
mod files;
mod layout;
mod load;
mod mask;
mod names;
mod official;
mod open;
mod picture;
mod recognise;
mod resize;
mod sample;
mod set;
mod unused;

pub use census::{Census, Coverage, Range, census};
pub use discover::{Found, discover};
pub use layout::Layout;
pub use load::{Facts, Loaded, Remark, inspect, load, load_mask, sum_up};
pub use official::Official;
pub use open::{Survey, open, survey};
pub use sample::{Category, Counts, Sample};
pub use set::{Dataset, Selection};
pub use unused::{Unused, Why};
