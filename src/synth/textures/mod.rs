//! Materials that fill the picture.

pub(super) mod mineral;
pub(super) mod pattern;
pub(super) mod sheet;
pub(super) mod wood;
pub(super) mod woven;
