//! From a sample to pixels.

use std::path::Path;

use super::picture::{self, Picture};
use super::{Sample, mask, resize};
use crate::error::{Error, Result};
use crate::types::{Image, Mask};

/// A sample at the model's size.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The picture, shape (3, size, size), RGB in [0, 1].
    pub image: Image,
    /// The mask, shape (size, size); all false for a normal sample.
    pub mask: Mask,
    /// Height and width of the file.
    pub original: (usize, usize),
}

/// Cheap checks before a run, from the headers alone: the files exist, are pictures of a sensible size, and the mask has the
/// size of its picture.
///
/// # Errors
/// A file error that names the file and the fix.
pub fn inspect(sample: &Sample) -> Result<()> {
    let size = picture::header(&sample.image)?.size;
    let Some(path) = &sample.mask else { return Ok(()) };
    if !path.exists() {
        return Err(no_mask(sample, path));
    }
    same_size(sample, path, size, picture::header(path)?.size)
}

/// Decodes a sample and brings it to `size` x `size`: the picture by antialiased bicubic, the mask by nearest neighbour, each once
/// and neither when it has that size already. A defect thinner than one output pixel may vanish from the small mask.
///
/// # Errors
/// A file error that names the file and the fix: those of [`inspect`], damaged files, and a mask without any anomalous
/// pixel.
pub fn load(sample: &Sample, size: usize) -> Result<Loaded> {
    let Picture { pixels, .. } = picture::read(&sample.image)?;
    let original = (pixels.height() as usize, pixels.width() as usize);
    let image = resize::picture(&pixels.into_rgb8(), size);
    let mask = match &sample.mask {
        None => Mask::from_elem((size, size), false),
        Some(path) => resize::mask(read_mask(sample, path, original)?, size),
    };
    Ok(Loaded { image, mask, original })
}

/// The mask alone, as [`load`] gives it; the picture is not decoded.
///
/// # Errors
/// Those of [`load`] that concern the mask.
pub fn load_mask(sample: &Sample, size: usize) -> Result<Mask> {
    match &sample.mask {
        None => Ok(Mask::from_elem((size, size), false)),
        Some(path) => Ok(resize::mask(read_mask(sample, path, picture::header(&sample.image)?.size)?, size)),
    }
}

fn read_mask(sample: &Sample, path: &Path, image_size: (usize, usize)) -> Result<Mask> {
    if !path.exists() {
        return Err(no_mask(sample, path));
    }
    let mask = mask::from_picture(picture::read(path)?);
    same_size(sample, path, image_size, mask.dim())?;
    if !mask.iter().any(|&anomalous| anomalous) {
        return Err(Error::file(
            path,
            format!("marks no pixel, but {} counts as defective", sample.image.display()),
            "repair the mask, or file the picture as normal",
        ));
    }
    Ok(mask)
}

fn no_mask(sample: &Sample, path: &Path) -> Error {
    Error::file(
        path,
        format!("is missing: {} counts as defective and needs a mask", sample.image.display()),
        "put the mask there, or file the picture as normal",
    )
}

fn same_size(sample: &Sample, path: &Path, image: (usize, usize), mask: (usize, usize)) -> Result<()> {
    if image == mask {
        return Ok(());
    }
    Err(Error::file(
        path,
        format!(
            "is {} x {} pixels, but its picture {} is {} x {}",
            mask.1,
            mask.0,
            sample.image.display(),
            image.1,
            image.0
        ),
        "export the mask at the size of the picture (check the picture's EXIF rotation)",
    ))
}
