//! The smallest useful ONNX model, y = x + x on four numbers: enough to see whether a provider works.

use crate::model::onnx::{self, Node, value};

/// The smallest model, with an input `x` and an output `y`, both f32 of shape (4).
pub(super) fn model() -> Vec<u8> {
    let add = Node { operator: "Add", inputs: &["x", "x"], output: "y", to: None };
    onnx::model("tiny", &[add], &[], &value("x", &[4]), &value("y", &[4]))
}
