//! Procedural data sets: pictures of materials and parts, with defects whose masks are exact.
//!
//! Two worlds share no category and no kind of defect: a model trained in one is zero-shot in the other. Every
//! picture follows from (seed, world, category, index, size) alone. The clean and the damaged picture of a part come
//! from the same random streams, and the mask is where they differ before sensor noise.

mod blur;
mod captions;
mod catalog;
mod defects;
mod dice;
mod letters;
mod light;
mod noise;
mod objects;
mod palette;
mod render;
mod scene;
mod shape;
mod textures;
mod writer;

use std::path::Path;

use crate::error::{Error, Result};
use crate::stats::derive_seed;
use crate::types::{Image, Mask, named};

/// Version of the generator: pictures of the same options may differ between versions.
pub const VERSION: u32 = 1;

/// Sizes that [`render`] accepts, in pixels.
pub const SIZES: std::ops::RangeInclusive<usize> = 64..=2048;

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

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Which world.
    pub world: World,
    /// Seed of everything.
    pub seed: u64,
    /// Side of the square pictures in pixels, see [`SIZES`].
    pub size: usize,
    /// Names of the categories; empty: all of the world.
    pub categories: Vec<String>,
    /// Good pictures in `train/` per category.
    pub train: usize,
    /// Good pictures in `test/` per category.
    pub good: usize,
    /// Defective pictures in `test/` per category.
    pub defective: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { world: World::Test, seed: 0, size: 192, categories: vec![], train: 0, good: 20, defective: 30 }
    }
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Number of categories.
    pub categories: usize,
    /// Number of pictures, masks not counted.
    pub images: usize,
    /// Number of defective pictures among them.
    pub defective: usize,
}

/// One picture with its ground truth and its words.
#[derive(Clone, Debug)]
pub struct Picture {
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

/// The categories of a world.
pub fn categories(world: World) -> &'static [CategoryInfo] {
    match world {
        World::Train => &catalog::TRAIN_INFO,
        World::Test => &catalog::TEST_INFO,
    }
}

/// The kinds of defects of a world.
pub fn defect_kinds(world: World) -> &'static [&'static str] {
    match world {
        World::Train => &catalog::TRAIN_KINDS,
        World::Test => &catalog::TEST_KINDS,
    }
}

fn find(world: World, category: &str) -> Result<&'static catalog::Entry> {
    catalog::entry(world, category).ok_or_else(|| {
        let names: Vec<&str> = categories(world).iter().map(|info| info.name).collect();
        Error::usage(
            category,
            format!("is not a category of the {world} world"),
            format!("use one of {}", names.join(", ")),
        )
    })
}

fn check_size(size: usize) -> Result<()> {
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
) -> Result<Picture> {
    let entry = find(world, category)?;
    check_size(size)?;
    let shot = render::shoot(entry, world, seed, index, size, defective);
    let name = format!("words/{world}/{category}/{index}/{defective}");
    let mut dice = dice::Dice::new(derive_seed(seed, &name), "words");
    let object = captions::object(&mut dice, &shot.words);
    let caption = captions::caption(&mut dice, &object, &shot.defects, shot.rig.word());
    Ok(Picture {
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
    let entry = find(world, category)?;
    check_size(size)?;
    let shot = render::shoot(entry, world, seed, index, size, true);
    Ok(Pair { clean: shot.clean, defective: shot.picture, mask: shot.mask })
}

/// Writes a data set in the MVTec AD layout, with `captions.csv` and `synth.toml` at its root. `progress` hears the
/// number of pictures done and in all, from any thread. A folder that an earlier call with the same options wrote
/// is written again.
///
/// # Errors
/// A usage error for unknown categories or a senseless size or count; a file error for a folder that holds something
/// else or cannot be written.
pub fn write(options: &Options, out: &Path, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Summary> {
    writer::write(options, out, progress)
}
