//! Names of the files of a CLIP bundle.

/// File name of the image graph of a CLIP bundle.
pub(crate) const IMAGE_GRAPH: &str = "image.onnx";
/// File name of the text graph of a CLIP bundle.
pub(crate) const TEXT_GRAPH: &str = "text.onnx";
