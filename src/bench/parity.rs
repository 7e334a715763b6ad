//! Parity: whether a faster provider still gives the same answer.

use std::collections::BTreeMap;

use super::Configuration;
use crate::types::Map;

/// The difference between maps of a configuration and those of the CPU in fp32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// Largest absolute difference of a value.
    pub max: f64,
    /// Mean absolute difference over all values.
    pub mean: f64,
}

/// The difference between maps of the same pictures, as many as both have; `None` where they have no picture in common or
/// maps of another shape.
pub fn difference(maps: &[Map], reference: &[Map]) -> Option<Difference> {
    let (mut max, mut sum, mut count) = (0.0_f64, 0.0, 0_usize);
    for (map, other) in maps.iter().zip(reference) {
        if map.dim() != other.dim() {
            return None;
        }
        for (value, other) in map.iter().zip(other) {
            let apart = f64::from((value - other).abs());
            max = max.max(apart);
            sum += apart;
            count += 1;
        }
    }
    (count > 0).then(|| Difference { max, mean: sum / count as f64 })
}

/// The metrics whose parity is checked, of an attack: means over categories, shares in [0, 1].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ParityMetrics {
    /// Pixel AUROC of the unchanged pictures.
    pub clean_pixel_auroc: Option<f64>,
    /// AUPRO of the unchanged pictures.
    pub clean_aupro: Option<f64>,
    /// Pixel AUROC at the worst case of each sample.
    pub worst_pixel_auroc: Option<f64>,
    /// AUPRO at the worst case of each sample.
    pub worst_aupro: Option<f64>,
}

impl ParityMetrics {
    /// The metrics minus those of the reference, in points (hundredths).
    pub fn points_from(self, reference: Self) -> Self {
        let points = |new: Option<f64>, old: Option<f64>| Some(100.0 * (new? - old?));
        Self {
            clean_pixel_auroc: points(self.clean_pixel_auroc, reference.clean_pixel_auroc),
            clean_aupro: points(self.clean_aupro, reference.clean_aupro),
            worst_pixel_auroc: points(self.worst_pixel_auroc, reference.worst_pixel_auroc),
            worst_aupro: points(self.worst_aupro, reference.worst_aupro),
        }
    }
}

/// The metrics of each model, provider and precision, or why there are none.
#[derive(Clone, Debug, Default)]
pub struct ParityMetricsOf(BTreeMap<(String, String, &'static str), Result<ParityMetrics, String>>);

impl ParityMetricsOf {
    /// Keeps the metrics of a configuration, or the reason why there are none.
    pub fn insert(&mut self, configuration: &Configuration, found: Result<ParityMetrics, String>) {
        self.0.insert(key(configuration), found);
    }

    /// The metrics of a configuration, or the reason why there are none; `None` where nothing was tried.
    pub fn get(&self, configuration: &Configuration) -> Option<&Result<ParityMetrics, String>> {
        self.0.get(&key(configuration))
    }
}

fn key(configuration: &Configuration) -> (String, String, &'static str) {
    (configuration.model.clone(), configuration.provider.to_string(), configuration.precision_name())
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn differences_are_over_all_values_of_all_maps() {
        let reference = [array![[0.0, 0.5]], array![[1.0, 1.0]]];
        let maps = [array![[0.25, 0.5]], array![[1.0, 0.25]]];
        assert_eq!(difference(&maps, &reference), Some(Difference { max: 0.75, mean: 0.25 }));
        assert_eq!(difference(&maps[..1], &reference), Some(Difference { max: 0.25, mean: 0.125 }));
        assert_eq!(difference(&[array![[0.0]]], &reference), None, "another shape is no parity");
        assert_eq!(difference(&[], &reference), None);
    }

    #[test]
    fn changes_are_new_minus_reference_in_points() {
        let of = |worst| ParityMetrics { worst_aupro: worst, ..ParityMetrics::default() };
        let change = of(Some(0.40)).points_from(of(Some(0.45)));
        assert!((change.worst_aupro.unwrap() + 5.0).abs() < 1e-9);
        assert_eq!(change.clean_aupro, None, "what is missing is not 0");
    }
}
