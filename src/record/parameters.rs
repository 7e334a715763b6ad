//! The cells of a row that say what was done to the picture.

use serde::{Deserialize, Serialize};

use crate::types::{Axis, Perturbation, PooledMetric};

/// The parameters of a perturbation in a row: one cell for each axis, in columns named [`Axis::column`]: the
/// value, or none where the run does not have that axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Parameters([Option<f64>; Axis::COUNT]);

impl Parameters {
    /// Names of the columns in order.
    pub const COLUMNS: &'static [&'static str] = &Axis::COLUMNS;
    /// Columns of the axes that came after the paper's three, which files of older versions do not have.
    pub const NEWER_COLUMNS: &'static [&'static str] = Self::COLUMNS.split_at(Axis::PAPER.len()).1;
    /// Columns of the axes that came after twelve, which files of older versions do not have.
    pub const NEWEST_COLUMNS: &'static [&'static str] = Self::COLUMNS.split_at(12).1;

    /// Names of the columns of what was chosen by AUPRO, in order.
    pub const AUPRO_COLUMNS: &'static [&'static str] = &Axis::AUPRO_COLUMNS;

    /// The cells of a perturbation on the axes of a run.
    pub fn new(perturbation: &Perturbation, axes: &[Axis]) -> Self {
        Self(Axis::ALL.map(|axis| axes.contains(&axis).then(|| perturbation.get(axis))))
    }

    /// The cell of one axis.
    pub fn get(&self, axis: Axis) -> Option<f64> {
        self.0[axis as usize]
    }

    /// The perturbation that was chosen by a metric, where `aupro` has what was chosen by AUPRO, if that is told apart.
    pub(super) fn chosen_by(&self, aupro: &Self, metric: PooledMetric) -> Perturbation {
        let own = Some(aupro).filter(|aupro| metric == PooledMetric::Aupro && aupro.axes().next().is_some());
        own.unwrap_or(self).perturbation()
    }

    /// The axes that have a value.
    pub fn axes(&self) -> impl Iterator<Item = Axis> {
        Axis::ALL.into_iter().filter(|&axis| self.get(axis).is_some())
    }

    /// The perturbation that the cells tell, with 0 on an axis without a value.
    pub fn perturbation(&self) -> Perturbation {
        Perturbation::of(self.axes().zip(self.0.iter().copied().flatten()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_has_values_on_its_own_axes_only() {
        let p = Perturbation::of([(Axis::Hue, 1.5), (Axis::Jpeg, 30.0)]);
        let parameters = Parameters::new(&p, &[Axis::Hue, Axis::Blur, Axis::Jpeg]);
        assert_eq!(parameters.axes().collect::<Vec<_>>(), [Axis::Hue, Axis::Blur, Axis::Jpeg]);
        assert_eq!([Axis::Blur, Axis::Angle].map(|axis| parameters.get(axis)), [Some(0.0), None]);
        assert_eq!(parameters.perturbation(), p);
        assert_eq!(Parameters::default().perturbation(), Perturbation::IDENTITY);
    }
}
