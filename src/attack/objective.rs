use ndarray::ArrayView2;

use super::settings::{Border, Select, Settings};
use crate::metric;
use crate::perturb::{self, Perturber};
use crate::types::{Frame, Map, Mask, Perturbation};

/// What is minimised: perturb, (model), back-rotation, loss. The model is the caller's, between [`Objective::perturber`] and
/// [`Objective::loss`].
#[derive(Debug)]
pub struct Objective {
    perturber: Perturber,
    size: usize,
    frame: Frame,
    border: Border,
    loss: metric::Loss,
    select: Select,
}

/// A map and the ground truth it is compared with, both at evaluation size.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Anomaly map, (size, size).
    pub map: Map,
    /// Ground truth in the frame of the map, (size, size).
    pub mask: Mask,
    /// Pixels that count; `None` when all do.
    pub valid: Option<Mask>,
}

impl Objective {
    /// For square pictures of `size` pixels, which is also the evaluation size.
    pub fn new(settings: &Settings, size: usize) -> Self {
        Self {
            perturber: Perturber::new(settings.perturb, size),
            size,
            frame: settings.frame,
            border: settings.border,
            loss: settings.loss,
            select: settings.select,
        }
    }

    /// Side of the evaluated square, in pixels.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The forward transform.
    pub fn perturber(&self) -> &Perturber {
        &self.perturber
    }

    /// Brings a patch-level map and the ground truth together at evaluation size. In the de-rotated frame the mask is not
    /// touched; in the rotated one the map is not.
    pub fn scored(&self, patch_map: ArrayView2<f32>, mask: &Mask, perturbation: &Perturbation) -> Scored {
        let size = (self.size, self.size);
        match self.frame {
            Frame::Derotated => {
                let (map, valid) = perturb::restore(patch_map, size, perturbation);
                Scored { map, mask: mask.clone(), valid: (self.border == Border::Ignore).then_some(valid) }
            }
            Frame::RotatedMask => Scored {
                map: perturb::upsample(patch_map, size),
                mask: perturb::warp_mask(mask.view(), perturbation),
                valid: (self.border == Border::Ignore)
                    .then(|| perturb::warp_mask(Mask::from_elem(size, true).view(), perturbation)),
            },
        }
    }

    /// The loss of a perturbation, given the patch-level map that the model made of the perturbed picture. Lower is worse for
    /// the segmenter.
    pub fn loss(&self, patch_map: ArrayView2<f32>, mask: &Mask, perturbation: Perturbation) -> f64 {
        match self.frame {
            Frame::Derotated => {
                let size = (self.size, self.size);
                let (map, valid) = perturb::restore(patch_map, size, &perturbation);
                let valid = (self.border == Border::Ignore).then(|| valid.view());
                metric::loss(self.loss, map.view(), mask.view(), valid)
            }
            Frame::RotatedMask => {
                let scored = self.scored(patch_map, mask, &perturbation);
                let valid = scored.valid.as_ref().map(|mask| mask.view());
                metric::loss(self.loss, scored.map.view(), scored.mask.view(), valid)
            }
        }
    }

    /// What decides which candidate is kept ([`Select`]), given its loss. Lower is worse for the segmenter; infinite for a
    /// candidate that is not to be kept.
    pub fn rank(
        &self,
        patch_map: ArrayView2<f32>,
        mask: &Mask,
        perturbation: Perturbation,
        loss: f64,
    ) -> f64 {
        match self.select {
            Select::Loss => loss,
            Select::SampleAuroc if !mask.iter().any(|&anomalous| anomalous) => loss,
            Select::SampleAuroc => self.sample_auroc(patch_map, mask, perturbation).unwrap_or(f64::INFINITY),
        }
    }

    /// Per-sample pixel AUROC, `None` where the scored mask has one class only.
    pub fn sample_auroc(
        &self,
        patch_map: ArrayView2<f32>,
        mask: &Mask,
        perturbation: Perturbation,
    ) -> Option<f64> {
        let scored = self.scored(patch_map, mask, &perturbation);
        metric::sample_auroc(
            scored.map.view(),
            scored.mask.view(),
            scored.valid.as_ref().map(|mask| mask.view()),
        )
    }
}
