//! The way back for the maps of one size, by either interpolation.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use ndarray::ArrayView2;

use super::geometry::{self, Geometry};
use super::map::{mirrored_back, moved_back, reached, unwarped, upsample};
use super::resampling::{Fill, Rotation};
use super::shear::{Scratch, Turns};
use crate::types::{Axis, Map, Mask, Perturbation};

/// Brings patch-level maps back to pixels in the frame of the untouched picture, the turn by the given interpolation.
///
/// Bilinear, this is [`restore`](super::restore). By three passes the enlarged map is turned back by three sinc shears with zeros outside
/// (`torch_rotation.rotate_three_pass` with `padding_mode="constant"`), about the index that a three-pass [`Perturber`]
/// turns pictures about; a zoom, a shift and a tilt are undone first, bilinear. Its values are clamped to [0, 1] after each shear,
/// so it is for maps that lie there. Between threads it is shared as a [`Perturber`] is.
///
/// [`Perturber`]: super::Perturber
pub struct Restorer {
    size: usize,
    turns: Option<Turns>,
    pool: Mutex<Vec<Scratch>>,
}

impl Restorer {
    /// A restorer of patch-level maps to `size` x `size` pixels, and of maps of pixels as they are.
    ///
    /// # Panics
    /// If `size` is 0.
    pub fn new(rotation: Rotation, size: usize) -> Self {
        assert!(size > 0, "a map must have at least one pixel");
        let turns = (rotation == Rotation::ThreePass).then(|| Turns::new(size));
        Self { size, turns, pool: Mutex::new(Vec::new()) }
    }

    /// The map in the frame of the untouched picture, and a mask that is `true` where the map of the moved picture has something to
    /// say: where the source position lies within the centres of its border pixels.
    ///
    /// # Panics
    /// If the patch map is empty.
    pub fn restore(&self, patch_map: ArrayView2<f32>, p: &Perturbation) -> (Map, Mask) {
        self.bring_back(upsample(patch_map, (self.size, self.size)), p)
    }

    /// The map in the frame of the untouched picture, as [`Self::restore`] gives it, of a map of pixels (height, width). Where it is not
    /// square and turned by three passes, what is valid is that of a bilinear turn.
    pub fn bring_back(&self, map: Map, p: &Perturbation) -> (Map, Mask) {
        let (height, width) = map.dim();
        let angle_deg = p.get(Axis::Angle);
        let turns = self.turns.as_ref().filter(|_| !geometry::is_whole(angle_deg));
        let (Some(turns), Some(whole)) = (turns, Geometry::of(p)) else {
            return moved_back(map, p);
        };
        let map = match whole.after_turn() {
            Some(rest) => unwarped(map.view(), rest).0,
            None => map,
        };
        let mut back = Map::zeros((height, width));
        let (from, to) = (map.as_slice(), back.as_slice_mut());
        let (from, to) = from.zip(to).expect("a new map is contiguous");
        let mut scratch = self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        turns.rotate(from, (height, width), -angle_deg, Fill::Zeros, &mut scratch, to);
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        let size = (height, width);
        if height != width {
            return mirrored_back((back, reached(&whole.back(size), size)), p);
        }
        let pivot = turns.of(height).pivot(-angle_deg);
        let mut valid = reached(&whole.back_about(pivot, size), size);
        // What the turn carried out of the picture, no zoom out brings back.
        if let Some(turn) = Geometry::of(&Perturbation::IDENTITY.with(Axis::Angle, angle_deg)) {
            let turned = reached(&turn.back_about(pivot, size), size);
            valid.zip_mut_with(&turned, |valid, &turned| *valid &= turned);
        }
        mirrored_back((back, valid), p)
    }
}

impl fmt::Debug for Restorer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Restorer")
            .field("size", &self.size)
            .field("three_pass", &self.turns.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perturb::{Perturber, Resampling};
    use crate::types::Image;

    /// A blob, soft enough for the shears, away from the middle.
    fn blob(size: usize) -> Map {
        let (cy, cx) = (0.35 * size as f64, 0.6 * size as f64);
        let falls = |at: usize, centre: f64| (-(at as f64 - centre).powi(2) / 18.0).exp();
        Map::from_shape_fn((size, size), |(y, x)| (falls(y, cy) * falls(x, cx)) as f32)
    }

    #[test]
    fn three_passes_there_and_back_leave_a_map_where_it_was() {
        for size in [48, 49] {
            let map = blob(size);
            let picture = Image::from_shape_fn((3, size, size), |(_, y, x)| map[[y, x]]);
            let resampling =
                Resampling { rotation: Rotation::ThreePass, fill: Fill::Zeros, ..Resampling::default() };
            let perturber = Perturber::new(resampling, size);
            let largest = |rotation, angle| {
                let p = Perturbation::IDENTITY.with(Axis::Angle, angle);
                let mut turned = Image::zeros(picture.dim());
                perturber.apply(picture.view(), p, turned.view_mut());
                let turned = turned.index_axis(ndarray::Axis(0), 0).to_owned();
                let (back, _) = Restorer::new(rotation, size).restore(turned.view(), &p);
                back.iter().zip(&map).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
            };
            for angle in [30.0, -75.0, 90.0] {
                let (three_pass, bilinear) =
                    (largest(Rotation::ThreePass, angle), largest(Rotation::Bilinear, angle));
                assert!(three_pass < 0.01, "{size}, {angle}: {three_pass}");
                assert!(
                    bilinear > 0.05,
                    "{size}, {angle}: the centres differ by half a pixel or more, {bilinear}"
                );
            }
        }
    }

    #[test]
    fn what_the_turn_carried_out_is_zero_and_not_valid() {
        let size = 40;
        let p = Perturbation::of([(Axis::Angle, 45.0), (Axis::Scale, -1.0)]);
        let restorer = Restorer::new(Rotation::ThreePass, size);
        let ones = Map::from_elem((size, size), 1.0);
        let (back, valid) = restorer.restore(ones.view(), &p);
        // The zoom out brings the corners back into the picture, but the turn had cut them off before.
        assert!(!valid[[0, 0]] && !valid[[size - 1, size - 1]]);
        assert!(valid[[size / 2, size / 2]] && back[[size / 2, size / 2]] > 0.9);
        let turn = Perturbation::IDENTITY.with(Axis::Angle, 45.0);
        let (back, valid) = restorer.restore(ones.view(), &turn);
        assert!(!valid[[0, 0]] && back[[0, 0]] < 0.05);
        assert!(back.iter().all(|value| (0.0..=1.0).contains(value)));
    }

    #[test]
    fn what_is_valid_was_in_the_map_and_what_was_is_valid() {
        for (size, angle) in [(40, 30.0), (41, -60.0), (40, 90.0), (41, 90.0), (40, 135.0), (41, -120.0)] {
            let ones = Map::from_elem((size, size), 1.0);
            let p = Perturbation::IDENTITY.with(Axis::Angle, angle);
            let (back, valid) = Restorer::new(Rotation::ThreePass, size).restore(ones.view(), &p);
            for (value, valid) in back.iter().zip(&valid) {
                assert!(
                    if *valid { *value > 0.85 } else { *value < 0.995 },
                    "{size}, {angle}: {value} {valid}"
                );
            }
        }
    }

    #[test]
    fn where_nothing_turns_both_ways_are_one() {
        let map = blob(32);
        let p = Perturbation::of([(Axis::Angle, 360.0), (Axis::TranslateX, 0.2), (Axis::Hue, 1.0)]);
        let by = |rotation| Restorer::new(rotation, 32).restore(map.view(), &p);
        assert_eq!(by(Rotation::ThreePass), by(Rotation::Bilinear));
        assert_eq!(by(Rotation::Bilinear), crate::perturb::restore(map.view(), (32, 32), &p));
    }
}
