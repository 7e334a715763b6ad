//! Image AUROC under weights.

use crate::metric::key;

/// Scores of images in ascending order, with their classes.
#[derive(Clone, Debug)]
pub(super) struct Images {
    sorted: Vec<Image>,
}

#[derive(Clone, Copy, Debug)]
struct Image {
    key: u32,
    at: usize,
    anomalous: bool,
}

impl Images {
    pub(super) fn new(scores: &[f32], labels: &[bool]) -> Self {
        let images = scores.iter().zip(labels).enumerate();
        let mut sorted: Vec<Image> = images
            .map(|(at, (&score, &anomalous))| Image { key: key::from_score(score), at, anomalous })
            .collect();
        sorted.sort_by_key(|image| image.key);
        Self { sorted }
    }

    /// The AUROC of a set that holds each image as often as its weight says; `None` if it lacks a class.
    pub(super) fn auroc(&self, weights: &[u32]) -> Option<f64> {
        let (mut positives, mut negatives, mut twice) = (0u64, 0u64, 0u128);
        for ties in self.sorted.chunk_by(|a, b| a.key == b.key) {
            let held = |class: bool| -> u64 {
                let of_class = ties.iter().filter(|image| image.anomalous == class);
                of_class.map(|image| u64::from(weights[image.at])).sum()
            };
            let (anomalous, normal) = (held(true), held(false));
            twice += u128::from(anomalous) * u128::from(2 * negatives + normal);
            positives += anomalous;
            negatives += normal;
        }
        let pairs = 2 * u128::from(positives) * u128::from(negatives);
        (pairs > 0).then(|| twice as f64 / pairs as f64)
    }
}
