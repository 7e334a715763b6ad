//! Defects: where they go, what they change.

mod blob;
mod defect;
mod kind;
mod marks;
mod removal;
mod stroke;
mod surface;

pub(super) use defect::Defect;
pub(super) use kind::{Kind, TEST, TRAIN};
