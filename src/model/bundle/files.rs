//! Names of the files of a CLIP bundle.

/// File name of the image graph.
pub(crate) const IMAGE_GRAPH: &str = "image.onnx";
/// File name of the text graph.
pub(crate) const TEXT_GRAPH: &str = "text.onnx";
