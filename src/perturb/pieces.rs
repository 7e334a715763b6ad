//! Canvases and the square pieces of them that a model sees: cut from the picture, and put together of their maps.

use ndarray::{ArrayView2, ArrayView3, ArrayViewMut3, Axis, s};

use super::map::upsample;
use crate::types::{Blend, Input, Map, Piece};

/// Writes a piece of a canvas (3, height, width) to `out` (3, side, side). What lies beyond the canvas repeats its edges.
///
/// # Panics
/// If the canvas is empty.
pub fn cut(canvas: ArrayView3<f32>, piece: Piece, mut out: ArrayViewMut3<f32>) {
    let (_, height, width) = canvas.dim();
    let at = |start: isize, offset: usize, length: usize| {
        (start + offset as isize).clamp(0, length as isize - 1) as usize
    };
    for (y, mut row) in out.axis_iter_mut(Axis(1)).enumerate() {
        let from = canvas.slice(s![.., at(piece.top, y, height), ..]);
        for (x, mut pixel) in row.axis_iter_mut(Axis(1)).enumerate() {
            pixel.assign(&from.slice(s![.., at(piece.left, x, width)]));
        }
    }
}

/// The map of a canvas (height, width) of an input, of the patch-level maps of its pieces, which lie one below the other: [`upsample`]
/// where input and canvas are one, else [`assemble`].
///
/// # Panics
/// Those of either.
pub fn enlarge(maps: ArrayView2<f32>, input: &Input, canvas: (usize, usize)) -> Map {
    if input.is_square() {
        return upsample(maps, canvas);
    }
    assemble(maps, &input.pieces(canvas), canvas, input.side, input.fitting.tile_blend)
}

/// The map of a canvas (height, width), of the patch-level maps of its pieces, which lie one below the other. Each is enlarged to the
/// `side` of a piece; where pieces overlap, the mean of their values counts, weighted as `blend` says.
///
/// # Panics
/// If the rows are not those of so many pieces, or a pixel of the canvas is in none of them.
pub fn assemble(
    maps: ArrayView2<f32>,
    pieces: &[Piece],
    (height, width): (usize, usize),
    side: usize,
    blend: Blend,
) -> Map {
    assert!(
        !pieces.is_empty() && maps.nrows().is_multiple_of(pieces.len()),
        "rows of {} pieces",
        pieces.len()
    );
    let rows = maps.nrows() / pieces.len();
    let (mut sum, mut weights) = (Map::zeros((height, width)), Map::zeros((height, width)));
    let starts = |of: fn(&Piece) -> isize| {
        let mut starts: Vec<isize> = pieces.iter().map(of).collect();
        starts.sort_unstable();
        starts.dedup();
        starts
    };
    let (tops, lefts) = (starts(|piece| piece.top), starts(|piece| piece.left));
    for (piece, map) in pieces.iter().zip(maps.axis_chunks_iter(Axis(0), rows)) {
        let map = upsample(map, (side, side));
        let (down, across) = (ramps(&tops, piece.top, side, blend), ramps(&lefts, piece.left, side, blend));
        for ((y, x), &value) in map.indexed_iter() {
            let (row, column) = (piece.top + y as isize, piece.left + x as isize);
            if (0..height as isize).contains(&row) && (0..width as isize).contains(&column) {
                let (at, weight) = ([row as usize, column as usize], down[y] * across[x]);
                sum[at] += weight * value;
                weights[at] += weight;
            }
        }
    }
    assert!(weights.iter().all(|&weight| weight > 0.0), "every pixel of a canvas is in a piece");
    sum / weights
}

/// The least weight of a pixel.
const FLOOR: f32 = 0.05;

/// The weights of a piece along one direction: 1, but for the ramps of a Hann window where it overlaps its neighbours.
fn ramps(starts: &[isize], start: isize, side: usize, blend: Blend) -> Vec<f32> {
    let mut weights = vec![1.0; side];
    if blend == Blend::Mean {
        return weights;
    }
    let place = starts.iter().position(|&other| other == start).unwrap_or(0);
    let overlap = |first: isize, second: isize| usize::try_from(first + side as isize - second).unwrap_or(0);
    let ramp = |at: usize, length: usize| {
        let rise = (std::f32::consts::FRAC_PI_2 * (at as f32 + 0.5) / length as f32).sin();
        (rise * rise).max(FLOOR)
    };
    if place > 0 {
        let length = overlap(starts[place - 1], start);
        (0..length).for_each(|at| weights[at] *= ramp(at, length));
    }
    if let Some(&next) = starts.get(place + 1) {
        let length = overlap(start, next);
        (0..length).for_each(|at| weights[side - 1 - at] *= ramp(at, length));
    }
    weights
}

#[cfg(test)]
mod tests {
    use ndarray::{Array3, concatenate};

    use super::*;
    use crate::types::{Fit, Fitting};

    #[test]
    fn a_piece_is_cut_where_it_lies_and_repeats_edges_beyond() {
        let canvas = Array3::from_shape_fn((3, 2, 4), |(c, y, x)| (100 * c + 10 * y + x) as f32);
        let mut out = Array3::zeros((3, 2, 2));
        cut(canvas.view(), Piece { top: 0, left: 2 }, out.view_mut());
        assert_eq!(out, canvas.slice(s![.., .., 2..4]));
        let mut out = Array3::zeros((3, 4, 4));
        cut(canvas.view(), Piece { top: -1, left: 0 }, out.view_mut());
        for (row, from) in [0, 0, 1, 1].into_iter().enumerate() {
            assert_eq!(out.slice(s![.., row, ..]), canvas.slice(s![.., from, ..]), "row {row}");
        }
    }

    #[test]
    fn one_piece_that_is_the_canvas_is_its_enlarged_map() {
        let map = Map::from_shape_fn((3, 3), |(y, x)| (3 * y + x) as f32);
        for blend in Blend::ALL {
            let whole = assemble(map.view(), &[Piece { top: 0, left: 0 }], (12, 12), 12, blend);
            assert_eq!(whole, upsample(map.view(), (12, 12)));
        }
    }

    #[test]
    fn overlapping_tiles_that_agree_leave_what_they_say_and_others_meet_between() {
        let tile = Fitting::of(Fit::Tile);
        let pieces = tile.pieces((10, 18), 10);
        assert_eq!(pieces.len(), 2);
        let flat = Map::from_elem((2, 1), 0.3);
        for blend in Blend::ALL {
            let map = assemble(flat.view(), &pieces, (10, 18), 10, blend);
            assert!(map.iter().all(|value| (value - 0.3).abs() < 1e-6), "{blend}");
        }
        let (low, high) = (Map::zeros((1, 1)), Map::from_elem((1, 1), 1.0));
        let maps = concatenate![Axis(0), low, high];
        let mean = assemble(maps.view(), &pieces, (10, 18), 10, Blend::Mean);
        assert_eq!([mean[[0, 0]], mean[[5, 8]], mean[[5, 9]], mean[[0, 10]]], [0.0, 0.5, 0.5, 1.0]);
        let hann = assemble(maps.view(), &pieces, (10, 18), 10, Blend::Hann);
        assert!(hann[[5, 8]] < 0.5 && hann[[5, 9]] > 0.5 && hann[[5, 7]] == 0.0, "{hann}");
        assert!((hann[[5, 8]] + hann[[5, 9]] - 1.0).abs() < 1e-6, "the seam is symmetric");
    }

    #[test]
    fn what_lies_beyond_a_padded_canvas_is_dropped() {
        let pieces = Fitting::of(Fit::Pad).pieces((2, 4), 4);
        let map = Map::from_shape_fn((4, 4), |(y, _)| y as f32);
        let canvas = assemble(map.view(), &pieces, (2, 4), 4, Blend::Mean);
        assert_eq!(canvas, Map::from_shape_fn((2, 4), |(y, _)| 1.0 + y as f32));
    }
}
