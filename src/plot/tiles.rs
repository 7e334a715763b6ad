//! Pictures at the size of a tile, and what is laid over them. Pure.

use ndarray::{Array3, ArrayView2, Axis, Zip};

use super::{heat, style};
use crate::perturb::upsample;
use crate::types::{Image, Map, Mask};

/// Height and width of a picture whose longer side is brought to `side`.
pub fn fitted((height, width): (usize, usize), side: usize) -> (usize, usize) {
    let long = height.max(width);
    let scaled = |length: usize| ((2 * length * side + long) / (2 * long)).max(1);
    (scaled(height), scaled(width))
}

/// Where a tile begins that lies in the middle of a square of `side` at (left, top).
pub fn centred(tile: &Image, side: i32, (left, top): (i32, i32)) -> (i32, i32) {
    let (_, height, width) = tile.dim();
    (left + (side - width as i32) / 2, top + (side - height as i32) / 2)
}

/// Resizes a picture (3, H, W) so that its longer side is `side`, bilinear.
pub fn picture(image: &Image, side: usize) -> Image {
    let (_, height, width) = image.dim();
    let size = fitted((height, width), side);
    let mut tile = Array3::zeros((3, size.0, size.1));
    for (mut plane, source) in tile.axis_iter_mut(Axis(0)).zip(image.axis_iter(Axis(0))) {
        plane.assign(&upsample(source, size));
    }
    tile
}

/// Resizes a mask so that its longer side is `side`, nearest.
pub fn mask(mask: ArrayView2<'_, bool>, side: usize) -> Mask {
    let (height, width) = mask.dim();
    let size = fitted((height, width), side);
    let nearest = |at: usize, from: usize, to: usize| (2 * at + 1) * from / (2 * to);
    Mask::from_shape_fn(size, |(y, x)| mask[[nearest(y, height, size.0), nearest(x, width, size.1)]])
}

/// Lays a map in colours over a faint grey version of the picture. `range` is the scale's lower and upper
/// end; pixels that are not `valid` are blank.
pub fn overlay(picture: &Image, map: &Map, valid: &Mask, (low, high): (f32, f32)) -> Image {
    const MAP_SHARE: f32 = 0.75;
    let (_, height, width) = picture.dim();
    let span = (high - low).max(f32::MIN_POSITIVE);
    let mut out = Array3::zeros((3, height, width));
    Zip::indexed(map).and(valid).for_each(|(y, x), &value, &valid| {
        let grey = 0.299 * picture[[0, y, x]] + 0.587 * picture[[1, y, x]] + 0.114 * picture[[2, y, x]];
        let colour = heat::colour((value - low) / span);
        for channel in 0..3 {
            let mixed = MAP_SHARE * colour[channel] + (1.0 - MAP_SHARE) * grey;
            out[[channel, y, x]] = if valid { mixed } else { style::NOTHING[channel] };
        }
    });
    out
}

/// Draws the border of the mask: white, with a dark line around it, so that it shows on any ground.
pub fn outline(picture: &mut Image, mask: &Mask) {
    let (height, width) = mask.dim();
    let near = |y: usize, x: usize, reach: usize, value: bool| {
        let rows = y.saturating_sub(reach)..=(y + reach).min(height - 1);
        rows.into_iter().any(|row| {
            let columns = x.saturating_sub(reach)..=(x + reach).min(width - 1);
            columns.into_iter().any(|column| mask[[row, column]] == value)
        })
    };
    for y in 0..height {
        for x in 0..width {
            if mask[[y, x]] {
                continue;
            }
            let colour = if near(y, x, 2, true) {
                1.0
            } else if near(y, x, 3, true) {
                0.0
            } else {
                continue;
            };
            for channel in 0..3 {
                picture[[channel, y, x]] = colour;
            }
        }
    }
}
