//! The scored images of a category.

use ndarray::ArrayView2;

use crate::error::{Error, Result};

/// Most pixels of a set, for which counts and table offsets of 32 bits suffice.
const MOST_PIXELS: usize = 1 << 30;

/// The images of a category with their scores and ground truth: every list has one entry per image.
#[derive(Clone, Copy, Debug)]
pub struct ScoredSet<'a> {
    /// Anomaly map of each image; larger is more anomalous.
    pub maps: &'a [ArrayView2<'a, f32>],
    /// Ground truth of each image, shaped as the map; all `false` for a normal image.
    pub masks: &'a [ArrayView2<'a, bool>],
    /// Pixels of each image that count, shaped as the map; without it all do. A pixel outside is in neither
    /// class and may hold any value. Regions are found on the whole mask and keep their remaining pixels:
    /// their area is what remains, and a region of which nothing remains is left out of the average.
    pub valid: Option<&'a [ArrayView2<'a, bool>]>,
    /// Score of each whole image.
    pub image_scores: &'a [f32],
    /// Whether each image is anomalous.
    pub image_labels: &'a [bool],
}

/// The pixels of one image, row-major.
pub(super) struct Pixels<'a> {
    pub(super) map: std::borrow::Cow<'a, [f32]>,
    pub(super) mask: std::borrow::Cow<'a, [bool]>,
    pub(super) valid: Option<std::borrow::Cow<'a, [bool]>>,
    pub(super) width: usize,
}

impl ScoredSet<'_> {
    /// Refuses lists, shapes and image scores that do not fit.
    pub(super) fn check(&self) -> Result<()> {
        let images = self.maps.len();
        let lengths = [
            ("masks", self.masks.len()),
            ("valid-pixel masks", self.valid.map_or(images, <[_]>::len)),
            ("image scores", self.image_scores.len()),
            ("image labels", self.image_labels.len()),
        ];
        for (what, length) in lengths {
            if length != images {
                return Err(Error::usage(
                    what,
                    format!("number {length}, but there are {images} maps"),
                    "give one entry per image in every list",
                ));
            }
        }
        for (at, map) in self.maps.iter().enumerate() {
            let valid = self.valid.map_or(map.dim(), |valid| valid[at].dim());
            for (what, shape) in [("mask", self.masks[at].dim()), ("valid-pixel mask", valid)] {
                if shape != map.dim() {
                    return Err(Error::usage(
                        format!("{what} of image {at}"),
                        format!(
                            "is {} x {} where its map is {} x {}",
                            shape.0,
                            shape.1,
                            map.nrows(),
                            map.ncols()
                        ),
                        "bring the map to the size of the ground truth",
                    ));
                }
            }
        }
        let pixels = self.maps.iter().fold(0usize, |sum, map| sum.saturating_add(map.len()));
        if pixels > MOST_PIXELS {
            return Err(Error::usage(
                "maps",
                format!("hold {pixels} pixels, more than {MOST_PIXELS}"),
                "evaluate smaller maps or fewer images at once",
            ));
        }
        if let Some(at) = self.image_scores.iter().position(|score| !score.is_finite()) {
            return Err(not_finite(format!("score of image {at}"), self.image_scores[at]));
        }
        Ok(())
    }

    /// What `measure` says of the images at these places.
    pub fn only<T>(&self, places: &[usize], measure: impl FnOnce(&ScoredSet<'_>) -> T) -> T {
        let maps: Vec<_> = places.iter().map(|&at| self.maps[at]).collect();
        let masks: Vec<_> = places.iter().map(|&at| self.masks[at]).collect();
        let valid: Option<Vec<_>> = self.valid.map(|valid| places.iter().map(|&at| valid[at]).collect());
        let image_scores: Vec<f32> = places.iter().map(|&at| self.image_scores[at]).collect();
        let image_labels: Vec<bool> = places.iter().map(|&at| self.image_labels[at]).collect();
        measure(&ScoredSet {
            maps: &maps,
            masks: &masks,
            valid: valid.as_deref(),
            image_scores: &image_scores,
            image_labels: &image_labels,
        })
    }

    /// The pixels of one image.
    pub(super) fn pixels(&self, at: usize) -> Pixels<'_> {
        Pixels {
            map: row_major(&self.maps[at]),
            mask: row_major(&self.masks[at]),
            valid: self.valid.map(|valid| row_major(&valid[at])),
            width: self.maps[at].ncols(),
        }
    }
}

fn row_major<'a, T: Copy>(view: &'a ArrayView2<'_, T>) -> std::borrow::Cow<'a, [T]> {
    view.as_slice().map_or_else(|| view.iter().copied().collect(), Into::into)
}

/// The error of a score that is not a finite number.
pub(super) fn not_finite(subject: String, score: f32) -> Error {
    Error::model(
        subject,
        format!("is {score}, which has no place among the scores"),
        "check the model's output; a graph in half precision may have overflowed",
    )
}

impl Pixels<'_> {
    #[inline(always)]
    pub(super) fn counts(&self, at: usize) -> bool {
        self.valid.as_ref().is_none_or(|valid| valid[at])
    }

    /// Calls `f` with the score of every normal pixel that counts.
    #[inline(always)]
    pub(super) fn for_each_normal(&self, mut f: impl FnMut(f32)) {
        let pixels = self.map.iter().zip(self.mask.iter());
        match &self.valid {
            None => pixels.filter(|&(_, &anomalous)| !anomalous).for_each(|(&score, _)| f(score)),
            Some(valid) => pixels
                .zip(valid.iter())
                .filter(|&((_, &anomalous), &counts)| counts && !anomalous)
                .for_each(|((&score, _), _)| f(score)),
        }
    }
}
