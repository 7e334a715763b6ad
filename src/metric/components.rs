//! Connected regions of a mask.

use ndarray::{Array2, ArrayView2, s};

/// A run: neighbouring anomalous pixels of one row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    /// Row of the run.
    pub(super) row: usize,
    /// First column of the run.
    pub(super) start: usize,
    /// Column after the last one of the run.
    pub(super) end: usize,
    /// Region that the run belongs to, from 0.
    pub(super) region: u32,
}

/// Labels the 8-connected regions of a mask: pixels that touch along an edge or at a corner belong together.
///
/// Returns the label of each pixel (0 outside, then 1, 2, ... in the order in which rows, read from the top left, meet the
/// regions) and the number of regions, as `scipy.ndimage.label` with a 3 x 3 structure of ones does.
pub fn components(mask: ArrayView2<bool>) -> (Array2<u32>, usize) {
    let standard = mask.as_standard_layout();
    let (runs, count) = label_runs(standard.as_slice().unwrap_or_default(), mask.ncols());
    let mut labels = Array2::zeros(mask.dim());
    for run in runs {
        labels.slice_mut(s![run.row, run.start..run.end]).fill(run.region + 1);
    }
    (labels, count)
}

/// The runs of a row-major mask, top down and left to right, each with its region; and the number of regions.
pub(super) fn label_runs(mask: &[bool], width: usize) -> (Vec<Run>, usize) {
    let mut runs: Vec<Run> = Vec::new();
    if width == 0 {
        return (runs, 0);
    }
    // `region` holds the run's parent in a union-find forest until the last loop; roots are the earliest runs.
    let mut above = 0..0;
    for (row, pixels) in mask.chunks_exact(width).enumerate() {
        let first = runs.len();
        let mut column = 0;
        while let Some(skip) = pixels[column..].iter().position(|&anomalous| anomalous) {
            let start = column + skip;
            let end = pixels[start..]
                .iter()
                .position(|&anomalous| !anomalous)
                .map_or(width, |length| start + length);
            let own = runs.len();
            runs.push(Run { row, start, end, region: own as u32 });
            // Runs above that end before this one's left neighbour cannot touch this one, nor any later one.
            while above.start < above.end && runs[above.start].end < start {
                above.start += 1;
            }
            for touching in above.clone() {
                if runs[touching].start > end {
                    break;
                }
                join(&mut runs, touching, own);
            }
            column = end;
        }
        above = first..runs.len();
    }
    let mut count = 0;
    for at in 0..runs.len() {
        let parent = runs[at].region as usize;
        // A parent stands before its children, so that it has its final number already.
        runs[at].region = if parent == at {
            count += 1;
            count - 1
        } else {
            runs[parent].region
        };
    }
    (runs, count as usize)
}

fn root(runs: &mut [Run], mut at: usize) -> usize {
    while runs[at].region as usize != at {
        let grandparent = runs[runs[at].region as usize].region;
        runs[at].region = grandparent;
        at = grandparent as usize;
    }
    at
}

fn join(runs: &mut [Run], a: usize, b: usize) {
    let (a, b) = (root(runs, a), root(runs, b));
    runs[a.max(b)].region = a.min(b) as u32;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(rows: &[&str]) -> Array2<bool> {
        Array2::from_shape_fn((rows.len(), rows[0].len()), |(y, x)| rows[y].as_bytes()[x] == b'#')
    }

    fn labelled(rows: &[&str]) -> (Vec<String>, usize) {
        let (labels, count) = components(picture(rows).view());
        let text = labels.rows().into_iter();
        (text.map(|row| row.iter().map(|label| char::from(b'0' + *label as u8)).collect()).collect(), count)
    }

    #[test]
    fn corners_connect() {
        assert_eq!(labelled(&["#..", ".#.", "..#"]).1, 1);
        assert_eq!(labelled(&["..#", ".#.", "#.."]).1, 1);
        assert_eq!(labelled(&["#.#", "...", "#.#"]).1, 4);
        assert_eq!(labelled(&["##..", "...#"]).1, 2);
    }

    #[test]
    fn arms_join_late_and_numbers_follow_the_raster() {
        let (labels, count) = labelled(&["#.#.#", "#.#..", "###.#", "....."]);
        assert_eq!(labels, ["10102", "10100", "11103", "00000"]);
        assert_eq!(count, 3);
        assert_eq!(labelled(&["..#..", ".#.#.", "#...#"]).1, 1);
        // Two roots joined twice over by later rows.
        assert_eq!(labelled(&["#.#.#.#", "#.#.###", "###.#..", "..#.#..", "..###.."]).1, 1);
    }

    #[test]
    fn edges_and_empty_masks() {
        assert_eq!(components(Array2::from_elem((3, 4), false).view()).1, 0);
        assert_eq!(components(Array2::from_elem((3, 4), true).view()).1, 1);
        assert_eq!(components(Array2::from_elem((0, 4), true).view()).1, 0);
        assert_eq!(components(Array2::from_elem((4, 0), true).view()).1, 0);
        // The last pixel of a row does not touch the first one of the next.
        assert_eq!(labelled(&["..#", "#.."]).1, 2);
    }

    #[test]
    fn a_transposed_view_is_read_by_its_shape() {
        let mask = picture(&["##...", ".....", "#...#"]);
        let (labels, count) = components(mask.t());
        assert_eq!(count, 3);
        assert_eq!(labels.dim(), (5, 3));
        assert_eq!(labels[[4, 2]], 3);
    }
}
