//! The candidates that `select = pooled` chooses from.

use std::path::Path;

use ndarray::{Array2, ArrayView2};

use super::folder::{DAMAGED_MAP, write_npy};
use super::npy::read_npy;
use crate::error::{Error, Result};
use crate::types::{Axis, Map, Perturbation};

/// One candidate of a search.
#[derive(Clone, Debug, PartialEq)]
pub struct CandidateRow {
    /// Perturbation of the candidate.
    pub perturbation: Perturbation,
    /// Loss of the candidate.
    pub loss: f64,
    /// Per-sample pixel AUROC; `None` where the scored mask has one class only.
    pub sample_auroc: Option<f64>,
    /// Anomaly score of the whole picture.
    pub image_score: f32,
    /// Patch-level anomaly map.
    pub map: Map,
}

/// Number of columns between the axes and the map.
const FACTS: usize = 4;
/// Numbers of axes in files of older versions, the newest first.
const OLDER_COUNTS: [usize; 3] = [25, 24, 12];

/// Writes candidates as one float64 `.npy`, a row for each: a value for every axis in the order of [`Axis::ALL`], loss, sample AUROC
/// (NaN for none), image score, number of rows of the map, the map row by row.
///
/// # Errors
/// A file error when the file cannot be written.
pub fn write_candidates(path: &Path, candidates: &[CandidateRow]) -> Result<()> {
    let pixels = candidates.first().map_or(0, |candidate| candidate.map.len());
    let mut table = Array2::<f64>::zeros((candidates.len(), Axis::COUNT + FACTS + pixels));
    for (mut row, candidate) in table.rows_mut().into_iter().zip(candidates) {
        let CandidateRow { perturbation, loss, sample_auroc, image_score, map } = candidate;
        let facts = [*loss, sample_auroc.unwrap_or(f64::NAN), f64::from(*image_score), map.nrows() as f64];
        let cells = Axis::ALL.iter().map(|&axis| perturbation.get(axis)).chain(facts);
        row.iter_mut()
            .zip(cells.chain(map.iter().map(|&score| f64::from(score))))
            .for_each(|(slot, cell)| *slot = cell);
    }
    write_npy(path, table.view())
}

/// Reads the candidates that [`write_candidates`] wrote, here or in an older version, which had the first 25, 24 or twelve axes only.
///
/// # Errors
/// A file error when the file is missing or damaged.
pub fn read_candidates(path: &Path) -> Result<Vec<CandidateRow>> {
    let fix = DAMAGED_MAP;
    let table: Array2<f64> = read_npy(path, "a two-dimensional float64 .npy", fix)?;
    let axes = axes_in(table.view());
    table
        .rows()
        .into_iter()
        .map(|row| {
            let row = row.to_vec();
            let (facts, map) = row.split_at_checked(axes + FACTS).ok_or_else(|| {
                let problem = format!("has {} columns where a candidate has more", row.len());
                Error::file(path, problem, fix)
            })?;
            let (values, facts) = facts.split_at(axes);
            let numbers = values.iter().chain([&facts[0], &facts[2]]).chain(map);
            if numbers.into_iter().any(|value| !value.is_finite()) {
                return Err(Error::file(path, "holds values that are no finite numbers", fix));
            }
            if !facts[1].is_nan() && !(0.0..=1.0).contains(&facts[1]) {
                let problem = format!("holds a sample AUROC of {}, which does not lie in [0, 1]", facts[1]);
                return Err(Error::file(path, problem, fix));
            }
            let rows = facts[3] as usize;
            let pixels: Vec<f32> = map.iter().map(|&score| score as f32).collect();
            let map = ArrayView2::from_shape((rows, pixels.len() / rows.max(1)), &pixels)
                .map_err(|e| Error::file_caused(path, format!("holds no map of {rows} rows"), e, fix))?;
            Ok(CandidateRow {
                perturbation: Perturbation::of(Axis::ALL.into_iter().zip(values.iter().copied())),
                loss: facts[0],
                sample_auroc: (!facts[1].is_nan()).then_some(facts[1]),
                image_score: facts[2] as f32,
                map: map.to_owned(),
            })
        })
        .collect()
}

/// The number of axes of a table: that with which every row has a number of rows of its map where it belongs.
fn axes_in(table: ArrayView2<f64>) -> usize {
    let fits = |axes: usize| {
        table.rows().into_iter().all(|row| {
            let pixels = row.len().saturating_sub(axes + FACTS);
            let rows = row.get(axes + FACTS - 1).copied().unwrap_or(0.0);
            rows >= 1.0 && rows.fract() == 0.0 && pixels > 0 && pixels.is_multiple_of(rows as usize)
        })
    };
    [Axis::COUNT].into_iter().chain(OLDER_COUNTS).find(|&axes| fits(axes)).unwrap_or(Axis::COUNT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_of_fewer_axes_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("old.npy");
        let map = [0.5, 0.25, 1.0, 0.125, 0.0, 0.75];
        for count in OLDER_COUNTS {
            let axes = (0..count).map(|axis| axis as f64 / 8.0);
            let row: Vec<f64> = axes.chain([0.375, f64::NAN, 0.875, 2.0]).chain(map).collect();
            let table = Array2::from_shape_fn((3, row.len()), |(_, column)| row[column]);
            write_npy(&path, table.view()).unwrap();
            let found = read_candidates(&path).unwrap();
            let older = Axis::ALL.into_iter().take(count).zip(row.iter().copied());
            assert_eq!((found.len(), found[2].perturbation), (3, Perturbation::of(older)));
            assert_eq!((found[2].loss, found[2].image_score, found[2].map[[1, 0]]), (0.375, 0.875, 0.125));
        }
    }

    #[test]
    fn candidates_come_back_bit_by_bit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b.npy");
        let candidate = |number: f64| CandidateRow {
            perturbation: Perturbation::of([(Axis::Angle, number / 3.0), (Axis::Jpeg, number)]),
            loss: number / 7.0,
            sample_auroc: (number > 1.0).then_some(0.1 * number),
            image_score: (number / 11.0) as f32,
            map: Map::from_shape_fn((2, 3), |(y, x)| number as f32 / (1 + 3 * y + x) as f32),
        };
        let candidates = [candidate(1.0), candidate(2.0), candidate(3.0)];
        write_candidates(&path, &candidates).unwrap();
        assert_eq!(read_candidates(&path).unwrap(), candidates);
        write_candidates(&path, &[CandidateRow { sample_auroc: Some(1.5), ..candidate(1.0) }]).unwrap();
        assert!(read_candidates(&path).unwrap_err().problem.contains("sample AUROC of 1.5"));
        std::fs::write(&path, b"no npy").unwrap();
        assert!(read_candidates(&path).unwrap_err().to_string().contains("b.npy"));
    }
}
