//! Aggregation of window scores to a map: harmonic means, per patch over the windows that cover it, then over scales.
//!
//! Scores are softmax outputs, which underflow to 0 when the two classes are far apart. The harmonic mean of anything with
//! a 0 is taken as its limit, 0 (in IEEE arithmetic 1/0 is infinite and n over infinity is 0; anomalib does the same). A
//! patch that no window covers gets 0 as well. Sums are in f64.

use ndarray::{Array2, ArrayView1, ArrayView2};

use crate::types::Map;

/// Harmonic mean, for each patch of a grid of (rows, columns), of the scores of the windows that cover it. `windows` has
/// one row of patch indices per window, as [`windows`](super::windows::windows) gives them; scores lie in [0, 1].
///
/// # Panics
/// If there are not as many scores as windows, or an index lies outside the grid.
pub fn per_patch(grid: (usize, usize), windows: ArrayView2<i64>, scores: ArrayView1<f32>) -> Array2<f64> {
    assert_eq!(windows.nrows(), scores.len(), "one score per window");
    let mut inverse_sums = vec![0.0_f64; grid.0 * grid.1];
    let mut counts = vec![0.0_f64; grid.0 * grid.1];
    for (window, score) in windows.outer_iter().zip(scores) {
        for &patch in window {
            let patch = usize::try_from(patch).expect("patch indices are not negative");
            inverse_sums[patch] += 1.0 / f64::from(*score);
            counts[patch] += 1.0;
        }
    }
    Array2::from_shape_fn(grid, |(row, column)| {
        let patch = row * grid.1 + column;
        if counts[patch] == 0.0 { 0.0 } else { counts[patch] / inverse_sums[patch] }
    })
}

/// Harmonic mean over scales: the whole image's score, equal in all patches, and the map of each window scale.
///
/// # Panics
/// If the maps differ in shape or there is none.
pub fn over_scales(image_score: f32, maps: &[Array2<f64>]) -> Map {
    let first = maps.first().expect("at least one window scale");
    let mut inverse_sum = Array2::from_elem(first.dim(), 1.0 / f64::from(image_score));
    for map in maps {
        assert_eq!(map.dim(), first.dim(), "maps of one grid");
        inverse_sum.zip_mut_with(map, |sum, score| *sum += 1.0 / score);
    }
    let count = (1 + maps.len()) as f64;
    inverse_sum.mapv(|sum| (count / sum) as f32)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use super::*;
    use crate::model::winclip::windows::windows;

    #[test]
    fn a_three_by_three_grid_written_out() {
        let patches = windows((3, 3), 2, 1);
        let map = per_patch((3, 3), patches.view(), array![0.5, 0.25, 0.125, 1.0].view());
        // Top left: window 0 alone; top middle: 2 / (1/0.5 + 1/0.25); middle: 4 / (2 + 4 + 8 + 1).
        let expected =
            array![[0.5, 2.0 / 6.0, 0.25], [2.0 / 10.0, 4.0 / 15.0, 2.0 / 5.0], [0.125, 2.0 / 9.0, 1.0],];
        assert!((&map - &expected).iter().all(|d| d.abs() < 1e-12), "{map}");
        let whole = Array2::from_elem((3, 3), 0.5);
        let combined = over_scales(0.25, &[map, whole]);
        assert!((combined[[0, 0]] - 3.0 / 8.0).abs() < 1e-7);
        assert!((combined[[1, 1]] - (3.0_f64 / (4.0 + 15.0 / 4.0 + 2.0)) as f32).abs() < 1e-7);
    }

    #[test]
    fn scores_of_zero_give_zero_and_never_nan() {
        let patches = windows((3, 3), 2, 1);
        for scores in [[0.0, 0.5, 0.5, 0.5], [0.0; 4], [f32::MIN_POSITIVE / 4.0, 1.0, 1.0, 1.0]] {
            let map = per_patch((3, 3), patches.view(), Array1::from(scores.to_vec()).view());
            assert!(map.iter().all(|v| (0.0..=1.0).contains(v)), "{scores:?}: {map}");
            for image_score in [0.0, 0.5] {
                let combined = over_scales(image_score, &[map.clone(), map.clone()]);
                assert!(combined.iter().all(|v| (0.0..=1.0).contains(v)), "{scores:?}: {combined}");
            }
        }
        let zero = per_patch((3, 3), patches.view(), array![0.0, 0.5, 0.5, 0.5].view());
        assert_eq!((zero[[1, 1]], zero[[2, 2]]), (0.0, 0.5));
    }

    #[test]
    fn a_patch_without_a_window_is_zero() {
        let map = per_patch((1, 2), array![[0]].view(), array![0.5].view());
        assert_eq!(map, array![[0.5, 0.0]]);
    }
}
