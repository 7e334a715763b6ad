//! A change of the surface, and the place that it is made for.

use super::super::dice::Dice;
use super::super::palette::{Rgb, luma};
use super::super::scene::Sample;
use super::super::shape::V2;

/// The place where a defect is to appear, and how strongly.
pub(super) struct Site {
    pub at: V2,
    /// Extent of the defect in widths of the picture.
    pub size: f32,
    /// Strength: 1 for a plain defect, about 0.4 for a subtle one.
    pub strength: f32,
    /// Mean colour of the part around the place.
    pub ground: Rgb,
    /// Direction towards the lamp, in the plane.
    pub lamp: V2,
    /// Direction out of the part, where the place lies on its outline.
    pub outward: Option<V2>,
}

type Warp = Box<dyn Fn(V2) -> V2 + Send + Sync>;
type Change = Box<dyn Fn(V2, &mut Sample) + Send + Sync>;

/// A change of the surface within a circle.
pub(in super::super) struct Defect {
    pub centre: V2,
    pub radius: f32,
    /// The place that the surface at a place is taken from, where it is displaced.
    pub warp: Option<Warp>,
    /// The change of the surface at a place.
    pub change: Change,
}

impl Defect {
    pub(super) fn new(
        centre: V2,
        radius: f32,
        change: impl Fn(V2, &mut Sample) + Send + Sync + 'static,
    ) -> Self {
        Self { centre, radius, warp: None, change: Box::new(change) }
    }
}

/// A colour that stands out: `dark` on bright ground, `light` on dark ground, either in between.
pub(super) fn contrast(dice: &mut Dice, ground: Rgb, dark: Rgb, light: Rgb) -> Rgb {
    let l = luma(ground);
    let use_dark = if l > 0.62 {
        true
    } else if l < 0.3 {
        false
    } else {
        dice.chance(0.5)
    };
    if use_dark { dark } else { light }
}
