//! Mirror images: exact, and each its own way back.

use crate::types::{Axis, Perturbation};

/// A mirror image that is not the picture itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mirror {
    /// Whether left and right are exchanged.
    across: bool,
    /// Whether it is upside down.
    down: bool,
}

impl Mirror {
    /// The mirror image of a perturbation, by the nearest value of the axis; `None` for the picture as it is.
    pub fn of(p: &Perturbation) -> Option<Self> {
        let value = p.get(Axis::Mirror).round().clamp(0.0, 3.0) as u8;
        (value != 0).then_some(Self { across: value & 1 != 0, down: value & 2 != 0 })
    }

    /// Mirrors planes of rows of `width` values each, `height` rows a plane, in place.
    pub fn apply<T: Copy>(self, planes: &mut [T], (height, width): (usize, usize)) {
        for plane in planes.chunks_exact_mut(height * width) {
            match self {
                Self { across: true, down: true } => plane.reverse(),
                Self { across: true, .. } => plane.chunks_exact_mut(width).for_each(<[T]>::reverse),
                Self { .. } => {
                    let (upper, lower) = plane.split_at_mut(height / 2 * width);
                    let lower = lower.chunks_exact_mut(width).rev();
                    upper.chunks_exact_mut(width).zip(lower).for_each(|(up, low)| up.swap_with_slice(low));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_mirror_images_of_planes_of_any_shape() {
        let mirrored = |value: f64, planes: &[u8], size| {
            let mut planes = planes.to_vec();
            let mirror = Mirror::of(&Perturbation::IDENTITY.with(Axis::Mirror, value));
            mirror.inspect(|mirror| mirror.apply(&mut planes, size));
            planes
        };
        let two = [1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16];
        assert_eq!(mirrored(0.0, &two, (2, 3)), two);
        assert_eq!(mirrored(1.0, &two, (2, 3)), [3, 2, 1, 6, 5, 4, 13, 12, 11, 16, 15, 14]);
        assert_eq!(mirrored(2.0, &two, (2, 3)), [4, 5, 6, 1, 2, 3, 14, 15, 16, 11, 12, 13]);
        assert_eq!(mirrored(3.0, &two, (2, 3)), [6, 5, 4, 3, 2, 1, 16, 15, 14, 13, 12, 11]);
        assert_eq!(mirrored(2.0, &two[..6], (3, 2)), [5, 6, 3, 4, 1, 2], "the middle row stays");
    }
}
