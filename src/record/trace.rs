//! The trace of one search, read back: all its evaluations.

use std::path::Path;

use ndarray::{Array2, ArrayView1};

use super::folder::DAMAGED_MAP;
use super::npy::read_npy;
use crate::error::{Error, Result};

/// The trace of one search, which `keep_traces` saves: its evaluations in their order, the unchanged picture
/// first.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace(Array2<f64>);

/// One evaluation of a [`Trace`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step<'t> {
    /// Values on the axes of the attack, in their units.
    pub point: ArrayView1<'t, f64>,
    /// Loss that the search was told.
    pub loss: f64,
    /// Cost in full evaluations: 1, or less for a coarse evaluation, whose loss is not that of a full one.
    pub cost: f64,
}

impl Step<'_> {
    /// Whether the evaluation is a full one, whose loss counts as found.
    pub fn is_full(&self) -> bool {
        self.cost >= 1.0
    }
}

impl Trace {
    /// Reads the trace of an attack on so many axes. A trace of an older version has no costs: all its
    /// evaluations are full.
    ///
    /// # Errors
    /// A file error when the file is missing, damaged, or of another number of axes.
    pub fn read(path: &Path, axes: usize) -> Result<Self> {
        let fix = DAMAGED_MAP;
        let table: Array2<f64> = read_npy(path, "a two-dimensional float64 .npy", fix)?;
        if table.iter().any(|value| !value.is_finite()) {
            return Err(Error::file(path, "holds values that are no finite numbers", fix));
        }
        let columns = table.ncols();
        if columns == axes + 2 {
            let costs = table.column(columns - 1);
            if let Some(cost) = costs.iter().find(|&&cost| cost <= 0.0 || cost > 1.0) {
                let problem = format!("holds an evaluation that costs {cost}, not above 0 and at most 1");
                return Err(Error::file(path, problem, fix));
            }
            return Ok(Self(table));
        }
        if columns != axes + 1 {
            let problem = format!("has {columns} columns, not {axes} axes, loss and cost");
            return Err(Error::file(path, problem, fix));
        }
        let cell = |(row, column)| if column < columns { table[[row, column]] } else { 1.0 };
        Ok(Self(Array2::from_shape_fn((table.nrows(), axes + 2), cell)))
    }

    /// The evaluations in order.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.0.rows().into_iter().map(|row| {
            let (point, rest) = row.split_at(ndarray::Axis(0), row.len() - 2);
            Step { point, loss: rest[0], cost: rest[1] }
        })
    }

    /// The full evaluations in order.
    pub fn full(&self) -> impl Iterator<Item = Step<'_>> {
        self.steps().filter(Step::is_full)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::*;
    use crate::record::write_npy;

    #[test]
    fn loss_and_cost_are_the_last_two_columns() {
        let folder = tempfile::tempdir().unwrap_or_else(|e| panic!("{e}"));
        let path = folder.path().join("t.npy");
        let table = arr2(&[[0.0, 0.0, -0.5, 1.0], [7.0, 8.0, -0.9, 0.25]]);
        write_npy(&path, table.view()).unwrap_or_else(|e| panic!("{e}"));
        let trace = Trace::read(&path, 2).unwrap_or_else(|e| panic!("{e}"));
        let steps: Vec<Step<'_>> = trace.steps().collect();
        assert_eq!((steps[1].loss, steps[1].cost, steps[1].is_full()), (-0.9, 0.25, false));
        assert_eq!(steps[1].point.to_vec(), [7.0, 8.0]);
        assert_eq!(trace.full().count(), 1);
        let older = Trace::read(&path, 3).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(older.full().map(|step| step.loss).collect::<Vec<_>>(), [1.0, 0.25]);
        for cost in [0.0, -0.25, 2.0] {
            let table = arr2(&[[0.0, 0.0, -0.5, 1.0], [7.0, 8.0, -0.9, cost]]);
            write_npy(&path, table.view()).unwrap_or_else(|e| panic!("{e}"));
            assert!(Trace::read(&path, 2).is_err_and(|e| e.problem.contains("costs")), "{cost}");
        }
        assert!(Trace::read(&path, 4).is_err_and(|e| e.problem.contains("4 columns")));
    }
}
