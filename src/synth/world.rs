//! The two worlds and the description of a category.

use crate::types::named;

/// A world: a set of categories and of kinds of defects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum World {
    /// The world that the pocket model is trained on.
    Train,
    /// The world that is never seen in training.
    #[default]
    Test,
}

named!(World, "a world", { Train = "train", Test = "test" });

/// The description of a category of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CategoryInfo {
    /// Name of the category and its folder, an English noun in snake case.
    pub name: &'static str,
    /// Whether the parts fill the picture; otherwise they are objects on a backdrop.
    pub is_texture: bool,
    /// Whether the parts are alike at any angle.
    pub rotation_invariant: bool,
}
