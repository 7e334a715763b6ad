//! Foreign graphs: any ONNX graph that turns a picture into an anomaly map, described by an `image-to-map` manifest or
//! recognised as an export of anomalib.

mod company;
mod contract;
mod convert;
mod draft;
mod init;
mod recognise;
mod segmenter;

pub use init::{Begun, init};
pub use recognise::recognise;
pub use segmenter::Foreign;
