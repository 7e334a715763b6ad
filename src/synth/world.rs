//! The two worlds and the words for their categories.

use crate::types::named;

/// Which categories and defects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum World {
    /// The pocket model is trained on it.
    Train,
    /// Never seen in training.
    #[default]
    Test,
}

named!(World, "a world", { Train = "train", Test = "test" });

/// A category of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CategoryInfo {
    /// Name of the folder, an English noun in snake case.
    pub name: &'static str,
    /// Whether it fills the picture; otherwise it is an object on a backdrop.
    pub is_texture: bool,
    /// Whether it looks alike at any angle.
    pub rotation_invariant: bool,
}
