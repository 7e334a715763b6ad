//! The answers to samples under a list of perturbations, kept in a file for each sample, so that what was stopped goes on where it was
//! and needs no model afterwards.

use std::path::{Path, PathBuf};

use ndarray::{Array2, ArrayView1, ArrayView2};

use super::observe::Observe;
use crate::attack::{Evaluation, Evaluator, Work, uniform};
use crate::error::{Error, Result};
use crate::file;
use crate::model::Segmentation;
use crate::record::{is_whole, read_map, write_npy};
use crate::types::{Perturbation, SampleId};

/// Remedy for a file that cannot be used.
const DAMAGED: &str = "delete the file and give the same command again";

/// Where and how the answers of one model are kept.
pub(super) struct Kept<'a> {
    /// Rows and columns of the model's maps.
    pub grid: (usize, usize),
    /// Whether a picture may have several maps, one below the other.
    pub tiled: bool,
    pub path: &'a (dyn Fn(&SampleId) -> PathBuf + Sync),
}

impl Kept<'_> {
    /// For each sample one row per perturbation: the image score, then the patch-level map. What an earlier start has kept is read.
    pub fn evaluate(
        &self,
        evaluator: &mut Evaluator<'_>,
        works: &[&Work],
        perturbations: &[Perturbation],
        observe: &dyn Observe,
        tick: &dyn Fn(f64),
    ) -> Result<Vec<Array2<f32>>> {
        let mut kept = Vec::with_capacity(works.len());
        for work in works {
            let path = (self.path)(&work.id);
            if file::is_there(&path) && !is_whole(&path, DAMAGED)? {
                observe.warn(&format!("{} is cut short, and made again", path.display()));
            }
            kept.push(self.read(&work.id, perturbations.len())?);
        }
        tick((kept.iter().flatten().count() * perturbations.len()) as f64);
        let missing: Vec<usize> = (0..kept.len()).filter(|&index| kept[index].is_none()).collect();
        let samples: Vec<&Work> = missing.iter().map(|&index| works[index]).collect();
        let mut done = |place: usize, evaluations: Vec<Evaluation>| {
            let packed = pack(&evaluations);
            write_npy((self.path)(&samples[place].id), packed.view())?;
            kept[missing[place]] = Some(packed);
            Ok(())
        };
        uniform(evaluator, &samples, perturbations, &mut done, &|| observe.stop(), tick)?;
        Ok(kept.into_iter().flatten().collect())
    }

    /// What is kept of a sample; none where nothing is, where it was cut short, or where it is of another list or model.
    pub fn read(&self, id: &SampleId, perturbations: usize) -> Result<Option<Array2<f32>>> {
        let path = (self.path)(id);
        let kept = is_whole(&path, DAMAGED)?.then(|| read_map(&path)).transpose();
        let kept = kept.map_err(|error| Error { fix: DAMAGED.to_owned(), ..error })?;
        Ok(kept.filter(|kept| kept.nrows() == perturbations && self.fits(kept.ncols())))
    }

    /// What is kept of a sample, which must be there.
    pub fn require(&self, id: &SampleId, perturbations: usize) -> Result<Array2<f32>> {
        let missing = || {
            let columns = 1 + self.grid.0 * self.grid.1;
            let problem = format!("is missing, or is no table of {perturbations} x {columns} values");
            Error::file((self.path)(id), problem, "give the command of that run again")
        };
        self.read(id, perturbations)?.ok_or_else(missing)
    }

    /// Whether a row of so many values is an image score and maps.
    fn fits(&self, columns: usize) -> bool {
        let (values, of_map) = (columns.saturating_sub(1), self.grid.0 * self.grid.1);
        if self.tiled { values > 0 && values.is_multiple_of(of_map) } else { values == of_map }
    }

    /// The answer in one row of what is kept.
    pub fn answer(&self, row: ArrayView1<'_, f32>) -> Result<Segmentation> {
        let values = row.to_vec();
        let shape = ((values.len() - 1) / self.grid.1, self.grid.1);
        let map = ArrayView2::from_shape(shape, &values[1..])
            .map_err(|e| Error::file_caused(Path::new("patch_maps"), "holds no map", e, DAMAGED))?;
        Ok(Segmentation { map: map.to_owned(), image_score: values[0] })
    }
}

fn pack(evaluations: &[Evaluation]) -> Array2<f32> {
    let values = evaluations.first().map_or(0, |evaluation| evaluation.segmentation.map.len());
    let mut packed = Array2::zeros((evaluations.len(), 1 + values));
    for (mut row, evaluation) in packed.rows_mut().into_iter().zip(evaluations) {
        let scores =
            std::iter::once(&evaluation.segmentation.image_score).chain(&evaluation.segmentation.map);
        row.iter_mut().zip(scores).for_each(|(cell, &score)| *cell = score);
    }
    packed
}
