//! The way back for anomaly maps: from patches to pixels, and from the frame of the perturbed picture to that of the ground
//! truth. Only the geometric axes of a perturbation matter here.

use ndarray::{Array2, ArrayView2};

use super::bilinear::Source;
use super::geometry::{FRACTION_BITS, Geometry, ONE, Warp, tilted};
use super::mirror::Mirror;
use super::resampling::Fill;
use crate::types::{Map, Mask, Perturbation};

/// Enlarges a patch-level map to (height, width) pixels: bilinear, pixel areas aligned, as
/// `torch.nn.functional.interpolate(mode="bilinear", align_corners=False)`.
///
/// # Panics
/// If the patch map is empty.
pub fn upsample(patch_map: ArrayView2<f32>, size: (usize, usize)) -> Map {
    let (rows, columns) = patch_map.dim();
    assert!(rows > 0 && columns > 0, "a patch map must not be empty, but it is {rows} x {columns}");
    let (height, width) = size;
    let across = Interpolation::table(columns, width);
    let wide: Vec<f32> = patch_map
        .rows()
        .into_iter()
        .flat_map(|row| across.iter().map(move |at| at.between(row[at.first], row[at.second])))
        .collect();
    let mut out = Vec::with_capacity(height * width);
    for at in Interpolation::table(rows, height) {
        let (above, below) = (&wide[at.first * width..][..width], &wide[at.second * width..][..width]);
        out.extend(above.iter().zip(below).map(|(&above, &below)| at.between(above, below)));
    }
    Array2::from_shape_vec(size, out).expect("one value was pushed for every pixel")
}

/// Brings the map of a picture under the perturbation `p` back: undoes the shift, the zoom, the turn, the tilt and the mirror image.
///
/// Bilinear about the centre, with zeros outside as in the paper (values fade to 0 within one pixel of the border, as in
/// `kornia.geometry.transform.rotate` with its default padding). The mask is `true` where the source position lies in
/// the map, that is within the centres of its border pixels.
pub fn unwarp_map(map: ArrayView2<f32>, p: &Perturbation) -> (Map, Mask) {
    moved_back(map.to_owned(), p)
}

pub(super) fn unwarped(map: ArrayView2<f32>, geometry: Geometry) -> (Map, Mask) {
    let (height, width) = map.dim();
    let mut out = Map::zeros((height, width));
    let map = map.as_standard_layout();
    let texels = map.as_slice().expect("a map in standard layout is contiguous");
    let source = Source { texels, height, width };
    let warp = geometry.back((height, width));
    for (row, mut values) in out.rows_mut().into_iter().enumerate() {
        source.warped_row(
            &warp,
            Fill::Zeros,
            row,
            values.as_slice_mut().expect("rows of a new map are contiguous"),
        );
    }
    (out, reached(&warp, (height, width)))
}

/// The pixels whose source position lies in the source, within the centres of its border pixels.
pub(super) fn reached(warp: &Warp, (height, width): (usize, usize)) -> Mask {
    let past_centre = |length: usize| (length as i64 - 1) * ONE + 1;
    let mut reached = Mask::from_elem((height, width), false);
    for (row, mut reached) in reached.rows_mut().into_iter().enumerate() {
        let reached = reached.as_slice_mut().expect("rows of a new mask are contiguous");
        match warp {
            Warp::Flat(flat) => {
                let inside = flat.row(row).inside(past_centre(width), past_centre(height), width);
                reached[inside].fill(true);
            }
            Warp::Tilted(matrix) => {
                for (column, reached) in reached.iter_mut().enumerate() {
                    let (x, y) = tilted(matrix, row, column);
                    *reached = (0..past_centre(width)).contains(&x) && (0..past_centre(height)).contains(&y);
                }
            }
        }
    }
    reached
}

/// Brings the patch-level map of a picture under the perturbation `p` to pixels in the frame of the untouched
/// picture: [`upsample`], then [`unwarp_map`]. Where nothing was moved this is the enlarged map itself, valid
/// everywhere.
///
/// # Panics
/// If the patch map is empty.
pub fn restore(patch_map: ArrayView2<f32>, size: (usize, usize), p: &Perturbation) -> (Map, Mask) {
    moved_back(upsample(patch_map, size), p)
}

/// [`unwarp_map`] of a map that is not needed any more.
pub(super) fn moved_back(map: Map, p: &Perturbation) -> (Map, Mask) {
    let (map, valid) = match Geometry::of(p) {
        Some(geometry) => unwarped(map.view(), geometry),
        None => {
            let everywhere = Mask::from_elem(map.dim(), true);
            (map, everywhere)
        }
    };
    mirrored_back((map, valid), p)
}

/// Undoes the mirror image of a map that is back otherwise, and of what is valid there.
pub(super) fn mirrored_back((map, valid): (Map, Mask), p: &Perturbation) -> (Map, Mask) {
    match Mirror::of(p) {
        Some(mirror) => (mirrored(map, mirror), mirrored(valid, mirror)),
        None => (map, valid),
    }
}

fn mirrored<T: Copy>(table: Array2<T>, mirror: Mirror) -> Array2<T> {
    let size = table.dim();
    let mut table = table.as_standard_layout().into_owned();
    mirror.apply(table.as_slice_mut().expect("a table in standard layout is contiguous"), size);
    table
}

/// Moves a mask with its picture under the perturbation `p`: nearest pixel (half a pixel rounds up), `false` outside.
pub fn warp_mask(mask: ArrayView2<bool>, p: &Perturbation) -> Mask {
    let mask = match Mirror::of(p) {
        Some(mirror) => mirrored(mask.to_owned(), mirror),
        None => mask.to_owned(),
    };
    let Some(geometry) = Geometry::of(p) else { return mask };
    let (height, width) = mask.dim();
    let mut out = Mask::from_elem((height, width), false);
    let warp = geometry.forward((height, width));
    for (row, mut out) in out.rows_mut().into_iter().enumerate() {
        match &warp {
            Warp::Flat(flat) => {
                let walk = flat.row(row).rounded();
                let inside = walk.inside(width as i64 * ONE, height as i64 * ONE, width);
                let mut walk = walk.at(inside.start);
                for column in inside {
                    out[column] =
                        mask[[(walk.y >> FRACTION_BITS) as usize, (walk.x >> FRACTION_BITS) as usize]];
                    walk.x += walk.dx;
                    walk.y += walk.dy;
                }
            }
            Warp::Tilted(matrix) => {
                for (column, out) in out.iter_mut().enumerate() {
                    let (x, y) = tilted(matrix, row, column);
                    let nearest = |at: i64| usize::try_from((at + ONE / 2) >> FRACTION_BITS).ok();
                    let inside = nearest(y).zip(nearest(x)).and_then(|(y, x)| mask.get([y, x]));
                    *out = inside.copied().unwrap_or(false);
                }
            }
        }
    }
    out
}

/// An interpolation: two neighbours and the weight of the second.
#[derive(Clone, Copy)]
struct Interpolation {
    first: usize,
    second: usize,
    weight: f32,
}

impl Interpolation {
    /// The interpolation at each of `out` places spread over `length` values.
    fn table(length: usize, out: usize) -> Vec<Self> {
        let scale = length as f64 / out as f64;
        (0..out)
            .map(|index| {
                let position = ((index as f64 + 0.5) * scale - 0.5).max(0.0);
                let first = (position as usize).min(length - 1);
                Self { first, second: (first + 1).min(length - 1), weight: (position - first as f64) as f32 }
            })
            .collect()
    }

    #[inline(always)]
    fn between(self, first: f32, second: f32) -> f32 {
        first + self.weight * (second - first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Axis;
    use ndarray::array;

    #[test]
    fn a_row_of_two_enlarges_to_the_values_of_torch() {
        let map = upsample(array![[0.0, 1.0]].view(), (1, 4));
        assert_eq!(map, array![[0.0, 0.25, 0.75, 1.0]]);
        assert_eq!(upsample(array![[0.5]].view(), (2, 3)), Map::from_elem((2, 3), 0.5));
        assert_eq!(upsample(array![[1.0, 2.0, 3.0, 4.0]].view(), (1, 2)), array![[1.5, 3.5]]);
    }

    fn turned(angle_deg: f64) -> Perturbation {
        Perturbation::IDENTITY.with(Axis::Angle, angle_deg)
    }

    #[test]
    fn a_quarter_turn_back_is_counter_clockwise() {
        let map = array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]];
        let (back, valid) = unwarp_map(map.view(), &turned(90.0));
        assert_eq!(back, array![[3.0, 6.0, 9.0], [2.0, 5.0, 8.0], [1.0, 4.0, 7.0]]);
        assert!(valid.iter().all(|&valid| valid));
    }

    #[test]
    fn a_mask_turns_clockwise() {
        let mask = array![[true, true, false], [false, false, false], [false, false, false]];
        let expected = array![[false, false, true], [false, false, true], [false, false, false]];
        assert_eq!(warp_mask(mask.view(), &turned(90.0)), expected);
    }

    #[test]
    fn corners_are_not_valid_after_an_eighth_turn() {
        let (map, valid) = unwarp_map(Map::from_elem((9, 9), 1.0).view(), &turned(45.0));
        assert!(!valid[[0, 0]] && !valid[[8, 8]] && valid[[4, 4]] && valid[[0, 4]]);
        assert_eq!(map[[0, 0]], 0.0);
        assert_eq!(map[[4, 4]], 1.0);
    }

    #[test]
    fn a_map_goes_against_the_shift_and_a_mask_with_it() {
        let right = Perturbation::IDENTITY.with(Axis::TranslateX, 0.25);
        let map = array![[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]];
        let (back, valid) = unwarp_map(map.view(), &right);
        assert_eq!(back, array![[2.0, 3.0, 4.0, 0.0], [6.0, 7.0, 8.0, 0.0]]);
        assert_eq!(valid, array![[true, true, true, false], [true, true, true, false]]);
        let mask = array![[true, false, false, true]];
        assert_eq!(warp_mask(mask.view(), &right), array![[false, true, false, false]]);
        let down = Perturbation::IDENTITY.with(Axis::TranslateY, 0.5);
        assert_eq!(warp_mask(array![[true], [false]].view(), &down), array![[false], [true]]);
    }

    #[test]
    fn a_tilt_takes_a_mask_with_it_and_a_map_back() {
        let away = Perturbation::of([(Axis::TiltX, 30.0), (Axis::TiltY, 10.0)]);
        let mask = Mask::from_shape_fn((40, 60), |(y, x)| (8..14).contains(&y) && (40..52).contains(&x));
        let moved = warp_mask(mask.view(), &away);
        assert_ne!(moved, mask);
        let map = moved.mapv(|inside| if inside { 1.0 } else { 0.0 });
        let (back, valid) = unwarp_map(map.view(), &away);
        assert!(valid[[11, 46]] && back[[11, 46]] == 1.0 && back[[20, 46]] == 0.0 && back[[11, 36]] == 0.0);
        // What was near and tipped away shows less of the near edge, and all of the far one.
        assert!(!valid[[0, 0]] && valid[[39, 59]]);
    }

    #[test]
    fn a_zoom_enlarges_masks_and_shrinks_maps() {
        let twice = Perturbation::IDENTITY.with(Axis::Scale, 1.0);
        let mask = Mask::from_shape_fn((8, 8), |(y, x)| (3..5).contains(&y) && (3..5).contains(&x));
        assert_eq!(warp_mask(mask.view(), &twice).iter().filter(|&&inside| inside).count(), 16);
        let (back, valid) = unwarp_map(Map::from_elem((8, 8), 1.0).view(), &twice);
        assert_eq!(valid.iter().filter(|&&inside| inside).count(), 16);
        assert!(back[[0, 0]] == 0.0 && back[[3, 4]] == 1.0);
    }
}
