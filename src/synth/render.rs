//! One part as pictures, a mask and words.

use super::format::Format;
use super::world::World;
use super::{captions, catalog, dice, shot};
use crate::error::Result;
use crate::stats::derive_seed;
use crate::types::{Image, Mask};

/// A rendered picture of a part with its ground truth and its words.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The picture.
    pub image: image::RgbImage,
    /// The pixels that the defects changed; all `false` for a good part.
    pub mask: Mask,
    /// Kinds of the defects, see [`defect_kinds`](super::defect_kinds); empty for a good part.
    pub defects: Vec<&'static str>,
    /// Noun phrase for the part, without an article.
    pub object: String,
    /// Caption: a sentence for the picture.
    pub caption: String,
}

/// A pair of pictures of one part, with and without its defects, before sensor noise, values in [0, 1].
#[derive(Clone, Debug)]
pub struct Pair {
    /// Picture without defects.
    pub clean: Image,
    /// Picture with defects.
    pub defective: Image,
    /// Pixels in which the two pictures differ.
    pub mask: Mask,
}

/// Renders one part, in a square of so many pixels a side or in any [`Format`], which shows more of what is around the part. The result
/// depends on the arguments alone, whatever else is rendered, on any number of threads.
///
/// # Errors
/// A usage error for an unknown category, a shorter side outside [`SIZES`](super::SIZES), or a longer one that is too long.
pub fn render(
    world: World,
    category: &str,
    seed: u64,
    index: usize,
    format: impl Into<Format>,
    defective: bool,
) -> Result<Rendered> {
    let entry = catalog::find(world, category)?;
    let format = format.into();
    format.check()?;
    let shot = shot::shoot(entry, world, seed, index, format, defective);
    let name = format!("words/{world}/{category}/{index}/{defective}");
    let mut dice = dice::Dice::new(derive_seed(seed, &name), "words");
    let object = captions::object(&mut dice, &shot.words);
    let caption = captions::caption(&mut dice, &object, &shot.defects, shot.rig.word());
    Ok(Rendered {
        image: shot.rig.expose(&shot.picture),
        mask: shot.mask,
        defects: shot.defects,
        object,
        caption,
    })
}

/// Renders one part with and without its defects, before sensor noise: what the mask of [`render`] is made
/// from.
///
/// # Errors
/// The usage errors of [`render`].
pub fn render_pair(
    world: World,
    category: &str,
    seed: u64,
    index: usize,
    format: impl Into<Format>,
) -> Result<Pair> {
    let entry = catalog::find(world, category)?;
    let format = format.into();
    format.check()?;
    let shot = shot::shoot(entry, world, seed, index, format, true);
    Ok(Pair { clean: shot.clean, defective: shot.picture, mask: shot.mask })
}
