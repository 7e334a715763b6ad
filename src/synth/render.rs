//! One part as pictures, a mask and words.

use super::world::World;
use super::{captions, catalog, dice, shot};
use crate::error::{Error, Result};
use crate::stats::derive_seed;
use crate::types::{Image, Mask};

/// Sizes that [`render`] accepts, in pixels.
pub const SIZES: std::ops::RangeInclusive<usize> = 64..=2048;

/// One picture with its ground truth and its words.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// The picture, square.
    pub image: image::RgbImage,
    /// The pixels that the defects changed; all `false` for a good part.
    pub mask: Mask,
    /// Kinds of the defects, see [`defect_kinds`]; empty for a good part.
    pub defects: Vec<&'static str>,
    /// A noun phrase for this very part, without an article.
    pub object: String,
    /// A sentence for the picture.
    pub caption: String,
}

/// One part with and without its defects, before sensor noise, values in [0, 1].
#[derive(Clone, Debug)]
pub struct Pair {
    /// Without defects.
    pub clean: Image,
    /// With defects.
    pub defective: Image,
    /// The pixels that differ.
    pub mask: Mask,
}

pub(super) fn check_size(size: usize) -> Result<()> {
    if SIZES.contains(&size) {
        return Ok(());
    }
    let fix = format!("use {} to {} pixels", SIZES.start(), SIZES.end());
    Err(Error::usage(format!("size {size}"), "is not a size for generated pictures", fix))
}

/// Renders one part. It depends on the arguments alone, whatever else is rendered, on any number of threads.
///
/// # Errors
/// A usage error for an unknown category or a size outside [`SIZES`].
pub fn render(
    world: World,
    category: &str,
    seed: u64,
    index: usize,
    size: usize,
    defective: bool,
) -> Result<Rendered> {
    let entry = catalog::find(world, category)?;
    check_size(size)?;
    let shot = shot::shoot(entry, world, seed, index, size, defective);
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

/// Renders one part with and without its defects, before sensor noise: what the mask of [`render`] is made from.
///
/// # Errors
/// As [`render`].
pub fn render_pair(world: World, category: &str, seed: u64, index: usize, size: usize) -> Result<Pair> {
    let entry = catalog::find(world, category)?;
    check_size(size)?;
    let shot = shot::shoot(entry, world, seed, index, size, true);
    Ok(Pair { clean: shot.clean, defective: shot.picture, mask: shot.mask })
}
