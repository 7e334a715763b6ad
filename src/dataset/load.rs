//! The pixels of a sample.

use std::path::{Path, PathBuf};

use super::picture::{self, Decoded, Header};
use super::{Sample, mask, resize};
use crate::error::{Error, Result};
use crate::types::{Image, Label, Mask};

/// A decoded sample at the model's size.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The picture, shape (3, size, size), RGB in [0, 1].
    pub image: Image,
    /// The mask, shape (size, size); all false for a normal sample, `None` where there is no ground truth.
    pub mask: Option<Mask>,
    /// Height and width of the picture as stored.
    pub original: (usize, usize),
}

/// Facts about a sample that the headers of its files tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Height and width of the picture in pixels.
    pub size: (usize, usize),
    /// Files that are read in a way that somebody might not expect.
    pub remarks: Vec<Remark>,
}

/// A file that can be used, but is read in a way that somebody might not expect.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remark {
    /// A mask that is a JPEG file, which rings around edges: it is anomalous from half the brightness on.
    LossyMask(PathBuf),
    /// A file whose EXIF rotation is ignored, as Pillow, torchvision and anomalib do.
    Turned(PathBuf),
}

/// Sums remarks up: one line for each kind, with their number and the first file.
pub fn sum_up<'r>(remarks: impl IntoIterator<Item = &'r Remark>) -> Vec<String> {
    let (mut lossy, mut turned) = (Vec::new(), Vec::new());
    for remark in remarks {
        match remark {
            Remark::LossyMask(path) => lossy.push(path),
            Remark::Turned(path) => turned.push(path),
        }
    }
    let line = |paths: Vec<&PathBuf>, what: &str| {
        paths.first().map(|first| format!("{what}: {} (first: {})", paths.len(), first.display()))
    };
    [
        line(lossy, "JPEG masks, anomalous from half the brightness on"),
        line(turned, "files whose EXIF rotation is ignored, as Pillow and torchvision do"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Checks a sample before a run, from the headers alone: the files exist, are pictures of a sensible size, and each mask has the
/// size of its picture.
///
/// # Errors
/// A file error that names the file and the fix.
pub fn inspect(sample: &Sample) -> Result<Facts> {
    let image = picture::header(&sample.image)?;
    let mut remarks = Vec::new();
    note(&sample.image, &image, &mut remarks);
    for path in masks(sample)? {
        let header = picture::header(path)?;
        same_size(sample, path, image.size, header.size)?;
        note(path, &header, &mut remarks);
        if header.is_jpeg {
            remarks.push(Remark::LossyMask(path.clone()));
        }
    }
    Ok(Facts { size: image.size, remarks })
}

fn note(path: &Path, header: &Header, remarks: &mut Vec<Remark>) {
    if header.is_turned {
        remarks.push(Remark::Turned(path.to_owned()));
    }
}

/// Decodes a sample and brings it to `size` x `size`: the picture by antialiased bicubic, the mask by nearest neighbour, each once
/// and neither when it has that size already. Several masks are one: a pixel is anomalous where any of them says so. A defect
/// thinner than one output pixel may vanish from the small mask.
///
/// # Errors
/// A file error that names the file and the fix: those of [`inspect`], damaged files, and masks without any anomalous
/// pixel.
pub fn load(sample: &Sample, size: usize) -> Result<Loaded> {
    let Decoded { pixels, .. } = picture::read(&sample.image)?;
    let original = (pixels.height() as usize, pixels.width() as usize);
    let image = resize::picture(&pixels.into_rgb8(), size);
    let mask = whole_mask(sample, Some(original))?;
    Ok(Loaded { image, mask: at_size(sample, mask, size), original })
}

fn at_size(sample: &Sample, mask: Option<Mask>, size: usize) -> Option<Mask> {
    match (mask, sample.label) {
        (Some(mask), _) => Some(resize::mask(mask, size)),
        (None, Label::Unknown) => None,
        (None, _) => Some(Mask::from_elem((size, size), false)),
    }
}

/// Decodes the mask of a sample as [`load`] does, without decoding the picture.
///
/// # Errors
/// Those of [`load`] that concern the mask.
pub fn load_mask(sample: &Sample, size: usize) -> Result<Option<Mask>> {
    let masked = sample.label == Label::Anomalous;
    let original = if masked { Some(picture::header(&sample.image)?.size) } else { None };
    Ok(at_size(sample, whole_mask(sample, original)?, size))
}

/// The union of a sample's masks as stored, none unless the sample is anomalous. All masks must be of `image_size`; where that is
/// not known they must agree with each other.
pub(super) fn whole_mask(sample: &Sample, image_size: Option<(usize, usize)>) -> Result<Option<Mask>> {
    let mut union: Option<Mask> = None;
    for path in masks(sample)? {
        let mask = mask::from_picture(picture::read(path)?);
        let expected = image_size.or_else(|| union.as_ref().map(Mask::dim));
        same_size(sample, path, expected.unwrap_or(mask.dim()), mask.dim())?;
        match &mut union {
            None => union = Some(mask),
            Some(union) => union.zip_mut_with(&mask, |pixel, &other| *pixel |= other),
        }
    }
    if let Some(mask) = &union
        && !mask.iter().any(|&anomalous| anomalous)
    {
        return Err(Error::file(
            &sample.masks[0],
            format!("marks no pixel, but {} counts as defective", sample.image.display()),
            "repair the mask, or file the picture as normal",
        ));
    }
    Ok(union)
}

/// Paths of a sample's masks, all of which exist; none unless the sample is anomalous.
fn masks(sample: &Sample) -> Result<&[PathBuf]> {
    if sample.label != Label::Anomalous {
        return Ok(&[]);
    }
    if sample.masks.is_empty() {
        return Err(Error::file(
            &sample.image,
            "counts as defective, but the list names no mask for it",
            "name its mask, or file the picture as normal",
        ));
    }
    if let Some(path) = sample.masks.iter().find(|path| !path.exists()) {
        return Err(Error::file(
            path,
            format!("is missing: {} counts as defective and needs a mask", sample.image.display()),
            "put the mask there, or file the picture as normal",
        ));
    }
    Ok(&sample.masks)
}

fn same_size(sample: &Sample, path: &Path, image: (usize, usize), mask: (usize, usize)) -> Result<()> {
    if image == mask {
        return Ok(());
    }
    let sideways = image == (mask.1, mask.0);
    let hint =
        if sideways { " (they differ by a quarter turn: EXIF rotations are ignored here)" } else { "" };
    Err(Error::file(
        path,
        format!(
            "is {} x {} pixels, but its picture {} is {} x {}{hint}",
            mask.1,
            mask.0,
            sample.image.display(),
            image.1,
            image.0
        ),
        "export the mask at the size of the picture as it is stored",
    ))
}
