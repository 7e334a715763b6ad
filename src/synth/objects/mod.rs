//! Single parts on a backdrop.

pub(super) mod discs;
pub(super) mod fasteners;
pub(super) mod long;
pub(super) mod printed;
pub(super) mod tools;

use super::dice::Dice;
use super::palette::Rgb;
use super::scene::{Pose, Sample, Scene, Words, backdrop};
use super::shape::V2;

/// Makes a scene of an object from its surface in its own frame, where its longest side is 1; heights are in that frame as well.
fn object(
    dice: &mut Dice,
    pose: Pose,
    base: Rgb,
    lift: f32,
    words: Words,
    shape: impl Fn(V2) -> Sample + Send + Sync + 'static,
) -> Scene {
    let surface = move |p: V2| {
        let mut sample = shape(pose.local(p));
        sample.height *= pose.scale;
        sample
    };
    Scene { surface: Box::new(surface), backdrop: backdrop(dice, base), words, lift }
}

/// The surface outside the part.
const NOTHING: Sample = Sample { albedo: [0.2; 3], height: 0.0, gloss: 0.0, cover: 0.0 };
