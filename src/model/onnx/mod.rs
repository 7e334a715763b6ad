//! The part of ONNX that this project reads and writes itself: small graphs, and the shapes and files of a graph's weights.

mod interface;
mod read;
mod write;

pub(super) use interface::{FLOAT, Interface, Tensor, interface};
pub(super) use read::{external_files, initialisers, operators};
pub(super) use write::{Kind, Node, model, tensor, value};
