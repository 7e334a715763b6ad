//! The pixels of a sample.

use std::path::{Path, PathBuf};

use image::DynamicImage;

use super::mask::{self, Drawn};
use super::picture::{self, Decoded, Header};
use super::remark::Remark;
use super::{Sample, resize};
use crate::error::{Error, Kind, Result, shown};
use crate::file;
use crate::types::{Image, Input, Label, Mask, has_room};

/// A decoded sample on its canvas.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// The picture, shape (3, height, width), RGB in [0, 1].
    pub image: Image,
    /// The mask, shape (height, width); all false for a normal sample, `None` where the ground truth of its pixels is not known.
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

/// Checks a sample before a run, from the headers alone: the files exist, are pictures of a sensible size,
/// and each mask has the size of its picture.
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
        if header.is_lossy {
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

/// Decodes a sample and brings it to its canvas ([`Input`]; a number stands for the square into which pictures are squeezed): the picture
/// by antialiased bicubic, the mask by nearest neighbour, each once and neither when it has that size already. Several masks are one: a pixel is anomalous where any of them says so. A defect
/// thinner than one output pixel may vanish from the small mask.
///
/// # Errors
/// A file error that names the file and the fix: those of [`inspect`], damaged files, masks without any anomalous
/// pixel, and pictures smaller than a tile.
pub fn load(sample: &Sample, input: impl Into<Input>) -> Result<Loaded> {
    let input = input.into();
    let Decoded { pixels, .. } = picture::read(&sample.image)?;
    let original = (pixels.height() as usize, pixels.width() as usize);
    let canvas = canvas(sample, original, &input)?;
    if !has_room(1, canvas) {
        let (height, width) = canvas;
        let problem =
            format!("needs more memory than there is at {width} x {height} pixels, its size for the model");
        return Err(Error::new(
            Kind::Memory,
            sample.image.display().to_string(),
            problem,
            "use another model, or free memory",
        ));
    }
    let image = resize::picture(&pixels.into_rgb8(), canvas);
    let mask = whole_mask(sample, Some(original), &mut |_, _| ())?;
    Ok(Loaded { image, mask: on_canvas(sample, mask, canvas), original })
}

fn on_canvas(sample: &Sample, mask: Option<Mask>, canvas: (usize, usize)) -> Option<Mask> {
    match mask {
        Some(mask) => Some(resize::nearest(mask, canvas)),
        None => sample.masked.then(|| Mask::from_elem(canvas, false)),
    }
}

/// Height and width of the canvas of a picture of that size.
fn canvas(sample: &Sample, source: (usize, usize), input: &Input) -> Result<(usize, usize)> {
    input.canvas(source).ok_or_else(|| {
        let tile = input.fitting.tile_size.unwrap_or_default();
        let (height, width) = source;
        let problem = format!("is {width} x {height} pixels, which is smaller than `tile_size = {tile}`");
        let fix = format!("give a `tile_size` of at most {}, or leave it out", height.min(width));
        Error::file(&sample.image, problem, fix)
    })
}

/// Height and width of the canvas of a sample ([`Input`]), from the header of its picture alone, where that matters.
///
/// # Errors
/// A picture that cannot be read, or is smaller than a tile.
pub fn canvas_of(sample: &Sample, input: &Input) -> Result<(usize, usize)> {
    if input.is_square() {
        return Ok((input.side, input.side));
    }
    canvas(sample, picture::header(&sample.image)?.size, input)
}

/// What the pixels of a sample tell before a run, at the size in which they are stored.
#[derive(Clone, Debug, PartialEq)]
pub struct Pixels {
    /// The union of its masks; none unless the sample is anomalous.
    pub mask: Option<Mask>,
    /// Pixels that somebody might have meant otherwise.
    pub remarks: Vec<Remark>,
}

/// Looks at the pixels of a sample's masks, and at those of its picture where a value has 16 bits.
///
/// # Errors
/// Those of [`load`].
pub fn look(sample: &Sample) -> Result<Pixels> {
    let header = picture::header(&sample.image)?;
    let mut remarks = Vec::new();
    if header.is_deep {
        let highest = highest(picture::read(&sample.image)?.pixels);
        if highest <= DARK {
            remarks.push(Remark::Dark { path: sample.image.clone(), highest });
        }
    }
    let mask = whole_mask(sample, Some(header.size), &mut |path, Drawn { mask, in_alpha }| {
        let marked = mask.iter().filter(|&&anomalous| anomalous).count();
        if marked == mask.len() && *in_alpha {
            remarks.push(Remark::InAlpha(path.to_owned()));
        } else if marked == mask.len() {
            remarks.push(Remark::MarksAll(path.to_owned()));
        } else if 2 * marked > mask.len() {
            remarks.push(Remark::MarksMost(path.to_owned()));
        }
    })?;
    Ok(Pixels { mask, remarks })
}

/// Whether a picture has no colour: red, green and blue are the same everywhere.
///
/// # Errors
/// Those of [`load`] that concern the picture.
pub fn is_grey(sample: &Sample) -> Result<bool> {
    let pixels = picture::read(&sample.image)?.pixels;
    let alike = |pixel: &image::Rgb<u16>| pixel.0.iter().all(|&value| value == pixel.0[0]);
    Ok(!pixels.color().has_color() || pixels.into_rgb16().pixels().all(alike))
}

/// The highest value that 15 bits hold: what stays at or below it in 16 bits uses half of their range at most.
const DARK: u16 = (1 << 15) - 1;

/// The highest value of any colour but for one pixel in 10,000, which a camera may have wrong; transparency is none.
fn highest(pixels: DynamicImage) -> u16 {
    let mut brightest: Vec<u16> =
        pixels.into_rgb16().pixels().map(|pixel| pixel.0.into_iter().max().unwrap_or(0)).collect();
    let place = brightest.len() - 1 - brightest.len().div_ceil(10_000).min(brightest.len() / 1000);
    *brightest.select_nth_unstable(place).1
}

/// Decodes the mask of a sample as [`load`] does, without decoding the picture.
///
/// # Errors
/// Those of [`load`] that concern the mask.
pub fn load_mask(sample: &Sample, input: impl Into<Input>) -> Result<Option<Mask>> {
    let input = input.into();
    let masked = sample.masked && sample.label == Label::Anomalous;
    let original = if masked { Some(picture::header(&sample.image)?.size) } else { None };
    let canvas = match original {
        Some(source) => canvas(sample, source, &input)?,
        None => canvas_of(sample, &input)?,
    };
    Ok(on_canvas(sample, whole_mask(sample, original, &mut |_, _| ())?, canvas))
}

/// The union of a sample's masks as stored, none unless the sample is anomalous. All masks must be of
/// `image_size`; where that is not known they must agree with each other. `each` sees every mask.
pub(super) fn whole_mask(
    sample: &Sample,
    image_size: Option<(usize, usize)>,
    each: &mut dyn FnMut(&Path, &Drawn),
) -> Result<Option<Mask>> {
    let mut union: Option<Mask> = None;
    let mut in_alpha = false;
    for path in masks(sample)? {
        let drawn = mask::from_picture(picture::read(path)?);
        let expected = image_size.or_else(|| union.as_ref().map(Mask::dim));
        same_size(sample, path, expected.unwrap_or(drawn.mask.dim()), drawn.mask.dim())?;
        each(path, &drawn);
        in_alpha |= drawn.in_alpha;
        let mask = drawn.mask;
        match &mut union {
            None => union = Some(mask),
            Some(union) => union.zip_mut_with(&mask, |pixel, &other| *pixel |= other),
        }
    }
    if let Some(mask) = &union
        && !mask.iter().any(|&anomalous| anomalous)
    {
        if in_alpha {
            return Err(Error::file(
                &sample.masks[0],
                format!(
                    "marks no pixel by its colours, which are all black; only its alpha channel varies, and {} counts as defective",
                    shown(&sample.image)
                ),
                "save the alpha channel as a grey picture: transparency does not count",
            ));
        }
        return Err(Error::file(
            &sample.masks[0],
            format!("marks no pixel, but {} counts as defective", shown(&sample.image)),
            "mark the defect in the mask, or list the picture as good if it shows none",
        ));
    }
    Ok(union)
}

/// What can be done with pictures that lack masks.
const WITHOUT_MASKS: &str = "read the pictures with `layout = image-labels`, good and defective without masks, or `layout = unlabelled`";

/// Paths of a sample's masks, all of which exist; none unless the sample is anomalous and has masks at all.
fn masks(sample: &Sample) -> Result<&[PathBuf]> {
    if sample.label != Label::Anomalous || !sample.masked {
        return Ok(&[]);
    }
    if sample.masks.is_empty() {
        return Err(Error::file(
            &sample.image,
            "counts as defective, but the list names no mask for it",
            format!("name its mask, or {WITHOUT_MASKS}"),
        ));
    }
    if let Some(path) = sample.masks.iter().find(|path| !path.exists()) {
        if let Some(error) = file::dangling(path).or_else(|| path.parent().and_then(file::dangling)) {
            return Err(error);
        }
        return Err(Error::file(
            path,
            format!("is missing: {} counts as defective and needs a mask", shown(&sample.image)),
            format!("put the mask there, or {WITHOUT_MASKS}"),
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
            shown(&sample.image),
            image.1,
            image.0
        ),
        "export the mask at the size of the picture as it is stored",
    ))
}
