//! Test sets on disk: which samples there are, whether their files can be used, and their pixels at the model's size.
//!
//! [`Layout`] lists the layouts that are read; a folder is recognised by what lies in it, or the layout is
//! named. A folder that fits no layout or several is an error that says so. `docs/datasets.md` draws them.
//!
//! [`open`] lists names only, [`inspect`] reads headers, [`look`] looks at the pixels that are told of before a run, [`load`] decodes, [`census`] measures. A sample that
//! cannot be used is an error that names its file, never left out in silence.

mod census;
mod circumstances;
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
mod remark;
mod resize;
mod sample;
mod set;
mod twins;
mod unused;

pub use census::{Census, Coverage, Range, census};
pub use discover::{Found, Loose, discover, loose};
pub use layout::Layout;
pub use load::{Facts, Loaded, Pixels, canvas_of, inspect, is_grey, load, load_mask, look};
pub use official::Official;
pub use open::{Survey, open, survey};
pub use remark::{Remark, sum_up};
pub use resize::nearest;
pub use sample::{Category, Circumstances, Counts, Sample};
pub use set::{Dataset, Selection};
pub use unused::{Unused, Why};
