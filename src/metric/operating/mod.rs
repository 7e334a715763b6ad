//! What a detector does where one decides: at one threshold, kept while pictures change; and where hardly a good pixel is called.

mod aupimo;
mod chance;
mod good_and_bad;
mod pixels;
mod rates;
mod regions;
mod rule;
mod threshold;

pub use aupimo::FalseAlarms;
pub use chance::drop_above_chance;
pub use good_and_bad::{portion_bad, portion_good};
pub use pixels::{PictureDecisions, decide_pixels};
pub use rates::{Counts, Rates};
pub use regions::{Region, RegionSize};
pub use rule::ThresholdRule;
pub use threshold::{image_threshold, pixel_threshold};
