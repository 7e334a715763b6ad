//! The checks of every segmenter on a batch.

use ndarray::ArrayView4;

use super::memory::require_room;
use crate::error::{Error, Result};

/// Refuses a batch of the wrong shape, one that there is no memory for, with values that are not finite, or with another number of categories.
pub(super) fn check_batch(
    model: &str,
    images: ArrayView4<f32>,
    categories: &[&str],
    size: usize,
) -> Result<()> {
    let (batch, channels, height, width) = images.dim();
    if (channels, height, width) != (3, size, size) {
        return Err(Error::model(
            model,
            format!(
                "takes images of shape (3, {size}, {size}) and was given ({channels}, {height}, {width})"
            ),
            format!("resize to {size} x {size} RGB"),
        ));
    }
    if batch != categories.len() {
        return Err(Error::model(
            model,
            format!("was given {batch} images and {} categories", categories.len()),
            "give one category per image",
        ));
    }
    require_room(model, None, size, batch)?;
    let broken = images.outer_iter().position(|image| !image.iter().all(|value| value.is_finite()));
    if let Some(index) = broken {
        return Err(Error::model(
            model,
            format!(
                "was given image {index} (category {}) with values that are not finite",
                categories[index]
            ),
            "check the image file and the perturbation",
        )
        .of_picture(index));
    }
    Ok(())
}
