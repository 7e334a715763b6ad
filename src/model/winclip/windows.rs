//! The windows of WinCLIP: which patches each covers.

use ndarray::Array2;

/// Row-major patch indices of all k x k windows of a grid of (rows, columns) patches, in steps of `stride`; shape
/// (windows, k * k), windows row by row. The last window of each row and column touches the border whatever the stride,
/// so that with `stride <= k` every patch is covered. With stride 1 there are (rows - k + 1) * (columns - k + 1).
///
/// # Panics
/// If `k` or `stride` is 0, or `k` is larger than the grid.
pub fn windows(grid: (usize, usize), k: usize, stride: usize) -> Array2<i64> {
    let (rows, columns) = grid;
    assert!(
        stride > 0 && k > 0 && k <= rows.min(columns),
        "windows of {k} x {k}, stride {stride}, in {grid:?}"
    );
    let (tops, lefts) = (starts(rows, k, stride), starts(columns, k, stride));
    Array2::from_shape_fn((tops.len() * lefts.len(), k * k), |(window, patch)| {
        let row = tops[window / lefts.len()] + patch / k;
        let column = lefts[window % lefts.len()] + patch % k;
        (row * columns + column) as i64
    })
}

fn starts(length: usize, k: usize, stride: usize) -> Vec<usize> {
    let last = length - k;
    let mut starts: Vec<usize> = (0..=last).step_by(stride).collect();
    if starts.last() != Some(&last) {
        starts.push(last);
    }
    starts
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_three_by_three_grid_written_out() {
        let expected = array![[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]];
        assert_eq!(windows((3, 3), 2, 1), expected);
        assert_eq!(windows((3, 3), 3, 1), array![[0, 1, 2, 3, 4, 5, 6, 7, 8]]);
    }

    #[test]
    fn rows_and_columns_are_not_confused() {
        assert_eq!(windows((2, 3), 2, 1), array![[0, 1, 3, 4], [1, 2, 4, 5]]);
        assert_eq!(windows((3, 2), 2, 1), array![[0, 1, 2, 3], [2, 3, 4, 5]]);
    }

    #[test]
    fn a_coarser_stride_still_covers_every_patch() {
        for (grid, k, stride) in [((12, 12), 2, 2), ((15, 15), 2, 2), ((15, 15), 3, 2), ((16, 13), 3, 3)] {
            let mut covered = vec![false; grid.0 * grid.1];
            for &patch in &windows(grid, k, stride) {
                covered[patch as usize] = true;
            }
            assert!(covered.iter().all(|c| *c), "{grid:?} {k} {stride}");
        }
        assert_eq!(windows((15, 15), 2, 1).nrows(), 196);
        assert_eq!(windows((15, 15), 3, 1).nrows(), 169);
        assert_eq!(windows((12, 12), 2, 2).nrows(), 36);
    }
}
