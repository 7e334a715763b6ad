//! Names of the files of a CLIP bundle, and how large the numbers of a manifest may be.

/// Most tokens, patches or numbers of an embedding that a manifest may ask for: far more than any model has, and few enough for memory.
pub(super) const LONGEST: usize = 1 << 16;

/// File name of the image graph of a CLIP bundle.
pub(crate) const IMAGE_GRAPH: &str = "image.onnx";
/// File name of the text graph of a CLIP bundle.
pub(crate) const TEXT_GRAPH: &str = "text.onnx";
