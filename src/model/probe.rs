//! Pictures of no data set, which show what a model does before the first sample.

use ndarray::{Array4, ArrayView4, s};

/// Pictures that differ in brightness, contrast, colour and grain, shape (count, 3, size, size), RGB in [0, 1]; they repeat after the
/// third. None of them is uniform, on which a graph may divide 0 by 0.
pub(crate) fn pictures(count: usize, size: usize) -> Array4<f32> {
    let grain = |c: usize, y: usize, x: usize| ((7 * c + 31 * y + 17 * x) % 64) as f32 / 63.0;
    Array4::from_shape_fn((count, 3, size, size), |(picture, c, y, x)| {
        let ramp = (x + 2 * y) as f32 / (3 * size) as f32;
        match picture % 3 {
            0 => grain(c, y, x),
            1 => 0.05 + 0.1 * ramp + 0.02 * grain(c, x, y),
            _ => (0.95 - 0.3 * ramp - 0.2 * c as f32).clamp(0.0, 1.0),
        }
    })
}

/// A single picture of a batch, as a batch.
pub(super) fn only(pictures: &Array4<f32>, index: usize) -> ArrayView4<'_, f32> {
    pictures.slice(s![index..=index, .., .., ..])
}

#[cfg(test)]
mod tests {
    use ndarray::Axis;

    use super::*;

    #[test]
    fn no_picture_is_uniform_and_three_differ() {
        for size in [2, 8, 64] {
            let pictures = pictures(4, size);
            assert!(pictures.iter().all(|value| (0.0..=1.0).contains(value)));
            for picture in pictures.outer_iter() {
                let first = picture[[0, 0, 0]];
                assert!(picture.index_axis(Axis(0), 0).iter().any(|value| *value != first), "{size}");
            }
            assert!(only(&pictures, 0) != only(&pictures, 1) && only(&pictures, 1) != only(&pictures, 2));
            assert_eq!(only(&pictures, 0), only(&pictures, 3));
        }
    }
}
